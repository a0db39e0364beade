/* SPDX-License-Identifier: Apache-2.0 */
/* fs/fat: malformed boot sectors, and every byte of the metadata damaged in turn. */
#include "core/console.h"
#include "core/log.h"
#include "fs/fat/fat.h"
#include "tests/host/fat_image.h"
#include "tests/host/memory_console.h"
#include "tests/host/volume_walk.h"
#include "tests/unit/test.h"

static struct memory_disk disk;
static struct arena arena;

static enum status mount_status(struct fat_image *image)
{
	struct volume *volume;
	enum status status;

	status = fat_image_mount(image, &disk, 512, &arena, &volume);
	arena_release(&arena);
	return status;
}

/* Changes one field of an otherwise valid boot sector. */
static void check_field(u32 bits, u32 offset, u32 size, u32 value, enum status expected)
{
	struct fat_image image;
	enum status status;

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = bits,
							  .cluster_count = bits == 12 ? 3000 :
									   bits == 16 ? 6000 :
											66000 });
	CHECK_EQUAL(mount_status(&image), OK);
	for (u32 i = 0; i < size; i++)
		image.bytes[offset + i] = (u8)(value >> 8 * i);
	status = mount_status(&image);
	CHECK_OF(status == expected, "FAT%u, %u bytes at %u: %#x: %s", bits, size, offset, value,
		 status_name(status));
	fat_image_free(&image);
}

TEST(not_fat)
{
	check_field(12, 14, 3, 0, ERR_UNRECOGNIZED);
}

/*
 * Without 55 AA, everything else in a boot sector must be correct, otherwise it is not a boot
 * sector.
 */
TEST(without_signature)
{
	static const struct {
		u32 offset, size, value;
		enum status signed_status;
	} rows[] = {
		{ 0, 3, 0, OK }, /* no jump */
		{ 11, 2, 513, ERR_CORRUPT },
		{ 11, 2, 8192, ERR_CORRUPT },
		{ 13, 1, 3, ERR_CORRUPT },
		{ 13, 1, 0, ERR_CORRUPT },
		{ 14, 2, 0, ERR_CORRUPT },
		{ 16, 1, 0, ERR_CORRUPT },
		{ 36, 4, 0, ERR_CORRUPT },
		{ 21, 1, 0xf7, ERR_UNRECOGNIZED },
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		for (u32 is_signed = 0; is_signed < 2; is_signed++) {
			struct fat_image image;
			enum status expected = rows[i].signed_status, status;

			if (expected != OK && !is_signed)
				expected = ERR_UNRECOGNIZED;
			fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 32,
									  .cluster_count = 70 });
			for (u32 j = 0; j < rows[i].size; j++)
				image.bytes[rows[i].offset + j] = (u8)(rows[i].value >> 8 * j);
			if (!is_signed)
				store_le16(image.bytes + 510, 0);
			status = mount_status(&image);
			CHECK_OF(status == expected, "row %u, %u: %s", i, is_signed,
				 status_name(status));
			fat_image_free(&image);
		}
	}
}

/* Which media bytes there are; with those that only OVMF accepts, the rest must be correct. */
TEST(media)
{
	static const struct {
		u8 media;
		enum status status, damaged_status;
	} rows[] = {
		{ 0x00, OK, ERR_UNRECOGNIZED },
		{ 0x01, OK, ERR_UNRECOGNIZED },
		{ 0x02, ERR_UNRECOGNIZED, ERR_UNRECOGNIZED },
		{ 0xe5, ERR_UNRECOGNIZED, ERR_UNRECOGNIZED },
		{ 0xef, ERR_UNRECOGNIZED, ERR_UNRECOGNIZED },
		{ 0xf0, OK, ERR_CORRUPT },
		{ 0xf1, ERR_UNRECOGNIZED, ERR_UNRECOGNIZED },
		{ 0xf7, ERR_UNRECOGNIZED, ERR_UNRECOGNIZED },
		{ 0xf8, OK, ERR_CORRUPT },
		{ 0xff, OK, ERR_CORRUPT },
	};
	static const u32 entry_bits[] = { 12, 16, 32 };

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		for (u32 j = 0; j < ARRAY_SIZE(entry_bits); j++) {
			struct fat_image image;
			enum status status;

			fat_image_init(&image,
				       &(struct fat_image_shape){
					       .entry_bits = entry_bits[j],
					       .cluster_count = entry_bits[j] == 16 ? 4100 : 70 });
			image.bytes[21] = rows[i].media;
			status = mount_status(&image);
			CHECK_OF(status == rows[i].status, "media 0x%02x: %s", rows[i].media,
				 status_name(status));
			image.bytes[13] = 3;
			status = mount_status(&image);
			CHECK_OF(status == rows[i].damaged_status, "damaged, media 0x%02x: %s",
				 rows[i].media, status_name(status));
			fat_image_free(&image);
		}
	}
}

