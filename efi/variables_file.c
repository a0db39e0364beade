/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The non-volatile variables on an EFI system partition (docs/uefi-variables.md), while boot
 * services last. In \EFI\fatwood:
 *
 *	variables0.bin, variables1.bin	written here in turn, so that the older one is whole
 *					whatever happens to the newer one
 *	runtime.bin			a copy of VarToFile, written by the operating system
 *
 * All three are files of variables with the number of changes made here up to theirs. The highest
 * number is the newest; of two that are equal, the operating system's, which comes after.
 */
#include "efi/variables_file.h"

#include "core/log.h"
#include "core/partition.h"
#include "efi/efi.h"
#include "efi/variables.h"
#include "lib/util.h"

enum { SLOT_COUNT = 2, RUNTIME_FILE = SLOT_COUNT, FILE_COUNT };

/* What a slot occupies from the start, so that no later write needs room on the volume. */
enum { SLOT_SIZE = RUNTIME_FILE_HEADER_SIZE + RUNTIME_STORE_SIZE };

#define FOLDER "EFI/fatwood"

static const char *const names[FILE_COUNT] = {
	FOLDER "/variables0.bin",
	FOLDER "/variables1.bin",
	FOLDER "/runtime.bin",
};

static struct volume *volume;       /* that holds the files, or is to; NULL: none */
static u32 newest;                  /* slot */
static struct runtime_store *saved; /* as it is on the disk */

static struct runtime_store *live_store(void)
{
	return &efi_runtime_data->stores[RUNTIME_NON_VOLATILE];
}

static void copy_store(struct runtime_store *to, const struct runtime_store *from)
{
	memcpy(to->records, from->records, from->used);
	to->used = from->used;
}

static bool is_blank(const u8 *header)
{
	for (u32 i = 0; i < RUNTIME_FILE_HEADER_SIZE; i++)
		if (header[i])
			return false;
	return true;
}

/*
 * The store in the file called names[@index] on @on; @raw is for its bytes. ERR_NOT_FOUND: no file,
 * or a slot that was not written yet.
 */
static enum status load_file(struct volume *on, u32 index, struct runtime_store *raw,
			     struct runtime_store *out)
{
	struct file file;
	enum status status = volume_open(on, span_of_string(names[index]), &file);
	u32 size;

	if (status)
		return status;
	if (file.size < RUNTIME_FILE_HEADER_SIZE)
		return file.size ? ERR_CORRUPT : ERR_NOT_FOUND;
	status = file_read(&file, 0, RUNTIME_FILE_HEADER_SIZE, raw->header);
	if (status)
		return status;
	if (is_blank(raw->header))
		return ERR_NOT_FOUND;
	size = variables_file_size(span_of(raw->header, RUNTIME_FILE_HEADER_SIZE));
	if (!size || size > file.size)
		return ERR_CORRUPT;
	status = file_read(&file, RUNTIME_FILE_HEADER_SIZE, size - RUNTIME_FILE_HEADER_SIZE,
			   raw->records);
	return status ? status : variables_file_read(span_of(raw->header, size), out);
}

enum found {
	FOUND_NOTHING,
	FOUND_DAMAGED,
	FOUND_STORE,
	FOUND_CHANGED, /* by the operating system: no slot has that yet */
};

/* Loads the newest of the files on @on into the live store. */
static enum found load_volume(struct volume *on, struct runtime_store *raw,
			      struct runtime_store *work)
{
	struct runtime_store *live = live_store();
	enum found found = FOUND_NOTHING;

	live->used = 0;
	newest = SLOT_COUNT - 1;
	for (u32 i = 0; i < FILE_COUNT; i++) {
		enum status status = load_file(on, i, raw, work);

		if (status) {
			if (status == ERR_NOT_FOUND)
				continue;
			log_warning("%s: %s: %s: ignored", on->device->name, names[i],
				    status_name(status));
			if (found == FOUND_NOTHING)
				found = FOUND_DAMAGED;
			continue;
		}
		if (found == FOUND_STORE &&
		    (variables_sequence(work) < variables_sequence(live) ||
		     (work->used == live->used &&
		      memcmp(work->records, live->records, work->used) == 0)))
			continue;
		copy_store(live, work);
		found = i == RUNTIME_FILE ? FOUND_CHANGED : FOUND_STORE;
		if (i < SLOT_COUNT)
			newest = i;
	}
	return found;
}

/* Variables are stored on the system's disk, not on the installation medium. */
static bool may_hold_store(const struct block_device *partition)
{
	if (IS_ENABLED(CONFIG_PARTITION_EL_TORITO) && partition->id &&
	    partition->id->kind == PARTITION_ID_EL_TORITO)
		return false;
	return partition->kind == PARTITION_ESP || partition->kind == PARTITION_WHOLE_DISK;
}

/*
 * Sets volume: the first system partition with a store that can be read; if there is none, the
 * first with a damaged one, or else the first of all.
 */
static enum found choose_volume(struct runtime_store *raw, struct runtime_store *work)
{
	enum found best = FOUND_NOTHING;

