/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of variables in flash: the content after each change, and after a loss of power at each
 * byte of a change.
 */
#include "efi/runtime/flash.h"
#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/fake_flash.h"
#include "tests/unit/test.h"

enum { SIZE = 4096, BLOCK = 128, BUFFER = 32, NAMES = 6, TEXT_MAX = 900 };

static struct fake_flash fake;
static const EFI_GUID vendor = { { 5, 6, 7 } };
static const CHAR16 *const names[NAMES] = { u"A", u"B", u"C", u"Boot0000", u"Large", u"Last" };

/* A value in the store: a repeated character; 0: no variable. */
struct value {
	char character;
	u32 count;
};

struct values {
	struct value of[NAMES];
};

static u32 name_size(u32 name)
{
	u32 size = sizeof(CHAR16);

	for (const CHAR16 *at = names[name]; *at; at++)
		size += sizeof(CHAR16);
	return size;
}

static EFI_STATUS put(u32 name, char character, u32 count)
{
	static char text[TEXT_MAX];
	u32 half = count / 2;

	memset(text, character, count);
	return flash_store_put(&fake.flash, &(struct kept_variable){
						    .name = names[name],
						    .name_size = name_size(name),
						    .vendor = &vendor,
						    .attributes = 7,
						    .first = text,
						    .first_size = half,
						    .second = text + half,
						    .second_size = count - half,
					    });
}

static EFI_STATUS drop(u32 name)
{
	return flash_store_remove(&fake.flash, names[name], name_size(name), &vendor);
}

static struct values contents(void)
{
	struct values found = { 0 };
	struct flash_record record;
	u32 offset = FLASH_RECORDS;

	while (flash_next_record(&fake.flash, &offset, false, &record)) {
		const u8 *name = fake.bytes + record.offset + FLASH_RECORD_HEADER_SIZE;

		if (!flash_record_is_live(&fake.flash, &record, false))
			continue;
		for (u32 i = 0; i < NAMES; i++) {
			if (record.name_size != name_size(i) ||
			    memcmp(name, names[i], record.name_size) != 0)
				continue;
			CHECK(!found.of[i].count);
			CHECK_EQUAL(record.attributes, 7);
			found.of[i] =
				(struct value){ (char)name[record.name_size], record.data_size };
			for (u32 k = 0; k < record.data_size; k++)
				CHECK(name[record.name_size + k] == name[record.name_size]);
		}
	}
	return found;
}

static bool same(const struct values *a, const struct values *b)
{
	for (u32 i = 0; i < NAMES; i++)
		if (a->of[i].character != b->of[i].character || a->of[i].count != b->of[i].count)
			return false;
	return true;
}

static void format(void)
{
	fake_flash_init(&fake, SIZE, BLOCK, BUFFER);
	CHECK(flash_store_rewrite(&fake.flash, false));
}

TEST(set_replace_and_delete)
{
	struct values found;

	format();
	CHECK_EQUAL(put(0, 'a', 3), EFI_SUCCESS);
	CHECK_EQUAL(put(1, 'b', 100), EFI_SUCCESS);
	CHECK_EQUAL(put(0, 'c', 40), EFI_SUCCESS);
	CHECK_EQUAL(put(2, 'd', 1), EFI_SUCCESS);
	CHECK_EQUAL(drop(1), EFI_SUCCESS);
	CHECK_EQUAL(drop(3), EFI_SUCCESS);
	found = contents();
	CHECK(same(&found, &(struct values){ { { 'c', 40 }, { 0 }, { 'd', 1 } } }));
}

TEST(headers_are_those_of_ovmf)
{
	/* OVMF_VARS_4M.fd */
	static const u8 volume[] = { 0x00, 0x40, 0x08, 0,    0,    0,    0,    0,    '_',
				     'F',  'V',  'H',  0xff, 0xfe, 0x04, 0,    0x48, 0,
				     0xaf, 0xb8, 0,    0,    0,    2,    0x84, 0,    0,
				     0,    0,    0x10, 0,    0,    0,    0,    0,    0 };
	const struct flash flash = { .size = 528 * KIB, .block_size = 4096 };
	u8 headers[FLASH_RECORDS];

	flash_store_headers(&flash, headers);
	CHECK(memcmp(headers + 32, volume, sizeof(volume)) == 0);
	CHECK(memcmp(headers + 88, "\xb8\xff\x03\0\x5a\xfe\0\0\0\0\0\0", 12) == 0);
	CHECK_EQUAL(flash_store_end(&flash), 0x40000);
}

