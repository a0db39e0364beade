/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The random seed of the Boot Loader Interface (systemd, docs/BOOT_LOADER_INTERFACE.md and
 * RANDOM_SEEDS.md): \loader\random-seed on the EFI system partition, which bootctl makes. Linux
 * adds what it finds in a configuration table to its random pool, and may trust it:
 *
 *	offset	size
 *	0	4	size of the seed, at most 512
 *	4		the seed
 *
 * Everything is derived from a key, which is the SHA-256 of all sources, each after its size:
 *
 *	the file	in parts of 32 bytes: SHA-256 of the key, 0, and the number of the part
 *	the table	SHA-256 of the key and 1
 *
 * so that neither the file nor a later one reveals what was in the table. No seed is passed twice:
 * the new file is on the disk before the table is made.
 */
#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/partition.h"
#include "core/random.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/config.h"
#include "lib/sha256.h"
#include "lib/util.h"

#define PATH "loader/random-seed"

enum {
	SEED_SIZE = SHA256_SIZE,
	FILE_SIZE_MIN = SEED_SIZE,
	FILE_SIZE_MAX = 32 * 1024, /* systemd-boot's limit; bootctl writes 32 to 512 */
	TABLE_SEED_SIZE_MAX = 512, /* Linux: EFI_RANDOM_SEED_SIZE and libstub/random.c */
};

struct table {
	u32 size;
	u8 seed[];
};

static struct table *passed;

/* The system must not find secrets in the memory that it gets from us. */
static void wipe(void *memory, size_t size)
{
	memset(memory, 0, size);
	asm volatile("" : : "r"(memory) : "memory");
}

static void add(struct sha256 *hash, const void *data, u64 size)
{
	sha256_add(hash, span_of(&size, sizeof(size)));
	sha256_add(hash, span_of(data, size));
}

/* What an earlier program of this boot left; NULL: nothing that Linux would read. */
static struct table *find_table(void)
{
	struct table *table = efi_configuration_table(&guid_linux_efi_random_seed);

	if (!table || !memory_is_ram((uintptr_t)table, sizeof(*table)) ||
	    table->size > TABLE_SEED_SIZE_MAX ||
	    !memory_is_ram((uintptr_t)table, sizeof(*table) + table->size))
		return NULL;
	return table;
}

static bool add_table(struct sha256 *hash)
{
	const struct table *table = find_table();

	add(hash, table ? table->seed : NULL, table ? table->size : 0);
	return table && table->size >= SEED_SIZE;
}

static bool add_random(struct sha256 *hash)
{
	u8 bytes[SEED_SIZE];
	bool has_bytes = !random_read(bytes, sizeof(bytes));

	add(hash, bytes, has_bytes ? sizeof(bytes) : 0);
	wipe(bytes, sizeof(bytes));
	return has_bytes;
}

/* Made by bootctl, once. A copy of the disk has the same one if the variables are on it. */
static bool add_token(struct sha256 *hash, const struct block_device *partition)
{
	size_t size;
	void *token = efi_variable_load(u"LoaderSystemToken", &guid_systemd_loader, &size);

	if (!token)
		size = 0;
	add(hash, token, size);
	if (token)
		wipe(token, size);
	efi_free(token);
	return size >= SEED_SIZE &&
	       !(IS_ENABLED(CONFIG_EFI_VARIABLES_FILE) && efi_variables_are_with(partition));
}

/* Not secret, but different in each boot. */
static void add_time(struct sha256 *hash)
{
	const u64 ticks = arch_ticks();
	UINT64 count;
	EFI_TIME time;

	if (efi_get_next_monotonic_count(&count))
		count = 0;
	if (efi_get_time(&time))
		memset(&time, 0, sizeof(time));
	add(hash, &ticks, sizeof(ticks));
	add(hash, &count, sizeof(count));
	add(hash, &time, sizeof(time));
}

static void derive(const u8 key[SHA256_SIZE], u8 purpose, u32 number, u8 out[SHA256_SIZE])
{
	struct sha256 hash;

	sha256_init(&hash);
	sha256_add(&hash, span_of(key, SHA256_SIZE));
	sha256_add(&hash, span_of(&purpose, sizeof(purpose)));
	sha256_add(&hash, span_of(&number, sizeof(number)));
	sha256_finish(&hash, out);
	wipe(&hash, sizeof(hash));
}

