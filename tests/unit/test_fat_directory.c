/* SPDX-License-Identifier: Apache-2.0 */
/* fs/fat/directory.c, name.c: names in all shapes, and directories that break the rules. */
#include "fs/fat/fat.h"
#include "tests/host/fat_image.h"
#include "tests/unit/test.h"

static struct memory_disk disk;
static struct arena arena;
static struct fat_image image;

static void start(u32 bits)
{
	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = bits,
						  .cluster_count = bits == 16 ? 6000 : 3000 });
}

static void end(void)
{
	fat_image_free(&image);
	arena_release(&arena);
}

static struct file root(void)
{
	struct volume *volume;
	struct file file = { 0 };

	CHECK_EQUAL(fat_image_mount(&image, &disk, 512, &arena, &volume), OK);
	CHECK_EQUAL(volume->ops->root(volume, &file), OK);
	CHECK(file.is_directory);
	return file;
}

/*
 * All names, each followed by '|', and a word for any end but the right one. Each that is listed
 * must be found.
 */
static const char *list(const struct file *directory)
{
	static char all[4096];
	struct directory_entry entry;
	u64 cursor = 0;
	enum status status;

	all[0] = '\0';
	while ((status = directory_next(directory, &cursor, &entry)) == OK) {
		struct file found;

		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s|", entry.name,
			 entry.file.is_directory ? "/" : "");
		CHECK_EQUAL(fat_find(directory, span_of_string(entry.name), &found), OK);
		CHECK_EQUAL(found.private[FAT_FILE_CLUSTER], entry.file.private[FAT_FILE_CLUSTER]);
		CHECK_EQUAL(found.size, entry.file.size);
	}
	if (status != ERR_NOT_FOUND)
		strcat(all, status_name(status));
	return all;
}

static const char *list_root(void)
{
	struct file directory = root();

	return list(&directory);
}

static u8 *add(const char *long_name, const char *short_name)
{
	static const u8 byte = 'x';
	u8 *entry = fat_image_file(&image, &image.root_directory, long_name, short_name, &byte, 1);

	return entry;
}

static enum status find(const char *name)
{
	struct file directory = root(), file;

	return fat_find(&directory, span_of_string(name), &file);
}

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
	/* All of these have been taken for a match by some firmware. */
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
	CHECK_EQUAL(find("\u00c5T\xc2\x82.\u00ff"), ERR_NOT_FOUND);
	CHECK_EQUAL(find("\u0100"), ERR_NOT_FOUND);
	end();
}

/* What cannot be opened is not listed. */
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

/* Names that no directory can hold, as a caller may hand them in. */
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
 * Spoils one byte of the long name's entry @index of two, and expects the short name to stand in
 * for it.
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
	check_spoilt(1, 11, 0x20); /* a file in between; which has a name that no file can have */
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

TEST(labels_and_deleted_entries_are_no_files)
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

TEST(paths)
{
	struct fat_image_directory efi, boot;
	struct volume *volume;
	struct file file;
	static const char *const good[] = { "/EFI/BOOT/BOOTX64.EFI",
					    "efi\\boot/bootx64.efi",
					    "//EFI//BOOT/",
					    "/EFI/./BOOT/../BOOT/BOOTX64.EFI",
					    "/..",
					    "",
					    "EFI/BOOT/../.." };
	static const char *const bad[] = { "/EFI/BOOT/BOOTX64.EFI/X", "/EFI/BOOTX64.EFI", "/BOOT",
					   "X/.." };

	for (u32 bits = 12; bits <= 32; bits += 20) {
		start(bits);
		efi = fat_image_make_directory(&image, &image.root_directory, NULL, "EFI        ");
		boot = fat_image_make_directory(&image, &efi, NULL, "BOOT       ");
		fat_image_file(&image, &boot, NULL, "BOOTX64 EFI", "x", 1);
		volume = root().volume;
		for (u32 i = 0; i < ARRAY_SIZE(good); i++)
			CHECK_EQUAL(volume_open(volume, span_of_string(good[i]), &file), OK);
		for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
			CHECK_EQUAL(volume_open(volume, span_of_string(bad[i]), &file),
				    ERR_NOT_FOUND);
		CHECK_EQUAL(volume_open(volume, SPAN("/EFI/BOOT"), &file), OK);
		CHECK(file.is_directory);
		CHECK_TEXT(list(&file), "BOOTX64.EFI|");
		end();
	}
}

