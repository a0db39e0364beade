/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fs/fat/mount.c, chain.c, file.c: all kinds of volumes, file sizes and chains.
 */
#include "fs/fat/fat.h"
#include "tests/host/fat_image.h"
#include "tests/unit/test.h"

static struct memory_disk disk;
static struct arena arena;

/* @size bytes that differ from cluster to cluster. */
static u8 *make_content(size_t size)
{
	u8 *bytes = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (u8)(i * 7 + (i >> 9) * 13 + (i >> 17));
	return bytes;
}

static struct volume *mount_image(struct fat_image *image, u32 block_size)
{
	struct volume *volume = NULL;

	CHECK_EQUAL(fat_image_mount(image, &disk, block_size, &arena, &volume), OK);
	return volume;
}

static bool open_file(struct volume *volume, const char *name, struct file *out)
{
	struct file root;

	return volume && !volume->ops->root(volume, &root) &&
	       !volume->ops->find(&root, span_of_string(name), out);
}

/*
 * Checks the content of the file, read as a whole, in pieces, and backwards, with buffers of exact
 * size.
 */
static void check_content(struct volume *volume, const char *name, const u8 *expected, size_t size)
{
	static const size_t pieces[] = { 1, 511, 512, 1024, 4097, 100000 };
	struct file file;
	u8 *bytes = malloc(size + (size == 0));

	CHECK(open_file(volume, name, &file));
	CHECK_EQUAL(file.size, size);
	CHECK_EQUAL(file_read(&file, 0, size, bytes), OK);
	CHECK(memcmp(bytes, expected, size) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		size_t piece = pieces[i] < size ? pieces[i] : size;
		size_t step = pieces[i] == 1 ? size / 50 + 1 : pieces[i];

		memset(bytes, 0, size);
		for (size_t at = 0; at + piece <= size && piece; at += step) {
			CHECK_EQUAL(file_read(&file, at, piece, bytes), OK);
			CHECK(memcmp(bytes, expected + at, piece) == 0);
			CHECK_EQUAL(file_read(&file, size - at - piece, piece, bytes), OK);
			CHECK(memcmp(bytes, expected + size - at - piece, piece) == 0);
		}
	}
	CHECK_EQUAL(file_read(&file, size, 1, bytes), ERR_INVALID);
	CHECK_EQUAL(file_read(&file, size, 0, bytes), OK);
	free(bytes);
}

