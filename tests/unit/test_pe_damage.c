/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/pe.c: files that are not programs, truncated ones, and malformed ones. */
#include "tests/unit/pe.h"

TEST(not_a_program)
{
	static const size_t offsets[] = { 0, 1, PE_P, PE_P + 1, PE_P + 2, PE_P + 3 };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		set_up();
		file[offsets[i]] ^= 1;
		CHECK_EQUAL(check(), ERR_UNRECOGNIZED);
	}
	set_up();
	store_le32(file + 0x3c, PE_FILE_SIZE - 100);
	CHECK_EQUAL(check(), ERR_UNRECOGNIZED);
	store_le32(file + 0x3c, 0xfffffff0);
	CHECK_EQUAL(check(), ERR_UNRECOGNIZED);
	CHECK_EQUAL(check_sized(0), ERR_UNRECOGNIZED);
}

TEST(truncated_anywhere)
{
	for (size_t size = 0; size < 0x81a; size++) {
		enum status status;

		set_up();
		status = check_sized(size);
		CHECK_OF(status == (size < PE_P + 136 ? ERR_UNRECOGNIZED : ERR_CORRUPT),
			 "%zu bytes: %s", size, status_name(status));
	}
}

/* A UKI's headers without its kernel and initrd. */
TEST(headers_alone_are_enough_to_check)
{
	struct span start;

	set_up();
	for (size_t size = 0x40; size < PE_HEADERS_SIZE; size++) {
		start = span_of(file, size);
		CHECK_EQUAL(pe_check("test", start, PE_FILE_SIZE, &image), ERR_TOO_LARGE);
	}
	start = span_of(file, PE_HEADERS_SIZE);
	CHECK_EQUAL(pe_check("test", start, PE_FILE_SIZE, &image), OK);
	CHECK_EQUAL(pe_check("test", start, 0x81a, &image), OK);
	CHECK_EQUAL(pe_check("test", start, 0x819, &image), ERR_CORRUPT);
}

/* Changes to one header field. */
static const struct bad {
	const char *what;
	u32 offset, size;
	u64 value;
	enum status status;
} bad_fields[] = {
	{ "ia32", PE_P + 4, 2, 0x14c, ERR_UNSUPPORTED },
	{ "arm64", PE_P + 4, 2, 0xaa64, ERR_UNSUPPORTED },
	{ "no machine", PE_P + 4, 2, 0, ERR_UNSUPPORTED },
	{ "PE32", PE_P + 24, 2, 0x10b, ERR_UNSUPPORTED },
	{ "ROM", PE_P + 24, 2, 0x107, ERR_CORRUPT },
	{ "native", PE_P + 92, 2, 1, ERR_UNSUPPORTED },
	{ "console", PE_P + 92, 2, 3, ERR_UNSUPPORTED },
	{ "EFI ROM", PE_P + 92, 2, 13, ERR_UNSUPPORTED },
	{ "65535 sections", PE_P + 6, 2, 0xffff, ERR_CORRUPT },
	{ "sections end after the headers", PE_P + 6, 2, 17, ERR_CORRUPT },
	{ "small optional header", PE_P + 20, 2, 239, ERR_CORRUPT },
	{ "no optional header", PE_P + 20, 2, 0, ERR_CORRUPT },
	{ "large optional header", PE_P + 20, 2, 0xffff, ERR_CORRUPT },
	{ "17 directories", PE_P + 132, 4, 17, ERR_CORRUPT },
	{ "2^32 directories", PE_P + 132, 4, 0xffffffff, ERR_CORRUPT },
	{ "2^29 directories", PE_P + 132, 4, 0x20000000, ERR_CORRUPT },
	{ "entry 0", PE_P + 40, 4, 0, ERR_CORRUPT },
	{ "entry in the headers", PE_P + 40, 4, PE_HEADERS_SIZE - 1, ERR_CORRUPT },
	{ "entry at the end", PE_P + 40, 4, PE_MEMORY_SIZE, ERR_CORRUPT },
	{ "entry far", PE_P + 40, 4, 0xffffffff, ERR_CORRUPT },
	{ "section alignment 0", PE_P + 56, 4, 0, ERR_CORRUPT },
	{ "section alignment 3000", PE_P + 56, 4, 3000, ERR_CORRUPT },
	{ "image of 0", PE_P + 80, 4, 0, ERR_CORRUPT },
	{ "image of headers", PE_P + 80, 4, PE_HEADERS_SIZE, ERR_CORRUPT },
	{ "image small", PE_P + 80, 4, 0x4019, ERR_CORRUPT },
	{ "image huge", PE_P + 80, 4, 0xffffffff, ERR_CORRUPT },
	{ "headers of 0", PE_P + 84, 4, 0, ERR_CORRUPT },
	{ "headers end in the table", PE_P + 84, 4, PE_TABLE + 119, ERR_CORRUPT },
	{ "headers over a section", PE_P + 84, 4, 0xa00 + 1, ERR_CORRUPT },
	{ "headers huge", PE_P + 84, 4, 0xffffffff, ERR_CORRUPT },
	{ "relocations far", PE_P + 176, 4, 0xffffffff, ERR_CORRUPT },
	{ "relocations huge", PE_P + 180, 4, 0x1001, ERR_CORRUPT },
	{ "relocations wrap", PE_P + 180, 4, 0xffffffff, ERR_CORRUPT },
	{ "address in the headers", PE_TEXT + 12, 4, 0x3ff, ERR_CORRUPT },
	{ "address 0", PE_TEXT + 12, 4, 0, ERR_CORRUPT },
	{ "address far", PE_TEXT + 12, 4, 0xffffffff, ERR_CORRUPT },
	{ "memory huge", PE_TEXT + 8, 4, 0xffffffff, ERR_CORRUPT },
	{ "file offset far", PE_TEXT + 20, 4, 0xffffffff, ERR_CORRUPT },
	{ "file offset at the end", PE_TEXT + 20, 4, PE_FILE_SIZE - 0x17f, ERR_CORRUPT },
	{ "file size past the end", PE_DATA + 16, 4, 0x401, ERR_CORRUPT },
	{ "file size huge", PE_DATA + 16, 4, 0xffffffff, ERR_CORRUPT },
};

