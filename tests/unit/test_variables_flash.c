/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables in flash: starting with different contents, and writes by the services before and after
 * the operating system runs.
 */
#include "core/flash.h"
#include "efi/efi.h"
#include "efi/runtime/flash.h"
#include "efi/variables.h"
#include "lib/util.h"
#include "tests/host/efi_rest.h"
#include "tests/host/fake_flash.h"
#include "tests/host/host.h"
#include "tests/host/text_variables.h"
#include "tests/unit/runtime_map.h"
#include "tests/unit/test.h"

enum {
	SIZE = 128 * 1024,
	BLOCK = 4096,
};

static struct fake_flash fake;

static bool start(void)
{
	host_memory_init();
	variable_flash = fake.flash;
	efi_system_table = &system_table;
	CHECK_EQUAL(efi_runtime_init(&services), EFI_SUCCESS);
	return efi_variables_in_flash();
}

/* Starts a machine with the current flash. True: variables are stored there. */
static bool boot(void)
{
	fake_flash_reset(&fake);
	return start();
}

static void fresh(void)
{
	fake_flash_init(&fake, SIZE, BLOCK, 256);
	CHECK(boot());
}

TEST(a_blank_flash_is_formatted)
{
	static const u8 blanks[] = { 0xff, 0 };

	for (u32 i = 0; i < sizeof(blanks); i++) {
		fake_flash_init(&fake, SIZE, BLOCK, 256);
		memset(fake.bytes, blanks[i], SIZE);
		CHECK(boot());
		CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
		CHECK(boot());
		CHECK_TEXT(get(u"A"), "one");
	}
}

static void cut_the_first_start(u8 blank)
{
	u64 changes, step;

	fake_flash_init(&fake, SIZE, BLOCK, 256);
	memset(fake.bytes, blank, SIZE);
	CHECK(boot());
	changes = fake.changes;
	step = changes / 500 + 1;
	for (u64 cut = 0; cut < changes; cut += cut < 200 || cut + 200 > changes ? 1 : step) {
		fake_flash_init(&fake, SIZE, BLOCK, 256);
		memset(fake.bytes, blank, SIZE);
		fake.changes_left = cut;
		(void)start();
		CHECK(boot());
		CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	}
}

TEST(an_interrupted_first_start_is_repeated)
{
	cut_the_first_start(0xff);
	cut_the_first_start(0);
}

TEST(a_boot_that_changes_nothing_writes_nothing)
{
	fresh();
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK(boot());
	/* The single byte that tests whether the flash is writable, with its old value. */
	CHECK_EQUAL(fake.changes, 1);
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK_EQUAL(fake.changes, 1);
	efi_runtime_data->in_memory_only = true;
	CHECK_EQUAL(set(u"B", "default"), EFI_SUCCESS);
	CHECK_EQUAL(fake.changes, 1);
}

TEST(variables_of_the_operating_system_survive_a_boot)
{
	UINT64 size, left, size_max;

	fresh();
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"B", "two"), EFI_SUCCESS);
	efi_runtime_enter();
	CHECK(properties->RuntimeServicesSupported & EFI_RT_SUPPORTED_SET_VARIABLE);
	CHECK_EQUAL(set(u"A", "three"), EFI_SUCCESS);
	CHECK_EQUAL(services->SetVariable(u"A", &vendor, KEPT | EFI_VARIABLE_APPEND_WRITE, 4,
					  "four"),
		    EFI_SUCCESS);
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, 0, NULL), EFI_SUCCESS);
	CHECK_EQUAL(set(u"C", "five"), EFI_SUCCESS);
	CHECK_EQUAL(services->QueryVariableInfo(KEPT, &size, &left, &size_max), EFI_SUCCESS);
	CHECK_EQUAL(size, 56 * KIB - FLASH_RECORDS);
	CHECK(left < size - 2 * 60 && left > size - 200 && size_max < left);
	CHECK(boot());
	CHECK_TEXT(get(u"A"), "threefour");
	CHECK_TEXT(get(u"B"), "(none)");
	CHECK_TEXT(get(u"C"), "five");
}

TEST(remaining_space_is_correct)
{
	static u8 data[60 * 1024];
	UINT64 size, left, size_max;

	fresh();
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK_EQUAL(services->QueryVariableInfo(KEPT, &size, &left, &size_max), EFI_SUCCESS);
	/* With a name of 4 bytes. */
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, size_max - 3, data),
		    EFI_OUT_OF_RESOURCES);
	CHECK_TEXT(get(u"B"), "(none)");
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, size_max - 4, data), EFI_SUCCESS);
	CHECK_EQUAL(services->QueryVariableInfo(KEPT, &size, &left, &size_max), EFI_SUCCESS);
	CHECK_EQUAL(left, 0);
	CHECK_EQUAL(set(u"C", "three"), EFI_OUT_OF_RESOURCES);
	/* Volatile variables have separate room. */
	CHECK_EQUAL(services->SetVariable(u"V", &vendor, KEPT & ~EFI_VARIABLE_NON_VOLATILE, 1, "v"),
		    EFI_SUCCESS);
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, 0, NULL), EFI_SUCCESS);
	CHECK_EQUAL(set(u"C", "three"), EFI_SUCCESS);
	CHECK(boot());
	CHECK_TEXT(get(u"A"), "one");
	CHECK_TEXT(get(u"C"), "three");
}

