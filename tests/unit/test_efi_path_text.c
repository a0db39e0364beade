/* SPDX-License-Identifier: Apache-2.0 */
/* efi/paths/to_text.c: conversion of device paths to text (UEFI 2.11, 10.6.1.6);
 * efi/protocols/path_utilities.c.
 */
#include "tests/unit/efi_services.h"

#include "efi/protocols/protocols.h"

static EFI_DEVICE_PATH_TO_TEXT_PROTOCOL *to_text;
static EFI_DEVICE_PATH_UTILITIES_PROTOCOL *utilities;

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface)
{
	(void)object;
	if (guid_equals(protocol, &guid_device_path_to_text))
		to_text = interface;
	if (guid_equals(protocol, &guid_device_path_utilities))
		utilities = interface;
	return EFI_SUCCESS;
}

static const EFI_DEVICE_PATH_PROTOCOL *path_of(const void *bytes)
{
	return bytes;
}

/* Checks that @text is the text of the path with these bytes, which include its end node. */
static void check_text(const void *bytes, bool display_only, bool shortcuts, const CHAR16 *text)
{
	CHAR16 *made;
	size_t count = 0;

	CHECK(!efi_path_to_text_publish(NULL));
	made = to_text->ConvertDevicePathToText(bytes, display_only, shortcuts);
	CHECK(made);
	if (!made)
		return;
	while (text[count] && made[count] == text[count])
		count++;
	CHECK_OF(made[count] == text[count], "differs at %zu", count);
	efi_free(made);
}

static void check_path(const void *bytes, const CHAR16 *text)
{
	check_text(bytes, false, true, text);
}

#define END "\x7f\xff\x04\x00"
#define ROOT "\x02\x01\x0c\x00\xd0\x41\x03\x0a\x00\x00\x00\x00"

TEST(texts_of_nodes)
{
	check_path(END, u"");
	check_path(ROOT "\x01\x01\x06\x00\x02\x1f" END, u"PciRoot(0x0)/Pci(0x1f,0x2)");
	check_path(
		"\x02\x01\x0c\x00\xd0\x41\x01\x05\x00\x00\x00\x00"
		"\x03\x0e\x13\x00\x00\x00\x00\x00\x00\xc2\x01\x00\x00\x00\x00\x00\x08\x01\x01" END,
		u"Serial(0x0)/Uart(115200,8,N,1)");
	check_path("\x02\x01\x0c\x00\xd0\x41\x01\x0c\x02\x00\x00\x00" END, u"Acpi(PNP0c01,0x2)");
	check_path("\x02\x01\x0c\x00\x01\x02\x03\x04\x02\x00\x00\x00" END, u"Acpi(0x4030201,0x2)");
	check_path("\x04\x04\x0c\x00\\\0a\0b\0\0\0" END, u"\\ab");
	check_path("\x01\x05\x08\x00\x07\x00\x00\x00" END, u"Ctrl(0x7)");
	check_path("\x03\x02\x08\x00\x01\x00\x02\x00" END, u"Scsi(0x1,0x2)");
	check_path("\x03\x17\x10\x00\x01\x00\x00\x00\x00\x11\x22\x33\x44\x55\x66\x77" END,
		   u"NVMe(0x1,77-66-55-44-33-22-11-00)");
	check_path("\x03\x18\x09\x00http:" END, u"Uri(http:)");
	check_path(
		"\x04\x03\x14\x00\x27\xe4\x68\x55\xfc\x68\x3d\x4f\xac\x74\xca\x55\x52\x31\xcc\x68" END,
		u"VenMedia(5568E427-68FC-4F3D-AC74-CA555231CC68)");
	check_path(
		"\x01\x04\x16\x00\x27\xe4\x68\x55\xfc\x68\x3d\x4f\xac\x74\xca\x55\x52\x31\xcc\x68\x01\xab" END,
		u"VenHw(5568E427-68FC-4F3D-AC74-CA555231CC68,01ab)");
	check_path("\x03\x0b\x25\x00\x52\x54\x00\x12\x34\x56" /* 26 zeroes */
		   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01" END,
		   u"MAC(525400123456,0x1)");
}

TEST(texts_of_partitions)
{
	check_path("\x04\x01\x2a\x00\x01\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"
		   "\x00\x20\x03\x00\x00\x00\x00\x00"
		   "\x27\xe4\x68\x55\xfc\x68\x3d\x4f\xac\x74\xca\x55\x52\x31\xcc\x68\x02\x02" END,
		   u"HD(1,GPT,5568E427-68FC-4F3D-AC74-CA555231CC68,0x800,0x32000)");
	check_path("\x04\x01\x2a\x00\x02\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"
		   "\x00\x20\x03\x00\x00\x00\x00\x00"
		   "\x78\x56\x34\x12\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01" END,
		   u"HD(2,MBR,0x12345678,0x800,0x32000)");
	check_path("\x04\x02\x18\x00\x01\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"
		   "\x20\x00\x00\x00\x00\x00\x00\x00" END,
		   u"CDROM(0x1,0x10,0x20)");
}

