/* SPDX-License-Identifier: Apache-2.0 */
/*
 * efi/random_seed.c on a FAT volume: what a seed depends on, that none is passed unless the file
 * was renewed, and files that are not seeds. The pool and the configuration tables are the real
 * ones.
 */
#include "core/log.h"
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/crc32.h"
#include "lib/util.h"
#include "tests/host/fat_check.h"
#include "tests/host/fat_image.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/memory_map.h"
#include "tests/unit/test.h"

enum {
	SEED_SIZE = 32,
	SIZE_MAX_OF_FILE = 32 * 1024,
	OTHER_SIZE = 1000,
	TOKEN_SIZE_MAX = 64,
	FAR_CLUSTER = 1000, /* which no cache has read with others */
};

static EFI_SYSTEM_TABLE system_table;
EFI_SYSTEM_TABLE *efi_system_table = &system_table;

static u8 token[TOKEN_SIZE_MAX];
static size_t token_size;
static bool store_is_on_disk;
static EFI_TIME now;
static u64 monotonic_count;

void *efi_variable_load(const CHAR16 *name, const EFI_GUID *vendor, size_t *size)
{
	CHECK(vendor == &guid_systemd_loader);
	CHECK(memcmp(name, u"LoaderSystemToken", sizeof(u"LoaderSystemToken")) == 0);
	*size = token_size;
	return token_size ? efi_copy(token, token_size) : NULL;
}

bool efi_variables_are_with(const struct block_device *device)
{
	(void)device;
	return store_is_on_disk;
}

