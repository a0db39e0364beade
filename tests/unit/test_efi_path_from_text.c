/* SPDX-License-Identifier: Apache-2.0 */
/* efi/paths/from_text.c: conversion of text to device paths (UEFI 2.11, 10.6.1), and back with
 * efi/paths/to_text.c.
 */
#include "tests/unit/efi_services.h"

#include "efi/protocols/protocols.h"

static EFI_DEVICE_PATH_TO_TEXT_PROTOCOL *to_text;
static EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL *from_text;

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface)
{
	(void)object;
	if (guid_equals(protocol, &guid_device_path_to_text))
		to_text = interface;
	if (guid_equals(protocol, &guid_device_path_from_text))
		from_text = interface;
	return EFI_SUCCESS;
}

static void publish(void)
{
	CHECK(!efi_path_to_text_publish(NULL));
	CHECK(!efi_path_from_text_publish(NULL));
}

struct text_case {
	const CHAR16 *text;
	const char *bytes;
	size_t size;
};

#define CASE(text, bytes) { text, bytes END, sizeof(bytes END) - 1 }
#define END "\x7f\xff\x04\x00"
#define ROOT "\x02\x01\x0c\x00\xd0\x41\x03\x0a\x00\x00\x00\x00"
#define SAS_GUID "\xb4\xdd\x87\xd4\x8b\x00\xd9\x11\xaf\xdc\x00\x10\x83\xff\xca\x4d"
#define GUID_TEXT u"5568E427-68FC-4F3D-AC74-CA555231CC68"
#define GUID_BYTES "\x27\xe4\x68\x55\xfc\x68\x3d\x4f\xac\x74\xca\x55\x52\x31\xcc\x68"

