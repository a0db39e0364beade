/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LoadImage of programs whose fields have values that are likely to expose bugs (pe_shapes.h): the
 * memory content or the error must be that of a reference loader, and UnloadImage must free
 * everything.
 */
#include "core/arch.h"
#include "core/log.h"
#include "efi/services/memory.h"
#include "tests/unit/efi_images.h"
#include "tests/unit/pe_shapes.h"

enum { COMPARED_MAX = MIB };

static struct pe_shape good, damaged;
static struct pe_fields fields;
static char damage[80]; /* for messages */
static u32 loaded, refused, with_packages, protections;

/* Replaces exit.c. */
bool efi_boot_services_ended(void)
{
	return false;
}

static EFI_STATUS EFIAPI returns(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	(void)handle, (void)table;
	return EFI_SUCCESS;
}

/* Predicts the address of the image; false: it does not fit. */
static bool find_place(const struct pe_reference *r, u64 *base)
{
	u64 size = align_up(r->size, PAGE_SIZE);
	u64 alignment = pe_bytes_get(r->file, r->file_size, r->at + 56, 4);

	*base = r->base;
	if (r->is_stripped || (!r->relocations_size && r->base)) {
		if (r->base % PAGE_SIZE == 0 &&
		    !efi_memory_allocate_at(r->base, size, EfiLoaderCode)) {
			CHECK_EQUAL(efi_memory_free(r->base, size), OK);
			return true;
		}
		if (r->is_stripped)
			return false;
	}
	if (efi_memory_allocate(size, max_u64(alignment, PAGE_SIZE), EfiLoaderCode, base))
		return false;
	CHECK_EQUAL(efi_memory_free(*base, size), OK);
	return true;
}

/* Is the status correct? @faults has a bit for each error of enum status. */
static bool is_specified(EFI_STATUS status, u32 faults)
{
	if (status == EFI_UNSUPPORTED)
		return faults & (1u << ERR_UNRECOGNIZED | 1u << ERR_UNSUPPORTED);
	if (status == EFI_LOAD_ERROR)
		return faults & 1u << ERR_CORRUPT;
	if (status == EFI_OUT_OF_RESOURCES)
		return faults & 1u << ERR_NO_MEMORY;
	return status == EFI_SUCCESS && faults == 0;
}

/* The expected memory content at @base, allocated by malloc(); or the faults, in @r. */
static u8 *expect(struct pe_reference *r, u64 base)
{
	u64 size = align_up(r->size, PAGE_SIZE);
	enum status status;
	u8 *memory;

	if (r->faults || r->size > COMPARED_MAX)
		return NULL;
	memory = calloc(1, size);
	pe_reference_place(r, memory);
	status = pe_reference_relocate(r, memory, base);
	if (status)
		r->faults |= 1u << status;
	return memory;
}

static void check_loaded(EFI_HANDLE image, const struct pe_reference *r, u64 base,
			 const u8 *expected)
{
	static const EFI_MEMORY_TYPE types[] = { EfiLoaderCode, EfiBootServicesCode,
						 EfiRuntimeServicesCode };
	EFI_LOADED_IMAGE_PROTOCOL *of = loaded_of(image);
	u64 subsystem = pe_reference_field(r, 92, 2);
	u64 hii = 0;
	bool has_hii = expected && pe_reference_hii(r, expected, &hii);
	void *packages = efi_interface_of(image, &guid_hii_package_list);

	CHECK_OF(of->ImageBase == (void *)base && of->ImageSize == r->size, "%s", damage);
	CHECK_OF(of->ImageCodeType == types[subsystem - 10], "%s", damage);
	CHECK_EQUAL(type_at(base), of->ImageCodeType);
	CHECK_EQUAL(type_at(base + r->size - 1), of->ImageCodeType);
	if (expected) {
		CHECK_OF(memcmp((void *)base, expected, align_up(r->size, PAGE_SIZE)) == 0,
			 "%s: other bytes", damage);
		CHECK_OF(packages == (has_hii ? (u8 *)base + hii : NULL), "%s: packages at %p",
			 damage, packages);
		with_packages += has_hii;
	}
}