TEST(a_full_root_ends_at_its_end)
{
	struct fat_image_shape shape = { .entry_bits = 12,
					 .cluster_count = 3000,
					 .root_entries = 32 };
	char name[12];

	fat_image_init(&image, &shape);
	for (u32 i = 0; i < 32; i++) {
		snprintf(name, sizeof(name), "FILE%-7u", i);
		add(NULL, name);
	}
	/* Behind it comes data, which might look like an entry. */
	memcpy(image.bytes + image.data, "GHOST      ", 11);
	CHECK_EQUAL(strlen(list_root()), 10 * 6 + 22 * 7);
	CHECK_EQUAL(find("file31"), OK);
	CHECK_EQUAL(find("ghost"), ERR_NOT_FOUND);
	end();
}

/*
 * 10,000 files in three entries each, in a row or in fragments: no block is read twice but the
 * table's, and nothing is quadratic.
 */
static void check_large_directory(u32 stride)
{
	struct fat_image_directory entries;
	struct directory_entry entry;
	struct file directory, file;
	u64 cursor = 0;
	u32 count = 0;
	char name[40], short_name[12];

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 32,
							  .cluster_count = 70000,
							  .stride = stride });
	entries = fat_image_make_directory(&image, &image.root_directory, NULL, "ENTRIES    ");
	for (u32 i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "debian-entry-%05u.conf", i);
		snprintf(short_name, sizeof(short_name), "E%07uCON", i);
		fat_image_file(&image, &entries, name, short_name, "x", i % 5 == 0);
	}
	directory = root();
	CHECK_EQUAL(fat_find(&directory, SPAN("entries"), &directory), OK);
	disk.blocks_read = 0;
	while (directory_next(&directory, &cursor, &entry) == OK) {
		snprintf(name, sizeof(name), "debian-entry-%05u.conf", count++);
		CHECK_TEXT(entry.name, name);
	}
	CHECK_EQUAL(count, 10000);
	CHECK(disk.blocks_read < 8 * stride * 30000 / 16);
	disk.blocks_read = 0;
	CHECK_EQUAL(fat_find(&directory, SPAN("debian-entry-09999.conf"), &file), OK);
	CHECK_EQUAL(fat_find(&directory, SPAN("e0009999.con"), &file), OK);
	CHECK_EQUAL(fat_find(&directory, SPAN("debian-entry-10000.conf"), &file), ERR_NOT_FOUND);
	CHECK(disk.blocks_read < 3 * 8 * stride * 30000 / 16);
	end();
}

TEST(large_directories_are_linear)
{
	check_large_directory(1);
	check_large_directory(2);
}

/* The most that FAT allows, without a free entry at the end, and one cluster more. */
TEST(the_largest_directory)
{
	for (u32 more = 0; more < 2; more++) {
		struct fat_image_directory full;
		struct file directory, file;

		fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 32,
								  .cluster_count = 66000 });
		full = fat_image_make_directory(&image, &image.root_directory, NULL, "FULL       ");
		while (full.count < FAT_DIRECTORY_ENTRIES_MAX + more)
			memcpy(fat_image_entry(&image, &full), "FILE       ", 11);
		directory = root();
		CHECK_EQUAL(fat_find(&directory, SPAN("full"), &directory), OK);
		CHECK_EQUAL(fat_find(&directory, SPAN("missing"), &file),
			    more ? ERR_CORRUPT : ERR_NOT_FOUND);
		end();
	}
}

