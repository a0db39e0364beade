/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/protection.c, efi/protocols/memory_attribute.c: access rights of memory.
 */
#include "core/arch.h"
#include "efi/protocols/protocols.h"
#include "efi/services/memory.h"
#include "tests/unit/efi_images.h"

enum {
	RW = ACCESS_READ | ACCESS_WRITE,
	RWX = RW | ACCESS_EXECUTE,
	RX = ACCESS_READ | ACCESS_EXECUTE
};

static EFI_MEMORY_ATTRIBUTE_PROTOCOL *attribute;
static struct efi_object object;

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

static void set_up(void)
{
	host_restriction = OK;
	efi_protection_init();
	CHECK(efi_protection_is_on());
	if (!attribute)
		CHECK_STATUS(efi_memory_attribute_publish(&object), EFI_SUCCESS);
	attribute = efi_interface_of(&object, &guid_memory_attribute);
	CHECK(attribute);
}

static u32 access_at(u64 address)
{
	u32 access;

	(void)arch_access(address, &access);
	return access;
}

static u64 allocate(u32 type)
{
	EFI_PHYSICAL_ADDRESS memory = 0;

	CHECK_STATUS(efi_allocate_pages(AllocateAnyPages, type, 2, &memory), EFI_SUCCESS);
	return memory;
}

TEST(a_processor_without_protection)
{
	host_restriction = ERR_UNSUPPORTED;
	host_execution_allowed = false;
	efi_protection_init();
	CHECK(!efi_protection_is_on());
	CHECK(host_execution_allowed);
	CHECK_STATUS(efi_memory_attribute_publish(&object), EFI_SUCCESS);
	CHECK(!efi_has_protocol(&object, &guid_memory_attribute));
	(void)allocate(EfiLoaderCode);
	CHECK_EQUAL(host_protection_count, 0);
}

TEST(memory_by_its_type)
{
	static const struct {
		u32 type, access;
	} types[] = {
		{ EfiLoaderCode, RWX },           { EfiLoaderData, RW },
		{ EfiBootServicesCode, RWX },     { EfiBootServicesData, RW },
		{ EfiRuntimeServicesCode, RWX },  { EfiRuntimeServicesData, RW },
		{ EfiACPIReclaimMemory, RW },     { EfiReservedMemoryType, RW },
		{ EFI_MEMORY_TYPE_OS_FIRST, RW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		EFI_PHYSICAL_ADDRESS memory;
		void *pool;

		set_up();
		memory = allocate(types[i].type);
		CHECK_EQUAL(access_at(memory), types[i].access);
		CHECK_EQUAL(access_at(memory + PAGE_SIZE), types[i].access);
		CHECK_STATUS(efi_free_pages(memory, 1), EFI_SUCCESS);
		CHECK_EQUAL(access_at(memory), RW);
		CHECK_EQUAL(access_at(memory + PAGE_SIZE), types[i].access);
		CHECK_STATUS(efi_allocate_pages(AllocateAddress, types[i].type, 1, &memory),
			     EFI_SUCCESS);
		CHECK_EQUAL(access_at(memory), types[i].access);
		CHECK_STATUS(efi_allocate_pool(types[i].type, 100000, &pool), EFI_SUCCESS);
		CHECK_EQUAL(access_at((uintptr_t)pool), types[i].access);
		CHECK_STATUS(efi_free_pool(pool), EFI_SUCCESS);
		CHECK_EQUAL(access_at((uintptr_t)pool), RW);
		CHECK_STATUS(efi_free_pages(memory, 2), EFI_SUCCESS);
	}
}

/* pe_image.h gives all sections the same characteristics. */
static u64 load_with_sections(u16 dll_characteristics)
{
	EFI_HANDLE image;

	set_up();
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, returns);
	store_le16(program + PE_P + 94, dll_characteristics);
	store_le32(program + PE_DATA + 36, 0xc0000040);
	store_le32(program + PE_RELOC + 36, 0x42000040);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	return (uintptr_t)loaded_of(image)->ImageBase;
}

TEST(images_by_their_sections)
{
	static const u32 wanted[] = { ACCESS_READ, RX, RW, RW, ACCESS_READ };
	u64 base = load_with_sections(PE_DLL_NX_COMPATIBLE);

	for (u64 page = 0; page < ARRAY_SIZE(wanted); page++)
		CHECK_OF(access_at(base + page * PAGE_SIZE) == wanted[page], "page %lu", page);
}

TEST(images_without_nx_compat)
{
	u64 base = load_with_sections(0);

	for (u64 page = 0; page < 5; page++)
		CHECK_EQUAL(access_at(base + page * PAGE_SIZE), RWX);
}

TEST(sections_that_share_a_page)
{
	EFI_HANDLE image;
	u64 base;

	set_up();
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, returns);
	store_le32(program + PE_DATA + 12, 0x1800);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	base = (uintptr_t)loaded_of(image)->ImageBase;
	for (u64 page = 0; page < 5; page++)
		CHECK_EQUAL(access_at(base + page * PAGE_SIZE), RWX);
}

static EFI_STATUS change(u64 base, u64 length, u64 attributes, bool is_set)
{
	return (is_set ? attribute->SetMemoryAttributes :
			 attribute->ClearMemoryAttributes)(attribute, base, length, attributes);
}

