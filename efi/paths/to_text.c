/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_DEVICE_PATH_TO_TEXT_PROTOCOL (UEFI 2.11, 10.6.2). The text is made twice: once to count it.
 * Nodes with bytes that their text could not say are written as bytes. Both arguments that ask for
 * shorter texts may be ignored, as those can be parsed too.
 */
#include "efi/paths/text.h"
#include "efi/protocols/protocols.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/util.h"

struct text {
	CHAR16 *units; /* NULL: only counted */
	size_t count;
};

static void add_unit(struct text *text, CHAR16 unit)
{
	if (text->units)
		text->units[text->count] = unit;
	text->count++;
}

[[gnu::format(printf, 2, 3)]] static void add(struct text *text, const char *pattern, ...)
{
	char part[80]; /* more than any of our patterns takes */
	va_list arguments;

	va_start(arguments, pattern);
	format_list(part, sizeof(part), pattern, arguments);
	va_end(arguments);
	for (const char *c = part; *c; c++)
		add_unit(text, (UINT8)*c);
}

static u64 number_at(const u8 *at, u32 width)
{
	u64 value = 0;

	while (width--)
		value = value << 8 | at[width];
	return value;
}

static void add_guid(struct text *text, const u8 *guid)
{
	add(text, "%08x-%04x-%04x-%02x%02x-", load_le32(guid), load_le16(guid + 4),
	    load_le16(guid + 6), guid[8], guid[9]);
	for (u32 i = 10; i < sizeof(EFI_GUID); i++)
		add(text, "%02x", guid[i]);
}

static void add_bytes(struct text *text, const u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		add(text, "%02x", bytes[i]);
}

static bool are_zero(const u8 *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return size == 0;
}

static const char *word_of(const struct path_field *field, u64 value)
{
	for (u32 i = 0; i < path_word_count; i++)
		if (path_words[i].kind == field->kind && path_words[i].value == value)
			return path_words[i].name;
	return NULL;
}

/* A field of a node that virtual machines do not have. */
static void add_other_field(struct text *text, const struct path_field *field, const u8 *at)
{
	enum { IPV6_GROUPS = 8 };
	const char *word;

	switch (field->kind) {
	case PATH_FIELD_BIG:
		add(text, "0x");
		add_bytes(text, at, field->width);
		break;
	case PATH_FIELD_DIGITS:
		add_bytes(text, at, field->width);
		break;
	case PATH_FIELD_BARE:
		add(text, "%016lx", number_at(at, sizeof(u64)));
		break;
	case PATH_FIELD_IPV4:
		add(text, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
		break;
	case PATH_FIELD_IPV6:
		for (u32 i = 0; i < IPV6_GROUPS; i++)
			add(text, i ? ":%02x%02x" : "%02x%02x", at[2 * i], at[2 * i + 1]);
		break;
	case PATH_FIELD_PADDED:
		for (u32 i = 0; i < field->width && at[i]; i++)
			add_unit(text, at[i]);
		break;
	default:
		word = word_of(field, number_at(at, field->width));
		if (word)
			add(text, "%s", word);
		else
			add(text, "0x%lx", number_at(at, field->width));
		break;
	}
}

static void add_field(struct text *text, const struct path_field *field, const u8 *node, u16 length)
{
	enum { MAC_SIZE = 6, MAC_FIELD_SIZE = 32, EUI64_SIZE = 8 };
	const u8 *at = node + field->offset;
	size_t rest = length - (size_t)field->offset;

	switch (field->kind) {
	case PATH_FIELD_HEX:
		add(text, "0x%lx", number_at(at, field->width));
		break;
	case PATH_FIELD_COUNT:
		add(text, "%lu", number_at(at, field->width));
		break;
	case PATH_FIELD_GUID:
		add_guid(text, at);
		break;
	case PATH_FIELD_EISA:
		if (load_le16(at) == (EISA_PNP_ID(0) & 0xffff))
			add(text, "PNP%04x", load_le16(at + 2));
		else
			add(text, "0x%x", load_le32(at));
		break;
	case PATH_FIELD_EUI64:
		for (u32 i = 0; i < EUI64_SIZE; i++)
			add(text, i ? "-%02x" : "%02x", at[EUI64_SIZE - 1 - i]);
		break;
	case PATH_FIELD_MAC:
		add_bytes(text, at,
			  are_zero(at + MAC_SIZE, MAC_FIELD_SIZE - MAC_SIZE) ? MAC_SIZE :
									       MAC_FIELD_SIZE);
		break;
	case PATH_FIELD_BYTES:
		add_bytes(text, at, rest);
		break;
	case PATH_FIELD_ASCII:
		for (size_t i = 0; i < rest; i++)
			add_unit(text, at[i]);
		break;
	case PATH_FIELD_PARITY:
		add_unit(text, (UINT8)PATH_PARITIES[*at]);
		break;
	case PATH_FIELD_STOP:
		add(text, "%s", path_stop_bits[*at]);
		break;
	default:
		if (IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES))
			add_other_field(text, field, at);
		break;
	}
}

