/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL (UEFI 2.11, 10.6.3): what to_text.c writes, and the same with
 * fields left out at the end, which are 0 then. The text is walked twice: once to count the bytes.
 * A text that names no node is the name of a file, as elsewhere; one that names a node with invalid
 * fields is refused, so that no other device is meant by it.
 */
#include "efi/paths/text.h"
#include "efi/protocols/protocols.h"
#include "lib/config.h"
#include "lib/text.h"
#include "lib/util.h"

enum {
	NODE_HEADER_SIZE = sizeof(EFI_DEVICE_PATH_PROTOCOL),
	NODE_SIZE_MAX = 0xffff,
	/* Two digits a byte, and names: no text of a path that we take is longer. */
	TEXT_COUNT_MAX = 4 * EFI_PATH_SIZE_MAX,
};

bool path_piece_is(struct path_piece text, const char *word)
{
	size_t i = 0;

	while (i < text.count && word[i] && text.units[i] == (UINT8)word[i])
		i++;
	return i == text.count && !word[i];
}

struct path_piece path_take_field(struct path_piece *rest)
{
	struct path_piece field = { rest->units, 0 };

	while (field.count < rest->count && field.units[field.count] != ',')
		field.count++;
	rest->units += field.count;
	rest->count -= field.count;
	if (rest->count) {
		rest->units++;
		rest->count--;
	}
	return field;
}

u32 path_digit(CHAR16 unit)
{
	return unit < 0x80 ? text_digit((u8)unit) : UINT8_MAX;
}

/* A field that is left out is 0. Spaces before it are ignored, as by other firmware. */
bool path_parse_number(struct path_piece text, u32 width, u64 *out)
{
	const u64 value_max = UINT64_MAX >> (64 - 8 * width);
	u32 base = 10;
	u64 value = 0;

	for (; text.count && *text.units == ' '; text.units++)
		text.count--;
	if (text.count > 2 && text.units[0] == '0' && (text.units[1] | 0x20) == 'x') {
		base = 16;
		text.units += 2;
		text.count -= 2;
	}
	for (; text.count; text.units++, text.count--) {
		u32 digit = path_digit(*text.units);

		if (digit >= base || value > (value_max - digit) / base)
			return false;
		value = value * base + digit;
	}
	*out = value;
	return true;
}

bool path_put_number(struct path_piece text, u32 width, u8 *at)
{
	u64 value;

	if (!path_parse_number(text, width, &value))
		return false;
	for (u32 i = 0; at && i < width; i++, value >>= 8)
		at[i] = (u8)value;
	return true;
}

/* Two digits a byte. */
bool path_put_bytes(struct path_piece text, u8 *at)
{
	if (text.count % 2)
		return false;
	for (size_t i = 0; i < text.count; i += 2) {
		u32 high = path_digit(text.units[i]), low = path_digit(text.units[i + 1]);

		if (high > 15 || low > 15)
			return false;
		if (at)
			at[i / 2] = (u8)(high << 4 | low);
	}
	return true;
}

/* Groups of digits with '-' between them; @order has the place of each byte, NONE a '-'. */
static bool put_groups(struct path_piece text, const u8 *order, size_t count, u8 *at)
{
	enum { NONE = 0xff };

	for (size_t i = 0; i < count; i++) {
		size_t size = order[i] == NONE ? 1 : 2;

		if (text.count < size)
			return false;
		if (size == 1 && *text.units != '-')
			return false;
		if (size == 2 && !path_put_bytes((struct path_piece){ text.units, 2 },
						 at ? at + order[i] : NULL))
			return false;
		text.units += size;
		text.count -= size;
	}
	return !text.count;
}

bool path_put_guid(struct path_piece text, u8 *at)
{
	static const u8 order[] = { 3,    2, 1, 0,    0xff, 5,  4,  0xff, 7,  6,
				    0xff, 8, 9, 0xff, 10,   11, 12, 13,   14, 15 };

	return put_groups(text, order, sizeof(order), at);
}