	volume = NULL;
	for (struct block_device *disk = block_first(); disk; disk = block_next(disk)) {
		const struct partition_table *table;

		if (disk_partitions(disk, &table))
			continue;
		for (u32 i = 0; i < table->count; i++) {
			struct block_device *partition = &table->partitions[i];
			struct volume *candidate;
			enum found found;

			if (!may_hold_store(partition) || partition_volume(partition, &candidate))
				continue;
			found = load_volume(candidate, raw, work);
			if (!volume || found > best) {
				volume = candidate;
				best = found;
			}
			if (found >= FOUND_STORE)
				return found;
		}
	}
	return best;
}

/* The folder of the files, created if necessary. */
static enum status open_folder(struct file *out)
{
	static const char *const parts[] = { "EFI", "fatwood" };
	enum status status = volume_open(volume, SPAN("/"), out);

	for (u32 i = 0; i < ARRAY_SIZE(parts) && !status; i++) {
		struct span name = span_of_string(parts[i]);
		struct file parent = *out;

		status = file_open(&parent, name, out);
		if (status == ERR_NOT_FOUND)
			status = file_create(&parent, name, true, out);
	}
	return status;
}

/* Opens a slot, which has SLOT_SIZE bytes afterwards. */
static enum status open_slot(u32 slot, struct file *out)
{
	enum status status = volume_open(volume, span_of_string(names[slot]), out);
	struct file folder;

	if (status == ERR_NOT_FOUND) {
		status = open_folder(&folder);
		if (!status)
			status = file_create(&folder, span_of_string(names[slot] + sizeof(FOLDER)),
					     false, out);
	}
	if (!status && out->size < SLOT_SIZE)
		status = file_resize(out, SLOT_SIZE);
	return status;
}

static enum status save(struct runtime_store *store)
{
	u32 slot = 1 - newest;
	struct file files[SLOT_COUNT];
	enum status status = OK;

	/* Both, so that the first write decides whether there is room for all. */
	for (u32 i = 0; i < SLOT_COUNT && !status; i++)
		status = open_slot(i, &files[i]);
	if (status)
		return status;
	store_file_seal(store);
	status = file_write(&files[slot], 0, store_file_size(store), store->header);
	if (!status)
		status = volume_flush(volume);
	if (!status)
		newest = slot;
	return status;
}

/* A variable that cannot be stored is not set. */
static EFI_STATUS on_change(void)
{
	struct runtime_store *live = live_store();
	enum status status = ERR_NO_MEMORY;

	if (variables_set_sequence(live, variables_sequence(saved) + 1))
		status = save(live);
	if (!status) {
		copy_store(saved, live);
		return EFI_SUCCESS;
	}
	copy_store(live, saved);
	log_warning("%s: variables: %s: not stored", volume->device->name, status_name(status));
	return status == ERR_FULL || status == ERR_NO_MEMORY ? EFI_OUT_OF_RESOURCES :
							       EFI_DEVICE_ERROR;
}

/* EBBR 2.4, 2.5: how the operating system learns what to write, and where. */
static EFI_STATUS publish_runtime_file(void)
{
	const u32 attributes = EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS |
			       RUNTIME_READ_ONLY;
	const char *name = names[RUNTIME_FILE];
	EFI_STATUS status = efi_variable_set(u"RTStorageVolatile", &guid_ebbr_runtime_store,
					     attributes, strlen(name) + 1, name);

	return status ? status :
			efi_variable_set(u"VarToFile", &guid_ebbr_runtime_store,
					 attributes | RUNTIME_FILE_IMAGE, 1, "");
}

/* Why the volume cannot be written; NULL: it can. */
static const char *obstacle(void)
{
	if (!IS_ENABLED(CONFIG_FILE_WRITE))
		return "this build cannot write files";
	if (!volume)
		return "no EFI system partition";
	if (volume->read_only || volume->device->read_only)
		return "the disk is read-only";
	return NULL;
}

static const struct block_device *disk_of(const struct block_device *device)
{
	return device->disk ? device->disk : device;
}

bool efi_variables_are_with(const struct block_device *device)
{
	return volume && device && disk_of(volume->device) == disk_of(device);
}

EFI_STATUS efi_variables_init(void)
{
	struct runtime_store *work = efi_allocate(sizeof(*work));
	enum found found;
	const char *why;

	saved = efi_allocate(sizeof(*saved));
	if (!saved || !work) {
		efi_free(saved);
		efi_free(work);
		return EFI_OUT_OF_RESOURCES;
	}
	efi_runtime_data->set_variable_refused = true;
	found = choose_volume(saved, work);
	efi_free(work);
	why = obstacle();
	if (!why && !variables_set_sequence(live_store(), variables_sequence(live_store())))
		why = "the store is full";
	copy_store(saved, live_store());
	if (why) {
		log_info("UEFI variables are kept in memory only: %s", why);
		return EFI_SUCCESS;
	}
	log_debug("%s: %u bytes of UEFI variables", volume->device->name, (u32)saved->used);
	efi_runtime_data->on_change = on_change;
	if (found == FOUND_CHANGED && on_change())
		return EFI_SUCCESS;
	if (!IS_ENABLED(CONFIG_EFI_VARIABLES_RUNTIME))
		return EFI_SUCCESS;
	efi_runtime_data->set_variable_refused = false;
	return publish_runtime_file();
}