/* Both ways. */
static const struct text_case same[] = {
	CASE(u"", ""),
	CASE(u"PciRoot(0x0)/Pci(0x1f,0x2)", ROOT "\x01\x01\x06\x00\x02\x1f"),
	CASE(u"PcieRoot(0x12345678)", "\x02\x01\x0c\x00\xd0\x41\x08\x0a\x78\x56\x34\x12"),
	CASE(u"Acpi(PNP0c01,0x2)", "\x02\x01\x0c\x00\xd0\x41\x01\x0c\x02\x00\x00\x00"),
	CASE(u"Acpi(0x4030201,0x2)", "\x02\x01\x0c\x00\x01\x02\x03\x04\x02\x00\x00\x00"),
	CASE(u"Uart(115200,8,N,1)",
	     "\x03\x0e\x13\x00\x00\x00\x00\x00\x00\xc2\x01\x00\x00\x00\x00\x00\x08\x01\x01"),
	CASE(u"Uart(0,0,D,1.5)",
	     "\x03\x0e\x13\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"),
	CASE(u"VenUtf8()",
	     "\x03\x0a\x14\x00\xd6\xa0\x15\xad\xec\x8b\xcf\x4a\xa0\x73\xd0\x1d\xe7\x7e\x2d\x88"),
	CASE(u"VenMsg(" GUID_TEXT u",0a)", "\x03\x0a\x15\x00" GUID_BYTES "\x0a"),
	CASE(u"VenMedia(" GUID_TEXT u")", "\x04\x03\x14\x00" GUID_BYTES),
	CASE(u"BMC(0x1,0xffffffffffffffff)", "\x01\x06\x0d\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff"),
	CASE(u"NVMe(0x1,77-66-55-44-33-22-11-00)",
	     "\x03\x17\x10\x00\x01\x00\x00\x00\x00\x11\x22\x33\x44\x55\x66\x77"),
	CASE(u"MAC(525400123456,0x1)", "\x03\x0b\x25\x00\x52\x54\x00\x12\x34\x56"
				       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"),
	CASE(u"MAC(5254001234560000000000000000000000000000000000000000000000000001,0x20)",
	     "\x03\x0b\x25\x00\x52\x54\x00\x12\x34\x56"
	     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x20"),
	CASE(u"Uri()", "\x03\x18\x04\x00"),
	CASE(u"Uri(http://a/b)/Unit(0x1)", "\x03\x18\x0e\x00http://a/b"
					   "\x03\x11\x05\x00\x01"),
	CASE(u"HD(1,GPT," GUID_TEXT u",0x800,0x32000)",
	     "\x04\x01\x2a\x00\x01\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"
	     "\x00\x20\x03\x00\x00\x00\x00\x00" GUID_BYTES "\x02\x02"),
	CASE(u"HD(2,MBR,0x12345678,0x800,0x32000)",
	     "\x04\x01\x2a\x00\x02\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"
	     "\x00\x20\x03\x00\x00\x00\x00\x00"
	     "\x78\x56\x34\x12\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01"),
	CASE(u"HardwarePath(1,ab)", "\x01\x01\x05\x00\xab"),
	CASE(u"BbsPath(1)", "\x05\x01\x04\x00"),
	CASE(u"Path(0,1)", "\x00\x01\x04\x00"),
	CASE(u"Path(6,1,01)", "\x06\x01\x05\x00\x01"),
	CASE(u"\\ab", "\x04\x04\x0c\x00\\\0a\0b\0\0\0"),
	CASE(u"Ctrl(0x7)/\\a (1)", "\x01\x05\x08\x00\x07\x00\x00\x00"
				   "\x04\x04\x12\x00\\\0a\0 \0(\0001\0)\0\0\0"),
	CASE(u"Ctrl(0x7),Ctrl(0x8)",
	     "\x01\x05\x08\x00\x07\x00\x00\x00\x7f\x01\x04\x00\x01\x05\x08\x00\x08\x00\x00\x00"),
	/* Nodes that virtual machines do not have. */
	CASE(u"Ata(Primary,Slave,0x1)", "\x03\x01\x08\x00\x00\x01\x01\x00"),
	CASE(u"I1394(acde48234567abcd)", "\x03\x04\x10\x00\0\0\0\0\xcd\xab\x67\x45\x23\x48\xde\xac"),
	CASE(u"I2O(0x1234abcd)", "\x03\x06\x08\x00\xcd\xab\x34\x12"),
	CASE(u"Infiniband(0xa," GUID_TEXT u",0x4d2,0x162e,0xabcd)",
	     "\x03\x09\x30\x00\x0a\x00\x00\x00" GUID_BYTES
	     "\xd2\x04\0\0\0\0\0\0\x2e\x16\0\0\0\0\0\0\xcd\xab\0\0\0\0\0\0"),
	CASE(u"UartFlowCtrl(Hardware)",
	     "\x03\x0a\x18\x00\x9d\x9a\x49\x37\x2f\x54\x89\x4c\xa0\x26\x35\xda\x14\x20\x94\xe4"
	     "\x01\0\0\0"),
	CASE(u"DebugPort()",
	     "\x03\x0a\x14\x00\xd2\xe8\xa4\xeb\x58\x38\xec\x41\xa2\x81\x26\x47\xba\x96\x60\xd0"),
	CASE(u"IPv4(12.34.56.78,TCP,Static,192.168.67.89,192.168.67.1,255.255.255.0)",
	     "\x03\x0c\x1b\x00\xc0\xa8\x43\x59\x0c\x22\x38\x4e\0\0\0\0\x06\x00\x01"
	     "\xc0\xa8\x43\x01\xff\xff\xff\x00"),
	CASE(u"IPv4(0.0.0.0,0x1,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)",
	     "\x03\x0c\x1b\x00\0\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x00\0\0\0\0\0\0\0\0"),
	CASE(u"IPv6(fe80:0000:0000:0000:0000:0000:0000:0001,UDP,StatelessAutoConfigure,"
	     "fe80:0000:0000:0000:0000:0000:0000:0002,0x40,"
	     "fe80:0000:0000:0000:0000:0000:0000:0003)",
	     "\x03\x0d\x3c\x00\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02"
	     "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\x11\x00\x01\x40"
	     "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x03"),
	CASE(u"UsbVideo(0x4d2,0x162e,0x1,0x0)", "\x03\x0f\x0b\x00\xd2\x04\x2e\x16\x0e\x01\x00"),
	CASE(u"UsbTestAndMeasurement(0x4d2,0x162e,0x1)",
	     "\x03\x0f\x0b\x00\xd2\x04\x2e\x16\xfe\x03\x01"),
	CASE(u"UsbClass(0x4d2,0x162e,0x5,0x1,0x0)", "\x03\x0f\x0b\x00\xd2\x04\x2e\x16\x05\x01\x00"),
	CASE(u"FibreEx(0x123456789abcdef0,0xabcdef1234567890)",
	     "\x03\x15\x18\x00\0\0\0\0\x12\x34\x56\x78\x9a\xbc\xde\xf0"
	     "\xab\xcd\xef\x12\x34\x56\x78\x90"),
	CASE(u"UFS(0x0,0x3)", "\x03\x19\x06\x00\x00\x03"),
	CASE(u"Bluetooth(001320f5fa77)", "\x03\x1b\x0a\x00\x00\x13\x20\xf5\xfa\x77"),
	CASE(u"BluetoothLE(001320f5fa77,0x1)", "\x03\x1e\x0b\x00\x00\x13\x20\xf5\xfa\x77\x01"),
	CASE(u"Wi-Fi(It's a SSID)", "\x03\x1c\x24\x00It's a SSID"
				    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	CASE(u"RamDisk(0x1000,0x1fff,1," GUID_TEXT u")",
	     "\x04\x09\x26\x00\0\x10\0\0\0\0\0\0\xff\x1f\0\0\0\0\0\0" GUID_BYTES "\x01\x00"),
	CASE(u"VirtualCD(0x1000,0x1fff,1)",
	     "\x04\x09\x26\x00\0\x10\0\0\0\0\0\0\xff\x1f\0\0\0\0\0\0"
	     "\x30\xbd\x5a\x3d\x75\x41\xce\x87\x6d\x64\xd2\xad\xe5\x23\xc4\xbb\x01\x00"),
	CASE(u"Acpi(HWP0002,0x1)", "\x02\x01\x0c\x00\xf0\x22\x02\x00\x01\x00\x00\x00"),
	CASE(u"AcpiEx(PNPabcd,PNP0000,0x0,,1234,5678)",
	     "\x02\x02\x1b\x00\xd0\x41\xcd\xab\0\0\0\0\xd0\x41\x00\x00\0"
	     "5678\0"
	     "1234\0"),
	CASE(u"AcpiEx(PNP0a03,PNP0a03,0x6789a,,,)",
	     "\x02\x02\x13\x00\xd0\x41\x03\x0a\x9a\x78\x06\x00\xd0\x41\x03\x0a\0\0\0"),
	CASE(u"AcpiEx(0x0,0x0,0x1,id,,a b)", "\x02\x02\x18\x00\0\0\0\0\x01\0\0\0\0\0\0\0id\0"
					     "a b\0\0"),
	CASE(u"AcpiExp(PNP0a03,0x0,2)", "\x02\x02\x14\x00\xd0\x41\x03\x0a\0\0\0\0\0\0\0\0\0"
					"2\0\0"),
	CASE(u"AcpiAdr(0x80010100,0x2)", "\x02\x03\x0c\x00\x00\x01\x01\x80\x02\0\0\0"),
	CASE(u"SAS(0x499602d2,0xabcdef,0x7d0,SAS,External,Direct,0x6a,0x7)",
	     "\x03\x0a\x2c\x00" SAS_GUID "\x07\0\0\0\xd2\x02\x96\x49\0\0\0\0"
	     "\xef\xcd\xab\0\0\0\0\0\x22\x69\xd0\x07"),
	CASE(u"SAS(0x1,0x0,0x0,NoTopology,0,0,0,0x0)",
	     "\x03\x0a\x2c\x00" SAS_GUID "\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	CASE(u"SasEx(0x0123456789abcdef,0xabcdef0123456789,0x0,SATA,Internal,Expanded,0x100)",
	     "\x03\x16\x18\x00\x01\x23\x45\x67\x89\xab\xcd\xef\xab\xcd\xef\x01\x23\x45\x67\x89"
	     "\x52\xff\0\0"),
	CASE(u"SasEx(0x0000000000000000,0x0000000000000000,0x1,SAS,Internal,0x3,0x0)",
	     "\x03\x16\x18\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xc1\0\x01\0"),
	CASE(u"SasEx(0x0000000000000000,0x0000000000000000,0x1,0x101,0,0,0)",
	     "\x03\x16\x18\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\x01\0"),
	CASE(u"UsbWwid(0x4d2,0x162e,0x2,\"a 1\")", "\x03\x10\x10\x00\x02\x00\xd2\x04\x2e\x16"
						   "a\0 \0"
						   "1\0"),
	CASE(u"iSCSI(iqn.2001:x,0x12ab,0x0000005678000000,CRC32C,None,CHAP_BI,TCP)",
	     "\x03\x13\x1d\x00\0\0\x02\0\0\0\0\x56\x78\0\0\0\xab\x12iqn.2001:x\0"),
	CASE(u"iSCSI(a,0x0,0x0000000000000000,None,CRC32C,CHAP_UNI,TCP)",
	     "\x03\x13\x14\x00\0\0\x08\x10\0\0\0\0\0\0\0\0\0\0"
	     "a\0"),
	CASE(u"Dns()", "\x03\x1f\x05\x00\0"),
	CASE(u"Dns(192.168.22.100,192.168.22.101)",
	     "\x03\x1f\x25\x00\0\xc0\xa8\x16\x64\0\0\0\0\0\0\0\0\0\0\0\0"
	     "\xc0\xa8\x16\x65\0\0\0\0\0\0\0\0\0\0\0\0"),
	CASE(u"Dns(1234:5678:abcd:1234:5678:abcd:1234:5678)",
	     "\x03\x1f\x15\x00\x01\x12\x34\x56\x78\xab\xcd\x12\x34\x56\x78\xab\xcd\x12\x34\x56\x78"),
	CASE(u"RestService(0x1,0x2)", "\x03\x21\x06\x00\x01\x02"),
	CASE(u"RestService(0xff,0x1," GUID_TEXT u",0a0b)",
	     "\x03\x21\x18\x00\xff\x01" GUID_BYTES "\x0a\x0b"),
	CASE(u"NVMEoF(nqn.1991-05.org.uefi:a,urn:uuid:4eff7f8e-d353-4e9b-a4ec-deea8eab84d7)",
	     "\x03\x22\x2c\x00\x03\x4e\xff\x7f\x8e\xd3\x53\x4e\x9b\xa4\xec\xde\xea\x8e\xab\x84\xd7"
	     "nqn.1991-05.org.uefi:a\0"),
	CASE(u"BBS(Floppy,MyId,0x12ab)", "\x05\x01\x0d\x00\x01\0\xab\x12MyId\0"),
	CASE(u"BBS(0x80,,0x0)", "\x05\x01\x09\x00\x80\0\0\0\0"),
	CASE(u"IPv4(1.2.3.4:80,UDP,DHCP,5.6.7.8:65535,0.0.0.0,0.0.0.0)",
	     "\x03\x0c\x1b\x00\x05\x06\x07\x08\x01\x02\x03\x04\xff\xff\x50\x00\x11\x00\x00"
	     "\0\0\0\0\0\0\0\0"),
	CASE(u"IPv6([fe80:0000:0000:0000:0000:0000:0000:0001]:80,UDP,Static,"
	     "0000:0000:0000:0000:0000:0000:0000:0000,0x0,"
	     "0000:0000:0000:0000:0000:0000:0000:0000)",
	     "\x03\x0d\x3c\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	     "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\x50\0\x11\0\0\0"
	     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	/* No word for the value, or characters that a field cannot have. */
	CASE(u"Acpi(0xfec2,0x0)", "\x02\x01\x0c\x00\xc2\xfe\0\0\0\0\0\0"),
	CASE(u"AcpiPath(2,0000000000000000000000000000)",
	     "\x02\x02\x12\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	CASE(u"AcpiPath(2,0000000000000000000000002c000000)",
	     "\x02\x02\x14\x00\0\0\0\0\0\0\0\0\0\0\0\0,\0\0\0"),
	CASE(u"AcpiPath(3)", "\x02\x03\x04\x00"),
	CASE(u"AcpiPath(3,00)", "\x02\x03\x05\x00\0"),
	CASE(u"Msg(16,0000000000002200)", "\x03\x10\x0c\x00\0\0\0\0\0\0\"\0"),
	CASE(u"Msg(16,00000000000061)", "\x03\x10\x0b\x00\0\0\0\0\0\0a"),
	CASE(u"Msg(19,010000000000000000000000000000006100)",
	     "\x03\x13\x16\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a\0"),
	CASE(u"Msg(19,0000000400000000000000000000"
	     u"6100)",
	     "\x03\x13\x14\x00\0\0\0\x04\0\0\0\0\0\0\0\0\0\0a\0"),
	CASE(u"Msg(19,0000010000000000000000000000"
	     u"6100)",
	     "\x03\x13\x14\x00\0\0\x01\0\0\0\0\0\0\0\0\0\0\0a\0"),
	CASE(u"Msg(19,000000000000000000000000000061)",
	     "\x03\x13\x13\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0a"),
	CASE(u"Msg(31)", "\x03\x1f\x04\x00"),
	CASE(u"Msg(31,01)", "\x03\x1f\x05\x00\x01"),
	CASE(u"Msg(31,0001020304)", "\x03\x1f\x09\x00\0\x01\x02\x03\x04"),
	CASE(u"Msg(31,0001020304000000000000000000000001)",
	     "\x03\x1f\x15\x00\0\x01\x02\x03\x04\0\0\0\0\0\0\0\0\0\0\0\x01"),
	CASE(u"Msg(33,010200)", "\x03\x21\x07\x00\x01\x02\x00"),
	CASE(u"Msg(33,ff0200)", "\x03\x21\x07\x00\xff\x02\x00"),
	CASE(u"Msg(34,01000000000000000000000000000000006100)",
	     "\x03\x22\x17\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a\0"),
	CASE(u"BbsPath(1,01000000)", "\x05\x01\x08\x00\x01\0\0\0"),
	CASE(u"Msg(1,02000000)", "\x03\x01\x08\x00\x02\x00\x00\x00"),
	CASE(u"Msg(28,2900000000000000000000000000000000000000000000000000000000000000)",
	     "\x03\x1c\x24\x00)\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	CASE(u"Msg(28,0000000000000000000000000000000000000000000000000000000000000061)",
	     "\x03\x1c\x24\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a"),
};

/* Other accepted spellings. */
static const struct text_case other[] = {
	CASE(u"Ata(1,Master)", "\x03\x01\x08\x00\x01\x00\x00\x00"),
	/* Fields that are left out. */
	CASE(u"IPv4(1.2.3.4)",
	     "\x03\x0c\x1b\x00\0\0\0\0\x01\x02\x03\x04\0\0\0\0\x11\0\0\0\0\0\0\0\0\0\0"),
	CASE(u"Sata(1)", "\x03\x12\x0a\x00\x01\x00\xff\xff\x00\x00"),
	CASE(u"UsbClass()", "\x03\x0f\x0b\x00\xff\xff\xff\xff\xff\xff\xff"),
	CASE(u"UsbHID(1)", "\x03\x0f\x0b\x00\x01\x00\xff\xff\x03\xff\xff"),
	CASE(u"AcpiEx(HWP0002,PNP0A03)",
	     "\x02\x02\x13\x00\xf0\x22\x02\x00\0\0\0\0\xd0\x41\x03\x0a\0\0\0"),
	CASE(u"SAS(1)",
	     "\x03\x0a\x2c\x00" SAS_GUID "\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	CASE(u"SasEx(0x0123456789ABCDEF,,2,SAS,External,Direct)",
	     "\x03\x16\x18\x00\x01\x23\x45\x67\x89\xab\xcd\xef\0\0\0\0\0\0\0\0\x21\0\x02\0"),
	CASE(u"iSCSI(a,1,0x0000000000000000)", "\x03\x13\x14\x00\0\0\0\x08\0\0\0\0\0\0\0\0\x01\0"
					       "a\0"),
	CASE(u"Acpi(pnp0A03)", ROOT),
	CASE(u"UsbWwid(1,2,3,a)", "\x03\x10\x0c\x00\x03\x00\x01\x00\x02\x00"
				  "a\0"),
	CASE(u"BBS(2,a)", "\x05\x01\x0a\x00\x02\0\0\0"
			  "a\0"),
	CASE(u"Dns(::,fe80::1,1:2::,[::1])",
	     "\x03\x1f\x45\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	     "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
	     "\0\x01\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"),
	CASE(u"I1394(1F)", "\x03\x04\x10\x00\0\0\0\0\x1f\0\0\0\0\0\0\0"),
	CASE(u"PciRoot()/Pci(31,0X2)", ROOT "\x01\x01\x06\x00\x02\x1f"),
	CASE(u"/Acpi(PNP0A03,0)//Pci(0x1F,2)/", ROOT "\x01\x01\x06\x00\x02\x1f"),
	CASE(u"HD(1,GPT,5568e427-68fc-4f3d-ac74-ca555231cc68)",
	     "\x04\x01\x2a\x00\x01\x00\x00\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" GUID_BYTES
	     "\x02\x02"),
	CASE(u"Uart(DEFAULT,DEFAULT,D,D)",
	     "\x03\x0e\x13\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	CASE(u"Uri(a,b)", "\x03\x18\x07\x00\x61,b"),
	CASE(u",Ctrl(7),,Ctrl(8),",
	     "\x01\x05\x08\x00\x07\x00\x00\x00\x7f\x01\x04\x00\x01\x05\x08\x00\x08\x00\x00\x00"),
	CASE(u"Path(1,1,021f)", "\x01\x01\x06\x00\x02\x1f"),
	CASE(u"Pci( 0x1f,  2)", "\x01\x01\x06\x00\x02\x1f"),
};

/* A text that only looks like a node is a file name. */
static const CHAR16 *const files[] = { u"Pci", u"Pci(1,2)x", u"pci(1,2)", u"Nobody(1)", u"x(a/b)" };

static const CHAR16 *const refused[] = {
	u"Pci(0x100,0)",
	u"Pci(1,2,3)",
	u"Pci(g,0)",
	u"Pci(-1,0)",
	u"Pci(1 ,0)",
	u"Ctrl(0x100000000)",
	u"Ctrl(4294967296)",
	u"Ctrl(99999999999999999999999)",
	u"BMC(0,0x10000000000000000)",
	u"Acpi(PNP0g01,0)",
	u"Acpi(PNP00001,0)",
	u"VenHw()",
	u"VenHw(5568e427)",
	u"VenHw(5568e427+68fc-4f3d-ac74-ca555231cc68)",
	u"VenHw(" GUID_TEXT u"0)",
	u"VenHw(" GUID_TEXT u",0)",
	u"VenHw(" GUID_TEXT u",0g)",
	u"VenHw(" GUID_TEXT u",00,00)",
	u"NVMe(1,77-66)",
	u"MAC(52540012345,1)",
	u"Uart(1,8,X,1)",
	u"Uart(1,8,NN,1)",
	u"Uart(1,8,N,3)",
	u"Uri(\x100)",
	u"HD(1,GPT,5568e427)",
	u"HD(1,ATARI,0)",
	u"HD(1,MBR,0,0,0,0)",
	u"Path(127,255)",
	u"Path(256,1)",
	u"Path(1)",
	u"Path(1,1,0)",
	u"Msg(256)",
	u"Ata(Tertiary,Master,0)",
	u"Ata(2,Master,0)",
	u"I1394(g)",
	u"I1394(12345678123456781)",
	u"IPv4(1.2.3)",
	u"IPv4(1.2.3.4.5)",
	u"IPv4(1.2.3.256)",
	u"IPv4(1..3.4)",
	u"IPv4(1.2.3.4,ICMP)",
	u"IPv6(fe80:0:0:0:0:0:1)",
	u"IPv6(fe80:0:0:0:0:0:0:0:1)",
	u"IPv6(fe801:0:0:0:0:0:0:1)",
	u"FibreEx(0x1234,0x0)",
	u"FibreEx(121234567812345678,0)",
	u"Bluetooth(001320f5fa)",
	u"Wi-Fi(123456789012345678901234567890123)",
	u"Wi-Fi(\x100)",
	u"AcpiEx(PNP0A03,PNP0A03,0,a,b,c,d)",
	u"AcpiEx(PNP0A0,0,0)",
	u"AcpiEx(0,0,0,\x100)",
	u"AcpiExp(PNP0A03,0,1,2)",
	u"AcpiAdr(1,x)",
	u"SAS(1,2,3,IDE)",
	u"SAS(1,2,3,NoTopology,External)",
	u"SAS(1,2,3,0x10000)",
	u"SAS(1,2,3,SAS,2)",
	u"SAS(1,2,3,SAS,Internal,4)",
	u"SAS(1,2,3,SAS,Internal,Direct,257)",
	u"SAS(1,2,3,SAS,Internal,Direct,1,0,0)",
	u"SasEx(1)",
	u"SasEx(0x0123456789ABCDEF,0,0,SAS,0,0,0,0)",
	u"UsbWwid(1,2,3,\"a\"b\")",
	u"UsbWwid(0x10000,2,3,a)",
	u"iSCSI(,1,0x0000000000000000)",
	u"iSCSI(a,1,2)",
	u"iSCSI(a,1,0x0000000000000000,MD5)",
	u"iSCSI(a,1,0x0000000000000000,None,None,None,UDP)",
	u"Dns(1.2.3.4,fe80::1)",
	u"Dns(1.2.3.4,,5.6.7.8)",
	u"Dns(1.2.3.4:53)",
	u"Dns([::1]:53)",
	u"Dns([::1)",
	u"Dns(1::2::3)",
	u"Dns(:::)",
	u"Dns(1:2:3:4:5:6:7::8)",
	u"Dns(1:2:3:4:5:6:7:)",
	u"RestService(1,2," GUID_TEXT u")",
	u"RestService(0x100,2)",
	u"NVMEoF(a," GUID_TEXT u")",
	u"NVMEoF(,urn:uuid:" GUID_TEXT u")",
	u"BBS(Tape,a)",
	u"BBS(0x10000,a)",
	u"IPv4(1.2.3.4:)",
	u"IPv4(1.2.3.4:65536)",
	u"IPv4(1.2.3.4,UDP,DHCP,1.2.3.4,1.2.3.4:1)",
	u"IPv6([::1]x)",
	u"IPv6([::1]:)",
	u"Pci(1,2",
	u"Pci(1,2)/a)",
	u"((Pci(1,2)",
};

static void check_bytes(const struct text_case *row)
{
	EFI_DEVICE_PATH_PROTOCOL *path = from_text->ConvertTextToDevicePath(row->text);
	size_t index =
		(size_t)(row - (row >= other && row < other + ARRAY_SIZE(other) ? other : same));

	CHECK_OF(path != NULL, "row %zu", index);
	if (!path)
		return;
	CHECK_OF(efi_path_size(path, EFI_PATH_SIZE_MAX) == row->size &&
			 memcmp(path, row->bytes, row->size) == 0,
		 "row %zu", index);
	efi_free(path);
}

TEST(text_to_path)
{
	publish();
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		check_bytes(&same[i]);
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		check_bytes(&other[i]);
	CHECK_EQUAL(pool_pieces, 0);
}

TEST(path_to_text)
{
	publish();
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		CHAR16 *text =
			to_text->ConvertDevicePathToText((const void *)same[i].bytes, false, true);
		size_t count = 0;

		CHECK(text);
		while (text && same[i].text[count] && text[count] == same[i].text[count])
			count++;
		CHECK_OF(text && text[count] == same[i].text[count], "row %zu at %zu", i, count);
		efi_free(text);
	}
}

TEST(text_to_node)
{
	EFI_DEVICE_PATH_PROTOCOL *node;

	publish();
	node = from_text->ConvertTextToDeviceNode(u"Pci(0x1f,0x2)");
	CHECK(node && memcmp(node, "\x01\x01\x06\x00\x02\x1f", 6) == 0);
	efi_free(node);
	node = from_text->ConvertTextToDeviceNode(u"");
	CHECK(node && memcmp(node, "\x04\x04\x06\x00\0", 6) == 0);
	efi_free(node);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t count = 0;

		while (files[i][count])
			count++;
		node = from_text->ConvertTextToDeviceNode(files[i]);
		CHECK_OF(node && node->Type == MEDIA_DEVICE_PATH &&
				 node->SubType == MEDIA_FILEPATH_DP &&
				 efi_node_length(node) == 4 + 2 * (count + 1) &&
				 memcmp(node + 1, files[i], 2 * (count + 1)) == 0,
			 "name %zu", i);
		efi_free(node);
	}
}

TEST(nonsense_is_refused)
{
	publish();
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		EFI_DEVICE_PATH_PROTOCOL *path = from_text->ConvertTextToDevicePath(refused[i]);

		CHECK_OF(!path, "text %zu", i);
		efi_free(path);
	}
	CHECK(!from_text->ConvertTextToDevicePath(NULL));
	CHECK(!from_text->ConvertTextToDeviceNode(NULL));
	pool_left = 0;
	CHECK(!from_text->ConvertTextToDevicePath(u"Ctrl(1)"));
	CHECK(!from_text->ConvertTextToDeviceNode(u"Ctrl(1)"));
	pool_left = UINT64_MAX;
	CHECK_EQUAL(pool_pieces, 0);
}

/* The node for a name of @count characters, or the path of it. */
static EFI_DEVICE_PATH_PROTOCOL *of_length(bool is_node, size_t count)
{
	CHAR16 *text = calloc(count + 1, sizeof(*text));
	EFI_DEVICE_PATH_PROTOCOL *path;

	for (size_t i = 0; i < count; i++)
		text[i] = 'x';
	path = is_node ? from_text->ConvertTextToDeviceNode(text) :
			 from_text->ConvertTextToDevicePath(text);
	free(text);
	return path;
}

static EFI_DEVICE_PATH_PROTOCOL *path_of_length(size_t count)
{
	return of_length(false, count);
}

TEST(long_texts_are_refused)
{
	const size_t longest = (EFI_PATH_SIZE_MAX - 8 - 4) / 2 - 1;
	EFI_DEVICE_PATH_PROTOCOL *path;

	publish();
	path = path_of_length(longest);
	CHECK(path && efi_path_size(path, EFI_PATH_SIZE_MAX));
	efi_free(path);
	CHECK(!path_of_length(longest + 1));
	CHECK(!path_of_length(40000));
	CHECK(!path_of_length(4000000));
}

TEST(a_node_has_a_size_of_16_bits)
{
	const size_t longest = (0xffff - 4) / 2 - 1;
	EFI_DEVICE_PATH_PROTOCOL *node;

	publish();
	node = of_length(true, longest);
	CHECK(node && efi_node_length(node) == 4 + 2 * (longest + 1));
	efi_free(node);
	CHECK(!of_length(true, longest + 1));
	CHECK(!of_length(true, 60000));
}