/* A directory's chain that goes back to its start, to its middle, to itself, or nowhere. */
TEST(directories_that_go_wrong)
{
	static const u32 links[] = { 0, 1, 5, 6, 7, 0xff7, 3001 + 1 };

	for (u32 i = 0; i < ARRAY_SIZE(links); i++) {
		struct fat_image_directory deep;
		struct file directory, file;
		char name[12];
		u64 cursor = 0;
		struct directory_entry entry;
		enum status status;
		u32 count = 0;

		start(12);
		fat_image_store(&image, "xxx", 3); /* 2 */
		fat_image_store(&image, "xxx", 3);
		fat_image_store(&image, "xxx", 3);
		deep = fat_image_make_directory(&image, &image.root_directory, NULL,
						"DEEP       "); /* 5, 6, 7 */
		for (u32 file_number = 0; file_number < 46; file_number++) {
			snprintf(name, sizeof(name), "FILE%-7u", file_number);
			memcpy(fat_image_entry(&image, &deep), name, 11);
		}
		CHECK_EQUAL(deep.cluster, 7);
		fat_image_set_link(&image, 7, links[i]);
		directory = root();
		CHECK_EQUAL(fat_find(&directory, SPAN("deep"), &directory), OK);
		CHECK_EQUAL(fat_find(&directory, SPAN("file45"), &file), OK);
		CHECK_EQUAL(fat_find(&directory, SPAN("missing"), &file), ERR_CORRUPT);
		while ((status = directory_next(&directory, &cursor, &entry)) == OK)
			count++;
		CHECK_EQUAL(status, ERR_CORRUPT);
		CHECK(count >= 46 && count < FAT_DIRECTORY_ENTRIES_MAX);
		end();
	}
}

/* A directory of one cluster, full, so that the link behind it decides. */
TEST(which_links_end_a_chain)
{
	for (u32 bits = 12; bits <= 32; bits += bits == 12 ? 4 : 16) {
		for (u32 low = 0xf0; low <= 0xff; low++) {
			struct fat_image_directory full;
			struct file directory, file;
			enum status expected = low < 0xf8 ? ERR_CORRUPT : ERR_NOT_FOUND;

			start(bits);
			full = fat_image_make_directory(&image, &image.root_directory, NULL,
							"FULL       ");
			while (full.count < image.cluster_size / FAT_ENTRY_SIZE)
				memcpy(fat_image_entry(&image, &full), "FILE       ", 11);
			fat_image_set_link(&image, full.first, 0x0fffff00 | low);
			directory = root();
			CHECK_EQUAL(fat_find(&directory, SPAN("full"), &directory), OK);
			CHECK_EQUAL(fat_find(&directory, SPAN("missing"), &file), expected);
			end();
		}
	}
}

TEST(a_directory_has_no_size)
{
	struct file directory;

	start(12);
	fat_image_make_directory(&image, &image.root_directory, NULL, "NOISE      ");
	store_le32(image.bytes + image.root + 28, 12345);
	directory = root();
	CHECK_EQUAL(fat_find(&directory, SPAN("noise"), &directory), OK);
	CHECK(directory.is_directory);
	CHECK_EQUAL(directory.size, 0);
	end();
}

TEST(directories_in_impossible_clusters)
{
	static const u32 clusters[] = { 0, 1, 3002, 0xffff };

	for (u32 i = 0; i < ARRAY_SIZE(clusters); i++) {
		struct file directory, file;
		struct directory_entry entry;
		u64 cursor = 0;

		start(12);
		fat_image_make_directory(&image, &image.root_directory, NULL, "BAD        ");
		store_le16(image.bytes + image.root + 26, (u16)clusters[i]);
		directory = root();
		CHECK_EQUAL(fat_find(&directory, SPAN("bad"), &directory), OK);
		CHECK_EQUAL(fat_find(&directory, SPAN("x"), &file), ERR_CORRUPT);
		CHECK_EQUAL(directory_next(&directory, &cursor, &entry), ERR_CORRUPT);
		CHECK_EQUAL(file_read(&directory, 0, 0, &entry), ERR_INVALID);
		end();
	}
}
