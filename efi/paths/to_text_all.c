/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of nodes that virtual machines do not have (EFI_PATH_ALL_NODES): their fields, and the
 * nodes that are more than fields at fixed offsets.
 */
#include "efi/paths/text.h"
#include "lib/util.h"

static const char *word_of(u8 kind, u64 value)
{
	for (u32 i = 0; i < path_word_count; i++)
		if (path_words[i].kind == kind && path_words[i].value == value)
			return path_words[i].name;
	return NULL;
}

static void add_word(struct path_text *text, u8 kind, u64 value)
{
	const char *word = word_of(kind, value);

	if (word)
		path_add(text, "%s", word);
	else
		path_add(text, "0x%lx", value);
}

static void add_ipv4(struct path_text *text, const u8 *at)
{
	path_add(text, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
}

static void add_ipv6(struct path_text *text, const u8 *at)
{
	enum { GROUPS = 8 };

	for (u32 i = 0; i < GROUPS; i++)
		path_add(text, i ? ":%02x%02x" : "%02x%02x", at[2 * i], at[2 * i + 1]);
}

void path_add_other(struct path_text *text, const struct path_field *field, const u8 *at)
{
	u16 port;

	switch (field->kind) {
	case PATH_FIELD_BIG:
		path_add(text, "0x");
		path_add_bytes(text, at, field->width);
		break;
	case PATH_FIELD_DIGITS:
		path_add_bytes(text, at, field->width);
		break;
	case PATH_FIELD_BARE:
		path_add(text, "%016lx", path_number_at(at, sizeof(u64)));
		break;
	case PATH_FIELD_IPV4:
		add_ipv4(text, at);
		port = field->width ? load_le16(at + field->width) : 0;
		if (port)
			path_add(text, ":%u", port);
		break;
	case PATH_FIELD_IPV6:
		port = field->width ? load_le16(at + field->width) : 0;
		if (port)
			path_add_unit(text, u'[');
		add_ipv6(text, at);
		if (port)
			path_add(text, "]:%u", port);
		break;
	case PATH_FIELD_PADDED:
		for (u32 i = 0; i < field->width && at[i]; i++)
			path_add_unit(text, at[i]);
		break;
	default:
		add_word(text, field->kind, path_number_at(at, field->width));
		break;
	}
}

/* A '/' in the parentheses of a node does not end it. */
static bool is_plain_or_space(CHAR16 unit)
{
	return path_unit_is_plain(unit) || unit == ' ';
}

/* Characters, then zeroes only. */
static bool is_padded(const u8 *at, size_t width)
{
	size_t count = 0;

	while (count < width && is_plain_or_space(at[count]))
		count++;
	return path_are_zero(at + count, width - count);
}

bool path_can_say_other(const struct path_field *field, const u8 *at)
{
	switch (field->kind) {
	case PATH_FIELD_PADDED:
		return is_padded(at, field->width);
	case PATH_FIELD_CONTROLLER:
	case PATH_FIELD_DRIVE:
	case PATH_FIELD_FLOW_CONTROL:
	case PATH_FIELD_ORIGIN_4:
	case PATH_FIELD_ORIGIN_6:
		return word_of(field->kind, path_number_at(at, field->width));
	default:
		return true;
	}
}

/* Characters up to a NUL. */
static struct span read_string(struct reader *node)
{
	struct span string;
	size_t size = 0;

	while (size < node->rest.size && node->rest.data[size])
		size++;
	string = read_bytes(node, size);
	(void)read_u8(node);
	return string;
}

static bool add_string(struct path_text *text, struct span string)
{
	for (size_t i = 0; i < string.size; i++) {
		if (!is_plain_or_space(string.data[i]))
			return false;
		path_add_unit(text, string.data[i]);
	}
	return true;
}

/* AcpiEx(HID,CID,UID,HIDSTR,CIDSTR,UIDSTR), AcpiExp(HID,CID,UIDSTR). In the node, CIDSTR is last.
 */
static bool add_acpi_expanded(struct path_text *text, struct reader *node)
{
	u32 hid = read_le32(node), uid = read_le32(node), cid = read_le32(node);
	struct span hid_string = read_string(node), uid_string = read_string(node);
	struct span cid_string = read_string(node);
	bool is_short = !uid && !hid_string.size && !cid_string.size && uid_string.size;

	path_add(text, is_short ? "AcpiExp(" : "AcpiEx(");
	path_add_eisa(text, hid);
	path_add_unit(text, u',');
	path_add_eisa(text, cid);
	if (!is_short) {
		path_add(text, ",0x%x,", uid);
		if (!add_string(text, hid_string))
			return false;
		path_add_unit(text, u',');
		if (!add_string(text, cid_string))
			return false;
	}
	path_add_unit(text, u',');
	return add_string(text, uid_string);
}

static bool add_acpi_addresses(struct path_text *text, struct reader *node)
{
	path_add(text, "AcpiAdr(0x%x", read_le32(node));
	while (node->rest.size && !node->overrun)
		path_add(text, ",0x%x", read_le32(node));
	return true;
}

/* How a SAS device is connected, in words if these say all of it; otherwise the number. */
static void add_topology(struct path_text *text, u16 topology)
{
	u32 kind = topology & PATH_TOPOLOGY_KIND, bay = topology >> 8;

	path_add_unit(text, u',');
	if (kind != PATH_TOPOLOGY_BAY && (kind != PATH_TOPOLOGY_NO_BAY || bay)) {
		path_add(text, topology ? "0x%x,0,0,0" : "NoTopology,0,0,0", topology);
		return;
	}
	path_add(text, topology & PATH_TOPOLOGY_SATA ? "SATA," : "SAS,");
	add_word(text, PATH_FIELD_LOCATION, topology >> 5 & 1);
	path_add_unit(text, u',');
	add_word(text, PATH_FIELD_CONNECTION, topology >> 6 & 3);
	path_add(text, ",0x%x", kind == PATH_TOPOLOGY_BAY ? bay + 1 : 0);
}

/* SAS(Address,LUN,RTP,SASSATA,Location,Connect,DriveBay,Reserved) */
static bool add_sas(struct path_text *text, struct reader *node)
{
	static const u8 guid[] = PATH_SAS_GUID;
	struct span vendor = read_bytes(node, sizeof(EFI_GUID));
	u32 reserved = read_le32(node);
	u64 address = read_le64(node), unit = read_le64(node);
	u16 topology = read_le16(node), port = read_le16(node);

	if (!span_equals(vendor, span_of(guid, sizeof(EFI_GUID))))
		return false;
	path_add(text, "SAS(0x%lx,0x%lx,0x%x", address, unit, port);
	add_topology(text, topology);
	path_add(text, ",0x%x", reserved);
	return true;
}

/* SasEx(Address,LUN,RTP,SASSATA,Location,Connect,DriveBay) */
static bool add_sas_extended(struct path_text *text, struct reader *node)
{
	struct span address = read_bytes(node, sizeof(u64)), unit = read_bytes(node, sizeof(u64));
	u16 topology = read_le16(node), port = read_le16(node);

	path_add(text, "SasEx(0x");
	path_add_bytes(text, address.data, address.size);
	path_add(text, ",0x");
	path_add_bytes(text, unit.data, unit.size);
	path_add(text, ",0x%x", port);
	add_topology(text, topology);
	return true;
}

/* UsbWwid(VID,PID,InterfaceNumber,"WWID"): what ends a node or the text cannot be in quotes, too.
 */
static bool add_usb_wwid(struct path_text *text, struct reader *node)
{
	u16 interface = read_le16(node), vendor = read_le16(node), product = read_le16(node);

	path_add(text, "UsbWwid(0x%x,0x%x,0x%x,\"", vendor, product, interface);
	while (node->rest.size && !node->overrun) {
		CHAR16 unit = read_le16(node);

		if (!is_plain_or_space(unit) || unit == '"')
			return false;
		path_add_unit(text, unit);
	}
	path_add_unit(text, u'"');
	return true;
}

/* iSCSI(TargetName,PortalGroup,LUN,HeaderDigest,DataDigest,Authentication,Protocol) */
static bool add_iscsi(struct path_text *text, struct reader *node)
{
	u16 protocol = read_le16(node), options = read_le16(node);
	struct span unit = read_bytes(node, sizeof(u64)), name;
	u16 group = read_le16(node);
	const struct path_word words[] = {
		{ PATH_FIELD_DIGEST, options & 3, NULL },
		{ PATH_FIELD_DIGEST, options >> 2 & 3, NULL },
		{ PATH_FIELD_AUTHENTICATION, options >> 10 & 7, NULL },
	};

	name = read_string(node);
	if (protocol != PATH_ISCSI_TCP || options & ~PATH_ISCSI_OPTIONS || !name.size)
		return false;
	path_add(text, "iSCSI(");
	if (!add_string(text, name))
		return false;
	path_add(text, ",0x%x,0x", group);
	path_add_bytes(text, unit.data, unit.size);
	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		const char *word = word_of(words[i].kind, words[i].value);

		if (!word)
			return false;
		path_add(text, ",%s", word);
	}
	path_add(text, ",TCP");
	return true;
}

