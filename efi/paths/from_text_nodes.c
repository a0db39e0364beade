/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes from their text that are more than fields at fixed offsets, and that virtual machines do
 * not have (EFI_PATH_ALL_NODES).
 */
#include "efi/paths/text.h"
#include "lib/util.h"

/* A node whose bytes are added one after the other. */
struct made_node {
	u8 *bytes; /* NULL: only counted */
	size_t size;
};

static u8 *add_room(struct made_node *node, size_t size)
{
	u8 *at = node->bytes ? node->bytes + node->size : NULL;

	node->size += size;
	return at;
}

static bool add_value(struct made_node *node, u64 value, u32 width)
{
	u8 *at = add_room(node, width);

	for (u32 i = 0; at && i < width; i++, value >>= 8)
		at[i] = (u8)value;
	return true;
}

static bool add_number(struct made_node *node, struct path_piece text, u32 width)
{
	return path_put_number(text, width, add_room(node, width));
}

static bool add_guid(struct made_node *node, struct path_piece text)
{
	return path_put_guid(text, add_room(node, sizeof(EFI_GUID)));
}

static bool add_eisa(struct made_node *node, struct path_piece text)
{
	return path_put_eisa(text, add_room(node, sizeof(u32)));
}

/* Characters and a NUL. */
static bool add_string(struct made_node *node, struct path_piece text)
{
	return path_put_padded(text, UINT32_MAX, add_room(node, text.count + 1));
}

/* "0x" and the digits of eight bytes, in this order; 0 if it is left out. */
static bool add_eight_bytes(struct made_node *node, struct path_piece text)
{
	u8 *at = add_room(node, sizeof(u64));

	return !text.count || path_put_big(text, sizeof(u64), at);
}

static bool make_acpi_ex(struct path_piece fields, struct made_node *node)
{
	struct path_piece hid = path_take_field(&fields), cid = path_take_field(&fields);
	struct path_piece uid = path_take_field(&fields), hid_string = path_take_field(&fields);
	struct path_piece cid_string = path_take_field(&fields);

	return add_eisa(node, hid) && add_number(node, uid, sizeof(u32)) && add_eisa(node, cid) &&
	       add_string(node, hid_string) && add_string(node, path_take_field(&fields)) &&
	       add_string(node, cid_string) && !fields.count;
}

static bool make_acpi_exp(struct path_piece fields, struct made_node *node)
{
	const struct path_piece empty = { 0 };
	struct path_piece hid = path_take_field(&fields), cid = path_take_field(&fields);

	return add_eisa(node, hid) && add_value(node, 0, sizeof(u32)) && add_eisa(node, cid) &&
	       add_string(node, empty) && add_string(node, path_take_field(&fields)) &&
	       add_string(node, empty) && !fields.count;
}

static bool make_acpi_adr(struct path_piece fields, struct made_node *node)
{
	do {
		if (!add_number(node, path_take_field(&fields), sizeof(u32)))
			return false;
	} while (fields.count);
	return true;
}

static bool is_zero(struct path_piece text)
{
	u64 value;

	return path_parse_number(text, sizeof(u8), &value) && !value;
}

/* SASSATA,Location,Connect,DriveBay: the last three only after one of two words. */
static bool parse_topology(struct path_piece *fields, u64 *out)
{
	enum { BAYS = 256 };
	struct path_piece kind = path_take_field(fields), where = path_take_field(fields);
	struct path_piece how = path_take_field(fields), bay = path_take_field(fields);
	bool is_sata = path_piece_is(kind, "SATA");
	u64 location, connection, number;

	*out = 0;
	if (!is_sata && !path_piece_is(kind, "SAS"))
		return is_zero(where) && is_zero(how) && is_zero(bay) &&
		       (path_piece_is(kind, "NoTopology") ||
			path_parse_number(kind, sizeof(u16), out));
	if (!path_parse_word(PATH_FIELD_LOCATION, where, 1, &location) ||
	    !path_parse_word(PATH_FIELD_CONNECTION, how, 1, &connection) ||
	    !path_parse_number(bay, sizeof(u16), &number) || number > BAYS)
		return false;
	*out = (number ? PATH_TOPOLOGY_BAY | (number - 1) << 8 : PATH_TOPOLOGY_NO_BAY) |
	       (is_sata ? PATH_TOPOLOGY_SATA : 0) | location << 5 | connection << 6;
	return true;
}

