/* SPDX-License-Identifier: Apache-2.0 */
/* Boot Loader Specification, type #1 entries: what a file in loader/entries/ says. */
#pragma once

#include "core/boot.h"

enum {
	BLS_ENTRY_SIZE_MAX = 64 * 1024, /* of a file; a larger one is skipped with a message */
	BLS_ENTRIES_MAX = 16 * 1024,    /* of a disk; more are not looked at, with a message */
	BLS_BEST_MAX = 256,             /* of a disk; no more are tried, or shown in the menu */
};

struct bls_entry {
	struct bls_entry *next;
	struct volume *volume; /* all paths are relative to its root */
	const char *file;      /* its name: for messages */
	struct span name;      /* the same without counters and ".conf" */
	struct span text;      /* what it says; the spans below lie in it, empty without the key */
	struct span kernel;
	struct span title;
	struct span version;
	struct span machine_id;
	struct span sort_key;
	bool counted;   /* the name has counters ... */
	u32 tries_left; /* ... 0: bad */
	u32 tries_done;
	const char *unusable; /* why this build cannot boot it, NULL if it can */
	bool taken;           /* bls_entries_best() passes over it */
};

/* Takes ".conf" off the end of @name. False if it is not there. */
bool bls_cut_suffix(struct span *name);

/*
 * Is @file_name that of an entry? Then its name and counters are filled in: "debian+2-1.conf" is
 * "debian" with two tries left and one done.
 */
bool bls_entry_name(struct span file_name, struct bls_entry *out);

/*
 * Fills in all the file says; of a key that comes twice the last one counts. ERR_CORRUPT: nothing
 * to boot is named.
 */
enum status bls_entry_parse(struct span text, struct bls_entry *out);

/* Takes lines off @rest until one with a value for @key. False at the end. */
bool bls_entry_next_value(struct span *rest, const char *key, struct span *value);

/* Below 0 if @a is to be tried before @b, above 0 if after: "Sorting", and unusable ones last. */
int bls_entry_compare(const struct bls_entry *a, const struct bls_entry *b);

/*
 * The first in this order of those not taken whose name, with or without ".conf", matches @pattern;
 * NULL if none does.
 */
struct bls_entry *bls_entries_best(struct bls_entry *first, struct span pattern);