/* The FAT entry width of a volume; 0: it cannot be mounted. */
static u32 mounted_bits(struct fat_image *image, bool *read_only)
{
	struct volume *volume;
	u32 bits = 0;

	if (fat_image_mount(image, &disk, 512, &arena, &volume) == OK) {
		bits = container_of(volume, struct fat, volume)->variant->entry_bits;
		*read_only = volume->read_only;
	}
	arena_release(&arena);
	return bits;
}

/* FAT16 with as few clusters as FAT12 is recognized only if all of its fields say FAT16, and is not
 * written.
 */
TEST(small_fat16)
{
	struct fat_image image;
	bool read_only = false;

	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = 16, .cluster_count = 4000 });
	CHECK_EQUAL(mounted_bits(&image, &read_only), 12);
	memcpy(image.bytes + 54, "FAT16   ", 8);
	CHECK_EQUAL(mounted_bits(&image, &read_only), 16);
	CHECK(read_only);
	image.bytes[image.table + 3] = 0;
	CHECK_EQUAL(mounted_bits(&image, &read_only), 12);
	fat_image_free(&image);
	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = 12, .cluster_count = 4000 });
	memcpy(image.bytes + 54, "FAT16   ", 8);
	store_le32(image.bytes + image.table, 0xfffffff8);
	CHECK_EQUAL(mounted_bits(&image, &read_only), 12); /* its table is too small for FAT16 */
	CHECK(!read_only);
	fat_image_free(&image);
}

/* Linux, mtools and OVMF recognize FAT32 by its fields, whatever the number of clusters. */
TEST(fat32_with_few_clusters)
{
	static const u32 counts[] = { 1, 70, 4084, 4085, 65524, 65525 };
	bool read_only = true;

	for (u32 i = 0; i < ARRAY_SIZE(counts); i++) {
		struct fat_image image;

		fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 32,
								  .cluster_count = counts[i] });
		CHECK_EQUAL(mounted_bits(&image, &read_only), 32);
		CHECK(!read_only);
		fat_image_free(&image);
	}
}

TEST(sectors_and_clusters)
{
	static const u32 sectors[] = { 0, 1, 256, 511, 513, 768, 8192, 65535 };

	for (u32 i = 0; i < ARRAY_SIZE(sectors); i++)
		check_field(12, 11, 2, sectors[i], ERR_CORRUPT);
	for (u32 value = 0; value < 256; value++)
		if (value & (value - 1) || !value)
			check_field(12, 13, 1, value, ERR_CORRUPT);
	check_field(12, 13, 1, 2, OK);
}

TEST(areas)
{
	check_field(12, 14, 2, 0, ERR_CORRUPT);      /* no reserved sectors */
	check_field(12, 14, 2, 0xffff, ERR_CORRUPT); /* more than there are sectors */
	check_field(12, 16, 1, 0, ERR_CORRUPT);      /* no FATs */
	check_field(12, 16, 1, 255, OK);             /* fewer clusters then */
	check_field(16, 16, 1, 255, ERR_CORRUPT);
	check_field(12, 17, 2, 0, ERR_CORRUPT);
	check_field(12, 17, 2, 0xffff, ERR_CORRUPT);
	check_field(12, 17, 2, 2048, OK); /* times 32 is more than 16 bits */
	check_field(12, 22, 2, 1, OK);    /* has links for fewer clusters */
	check_field(12, 22, 2, 0, ERR_CORRUPT);
	check_field(12, 22, 2, 0xffff, ERR_CORRUPT);
	check_field(12, 19, 2, 0, ERR_CORRUPT);
	check_field(12, 19, 2, 1, ERR_CORRUPT);
	check_field(12, 19, 2, 10, ERR_CORRUPT);
	check_field(32, 32, 4, 0, ERR_CORRUPT);
	check_field(32, 32, 4, UINT32_MAX, OK); /* larger than the device */
	check_field(32, 36, 4, 0, ERR_CORRUPT);
	check_field(32, 36, 4, 1, OK);
	check_field(32, 36, 4, UINT32_MAX, ERR_CORRUPT);
	check_field(32, 36, 4, 0x80000000, ERR_CORRUPT);
}

/* The maximum number of clusters for FAT16, and one more, which only FAT32 may have. */
TEST(one_cluster_more_than_fat16_may_have)
{
	for (u32 count = 65524; count <= 65525; count++) {
		struct fat_image image;

		fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 16,
								  .cluster_count = count });
		CHECK_EQUAL(mount_status(&image), count == 65524 ? OK : ERR_CORRUPT);
		fat_image_free(&image);
	}
}