static void check_shape(const struct fat_image_shape *shape, u32 block_size)
{
	struct fat_image image;
	size_t sizes[] = { 0, 1, 511, 512, 513, 40000, 0 };
	u8 *contents[ARRAY_SIZE(sizes)];
	struct volume *volume;

	fat_image_init(&image, shape);
	sizes[6] = (size_t)image.cluster_size * 3;
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		char name[] = "FILE0   BIN";

		name[4] = (char)('0' + i);
		contents[i] = make_content(sizes[i]);
		fat_image_file(&image, &image.root_directory, NULL, name, contents[i], sizes[i]);
	}
	volume = mount_image(&image, block_size);
	if (volume)
		CHECK_EQUAL(((struct fat *)volume)->variant->entry_bits, shape->entry_bits);
	for (u32 i = 0; volume && i < ARRAY_SIZE(sizes); i++) {
		char name[] = "file0.bin";

		name[4] = (char)('0' + i);
		check_content(volume, name, contents[i], sizes[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		free(contents[i]);
	fat_image_free(&image);
	arena_release(&arena);
}

TEST(the_number_of_clusters_decides)
{
	static const struct fat_image_shape shapes[] = {
		{ .entry_bits = 12, .cluster_count = 200 },
		{ .entry_bits = 12, .cluster_count = 4084 },
		{ .entry_bits = 16, .cluster_count = 4085 },
		{ .entry_bits = 16, .cluster_count = 65524 },
		{ .entry_bits = 32, .cluster_count = 65525 },
		{ .entry_bits = 32, .cluster_count = 80000 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(shapes); i++)
		check_shape(&shapes[i], 512);
}

TEST(a_file_may_fill_the_volume)
{
	enum { CLUSTERS = 200, SIZE = CLUSTERS * 512 };
	struct fat_image image;
	u8 *content = make_content(SIZE + 1);

	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = 12, .cluster_count = CLUSTERS });
	fat_image_file(&image, &image.root_directory, NULL, "ALL        ", content, SIZE);
	check_content(mount_image(&image, 512), "all", content, SIZE);
	arena_release(&arena);
	fat_image_free(&image);
	free(content);
}

/* mkfs.vfat -F 32 and other tools create them, and Linux, Windows and EDK2 read them. */
TEST(fat32_with_few_clusters)
{
	check_shape(&(struct fat_image_shape){ .entry_bits = 32, .cluster_count = 2000 }, 512);
}

TEST(sector_sizes_and_block_sizes)
{
	for (u32 bits = 12; bits <= 32; bits += bits == 12 ? 4 : 16)
		for (u32 sector = 512; sector <= 4096; sector *= 2)
			for (u32 block = 512; block <= 4096; block *= 2)
				check_shape(
					&(struct fat_image_shape){
						.entry_bits = bits,
						.cluster_count = bits == 16 ? 5000 : 400,
						.bytes_per_sector = sector,
					},
					block);
}

TEST(cluster_sizes_and_strides)
{
	for (u32 sectors = 1; sectors <= 128; sectors *= 2)
		for (u32 stride = 1; stride <= 3; stride++)
			check_shape(
				&(struct fat_image_shape){
					.entry_bits = 12,
					.cluster_count = 400,
					.sectors_per_cluster = sectors,
					.stride = stride,
				},
				512);
}

TEST(one_fat_and_odd_roots)
{
	check_shape(
		&(struct fat_image_shape){ .entry_bits = 12, .cluster_count = 300, .fat_count = 1 },
		512);
	check_shape(&(struct fat_image_shape){ .entry_bits = 12,
					       .cluster_count = 300,
					       .root_entries = 17 },
		    512);
	check_shape(&(struct fat_image_shape){ .entry_bits = 16,
					       .cluster_count = 5000,
					       .root_entries = 4096,
					       .fat_count = 3,
					       .reserved_sectors = 9 },
		    4096);
}

/*
 * As in a boot: a 14 MB kernel in 512-byte clusters, with the FAT read in few requests and the file
 * in one.
 */
TEST(contiguous_clusters_are_one_request)
{
	const size_t size = 14 * 1000 * 1000;
	struct fat_image image;
	u8 *content = make_content(size), *bytes = malloc(size);
	struct volume *volume;
	struct file file;

	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = 32, .cluster_count = 66000 });
	fat_image_file(&image, &image.root_directory, "vmlinuz-6.12", "VMLINU~1   ", content, size);
	volume = mount_image(&image, 512);
	CHECK(open_file(volume, "vmlinuz-6.12", &file));
	CHECK(disk.reads <= 3); /* boot sector, root directory, and its end in the FAT */
	disk.reads = 0;
	CHECK_EQUAL(file_read(&file, 0, 1024, bytes), OK);
	CHECK_EQUAL(file_read(&file, 1024, size - 1024, bytes + 1024), OK);
	CHECK(memcmp(bytes, content, size) == 0);
	/*
	 * Head: 1; FAT: 7 lines in 1 + 2 + 4; the rest of the first block's line, the body and the
	 * tail.
	 */
	CHECK(disk.reads <= 6);
	printf("%llu requests for 14 MB\n", (unsigned long long)disk.reads);
	free(content);
	free(bytes);
	fat_image_free(&image);
	arena_release(&arena);
}

/* Runs of every length, wherever they start. */
TEST(runs_end_where_the_chain_jumps)
{
	for (u32 bits = 12; bits <= 32; bits += bits == 12 ? 4 : 16) {
		struct fat_image image;
		struct volume *volume;
		const struct fat *fat;

		fat_image_init(&image, &(struct fat_image_shape){
					       .entry_bits = bits,
					       .cluster_count = bits == 16 ? 5000 : 100 });
		for (u32 cluster = 2; cluster < 60; cluster++)
			fat_image_set_link(&image, cluster, cluster + 1);
		volume = mount_image(&image, 512);
		fat = container_of(volume, struct fat, volume);
		for (u32 first = 2; first < 8; first++) {
			for (u32 last = first; last < 40; last++) {
				u32 count, next;

				fat_image_set_link(&image, last, 70);
				block_cache_invalidate(&disk.device);
				CHECK_EQUAL(fat_chain_run(fat, first, 50, &count, &next), OK);
				CHECK_EQUAL(count, last - first + 1);
				CHECK_EQUAL(next, 70);
				fat_image_set_link(&image, last, last + 1);
				block_cache_invalidate(&disk.device);
				CHECK_EQUAL(fat_chain_run(fat, first, last - first + 1, &count,
							  &next),
					    OK);
				CHECK_EQUAL(count, last - first + 1);
				CHECK_EQUAL(next, 0);
			}
		}
		fat_image_free(&image);
		arena_release(&arena);
	}
}

