/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages of the HII database. hii_list_check() checks a complete list from a guest; after that,
 * we use our own copy of the packages.
 */
#pragma once

#include "efi/efi.h"
#include "efi/spec/hii.h"

enum {
	HII_LIST_HEADER_SIZE = sizeof(EFI_HII_PACKAGE_LIST_HEADER),
	HII_PACKAGE_HEADER_SIZE = 4, /* three bytes of length, one of type */
	HII_LIST_SIZE_MAX = 16 << 20,
	HII_STRING_ID_MAX = 0xfffe,
};

/* hii_packages.c: pure */

/* Does @list, of the size in its header, consist of well-formed packages? */
bool hii_list_check(struct span list);

/* Removes the next package from the front of @rest; false at the end package or at the end. */
bool hii_next_package(struct span *rest, struct span *package);
u8 hii_package_type(struct span package);

/*
 * Parts of a string package: its language ("en-US", or several separated by ';'), and the blocks of
 * its strings.
 */
struct span hii_language(struct span package);
struct span hii_blocks(struct span package);

/* A string, or another block, of a string package. */
struct hii_item {
	struct span block; /* if it is not a string: all its bytes */
	struct span text;  /* if it is a string: without its NUL */
	u16 id;            /* of this string, or of the next one */
	u16 duplicate_of;  /* 0: none */
	u8 font;
	bool is_string, has_font, is_ucs2;
};

struct hii_walk {
	struct reader blocks;
	u32 next_id; /* 1 at first */
	/* Within a block of several strings. */
	u32 strings_left;
	u8 font;
	bool has_font, is_ucs2;
};

struct hii_walk hii_walk_start(struct span package);
/* False at the end, or at malformed data, which sets blocks.overrun. */
bool hii_walk_next(struct hii_walk *walk, struct hii_item *item);

/* Finds the string @id, following duplicates to earlier strings. False: there is no such string. */
bool hii_find_string(struct span package, u16 id, struct hii_item *item);

/* hii_database.c */
struct hii_package {
	struct hii_package *next;
	size_t size;
	u8 bytes[];
};

struct hii_list {
	struct hii_list *next;
	EFI_GUID guid;
	EFI_HANDLE driver;
	struct hii_package *packages;
};

struct hii_list *hii_list_of(EFI_HII_HANDLE handle);
struct span hii_bytes(const struct hii_package *package);

/* hii_string.c */
extern const EFI_HII_STRING_PROTOCOL hii_string;