/* Not what would end the field, the node or the text. */
static bool is_plain(u8 c)
{
	return c > ' ' && c < 0x7f && c != '(' && c != ')' && c != ',';
}

/* Characters, then zeroes only. A '/' in the parentheses of a node does not end it. */
static bool is_padded(const u8 *at, size_t width)
{
	size_t count = 0;

	while (count < width && (is_plain(at[count]) || at[count] == ' '))
		count++;
	return are_zero(at + count, width - count);
}

static bool can_say_other(const struct path_field *field, const u8 *at)
{
	switch (field->kind) {
	case PATH_FIELD_PADDED:
		return is_padded(at, field->width);
	case PATH_FIELD_CONTROLLER:
	case PATH_FIELD_DRIVE:
	case PATH_FIELD_FLOW_CONTROL:
	case PATH_FIELD_ORIGIN_4:
	case PATH_FIELD_ORIGIN_6:
		return word_of(field, number_at(at, field->width));
	default:
		return true;
	}
}

/* Can the text of @row express all of the bytes of the field? */
static bool can_say(const struct path_field *field, const u8 *node, u16 length)
{
	const u8 *at = node + field->offset;

	switch (field->kind) {
	case PATH_FIELD_PARITY:
		return *at < sizeof(PATH_PARITIES) - 1;
	case PATH_FIELD_STOP:
		return *at < PATH_STOP_BITS;
	case PATH_FIELD_ASCII:
		for (; at < node + length; at++)
			if (!is_plain(*at))
				return false;
		return true;
	default:
		return !IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES) || can_say_other(field, at);
	}
}

static const struct path_node *find_row(const u8 *node, u16 length)
{
	const struct path_node *found = NULL;

	for (u32 i = 0; i < path_node_count; i++) {
		const struct path_node *row = &path_nodes[i];
		bool fits = row->type == node[0] && row->subtype == node[1] &&
			    (path_node_is_open(row) ? length >= row->size : length == row->size) &&
			    (!row->id_size ||
			     memcmp(node + row->id_offset, row->id, row->id_size) == 0);

		for (u32 j = 0; fits && j < PATH_FIELDS_MAX; j++)
			fits = can_say(&row->fields[j], node, length);
		if (fits && (!found || row->id_size))
			found = row;
	}
	return found;
}

static void add_row(struct text *text, const struct path_node *row, const u8 *node, u16 length)
{
	add(text, "%s(", row->name);
	for (u32 i = 0; i < PATH_FIELDS_MAX && row->fields[i].kind; i++) {
		/* Optional bytes that are not there. */
		if (i && row->fields[i].kind == PATH_FIELD_BYTES && length == row->size)
			break;
		if (i)
			add_unit(text, u',');
		add_field(text, &row->fields[i], node, length);
	}
	add_unit(text, u')');
}