/* Dns(DnsServerIp,...): each has the room of an IPv6 address. */
static bool add_dns(struct path_text *text, struct reader *node)
{
	u8 is_ipv6 = read_u8(node);

	path_add(text, "Dns(");
	if (is_ipv6 > 1 || (is_ipv6 && !node->rest.size))
		return false;
	for (bool is_first = true; node->rest.size; is_first = false) {
		struct span address = read_bytes(node, PATH_IPV6_SIZE);

		if (node->overrun || (!is_ipv6 && !path_are_zero(address.data + PATH_IPV4_SIZE,
								 PATH_IPV6_SIZE - PATH_IPV4_SIZE)))
			return false;
		if (!is_first)
			path_add_unit(text, u',');
		(is_ipv6 ? add_ipv6 : add_ipv4)(text, address.data);
	}
	return true;
}

/* RestService(RestExServiceType,AccessMode), for vendors with (...,VendorGuid,Data). */
static bool add_rest_service(struct path_text *text, struct reader *node)
{
	u8 service = read_u8(node), mode = read_u8(node);

	path_add(text, "RestService(0x%x,0x%x", service, mode);
	if (service == PATH_REST_VENDOR && node->rest.size) {
		struct span guid = read_bytes(node, sizeof(EFI_GUID));

		if (node->overrun)
			return false;
		path_add_unit(text, u',');
		path_add_guid(text, guid.data);
		if (node->rest.size)
			path_add_unit(text, u',');
		path_add_bytes(text, node->rest.data, node->rest.size);
		node->rest.size = 0;
	}
	return true;
}

