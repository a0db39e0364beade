/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI 2.11, 14: PCI functions and root bridges. Registers are only read, because a write could
 * disturb a device that is in use.
 */
#include "efi/spec/pci.h"
#include "selftest.h"

#define SUPPORTED EfiPciIoAttributeOperationSupported
#define GET EfiPciIoAttributeOperationGet

static EFI_GUID pci_guid = EFI_PCI_IO_PROTOCOL_GUID;
static EFI_PCI_IO_PROTOCOL *io;
static u32 id;

static void test_location(void)
{
	UINTN segment = ~0ull, bus = ~0ull, device = ~0ull, function = ~0ull;

	is("where it is", io->GetLocation(io, &segment, &bus, &device, &function), EFI_SUCCESS);
	ok("the location is valid", segment < 65536 && bus < 256 && device < 32 && function < 8);
	is("where, without a bus", io->GetLocation(io, &segment, NULL, &device, &function),
	   EFI_INVALID_PARAMETER);
}

static void test_config(void)
{
	u8 bytes[4];

	is("identification", io->Pci.Read(io, EfiPciWidthUint32, 0, 1, &id), EFI_SUCCESS);
	ok("there is one", id && id != ~0u);
	is("byte by byte", io->Pci.Read(io, EfiPciWidthUint8, 0, 4, bytes), EFI_SUCCESS);
	ok("the same", !memcmp(bytes, &id, sizeof(id)));
	is("four times the first", io->Pci.Read(io, EfiPciWidthFifoUint8, 0, 4, bytes),
	   EFI_SUCCESS);
	ok("so it is", bytes[0] == (u8)id && bytes[3] == (u8)id);
	is("to one place", io->Pci.Read(io, EfiPciWidthFillUint8, 0, 4, bytes), EFI_SUCCESS);
	ok("the last one", bytes[0] == id >> 24 && bytes[3] == (u8)id);
	is("not at a multiple", io->Pci.Read(io, EfiPciWidthUint32, 2, 1, &id), EFI_UNSUPPORTED);
	is("after the end", io->Pci.Read(io, EfiPciWidthUint32, 0x1000, 1, &id), EFI_UNSUPPORTED);
	is("beyond the end", io->Pci.Read(io, EfiPciWidthUint32, 0xffc, 2, &id), EFI_UNSUPPORTED);
	is("of no width", io->Pci.Read(io, EfiPciWidthMaximum, 0, 1, &id), EFI_INVALID_PARAMETER);
	is("to nowhere", io->Pci.Read(io, EfiPciWidthUint32, 0, 1, NULL), EFI_INVALID_PARAMETER);
	io->Pci.Read(io, EfiPciWidthUint32, 0, 1, &id);
}

static void test_attributes(void)
{
	u64 supported = 0, present = 0, now = 0;

	is("supported attributes", io->Attributes(io, SUPPORTED, 0, &supported), EFI_SUCCESS);
	ok("memory is one of them", supported & EFI_PCI_IO_ATTRIBUTE_MEMORY);
	is("present ones", io->Attributes(io, GET, 0, &present), EFI_SUCCESS);
	ok("of those", !(present & EFI_PCI_IO_ATTRIBUTE_MEMORY & ~supported));
	is("enable memory",
	   io->Attributes(io, EfiPciIoAttributeOperationEnable, EFI_PCI_IO_ATTRIBUTE_MEMORY, NULL),
	   EFI_SUCCESS);
	io->Attributes(io, GET, 0, &now);
	ok("it is", now & EFI_PCI_IO_ATTRIBUTE_MEMORY);
	is("enable what is none",
	   io->Attributes(io, EfiPciIoAttributeOperationEnable, 1ull << 40, NULL), EFI_UNSUPPORTED);
	is("get to nowhere", io->Attributes(io, GET, 0, NULL), EFI_INVALID_PARAMETER);
	is("no operation", io->Attributes(io, EfiPciIoAttributeOperationMaximum, 0, &now),
	   EFI_INVALID_PARAMETER);
}

