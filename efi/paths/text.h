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

	/* Only in nodes that virtual machines do not have (EFI_PATH_ALL_NODES). */
	PATH_FIELD_OTHER,
	PATH_FIELD_DIGITS = PATH_FIELD_OTHER, /* "0a0b", width bytes */
	PATH_FIELD_BIG,                       /* "0x0a0b", width bytes */
	PATH_FIELD_BARE,                      /* "000000000000001f", a number of 8 bytes */
	PATH_FIELD_IPV4,                      /* "10.0.2.15" */
	PATH_FIELD_IPV6,                      /* eight groups of digits */
	PATH_FIELD_PADDED,                    /* characters, padded with zeroes to width bytes */
	/* One of path_words, or where it has no word, a number for PATH_FIELD_PROTOCOL. */
	PATH_FIELD_CONTROLLER,
	PATH_FIELD_DRIVE,
	PATH_FIELD_FLOW_CONTROL,
	PATH_FIELD_PROTOCOL,
	PATH_FIELD_ORIGIN_4,
	PATH_FIELD_ORIGIN_6,
};

struct path_field {
	u8 kind, width, offset;
};

enum { PATH_FIELDS_MAX = 6 };

struct path_node {
	const char *name;
	const char *id; /* bytes that distinguish it from others of its type and subtype */
	u8 type, subtype;
	u8 size; /* of the node; the minimum if it ends with BYTES or ASCII */
	u8 id_offset, id_size;
	struct path_field fields[PATH_FIELDS_MAX];
};

/* A node that is distinguished by its bytes comes before the general one, whatever the order. */
extern const struct path_node path_nodes[];
extern const u32 path_node_count;

#define PATH_PARITIES "DNEOMS"
enum { PATH_STOP_BITS = 4 };
extern const char *const path_stop_bits[PATH_STOP_BITS];

/* Names of nodes without a specific text, by type; NULL: "Path" with the type. */
enum { PATH_TYPES = 6 };
extern const char *const path_type_names[PATH_TYPES];

/* The words for the values of a field. */
struct path_word {
	u8 kind, value;
	const char *name;
};

extern const struct path_word path_words[];
extern const u32 path_word_count;

/* Does the last field take everything that follows? */
bool path_node_is_open(const struct path_node *node);

/* A part of a text that is converted to nodes. */
struct path_piece {
	const CHAR16 *units;
	size_t count;
};

bool path_piece_is(struct path_piece text, const char *word);

/* The value of a digit of any base up to 36, otherwise UINT8_MAX. */
u32 path_digit(CHAR16 unit);

/*
 * These convert a field, and write it unless @at is NULL. False: the text is none.
 * path_put_other() converts those from PATH_FIELD_OTHER on.
 */
bool path_put_number(struct path_piece text, u32 width, u8 *at);
bool path_put_bytes(struct path_piece text, u8 *at);
bool path_put_other(const struct path_field *field, struct path_piece text, u8 *at);