/* NVMEoF(SubsystemNQN,NID): of the identifiers only UUIDs have a text. */
static bool add_nvme_over_fabrics(struct path_text *text, struct reader *node)
{
	u8 type = read_u8(node);
	struct span id = read_bytes(node, sizeof(EFI_GUID)), name = read_string(node);

	path_add(text, "NVMEoF(");
	if (type != PATH_NVME_UUID || !add_string(text, name))
		return false;
	path_add(text, "," PATH_UUID_PREFIX);
	for (u32 i = 0; i < id.size; i++)
		path_add(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
			 id.data[i]);
	return true;
}

/* BBS(Type,Id,Flags) */
static bool add_bios_device(struct path_text *text, struct reader *node)
{
	u16 type = read_le16(node), flags = read_le16(node);
	struct span id = read_string(node);

	path_add(text, "BBS(");
	add_word(text, PATH_FIELD_BIOS_DEVICE, type);
	path_add_unit(text, u',');
	if (!add_string(text, id))
		return false;
	path_add(text, ",0x%x", flags);
	return true;
}

/* These read all of a node's bytes and write its text up to the parenthesis at the end. */
static const struct {
	u8 type, subtype;
	bool (*add)(struct path_text *text, struct reader *node);
} other_nodes[] = {
	{ 2, 2, add_acpi_expanded }, { 2, 3, add_acpi_addresses }, { 3, 10, add_sas },
	{ 3, 16, add_usb_wwid },     { 3, 19, add_iscsi },         { 3, 22, add_sas_extended },
	{ 3, 31, add_dns },          { 3, 33, add_rest_service },  { 3, 34, add_nvme_over_fabrics },
	{ 5, 1, add_bios_device },
};

static bool add_other_node(struct path_text *text, u32 index, struct reader bytes)
{
	return other_nodes[index].add(text, &bytes) && !bytes.overrun && !bytes.rest.size;
}

bool path_add_other_node(struct path_text *text, const u8 *node, u16 length)
{
	struct reader bytes = { .rest = span_from(span_of(node, length),
						  sizeof(EFI_DEVICE_PATH_PROTOCOL)) };

	for (u32 i = 0; i < ARRAY_SIZE(other_nodes); i++) {
		struct path_text counted = { 0 };

		if (other_nodes[i].type != node[0] || other_nodes[i].subtype != node[1] ||
		    !add_other_node(&counted, i, bytes))
			continue;
		(void)add_other_node(text, i, bytes);
		path_add_unit(text, u')');
		return true;
	}
	return false;
}
