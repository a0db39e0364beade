/* SPDX-License-Identifier: Apache-2.0 */
/* Files of variables (EBBR 2.4, 5): ours, those of other firmware, and malicious ones. */
#include "efi/variables_file.h"
#include "lib/crc32.h"
#include "lib/util.h"
#include "tests/unit/test.h"

static struct runtime_store store;
static u8 file[RUNTIME_FILE_HEADER_SIZE + RUNTIME_STORE_SIZE + 64];
static u32 size;

static void start_file(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file + 8, "UbEfiVa\1", 8);
	size = RUNTIME_FILE_HEADER_SIZE;
}

static void add(u32 data_size, u32 attributes, const void *name, u32 name_size, const void *data)
{
	u8 *record = file + size;

	store_le32(record, data_size);
	store_le32(record + 4, attributes);
	record[16] = 0xaa;
	memcpy(record + 32, name, name_size);
	memcpy(record + 32 + name_size, data, data_size);
	size = (u32)align_up(size + 32 + name_size + data_size, 8);
}

static enum status read_file(void)
{
	store_le32(file + 16, size);
	store_le32(file + 20, crc32(0, span_of(file + 24, size - 24)));
	return variables_file_read(span_of(file, size), &store);
}

static const EFI_GUID vendor = { { 0xaa } };

TEST(a_file_is_read)
{
	struct runtime_variable *record;

	start_file();
	CHECK_EQUAL(read_file(), OK);
	CHECK_EQUAL(store.used, 0);
	add(3, 7, u"A", 4, "one");
	add(8, 3, u"Name", 10, "12345678");
	CHECK_EQUAL(read_file(), OK);
	CHECK_EQUAL(store.used, size - 24);
	CHECK(memcmp(store.records, file + 24, store.used) == 0);
	record = store_find(&store, u"Name", &vendor);
	CHECK(record && record->attributes == 3 && record->data_size == 8);
	CHECK(record && memcmp(store_data(record), "12345678", 8) == 0);
	/* Longer than its header says, like a slot; sealing it again gives the same bytes. */
	CHECK_EQUAL(variables_file_read(span_of(file, size + 40), &store), OK);
	store_file_seal(&store);
	CHECK(memcmp(store.header, file, size) == 0);
}

TEST(unknown_attributes_are_left_out)
{
	start_file();
	add(1, 0x27, u"PK", 6, "x"); /* authenticated */
	add(1, 6, u"Volatile", 18, "x");
	add(1, 5, u"NotBoot", 16, "x");
	add(1, 7 | 1u << 31, u"Own", 8, "x");
	add(0, 7, u"Empty", 12, "");
	add(1, 7, u"A", 4, "1");
	add(1, 7, u"A", 4, "2");
	CHECK_EQUAL(read_file(), OK);
	CHECK_EQUAL(store.used, 40);
	CHECK_EQUAL(*store_data(store_find(&store, u"A", &vendor)), '1');
}

TEST(headers_are_checked)
{
	start_file();
	add(3, 7, u"A", 4, "one");
	CHECK_EQUAL(read_file(), OK);
	CHECK_EQUAL(variables_file_read(span_of(file, 0), &store), ERR_CORRUPT);
	CHECK_EQUAL(variables_file_read(span_of(file, 23), &store), ERR_CORRUPT);
	CHECK_EQUAL(variables_file_read(span_of(file, size - 1), &store), ERR_CORRUPT);
	CHECK_EQUAL(store.used, 0);
	file[8]++;
	CHECK_EQUAL(read_file(), ERR_CORRUPT);
	file[8]--;
	file[15]++; /* revision */
	CHECK_EQUAL(read_file(), ERR_CORRUPT);
	file[15]--;
	CHECK_EQUAL(read_file(), OK);
	file[20]++;
	CHECK_EQUAL(variables_file_read(span_of(file, size), &store), ERR_CORRUPT);
	store_le32(file + 16, 23);
	CHECK_EQUAL(variables_file_size(span_of(file, 24)), 0);
	store_le32(file + 16, 24 + RUNTIME_STORE_SIZE);
	CHECK_EQUAL(variables_file_size(span_of(file, 24)), 24 + RUNTIME_STORE_SIZE);
	store_le32(file + 16, 24 + RUNTIME_STORE_SIZE + 1);
	CHECK_EQUAL(variables_file_size(span_of(file, 24)), 0);
	store_le32(file + 16, UINT32_MAX);
	CHECK_EQUAL(variables_file_size(span_of(file, 24)), 0);
}

TEST(records_are_checked)
{
	static const u32 data_sizes[] = { 12, 1000, 0x7fffffff, 0xfffffff0, UINT32_MAX };

	for (u32 i = 0; i < ARRAY_SIZE(data_sizes); i++) {
		start_file();
		add(3, 7, u"A", 4, "one");
		store_le32(file + 24, data_sizes[i]);
		CHECK_OF(read_file() == ERR_CORRUPT, "size %u", data_sizes[i]);
		CHECK_EQUAL(store.used, 0);
	}
	start_file();
	add(3, 7, u"", 2, "one");
	CHECK_EQUAL(read_file(), ERR_CORRUPT);
	start_file();
	add(8, 7, "xxxxxxxx", 8, "yyyyyyyy"); /* a name without an end */
	CHECK_EQUAL(read_file(), ERR_CORRUPT);
	/* A name of more than 1024 characters. */
	start_file();
	memset(file + 24 + 32, 'x', 2048);
	store_le32(file + 24, 1);
	store_le32(file + 28, 7);
	size = 24 + 32 + 2048 + 8;
	CHECK_EQUAL(read_file(), ERR_CORRUPT);
	/* Truncated records. */
	for (u32 cut = 1; cut < 40; cut++) {
		start_file();
		add(3, 7, u"A", 4, "one");
		size -= cut;
		/* The padding byte may be missing. */
		CHECK_OF((read_file() == OK) == (cut <= 1), "without %u bytes", cut);
	}
}

TEST(a_store_may_be_full)
{
	static u8 data[RUNTIME_STORE_SIZE];

	start_file();
	add(RUNTIME_STORE_SIZE - 40, 7, u"A", 4, data);
	CHECK_EQUAL(read_file(), OK);
	CHECK(!variables_set_sequence(&store, 1));
	CHECK_EQUAL(variables_sequence(&store), 0);
}

TEST(the_number_of_changes_is_a_record)
{
	start_file();
	CHECK_EQUAL(read_file(), OK);
	CHECK_EQUAL(variables_sequence(&store), 0);
	CHECK(variables_set_sequence(&store, 0x123456789));
	CHECK_EQUAL(variables_sequence(&store), 0x123456789);
	CHECK(variables_set_sequence(&store, UINT64_MAX));
	CHECK_EQUAL(variables_sequence(&store), 0);
	CHECK(variables_set_sequence(&store, 7));
	CHECK_EQUAL(variables_sequence(&store), 7);
	store_file_seal(&store);
	memcpy(file, store.header, store_file_size(&store));
	CHECK_EQUAL(variables_file_read(span_of(file, store_file_size(&store)), &store), OK);
	CHECK_EQUAL(variables_sequence(&store), 7);
}