static void test_region(u8 index, u64 size)
{
	u64 value = 0, result = 0;
	u32 word;

	is("read its memory", io->Mem.Read(io, EfiPciWidthUint32, index, 0, 1, &value),
	   EFI_SUCCESS);
	is("the last word", io->Mem.Read(io, EfiPciWidthUint32, index, size - 4, 1, &word),
	   EFI_SUCCESS);
	is("after the last", io->Mem.Read(io, EfiPciWidthUint32, index, size, 1, &word),
	   EFI_UNSUPPORTED);
	is("beyond the last", io->Mem.Read(io, EfiPciWidthUint32, index, size - 4, 2, &word),
	   EFI_UNSUPPORTED);
	is("of no width", io->Mem.Read(io, EfiPciWidthMaximum, index, 0, 1, &word),
	   EFI_INVALID_PARAMETER);
	is("to nowhere", io->Mem.Read(io, EfiPciWidthUint32, index, 0, 1, NULL),
	   EFI_INVALID_PARAMETER);
	is("as ports", io->Io.Read(io, EfiPciWidthUint32, index, 0, 1, &word), EFI_UNSUPPORTED);
	is("poll for what is there",
	   io->PollMem(io, EfiPciWidthUint32, index, 0, 0, 0, 100, &result), EFI_SUCCESS);
	is("poll in vain", io->PollMem(io, EfiPciWidthUint32, index, 0, 0, 1, 100, &result),
	   EFI_TIMEOUT);
	is("poll once", io->PollMem(io, EfiPciWidthUint32, index, 0, 0, 1, 0, &result),
	   EFI_SUCCESS);
	is("poll to nowhere", io->PollMem(io, EfiPciWidthUint32, index, 0, 0, 1, 0, NULL),
	   EFI_INVALID_PARAMETER);
}

/* Tests the first memory BAR. */
static void test_regions(void)
{
	EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR *region;
	u64 supports;

	is("attributes of no register", io->GetBarAttributes(io, 6, &supports, NULL),
	   EFI_UNSUPPORTED);
	is("attributes for nobody", io->GetBarAttributes(io, 0, NULL, NULL), EFI_INVALID_PARAMETER);
	for (u8 i = 0; i < 6; i++) {
		if (io->GetBarAttributes(io, i, NULL, (void **)&region))
			continue;
		equals("a descriptor", region->Desc, ACPI_ADDRESS_SPACE_DESCRIPTOR);
		equals("and the end", *(u8 *)(region + 1), ACPI_END_TAG_DESCRIPTOR);
		if (region->ResType == ACPI_ADDRESS_SPACE_TYPE_MEM) {
			test_region(i, region->AddrLen);
			boot->FreePool(region);
			return;
		}
		boot->FreePool(region);
	}
	ok("there is a memory BAR", false);
}

static void test_dma(void)
{
	EFI_PHYSICAL_ADDRESS device = 0;
	UINTN size = 4096;
	void *host = NULL, *mapping = NULL;

	is("a buffer", io->AllocateBuffer(io, AllocateAnyPages, EfiBootServicesData, 1, &host, 0),
	   EFI_SUCCESS);
	is("map it",
	   io->Map(io, EfiPciIoOperationBusMasterCommonBuffer, host, &size, &device, &mapping),
	   EFI_SUCCESS);
	equals("all of it", size, 4096);
	ok("within the device's reach", device && device < 1ull << 32);
	is("unmap it", io->Unmap(io, mapping), EFI_SUCCESS);
	is("map nothing",
	   io->Map(io, EfiPciIoOperationBusMasterRead, NULL, &size, &device, &mapping),
	   EFI_INVALID_PARAMETER);
	is("map for nothing", io->Map(io, EfiPciIoOperationMaximum, host, &size, &device, &mapping),
	   EFI_INVALID_PARAMETER);
	is("flush", io->Flush(io), EFI_SUCCESS);
	is("free it", io->FreeBuffer(io, 1, host), EFI_SUCCESS);
	is("a buffer for loaders",
	   io->AllocateBuffer(io, AllocateAnyPages, EfiLoaderData, 1, &host, 0),
	   EFI_INVALID_PARAMETER);
	is("a buffer with unknown attributes",
	   io->AllocateBuffer(io, AllocateAnyPages, EfiBootServicesData, 1, &host, 1),
	   EFI_UNSUPPORTED);
}

