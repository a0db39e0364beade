/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages of the HII database. What a guest brings is checked whole by hii_list_check(); the bytes
 * of a package are our own copy from then on.
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

/* Is @list, of the size that its header says, made of packages that are well-formed? */
bool hii_list_check(struct span list);

/* Takes the next package off @rest; false at the end package or at the end. */
bool hii_next_package(struct span *rest, struct span *package);
u8 hii_package_type(struct span package);

/* Of a string package: "en-US", or several with ';' between; its strings' blocks. */
struct span hii_language(struct span package);
struct span hii_blocks(struct span package);

/* One string, or one other block, of those of a string package. */
struct hii_item {
	struct span block; /* of what is no string: all its bytes */
	struct span text;  /* of a string, without its NUL */
	u16 id;            /* of a string; of others the next one's */
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
/* False at the end, or at something malformed, which sets blocks.overrun. */
bool hii_walk_next(struct hii_walk *walk, struct hii_item *item);

/* The string @id. Duplicates lead to earlier strings. False: there is no such string. */
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
