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
	PATH_FIELD_EISA,   /* three letters and four digits, "PNP0a03", or as PATH_FIELD_HEX */
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
	/* "10.0.2.15", "10.0.2.15:80"; the port is width bytes after it, 0: it has none. */
	PATH_FIELD_IPV4,
	PATH_FIELD_IPV6,   /* eight groups of digits, or "[...]:80" */
	PATH_FIELD_ONES,   /* as PATH_FIELD_HEX; all bits are set if it is left out */
	PATH_FIELD_PADDED, /* characters, padded with zeroes to width bytes */
	/* One of path_words, or where it has no word, a number for PATH_FIELD_PROTOCOL. */
	PATH_FIELD_CONTROLLER,
	PATH_FIELD_DRIVE,
	PATH_FIELD_FLOW_CONTROL,
	PATH_FIELD_PROTOCOL,
	PATH_FIELD_ORIGIN_4,
	PATH_FIELD_ORIGIN_6,
	PATH_FIELD_LOCATION,
	PATH_FIELD_CONNECTION,
	PATH_FIELD_DIGEST,
	PATH_FIELD_AUTHENTICATION,
	PATH_FIELD_BIOS_DEVICE,
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

/* What nodes that are not rows consist of (10.3.4). */
enum {
	/* The topology of SAS devices. */
	PATH_TOPOLOGY_KIND = 15,
	PATH_TOPOLOGY_NO_BAY = 1,
	PATH_TOPOLOGY_BAY = 2,
	PATH_TOPOLOGY_SATA = 1 << 4,

	PATH_ISCSI_TCP = 0,
	PATH_ISCSI_OPTIONS = 0x1c0f, /* those that have a text */

	PATH_IPV4_SIZE = 4,
	PATH_IPV6_SIZE = 16,

	PATH_REST_VENDOR = 0xff,

	PATH_NVME_UUID = 3,
};

#define PATH_SAS_GUID "\xb4\xdd\x87\xd4\x8b\x00\xd9\x11\xaf\xdc\x00\x10\x83\xff\xca\x4d"
#define PATH_UUID_PREFIX "urn:uuid:"

/* A text that is made of nodes. */
struct path_text {
	CHAR16 *units; /* NULL: only counted */
	size_t count;
	bool display_only; /* shorter, but not for conversion back */
	bool no_shortcuts; /* a GUID where there is a name for it */
};

void path_add_unit(struct path_text *text, CHAR16 unit);
[[gnu::format(printf, 2, 3)]] void path_add(struct path_text *text, const char *pattern, ...);
void path_add_bytes(struct path_text *text, const u8 *bytes, size_t size);
void path_add_guid(struct path_text *text, const u8 *guid);
void path_add_eisa(struct path_text *text, u32 id);

u64 path_number_at(const u8 *at, u32 width);
bool path_are_zero(const u8 *bytes, size_t size);
/* Not what would end a field, a node or the text. */
bool path_unit_is_plain(CHAR16 unit);

/*
 * to_text_all.c: fields from PATH_FIELD_OTHER on, of node bytes at @at; can the text express these?
 * And nodes that are not rows: false if it is none, or has bytes that the text could not express.
 */
void path_add_other(struct path_text *text, const struct path_field *field, const u8 *at);
bool path_can_say_other(const struct path_field *field, const u8 *at);
bool path_add_other_node(struct path_text *text, const u8 *node, u16 length);

/* A part of a text that is converted to nodes. */
struct path_piece {
	const CHAR16 *units;
	size_t count;
};

bool path_piece_is(struct path_piece text, const char *word);

/* Removes the text before the next comma, and the comma, from the front. */
struct path_piece path_take_field(struct path_piece *rest);

/* The value of a hexadecimal digit, otherwise UINT8_MAX. */
u32 path_digit(CHAR16 unit);

bool path_parse_number(struct path_piece text, u32 width, u64 *out);

/*
 * These convert a field, and write it unless @at is NULL. False: the text is none.
 * path_put_other() converts those from PATH_FIELD_OTHER on.
 */
bool path_put_number(struct path_piece text, u32 width, u8 *at);
bool path_put_bytes(struct path_piece text, u8 *at);
bool path_put_guid(struct path_piece text, u8 *at);
bool path_put_eisa(struct path_piece text, u8 *at);
bool path_put_other(const struct path_field *field, struct path_piece text, u8 *at);

/* The header of a node of @size bytes, if it can have one. Returns @size, or 0. */
size_t path_put_header(u64 type, u64 subtype, size_t size, u8 *node);

/*
 * from_text_all.c: "0x0a0b" with all digits; at most @width characters; a word, or the number for
 * which it stands. Any number is a protocol or a BIOS device, a connection has two bits.
 */
bool path_put_big(struct path_piece text, u32 width, u8 *at);
bool path_put_padded(struct path_piece text, u32 width, u8 *at);
bool path_parse_word(u8 kind, struct path_piece text, u32 width, u64 *out);

/*
 * from_text_nodes.c: a node that is not a row. False: no such node has this name. *@size is that of
 * the node, 0 if the fields are not those of the node.
 */
bool path_make_other_node(struct path_piece name, struct path_piece fields, u8 *node, size_t *size);
