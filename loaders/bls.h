/* SPDX-License-Identifier: Apache-2.0 */
/* Boot Loader Specification, type #1 entries: what a file in loader/entries/ says. */
#pragma once

#include "core/boot.h"

enum {
	BLS_ENTRY_SIZE_MAX = 64 * 1024, /* of a file; a larger one is skipped with a message */
	BLS_ENTRIES_MAX = 16 * 1024,    /* of a disk; more are not looked at, with a message */
	BLS_TRIES_MAX = 256,            /* of a disk, in vain: a hostile disk makes each one slow */
};

#define BLS_SUFFIX ".conf"

struct bls_entry {
	struct bls_entry *next;
	struct volume *volume; /* all paths are relative to its root */
	const char *file;      /* its name: for messages */
	struct span name;      /* the same without counters and ".conf" */
	struct span text;      /* what it says; the spans below lie in it */
	struct span title;
	struct span version;
	struct span machine_id;
	struct span sort_key;
	bool counted;   /* the name has counters ... */
	u32 tries_left; /* ... 0: bad */
	u32 tries_done;
	const char *unusable; /* why this build cannot boot it, NULL if it can */
};

/*
 * Is @file_name that of an entry? Then its name and counters are filled in: "debian+2-1.conf" is
 * "debian" with two tries left and one done.
 */
bool bls_entry_name(struct span file_name, struct bls_entry *out);

/* Fills in all the file says. ERR_CORRUPT: no "linux", or NUL bytes. */
enum status bls_entry_parse(struct span text, struct bls_entry *out);

/* Takes lines off @rest until one whose key is @key. False at the end. */
bool bls_entry_next_value(struct span *rest, const char *key, struct span *value);

/* Below 0 if @a is to be tried before @b, above 0 if after: "Sorting", and unusable ones last. */
int bls_entry_compare(const struct bls_entry *a, const struct bls_entry *b);

/* Merge sort by bls_entry_compare(): n log n comparisons, no memory. Returns the new first. */
struct bls_entry *bls_entries_sort(struct bls_entry *first);

/*
 * The first usable entry whose name, with or without ".conf", matches @pattern in any case, or
 * NULL.
 */
struct bls_entry *bls_entries_match(struct bls_entry *first, struct span pattern);

/*
 * Opens the kernel and initrds of @entry and joins its options, in the arena. Logs what is missing.
 */
enum status bls_entry_open(struct bls_entry *entry, struct arena *arena, struct boot_entry *out);
