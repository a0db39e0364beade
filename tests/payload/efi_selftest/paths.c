/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 10.5: building and splitting device paths. */
#include "selftest.h"

static EFI_DEVICE_PATH_UTILITIES_PROTOCOL *utilities;

#define PATH(...) ((EFI_DEVICE_PATH_PROTOCOL *)(u8[]){ __VA_ARGS__ })
#define ROOT 2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0
#define PCI 1, 1, 6, 0, 2, 3
#define END 0x7f, 0xff, 4, 0
#define NEXT 0x7f, 1, 4, 0

/* Does the path have those bytes? Frees the path. */
static bool same(EFI_DEVICE_PATH_PROTOCOL *path, const EFI_DEVICE_PATH_PROTOCOL *wanted,
		 size_t size)
{
	bool equal = path && !memcmp(path, wanted, size);

	if (path)
		boot->FreePool(path);
	return equal;
}

static void test_size(void)
{
	equals("size of a path", utilities->GetDevicePathSize(PATH(ROOT, PCI, END)), 22);
	equals("size of two instances",
	       utilities->GetDevicePathSize(PATH(ROOT, NEXT, ROOT, PCI, END)), 38);
	equals("size of an end", utilities->GetDevicePathSize(PATH(END)), 4);
	equals("size of nothing", utilities->GetDevicePathSize(NULL), 0);
}

static void test_build(void)
{
	EFI_DEVICE_PATH_PROTOCOL *node;

	ok("duplicate",
	   same(utilities->DuplicateDevicePath(PATH(ROOT, PCI, END)), PATH(ROOT, PCI, END), 22));
	ok("duplicate nothing", !utilities->DuplicateDevicePath(NULL));
	ok("append a path", same(utilities->AppendDevicePath(PATH(ROOT, END), PATH(PCI, END)),
				 PATH(ROOT, PCI, END), 22));
	ok("append to nothing",
	   same(utilities->AppendDevicePath(NULL, PATH(PCI, END)), PATH(PCI, END), 10));
	ok("append nothing",
	   same(utilities->AppendDevicePath(PATH(ROOT, END), NULL), PATH(ROOT, END), 16));
	ok("nothing and nothing", same(utilities->AppendDevicePath(NULL, NULL), PATH(END), 4));
	ok("append a node",
	   same(utilities->AppendDeviceNode(PATH(ROOT, END), PATH(PCI)), PATH(ROOT, PCI, END), 22));
	ok("append a node to nothing",
	   same(utilities->AppendDeviceNode(NULL, PATH(PCI)), PATH(PCI, END), 10));
	ok("append no node",
	   same(utilities->AppendDeviceNode(PATH(ROOT, END), NULL), PATH(ROOT, END), 16));
	ok("append an instance",
	   same(utilities->AppendDevicePathInstance(PATH(ROOT, END), PATH(PCI, END)),
		PATH(ROOT, NEXT, PCI, END), 26));
	ok("an instance to nothing",
	   same(utilities->AppendDevicePathInstance(NULL, PATH(PCI, END)), PATH(PCI, END), 10));
	ok("no instance", !utilities->AppendDevicePathInstance(PATH(ROOT, END), NULL));
	node = utilities->CreateDeviceNode(4, 3, 20);
	ok("create a node", node && !memcmp(node, (u8[]){ 4, 3, 20, 0 }, 4));
	if (node)
		boot->FreePool(node);
	ok("create one that is too short", !utilities->CreateDeviceNode(4, 3, 3));
}

static void test_instances(void)
{
	EFI_DEVICE_PATH_PROTOCOL *path = PATH(ROOT, NEXT, PCI, END);
	UINTN size = 0;

	ok("several instances", utilities->IsDevicePathMultiInstance(path));
	ok("one instance", !utilities->IsDevicePathMultiInstance(PATH(ROOT, PCI, END)));
	ok("no path", !utilities->IsDevicePathMultiInstance(NULL));
	ok("the first",
	   same(utilities->GetNextDevicePathInstance(&path, &size), PATH(ROOT, END), 16));
	equals("its size", size, 16);
	ok("the second",
	   same(utilities->GetNextDevicePathInstance(&path, &size), PATH(PCI, END), 10));
	equals("its size", size, 10);
	ok("no third", path == NULL && !utilities->GetNextDevicePathInstance(&path, &size));
}

void test_paths(void)
{
	utilities = protocol((EFI_GUID)EFI_DEVICE_PATH_UTILITIES_PROTOCOL_GUID);
	if (!ok("there is DevicePathUtilities", utilities != NULL))
		return;
	test_size();
	test_build();
	test_instances();
}

/* Compares ignoring case, which the specification does not define for numbers. */
static bool alike(const CHAR16 *a, const CHAR16 *b)
{
	while (*a && (*a == *b || ((*a ^ *b) == 0x20 && (*a | 0x20) >= 'a' && (*a | 0x20) <= 'z'))) {
		a++;
		b++;
	}
	return !*a && !*b;
}

struct text_row {
	const CHAR16 *text;
	u8 node[48];
};