TEST(fragments_stay_linear)
{
	const size_t size = 4 * 1000 * 1000;
	struct fat_image image;
	u8 *content = make_content(size), *bytes = malloc(size);
	struct volume *volume;
	struct file file;

	fat_image_init(&image, &(struct fat_image_shape){
				       .entry_bits = 32, .cluster_count = 66000, .stride = 2 });
	fat_image_file(&image, &image.root_directory, NULL, "KERNEL     ", content, size);
	volume = mount_image(&image, 512);
	CHECK(open_file(volume, "kernel", &file));
	disk.reads = disk.blocks_read = 0;
	CHECK_EQUAL(file_read(&file, 0, size, bytes), OK);
	CHECK(memcmp(bytes, content, size) == 0);
	/*
	 * Every second block of 8 MB, and 64 KB of FAT. Some of what is read ahead of the FAT is
	 * replaced before it is used, and read again.
	 */
	CHECK(disk.blocks_read <= 2 * size / 512 * 9 / 8);
	CHECK(disk.reads <= 100);
	printf("%llu requests for 4 MB in fragments\n", (unsigned long long)disk.reads);
	free(content);
	free(bytes);
	fat_image_free(&image);
	arena_release(&arena);
}

/* A small volume with one file of ten clusters, from cluster 2 on (FAT32: 3). */
static u32 make_small(struct fat_image *image, u32 bits)
{
	u8 *content = make_content(5120);
	u8 *entry;

	fat_image_init(image,
		       &(struct fat_image_shape){ .entry_bits = bits,
						  .cluster_count = bits == 16 ? 4085 : 100 });
	entry = fat_image_file(image, &image->root_directory, NULL, "FILE       ", content, 5120);
	free(content);
	return load_le16(entry + 26);
}

static enum status read_small(struct fat_image *image, size_t size)
{
	u8 *bytes = malloc(size);
	struct volume *volume = mount_image(image, 512);
	struct file file;
	enum status status = ERR_NOT_FOUND;

	CHECK(open_file(volume, "FILE", &file));
	if (volume)
		status = file_read(&file, 0, size, bytes);
	arena_release(&arena);
	free(bytes);
	return status;
}

TEST(invalid_links)
{
	static const u32 bad_links[] = { 0, 1, 0x0ffffff7, 0x0ffffff0, 0x0fffffff, 102, 5000 };

	for (u32 bits = 12; bits <= 32; bits += bits == 12 ? 4 : 16) {
		for (u32 i = 0; i < ARRAY_SIZE(bad_links); i++) {
			struct fat_image image;
			u32 first;

			if (bits == 16 && bad_links[i] == 102)
				continue;
			first = make_small(&image, bits);
			CHECK_EQUAL(read_small(&image, 5120), OK);
			fat_image_set_link(&image, first + 4, bad_links[i]);
			CHECK_EQUAL(read_small(&image, 5120), ERR_CORRUPT);
			fat_image_free(&image);
		}
	}
}

/*
 * The last cluster's link is not needed to read the whole file.
 */
TEST(links_after_the_file_are_not_read)
{
	struct fat_image image;
	u32 first = make_small(&image, 32);

	fat_image_set_link(&image, first + 9, 0);
	CHECK_EQUAL(read_small(&image, 5120), OK);
	fat_image_free(&image);
}

/* Reads through the loop more than twice, with every kind of entry into the loop. */
TEST(loops_are_detected)
{
	for (u32 stride = 1; stride <= 3; stride++) {
		for (u32 from = 0; from < 10; from++) {
			for (u32 to = 0; to <= from; to++) {
				struct fat_image image;
				u8 *entry, bytes[5120] = { 0 };
				u32 first;

				fat_image_init(&image,
					       &(struct fat_image_shape){ .entry_bits = 12,
									  .cluster_count = 200,
									  .stride = stride });
				entry = fat_image_file(&image, &image.root_directory, NULL,
						       "FILE       ", bytes, sizeof(bytes));
				store_le32(entry + 28, 100 * 512);
				first = load_le16(entry + 26);
				fat_image_set_link(&image, first + from * stride,
						   first + to * stride);
				CHECK_EQUAL(read_small(&image, 100 * 512), ERR_CORRUPT);
				fat_image_free(&image);
			}
		}
	}
}