static bool make_sas(struct path_piece fields, struct made_node *node)
{
	struct path_piece address = path_take_field(&fields), unit = path_take_field(&fields);
	struct path_piece port = path_take_field(&fields);
	u64 topology;
	u8 *guid;

	if (!parse_topology(&fields, &topology))
		return false;
	guid = add_room(node, sizeof(EFI_GUID));
	if (guid)
		memcpy(guid, PATH_SAS_GUID, sizeof(EFI_GUID));
	return add_number(node, path_take_field(&fields), sizeof(u32)) &&
	       add_number(node, address, sizeof(u64)) && add_number(node, unit, sizeof(u64)) &&
	       add_value(node, topology, sizeof(u16)) && add_number(node, port, sizeof(u16)) &&
	       !fields.count;
}

static bool make_sas_ex(struct path_piece fields, struct made_node *node)
{
	struct path_piece address = path_take_field(&fields), unit = path_take_field(&fields);
	struct path_piece port = path_take_field(&fields);
	u64 topology;

	return parse_topology(&fields, &topology) && add_eight_bytes(node, address) &&
	       add_eight_bytes(node, unit) && add_value(node, topology, sizeof(u16)) &&
	       add_number(node, port, sizeof(u16)) && !fields.count;
}

static bool make_usb_wwid(struct path_piece fields, struct made_node *node)
{
	struct path_piece vendor = path_take_field(&fields), product = path_take_field(&fields);
	struct path_piece interface = path_take_field(&fields), id = path_take_field(&fields);
	u8 *at;

	if (id.count >= 2 && id.units[0] == '"' && id.units[id.count - 1] == '"')
		id = (struct path_piece){ id.units + 1, id.count - 2 };
	if (!add_number(node, interface, sizeof(u16)) || !add_number(node, vendor, sizeof(u16)) ||
	    !add_number(node, product, sizeof(u16)))
		return false;
	at = add_room(node, id.count * sizeof(CHAR16));
	for (size_t i = 0; i < id.count; i++) {
		if (id.units[i] == '"')
			return false;
		if (at)
			store_le16(at + i * sizeof(CHAR16), id.units[i]);
	}
	return !fields.count;
}

static bool make_iscsi(struct path_piece fields, struct made_node *node)
{
	struct path_piece name = path_take_field(&fields), group = path_take_field(&fields);
	struct path_piece unit = path_take_field(&fields), header = path_take_field(&fields);
	struct path_piece data = path_take_field(&fields), who = path_take_field(&fields);
	struct path_piece protocol = path_take_field(&fields);
	u64 header_digest, data_digest, authentication;

	/* If it is left out, there is no authentication: not what its bits are if they are 0. */
	if (!path_parse_word(PATH_FIELD_DIGEST, header, 1, &header_digest) ||
	    !path_parse_word(PATH_FIELD_DIGEST, data, 1, &data_digest) ||
	    !path_parse_word(PATH_FIELD_AUTHENTICATION,
			     who.count ? who : (struct path_piece){ u"None", 4 }, 1,
			     &authentication))
		return false;
	return name.count && (!protocol.count || path_piece_is(protocol, "TCP")) &&
	       add_value(node, PATH_ISCSI_TCP, sizeof(u16)) &&
	       add_value(node, header_digest | data_digest << 2 | authentication << 10,
			 sizeof(u16)) &&
	       add_eight_bytes(node, unit) && add_number(node, group, sizeof(u16)) &&
	       add_string(node, name) && !fields.count;
}

