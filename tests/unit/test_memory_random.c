/* SPDX-License-Identifier: Apache-2.0 */
/* core/memory.c: random maps and call sequences, compared with an array with one entry per page. */
#include "lib/util.h"
#include "tests/unit/memory_map.h"

/* The model: one entry per page of a small machine. */
enum { MODEL_PAGES = 1024, MODEL_FIRST = 256 }; /* the first MiB is left out */
static int model[MODEL_PAGES];
static bool model_allocated[MODEL_PAGES];

static void check_model(void)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);
	u32 page = 0;

	for (u32 i = 0; i < count && map[i].base < PAGE(MODEL_PAGES); i++) {
		for (; page < map[i].base / PAGE_SIZE; page++)
			CHECK_OF(page < MODEL_FIRST || model[page] == HOLE, "page %u", page);
		for (; page < map[i].end / PAGE_SIZE && page < MODEL_PAGES; page++)
			CHECK_OF(page < MODEL_FIRST ||
					 (model[page] == (int)map[i].type &&
					  model_allocated[page] == map[i].is_allocated),
				 "page %u", page);
	}
	for (; page < MODEL_PAGES; page++)
		CHECK_EQUAL(model[page], HOLE);
}

static u64 state;

static u32 random_below(u32 limit)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (u32)(state >> 33) % limit;
}

static bool model_is(u32 first, u32 count, int type)
{
	for (u32 i = first; i < first + count; i++)
		if (i >= MODEL_PAGES || model[i] != type)
			return false;
	return true;
}

/* Does all of it have that type and the same owner? */
static bool model_is_one_kind(u32 first, u32 count, int type)
{
	for (u32 i = first; i < first + count; i++)
		if (i < MODEL_PAGES && model_allocated[i] != model_allocated[first])
			return false;
	return model_is(first, count, type);
}

static bool model_is_allocated(u32 first, u32 count)
{
	for (u32 i = first; i < first + count; i++)
		if (i >= MODEL_PAGES || !model_allocated[i])
			return false;
	return true;
}

static void model_set(u32 first, u32 count, int type)
{
	for (u32 i = first; i < first + count; i++) {
		model[i] = type;
		model_allocated[i] = false;
	}
}

static void model_allocate(u32 first, u32 count, int type)
{
	for (u32 i = first; i < first + count; i++) {
		model[i] = type;
		model_allocated[i] = true;
	}
}

/* The first page of the highest (or lowest) free run, or 0. */
static u32 model_find(u32 size, u32 alignment, u32 floor, u32 limit, bool highest)
{
	for (u32 i = 0; i < MODEL_PAGES; i++) {
		u32 page = highest ? MODEL_PAGES - 1 - i : i;

		if (page >= MODEL_FIRST && page >= floor && page % alignment == 0 &&
		    page + size <= limit && model_is(page, size, MEMORY_CONVENTIONAL))
			return page;
	}
	return 0;
}

static void random_machine(void)
{
	static const enum memory_type types[] = { MEMORY_CONVENTIONAL, MEMORY_CONVENTIONAL,
						  MEMORY_ACPI_RECLAIM, MEMORY_RESERVED,
						  MEMORY_UNUSABLE };
	static const int strength[] = { [MEMORY_CONVENTIONAL] = 1,
					[MEMORY_ACPI_RECLAIM] = 2,
					[MEMORY_RESERVED] = 3,
					[MEMORY_UNUSABLE] = 4 };

	boot_info = (struct boot_info){ .source = "test" };
	model_set(0, MODEL_PAGES, HOLE);
	for (u32 i = 0; i < 12; i++) {
		u32 first = MODEL_FIRST + random_below(MODEL_PAGES - MODEL_FIRST);
		u32 count = 1 + random_below(200);
		enum memory_type type = types[random_below(ARRAY_SIZE(types))];

		count = first + count > MODEL_PAGES ? MODEL_PAGES - first : count;
		boot_info_add_range(PAGE(first), PAGE(count), type);
		for (u32 page = first; page < first + count; page++)
			if (model[page] == HOLE || strength[type] > strength[model[page]])
				model[page] = (int)type;
	}
	host_memory_describe();
}

