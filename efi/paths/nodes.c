/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes that have a text (UEFI 2.11, 10.3 and 10.6.1.6): those that virtual machines have,
 * and with EFI_PATH_ALL_NODES most others. The rest are bytes.
 */
#include "efi/paths/text.h"
#include "lib/config.h"
#include "lib/util.h"

#define HEX(offset, width) { PATH_FIELD_HEX, (width), (offset) }
#define COUNT(offset, width) { PATH_FIELD_COUNT, (width), (offset) }
#define FIELD(kind, offset) { PATH_FIELD_##kind, 0, (offset) }
#define WIDE(kind, offset, width) { PATH_FIELD_##kind, (width), (offset) }

/* All bits are set if it is left out. */
#define ONES(offset, width) { PATH_FIELD_ONES, (width), (offset) }
#define ONES_KIND (IS_ENABLED(CONFIG_EFI_PATH_ALL_NODES) ? PATH_FIELD_ONES : PATH_FIELD_HEX)

#define NODE(number, sub, bytes) .type = (number), .subtype = (sub), .size = (bytes)
/* The bytes at the start of a node after its header. */
#define ID(bytes) .id = (bytes), .id_offset = 4, .id_size = sizeof(bytes) - 1
#define ACPI_ID(low, high) ID("\xd0\x41" low high)

/* GUIDs of 10.3.4 and 10.3.5.9, as bytes. */
#define PC_ANSI "\x53\x47\xc1\xe0\xbe\xf9\xd2\x11\x9a\x0c\x00\x90\x27\x3f\xc1\x4d"
#define VT_100 "\x65\x60\xa6\xdf\x19\xb4\xd3\x11\x9a\x2d\x00\x90\x27\x3f\xc1\x4d"
#define VT_100_PLUS "\x0b\xc7\xae\x7b\xe0\x57\x76\x4c\x8e\x87\x2f\x9e\x28\x08\x83\x43"
#define VT_UTF8 "\xd6\xa0\x15\xad\xec\x8b\xcf\x4a\xa0\x73\xd0\x1d\xe7\x7e\x2d\x88"
#define FLOW_CONTROL "\x9d\x9a\x49\x37\x2f\x54\x89\x4c\xa0\x26\x35\xda\x14\x20\x94\xe4"
#define DEBUG_PORT "\xd2\xe8\xa4\xeb\x58\x38\xec\x41\xa2\x81\x26\x47\xba\x96\x60\xd0"
#define VIRTUAL_DISK "\x5a\x53\xab\x77\xfc\x45\x4b\x62\x55\x60\xf7\xb2\x81\xd1\xf9\x6e"
#define VIRTUAL_CD "\x30\xbd\x5a\x3d\x75\x41\xce\x87\x6d\x64\xd2\xad\xe5\x23\xc4\xbb"
#define KEPT_DISK "\xc9\x02\xea\x5c\x07\x4d\xd3\x69\x26\x9f\x44\x96\xfb\xe0\x96\xf9"
#define KEPT_CD "\x88\x81\x01\x08\xcd\x42\x48\xbb\x10\x0f\x53\x87\xd5\x3d\xed\x3d"

#define USB_ROW(name, class)                                          \
	{                                                             \
		name, NODE(3, 15, 11), .id = (class), .id_offset = 8, \
			.id_size = sizeof(class) - 1, .fields = {     \
				ONES(4, 2),                           \
				ONES(6, 2),                           \
				ONES(9, 1),                           \
				ONES(10, 1)                           \
			}                                             \
	}
#define USB_SUBCLASS_ROW(name, class)                                 \
	{                                                             \
		name, NODE(3, 15, 11), .id = (class), .id_offset = 8, \
			.id_size = sizeof(class) - 1, .fields = {     \
				ONES(4, 2),                           \
				ONES(6, 2),                           \
				ONES(10, 1)                           \
			}                                             \
	}
#define RAM_DISK_ROW(name, guid)                                                                  \
	{                                                                                         \
		name, NODE(4, 9, 38), .id = (guid), .id_offset = 20, .id_size = sizeof(guid) - 1, \
			.fields = {                                                               \
				HEX(4, 8),                                                        \
				HEX(12, 8),                                                       \
				COUNT(36, 2)                                                      \
			}                                                                         \
	}

