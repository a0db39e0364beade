/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification: shared by the files of this boot method. Entries are collected
 * (bls_search.c, bls_uki.c), read (bls_entry.c) and sorted (bls_order.c), one is chosen
 * (bls_choose.c), and they are tried (bls_try.c). A type #2 entry is also a struct bls_entry, in
 * the same list.
 */
#pragma once

#include "core/boot.h"

enum {
	BLS_ENTRY_SIZE_MAX = 16 * 1024, /* of a file; a larger one is left out with a message */
	BLS_ENTRIES_MAX = 4096,         /* of a disk; further ones are ignored, with a message */
	BLS_BEST_MAX = 256,             /* of a disk that are tried or shown in the menu */
	BLS_LOADS_MAX = 32,             /* of a disk that are loaded in vain */
	BLS_UNUSABLE_MAX = 16,          /* for which a message is printed */
	BLS_VALUE_SIZE_MAX = 128,       /* of title, version, ...: the rest is ignored */
	BLS_PATH_SIZE_MAX = 1024,       /* of a file's path; a longer one is not found */
};

/* The folder of the images of type #2 entries. */
#define BLS_IMAGES "EFI/Linux/"

/* The key that names what an entry starts. */
enum bls_kind { BLS_NOTHING, BLS_LINUX, BLS_EFI, BLS_UKI, BLS_UKI_URL, BLS_SEVERAL };

struct bls_entry {
	struct bls_entry *next;
	struct volume *volume; /* all paths are relative to its root */
	const char *file;      /* its name: for messages */
	char *image_path;      /* of an image, shared by its profiles; a try changes @file in it */
	struct span name;      /* the same without counters and ".conf" */
	struct span id;        /* of an image: its name, or "name.efi@profile"; else empty */
	struct span text; /* its content; the spans below are parts of it, empty without the key */
	struct span path; /* of the file that it starts, or its URL */
	struct span title;
	struct span version;
	struct span machine_id;
	struct span sort_key;
	enum bls_kind kind;
	bool is_image;  /* a type #2 entry, which starts @image_path */
	u32 profile;    /* of a UKI */
	bool counted;   /* the name has counters */
	u32 tries_left; /* 0: bad */
	u32 tries_done;
	const char *unusable; /* why this build cannot boot it, NULL if it can */
	struct span edited;   /* options for this boot; no data: they were not edited */
};

/* The entries of a disk, initially unsorted. */
struct bls_entries {
	struct bls_entry *first;
	u32 count; /* including those that could not be read */
};

/*
 * Is @file_name the name of an entry? If so, fills in name and counters: "debian+2-1.conf" is
 * "debian" with two tries left and one done.
 */
bool bls_entry_name(struct span file_name, struct bls_entry *out);

/*
 * Removes counters, "+LEFT" or "+LEFT-DONE", from the end of @name. False if there are no counters.
 */
bool bls_cut_counters(struct span *name, u32 *left, u32 *done);

/*
 * The same for the file of a type #2 entry: "debian+2-1.efi" is "debian" (the caller must append
 * ".efi" again).
 */
bool bls_image_name(struct span file_name, struct bls_entry *out);

/* Removes ".conf" from the end of @name. False if it is not there. */
bool bls_cut_suffix(struct span *name);

/*
 * Fills in the content of the file. If a key appears twice, the last one counts. ERR_CORRUPT: the
 * entry names nothing to boot.
 */
enum status bls_entry_parse(struct span text, struct bls_entry *out);

/*
 * Removes lines from the front of @rest up to and including one with a value for @key, which keeps
 * its quotes. False at the end.
 */
bool bls_entry_next_value(struct span *rest, const char *key, struct span *value);

/*
 * Copies @text to @to, which has room for it, without variables for GRUB ($name and ${name}), which
 * are empty without GRUB. Returns the size.
 */
size_t bls_copy_without_variables(struct span text, u8 *to);

/*
 * Adds the entries in loader/entries of @volume, which remains the subject of messages.
 * ERR_NOT_FOUND: there is no such directory.
 */
enum status bls_search(struct volume *volume, struct arena *arena, struct bls_entries *entries);

/* The same for the unified kernel images in EFI/Linux, without its subfolders. */
enum status bls_search_images(struct volume *volume, struct arena *arena,
			      struct bls_entries *entries);

/* Adds the unified kernel image in @file if its @name is that of one. */
enum status bls_add_image(struct bls_entries *entries, struct arena *arena, struct volume *volume,
			  const char *name, struct file *file);

/* Is it marked bad by boot counting, with no tries left? */
static inline bool bls_entry_is_bad(const struct bls_entry *entry)
{
	return entry->counted && entry->tries_left == 0;
}

/*
 * Negative if @a is to be tried before @b, positive if after: section "Sorting", with unusable
 * entries last.
 */
int bls_entry_compare(const struct bls_entry *a, const struct bls_entry *b);

/* Sorts @entries in that order; equal ones keep their order. */
void bls_entries_sort(struct bls_entries *entries);

/*
 * Moves the entry that is selected by loader.conf on @disk, the VMM's command line or a key to the
 * front.
 */
void bls_choose(struct boot_disk *disk, struct bls_entries *entries, struct arena *arena);

/* The same without a menu. */
void bls_choose_default(struct boot_disk *disk, struct bls_entries *entries, struct arena *arena);

/* Does loader.conf on @disk, or the VMM, forbid editing options? */
bool bls_editor_is_off(struct boot_disk *disk, struct arena *arena);

/* Its title for the menu and messages; NULL when no memory is left. */
const char *bls_entry_title(const struct bls_entry *entry, struct arena *arena);

/* Its id in loader.conf, bootctl and so on: "debian.conf". Empty when no memory is left. */
struct span bls_entry_id(const struct bls_entry *entry, struct arena *arena);

/*
 * Adds the files named by the key "extra" to @out's initrds, as an archive: two initrds for each
 * file and one for the end of the archive.
 */
enum status bls_add_extras(const struct bls_entry *entry, struct arena *arena,
			   struct boot_entry *out);

/*
 * The options with which it would be started, without the VMM's; for an image, those in the image.
 */
enum status bls_entry_options(const struct bls_entry *entry, struct arena *arena, struct span *out);

/*
 * Tries to boot the entry. Returns only if that fails, with the reason. @loads is incremented if
 * all of its files were found.
 */
enum status bls_try(const struct bls_entry *entry, struct arena *arena, u32 *loads);