TEST(a_full_store_refuses_more_and_keeps_everything)
{
	struct values before, after;

	format();
	CHECK_EQUAL(put(4, 'l', 800), EFI_SUCCESS);
	CHECK_EQUAL(put(0, 'a', 700), EFI_SUCCESS);
	before = contents();
	CHECK_EQUAL(put(1, 'b', 300), EFI_OUT_OF_RESOURCES);
	CHECK_EQUAL(put(0, 'b', 900), EFI_OUT_OF_RESOURCES);
	after = contents();
	CHECK(same(&before, &after));
	/* Without room for the old and the new value at once. */
	CHECK_EQUAL(put(0, 'c', 690), EFI_SUCCESS);
	CHECK_EQUAL(put(4, 'm', 810), EFI_SUCCESS);
	after = contents();
	CHECK(same(&after, &(struct values){ { { 'c', 690 }, { 0 }, { 0 }, { 0 }, { 'm', 810 } } }));
	CHECK_EQUAL(flash_store_used(&fake.flash),
		    align_up(60 + 4 + 690, 4) + align_up(60 + 12 + 810, 4));
	CHECK_EQUAL(flash_store_room(&fake.flash), SIZE / 2 - 2 * BLOCK - FLASH_RECORDS);
}

TEST(a_failing_flash_is_reported)
{
	format();
	CHECK_EQUAL(put(0, 'a', 10), EFI_SUCCESS);
	fake.read_only = true;
	CHECK_EQUAL(put(0, 'b', 10), EFI_DEVICE_ERROR);
	CHECK_EQUAL(drop(0), EFI_DEVICE_ERROR);
	fake.read_only = false;
	fake.is_busy = true;
	CHECK_EQUAL(put(0, 'b', 10), EFI_DEVICE_ERROR);
	fake.is_busy = false;
	fake_flash_reset(&fake);
	CHECK_EQUAL(contents().of[0].character, 'a');
	CHECK_EQUAL(put(0, 'c', 10), EFI_SUCCESS);
	CHECK_EQUAL(contents().of[0].character, 'c');
}

static const struct step {
	u32 name;
	char character;
	u32 count; /* 0: delete */
} session[] = {
	{ 0, 'a', 20 },
	{ 1, 'b', 30 },
	{ 0, 'c', 21 },
	{ 3, 'd', 64 },
	{ 1, 0, 0 },
	{ 2, 'e', 5 },
	{ 4, 'f', 300 },
	{ 4, 'g', 310 },
	{ 0, 'h', 1 },
	{ 5, 'i', 250 },
	/* From here on there is room for little more. */
	{ 4, 'j', 320 },
	{ 3, 'k', 60 },
	{ 4, 'l', 600 },
	{ 5, 'm', 200 },
	{ 2, 'n', 40 },
	{ 4, 0, 0 },
	{ 4, 'o', 700 },
	{ 0, 'p', 30 },
};

static EFI_STATUS run(const struct step *step)
{
	return step->count ? put(step->name, step->character, step->count) : drop(step->name);
}

/* The store must contain @before or @after, also after another change. */
static void check_after_cut(const struct values *before, const struct values *after)
{
	struct values found, expected;

	fake_flash_reset(&fake);
	CHECK(flash_store_recover(&fake.flash));
	found = contents();
	CHECK(same(&found, before) || same(&found, after));
	expected = found;
	expected.of[1] = (struct value){ 'x', 7 };
	CHECK_EQUAL(put(1, 'x', 7), EFI_SUCCESS);
	found = contents();
	CHECK(same(&found, &expected));
}

/* @recovery: where the power fails again, during recovery from the first failure. */
static u64 cut_each(const struct step *step, u64 recovery, u64 stride)
{
	static u8 image[SIZE], cut_image[SIZE];
	struct values before = contents(), after;
	u64 changes;

	memcpy(image, fake.bytes, SIZE);
	fake_flash_reset(&fake);
	CHECK_EQUAL(run(step), EFI_SUCCESS);
	changes = fake.changes;
	after = contents();
	memcpy(cut_image, fake.bytes, SIZE);
	for (u64 cut = 0; cut < changes; cut += stride) {
		memcpy(fake.bytes, image, SIZE);
		fake_flash_reset(&fake);
		fake.changes_left = cut;
		(void)run(step);
		if (recovery) {
			fake_flash_reset(&fake);
			fake.changes_left = recovery;
			(void)flash_store_recover(&fake.flash);
		}
		check_after_cut(&before, &after);
	}
	memcpy(fake.bytes, cut_image, SIZE);
	fake_flash_reset(&fake);
	return changes;
}

