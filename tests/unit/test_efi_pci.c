/* SPDX-License-Identifier: Apache-2.0 */
/* EFI_PCI_IO_PROTOCOL and EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL (UEFI 2.11, 14). */
#include "tests/unit/efi_services.h"

#include <sys/mman.h>

#include <asm/cpu.h>

#include "tests/host/pci_machine.h"

static const EFI_PCI_WIDTH W8 = EfiPciWidthUint8, W16 = EfiPciWidthUint16, W32 = EfiPciWidthUint32,
			   W64 = EfiPciWidthUint64;

enum { COUNTER = 8 }; /* a byte that counts its reads */

static EFI_PCI_IO_PROTOCOL *io; /* under test */

static EFI_STATUS read_memory(u32 width, u8 index, u64 offset, UINTN count, void *buffer)
{
	return io->Mem.Read(io, width, index, offset, count, buffer);
}

static EFI_STATUS read_config(u32 width, u32 offset, UINTN count, void *buffer)
{
	return io->Pci.Read(io, width, offset, count, buffer);
}

static EFI_STATUS poll(u32 width, u8 index, u64 offset, u64 mask, u64 value, u64 delay, u64 *result)
{
	return io->PollMem(io, width, index, offset, mask, value, delay, result);
}

#define attributes(operation, ...) \
	io->Attributes(io, EfiPciIoAttributeOperation##operation, __VA_ARGS__)
#define map(operation, ...) io->Map(io, EfiPciIoOperation##operation, __VA_ARGS__)

TEST(paths_of_disks_behind_a_controller)
{
	static const u8 on_pci[] = {
		2,    1,    12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0, /* PciRoot(0x0) */
		1,    1,    6,  0, 0,    4,    3, 2,    8, 0, 2, 0,
		1,    0x3f, /* Pci(0x4,0x0)/Scsi(0x2,0x3f01) */
		0x7f, 0xff, 4,  0,
	};
	static const u8 scsi_node[] = { 3, 2, 8, 0, 2, 0, 1, 0x3f, 0x7f, 0xff, 4, 0 };
	struct device_address address = {
		.bus = DEVICE_PCI,
		.depth = 1,
		.functions = { 4 << 3 },
		.unit = DEVICE_UNIT_SCSI,
		.port = 2,
		.lun = 0x3f01,
	};

	EFI_DEVICE_PATH_PROTOCOL *path;

	pci_machine_start();
	path = efi_path_of_address(&address);
	CHECK(memcmp(path, on_pci, sizeof(on_pci)) == 0);
	efi_free(path);
	address.bus = DEVICE_VIRTIO_MMIO;
	path = efi_path_of_address(&address);
	CHECK(memcmp((u8 *)path + 28, scsi_node, sizeof(scsi_node)) == 0);
	efi_free(path);
}

/* UEFI 2.11, 10.3.4.21. The number of the namespace, then its EUI-64. */
TEST(namespaces_are_behind_their_controller)
{
	static const u8 node[] = {
		3,    23,   16,   0,    7,    0,    0,    0, /* namespace 7 */
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x7f, 0xff, 4, 0,
	};
	const struct device_address address = {
		.bus = DEVICE_PCI,
		.depth = 1,
		.functions = { 4 << 3 },
		.unit = DEVICE_UNIT_NVME,
		.namespace_id = 7,
		.eui64 = 0x7766554433221100,
	};
	EFI_DEVICE_PATH_PROTOCOL *path, *controller;
	UINTN size;

	pci_machine_start();
	path = efi_path_of_address(&address);
	controller = efi_path_of_pci(&address);
	size = efi_path_size(controller, UINT16_MAX) - sizeof(EFI_DEVICE_PATH_PROTOCOL);
	CHECK_EQUAL(efi_path_size(path, UINT16_MAX), size + sizeof(node));
	CHECK(memcmp(path, controller, size) == 0);
	CHECK(memcmp((u8 *)path + size, node, sizeof(node)) == 0);
	efi_free(controller);
	efi_free(path);
}

/* UEFI 2.11, 10.3.4.1. */
TEST(drives_are_behind_their_ide_controller)
{
	static const u8 on_pci[] = {
		2,    1,    12, 0, 0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0, /* PciRoot(0x0) */
		1,    1,    6,  0, 1,    1,    3,    1,    8, 0, 1, 1, /* Pci(0x1,0x1) */
		0,    0, /* Ata(Secondary,Slave,0x0) */
		0x7f, 0xff, 4,  0,
	};
	const struct device_address address = {
		.bus = DEVICE_PCI,
		.depth = 1,
		.functions = { 1 << 3 | 1 },
		.unit = DEVICE_UNIT_IDE,
		.port = 1,
		.lun = 1,
	};
	EFI_DEVICE_PATH_PROTOCOL *path;

	pci_machine_start();
	path = efi_path_of_address(&address);
	CHECK_EQUAL(efi_path_size(path, UINT16_MAX), sizeof(on_pci));
	CHECK(memcmp(path, on_pci, sizeof(on_pci)) == 0);
	efi_free(path);
}

TEST(handles_are_published)
{
	u32 handles = 0, roots = 0;

	pci_machine_start();
	for (struct efi_object *o = NULL; (o = efi_next_with(&guid_pci_io, o)); handles++)
		CHECK(efi_has_protocol(o, &guid_device_path));
	for (struct efi_object *o = NULL; (o = efi_next_with(&guid_pci_root_bridge_io, o)); roots++)
		CHECK(efi_has_protocol(o, &guid_device_path));
	CHECK_EQUAL(handles, 3);
	CHECK_EQUAL(roots, 2);
	CHECK(efi_has_protocol(disk, &guid_pci_io));
	CHECK_EQUAL(measures, 0); /* no caller has asked */
}

TEST(our_own_devices_are_taken)
{
	EFI_HANDLE agent = NULL, free_one;
	void *interface;

	pci_machine_start();
	efi_install_protocol_interface(&agent, &mark, EFI_NATIVE_INTERFACE, &word);
	CHECK_STATUS(efi_open_protocol(disk, (EFI_GUID *)&guid_pci_io, &interface, agent, disk,
				       EFI_OPEN_PROTOCOL_BY_DRIVER),
		     EFI_ACCESS_DENIED);
	CHECK_STATUS(efi_open_protocol(disk, (EFI_GUID *)&guid_pci_io, &interface, agent, disk,
				       EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE),
		     EFI_ACCESS_DENIED);
	CHECK_STATUS(efi_uninstall_protocol_interface(disk, (EFI_GUID *)&guid_pci_io, pci_io(1)),
		     EFI_ACCESS_DENIED);
	free_one = efi_next_with(&guid_pci_io, NULL);
	CHECK(free_one != disk);
	CHECK_STATUS(efi_open_protocol(free_one, (EFI_GUID *)&guid_pci_io, &interface, agent,
				       free_one, EFI_OPEN_PROTOCOL_BY_DRIVER),
		     EFI_SUCCESS);
	CHECK(interface == pci_io(0));
	CHECK_STATUS(efi_close_protocol(free_one, (EFI_GUID *)&guid_pci_io, agent, free_one),
		     EFI_SUCCESS);
	efi_uninstall_protocol_interface(agent, &mark, &word);
}

TEST(memory_of_the_device)
{
	u64 longs[2] = { 0x1122334455667788, 0x99aabbccddeeff00 }, value = 0;
	u8 bytes[4] = { 1, 2, 3, 4 };

	pci_machine_start();
	io = pci_io(0);
	CHECK_STATUS(io->Mem.Write(io, W64, 0, 0x10, 2, longs), EFI_SUCCESS);
	CHECK(!memcmp(registers.memory + 0x10, longs, sizeof(longs)));
	CHECK_STATUS(read_memory(W16, 0, 0x12, 1, &value), EFI_SUCCESS);
	CHECK_EQUAL(value, 0x5566);
	CHECK_STATUS(io->Mem.Write(io, EfiPciWidthFifoUint8, 0, 0x20, 4, bytes), EFI_SUCCESS);
	CHECK_EQUAL(load_le32(registers.memory + 0x20), 4);
	CHECK_STATUS(io->Mem.Write(io, EfiPciWidthFillUint8, 0, 0x20, 4, bytes), EFI_SUCCESS);
	CHECK_EQUAL(load_le32(registers.memory + 0x20), 0x01010101);
	CHECK_STATUS(io->CopyMem(io, W32, 0, 0x14, 0, 0x10, 4), EFI_SUCCESS);
	CHECK(!memcmp(registers.memory + 0x14, longs, sizeof(longs)));
	CHECK_EQUAL(measures, 5); /* one of six is the upper half of another */
}

TEST(only_its_own_memory)
{
	u32 before, value = 0;

	pci_machine_start();
	io = pci_io(0);
	before = reads + writes;
	CHECK_STATUS(read_memory(W32, 0, MEMORY_SIZE, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_memory(W32, 0, MEMORY_SIZE - 4, 2, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_memory(W32, 0, ~3ull, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_memory(W32, 0, 0, ~0ull, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(read_memory(EfiPciWidthFillUint32, 0, 0, ~0ull >> 3, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_memory(W32, 0, 2, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_memory(EfiPciWidthMaximum, 0, 0, 1, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(read_memory(W32, 0, 0, 1, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->Mem.Read(NULL, W32, 0, 0, 1, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(read_memory(W32, 1, 0, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_memory(W32, 2, 0, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_memory(W32, 6, 0, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(io->Io.Read(io, W32, 0, 0, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(io->Io.Read(io, W64, 2, 0, 1, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->Io.Read(io, W32, 2, PORTS_SIZE - 4, 2, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(io->CopyMem(io, W8, 0, 1, 0, 0, MEMORY_SIZE), EFI_UNSUPPORTED);
	CHECK_STATUS(io->CopyMem(io, EfiPciWidthFifoUint8, 0, 1, 0, 0, 1), EFI_INVALID_PARAMETER);
	/* A register that points to RAM, and arbitrary RAM addresses. */
	io = pci_io(2);
	CHECK_STATUS(read_memory(W32, 0, 0, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_memory(W32, EFI_PCI_IO_PASS_THROUGH_BAR, RAM, 1, &value),
		     EFI_UNSUPPORTED);
	CHECK_EQUAL(reads + writes, before);
	CHECK_STATUS(read_memory(W32, EFI_PCI_IO_PASS_THROUGH_BAR, MEMORY_BASE, 1, &value),
		     EFI_SUCCESS);
	CHECK_EQUAL(reads, before + 1 - writes);
}

TEST(ports_of_the_device)
{
	u32 value = 0xcafe;

	pci_machine_start();
	io = pci_io(0);
	CHECK_STATUS(io->Io.Write(io, W16, 2, 4, 1, &value), EFI_SUCCESS);
	CHECK_EQUAL(load_le16(registers.ports + 4), 0xcafe);
	CHECK_STATUS(io->Io.Read(io, W8, 2, 5, 1, &value), EFI_SUCCESS);
	CHECK_EQUAL(value & 0xff, 0xca);
	CHECK_STATUS(io->Io.Read(io, W8, EFI_PCI_IO_PASS_THROUGH_BAR, 0x10000, 1, &value),
		     EFI_UNSUPPORTED);
}

TEST(polling)
{
	u64 result = 0;

	pci_machine_start();
	io = pci_io(0);
	counter = COUNTER;
	CHECK_STATUS(poll(W8, 0, COUNTER, 0xff, 5, 10000, &result), EFI_SUCCESS);
	CHECK_EQUAL(result, 5);
	CHECK_STATUS(poll(W8, 0, COUNTER, 0xff, 200, 1000, &result), EFI_TIMEOUT);
	CHECK_EQUAL(result, 16); /* at once, and ten times after 10 us */
	CHECK_STATUS(poll(W8, 0, COUNTER, 0xff, 200, 0, &result), EFI_SUCCESS);
	CHECK_STATUS(poll(EfiPciWidthFifoUint8, 0, COUNTER, 0xff, 5, 0, &result),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(poll(W8, 0, COUNTER, 0xff, 5, 0, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->PollIo(io, W8, 0, COUNTER, 0xff, 5, 0, &result), EFI_UNSUPPORTED);
}

TEST(configuration_space)
{
	u32 value = 0;

	pci_machine_start();
	io = pci_io(1);
	store_le32(registers.config[1], 0x10421af4);
	CHECK_STATUS(read_config(W16, 2, 1, &value), EFI_SUCCESS);
	CHECK_EQUAL(value, 0x1042);
	CHECK_STATUS(io->Pci.Write(io, W8, 0x40, 3, &value), EFI_SUCCESS);
	CHECK_EQUAL(load_le32(registers.config[1] + 0x40), 0x1042);
	CHECK_STATUS(read_config(W32, CONFIG_SIZE, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_config(W32, CONFIG_SIZE - 4, 2, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_config(W32, 2, 1, &value), EFI_UNSUPPORTED);
	CHECK_STATUS(read_config(W64, 0, 1, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(read_config(W32, 0, 1, NULL), EFI_INVALID_PARAMETER);
}

TEST(location)
{
	UINTN segment, bus, device, function;

	pci_machine_start();
	io = pci_io(2);
	CHECK_STATUS(io->GetLocation(io, &segment, &bus, &device, &function), EFI_SUCCESS);
	CHECK(segment == 0 && bus == 65 && device == 5 && function == 0);
	CHECK_STATUS(io->GetLocation(io, &segment, &bus, &device, NULL), EFI_INVALID_PARAMETER);
}

TEST(attributes_of_the_function)
{
	const u64 all = EFI_PCI_IO_ATTRIBUTE_IO | EFI_PCI_IO_ATTRIBUTE_MEMORY |
			EFI_PCI_IO_ATTRIBUTE_BUS_MASTER | EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE;
	u64 value;

	pci_machine_start();
	io = pci_io(0);
	registers.config[0][4] = 0;
	CHECK_STATUS(attributes(Supported, 0, &value), EFI_SUCCESS);
	CHECK_EQUAL(value, all);
	CHECK_STATUS(attributes(Enable,
				EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER, NULL),
		     EFI_SUCCESS);
	CHECK_EQUAL(registers.config[0][4], 6);
	CHECK_STATUS(attributes(Disable, EFI_PCI_IO_ATTRIBUTE_MEMORY, NULL), EFI_SUCCESS);
	CHECK_EQUAL(registers.config[0][4], 4);
	CHECK_STATUS(attributes(Set, EFI_PCI_IO_ATTRIBUTE_IO, NULL), EFI_SUCCESS);
	CHECK_EQUAL(registers.config[0][4], 1);
	CHECK_STATUS(attributes(Get, 0, &value), EFI_SUCCESS);
	CHECK_EQUAL(value, EFI_PCI_IO_ATTRIBUTE_IO);
	CHECK_STATUS(attributes(Enable, EFI_PCI_IO_ATTRIBUTE_MEMORY_CACHED, NULL), EFI_UNSUPPORTED);
	CHECK_STATUS(attributes(Get, 0, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(attributes(Maximum, 0, &value), EFI_INVALID_PARAMETER);
	io = pci_io(1);
	CHECK_STATUS(attributes(Enable, EFI_PCI_IO_ATTRIBUTE_IO, NULL), EFI_UNSUPPORTED);
}

TEST(attributes_are_restored)
{
	u64 before, supported;

	pci_machine_start();
	io = pci_io(1);
	registers.config[1][4] = 7;
	CHECK_STATUS(attributes(Supported, 0, &supported), EFI_SUCCESS);
	CHECK(!(supported & EFI_PCI_IO_ATTRIBUTE_IO));
	CHECK_STATUS(attributes(Get, 0, &before), EFI_SUCCESS);
	CHECK_STATUS(attributes(Disable, EFI_PCI_IO_ATTRIBUTE_BUS_MASTER, NULL), EFI_SUCCESS);
	CHECK_EQUAL(registers.config[1][4] & 4, 0);
	CHECK_STATUS(attributes(Set, before, NULL), EFI_SUCCESS);
	CHECK_EQUAL(registers.config[1][4], 7);
}

TEST(attributes_of_regions)
{
	EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR *region;
	EFI_ACPI_END_TAG_DESCRIPTOR *end;
	u64 supports = 1, offset = 0, length = MEMORY_SIZE;
	void *resources;

	pci_machine_start();
	io = pci_io(0);
	CHECK_STATUS(io->GetBarAttributes(io, 0, &supports, &resources), EFI_SUCCESS);
	region = resources;
	CHECK_EQUAL(supports, 0);
	CHECK(region->Desc == ACPI_ADDRESS_SPACE_DESCRIPTOR && region->Len == 43);
	CHECK(region->ResType == ACPI_ADDRESS_SPACE_TYPE_MEM);
	CHECK(region->AddrRangeMin == MEMORY_BASE && region->AddrLen == MEMORY_SIZE);
	CHECK_EQUAL(region->AddrRangeMax, MEMORY_BASE + MEMORY_SIZE - 1);
	CHECK_EQUAL(region->AddrSpaceGranularity, 64);
	end = (void *)(region + 1);
	CHECK_EQUAL(end->Desc, ACPI_END_TAG_DESCRIPTOR);
	efi_free_pool(resources);
	CHECK_STATUS(io->GetBarAttributes(io, 0, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->GetBarAttributes(io, 1, &supports, NULL), EFI_UNSUPPORTED);
	CHECK_STATUS(io->GetBarAttributes(io, 255, &supports, NULL), EFI_UNSUPPORTED);
	CHECK_STATUS(io->SetBarAttributes(io, 0, 0, &offset, &length), EFI_SUCCESS);
	CHECK_STATUS(io->SetBarAttributes(io, EFI_PCI_IO_ATTRIBUTE_MEMORY_CACHED, 0, &offset,
					  &length),
		     EFI_UNSUPPORTED);
	CHECK_STATUS(io->SetBarAttributes(io, 0, 0, NULL, &length), EFI_INVALID_PARAMETER);
	length++;
	CHECK_STATUS(io->SetBarAttributes(io, 0, 0, &offset, &length), EFI_UNSUPPORTED);
}

TEST(root_bridge)
{
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *root;
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS place = { .Device = 2 };
	struct efi_pci_resources *resources;
	u64 address, value = 0, attributes;

	pci_machine_start();
	root = root_io(0);
	store_le32(registers.config[1], 0x10421af4);
	memcpy(&address, &place, sizeof(address));
	CHECK_STATUS(root->Pci.Read(root, W32, address, 1, &value), EFI_SUCCESS);
	CHECK_EQUAL(value, 0x10421af4);
	place.ExtendedRegister = 2;
	memcpy(&address, &place, sizeof(address));
	CHECK_STATUS(root->Pci.Read(root, W16, address, 1, &value), EFI_SUCCESS);
	CHECK_EQUAL(value & 0xffff, 0x1042);
	place = (EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS){ .Bus = 65, .Device = 5 };
	memcpy(&address, &place, sizeof(address));
	CHECK_STATUS(root->Pci.Read(root, W32, address, 1, &value), EFI_SUCCESS);
	CHECK_EQUAL((u32)value, UINT32_MAX); /* behind another bridge */
	place.Device = 32;
	memcpy(&address, &place, sizeof(address));
	CHECK_STATUS(root->Pci.Read(root, W32, address, 1, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root->Mem.Read(root, W32, RAM, 1, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root->Mem.Read(root, W32, ~3ull, 1, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root->Mem.Read(root, W32, MEMORY_BASE, 1, &value), EFI_SUCCESS);
	CHECK_STATUS(root->Io.Read(root, W16, PORTS_BASE, 1, &value), EFI_SUCCESS);
	CHECK_STATUS(root->Io.Read(root, W16, 0xfffe, 2, &value), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root->GetAttributes(root, NULL, &attributes), EFI_SUCCESS);
	CHECK_STATUS(root->GetAttributes(root, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root->SetAttributes(root, 1, NULL, NULL), EFI_UNSUPPORTED);
	CHECK_STATUS(root->Configuration(root, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root_io(1)->Configuration(root_io(1), (void **)&resources), EFI_SUCCESS);
	CHECK(resources->buses.AddrRangeMin == 64 && resources->buses.AddrRangeMax == 65);
	CHECK_EQUAL(resources->more[0].Desc, ACPI_END_TAG_DESCRIPTOR); /* what is in RAM is none */
	CHECK_STATUS(root->Configuration(root, (void **)&resources), EFI_SUCCESS);
	CHECK(resources->buses.AddrRangeMin == 0 && resources->buses.AddrRangeMax == 0);
	CHECK(resources->more[0].ResType == ACPI_ADDRESS_SPACE_TYPE_IO &&
	      resources->more[0].AddrRangeMin == PORTS_BASE &&
	      resources->more[0].AddrLen == PORTS_SIZE);
	CHECK(resources->more[1].ResType == ACPI_ADDRESS_SPACE_TYPE_MEM &&
	      resources->more[1].AddrRangeMin == MEMORY_BASE &&
	      resources->more[1].AddrRangeMax == UINT32_MAX &&
	      resources->more[1].AddrSpaceGranularity == 32);
	CHECK_EQUAL(resources->more[2].Desc, ACPI_END_TAG_DESCRIPTOR);
}

TEST(a_root_bridge_does_not_reach_past_the_end_of_configuration_space)
{
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS place = { .Device = 2, .Register = 0xfc };
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *root;
	u32 values[2] = { 1, 2 };
	u64 address;

	pci_machine_start();
	root = root_io(0);
	store_le32(registers.config[1] + 0xfc, 0x12345678);
	memcpy(&address, &place, sizeof(address));
	CHECK_STATUS(root->Pci.Write(root, W32, address, 2, values), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root->Pci.Read(root, W32, address, 2, values), EFI_INVALID_PARAMETER);
	CHECK(values[0] == 1 && load_le32(registers.config[1] + 0xfc) == 0x12345678);
	CHECK_STATUS(root->Pci.Read(root, W32, address, 1, values), EFI_SUCCESS);
	CHECK_EQUAL(values[0], 0x12345678);
	place.ExtendedRegister = 0x100;
	memcpy(&address, &place, sizeof(address));
	CHECK_STATUS(root->Pci.Read(root, W32, address, 1, values), EFI_INVALID_PARAMETER);
	/* Where there is no function, each place has 4096 bytes of ones. */
	place.Device = 3;
	place.ExtendedRegister = 0xffc;
	memcpy(&address, &place, sizeof(address));
	CHECK_STATUS(root->Pci.Read(root, W32, address, 1, values), EFI_SUCCESS);
	CHECK_EQUAL(values[0], UINT32_MAX);
	CHECK_STATUS(root->Pci.Read(root, W32, address, 2, values), EFI_INVALID_PARAMETER);
}

TEST(dma)
{
	EFI_PHYSICAL_ADDRESS device = 0, pages = 0;
	UINTN size = 100;
	void *host = NULL, *mapping = NULL;

	pci_machine_start();
	io = pci_io(0);
	CHECK_STATUS(io->AllocateBuffer(io, AllocateAnyPages, EfiBootServicesData, 1, &host, 0),
		     EFI_SUCCESS);
	CHECK_STATUS(map(BusMasterCommonBuffer, host, &size, &device, &mapping), EFI_SUCCESS);
	CHECK(device == (u64)host && size == 100 && mapping);
	CHECK_STATUS(io->Unmap(io, mapping), EFI_SUCCESS);
	CHECK_STATUS(io->Unmap(io, &mapping), EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->Unmap(io, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->FreeBuffer(io, 2, host), EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->FreeBuffer(io, 1, host), EFI_SUCCESS);
	CHECK_STATUS(io->FreeBuffer(io, 1, host), EFI_INVALID_PARAMETER);
	/* Pages that AllocateBuffer() did not return. */
	CHECK_STATUS(efi_allocate_pages(AllocateAnyPages, EfiBootServicesData, 1, &pages),
		     EFI_SUCCESS);
	CHECK_STATUS(io->FreeBuffer(io, 1, (void *)pages), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_free_pages(pages, 1), EFI_SUCCESS);
	/* A buffer that was freed as pages. */
	CHECK_STATUS(io->AllocateBuffer(io, AllocateAnyPages, EfiBootServicesData, 1, &host, 0),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_free_pages((u64)host, 1), EFI_SUCCESS);
	CHECK_STATUS(io->FreeBuffer(io, 1, host), EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->AllocateBuffer(io, AllocateAnyPages, EfiLoaderData, 1, &host, 0),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(io->AllocateBuffer(io, AllocateAnyPages, EfiBootServicesData, 1, &host, 1),
		     EFI_UNSUPPORTED);
	CHECK_STATUS(io->AllocateBuffer(io, AllocateAnyPages, EfiBootServicesData, 1, NULL, 0),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(map(Maximum, registers.memory, &size, &device, &mapping),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(map(BusMasterRead, NULL, &size, &device, &mapping), EFI_INVALID_PARAMETER);
	CHECK_STATUS(map(BusMasterRead, (void *)MEMORY_BASE, &size, &device, &mapping),
		     EFI_UNSUPPORTED);
	CHECK_STATUS(io->Flush(io), EFI_SUCCESS);
}

static u32 full_barriers;
static u8 *written_by_device; /* what a device writes there is seen after a barrier */

static void on_barrier(enum host_barrier kind)
{
	full_barriers += kind == HOST_BARRIER_FULL;
	if (kind == HOST_BARRIER_FULL && written_by_device)
		*written_by_device = 'd';
}

TEST(a_flush_is_a_full_barrier)
{
	pci_machine_start();
	io = pci_io(0);
	full_barriers = 0;
	host_on_barrier = on_barrier;
	CHECK_STATUS(io->Flush(io), EFI_SUCCESS);
	CHECK_EQUAL(full_barriers, 1);
	CHECK_STATUS(root_io(0)->Flush(root_io(0)), EFI_SUCCESS);
	CHECK_EQUAL(full_barriers, 2);
	CHECK_STATUS(io->Flush(NULL), EFI_INVALID_PARAMETER);
	host_on_barrier = NULL;
}

#define HIGH (1ull << 45) /* where AddressSanitizer permits it */

/* RAM above 4 GiB, and a device without 64 bits, which gets a buffer below. */
TEST(dma_above_4_gib)
{
	u8 *high = mmap((void *)HIGH, PAGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	EFI_PHYSICAL_ADDRESS device = 0;
	UINTN size = 100;
	void *mapping, *other;

	CHECK_EQUAL((u64)high, HIGH);
	pci_machine_start();
	boot_info_add_range(HIGH, PAGE_SIZE, MEMORY_CONVENTIONAL);
	host_memory_describe();
	io = pci_io(0);
	CHECK_STATUS(map(BusMasterCommonBuffer, high, &size, &device, &mapping), EFI_UNSUPPORTED);
	CHECK_STATUS(attributes(Enable, EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE, NULL),
		     EFI_SUCCESS);
	CHECK_STATUS(map(BusMasterCommonBuffer, high, &size, &device, &mapping), EFI_SUCCESS);
	CHECK_EQUAL(device, (u64)high);
	CHECK_STATUS(io->Unmap(io, mapping), EFI_SUCCESS);
	io = pci_io(1);
	memset(high, 'h', size);
	CHECK_STATUS(map(BusMasterWrite, high, &size, &device, &mapping), EFI_SUCCESS);
	CHECK(device < MEMORY_BELOW_4_GIB);
	memset((void *)device, 'd', size);
	written_by_device = (u8 *)device;
	*written_by_device = 0;
	CHECK_STATUS(map(BusMasterRead, high, &size, &device, &other), EFI_SUCCESS);
	CHECK(device < MEMORY_BELOW_4_GIB);
	CHECK(*(u8 *)device == 'h' && ((u8 *)device)[size - 1] == 'h');
	host_on_barrier = on_barrier;
	CHECK_STATUS(io->Unmap(io, mapping), EFI_SUCCESS);
	host_on_barrier = NULL;
	written_by_device = NULL;
	CHECK(high[0] == 'd' && high[size - 1] == 'd' && high[size] == 0);
	CHECK_STATUS(io->Unmap(io, mapping), EFI_INVALID_PARAMETER);
	memset((void *)device, 'x', size);
	CHECK_STATUS(io->Unmap(io, other), EFI_SUCCESS);
	CHECK_EQUAL(high[0], 'd'); /* the device only reads it */
	munmap(high, PAGE_SIZE);
}

/* Must be the last test: nothing uses a device after it. */
TEST(devices_enabled_by_guests_are_stopped)
{
	u32 command;

	pci_machine_start();
	io = pci_io(0);
	CHECK_STATUS(attributes(Enable, EFI_PCI_IO_ATTRIBUTE_BUS_MASTER, NULL), EFI_SUCCESS);
	registers.config[1][4] = registers.config[2][4] = 7;
	io = pci_io(2);
	CHECK_STATUS(read_config(W16, 4, 1, &command), EFI_SUCCESS);
	devices_quiesce();
	CHECK_EQUAL(registers.config[0][4] & 4, 0);
	CHECK_EQUAL(registers.config[1][4], 7); /* our own */
	CHECK_EQUAL(registers.config[2][4], 7); /* it is unchanged */
}
