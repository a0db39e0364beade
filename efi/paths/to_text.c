/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_DEVICE_PATH_TO_TEXT_PROTOCOL (UEFI 2.11, 10.6.2). The text is made twice: once to count it.
 * Nodes with bytes that their text could not say are written as bytes.
 */
#include "efi/paths/text.h"
#include "efi/protocols/protocols.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/util.h"

void path_add_unit(struct path_text *text, CHAR16 unit)
{
	if (text->units)
		text->units[text->count] = unit;
	text->count++;
}

void path_add(struct path_text *text, const char *pattern, ...)
{
	char part[80]; /* more than any of our patterns takes */
	va_list arguments;

	va_start(arguments, pattern);
	format_list(part, sizeof(part), pattern, arguments);
	va_end(arguments);
	for (const char *c = part; *c; c++)
		path_add_unit(text, (UINT8)*c);
}

u64 path_number_at(const u8 *at, u32 width)
{
	u64 value = 0;

	while (width--)
		value = value << 8 | at[width];
	return value;
}

/* In upper case, as other firmware writes it, because programs compare such texts. */
void path_add_guid(struct path_text *text, const u8 *guid)
{
	char part[sizeof("00000000-0000-0000-0000-000000000000")];

	format(part, sizeof(part), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	       load_le32(guid), load_le16(guid + 4), load_le16(guid + 6), guid[8], guid[9],
	       guid[10], guid[11], guid[12], guid[13], guid[14], guid[15]);
	for (const char *c = part; *c; c++)
		path_add_unit(text, (CHAR16)(*c >= 'a' ? *c - 'a' + 'A' : *c));
}

void path_add_bytes(struct path_text *text, const u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		path_add(text, "%02x", bytes[i]);
}

bool path_are_zero(const u8 *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return size == 0;
}

/* Letters are numbers from 1 on, of five bits. */
void path_add_eisa(struct path_text *text, u32 id)
{
	u32 letters[] = { id >> 10 & 31, id >> 5 & 31, id & 31 };
	bool is_name = !(id & 1u << 15);

	for (u32 i = 0; i < ARRAY_SIZE(letters); i++)
		is_name &= letters[i] - 1 < 26;
	for (u32 i = 0; is_name && i < ARRAY_SIZE(letters); i++)
		path_add_unit(text, (CHAR16)('A' - 1 + letters[i]));
	path_add(text, is_name ? "%04x" : "0x%x", is_name ? id >> 16 : id);
}

static void add_field(struct path_text *text, const struct path_field *field, const u8 *node,
		      u16 length)
{
	enum { MAC_SIZE = 6, MAC_FIELD_SIZE = 32, EUI64_SIZE = 8 };
	const u8 *at = node + field->offset;
	size_t rest = length - (size_t)field->offset;

	switch (field->kind) {
	case PATH_FIELD_HEX:
		path_add(text, "0x%lx", path_number_at(at, field->width));
		break;
	case PATH_FIELD_COUNT:
		path_add(text, "%lu", path_number_at(at, field->width));
		break;
	case PATH_FIELD_GUID:
		path_add_guid(text, at);
		break;
	case PATH_FIELD_EISA:
		path_add_eisa(text, load_le32(at));
		break;
	case PATH_FIELD_EUI64:
		for (u32 i = 0; i < EUI64_SIZE; i++)
			path_add(text, i ? "-%02x" : "%02x", at[EUI64_SIZE - 1 - i]);
		break;
	case PATH_FIELD_MAC:
		path_add_bytes(text, at,
			       path_are_zero(at + MAC_SIZE, MAC_FIELD_SIZE - MAC_SIZE) ?
				       MAC_SIZE :
				       MAC_FIELD_SIZE);
		break;
	case PATH_FIELD_BYTES:
		path_add_bytes(text, at, rest);
		break;
	case PATH_FIELD_ASCII:
		for (size_t i = 0; i < rest; i++)
			path_add_unit(text, at[i]);
		break;
	case PATH_FIELD_PARITY:
		path_add_unit(text, (UINT8)PATH_PARITIES[*at]);
		break;
	case PATH_FIELD_STOP:
		path_add(text, "%s", path_stop_bits[*at]);
		break;
	default:
		if (IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES))
			path_add_other(text, field, at);
		break;
	}
}

bool path_unit_is_plain(CHAR16 unit)
{
	return unit > ' ' && unit < 0x7f && unit != '(' && unit != ')' && unit != ',';
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
			if (!path_unit_is_plain(*at))
				return false;
		return true;
	default:
		return !IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES) || path_can_say_other(field, at);
	}
}

/* A name for what a general node says with a GUID, such as VenVt100(). */
static bool is_shortcut(const struct path_node *row)
{
	return row->type == MESSAGING_DEVICE_PATH && row->id_size == sizeof(EFI_GUID);
}

