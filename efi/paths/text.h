/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text representation of device path nodes (UEFI 2.11, 10.6.1.6): a name and fields in
 * parentheses, most of which are numbers at fixed offsets of the node.
 */
#pragma once

#include "efi/efi.h"

enum path_field_kind {
	PATH_FIELD_NONE,
	PATH_FIELD_HEX,   /* "0x1f", of width bytes */
	PATH_FIELD_COUNT, /* "1", of width bytes */
	PATH_FIELD_GUID,
	PATH_FIELD_EISA,   /* "PNP0a03", or as PATH_FIELD_HEX */
	PATH_FIELD_EUI64,  /* "00-11-22-33-44-55-66-77", in the order of the bytes */
	PATH_FIELD_MAC,    /* 32 bytes; printed as 6 if the others are zero */
	PATH_FIELD_BYTES,  /* "0a0b", everything up to the end of the node */
	PATH_FIELD_ASCII,  /* characters, up to the end of the node */
	PATH_FIELD_PARITY, /* one of PATH_PARITIES by number */
	PATH_FIELD_STOP,   /* one of path_stop_bits by number */
};

struct path_field {
	u8 kind, width, offset;
};

enum { PATH_FIELDS_MAX = 4 };

struct path_node {
	const char *name;
	u8 type, subtype;
	u8 size;                    /* of the node; the minimum if it ends with BYTES or ASCII */
	u8 start[sizeof(EFI_GUID)]; /* distinguishes it from others of its type and subtype */
	u8 start_size;              /* bytes of that; 0: none */
	struct path_field fields[PATH_FIELDS_MAX];
};

/* Nodes that are distinguished by their bytes come before the general one. */
extern const struct path_node path_nodes[];
extern const u32 path_node_count;

#define PATH_PARITIES "DNEOMS"
enum { PATH_STOP_BITS = 4 };
extern const char *const path_stop_bits[PATH_STOP_BITS];

/* Names of nodes without a specific text, by type; NULL: "Path" with the type. */
enum { PATH_TYPES = 6 };
extern const char *const path_type_names[PATH_TYPES];

/* Does the last field take everything that follows? */
bool path_node_is_open(const struct path_node *node);