static bool add_hard_drive(struct text *text, const HARDDRIVE_DEVICE_PATH *node)
{
	if (node->SignatureType == SIGNATURE_TYPE_GUID &&
	    node->MBRType == MBR_TYPE_EFI_PARTITION_TABLE_HEADER) {
		add(text, "HD(%u,GPT,", node->PartitionNumber);
		add_guid(text, node->Signature);
	} else if (node->SignatureType == SIGNATURE_TYPE_MBR && node->MBRType == MBR_TYPE_PCAT &&
		   are_zero(node->Signature + sizeof(u32), sizeof(node->Signature) - sizeof(u32))) {
		add(text, "HD(%u,MBR,0x%08x", node->PartitionNumber, load_le32(node->Signature));
	} else {
		return false;
	}
	add(text, ",0x%lx,0x%lx)", node->PartitionStart, node->PartitionSize);
	return true;
}

/* A file's name, up to its NUL. */
static void add_file(struct text *text, const u8 *node, u16 length)
{
	for (size_t at = sizeof(EFI_DEVICE_PATH_PROTOCOL); at + 1 < length; at += sizeof(CHAR16)) {
		CHAR16 unit = load_le16(node + at);

		if (!unit)
			break;
		add_unit(text, unit);
	}
}

static void add_node(struct text *text, const EFI_DEVICE_PATH_PROTOCOL *node)
{
	const u8 *bytes = (const u8 *)node;
	u16 length = efi_node_length(node);
	const struct path_node *row = find_row(bytes, length);

	if (row) {
		add_row(text, row, bytes, length);
		return;
	}
	if (node->Type == MEDIA_DEVICE_PATH && node->SubType == MEDIA_FILEPATH_DP) {
		add_file(text, bytes, length);
		return;
	}
	if (node->Type == MEDIA_DEVICE_PATH && node->SubType == MEDIA_HARDDRIVE_DP &&
	    length == sizeof(HARDDRIVE_DEVICE_PATH) && add_hard_drive(text, (const void *)node))
		return;
	if (node->Type < PATH_TYPES && path_type_names[node->Type])
		add(text, "%s(%u", path_type_names[node->Type], node->SubType);
	else
		add(text, "Path(%u,%u", node->Type, node->SubType);
	if (length > sizeof(*node)) {
		add_unit(text, u',');
		add_bytes(text, bytes + sizeof(*node), length - sizeof(*node));
	}
	add_unit(text, u')');
}

static void add_path(struct text *text, const EFI_DEVICE_PATH_PROTOCOL *path)
{
	bool is_first = true;

	for (; !efi_path_is_end(path); path = efi_path_next(path)) {
		if (path->Type == END_DEVICE_PATH_TYPE) {
			add_unit(text, u',');
			is_first = true;
			continue;
		}
		if (!is_first)
			add_unit(text, u'/');
		is_first = false;
		add_node(text, path);
	}
}

static CHAR16 *make(void (*write)(struct text *text, const EFI_DEVICE_PATH_PROTOCOL *path),
		    const EFI_DEVICE_PATH_PROTOCOL *path)
{
	struct text text = { NULL, 0 };

	write(&text, path);
	text.units = efi_allocate((text.count + 1) * sizeof(CHAR16));
	text.count = 0;
	if (text.units)
		write(&text, path); /* the NUL is there: such memory is zeroed */
	return text.units;
}

static CHAR16 *EFIAPI node_to_text(const EFI_DEVICE_PATH_PROTOCOL *node, BOOLEAN display_only,
				   BOOLEAN shortcuts)
{
	(void)display_only;
	(void)shortcuts;
	return node && efi_node_length(node) >= sizeof(*node) ? make(add_node, node) : NULL;
}

static CHAR16 *EFIAPI path_to_text(const EFI_DEVICE_PATH_PROTOCOL *path, BOOLEAN display_only,
				   BOOLEAN shortcuts)
{
	(void)display_only;
	(void)shortcuts;
	return path && efi_path_size(path, EFI_PATH_SIZE_MAX) ? make(add_path, path) : NULL;
}

EFI_STATUS efi_path_to_text_publish(struct efi_object *object)
{
	static EFI_DEVICE_PATH_TO_TEXT_PROTOCOL protocol = { node_to_text, path_to_text };

	return efi_install(object, &guid_device_path_to_text, &protocol);
}