TEST(a_failed_write_leaves_the_old_value)
{
	fresh();
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	fake.changes_left = 20;
	CHECK_EQUAL(set(u"A", "two"), EFI_DEVICE_ERROR);
	CHECK_TEXT(get(u"A"), "one");
	CHECK_EQUAL(services->SetVariable(u"A", &vendor, KEPT, 0, NULL), EFI_DEVICE_ERROR);
	CHECK_TEXT(get(u"A"), "one");
	CHECK(boot());
	CHECK_TEXT(get(u"A"), "one");
}

TEST(an_unusable_flash_is_not_changed)
{
	fake_flash_init(&fake, SIZE, BLOCK, 256);
	fake.read_only = true;
	CHECK(!boot());
	CHECK(efi_runtime_data->set_variable_refused && !efi_runtime_data->flash.base);
	variable_flash.base = 0;
	CHECK(!efi_variables_in_flash());

	/* Other content, and a store of another size. */
	fake_flash_init(&fake, SIZE, BLOCK, 256);
	memset(fake.bytes, 'x', SIZE);
	CHECK(!boot());
	CHECK_EQUAL(fake.changes, 1);
	fresh();
	fake.bytes[32 + 2] = 4;
	CHECK(!boot());
	CHECK_EQUAL(fake.changes, 1);
	/* A store of another size, and one of variables without authentication. */
	fresh();
	fake.bytes[FLASH_VOLUME_HEADER_SIZE + 16 + 1] ^= 0x10;
	CHECK(!boot());
	CHECK_EQUAL(fake.changes, 1);
	fresh();
	fake.bytes[FLASH_VOLUME_HEADER_SIZE] ^= 1;
	CHECK(!boot());
	CHECK_EQUAL(fake.changes, 1);

	fake_flash_init(&fake, 32 * 1024, BLOCK, 256);
	CHECK(!boot());
	fake_flash_init(&fake, SIZE + BLOCK, BLOCK, 256);
	CHECK(!boot());
	fake_flash_init(&fake, 1024 * 1024 + 2 * BLOCK, BLOCK, 256);
	CHECK(!boot());
	fake_flash_init(&fake, 7 * 16 * 1024, 16 * 1024, 256);
	CHECK(!boot());
	CHECK_EQUAL(fake.changes, 0);
}

TEST(the_smallest_and_the_largest_flash)
{
	static const u32 sizes[] = { 64 * 1024, 1024 * 1024 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		fake_flash_init(&fake, sizes[i], BLOCK, 256);
		CHECK(boot());
		CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
		CHECK(boot());
		CHECK_TEXT(get(u"A"), "one");
	}
}

TEST(only_damaged_variables_are_lost)
{
	fresh();
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"B", "two"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"C", "three"), EFI_SUCCESS);
	memset(fake.bytes, 0, 60); /* the header of the volume */
	CHECK(boot());
	CHECK_TEXT(get(u"A"), "one");
	CHECK_TEXT(get(u"C"), "three");
	memset(fake.bytes + FLASH_RECORDS + 68, 0, 10); /* of B */
	CHECK(boot());
	CHECK_TEXT(get(u"A"), "one");
	CHECK_TEXT(get(u"B"), "(none)");
	CHECK_TEXT(get(u"C"), "three");
	CHECK(boot());
	CHECK_EQUAL(fake.changes, 1);
}

TEST(authenticated_variables_are_kept_but_not_shown)
{
	const struct kept_variable key = {
		.name = u"db",
		.name_size = 6,
		.vendor = &vendor,
		.attributes = KEPT | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS,
		.second = "key",
		.second_size = 3,
	};
	struct flash_record record;
	u32 offset = FLASH_RECORDS;

	fresh();
	CHECK_EQUAL(flash_store_put(&fake.flash, &key), EFI_SUCCESS);
	CHECK(boot());
	CHECK_TEXT(get(u"db"), "(none)");
	CHECK_EQUAL(set(u"db", "other"), EFI_WRITE_PROTECTED);
	CHECK_TEXT(get(u"db"), "(none)");
	/* Until the store is rebuilt at least once. */
	for (u32 i = 0; i < 1000; i++)
		CHECK_EQUAL(set(u"A", i % 2 ? "one" : "two"), EFI_SUCCESS);
	CHECK(flash_next_record(&fake.flash, &offset, false, &record));
	CHECK_EQUAL(record.attributes, key.attributes);
	CHECK(flash_record_is_live(&fake.flash, &record, false));
}

