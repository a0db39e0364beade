/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes that virtual machines have (UEFI 2.11, 10.3 and table 10.67); others are bytes. */
#include "efi/paths/text.h"
#include "lib/util.h"

#define HEX(offset, width) { PATH_FIELD_HEX, (width), (offset) }
#define COUNT(offset, width) { PATH_FIELD_COUNT, (width), (offset) }
#define FIELD(kind, offset) { PATH_FIELD_##kind, 0, (offset) }
#define ACPI_ID(number) { 0xd0, 0x41, (number) & 0xff, (number) >> 8 }

/* The GUIDs of 10.3.4.4, as the bytes that tell the node. */
#define PC_ANSI                                           \
	{ 0x53, 0x47, 0xc1, 0xe0, 0xbe, 0xf9, 0xd2, 0x11, \
	  0x9a, 0x0c, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d }
#define VT_100                                            \
	{ 0x65, 0x60, 0xa6, 0xdf, 0x19, 0xb4, 0xd3, 0x11, \
	  0x9a, 0x2d, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d }
#define VT_100_PLUS                                       \
	{ 0x0b, 0xc7, 0xae, 0x7b, 0xe0, 0x57, 0x76, 0x4c, \
	  0x8e, 0x87, 0x2f, 0x9e, 0x28, 0x08, 0x83, 0x43 }
#define VT_UTF8                                           \
	{ 0xd6, 0xa0, 0x15, 0xad, 0xec, 0x8b, 0xcf, 0x4a, \
	  0xa0, 0x73, 0xd0, 0x1d, 0xe7, 0x7e, 0x2d, 0x88 }

const struct path_node path_nodes[] = {
	{ "Pci", 1, 1, 6, .fields = { HEX(5, 1), HEX(4, 1) } },
	{ "PcCard", 1, 2, 5, .fields = { HEX(4, 1) } },
	{ "MemoryMapped", 1, 3, 24, .fields = { HEX(4, 4), HEX(8, 8), HEX(16, 8) } },
	{ "VenHw", 1, 4, 20, .fields = { FIELD(GUID, 4), FIELD(BYTES, 20) } },
	{ "Ctrl", 1, 5, 8, .fields = { HEX(4, 4) } },
	{ "BMC", 1, 6, 13, .fields = { HEX(4, 1), HEX(5, 8) } },
	{ "PciRoot", 2, 1, 12, ACPI_ID(0x0a03), 4, { HEX(8, 4) } },
	{ "PcieRoot", 2, 1, 12, ACPI_ID(0x0a08), 4, { HEX(8, 4) } },
	{ "Floppy", 2, 1, 12, ACPI_ID(0x0604), 4, { HEX(8, 4) } },
	{ "Keyboard", 2, 1, 12, ACPI_ID(0x0301), 4, { HEX(8, 4) } },
	{ "Serial", 2, 1, 12, ACPI_ID(0x0501), 4, { HEX(8, 4) } },
	{ "ParallelPort", 2, 1, 12, ACPI_ID(0x0401), 4, { HEX(8, 4) } },
	{ "Acpi", 2, 1, 12, .fields = { FIELD(EISA, 4), HEX(8, 4) } },
	{ "AcpiAdr", 2, 3, 8, .fields = { HEX(4, 4) } },
	{ "Scsi", 3, 2, 8, .fields = { HEX(4, 2), HEX(6, 2) } },
	{ "Fibre", 3, 3, 24, .fields = { HEX(8, 8), HEX(16, 8) } },
	{ "USB", 3, 5, 6, .fields = { HEX(4, 1), HEX(5, 1) } },
	{ "VenPcAnsi", 3, 10, 20, PC_ANSI, 16, { { 0 } } },
	{ "VenVt100", 3, 10, 20, VT_100, 16, { { 0 } } },
	{ "VenVt100Plus", 3, 10, 20, VT_100_PLUS, 16, { { 0 } } },
	{ "VenUtf8", 3, 10, 20, VT_UTF8, 16, { { 0 } } },
	{ "VenMsg", 3, 10, 20, .fields = { FIELD(GUID, 4), FIELD(BYTES, 20) } },
	{ "MAC", 3, 11, 37, .fields = { FIELD(MAC, 4), HEX(36, 1) } },
	{ "Uart", 3, 14, 19,
	  .fields = { COUNT(8, 8), COUNT(16, 1), FIELD(PARITY, 17), FIELD(STOP, 18) } },
	{ "Unit", 3, 17, 5, .fields = { HEX(4, 1) } },
	{ "Sata", 3, 18, 10, .fields = { HEX(4, 2), HEX(6, 2), HEX(8, 2) } },
	{ "Vlan", 3, 20, 6, .fields = { COUNT(4, 2) } },
	{ "NVMe", 3, 23, 16, .fields = { HEX(4, 4), FIELD(EUI64, 8) } },
	{ "Uri", 3, 24, 4, .fields = { FIELD(ASCII, 4) } },
	{ "SD", 3, 26, 5, .fields = { HEX(4, 1) } },
	{ "eMMC", 3, 29, 5, .fields = { HEX(4, 1) } },
	{ "CDROM", 4, 2, 24, .fields = { HEX(4, 4), HEX(8, 8), HEX(16, 8) } },
	{ "VenMedia", 4, 3, 20, .fields = { FIELD(GUID, 4), FIELD(BYTES, 20) } },
	{ "Media", 4, 5, 20, .fields = { FIELD(GUID, 4) } },
	{ "FvFile", 4, 6, 20, .fields = { FIELD(GUID, 4) } },
	{ "Fv", 4, 7, 20, .fields = { FIELD(GUID, 4) } },
	{ "Offset", 4, 8, 24, .fields = { HEX(8, 8), HEX(16, 8) } },
};

const u32 path_node_count = ARRAY_SIZE(path_nodes);

const char *const path_stop_bits[PATH_STOP_BITS] = { "D", "1", "1.5", "2" };

const char *const path_type_names[PATH_TYPES] = {
	[1] = "HardwarePath", [2] = "AcpiPath", [3] = "Msg", [4] = "MediaPath", [5] = "BbsPath",
};

bool path_node_is_open(const struct path_node *node)
{
	for (u32 i = 0; i < PATH_FIELDS_MAX; i++)
		if (node->fields[i].kind == PATH_FIELD_BYTES ||
		    node->fields[i].kind == PATH_FIELD_ASCII)
			return true;
	return false;
}