TEST(attributes_change)
{
	u64 memory, found;

	set_up();
	memory = allocate(EfiLoaderData);
	CHECK_STATUS(change(memory, PAGE_SIZE, EFI_MEMORY_RO, true), EFI_SUCCESS);
	CHECK_EQUAL(access_at(memory), ACCESS_READ);
	CHECK_STATUS(attribute->GetMemoryAttributes(attribute, memory, PAGE_SIZE, &found),
		     EFI_SUCCESS);
	CHECK_EQUAL(found, EFI_MEMORY_RO | EFI_MEMORY_XP);
	CHECK_STATUS(attribute->GetMemoryAttributes(attribute, memory, 2 * PAGE_SIZE, &found),
		     EFI_NO_MAPPING);
	CHECK_STATUS(change(memory, 2 * PAGE_SIZE, EFI_MEMORY_XP, false), EFI_SUCCESS);
	CHECK_EQUAL(access_at(memory), RX);
	CHECK_EQUAL(access_at(memory + PAGE_SIZE), RWX);
	CHECK_STATUS(change(memory, PAGE_SIZE, EFI_MEMORY_RP, true), EFI_SUCCESS);
	CHECK_EQUAL(access_at(memory), ACCESS_EXECUTE);
	CHECK_STATUS(efi_free_pages(memory, 2), EFI_SUCCESS);
	CHECK_EQUAL(access_at(memory), RW);
}

TEST(attributes_of_memory_of_others)
{
	u64 memory, found, base, end;

	set_up();
	memory = allocate(EfiLoaderData);
	arch_image(&base, &end);
	CHECK_STATUS(change(base, PAGE_SIZE, EFI_MEMORY_XP, false), EFI_ACCESS_DENIED);
	CHECK_STATUS(change(end - PAGE_SIZE, PAGE_SIZE, EFI_MEMORY_RO, true), EFI_ACCESS_DENIED);
	CHECK_STATUS(attribute->GetMemoryAttributes(attribute, base, PAGE_SIZE, &found),
		     EFI_SUCCESS);
	CHECK_STATUS(change(memory - PAGE_SIZE, 2 * PAGE_SIZE, EFI_MEMORY_RO, true),
		     EFI_UNSUPPORTED);
	CHECK_STATUS(change(memory, PAGE_SIZE - 1, EFI_MEMORY_RO, true), EFI_UNSUPPORTED);
	CHECK_STATUS(change(memory + 1, PAGE_SIZE, EFI_MEMORY_RO, true), EFI_UNSUPPORTED);
	CHECK_STATUS(change(-PAGE_SIZE, 2 * PAGE_SIZE, EFI_MEMORY_RO, true), EFI_UNSUPPORTED);
	CHECK_STATUS(change(memory, 0, EFI_MEMORY_RO, true), EFI_INVALID_PARAMETER);
	CHECK_STATUS(change(memory, PAGE_SIZE, 0, true), EFI_INVALID_PARAMETER);
	CHECK_STATUS(change(memory, PAGE_SIZE, EFI_MEMORY_WB, false), EFI_INVALID_PARAMETER);
	CHECK_STATUS(attribute->SetMemoryAttributes(NULL, memory, PAGE_SIZE, EFI_MEMORY_RO),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(attribute->GetMemoryAttributes(attribute, memory, PAGE_SIZE, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK_EQUAL(access_at(memory), RW);
}

/* Free memory must not remain executable, and nothing may run with partial protection. */
TEST(no_page_tables_are_left)
{
	EFI_PHYSICAL_ADDRESS memory, other;
	void *pool;

	set_up();
	memory = allocate(EfiLoaderCode);
	host_protections_left = 0;
	CHECK_STATUS(efi_allocate_pages(AllocateAnyPages, EfiLoaderCode, 1, &other),
		     EFI_OUT_OF_RESOURCES);
	CHECK_STATUS(efi_allocate_pool(EfiLoaderCode, 100000, &pool), EFI_OUT_OF_RESOURCES);
	CHECK_STATUS(change(memory, PAGE_SIZE, EFI_MEMORY_XP, true), EFI_OUT_OF_RESOURCES);
	CHECK_EQUAL(access_at(memory), RWX);
	CHECK_STATUS(efi_free_pages(memory, 2), EFI_SUCCESS);
	host_protections_left = UINT32_MAX;
	CHECK_EQUAL(access_at(memory), RWX);
	other = memory;
	CHECK_STATUS(efi_allocate_pages(AllocateAddress, EfiLoaderData, 1, &other), EFI_NOT_FOUND);
	CHECK_EQUAL(access_at(allocate(EfiLoaderData)), RW);
}

TEST(an_image_without_page_tables)
{
	EFI_STATUS result = EFI_OUT_OF_RESOURCES;
	u32 left;

	for (left = 0; left < 100 && result == EFI_OUT_OF_RESOURCES; left++) {
		EFI_HANDLE image = NULL;

		set_up();
		program_make(PE_SUBSYSTEM_EFI_APPLICATION, returns);
		store_le16(program + PE_P + 94, PE_DLL_NX_COMPATIBLE);
		host_protections_left = left;
		result = load_program(&image);
		host_protections_left = UINT32_MAX;
		CHECK(!image == (result != EFI_SUCCESS));
	}
	CHECK_STATUS(result, EFI_SUCCESS);
	CHECK(left > 4);
}