static void random_step(void)
{
	u32 first = MODEL_FIRST + random_below(MODEL_PAGES - MODEL_FIRST - 40),
	    count = 1 + random_below(40);
	u32 alignment = 1u << random_below(6),
	    limit = MODEL_FIRST + random_below(MODEL_PAGES - MODEL_FIRST + 1);
	u64 size = PAGE(count) - random_below(PAGE_SIZE);
	u32 expected;
	enum status status;
	u64 out;

	switch (random_below(8)) {
	case 0:
	case 1:
		expected = model_find(count, alignment, 0, limit, true);
		status = memory_allocate(size, PAGE(alignment),
					 PAGE(limit) + random_below(PAGE_SIZE), MEMORY_LOADER_DATA,
					 &out);
		CHECK_EQUAL(status, expected ? OK : ERR_NO_MEMORY);
		if (expected) {
			CHECK_EQUAL(out, PAGE(expected));
			model_allocate(expected, count, MEMORY_LOADER_DATA);
		}
		break;
	case 2:
		expected = model_find(count, alignment, first, limit, false);
		status = memory_find_lowest(size, PAGE(alignment),
					    PAGE(first) - random_below(PAGE_SIZE), PAGE(limit),
					    &out);
		CHECK_EQUAL(status, expected ? OK : ERR_NO_MEMORY);
		if (expected)
			CHECK_EQUAL(out, PAGE(expected));
		break;
	case 3:
		status = memory_allocate_at(PAGE(first), size, MEMORY_BOOT_DATA);
		CHECK_EQUAL(status,
			    model_is(first, count, MEMORY_CONVENTIONAL) ? OK : ERR_NO_MEMORY);
		if (!status)
			model_allocate(first, count, MEMORY_BOOT_DATA);
		break;
	case 4:
		/* Mostly as much of it as is allocated. */
		while (first < MODEL_PAGES - 1 && !model_allocated[first])
			first++;
		for (expected = 1; expected < count && model_is_allocated(first, expected + 1);)
			expected++;
		expected += random_below(10) == 0;
		status = memory_free(PAGE(first), PAGE(expected) - random_below(PAGE_SIZE));
		CHECK_EQUAL(status, model_is_allocated(first, expected) ? OK : ERR_NOT_FOUND);
		if (!status)
			model_set(first, expected, MEMORY_CONVENTIONAL);
		break;
	case 5:
		if (random_below(10))
			break;
		/* From anywhere in the first page to anywhere in the last. */
		memory_reserve(PAGE(first) + random_below(PAGE_SIZE) / 2,
			       PAGE(count) - PAGE_SIZE / 2 - random_below(PAGE_SIZE / 2 - 1),
			       MEMORY_ACPI_NVS);
		for (u32 page = first; page < first + count; page++)
			if (model[page] == MEMORY_CONVENTIONAL)
				model[page] = MEMORY_ACPI_NVS;
		break;
	case 6:
		status = memory_convert(PAGE(first), PAGE(count % 3 + 1), MEMORY_BOOT_DATA,
					MEMORY_LOADER_DATA);
		CHECK_EQUAL(status, model_is_one_kind(first, count % 3 + 1, MEMORY_BOOT_DATA) ?
					    OK :
					    ERR_NOT_FOUND);
		if (!status)
			model_set(first, count % 3 + 1, MEMORY_LOADER_DATA);
		break;
	case 7: {
		const struct memory_request request = {
			size,        PAGE(alignment), PAGE(first),
			PAGE(limit), MEMORY_TYPE_OEM, random_below(2)
		};

		expected = model_find(count, alignment, first, limit, !request.lowest);
		status = memory_allocate_request(&request, &out);
		CHECK_EQUAL(status, expected ? OK : ERR_NO_MEMORY);
		if (expected) {
			CHECK_EQUAL(out, PAGE(expected));
			model_allocate(expected, count, (int)MEMORY_TYPE_OEM);
		}
		break;
	}
	}
}

TEST(random_sequences_agree_with_a_model)
{
	for (u64 seed = 1; seed <= 60 && !test_failures; seed++) {
		state = seed;
		random_machine();
		check_model();
		for (u32 step = 0; step < 300 && !test_failures; step++) {
			random_step();
			check_order();
			check_model();
		}
		if (test_failures)
			printf("with seed %" PRIu64 "\n", seed);
	}
}