static const struct text_row rows[] = {
	{ u"PciRoot(0x0)", { ROOT } },
	{ u"PciRoot(0x2)", { 2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 2, 0, 0, 0 } },
	{ u"Pci(0x3,0x2)", { PCI } },
	{ u"Acpi(PNP0C0A,0x1)", { 2, 1, 12, 0, 0xd0, 0x41, 0x0a, 0x0c, 1, 0, 0, 0 } },
	{ u"MemoryMapped(0xB,0x10000,0x1FFFF)",
	  { 1, 3, 24, 0, 11, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 0, 0, 0, 0, 0 } },
	{ u"Ctrl(0x5)", { 1, 5, 8, 0, 5, 0, 0, 0 } },
	{ u"VenHw(837DCA9E-E874-4D82-B29A-23FE0E23D1E2,0002)",
	  { 1,    4,    22,   0,    0x9e, 0xca, 0x7d, 0x83, 0x74, 0xe8, 0x82,
	    0x4d, 0xb2, 0x9a, 0x23, 0xfe, 0x0e, 0x23, 0xd1, 0xe2, 0,    2 } },
	{ u"Scsi(0x1,0x2)", { 3, 2, 8, 0, 1, 0, 2, 0 } },
	{ u"NVMe(0x1,01-02-03-04-05-06-07-08)",
	  { 3, 23, 16, 0, 1, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1 } },
	{ u"Uri(http://a/b)", { 3, 24, 14, 0, 'h', 't', 't', 'p', ':', '/', '/', 'a', '/', 'b' } },
	{ u"HD(1,GPT,0FA7300D-0000-4000-8000-000000000001,0x40,0x20000)",
	  { 4, 1, 42, 0,    1,    0,    0,    0, 0x40, 0, 0,    0,    0, 0, 0, 0, 0, 0, 2, 0, 0,
	    0, 0, 0,  0x0d, 0x30, 0xa7, 0x0f, 0, 0,    0, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 1, 2, 2 } },
	{ u"HD(5,MBR,0x0FA7300D,0x800,0x1000)",
	  { 4, 1, 42, 0,    5,    0,    0,    0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0,
	    0, 0, 0,  0x0d, 0x30, 0xa7, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 1, 1 } },
	{ u"CDROM(0x1,0x10,0x20)",
	  { 4, 2, 24, 0, 1, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0 } },
	{ u"VenMedia(5568E427-68FC-4F3D-AC74-CA555231CC68)",
	  { 4,    3,    20,   0,    0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68,
	    0x3d, 0x4f, 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } },
	{ u"\\a\\b", { 4, 4, 14, 0, '\\', 0, 'a', 0, '\\', 0, 'b', 0, 0, 0 } },
};

static void test_nodes(EFI_DEVICE_PATH_TO_TEXT_PROTOCOL *to,
		       EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL *from)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const EFI_DEVICE_PATH_PROTOCOL *node = (const void *)rows[i].node;
		CHAR16 *text = to->ConvertDeviceNodeToText(node, false, false);
		EFI_DEVICE_PATH_PROTOCOL *back;

		print("# %S\n", rows[i].text);
		if (!ok("the node as text", text && alike(text, rows[i].text)) && text)
			print("# it was %S\n", text);
		if (text)
			boot->FreePool(text);
		if (!from)
			continue;
		back = from->ConvertTextToDeviceNode(rows[i].text);
		ok("and back", back && !memcmp(back, node, node->Length[0]));
		if (back)
			boot->FreePool(back);
	}
}

void test_path_text(void)
{
	EFI_DEVICE_PATH_TO_TEXT_PROTOCOL *to =
		protocol((EFI_GUID)EFI_DEVICE_PATH_TO_TEXT_PROTOCOL_GUID);
	EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL *from =
		protocol((EFI_GUID)EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL_GUID);
	EFI_DEVICE_PATH_PROTOCOL *path;
	CHAR16 *text;

	if (!ok("there is DevicePathToText", to != NULL))
		return;
	ok("there is DevicePathFromText", from != NULL);
	test_nodes(to, from);
	text = to->ConvertDevicePathToText(PATH(ROOT, PCI, END), false, false);
	ok("a path as text", text && equal16(text, u"PciRoot(0x0)/Pci(0x3,0x2)"));
	if (text)
		boot->FreePool(text);
	text = to->ConvertDevicePathToText(PATH(ROOT, NEXT, ROOT, PCI, END), false, false);
	if (!ok("two instances", text && equal16(text, u"PciRoot(0x0),PciRoot(0x0)/Pci(0x3,0x2)")) &&
	    text)
		print("# it was %S\n", text);
	if (text)
		boot->FreePool(text);
	ok("no node", !to->ConvertDeviceNodeToText(NULL, false, false));
	ok("no path", !to->ConvertDevicePathToText(NULL, false, false));
	if (!from)
		return;
	path = from->ConvertTextToDevicePath(u"PciRoot(0x0)/Pci(0x3,0x2)/\\a\\b");
	ok("text as a path",
	   same(path, PATH(ROOT, PCI, 4, 4, 14, 0, '\\', 0, 'a', 0, '\\', 0, 'b', 0, 0, 0, END),
		36));
	path = from->ConvertTextToDevicePath(u"Ctrl(0x5),Path(1,5,06000000)");
	ok("text as two instances",
	   same(path, PATH(1, 5, 8, 0, 5, 0, 0, 0, NEXT, 1, 5, 8, 0, 6, 0, 0, 0, END), 24));
	ok("no words, no path", same(from->ConvertTextToDevicePath(u""), PATH(END), 4));
	ok("a word that is not a node is a file",
	   same(from->ConvertTextToDevicePath(u"Ctrl"),
		PATH(4, 4, 14, 0, 'C', 0, 't', 0, 'r', 0, 'l', 0, 0, 0, END), 18));
	ok("parentheses that do not match", !from->ConvertTextToDevicePath(u"Pci(1,2"));
	ok("no text for a node", !from->ConvertTextToDeviceNode(NULL));
	ok("no text for a path", !from->ConvertTextToDevicePath(NULL));
}