EFI_STATUS efi_get_time(EFI_TIME *time)
{
	*time = now;
	return now.Year ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

EFI_STATUS EFIAPI efi_get_next_monotonic_count(UINT64 *count)
{
	*count = monotonic_count;
	return monotonic_count ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

void efi_table_update_crc(EFI_TABLE_HEADER *header)
{
	(void)header;
}

EFI_HANDLE efi_firmware_image(void)
{
	return NULL;
}

/* A disk that fails from its next @writes_left-th block on, or when it is flushed. */
static u64 writes_left, writes;
static bool flush_fails;
static struct memory_disk memory;
static const struct block_ops *memory_ops;
static struct block_ops ops;

static enum status disk_write(struct block_device *device, u64 first, u64 count, const void *buffer)
{
	for (u64 i = 0; i < count; i++) {
		if (!writes_left)
			return ERR_IO;
		writes_left--;
		writes++;
		if (memory_ops->write(device, first + i, 1,
				      (const u8 *)buffer + i * device->block_size))
			return ERR_IO;
	}
	return OK;
}

static enum status disk_flush(struct block_device *device)
{
	return flush_fails ? ERR_IO : memory_ops->flush(device);
}

static struct memory_console console;
static struct fat_image image;
static struct arena arena;
static u8 content[SIZE_MAX_OF_FILE + 1], other[OTHER_SIZE], *copy;
static u8 *entry; /* of the seed */

/* All sources of a seed are there, and none of it was passed. */
static void reset(void)
{
	static bool has_memory; /* which pool and cache keep */

	if (!has_memory)
		host_memory_init();
	has_memory = true;
	memory_console_init(&console, "");
	log_set_threshold(LOG_INFO);
	host_random_missing = store_is_on_disk = flush_fails = false;
	host_random = 1;
	host_ticks = 5;
	monotonic_count = 1;
	token_size = sizeof(token);
	memset(token, 't', sizeof(token));
	now = (EFI_TIME){ .Year = 2026, .Month = 5 };
	(void)efi_set_configuration_table(&guid_linux_efi_random_seed, NULL);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (u8)(i * 7 + i / 256);
	memset(other, 'o', sizeof(other));
}

/*
 * An ESP with files around a seed of @size bytes (SIZE_MAX: none), each cluster @stride after the
 * one before.
 */
static void make(size_t size, u32 stride)
{
	struct fat_image_directory loader;

	fat_image_init(&image, &(struct fat_image_shape){
				       .entry_bits = 16, .cluster_count = 5000, .stride = stride });
	loader = fat_image_make_directory(&image, &image.root_directory, NULL, "LOADER     ");
	(void)fat_image_file(&image, &loader, NULL, "BEFORE     ", other, sizeof(other));
	image.next_cluster = FAR_CLUSTER;
	if (size != SIZE_MAX)
		entry = fat_image_file(&image, &loader, "random-seed", "RANDOM~1   ", content,
				       size);
	(void)fat_image_file(&image, &loader, NULL, "AFTER      ", other, sizeof(other));
}

static void mount(void)
{
	struct volume *volume;

	CHECK_EQUAL(fat_image_mount(&image, &memory, 512, &arena, &volume), OK);
	memory_ops = memory.device.ops;
	ops = *memory_ops;
	ops.write = disk_write;
	ops.flush = disk_flush;
	memory.device.ops = &ops;
	memory.device.volume = volume;
	writes = 0;
	writes_left = UINT64_MAX;
	copy = malloc(image.size);
	memcpy(copy, image.bytes, image.size);
}

static void start(size_t size)
{
	reset();
	make(size, 1);
	mount();
}

static bool has_file(const char *path, const void *bytes, size_t size)
{
	static u8 read[sizeof(content)];
	struct file file;

	return !volume_open(memory.device.volume, span_of_string(path), &file) &&
	       file.size == size && !file_read(&file, 0, size, read) &&
	       memcmp(read, bytes, size) == 0;
}

static void end(void)
{
	block_cache_invalidate(&memory.device);
	CHECK(has_file("loader/before", other, sizeof(other)));
	CHECK(has_file("loader/after", other, sizeof(other)));
	fat_check(memory.device.volume);
	free(copy);
	fat_image_free(&image);
	arena_release(&arena);
}

static bool is_unchanged(void)
{
	return writes == 0 && memcmp(copy, image.bytes, image.size) == 0;
}

struct table {
	u32 size;
	u8 seed[SEED_SIZE];
};

static const struct table *table(void)
{
	return efi_configuration_table(&guid_linux_efi_random_seed);
}

static void pass(void)
{
	efi_random_seed_pass(&memory.device);
}

static u32 lines(void)
{
	u32 count = 0;

	for (const char *at = console.text; (at = strchr(at, '\n')); at++)
		count++;
	return count;
}

/* Nothing is passed and nothing changed; at most one line says why. */
static void is_not_used(const char *why)
{
	pass();
	CHECK(!table());
	CHECK(is_unchanged());
	CHECK(why ? memory_console_has(&console, why) && lines() == 1 : lines() == 0);
	end();
}

/* The bytes of the file, which follow each other on the volume if its stride is 1. */
static const u8 *file_bytes(void)
{
	for (size_t i = 0; i < image.size; i++)
		if (copy[i] == content[0] && memcmp(copy + i, content, SEED_SIZE) == 0)
			return image.bytes + i;
	abort();
}

TEST(a_seed_is_renewed_and_passed)
{
	struct table first;
	u8 renewed[SEED_SIZE];

	start(SEED_SIZE);
	pass();
	CHECK_EQUAL(lines(), 0);
	CHECK_EQUAL(table()->size, SEED_SIZE);
	CHECK_EQUAL(type_at((uintptr_t)table()), EfiACPIReclaimMemory);
	memcpy(renewed, file_bytes(), SEED_SIZE);
	CHECK(memcmp(renewed, content, SEED_SIZE) != 0);
	CHECK(memcmp(renewed, table()->seed, SEED_SIZE) != 0);
	/* Another entry of the same boot: once is enough. */
	first = *table();
	writes = 0;
	pass();
	CHECK_EQUAL(writes, 0);
	CHECK(memcmp(table(), &first, sizeof(first)) == 0);
	/* The next boot. */
	CHECK_EQUAL(efi_set_configuration_table(&guid_linux_efi_random_seed, NULL), EFI_SUCCESS);
	pass();
	CHECK(memcmp(table(), &first, sizeof(first)) != 0);
	CHECK(memcmp(file_bytes(), renewed, SEED_SIZE) != 0);
	end();
}

/* The size stays, and nothing old does. */
TEST(every_byte_is_renewed)
{
	static const size_t sizes[] = { 32, 33, 63, 64, 512, 513, 4096, SIZE_MAX_OF_FILE };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const u8 *bytes;

		start(sizes[i]);
		pass();
		CHECK(table());
		bytes = file_bytes();
		for (size_t at = 0; at + 8 <= sizes[i]; at += 8) {
			CHECK(memcmp(bytes + at, content + at, 8) != 0);
			CHECK(at == 0 || memcmp(bytes + at, bytes, 8) != 0);
		}
		CHECK_EQUAL(memcmp(bytes + sizes[i], copy + (bytes - image.bytes) + sizes[i],
				   image.cluster_size - 1 - (sizes[i] - 1) % image.cluster_size),
			    0);
		CHECK(has_file("loader/random-seed", bytes, sizes[i]));
		end();
	}
}

static void *earlier(u32 size, u8 fill)
{
	VOID *place;

	CHECK_EQUAL(efi_allocate_pool(EfiACPIReclaimMemory, sizeof(u32) + 600, &place),
		    EFI_SUCCESS);
	memset(place, fill, sizeof(u32) + 600);
	store_le32(place, size);
	CHECK_EQUAL(efi_set_configuration_table(&guid_linux_efi_random_seed, place), EFI_SUCCESS);
	return place;
}

/* What the seed depends on, each changed by itself. */
enum source { NONE, FILE_CONTENT, RANDOM, TOKEN, TABLE, TICKS, COUNT, CLOCK, SOURCES };

static struct result {
	struct table table;
	u8 renewed[SEED_SIZE];
} pass_with(enum source changed)
{
	struct result result;

	reset();
	content[SEED_SIZE - 1] ^= changed == FILE_CONTENT;
	host_random += changed == RANDOM ? 1000 : 0;
	token[TOKEN_SIZE_MAX - 1] ^= changed == TOKEN;
	host_ticks += changed == TICKS;
	monotonic_count += changed == COUNT;
	now.Second = changed == CLOCK;
	make(SEED_SIZE, 1);
	mount();
	(void)earlier(SEED_SIZE, changed == TABLE);
	pass();
	result.table = *table();
	memcpy(result.renewed, file_bytes(), SEED_SIZE);
	end();
	return result;
}

TEST(each_source_matters)
{
	const struct result first = pass_with(NONE), again = pass_with(NONE);

	CHECK(memcmp(&first, &again, sizeof(first)) == 0);
	for (enum source source = NONE + 1; source < SOURCES; source++) {
		const struct result result = pass_with(source);

		CHECK(memcmp(result.table.seed, first.table.seed, SEED_SIZE) != 0);
		CHECK(memcmp(result.renewed, first.renewed, SEED_SIZE) != 0);
	}
}

TEST(sources_that_fail)
{
	start(SEED_SIZE);
	now.Year = 0;
	monotonic_count = 0;
	host_random_missing = true;
	pass();
	CHECK(table());
	end();
}

static void only_token(size_t size, bool is_on_disk)
{
	start(SEED_SIZE);
	host_random_missing = true;
	token_size = size;
	store_is_on_disk = is_on_disk;
}

/* Copies of a disk must not have the same random numbers. */
TEST(the_disk_alone_is_not_enough)
{
	static const char why[] = "a copy of this disk would have the same";

	only_token(0, false);
	is_not_used(why);
	only_token(SEED_SIZE - 1, false);
	is_not_used(why);
	only_token(SEED_SIZE, true);
	is_not_used(why);
	only_token(SEED_SIZE, false);
	pass();
	CHECK(table());
	end();
	start(SEED_SIZE);
	token_size = 0;
	pass();
	CHECK(table());
	end();
}

/* An earlier boot loader of this boot has passed a seed: it is part of the new one, and goes. */
TEST(an_earlier_seed)
{
	static const u8 zeroes[SEED_SIZE];
	void *place;

	only_token(0, false);
	place = earlier(SEED_SIZE, 'e');
	pass();
	CHECK(table() != place && table()->size == SEED_SIZE);
	CHECK(memcmp((u8 *)place + sizeof(u32), zeroes, SEED_SIZE) == 0);
	CHECK_EQUAL(efi_free_pool(place), EFI_INVALID_PARAMETER);
	end();
	only_token(0, false);
	place = earlier(SEED_SIZE - 1, 'e');
	pass();
	CHECK(table() == place && is_unchanged());
	end();
	/* More than Linux reads, and addresses without memory. */
	only_token(0, false);
	place = earlier(513, 'e');
	pass();
	CHECK(table() == place && is_unchanged());
	end();
	for (u64 address = 0x10; address; address <<= 20) {
		only_token(SEED_SIZE, false);
		CHECK_EQUAL(efi_set_configuration_table(&guid_linux_efi_random_seed,
							(void *)(uintptr_t)address),
			    EFI_SUCCESS);
		pass();
		CHECK((uintptr_t)table() != address && table()->size == SEED_SIZE);
		end();
	}
}

TEST(files_that_are_not_seeds)
{
	start(SIZE_MAX);
	is_not_used(NULL);
	start(0);
	is_not_used("shorter than 32 bytes");
	start(SEED_SIZE - 1);
	is_not_used("shorter than 32 bytes");
	start(SIZE_MAX_OF_FILE + 1);
	is_not_used("larger than 32 KiB");
	reset();
	make(SEED_SIZE, 1);
	entry[11] = FAT_IMAGE_DIRECTORY;
	store_le32(entry + 28, 0);
	mount();
	pass();
	CHECK(!table() && is_unchanged() && lines() == 1);
	CHECK(memory_console_has(&console, "a directory"));
	free(copy);
	fat_image_free(&image);
	arena_release(&arena);
}

TEST(files_that_cannot_be_written)
{
	static const char why[] = "cannot be renewed";

	start(SEED_SIZE);
	memory.device.read_only = true;
	is_not_used(why);
	start(SEED_SIZE);
	memory.device.volume->read_only = true;
	is_not_used(why);
	reset();
	make(SEED_SIZE, 1);
	entry[11] = FAT_IMAGE_READ_ONLY;
	mount();
	is_not_used(why);
}

/* A size of 4 GiB, and a chain that ends too early, which the file system reports. */
TEST(a_damaged_entry)
{
	reset();
	make(SEED_SIZE, 1);
	store_le32(entry + 28, UINT32_MAX);
	mount();
	pass();
	CHECK(!table() && is_unchanged() && lines() == 1);
	store_le32(entry + 28, 5000);
	block_cache_invalidate(&memory.device);
	pass();
	CHECK(!table() && writes == 0);
	CHECK(memory_console_has(&console, "loader/random-seed: corrupt: not used"));
	free(copy);
	fat_image_free(&image);
	arena_release(&arena);
}

static struct file_time half_past_nine(void)
{
	return (struct file_time){ 2026, 5, 4, 9, 30, 0 };
}

/*
 * The disk stops writing at any block: the seed is not passed, other files are unchanged, and the
 * file is still one that the next boot can use. Clusters apart from each other need one write each.
 */
TEST(writes_that_fail)
{
	bool is_passed = false;
	u64 fail_at = 0;

	volume_clock = half_past_nine;
	for (; !is_passed; fail_at++) {
		reset();
		make(2500, 2);
		mount();
		writes_left = fail_at;
		pass();
		is_passed = table() != NULL;
		CHECK(is_passed || memory_console_has(&console, "not used"));
		if (!is_passed) {
			writes_left = UINT64_MAX;
			pass();
			CHECK(table());
		}
		end();
	}
	/* 2,500 bytes, and the time in the directory entry. */
	CHECK_EQUAL(fail_at - 1, 5 + 1);
	volume_clock = NULL;
}

TEST(a_flush_that_fails)
{
	start(SEED_SIZE);
	flush_fails = true;
	pass();
	CHECK(!table());
	CHECK(lines() == 1 && memory_console_has(&console, "not used"));
	end();
}

TEST(reads_that_fail)
{
	start(SEED_SIZE);
	memory.bad_block = (u64)(file_bytes() - image.bytes) / 512;
	pass();
	CHECK(!table() && is_unchanged());
	CHECK(memory_console_has(&console, "not used"));
	memory.bad_block = UINT64_MAX;
	end();
}

TEST(no_memory)
{
	start(SIZE_MAX_OF_FILE);
	host_allocations_left = 0;
	pass();
	CHECK(!table() && is_unchanged());
	CHECK(lines() == 1 && memory_console_has(&console, "not enough memory: not used"));
	host_allocations_left = UINT64_MAX;
	end();
}

TEST(no_file_system)
{
	start(SEED_SIZE);
	memory.device.volume = NULL;
	pass();
	CHECK(!table() && is_unchanged() && lines() == 0);
	free(copy);
	fat_image_free(&image);
	arena_release(&arena);
}