static bool put_eui64(struct path_piece text, u8 *at)
{
	static const u8 order[] = {
		7, 0xff, 6, 0xff, 5, 0xff, 4, 0xff, 3, 0xff, 2, 0xff, 1, 0xff, 0
	};

	return put_groups(text, order, sizeof(order), at);
}

/* "PNP0a03", or the number. */
bool path_put_eisa(struct path_piece text, u8 *at)
{
	enum { LETTERS = 3, DIGITS = 4 };
	u8 number[DIGITS / 2];
	u32 id = 0;

	for (u32 i = 0; i < LETTERS; i++) {
		u32 letter = text.count == LETTERS + DIGITS ? (text.units[i] | 0x20u) - 'a' : 26;

		if (letter >= 26)
			return path_put_number(text, sizeof(u32), at);
		id = id << 5 | (letter + 1);
	}
	if (!path_put_bytes((struct path_piece){ text.units + LETTERS, DIGITS }, number))
		return false;
	if (at)
		store_le32(at, id | (u32)number[0] << 24 | (u32)number[1] << 16);
	return true;
}

static bool put_mac(struct path_piece text, u8 *at)
{
	enum { MAC_SIZE = 6, MAC_FIELD_SIZE = 32 };

	return (text.count == 2 * MAC_SIZE || text.count == 2 * MAC_FIELD_SIZE) &&
	       path_put_bytes(text, at);
}

static bool put_ascii(struct path_piece text, u8 *at)
{
	for (size_t i = 0; i < text.count; i++) {
		if (text.units[i] <= ' ' || text.units[i] >= 0x7f)
			return false;
		if (at)
			at[i] = (u8)text.units[i];
	}
	return true;
}

static bool put_choice(u32 choice, u32 count, u8 *at)
{
	if (choice < count && at)
		*at = (u8)choice;
	return choice < count;
}

static bool put_parity(struct path_piece text, u8 *at)
{
	u32 i = 0;

	while (text.count == 1 && i < sizeof(PATH_PARITIES) - 1 && *text.units != PATH_PARITIES[i])
		i++;
	return text.count <= 1 && put_choice(i, sizeof(PATH_PARITIES) - 1, at);
}

static bool put_stop(struct path_piece text, u8 *at)
{
	u32 i = 0;

	while (text.count && i < PATH_STOP_BITS && !path_piece_is(text, path_stop_bits[i]))
		i++;
	return put_choice(i, PATH_STOP_BITS, at);
}

static bool put_field(const struct path_field *field, struct path_piece text, u8 *at)
{
	switch (field->kind) {
	case PATH_FIELD_COUNT:
		/* What Uart(DEFAULT,DEFAULT,D,D) has. */
		if (path_piece_is(text, "DEFAULT"))
			return true;
		return path_put_number(text, field->width, at);
	case PATH_FIELD_HEX:
		return path_put_number(text, field->width, at);
	case PATH_FIELD_GUID:
		return path_put_guid(text, at);
	case PATH_FIELD_EISA:
		return path_put_eisa(text, at);
	case PATH_FIELD_EUI64:
		return put_eui64(text, at);
	case PATH_FIELD_MAC:
		return put_mac(text, at);
	case PATH_FIELD_BYTES:
		return path_put_bytes(text, at);
	case PATH_FIELD_ASCII:
		return put_ascii(text, at);
	case PATH_FIELD_PARITY:
		return put_parity(text, at);
	case PATH_FIELD_STOP:
		return put_stop(text, at);
	}
	return IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES) && path_put_other(field, text, at);
}

size_t path_put_header(u64 type, u64 subtype, size_t size, u8 *node)
{
	if (size > NODE_SIZE_MAX)
		return 0;
	if (node) {
		node[0] = (u8)type;
		node[1] = (u8)subtype;
		store_le16(node + 2, (u16)size);
	}
	return size;
}

/*
 * These return the size of the node, and write it unless @node is NULL, where memory is zero; 0 if
 * the fields are not those of the node.
 */