/*
 * The key from all sources. False if all that differs from a copy of the disk is the time: the
 * copies' kernels would trust seeds that can be guessed.
 */
static bool make_key(const struct block_device *partition, const u8 *file, size_t size,
		     u8 key[SHA256_SIZE])
{
	struct sha256 hash;
	bool is_unique = false;

	sha256_init(&hash);
	sha256_add(&hash, SPAN("Fatwood random seed 1"));
	is_unique |= add_table(&hash);
	is_unique |= add_random(&hash);
	is_unique |= add_token(&hash, partition);
	add_time(&hash);
	add(&hash, file, size);
	sha256_finish(&hash, key);
	wipe(&hash, sizeof(hash));
	return is_unique;
}

/* The whole file, so that nothing old stays in it. */
static enum status renew(struct file *file, const u8 key[SHA256_SIZE], u8 *buffer)
{
	enum status status;

	for (u32 at = 0; at < file->size; at += SHA256_SIZE) {
		u8 part[SHA256_SIZE];

		derive(key, 0, at / SHA256_SIZE, part);
		memcpy(buffer + at, part, min_u64(SHA256_SIZE, file->size - at));
		wipe(part, sizeof(part));
	}
	status = file_write(file, 0, (size_t)file->size, buffer);
	return status ? status : volume_flush(file->volume);
}

/* Linux frees it as pool memory when it adds random numbers of its own. */
static EFI_STATUS pass(const u8 key[SHA256_SIZE])
{
	struct table *previous = find_table(), *table;
	EFI_STATUS status = efi_allocate_pool(EfiACPIReclaimMemory, sizeof(*table) + SEED_SIZE,
					      (VOID **)&table);

	if (status)
		return status;
	table->size = SEED_SIZE;
	derive(key, 1, 0, table->seed);
	status = efi_set_configuration_table(&guid_linux_efi_random_seed, table);
	if (status) {
		wipe(table->seed, SEED_SIZE);
		efi_free(table);
		return status;
	}
	passed = table;
	if (previous) {
		wipe(previous->seed, previous->size);
		efi_free(previous);
	}
	return EFI_SUCCESS;
}

/* Reads, renews and passes the seed. @buffer has room for the file. */
static enum status process(struct file *file, const struct block_device *partition, u8 *buffer)
{
	u8 key[SHA256_SIZE];
	enum status status = file_read(file, 0, (size_t)file->size, buffer);

	if (status)
		return status;
	if (!make_key(partition, buffer, (size_t)file->size, key)) {
		log_info(PATH ": not used: a copy of this disk would have the same");
	} else {
		status = renew(file, key, buffer);
		if (!status)
			status = status_from_efi(pass(key));
	}
	wipe(key, sizeof(key));
	return status;
}

/* Why the file is not a seed; NULL: it is one. */
static const char *obstacle(const struct file *file)
{
	if (file->is_directory)
		return "a directory";
	if (file->size < FILE_SIZE_MIN)
		return "shorter than 32 bytes";
	return file->size > FILE_SIZE_MAX ? "larger than 32 KiB" : NULL;
}

static enum status process_file(struct file *file, const struct block_device *partition)
{
	u8 *buffer = efi_allocate((size_t)file->size);
	enum status status = buffer ? process(file, partition, buffer) : ERR_NO_MEMORY;

	if (buffer)
		wipe(buffer, (size_t)file->size);
	efi_free(buffer);
	return status;
}

void efi_random_seed_pass(struct block_device *partition)
{
	struct volume *volume;
	struct file file;
	const char *why = NULL;
	enum status status;

	/* For an entry that did not start. */
	if (passed && passed == find_table())
		return;
	if (partition_volume(partition, &volume))
		return;
	status = volume_open(volume, SPAN(PATH), &file);
	if (status == ERR_NOT_FOUND)
		return;
	log_set_subject(partition->name);
	if (!status)
		why = obstacle(&file);
	if (!status && !why)
		status = process_file(&file, partition);
	if (status == ERR_DENIED)
		log_info(PATH ": not used, because it cannot be renewed");
	else if (status || why)
		log_warning(PATH ": %s: not used", why ? why : status_name(status));
	log_set_subject(NULL);
}