/* The handle with a display's class, which both firmwares support. */
static EFI_HANDLE find_display(void)
{
	EFI_HANDLE *handles, found = NULL;
	UINTN count;

	if (boot->LocateHandleBuffer(ByProtocol, &pci_guid, NULL, &count, &handles))
		return NULL;
	for (UINTN i = 0; i < count; i++) {
		u8 class = 0;

		io = protocol_on(handles[i], pci_guid);
		if (!io->Pci.Read(io, EfiPciWidthUint8, 0x0b, 1, &class) && class == 3)
			found = handles[i];
	}
	boot->FreePool(handles);
	io = found ? protocol_on(found, pci_guid) : NULL;
	return found;
}

void test_pci(void)
{
	EFI_HANDLE display;
	void *interface;

	if (!protocol(pci_guid)) {
		skip("PCI", "no protocol");
		return;
	}
	display = find_display();
	if (!ok("there is a display", display != NULL))
		return;
	ok("it has a path", protocol_on(display, (EFI_GUID)EFI_DEVICE_PATH_PROTOCOL_GUID) != NULL);
	is("the firmware drives it",
	   boot->OpenProtocol(display, &pci_guid, &interface, image_handle, display,
			      EFI_OPEN_PROTOCOL_BY_DRIVER),
	   EFI_ACCESS_DENIED);
	test_location();
	test_config();
	test_attributes();
	test_regions();
	test_dma();
}

void test_pci_root(void)
{
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *root =
		protocol((EFI_GUID)EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_GUID);
	EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR *resources = NULL;
	UINTN segment, bus, device, function;
	u64 address, attributes;
	u32 word = 0, kinds = 0;

	if (!root || !find_display()) {
		skip("root bridge", "no protocol");
		return;
	}
	io->GetLocation(io, &segment, &bus, &device, &function);
	equals("the segment", root->SegmentNumber, segment);
	address = bus << 24 | device << 16 | function << 8;
	is("identification", root->Pci.Read(root, EfiPciWidthUint32, address, 1, &word),
	   EFI_SUCCESS);
	equals("the same", word, id);
	is("by the other register",
	   root->Pci.Read(root, EfiPciWidthUint16, address | 2ull << 32, 1, &word), EFI_SUCCESS);
	equals("its upper half", word & 0xffff, id >> 16);
	is("of no width", root->Pci.Read(root, EfiPciWidthMaximum, address, 1, &word),
	   EFI_INVALID_PARAMETER);
	is("to nowhere", root->Pci.Read(root, EfiPciWidthUint32, address, 1, NULL),
	   EFI_INVALID_PARAMETER);
	is("RAM is not behind it", root->Mem.Read(root, EfiPciWidthUint32, 1 << 20, 1, &word),
	   EFI_INVALID_PARAMETER);
	is("nor more ports than there are", root->Io.Read(root, EfiPciWidthUint8, 0xffff, 2, &word),
	   EFI_INVALID_PARAMETER);
	is("attributes", root->GetAttributes(root, NULL, &attributes), EFI_SUCCESS);
	is("attributes for nobody", root->GetAttributes(root, NULL, NULL), EFI_INVALID_PARAMETER);
	is("set what is none", root->SetAttributes(root, 1ull << 40, NULL, NULL), EFI_UNSUPPORTED);
	is("resources", root->Configuration(root, (void **)&resources), EFI_SUCCESS);
	for (u32 i = 0; resources && i < 16 && resources->Desc == ACPI_ADDRESS_SPACE_DESCRIPTOR;
	     i++, resources++) {
		kinds |= 1u << resources->ResType;
		if (resources->ResType == ACPI_ADDRESS_SPACE_TYPE_BUS)
			ok("the display's bus",
			   resources->AddrRangeMin <= bus && bus <= resources->AddrRangeMax);
	}
	equals("memory, ports, buses", kinds, 7);
	ok("and the end", resources && resources->Desc == ACPI_END_TAG_DESCRIPTOR);
}