/* All servers have addresses of one kind: those with a ':' are of IPv6. */
static bool make_dns(struct path_piece fields, struct made_node *node)
{
	bool is_ipv6 = false;

	for (size_t i = 0; i < fields.count; i++)
		is_ipv6 |= fields.units[i] == ':';
	(void)add_value(node, is_ipv6, 1);
	while (fields.count) {
		const struct path_field address = { is_ipv6 ? PATH_FIELD_IPV6 : PATH_FIELD_IPV4, 0,
						    0 };

		struct path_piece text = path_take_field(&fields);

		if (!text.count || !path_put_other(&address, text, add_room(node, PATH_IPV6_SIZE)))
			return false;
	}
	return true;
}

static bool make_rest_service(struct path_piece fields, struct made_node *node)
{
	struct path_piece service = path_take_field(&fields);
	u64 type;

	if (!path_parse_number(service, sizeof(u8), &type) || !add_value(node, type, sizeof(u8)) ||
	    !add_number(node, path_take_field(&fields), sizeof(u8)))
		return false;
	if (!fields.count)
		return true;
	return type == PATH_REST_VENDOR && add_guid(node, path_take_field(&fields)) &&
	       path_put_bytes(fields, add_room(node, fields.count / 2));
}

/* "nqn...,urn:uuid:4eff7f8e-d353-4e9b-a4ec-deea8eab84d7" */
static bool make_nvme_over_fabrics(struct path_piece fields, struct made_node *node)
{
	enum { PREFIX = sizeof(PATH_UUID_PREFIX) - 1, NAME_SIZE_MAX = 224 };
	struct path_piece name = path_take_field(&fields), prefix = { fields.units, PREFIX };
	u8 *at, guid[sizeof(EFI_GUID)] = { 0 };

	if (!name.count || name.count >= NAME_SIZE_MAX || fields.count < PREFIX ||
	    !path_piece_is(prefix, PATH_UUID_PREFIX) ||
	    !path_put_guid((struct path_piece){ fields.units + PREFIX, fields.count - PREFIX },
			   guid))
		return false;
	(void)add_value(node, PATH_NVME_UUID, 1);
	at = add_room(node, sizeof(guid));
	if (at) {
		store_be32(at, load_le32(guid));
		store_be16(at + 4, load_le16(guid + 4));
		store_be16(at + 6, load_le16(guid + 6));
		memcpy(at + 8, guid + 8, 8);
	}
	return add_string(node, name);
}

static bool make_bios_device(struct path_piece fields, struct made_node *node)
{
	struct path_piece type = path_take_field(&fields), id = path_take_field(&fields);
	u64 device;

	return path_parse_word(PATH_FIELD_BIOS_DEVICE, type, sizeof(u16), &device) &&
	       add_value(node, device, sizeof(u16)) &&
	       add_number(node, path_take_field(&fields), sizeof(u16)) && add_string(node, id) &&
	       !fields.count;
}

static const struct {
	const char *name;
	u8 type, subtype;
	bool (*make)(struct path_piece fields, struct made_node *node);
} other_nodes[] = {
	{ "AcpiEx", 2, 2, make_acpi_ex },
	{ "AcpiExp", 2, 2, make_acpi_exp },
	{ "AcpiAdr", 2, 3, make_acpi_adr },
	{ "SAS", 3, 10, make_sas },
	{ "UsbWwid", 3, 16, make_usb_wwid },
	{ "iSCSI", 3, 19, make_iscsi },
	{ "SasEx", 3, 22, make_sas_ex },
	{ "Dns", 3, 31, make_dns },
	{ "RestService", 3, 33, make_rest_service },
	{ "NVMEoF", 3, 34, make_nvme_over_fabrics },
	{ "BBS", 5, 1, make_bios_device },
};

bool path_make_other_node(struct path_piece name, struct path_piece fields, u8 *node, size_t *size)
{
	struct made_node made = { node, sizeof(EFI_DEVICE_PATH_PROTOCOL) };

	for (u32 i = 0; i < ARRAY_SIZE(other_nodes); i++) {
		if (!path_piece_is(name, other_nodes[i].name))
			continue;
		*size = other_nodes[i].make(fields, &made) ?
				path_put_header(other_nodes[i].type, other_nodes[i].subtype,
						made.size, node) :
				0;
		return true;
	}
	return false;
}