TEST(fields_that_only_fat32_has)
{
	check_field(32, 17, 2, 512, OK); /* clusters start after the space for them, as in Linux */
	check_field(32, 22, 2, 600, ERR_CORRUPT);
	check_field(32, 42, 2, 1, ERR_UNSUPPORTED);
	check_field(32, 44, 4, 0, ERR_CORRUPT);
	check_field(32, 44, 4, 1, ERR_CORRUPT);
	check_field(32, 44, 4, 66002, ERR_CORRUPT);
	check_field(32, 44, 4, 66001, OK);
	check_field(32, 40, 2, 0x81, OK);
	check_field(32, 40, 2, 0x82, ERR_CORRUPT);
	check_field(32, 40, 2, 0x0f, OK);
}

/* Without mirroring, only the selected FAT is valid. */
TEST(second_fat_in_use)
{
	struct fat_image image;
	struct volume *volume;
	struct file root, file;
	u8 bytes[2048] = { 0 };

	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = 32, .cluster_count = 66000 });
	fat_image_file(&image, &image.root_directory, NULL, "FILE       ", bytes, sizeof(bytes));
	memset(image.bytes + image.table, 0, image.table_size);
	for (u32 i = 0; i < 2; i++) {
		image.bytes[40] = i ? 0x81 : 0x01;
		CHECK_EQUAL(fat_image_mount(&image, &disk, 512, &arena, &volume), OK);
		CHECK_EQUAL(volume->ops->root(volume, &root), OK);
		CHECK_EQUAL(fat_find(&root, SPAN("file"), &file), OK);
		CHECK_EQUAL(file_read(&file, 0, sizeof(bytes), bytes), i ? OK : ERR_CORRUPT);
		arena_release(&arena);
	}
	fat_image_free(&image);
}

TEST(devices_too_small_or_broken)
{
	struct fat_image image;
	struct volume *volume;

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 12, .cluster_count = 64 });
	for (size_t size = 512; size <= image.size; size += 512) {
		bool has_data = size > image.data;

		memory_disk_init(&disk, image.bytes, size, 512);
		CHECK_EQUAL(fat_ops.mount(&disk.device, &arena, &volume),
			    has_data ? OK : ERR_CORRUPT);
		arena_release(&arena);
	}
	memory_disk_init(&disk, image.bytes, image.size, 512);
	disk.bad_block = 0;
	CHECK_EQUAL(fat_ops.mount(&disk.device, &arena, &volume), ERR_IO);
	disk.bad_block = 40; /* errors in read-ahead do not matter */
	CHECK_EQUAL(fat_ops.mount(&disk.device, &arena, &volume), OK);
	arena_release(&arena);
	fat_image_free(&image);
}

/* Linux, GRUB and EDK2 read the remaining part of a volume whose partition or image was shrunk. */
TEST(a_truncated_volume)
{
	struct fat_image image;
	struct volume *volume;
	struct file root, file;
	u8 bytes[5 * 512] = { 0 };

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 12, .cluster_count = 64 });
	fat_image_file(&image, &image.root_directory, NULL, "WHOLE      ", bytes, sizeof(bytes));
	fat_image_file(&image, &image.root_directory, NULL, "PART       ", bytes, sizeof(bytes));
	fat_image_file(&image, &image.root_directory, NULL, "NOTHING    ", bytes, 1);
	/* Clusters 2 to 9; the file in part of it has 7 to 11. */
	memory_disk_init(&disk, image.bytes, image.data + 8 * 512, 512);
	CHECK_EQUAL(fat_ops.mount(&disk.device, &arena, &volume), OK);
	CHECK_EQUAL(volume->ops->root(volume, &root), OK);
	CHECK_EQUAL(fat_find(&root, SPAN("whole"), &file), OK);
	CHECK_EQUAL(file_read(&file, 0, sizeof(bytes), bytes), OK);
	CHECK_EQUAL(fat_find(&root, SPAN("part"), &file), OK);
	CHECK_EQUAL(file_read(&file, 0, 3 * 512, bytes), OK);
	CHECK_EQUAL(file_read(&file, 0, 3 * 512 + 1, bytes), ERR_CORRUPT);
	CHECK_EQUAL(fat_find(&root, SPAN("nothing"), &file), OK);
	CHECK_EQUAL(file_read(&file, 0, 1, bytes), ERR_CORRUPT);
	arena_release(&arena);
	fat_image_free(&image);
}