/* Nodes of wrong size or unknown kind, or that cannot be expressed as text. */
/* 10.6.2: the shorter texts only if the caller allows them. */
TEST(text_for_display_and_shortcuts)
{
	static const u8 path[] = "\x03\x01\x08\x00\x01\x00\x02\x00"
				 "\x03\x0a\x14\x00\x53\x47\xc1\xe0\xbe\xf9\xd2\x11"
				 "\x9a\x0c\x00\x90\x27\x3f\xc1\x4d" ROOT END;

	check_text(path, false, true, u"Ata(Secondary,Master,0x2)/VenPcAnsi()/PciRoot(0x0)");
	check_text(path, true, true, u"Ata(0x2)/VenPcAnsi()/PciRoot(0x0)");
	check_text(path, true, false,
		   u"Ata(0x2)/VenMsg(E0C14753-F9BE-11D2-9A0C-0090273FC14D)/PciRoot(0x0)");
	check_text(path, false, false,
		   u"Ata(Secondary,Master,0x2)/VenMsg(E0C14753-F9BE-11D2-9A0C-0090273FC14D)"
		   u"/PciRoot(0x0)");
}

TEST(other_nodes_are_bytes)
{
	check_path("\x01\x01\x05\x00\xab" END, u"HardwarePath(1,ab)");
	check_path("\x01\x63\x04\x00" END, u"HardwarePath(99)");
	check_path("\x06\x01\x05\x00\x01" END, u"Path(6,1,01)");
	check_path("\x03\x18\x05\x00)" END, u"Msg(24,29)");
	check_path(
		"\x03\x0e\x13\x00\x00\x00\x00\x00\x00\xc2\x01\x00\x00\x00\x00\x00\x08\x09\x01" END,
		u"Msg(14,0000000000c201000000000008"
		u"0901)");
}

TEST(instances_are_separated)
{
	check_path(
		"\x01\x05\x08\x00\x07\x00\x00\x00\x7f\x01\x04\x00\x01\x05\x08\x00\x08\x00\x00\x00" END,
		u"Ctrl(0x7),Ctrl(0x8)");
}

TEST(null_has_no_text)
{
	CHECK(!efi_path_to_text_publish(NULL));
	CHECK(!to_text->ConvertDevicePathToText(NULL, false, false));
	CHECK(!to_text->ConvertDeviceNodeToText(NULL, true, true));
	CHECK(!to_text->ConvertDevicePathToText(path_of("\x01\x01\x03\x00"), false, false));
	pool_left = 0;
	CHECK(!to_text->ConvertDevicePathToText(path_of(END), false, false));
	pool_left = UINT64_MAX;
}

TEST(utilities_join_and_split)
{
	const EFI_DEVICE_PATH_PROTOCOL *root = path_of(ROOT END), *end = path_of(END);
	EFI_DEVICE_PATH_PROTOCOL *both, *rest, *part;
	UINTN size;

	CHECK(!efi_path_utilities_publish(NULL));
	CHECK_EQUAL(utilities->GetDevicePathSize(NULL), 0);
	CHECK_EQUAL(utilities->GetDevicePathSize(root), 16);
	CHECK(!utilities->DuplicateDevicePath(NULL));
	CHECK(!utilities->AppendDevicePathInstance(root, NULL));
	both = utilities->AppendDevicePathInstance(root, end);
	CHECK_EQUAL(utilities->GetDevicePathSize(both), 20);
	CHECK(utilities->IsDevicePathMultiInstance(both));
	CHECK(!utilities->IsDevicePathMultiInstance(root));
	CHECK(!utilities->IsDevicePathMultiInstance(NULL));
	rest = both;
	part = utilities->GetNextDevicePathInstance(&rest, &size);
	CHECK_EQUAL(size, 16);
	CHECK(memcmp(part, root, size) == 0);
	efi_free(part);
	part = utilities->GetNextDevicePathInstance(&rest, &size);
	CHECK_EQUAL(size, 4);
	CHECK(!rest);
	efi_free(part);
	CHECK(!utilities->GetNextDevicePathInstance(&rest, &size));
	CHECK_EQUAL(size, 0);
	efi_free(both);
	both = utilities->AppendDevicePath(NULL, NULL);
	CHECK_EQUAL(utilities->GetDevicePathSize(both), 4);
	efi_free(both);
	both = utilities->AppendDeviceNode(root, NULL);
	CHECK_EQUAL(utilities->GetDevicePathSize(both), 16);
	efi_free(both);
	CHECK(!utilities->CreateDeviceNode(1, 1, 3));
	both = utilities->CreateDeviceNode(1, 1, 6);
	CHECK_EQUAL(efi_node_length(both), 6);
	efi_free(both);
	CHECK_EQUAL(pool_pieces, 0);
}
