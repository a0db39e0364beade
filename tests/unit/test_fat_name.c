/* SPDX-License-Identifier: Apache-2.0 */
/* fs/fat/directory.c, name.c: valid and malformed short and long names. */
#include "tests/unit/fat_directory.h"

TEST(short_names_are_exact)
{
	start(12);
	add(NULL, "GRUBX64 EFI");
	add(NULL, "BOOTX64 EFI");
	add(NULL, "NOEXT      ");
	add(NULL, "A       B  ");
	CHECK_TEXT(list_root(), "GRUBX64.EFI|BOOTX64.EFI|NOEXT|A.B|");
	CHECK_EQUAL(find("grubx64.efi"), OK);
	CHECK_EQUAL(find("GrubX64.Efi"), OK);
	CHECK_EQUAL(find("a.b"), OK);
	CHECK_EQUAL(find("noext"), OK);
	/* Each of these is treated as a match by some firmware. */
	CHECK_EQUAL(find("grub.efi"), ERR_NOT_FOUND);
	CHECK_EQUAL(find("b.efi"), ERR_NOT_FOUND);
	CHECK_EQUAL(find("."), ERR_NOT_FOUND);
	CHECK_EQUAL(find(".."), ERR_NOT_FOUND);
	CHECK_EQUAL(find("noext."), ERR_NOT_FOUND);
	CHECK_EQUAL(find("a.b "), ERR_NOT_FOUND);
	CHECK_EQUAL(find("a.b."), ERR_NOT_FOUND);
	CHECK_EQUAL(find("grubx64"), ERR_NOT_FOUND);
	CHECK_EQUAL(find("grubx64.ef"), ERR_NOT_FOUND);
	CHECK_EQUAL(find("grubx64.efix"), ERR_NOT_FOUND);
	CHECK_EQUAL(find("grubx6412.efi"), ERR_NOT_FOUND);
	end();
}

TEST(short_names_in_lower_case)
{
	start(12);
	add(NULL, "LOADER  CON")[12] = 0x08;
	add(NULL, "BOTH    TXT")[12] = 0x18;
	add(NULL, "EXT     TXT")[12] = 0x10;
	CHECK_TEXT(list_root(), "loader.CON|both.txt|EXT.txt|");
	end();
}

TEST(short_names_beyond_ascii)
{
	start(12);
	add(NULL, "\x05t\x82     \xff  ");
	add(NULL, "\x80          ");
	CHECK_TEXT(list_root(), "\u00e5t\xc2\x82.\u00ff|\xc2\x80|");
	CHECK_EQUAL(find("\u00e5T\xc2\x82.\u00ff"), OK);
	CHECK_EQUAL(find("\u00c5T\xc2\x82.\u0178"), OK);
	CHECK_EQUAL(find("\u0100"), ERR_NOT_FOUND);
	end();
}

/* Files that cannot be opened are not listed. */
TEST(impossible_short_names)
{
	static const char *const names[] = { "A/B        ",  "A\\B        ", "A\nB        ",
					     "           ",  "        EXT",  "A.B     C  ",
					     "A        \1 ", "A        B " };

	start(12);
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		add(NULL, names[i]);
	add(NULL, "GOOD       ");
	CHECK_TEXT(list_root(), "GOOD|");
	end();
}

TEST(long_names)
{
	static const char *const names[] = {
		"x",
		"Mixed Case.conf",
		"exactly13char",
		"fourteen.chars",
		"a.b.c.d",
		"Ünïcödé ΩЖ",
		"twenty-six characters here",
		"日本語.txt",
		"emoji \U0001f600.txt",
		" leading",
		"+,;=[]",
	};
	struct file directory;
	char longest[256], expected[1024] = "";

	memset(longest, 'n', 255);
	longest[255] = '\0';
	start(12);
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		char short_name[12];

		snprintf(short_name, sizeof(short_name), "SHORT~%-5u", i);
		add(names[i], short_name);
		strcat(strcat(expected, names[i]), "|");
	}
	add(longest, "LONGEST    ");
	strcat(strcat(expected, longest), "|");
	CHECK_TEXT(list_root(), expected);
	directory = root();
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		struct file file;
		char longer[64], shorter[64];

		CHECK_EQUAL(fat_find(&directory, span_of_string(names[i]), &file), OK);
		snprintf(longer, sizeof(longer), "%sx", names[i]);
		CHECK_EQUAL(fat_find(&directory, span_of_string(longer), &file), ERR_NOT_FOUND);
		longer[strlen(names[i]) - 1] = '\0';
		if (longer[0])
			CHECK_EQUAL(fat_find(&directory, span_of_string(longer), &file),
				    ERR_NOT_FOUND);
		snprintf(shorter, sizeof(shorter), "x%s", names[i]);
		CHECK_EQUAL(fat_find(&directory, span_of_string(shorter), &file), ERR_NOT_FOUND);
	}
	CHECK_EQUAL(find("mixed case.CONF"), OK);
	CHECK_EQUAL(find("üNÏCÖDÉ ωж"), OK);
	CHECK_EQUAL(find("short~1"), OK);
	longest[254] = 'N';
	CHECK_EQUAL(find(longest), OK);
	longest[254] = 'm';
	CHECK_EQUAL(find(longest), ERR_NOT_FOUND);
	end();
}