TEST(a_complete_volume_is_mounted_without_a_message)
{
	static struct memory_console messages;
	struct fat_image image;
	struct volume *volume;

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 12, .cluster_count = 64 });
	/* To the end of its last cluster. */
	memory_disk_init(&disk, image.bytes, image.data + 64 * 512, 512);
	memory_console_log(&messages, LOG_WARNING);
	CHECK_EQUAL(fat_ops.mount(&disk.device, &arena, &volume), OK);
	CHECK_TEXT(messages.text, "");
	/* One block less. */
	memory_disk_init(&disk, image.bytes, image.data + 63 * 512, 512);
	CHECK_EQUAL(fat_ops.mount(&disk.device, &arena, &volume), OK);
	CHECK(memory_console_has(&messages, "only 63 of 64 clusters"));
	console_unregister(&messages.console);
	arena_release(&arena);
	fat_image_free(&image);
}

/* More clusters than entries in the FAT: the number of entries counts, as in Linux. */
TEST(a_fat_that_is_too_small)
{
	enum { MORE = 200 * 512 };
	struct fat_image image;
	struct volume *volume;
	struct file root, file;
	u8 byte = 'x', *entry;

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 12, .cluster_count = 300 });
	image.bytes = realloc(image.bytes, image.size + MORE);
	memset(image.bytes + image.size, 0, MORE);
	image.size += MORE;
	store_le16(image.bytes + 19, (u16)(image.size / 512));
	entry = fat_image_file(&image, &image.root_directory, NULL, "FILE       ", &byte, 1);
	for (u32 last = 340; last <= 341; last++) { /* 341 links of 12 bits in a sector */
		store_le16(entry + 26, (u16)last);
		CHECK_EQUAL(fat_image_mount(&image, &disk, 512, &arena, &volume), OK);
		CHECK_EQUAL(volume->ops->root(volume, &root), OK);
		CHECK_EQUAL(fat_find(&root, SPAN("file"), &file), OK);
		CHECK_EQUAL(file_read(&file, 0, 1, &byte), last == 340 ? OK : ERR_CORRUPT);
		arena_release(&arena);
	}
	fat_image_free(&image);
}

static char last_message[256];

static void keep_message(struct console *console, const char *text, size_t size)
{
	(void)console;
	snprintf(last_message, sizeof(last_message), "%.*s", (int)size, text);
}

/* Mounts and walks the volume; the work must stay bounded whatever was damaged. */
static void check_damaged(struct fat_image *image, size_t offset)
{
	struct volume *volume;
	struct file root;
	u64 entries = 300, bytes = 1 << 20;
	enum status status;

	last_message[0] = '\0';
	status = fat_image_mount(image, &disk, 512, &arena, &volume);
	/* If the volume is refused, the reason is logged, except if it is not FAT at all. */
	CHECK(status == OK || status == ERR_UNRECOGNIZED || last_message[0]);
	if (!status && !volume->ops->root(volume, &root))
		volume_walk(&root, 3, &entries, &bytes);
	if (disk.reads > 20000)
		printf("byte %zu: %llu requests\n", offset, (unsigned long long)disk.reads);
	CHECK(disk.reads <= 20000);
	arena_release(&arena);
}

static void sweep_shape(const struct fat_image_shape *shape)
{
	static const u8 masks[] = { 0xff, 0x01, 0x80, 0x10 };
	struct fat_image_directory loader, entries;
	struct fat_image image;
	u8 content[3000];

	memset(content, 'c', sizeof(content));
	fat_image_init(&image, shape);
	fat_image_file(&image, &image.root_directory, "vmlinuz-6.12.107-amd64", "VMLINU~1   ",
		       content, sizeof(content));
	loader = fat_image_make_directory(&image, &image.root_directory, NULL, "LOADER     ");
	entries = fat_image_make_directory(&image, &loader, "entries", "ENTRIES    ");
	fat_image_file(&image, &entries, "debian-6.12.conf", "DEBIAN~1CON", content, 700);
	fat_image_file(&image, &entries, "debian-6.11.conf", "DEBIAN~2CON", content, 300);
	for (size_t at = 0; at < image.data + 14 * image.cluster_size; at++) {
		bool in_directory = at >= image.root;
		bool in_boot_sector = at < 512;
		bool in_table = at >= image.table && at < image.table + 64;

		if (!in_directory && !in_boot_sector && !in_table)
			continue;
		for (u32 i = 0; i < ARRAY_SIZE(masks); i++) {
			image.bytes[at] ^= masks[i];
			check_damaged(&image, at);
			image.bytes[at] ^= masks[i];
		}
	}
	fat_image_free(&image);
}

TEST(every_byte_damaged)
{
	static struct console console = { .name = "test", .write = keep_message };

	console_register(&console);
	log_replay();
	sweep_shape(&(struct fat_image_shape){
		.entry_bits = 12, .cluster_count = 60, .root_entries = 32 });
	sweep_shape(&(struct fat_image_shape){
		.entry_bits = 16, .cluster_count = 4085, .root_entries = 32 });
	sweep_shape(&(struct fat_image_shape){ .entry_bits = 32, .cluster_count = 70 });
	console_unregister(&console);
}
