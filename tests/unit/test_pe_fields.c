/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loaders/pe.c: each field of each program shape is set to values that are likely to expose bugs,
 * alone and in combination. The result must be byte for byte that of a reference loader, and the
 * work proportional to the bytes read.
 */
#include "core/log.h"
#include "loaders/uki.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

#include "tests/unit/pe_shapes.h"

enum {
	COMPARED_MAX = MIB, /* larger images are only checked */
	STEPS_MIN = 3000,   /* a message */
	STEPS_PER_BYTE = 8, /* of headers and of relocations */
};

static struct pe_shape good, damaged;
static struct pe_fields fields;
static char damage[160]; /* for messages */
static u32 loaded, refused, refused_late;

static void check_work(u64 steps_before, u64 bytes)
{
	CHECK_OF(host_steps - steps_before <= STEPS_MIN + STEPS_PER_BYTE * bytes,
		 "%s: %lu steps for %lu bytes", damage, host_steps - steps_before, bytes);
}

/* pe_check() of the first @size bytes only. */
static void check_start(const u8 *file, size_t size_max, const struct pe_reference *r)
{
	size_t size = min_u64(size_max, damaged.file_size);
	struct pe_image image;
	u8 *start = malloc(size);
	enum status status;

	memcpy(start, file, size);
	status = pe_check("start", span_of(start, size), damaged.file_size, &image);
	/* The start may be sufficient to refuse it. */
	CHECK_OF(status == ERR_TOO_LARGE || r->faults & 1u << status ||
			 (status == OK && !r->faults && size >= r->headers_size),
		 "%s: its first %zu bytes: %s", damage, size, status_name(status));
	if (status == ERR_TOO_LARGE && r->faults == 0)
		CHECK_OF(size < r->headers_size, "%s: %zu bytes do not suffice", damage, size);
	free(start);
}

static void compare_placed(const struct pe_image *image, struct span file,
			   const struct pe_reference *r, u64 address)
{
	u8 *memory = malloc(r->size), *expected = malloc(r->size);
	u64 steps = host_steps;
	enum status status, wanted;

	CHECK_OF(pe_place(image, file, memory, r->size) == OK, "%s: not placed", damage);
	pe_reference_place(r, expected);
	CHECK_OF(memcmp(memory, expected, r->size) == 0, "%s: placed otherwise", damage);
	status = pe_relocate("relocated", image, memory, address);
	check_work(steps, r->headers_size + r->relocations_size);
	wanted = pe_reference_relocate(r, expected, address);
	CHECK_OF(status == wanted, "%s at 0x%lx: %s, not %s", damage, address, status_name(status),
		 status_name(wanted));
	CHECK_OF(memcmp(memory, expected, r->size) == 0, "%s: relocated otherwise", damage);
	loaded += status == OK;
	refused_late += status != OK;
	free(memory);
	free(expected);
}

static void compare(u64 address)
{
	/* Exact size, so that the sanitizer detects overruns. */
	u8 *file = malloc(damaged.file_size);
	struct pe_reference r;
	struct pe_image image;
	u64 steps = host_steps;
	enum status status;

	memcpy(file, damaged.file, damaged.file_size);
	r = pe_reference_read(file, damaged.file_size, PE_MACHINE_X86_64);
	status = pe_check("damaged", span_of(file, damaged.file_size), damaged.file_size, &image);
	check_work(steps, damaged.file_size);
	CHECK_OF(r.faults ? (r.faults >> status & 1) : status == OK, "%s: %s, faults 0x%x", damage,
		 status_name(status), r.faults);
	refused += status != OK;
	check_start(file, 0x100, &r);
	check_start(file, 0x200, &r);
	check_start(file, PE_HEADERS_SIZE, &r);
	if (status == OK && r.faults == 0 && r.size <= COMPARED_MAX)
		compare_placed(&image, span_of(file, damaged.file_size), &r, address);
	free(file);
}

static void put(const struct pe_field *field, u64 value)
{
	size_t used = strlen(damage);

	snprintf(damage + used, sizeof(damage) - used, ", %s 0x%lx", field->name, value);
	pe_bytes_put(damaged.file, field->offset, field->width, value);
}

static void start(u32 shape)
{
	struct pe_reference r;

	pe_shape_make(&good, shape);
	r = pe_reference_read(good.file, good.file_size, PE_MACHINE_X86_64);
	CHECK_OF(r.faults == 0, "%s is no good program", good.name);
	pe_fields_list(&fields, &r);
	log_set_threshold(LOG_NONE);
	loaded = refused = refused_late = 0;
}

static void start_damage(void)
{
	damaged = good;
	snprintf(damage, sizeof(damage), "%s", good.name);
}

static const u64 addresses[] = { PE_BASE, PE_FREE_BASE, 0x7fff12345000, 0x14df90000, 0 };

TEST(good_programs)
{
	for (u32 shape = 0; shape < PE_SHAPES; shape++) {
		start(shape);
		for (u32 i = 0; i < ARRAY_SIZE(addresses); i++) {
			start_damage();
			compare(addresses[i]);
		}
		CHECK(refused == 0 && loaded > 0);
	}
}

TEST(truncated_anywhere)
{
	for (u32 shape = 0; shape < PE_SHAPES; shape++) {
		start(shape);
		start_damage();
		for (u32 size = 0; size < good.file_size; size++) {
			snprintf(damage, sizeof(damage), "%s, %u bytes", good.name, size);
			damaged.file_size = size;
			compare(PE_BASE);
		}
		CHECK_OF(refused > 100, "%s: %u refused", good.name, refused);
	}
}

TEST(each_field_has_each_value)
{
	u64 values[PE_VALUES_MAX];

	for (u32 shape = 0; shape < PE_SHAPES; shape++) {
		start(shape);
		for (u32 i = 0; i < fields.count; i++) {
			const struct pe_field *field = &fields.list[i];
			struct pe_reference r =
				pe_reference_read(good.file, good.file_size, PE_MACHINE_X86_64);
			u64 old = pe_bytes_get(good.file, good.file_size, field->offset,
					       field->width);
			u32 count = pe_values_list(&r, field, old, values);

			for (u32 v = 0; v < count; v++) {
				start_damage();
				put(field, values[v]);
				compare(addresses[(i + v) % ARRAY_SIZE(addresses)]);
			}
		}
		CHECK_OF(loaded > 100 && refused > 100, "%s: %u loaded, %u refused", good.name,
			 loaded, refused);
	}
}

TEST(several_fields_are_wrong)
{
	u64 values[PE_VALUES_MAX], random = 1;

	for (u32 shape = 0; shape < PE_SHAPES; shape++) {
		start(shape);
		for (u32 i = 0; i < 4000; i++) {
			start_damage();
			for (u32 n = 0; n < 2 + i % 2; n++) {
				const struct pe_field *field;
				struct pe_reference r = pe_reference_read(
					damaged.file, damaged.file_size, PE_MACHINE_X86_64);
				u64 old;

				random = random * 6364136223846793005 + 1442695040888963407;
				field = &fields.list[(random >> 33) % fields.count];
				old = pe_bytes_get(damaged.file, damaged.file_size, field->offset,
						   field->width);
				random = random * 6364136223846793005 + 1442695040888963407;
				put(field,
				    values[(random >> 33) % pe_values_list(&r, field, old, values)]);
			}
			compare(addresses[i % ARRAY_SIZE(addresses)]);
		}
		CHECK_OF(loaded > 100 && refused > 100, "%s: %u loaded, %u refused", good.name,
			 loaded, refused);
	}
}