static void cut_session(u64 recovery, u64 stride)
{
	u64 most = 0;

	format();
	for (u32 i = 0; i < ARRAY_SIZE(session); i++)
		most = max_u64(most, cut_each(&session[i], recovery, stride));
	/* The session must have rebuilt the store. */
	CHECK(most > SIZE / 4);
}

TEST(a_power_failure_at_any_byte_loses_at_most_the_last_change)
{
	cut_session(0, 1);
}

TEST(a_second_power_failure_during_recovery)
{
	cut_session(BLOCK + 50, 3);
}

TEST(older_values_do_not_reappear)
{
	for (u64 cut = 0; cut < 80; cut++) {
		struct values found;

		format();
		CHECK_EQUAL(put(0, 'a', 4), EFI_SUCCESS);
		fake.changes_left = cut;
		(void)put(0, 'b', 4);
		fake_flash_reset(&fake);
		CHECK_EQUAL(drop(0), EFI_SUCCESS);
		found = contents();
		CHECK(same(&found, &(struct values){ 0 }));
		CHECK_EQUAL(flash_store_used(&fake.flash), 0);
	}
}

TEST(damaged_records_are_left_out)
{
	struct values found;
	u32 second;

	format();
	CHECK_EQUAL(put(0, 'a', 4), EFI_SUCCESS);
	second = FLASH_RECORDS + flash_store_used(&fake.flash);
	CHECK_EQUAL(put(1, 'b', 4), EFI_SUCCESS);
	CHECK_EQUAL(put(2, 'c', 4), EFI_SUCCESS);
	fake.bytes[second] = 0;
	found = contents();
	CHECK(same(&found, &(struct values){ { { 'a', 4 } } }));
	CHECK(flash_store_rewrite(&fake.flash, true));
	found = contents();
	CHECK(same(&found, &(struct values){ { { 'a', 4 }, { 0 }, { 'c', 4 } } }));

	/* A size that exceeds the store. */
	store_le32(fake.bytes + FLASH_RECORDS + 40, UINT32_MAX);
	found = contents();
	CHECK(same(&found, &(struct values){ 0 }));
	CHECK(flash_store_rewrite(&fake.flash, true));
	found = contents();
	CHECK(same(&found, &(struct values){ { { 0 }, { 0 }, { 'c', 4 } } }));
}

/* A first record up to @left bytes before the end, and the header of another one there. */
static bool has_record_before_end(u32 left, u8 state, u32 name_size)
{
	u32 at, offset = FLASH_RECORDS;
	struct flash_record record;

	format();
	at = flash_store_end(&fake.flash) - left;
	store_le16(fake.bytes + offset, 0x55aa);
	fake.bytes[offset + 2] = 0x3d; /* deleted */
	store_le32(fake.bytes + offset + 36, 4);
	store_le32(fake.bytes + offset + 40, at - offset - FLASH_RECORD_HEADER_SIZE - 4);
	memset(fake.bytes + offset + FLASH_RECORD_HEADER_SIZE, 0, 4);
	memset(fake.bytes + at, 0, FLASH_RECORD_HEADER_SIZE + 4);
	store_le16(fake.bytes + at, 0x55aa);
	fake.bytes[at + 2] = state;
	store_le32(fake.bytes + at + 36, name_size);
	CHECK(flash_next_record(&fake.flash, &offset, false, &record));
	CHECK_EQUAL(offset, at);
	return flash_next_record(&fake.flash, &offset, false, &record);
}

TEST(the_last_record_ends_where_the_store_ends)
{
	CHECK(has_record_before_end(FLASH_RECORD_HEADER_SIZE + 4, 0x3f, 4));
	CHECK(!has_record_before_end(FLASH_RECORD_HEADER_SIZE + 4, 0x3f, 6));
	/* Without name and data, as when the power failed. */
	CHECK(has_record_before_end(FLASH_RECORD_HEADER_SIZE, 0x7f, 0));
	CHECK(!has_record_before_end(FLASH_RECORD_HEADER_SIZE, 0x7f, 2));
	CHECK(!has_record_before_end(FLASH_RECORD_HEADER_SIZE - 4, 0x7f, 0));
	CHECK(!has_record_before_end(FLASH_RECORD_HEADER_SIZE - 4, 0xff, 0));
}