static size_t node_of_row(const struct path_node *row, struct path_piece fields, u8 *node)
{
	size_t size = row->size;

	for (u32 i = 0; i < PATH_FIELDS_MAX && row->fields[i].kind; i++) {
		const struct path_field *field = &row->fields[i];
		struct path_piece text = fields;

		if (field->kind == PATH_FIELD_BYTES)
			size = field->offset + fields.count / 2;
		if (field->kind == PATH_FIELD_ASCII)
			size = field->offset + fields.count;
		if (size != row->size)
			fields.count = 0;
		else
			text = path_take_field(&fields);
		if (!put_field(field, text, node ? node + field->offset : NULL))
			return 0;
	}
	if (node && row->id_size)
		memcpy(node + row->id_offset, row->id, row->id_size);
	return fields.count ? 0 : path_put_header(row->type, row->subtype, size, node);
}

/* "HD(1,GPT,GUID,0x800,0x32000)", "HD(1,MBR,0x12345678,0x800,0x32000)" */
static size_t hard_drive_node(struct path_piece fields, u8 *node)
{
	const size_t number = offsetof(HARDDRIVE_DEVICE_PATH, PartitionNumber);
	const size_t start = offsetof(HARDDRIVE_DEVICE_PATH, PartitionStart);
	const size_t size = offsetof(HARDDRIVE_DEVICE_PATH, PartitionSize);
	const size_t signature = offsetof(HARDDRIVE_DEVICE_PATH, Signature);
	u8 bytes[sizeof(HARDDRIVE_DEVICE_PATH)] = { 0 };
	HARDDRIVE_DEVICE_PATH *made = (void *)bytes;
	struct path_piece scheme;

	if (!path_put_number(path_take_field(&fields), sizeof(UINT32), bytes + number))
		return 0;
	scheme = path_take_field(&fields);
	if (path_piece_is(scheme, "GPT")) {
		made->MBRType = MBR_TYPE_EFI_PARTITION_TABLE_HEADER;
		made->SignatureType = SIGNATURE_TYPE_GUID;
		if (!path_put_guid(path_take_field(&fields), bytes + signature))
			return 0;
	} else if (path_piece_is(scheme, "MBR")) {
		made->MBRType = MBR_TYPE_PCAT;
		made->SignatureType = SIGNATURE_TYPE_MBR;
		if (!path_put_number(path_take_field(&fields), sizeof(UINT32), bytes + signature))
			return 0;
	} else {
		return 0;
	}
	if (!path_put_number(path_take_field(&fields), sizeof(UINT64), bytes + start) ||
	    !path_put_number(path_take_field(&fields), sizeof(UINT64), bytes + size) ||
	    fields.count)
		return 0;
	if (node)
		memcpy(node, bytes, sizeof(bytes));
	return path_put_header(MEDIA_DEVICE_PATH, MEDIA_HARDDRIVE_DP, sizeof(bytes), node);
}

/* What follows the type of a node that is written as bytes: "99", "99,0a0b". */
static size_t node_of_bytes(u64 type, struct path_piece fields, u8 *node)
{
	struct path_piece subtype_text = path_take_field(&fields);
	size_t size = NODE_HEADER_SIZE + fields.count / 2;
	u64 subtype;

	/* An end in the middle of a path would hide what comes after it. */
	if (type == END_DEVICE_PATH_TYPE || !subtype_text.count ||
	    !path_parse_number(subtype_text, sizeof(UINT8), &subtype) ||
	    !path_put_bytes(fields, node ? node + NODE_HEADER_SIZE : NULL))
		return 0;
	return path_put_header(type, subtype, size, node);
}

static size_t file_node(struct path_piece text, u8 *node)
{
	size_t size = NODE_HEADER_SIZE + (text.count + 1) * sizeof(CHAR16);

	for (size_t i = 0; node && i < text.count; i++)
		store_le16(node + NODE_HEADER_SIZE + i * sizeof(CHAR16), text.units[i]);
	return path_put_header(MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, size, node);
}