/* Records until the flash is full: of @states one after the other, every @gap bytes. */
static void fill(const u8 *states, u32 state_count, u32 gap, u32 attributes)
{
	u32 end = flash_store_end(&fake.flash);

	for (u32 i = 0, at = FLASH_RECORDS; at + 68 <= end; i++, at += 68 + gap) {
		u8 *record = fake.bytes + at;

		memset(record, 0, 68);
		store_le16(record, 0x55aa);
		record[2] = states[i % state_count];
		store_le32(record + 4, attributes);
		store_le32(record + 36, 6);
		store_le32(record + 40, 2);
		store_le32(record + 60, 0x01000100 + i);
	}
}

/* Work at the start is proportional to the size of the flash, whatever is in it. */
TEST(work_for_a_full_flash_is_bounded)
{
	enum { STEPS_PER_BYTE = 64, SIZE_MAX_STORE = 1024 * 1024 };
	static const u8 added[] = { 0x3f }, replaced[] = { 0x3e }, both[] = { 0x3f, 0x3e },
			mixed[] = { 0x3f, 0x3d, 0x3d, 0x3d };
	const u32 signed_one = KEPT | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS;
	const struct {
		const u8 *states;
		u32 state_count, gap, attributes;
		bool is_used;
	} cases[] = {
		{ added, 1, 0, signed_one, true },     { added, 1, 0, KEPT, false },
		{ mixed, 4, 0, KEPT, true },           { added, 1, 64, signed_one, true },
		{ replaced, 1, 0, signed_one, false }, { both, 2, 128, signed_one, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 steps;

		fake_flash_init(&fake, SIZE_MAX_STORE, BLOCK, 256);
		CHECK(boot());
		fill(cases[i].states, cases[i].state_count, cases[i].gap, cases[i].attributes);
		steps = host_steps;
		CHECK_OF(boot() == cases[i].is_used, "case %zu", i);
		steps = host_steps - steps;
		CHECK_OF(steps <= (u64)STEPS_PER_BYTE * SIZE_MAX_STORE, "case %zu: %lu steps", i,
			 steps);
	}
}

/* How many records of variables with a name of one character are current. */
static u32 live_records(CHAR16 name)
{
	struct flash_record record;
	u32 offset = FLASH_RECORDS, count = 0;

	while (flash_next_record(&fake.flash, &offset, false, &record))
		count += record.name_size == 4 &&
			 load_le16(fake.bytes + record.offset + FLASH_RECORD_HEADER_SIZE) == name &&
			 flash_record_is_live(&fake.flash, &record, false);
	return count;
}

/* As damage may leave it: the last value counts, and no change brings the other back. */
TEST(a_variable_with_two_values)
{
	enum { DELETED, REPLACED, REPLACED_IN_A_FULL_STORE, ROUNDS };
	static u8 data[60 * 1024];

	for (u32 round = 0; round < ROUNDS; round++) {
		struct flash_record record;
		u32 offset = FLASH_RECORDS;
		UINT64 size, left, size_max;

		fresh();
		CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
		CHECK_EQUAL(set(u"B", "two"), EFI_SUCCESS);
		CHECK(flash_next_record(&fake.flash, &offset, false, &record));
		memcpy(fake.bytes + offset + FLASH_RECORD_HEADER_SIZE, u"A", 2); /* of B */
		CHECK(boot());
		CHECK_TEXT(get(u"A"), "two");
		if (round == REPLACED_IN_A_FULL_STORE) {
			CHECK_EQUAL(services->QueryVariableInfo(KEPT, &size, &left, &size_max),
				    EFI_SUCCESS);
			CHECK_EQUAL(services->SetVariable(u"C", &vendor, KEPT, size_max - 4, data),
				    EFI_SUCCESS);
		}
		if (round == DELETED)
			CHECK_EQUAL(services->SetVariable(u"A", &vendor, KEPT, 0, NULL),
				    EFI_SUCCESS);
		else
			CHECK_EQUAL(set(u"A", "six"), EFI_SUCCESS);
		CHECK_EQUAL(live_records('A'), round != DELETED);
		CHECK(boot());
		CHECK_TEXT(get(u"A"), round == DELETED ? "(none)" : "six");
	}
}

static void map_flash(u64 virtual_flash, u64 pages)
{
	const struct runtime_mapping flash = { EfiMemoryMappedIO, FAKE_FLASH_BASE, virtual_flash,
					       pages };

	runtime_map(&flash, 1);
}

TEST(the_operating_system_maps_flash_elsewhere)
{
	fresh();
	efi_runtime_enter();
	map_flash(0x210000000000, SIZE / PAGE_SIZE);
	CHECK_EQUAL(efi_runtime_data->flash.base, 0x210000000000);

	fresh();
	efi_runtime_enter();
	map_flash(0, SIZE / PAGE_SIZE);
	CHECK_EQUAL(set(u"A", "one"), EFI_UNSUPPORTED);

	/* Not to its end. */
	fresh();
	efi_runtime_enter();
	map_flash(0x210000000000, SIZE / PAGE_SIZE - 1);
	CHECK_EQUAL(set(u"A", "one"), EFI_UNSUPPORTED);
}