static const struct path_node *find_row(const struct path_text *text, const u8 *node, u16 length)
{
	const struct path_node *found = NULL;

	for (u32 i = 0; i < path_node_count; i++) {
		const struct path_node *row = &path_nodes[i];
		bool fits = row->type == node[0] && row->subtype == node[1] &&
			    (path_node_is_open(row) ? length >= row->size : length == row->size) &&
			    (!row->id_size ||
			     memcmp(node + row->id_offset, row->id, row->id_size) == 0) &&
			    !(IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES) && text->no_shortcuts &&
			      is_shortcut(row));

		for (u32 j = 0; fits && j < PATH_FIELDS_MAX; j++)
			fits = can_say(&row->fields[j], node, length);
		if (fits && (!found || row->id_size))
			found = row;
	}
	return found;
}

static void add_row(struct path_text *text, const struct path_node *row, const u8 *node, u16 length)
{
	/* Ata(LUN). */
	u32 first = IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES) && text->display_only &&
				    row->fields[0].kind == PATH_FIELD_CONTROLLER ?
			    2 :
			    0;

	path_add(text, "%s(", row->name);
	for (u32 i = first; i < PATH_FIELDS_MAX && row->fields[i].kind; i++) {
		/* Optional bytes that are not there. */
		if (i > first && row->fields[i].kind == PATH_FIELD_BYTES && length == row->size)
			break;
		if (i > first)
			path_add_unit(text, u',');
		add_field(text, &row->fields[i], node, length);
	}
	path_add_unit(text, u')');
}

static bool add_hard_drive(struct path_text *text, const HARDDRIVE_DEVICE_PATH *node)
{
	if (node->SignatureType == SIGNATURE_TYPE_GUID &&
	    node->MBRType == MBR_TYPE_EFI_PARTITION_TABLE_HEADER) {
		path_add(text, "HD(%u,GPT,", node->PartitionNumber);
		path_add_guid(text, node->Signature);
	} else if (node->SignatureType == SIGNATURE_TYPE_MBR && node->MBRType == MBR_TYPE_PCAT &&
		   path_are_zero(node->Signature + sizeof(u32),
				 sizeof(node->Signature) - sizeof(u32))) {
		path_add(text, "HD(%u,MBR,0x%08x", node->PartitionNumber,
			 load_le32(node->Signature));
	} else {
		return false;
	}
	path_add(text, ",0x%lx,0x%lx)", node->PartitionStart, node->PartitionSize);
	return true;
}

/* A file's name, up to its NUL. */
static void add_file(struct path_text *text, const u8 *node, u16 length)
{
	for (size_t at = sizeof(EFI_DEVICE_PATH_PROTOCOL); at + 1 < length; at += sizeof(CHAR16)) {
		CHAR16 unit = load_le16(node + at);

		if (!unit)
			break;
		path_add_unit(text, unit);
	}
}

static void add_node(struct path_text *text, const EFI_DEVICE_PATH_PROTOCOL *node)
{
	const u8 *bytes = (const u8 *)node;
	u16 length = efi_node_length(node);
	const struct path_node *row;

	if (IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES) && path_add_other_node(text, bytes, length))
		return;
	row = find_row(text, bytes, length);
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
		path_add(text, "%s(%u", path_type_names[node->Type], node->SubType);
	else
		path_add(text, "Path(%u,%u", node->Type, node->SubType);
	if (length > sizeof(*node)) {
		path_add_unit(text, u',');
		path_add_bytes(text, bytes + sizeof(*node), length - sizeof(*node));
	}
	path_add_unit(text, u')');
}

static void add_path(struct path_text *text, const EFI_DEVICE_PATH_PROTOCOL *path)
{
	bool is_first = true;

	for (; !efi_path_is_end(path); path = efi_path_next(path)) {
		if (path->Type == END_DEVICE_PATH_TYPE) {
			path_add_unit(text, u',');
			is_first = true;
			continue;
		}
		if (!is_first)
			path_add_unit(text, u'/');
		is_first = false;
		add_node(text, path);
	}
}

static CHAR16 *make(void (*write)(struct path_text *text, const EFI_DEVICE_PATH_PROTOCOL *path),
		    const EFI_DEVICE_PATH_PROTOCOL *path, bool display_only, bool shortcuts)
{
	struct path_text text = { 0 };

	if (IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES)) {
		text.display_only = display_only;
		text.no_shortcuts = !shortcuts;
	}
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
	if (!node || efi_node_length(node) < sizeof(*node))
		return NULL;
	return make(add_node, node, display_only, shortcuts);
}

static CHAR16 *EFIAPI path_to_text(const EFI_DEVICE_PATH_PROTOCOL *path, BOOLEAN display_only,
				   BOOLEAN shortcuts)
{
	if (!path || !efi_path_size(path, EFI_PATH_SIZE_MAX))
		return NULL;
	return make(add_path, path, display_only, shortcuts);
}

EFI_STATUS efi_path_to_text_publish(struct efi_object *object)
{
	static EFI_DEVICE_PATH_TO_TEXT_PROTOCOL protocol = { node_to_text, path_to_text };

	return efi_install(object, &guid_device_path_to_text, &protocol);
}