const struct path_node path_nodes[] = {
	{ "Pci", NODE(1, 1, 6), .fields = { HEX(5, 1), HEX(4, 1) } },
	{ "PcCard", NODE(1, 2, 5), .fields = { HEX(4, 1) } },
	{ "MemoryMapped", NODE(1, 3, 24), .fields = { HEX(4, 4), HEX(8, 8), HEX(16, 8) } },
	{ "VenHw", NODE(1, 4, 20), .fields = { FIELD(GUID, 4), FIELD(BYTES, 20) } },
	{ "Ctrl", NODE(1, 5, 8), .fields = { HEX(4, 4) } },
	{ "BMC", NODE(1, 6, 13), .fields = { HEX(4, 1), HEX(5, 8) } },
	{ "PciRoot", NODE(2, 1, 12), ACPI_ID("\x03", "\x0a"), .fields = { HEX(8, 4) } },
	{ "PcieRoot", NODE(2, 1, 12), ACPI_ID("\x08", "\x0a"), .fields = { HEX(8, 4) } },
	{ "Floppy", NODE(2, 1, 12), ACPI_ID("\x04", "\x06"), .fields = { HEX(8, 4) } },
	{ "Keyboard", NODE(2, 1, 12), ACPI_ID("\x01", "\x03"), .fields = { HEX(8, 4) } },
	{ "Serial", NODE(2, 1, 12), ACPI_ID("\x01", "\x05"), .fields = { HEX(8, 4) } },
	{ "ParallelPort", NODE(2, 1, 12), ACPI_ID("\x01", "\x04"), .fields = { HEX(8, 4) } },
	{ "Acpi", NODE(2, 1, 12), .fields = { FIELD(EISA, 4), HEX(8, 4) } },
	{ "AcpiAdr", NODE(2, 3, 8), .fields = { HEX(4, 4) } },
	{ "Scsi", NODE(3, 2, 8), .fields = { HEX(4, 2), HEX(6, 2) } },
	{ "Fibre", NODE(3, 3, 24), .fields = { HEX(8, 8), HEX(16, 8) } },
	{ "USB", NODE(3, 5, 6), .fields = { HEX(4, 1), HEX(5, 1) } },
	{ "VenPcAnsi", NODE(3, 10, 20), ID(PC_ANSI) },
	{ "VenVt100", NODE(3, 10, 20), ID(VT_100) },
	{ "VenVt100Plus", NODE(3, 10, 20), ID(VT_100_PLUS) },
	{ "VenUtf8", NODE(3, 10, 20), ID(VT_UTF8) },
	{ "VenMsg", NODE(3, 10, 20), .fields = { FIELD(GUID, 4), FIELD(BYTES, 20) } },
	{ "MAC", NODE(3, 11, 37), .fields = { FIELD(MAC, 4), HEX(36, 1) } },
	{ "Uart", NODE(3, 14, 19),
	  .fields = { COUNT(8, 8), COUNT(16, 1), FIELD(PARITY, 17), FIELD(STOP, 18) } },
	{ "Unit", NODE(3, 17, 5), .fields = { HEX(4, 1) } },
	{ "Sata", NODE(3, 18, 10), .fields = { HEX(4, 2), { ONES_KIND, 2, 6 }, HEX(8, 2) } },
	{ "Vlan", NODE(3, 20, 6), .fields = { COUNT(4, 2) } },
	{ "NVMe", NODE(3, 23, 16), .fields = { HEX(4, 4), FIELD(EUI64, 8) } },
	{ "Uri", NODE(3, 24, 4), .fields = { FIELD(ASCII, 4) } },
	{ "SD", NODE(3, 26, 5), .fields = { HEX(4, 1) } },
	{ "eMMC", NODE(3, 29, 5), .fields = { HEX(4, 1) } },
	{ "CDROM", NODE(4, 2, 24), .fields = { HEX(4, 4), HEX(8, 8), HEX(16, 8) } },
	{ "VenMedia", NODE(4, 3, 20), .fields = { FIELD(GUID, 4), FIELD(BYTES, 20) } },
	{ "Media", NODE(4, 5, 20), .fields = { FIELD(GUID, 4) } },
	{ "FvFile", NODE(4, 6, 20), .fields = { FIELD(GUID, 4) } },
	{ "Fv", NODE(4, 7, 20), .fields = { FIELD(GUID, 4) } },
	{ "Offset", NODE(4, 8, 24), .fields = { HEX(8, 8), HEX(16, 8) } },
	IF_ENABLED(CONFIG_EFI_PATH_ALL_NODES,
		   { "Ata", NODE(3, 1, 8),
		     .fields = { WIDE(CONTROLLER, 4, 1), WIDE(DRIVE, 5, 1), HEX(6, 2) } },
		   { "I1394", NODE(3, 4, 16), .fields = { FIELD(BARE, 8) } },
		   { "I2O", NODE(3, 6, 8), .fields = { HEX(4, 4) } },
		   { "Infiniband", NODE(3, 9, 48),
		     .fields = { HEX(4, 4), FIELD(GUID, 8), HEX(24, 8), HEX(32, 8), HEX(40, 8) } },
		   { "UartFlowCtrl", NODE(3, 10, 24), ID(FLOW_CONTROL),
		     .fields = { WIDE(FLOW_CONTROL, 20, 4) } },
		   { "DebugPort", NODE(3, 10, 20), ID(DEBUG_PORT) },
		   { "IPv4", NODE(3, 12, 27),
		     .fields = { WIDE(IPV4, 8, 6), WIDE(PROTOCOL, 16, 2), WIDE(ORIGIN_4, 18, 1),
				 WIDE(IPV4, 4, 8), FIELD(IPV4, 19), FIELD(IPV4, 23) } },
		   { "IPv6", NODE(3, 13, 60),
		     .fields = { WIDE(IPV6, 20, 18), WIDE(PROTOCOL, 40, 2), WIDE(ORIGIN_6, 42, 1),
				 WIDE(IPV6, 4, 32), HEX(43, 1), FIELD(IPV6, 44) } },
		   USB_ROW("UsbAudio", "\x01"), USB_ROW("UsbCDCControl", "\x02"),
		   USB_ROW("UsbHID", "\x03"), USB_ROW("UsbImage", "\x06"),
		   USB_ROW("UsbPrinter", "\x07"), USB_ROW("UsbMassStorage", "\x08"),
		   USB_ROW("UsbHub", "\x09"), USB_ROW("UsbCDCData", "\x0a"),
		   USB_ROW("UsbSmartCard", "\x0b"), USB_ROW("UsbVideo", "\x0e"),
		   USB_ROW("UsbDiagnostic", "\xdc"), USB_ROW("UsbWireless", "\xe0"),
		   USB_SUBCLASS_ROW("UsbDeviceFirmwareUpdate", "\xfe\x01"),
		   USB_SUBCLASS_ROW("UsbIrdaBridge", "\xfe\x02"),
		   USB_SUBCLASS_ROW("UsbTestAndMeasurement", "\xfe\x03"),
		   { "UsbClass", NODE(3, 15, 11),
		     .fields = { ONES(4, 2), ONES(6, 2), ONES(8, 1), ONES(9, 1), ONES(10, 1) } },
		   { "FibreEx", NODE(3, 21, 24), .fields = { WIDE(BIG, 8, 8), WIDE(BIG, 16, 8) } },
		   { "UFS", NODE(3, 25, 6), .fields = { HEX(4, 1), HEX(5, 1) } },
		   { "Bluetooth", NODE(3, 27, 10), .fields = { WIDE(DIGITS, 4, 6) } },
		   { "Wi-Fi", NODE(3, 28, 36), .fields = { WIDE(PADDED, 4, 32) } },
		   { "BluetoothLE", NODE(3, 30, 11), .fields = { WIDE(DIGITS, 4, 6), HEX(10, 1) } },
		   RAM_DISK_ROW("VirtualDisk", VIRTUAL_DISK), RAM_DISK_ROW("VirtualCD", VIRTUAL_CD),
		   RAM_DISK_ROW("PersistentVirtualDisk", KEPT_DISK),
		   RAM_DISK_ROW("PersistentVirtualCD", KEPT_CD),
		   { "RamDisk", NODE(4, 9, 38),
		     .fields = { HEX(4, 8), HEX(12, 8), COUNT(36, 2), FIELD(GUID, 20) } }, )
};