TEST(wrong_fields)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_fields); i++) {
		const struct bad *bad = &bad_fields[i];
		enum status status;

		set_up();
		for (u32 byte = 0; byte < bad->size; byte++)
			file[bad->offset + byte] = (u8)(bad->value >> 8 * byte);
		status = check();
		CHECK_OF(status == bad->status, "%s: %s", bad->what, status_name(status));
	}
}

TEST(fields_that_may_be_anything)
{
	static const u32 offsets[] = { PE_P + 8,   PE_P + 12,  PE_P + 16,  PE_P + 26,  PE_P + 28,
				       PE_P + 32,  PE_P + 36,  PE_P + 44,  PE_P + 60,  PE_P + 64,
				       PE_P + 68,  PE_P + 72,  PE_P + 76,  PE_P + 88,  PE_P + 96,
				       PE_P + 104, PE_P + 112, PE_P + 120, PE_P + 128, PE_P + 136,
				       PE_P + 168, PE_P + 172 };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		set_up();
		memset(file + offsets[i], 0xff, offsets[i] == PE_P + 26 ? 2 : 4);
		CHECK_EQUAL(check(), OK);
	}
}

TEST(an_image_of_zeroes_has_a_limit)
{
	set_up();
	store_le32(p + 80, PE_FILE_SIZE + 0x40000000);
	CHECK_EQUAL(check(), OK);
	store_le32(p + 80, PE_FILE_SIZE + 0x40000001);
	CHECK_EQUAL(check(), ERR_CORRUPT);
}

/* They are loaded one after the other, so the work must be limited. */
TEST(overlapping_sections_have_a_limit)
{
	set_up();
	store_le32(file + PE_TEXT + 8, 0x4000);
	store_le32(file + PE_DATA + 12, 0x1000);
	store_le32(file + PE_DATA + 8, 0x4000);
	store_le32(file + PE_RELOC + 12, 0x2fff);
	store_le32(file + PE_RELOC + 8, 0x2000);
	CHECK_EQUAL(check(), OK);
	store_le32(file + PE_RELOC + 8, 0x2001);
	CHECK_EQUAL(check(), ERR_CORRUPT);
}

static const struct bad bad_relocations[] = {
	{ "a block of nothing", 0x804, 4, 0, ERR_CORRUPT },
	{ "a block of 7 bytes", 0x804, 4, 7, ERR_CORRUPT },
	{ "a block of all and one", 0x804, 4, 0x1b, ERR_CORRUPT },
	{ "a block of 2^32", 0x804, 4, 0xffffffff, ERR_CORRUPT },
	{ "the second one", 0x810, 4, 15, ERR_CORRUPT },
	{ "a page far", 0x800, 4, 0xffffffff, ERR_CORRUPT },
	{ "a page at the end", 0x800, 4, PE_MEMORY_SIZE - 0x100 - 7, ERR_CORRUPT },
	{ "a short one at the end", 0x80c, 4, PE_MEMORY_SIZE - 0x10 - 3, ERR_CORRUPT },
	{ "HIGH", 0x808, 2, 0x1100, ERR_UNSUPPORTED },
	{ "LOW", 0x808, 2, 0x2100, ERR_UNSUPPORTED },
	{ "HIGHADJ", 0x808, 2, 0x4100, ERR_UNSUPPORTED },
	{ "type 15", 0x808, 2, 0xf100, ERR_UNSUPPORTED },
	{ "only its header", 0x804, 4, 8, ERR_CORRUPT }, /* what follows is not one */
	{ "the last page", 0x800, 4, PE_MEMORY_SIZE - 0x100 - 8, OK },
	{ "less than a block at the end", 0x804, 4, 0x13, OK },
	{ "one block is all", 0x804, 4, 0x1a, OK },
};

TEST(wrong_relocations)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_relocations); i++) {
		const struct bad *bad = &bad_relocations[i];
		enum status status;

		set_up();
		if (bad->offset == 0x804 && bad->status == OK)
			memset(file + 0x80a, 0, 0x10);
		for (u32 byte = 0; byte < bad->size; byte++)
			file[bad->offset + byte] = (u8)(bad->value >> 8 * byte);
		status = relocate(0x12345000);
		CHECK_OF(status == bad->status, "%s: %s", bad->what, status_name(status));
	}
}

/* The first block relocates data of the second one. */
TEST(relocations_that_change_relocations)
{
	set_up();
	store_le32(file + 0x800, 0x4000);
	store_le16(file + 0x808, 0xa00c);
	CHECK_EQUAL(relocate(PE_BASE + 0x7fff0000ull), ERR_CORRUPT); /* the page */
	CHECK_EQUAL(relocate(0x7000000000000000), ERR_CORRUPT);      /* the size */
}
