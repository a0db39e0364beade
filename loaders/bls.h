/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification: shared by the files of this boot method. Entries are collected
 * (bls_search.c, bls_uki.c), read (bls_entry.c), put in order (bls_order.c), one is chosen
 * (bls_choose.c), and they are tried (bls_try.c). A type #2 entry is one more struct bls_entry in
 * the same list.
 */
#pragma once

#include "core/boot.h"

enum {
	BLS_ENTRY_SIZE_MAX = 16 * 1024, /* of a file; a larger one is left out with a message */
	BLS_ENTRIES_MAX = 4096,         /* of a disk; further ones are ignored, with a message */
	BLS_BEST_MAX = 256,             /* of a disk; no more are tried, or shown in the menu */
	BLS_UNUSABLE_MAX = 16,          /* that are named one by one */
	BLS_VALUE_SIZE_MAX = 128,       /* of title, version, ...: the rest is ignored */
	BLS_PATH_SIZE_MAX = 1024,       /* of a file's path; a longer one is not found */
};

/* Where the images of type #2 entries are. */
#define BLS_IMAGES "EFI/Linux/"

/* What an entry starts: the key that names it. */
enum bls_kind { BLS_NOTHING, BLS_LINUX, BLS_EFI, BLS_UKI, BLS_UKI_URL, BLS_SEVERAL };

struct bls_entry {
	struct bls_entry *next;
	struct volume *volume; /* all paths are relative to its root */
	const char *file;      /* its name: for messages */
	char *image_path; /* of an image: its profiles share it, and a try changes @file in it */
	struct span name; /* the same without counters and ".conf" */
	struct span id;   /* of an image: its name, or "name.efi@profile"; else empty */
	struct span text; /* what it says; the spans below lie in it, empty without the key */
	struct span path; /* of what it starts, or its URL */
	struct span title;
	struct span version;
	struct span machine_id;
	struct span sort_key;
	enum bls_kind kind;
	bool is_image;  /* a type #2 entry: @image_path is what it starts */
	u32 profile;    /* of a UKI */
	bool counted;   /* the name has counters ... */
	u32 tries_left; /* ... 0: bad */
	u32 tries_done;
	const char *unusable; /* why this build cannot boot it, NULL if it can */
	struct span edited;   /* options for this boot; no data: they were not edited */
};

/* Of a disk, in any order at first. */
struct bls_entries {
	struct bls_entry *first;
	u32 count; /* including those that could not be read */
};

/*
 * Is @file_name that of an entry? Then its name and counters are filled in: "debian+2-1.conf" is
 * "debian" with two tries left and one done.
 */
bool bls_entry_name(struct span file_name, struct bls_entry *out);

/*
 * Removes counters, "+LEFT" or "+LEFT-DONE", from the end of @name. False if there are no counters.
 */
bool bls_cut_counters(struct span *name, u32 *left, u32 *done);

/*
 * The same for the file of a type #2 entry: "debian+2-1.efi" is "debian" (".efi" is for the caller
 * to append again).
 */
bool bls_image_name(struct span file_name, struct bls_entry *out);

/* Removes ".conf" from the end of @name. False if it is not there. */
bool bls_cut_suffix(struct span *name);

/*
 * Fills in what the file says; the last one counts of a key that is there twice. ERR_CORRUPT:
 * nothing to boot is named.
 */
enum status bls_entry_parse(struct span text, struct bls_entry *out);

/*
 * Removes lines from the front of @rest up to one with a value for @key; its quotes stay. False at
 * the end.
 */
bool bls_entry_next_value(struct span *rest, const char *key, struct span *value);

/*
 * Copies @text to @to, which has room for it, without the variables that GRUB would fill in: $name
 * and ${name}, which are empty where GRUB does not run. Returns the size.
 */
size_t bls_copy_without_variables(struct span text, u8 *to);

/*
 * Adds the entries in loader/entries of @volume, which stays the subject of messages.
 * ERR_NOT_FOUND: there is no such directory.
 */
enum status bls_search(struct volume *volume, struct arena *arena, struct bls_entries *entries);

/* The same for the unified kernel images in EFI/Linux, not in its folders. */
enum status bls_search_images(struct volume *volume, struct arena *arena,
			      struct bls_entries *entries);

/* Adds the unified kernel image in @file, if @name says it is one. */
enum status bls_add_image(struct bls_entries *entries, struct arena *arena, struct volume *volume,
			  const char *name, struct file *file);

/* Boot counting has marked it as bad: no tries are left. */
static inline bool bls_entry_is_bad(const struct bls_entry *entry)
{
	return entry->counted && entry->tries_left == 0;
}

/* Below 0 if @a is to be tried before @b, above 0 if after: "Sorting", and unusable ones last. */
int bls_entry_compare(const struct bls_entry *a, const struct bls_entry *b);

/* Sorts @entries in that order; equal ones keep their order. */
void bls_entries_sort(struct bls_entries *entries);

/* Moves the entry to the front that loader.conf on @disk, the VMM's words or a key select. */
void bls_choose(struct boot_disk *disk, struct bls_entries *entries, struct arena *arena);

/* The same without a menu. */
void bls_choose_default(struct boot_disk *disk, struct bls_entries *entries, struct arena *arena);

/* Does loader.conf on @disk, or the VMM, forbid to edit options? */
bool bls_editor_is_off(struct boot_disk *disk, struct arena *arena);

/* What the menu and messages call it; NULL when no memory is left. */
const char *bls_entry_title(const struct bls_entry *entry, struct arena *arena);

/* What loader.conf, bootctl and others name it by: "debian.conf"; empty when no memory is left. */
struct span bls_entry_id(const struct bls_entry *entry, struct arena *arena);

/*
 * Adds what the key "extra" names to @out's initrds, as an archive: two places for each file and
 * one for the end of it.
 */
enum status bls_add_extras(const struct bls_entry *entry, struct arena *arena,
			   struct boot_entry *out);

/* The options that it would be started with, before the VMM's; of an image, those in it. */
enum status bls_entry_options(const struct bls_entry *entry, struct arena *arena, struct span *out);

/* Returns only if the entry does not boot, with the reason. */
enum status bls_try(const struct bls_entry *entry, struct arena *arena);