const u32 path_node_count = ARRAY_SIZE(path_nodes);

const struct path_word path_words[] = {
	{ PATH_FIELD_CONTROLLER, 0, "Primary" },
	{ PATH_FIELD_CONTROLLER, 1, "Secondary" },
	{ PATH_FIELD_DRIVE, 0, "Master" },
	{ PATH_FIELD_DRIVE, 1, "Slave" },
	{ PATH_FIELD_FLOW_CONTROL, 0, "None" },
	{ PATH_FIELD_FLOW_CONTROL, 1, "Hardware" },
	{ PATH_FIELD_FLOW_CONTROL, 2, "XonXoff" },
	{ PATH_FIELD_PROTOCOL, 6, "TCP" },
	{ PATH_FIELD_PROTOCOL, 17, "UDP" },
	{ PATH_FIELD_ORIGIN_4, 0, "DHCP" },
	{ PATH_FIELD_ORIGIN_4, 1, "Static" },
	{ PATH_FIELD_ORIGIN_6, 0, "Static" },
	{ PATH_FIELD_ORIGIN_6, 1, "StatelessAutoConfigure" },
	{ PATH_FIELD_ORIGIN_6, 2, "StatefulAutoConfigure" },
	{ PATH_FIELD_LOCATION, 0, "Internal" },
	{ PATH_FIELD_LOCATION, 1, "External" },
	{ PATH_FIELD_CONNECTION, 0, "Direct" },
	{ PATH_FIELD_CONNECTION, 1, "Expanded" },
	{ PATH_FIELD_DIGEST, 0, "None" },
	{ PATH_FIELD_DIGEST, 2, "CRC32C" },
	{ PATH_FIELD_AUTHENTICATION, 0, "CHAP_BI" },
	{ PATH_FIELD_AUTHENTICATION, 2, "None" },
	{ PATH_FIELD_AUTHENTICATION, 4, "CHAP_UNI" },
	{ PATH_FIELD_BIOS_DEVICE, 1, "Floppy" },
	{ PATH_FIELD_BIOS_DEVICE, 2, "HD" },
	{ PATH_FIELD_BIOS_DEVICE, 3, "CDROM" },
	{ PATH_FIELD_BIOS_DEVICE, 4, "PCMCIA" },
	{ PATH_FIELD_BIOS_DEVICE, 5, "USB" },
	{ PATH_FIELD_BIOS_DEVICE, 6, "Network" },
};

const u32 path_word_count = ARRAY_SIZE(path_words);

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