/* The parts have room for 260 units, of which a name may use 255. */
TEST(names_longer_than_allowed)
{
	char name[260];

	for (size_t size = 255; size < 259; size++) {
		memset(name, 'n', size);
		name[size] = '\0';
		start(12);
		add(name, "SHORT      ");
		add(NULL, "AFTER      ");
		CHECK_EQUAL(strcmp(list_root(), "SHORT|AFTER|") == 0, size > 255);
		CHECK_EQUAL(find(name), size > 255 ? ERR_NOT_FOUND : OK);
		end();
	}
}

/* Names that no directory can contain, but a caller may pass. */
TEST(names_too_long_to_exist)
{
	char name[1025];
	u8 invalid[300];
	struct file directory, file;

	start(12);
	add("some name", "SOME       ");
	directory = root();
	memset(name, 'x', sizeof(name) - 1);
	memset(invalid, 0xff, sizeof(invalid));
	for (size_t size = 1; size < sizeof(name); size++) {
		name[size] = '\0';
		CHECK_EQUAL(fat_find(&directory, span_of(name, size), &file), ERR_NOT_FOUND);
	}
	CHECK_EQUAL(fat_find(&directory, span_of(invalid, sizeof(invalid)), &file), ERR_NOT_FOUND);
	CHECK_EQUAL(fat_find(&directory, span_of(invalid, 1), &file), ERR_NOT_FOUND);
	end();
}

/*
 * Damages a byte of entry @index of the long name's two entries, and expects the short name
 * instead.
 */
static void check_spoilt(u32 index, u32 offset, u8 value)
{
	start(12);
	add("a name of two parts", "ANAMEO~1   ");
	add("another name", "ANOTHE~1   ");
	image.bytes[image.root + index * FAT_ENTRY_SIZE + offset] = value;
	CHECK_TEXT(list_root(), "ANAMEO~1|another name|");
	CHECK_EQUAL(find("a name of two parts"), ERR_NOT_FOUND);
	CHECK_EQUAL(find("anameo~1"), OK);
	end();
}

TEST(a_long_name_of_dots_is_ignored)
{
	start(12);
	add(".", "ONE        ");
	add("..", "TWO        ");
	add("...", "THREE      ");
	CHECK_TEXT(list_root(), "ONE|TWO|...|");
	end();
}

TEST(broken_long_names)
{
	check_spoilt(0, 0, 0x40); /* number 0 */
	check_spoilt(0, 0, 0x41); /* too few */
	check_spoilt(0, 0, 0x43); /* too many */
	check_spoilt(0, 0, 0x40 + 20);
	check_spoilt(0, 0, 0x40 + 21); /* more than there can be */
	check_spoilt(0, 0, 0x40 + 31);
	check_spoilt(0, 0, 0x7f);
	check_spoilt(0, 0, 0xc2);
	check_spoilt(0, 0, 0x02); /* no mark of the last part */
	check_spoilt(0, 0, 0xe5); /* deleted */
	check_spoilt(1, 0, 0x02); /* twice the same */
	check_spoilt(1, 0, 0x00 + 3);
	check_spoilt(1, 0, 0xe5);
	check_spoilt(0, 13, 0x12); /* checksums that differ */
	check_spoilt(1, 13, 0x12);
	check_spoilt(1, 11, 0x20); /* a file in between, with an invalid name */
}

TEST(a_rewritten_short_name_is_shown)
{
	start(12);
	add("a long name", "ALONGN~1   ");
	memcpy(image.bytes + image.root + FAT_ENTRY_SIZE, "RENAMED    ", 11);
	CHECK_TEXT(list_root(), "RENAMED|");
	CHECK_EQUAL(find("a long name"), ERR_NOT_FOUND);
	end();
}

/* A long name separated from its short name by another entry, with a correct checksum. */
TEST(a_long_name_of_nothing)
{
	start(12);
	fat_image_long_name(&image, &image.root_directory, "a long name", "SHORT      ");
	add(NULL, "GONE       ")[0] = 0xe5;
	add(NULL, "SHORT      ");
	CHECK_TEXT(list_root(), "SHORT|");
	CHECK_EQUAL(find("a long name"), ERR_NOT_FOUND);
	end();
}

/* Zero or a separator within a long name. */
TEST(long_names_with_holes)
{
	static const u16 units[] = { 0, '/', '\\', '\n' };

	for (u32 i = 0; i < ARRAY_SIZE(units); i++) {
		start(12);
		add("a name of two parts", "ANAMEO~1   ");
		store_le16(image.bytes + image.root + FAT_ENTRY_SIZE + 5, units[i]);
		CHECK_TEXT(list_root(), "ANAMEO~1|");
		end();
	}
}

TEST(labels_and_deleted_entries_are_not_files)
{
	start(12);
	add(NULL, "EFI        ")[11] = FAT_IMAGE_LABEL;
	add("EFI system", "EFISYS~1   ")[11] = FAT_IMAGE_LABEL | FAT_IMAGE_ARCHIVE;
	add(NULL, "GONE       ")[0] = 0xe5;
	fat_image_make_directory(&image, &image.root_directory, NULL, "EFI        ");
	add(NULL, "AFTER      ");
	CHECK_TEXT(list_root(), "EFI/|AFTER|");
	CHECK_EQUAL(find("efi system"), ERR_NOT_FOUND);
	end();
}