/* Reading again after an error starts over and must not report a nonexistent loop. */
TEST(a_device_error_is_temporary)
{
	struct fat_image image;
	u8 bytes[5120];
	struct volume *volume;
	struct file file;

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 12,
							  .cluster_count = 3000,
							  .stride = 60,
							  .sectors_per_cluster = 1 });
	memset(bytes, 'x', sizeof(bytes));
	fat_image_file(&image, &image.root_directory, NULL, "FILE       ", bytes, sizeof(bytes));
	volume = mount_image(&image, 512);
	CHECK(open_file(volume, "FILE", &file));
	for (u32 i = 0; i < 3; i++) {
		disk.bad_block = (image.data + 5 * 60 * 512) / 512;
		CHECK_EQUAL(file_read(&file, 0, sizeof(bytes), bytes), ERR_IO);
	}
	disk.bad_block = UINT64_MAX;
	CHECK_EQUAL(file_read(&file, 0, sizeof(bytes), bytes), OK);
	fat_image_free(&image);
	arena_release(&arena);
}

/* The same if the FAT cannot be read, half way along the chain. */
/* Also at the ends, whose blocks are shared with other data and read through the cache. */
TEST(a_device_error_anywhere_in_a_file_is_temporary)
{
	struct fat_image image;
	struct volume *volume;
	struct file file;
	u8 bytes[40000] = { 0 };
	u64 first, last;

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 12, .cluster_count = 400 });
	fat_image_file(&image, &image.root_directory, NULL, "BEFORE     ", bytes, 512);
	fat_image_file(&image, &image.root_directory, NULL, "FILE       ", bytes, sizeof(bytes));
	volume = mount_image(&image, 4096);
	CHECK(open_file(volume, "FILE", &file));
	first = fat_cluster_offset(fat_of(&file), fat_file_of(&file)->first_cluster);
	last = (first + sizeof(bytes) - 1) / 4096;
	CHECK(first % 4096 && (first + sizeof(bytes)) % 4096);
	for (u64 block = first / 4096; block <= last; block++) {
		block_cache_invalidate(&disk.device);
		disk.bad_block = block;
		CHECK_EQUAL(file_read(&file, 0, sizeof(bytes), bytes), ERR_IO);
	}
	fat_image_free(&image);
	arena_release(&arena);
}

TEST(a_device_error_in_the_table_is_temporary)
{
	struct fat_image image;
	u8 bytes[20 * 512];
	struct volume *volume;
	struct file file;

	fat_image_init(&image, &(struct fat_image_shape){
				       .entry_bits = 32, .cluster_count = 66000, .stride = 3000 });
	memset(bytes, 'x', sizeof(bytes));
	fat_image_file(&image, &image.root_directory, NULL, "FILE       ", bytes, sizeof(bytes));
	volume = mount_image(&image, 512);
	CHECK(open_file(volume, "FILE", &file));
	CHECK_EQUAL(file_read(&file, 0, 512, bytes), OK);
	for (u32 i = 0; i < 5; i++) {
		disk.bad_block = (image.table + 15 * 3000 * 4) / 512;
		CHECK_EQUAL(file_read(&file, sizeof(bytes) - 1, 1, bytes), ERR_IO);
	}
	disk.bad_block = UINT64_MAX;
	CHECK_EQUAL(file_read(&file, sizeof(bytes) - 1, 1, bytes), OK);
	fat_image_free(&image);
	arena_release(&arena);
}

TEST(impossible_files)
{
	static const u32 bad_clusters[] = { 0, 1, 102, 0xffff };

	for (u32 i = 0; i < ARRAY_SIZE(bad_clusters); i++) {
		struct fat_image image;

		make_small(&image, 12);
		store_le16(image.bytes + image.root + 26, (u16)bad_clusters[i]);
		CHECK_EQUAL(read_small(&image, 5120), ERR_CORRUPT);
		fat_image_free(&image);
	}
	for (u32 i = 0; i < 2; i++) {
		struct fat_image image;

		make_small(&image, 12);
		store_le32(image.bytes + image.root + 28, i ? UINT32_MAX : 100 * 512 + 1);
		CHECK_EQUAL(read_small(&image, 5120), ERR_CORRUPT);
		fat_image_free(&image);
	}
}

/* FAT12 and FAT16 use the upper half of the cluster number for other purposes. */
TEST(upper_half_of_the_cluster_is_of_fat32_only)
{
	struct fat_image image;

	make_small(&image, 12);
	store_le16(image.bytes + image.root + 20, 0x1234);
	CHECK_EQUAL(read_small(&image, 5120), OK);
	fat_image_free(&image);

	make_small(&image, 32);
	store_le16(fat_image_cluster(&image, 2) + 20, 0x1234);
	CHECK_EQUAL(read_small(&image, 5120), ERR_CORRUPT);
	fat_image_free(&image);
}