/* Checks all arch_protect() calls; in the end, the access must be that of free memory. */
static void check_protections(u64 base, u64 size)
{
	u32 access;

	CHECK_OF(host_protection_count <= HOST_MAPS_MAX, "%s", damage);
	for (u32 i = 0; i < host_protection_count; i++) {
		const struct host_protection *p = &host_protections[i];

		CHECK_OF(p->base >= base && p->size <= base + size - p->base,
			 "%s: 0x%lx bytes at 0x%lx", damage, p->size, p->base);
	}
	for (u64 page = 0; host_protection_count && page < size; page += PAGE_SIZE) {
		(void)arch_access(base + page, &access);
		CHECK_OF(access == (ACCESS_READ | ACCESS_WRITE), "%s: %u", damage, access);
	}
	protections += host_protection_count;
}

static void load(void)
{
	u64 free_before = memory_free_size(), base = 0;
	u8 *file = malloc(damaged.file_size), *expected;
	EFI_HANDLE image = NULL;
	struct pe_reference r;
	u32 count_before, count;
	EFI_STATUS status;

	memory_map(&count_before);
	memcpy(file, damaged.file, damaged.file_size);
	r = pe_reference_read(file, damaged.file_size, PE_MACHINE_X86_64);
	if (!r.faults && !find_place(&r, &base))
		pe_reference_rule(&r, false, ERR_NO_MEMORY);
	expected = expect(&r, base);
	runtime_image = 0;
	host_protection_count = 0;
	status = efi_load_image(false, efi_firmware_image(), NULL, file, damaged.file_size, &image);
	/* The caller may free its copy. */
	free(file);
	CHECK_OF(is_specified(status, r.faults), "%s: 0x%lx, faults 0x%x", damage, status,
		 r.faults);
	CHECK_OF(!status == (image != NULL), "%s", damage);
	if (!status && !r.faults) {
		loaded++;
		r.file = damaged.file;
		check_loaded(image, &r, base, expected);
	} else {
		refused++;
	}
	if (image)
		CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	CHECK(!efi_object_of(image));
	if (!r.faults || expected)
		check_protections(base, align_up(r.size, PAGE_SIZE));
	memory_map(&count);
	CHECK_OF(memory_free_size() == free_before && count == count_before, "%s: memory is left",
		 damage);
	CHECK_OF(!runtime_image, "%s", damage);
	free(expected);
}

/* The firmware's own handle and the lists of protocols are created only once. */
static void warm_up(void)
{
	EFI_HANDLE image = NULL;

	program_make(PE_SUBSYSTEM_EFI_APPLICATION, returns);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	log_set_threshold(LOG_NONE);
}

static void load_each(u32 shape)
{
	u64 values[PE_VALUES_MAX];
	struct pe_reference r;

	pe_shape_make(&good, shape);
	damaged = good;
	snprintf(damage, sizeof(damage), "%s", good.name);
	loaded = refused = with_packages = 0;
	load();
	r = pe_reference_read(good.file, good.file_size, PE_MACHINE_X86_64);
	pe_fields_list(&fields, &r);
	for (u32 i = 0; i < fields.count; i++) {
		const struct pe_field *field = &fields.list[i];
		u64 old = pe_bytes_get(good.file, good.file_size, field->offset, field->width);
		u32 count = pe_values_list(&r, field, old, values);

		for (u32 v = 0; v < count; v++) {
			damaged = good;
			snprintf(damage, sizeof(damage), "%s, %s 0x%lx", good.name, field->name,
				 values[v]);
			pe_bytes_put(damaged.file, field->offset, field->width, values[v]);
			load();
		}
	}
	CHECK_OF(loaded > 100 && refused > 100, "%s: %u loaded, %u refused", good.name, loaded,
		 refused);
}

TEST(each_field_has_each_value)
{
	warm_up();
	for (u32 shape = 0; shape < PE_SHAPES; shape++)
		load_each(shape);
	CHECK(with_packages > 100); /* the last shape has packages */
}

/*
 * With EFI_NX: only the image's memory is protected, and it can be used again after the image is
 * unloaded.
 */
TEST(each_field_has_each_value_under_protection)
{
	host_restriction = OK;
	efi_protection_init();
	CHECK(efi_protection_is_on());
	load_each(0);
	CHECK(protections > 1000);
}