static size_t node_of(struct path_piece text, u8 *node)
{
	struct path_piece name = { text.units, 0 }, fields;
	size_t size;

	while (name.count < text.count && name.units[name.count] != '(')
		name.count++;
	if (name.count == text.count || text.units[text.count - 1] != ')')
		return file_node(text, node);
	fields.units = text.units + name.count + 1;
	fields.count = text.count - name.count - 2;
	if (IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES) && path_make_other_node(name, fields, node, &size))
		return size;
	for (u32 i = 0; i < path_node_count; i++)
		if (path_piece_is(name, path_nodes[i].name))
			return node_of_row(&path_nodes[i], fields, node);
	if (path_piece_is(name, "HD"))
		return hard_drive_node(fields, node);
	for (u32 type = 0; type < PATH_TYPES; type++)
		if (path_type_names[type] && path_piece_is(name, path_type_names[type]))
			return node_of_bytes(type, fields, node);
	if (path_piece_is(name, "Path")) {
		u64 type;

		return path_parse_number(path_take_field(&fields), sizeof(UINT8), &type) ?
			       node_of_bytes(type, fields, node) :
			       0;
	}
	return file_node(text, node);
}

static bool is_separator(CHAR16 unit)
{
	return unit == '/' || unit == ',';
}

/*
 * Takes the next node off the text, up to a separator that stands in no parentheses. False: those
 * do not match.
 */
static bool take_node(struct path_piece *rest, struct path_piece *node)
{
	size_t depth = 0;

	*node = (struct path_piece){ rest->units, 0 };
	for (; rest->count; rest->units++, rest->count--, node->count++) {
		if (!depth && is_separator(*rest->units))
			break;
		depth += *rest->units == '(';
		if (*rest->units == ')' && !depth--)
			return false;
	}
	return !depth;
}

/* Bytes of the path, written unless @path is NULL; 0 if the text is not one. */
static size_t path_of(struct path_piece text, u8 *path)
{
	bool is_next_instance = false;
	size_t size = 0;

	for (;;) {
		struct path_piece node;
		size_t node_size;

		/* Empty nodes and instances are skipped. */
		for (; text.count && is_separator(*text.units); text.units++, text.count--)
			is_next_instance |= *text.units == ',' && size;
		if (!text.count)
			break;
		if (is_next_instance)
			size += path_put_header(END_DEVICE_PATH_TYPE,
						END_INSTANCE_DEVICE_PATH_SUBTYPE, NODE_HEADER_SIZE,
						path ? path + size : NULL);
		is_next_instance = false;
		if (!take_node(&text, &node))
			return 0;
		node_size = node_of(node, path ? path + size : NULL);
		size += node_size;
		if (!node_size || size > EFI_PATH_SIZE_MAX - 2 * NODE_HEADER_SIZE)
			return 0;
	}
	return size + path_put_header(END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE,
				      NODE_HEADER_SIZE, path ? path + size : NULL);
}

static EFI_DEVICE_PATH_PROTOCOL *make(size_t (*convert)(struct path_piece text, u8 *bytes),
				      const CHAR16 *units)
{
	struct path_piece text = { units, 0 };
	size_t size;
	u8 *bytes;

	if (!units)
		return NULL;
	while (text.count <= TEXT_COUNT_MAX && units[text.count])
		text.count++;
	size = text.count <= TEXT_COUNT_MAX ? convert(text, NULL) : 0;
	bytes = size ? efi_allocate(size) : NULL;
	if (bytes)
		convert(text, bytes);
	return (EFI_DEVICE_PATH_PROTOCOL *)bytes;
}

static EFI_DEVICE_PATH_PROTOCOL *EFIAPI text_to_node(const CHAR16 *text)
{
	return make(node_of, text);
}

static EFI_DEVICE_PATH_PROTOCOL *EFIAPI text_to_path(const CHAR16 *text)
{
	return make(path_of, text);
}

EFI_STATUS efi_path_from_text_publish(struct efi_object *object)
{
	static EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL protocol = { text_to_node, text_to_path };

	return efi_install(object, &guid_device_path_from_text, &protocol);
}
