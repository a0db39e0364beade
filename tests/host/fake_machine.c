/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buses of a machine: PCI configuration space through ECAM windows and ports, with BARs that
 * can be sized and moved like real ones, and MMIO windows. The devices behind them are in
 * fake_virtio.c.
 */
#include "tests/host/fake_machine.h"

#include <string.h>

#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/host.h"

enum { COMMAND_MEMORY = 2, COMMAND_MASTER = 4 };

static struct fake_function *find_function(struct fake_machine *machine, u16 segment, u8 bus,
					   u8 slot, u8 function)
{
	for (u32 i = 0; i < machine->function_count; i++) {
		struct fake_function *f = machine->functions[i];

		if (f->segment == segment && f->bus == bus && f->device == slot &&
		    f->function == function)
			return f;
	}
	return NULL;
}

static bool is_bar(u64 offset)
{
	return offset >= PCI_BAR0 && offset < PCI_BAR0 + 4 * PCI_BAR_COUNT;
}

static bool is_bridge(const struct fake_function *function)
{
	return (function->config[0x0e] & 0x7f) == 1;
}

static void write_bar(struct fake_machine *machine, struct fake_function *function, u32 index,
		      u32 value)
{
	u8 *bar = function->config + PCI_BAR0 + 4 * index;
	bool is_upper = index > 0 && function->bar_sizes[index - 1] &&
			(load_le32(bar - 4) & PCI_BAR_TYPE_MASK) == PCI_BAR_64_BIT;
	u64 size = function->bar_sizes[is_upper ? index - 1 : index];

	if (load_le16(function->config + PCI_COMMAND) & COMMAND_MEMORY)
		violation(machine, "BAR %u written while memory is on", index);
	if (size == 0)
		return;
	if (is_upper)
		store_le32(bar, value & (u32)(~(size - 1) >> 32));
	else
		store_le32(bar, (value & (u32) ~(size - 1)) | (load_le32(bar) & PCI_BAR_FLAGS));
}

static void access_config(struct fake_machine *machine, struct fake_function *function, u64 offset,
			  u32 size, bool write, u64 *value)
{
	if (write)
		machine->config_writes++;
	else
		machine->config_reads++;
	if (offset >= 256 || offset % size != 0) {
		violation(machine, "configuration space at 0x%lx, %u bytes", offset, size);
		*value = UINT64_MAX;
		return;
	}
	if (!function) {
		*value = UINT64_MAX;
		return;
	}
	if (!write) {
		u8 bytes[8] = { 0 };

		memcpy(bytes, function->config + offset, size);
		*value = load_le64(bytes);
	} else if (!is_bridge(function) && is_bar(offset)) {
		if (size != 4)
			violation(machine, "BAR written with %u bytes", size);
		else
			write_bar(machine, function, (u32)(offset - PCI_BAR0) / 4, (u32)*value);
	} else if (offset == PCI_COMMAND && size == 2) {
		store_le16(function->config + offset, (u16)*value);
	} else if (is_bridge(function) && size == 4 && offset >= PCI_BUS_NUMBERS && offset <= 0x30) {
		store_le32(function->config + offset, (u32)*value);
	} else if (is_bridge(function) && size == 2 && offset == 0x1c) {
		store_le16(function->config + offset, (u16)*value); /* its window of ports */
	} else if (is_bridge(function) && size == 4 && (offset == 0x10 || offset == 0x14)) {
		write_bar(machine, function, (u32)(offset - PCI_BAR0) / 4, (u32)*value);
	} else if ((size == 4 || size == 1) && offset == 0x3c) {
		function->config[offset] = (u8)*value; /* interrupt line */
	} else {
		violation(machine, "configuration space written at 0x%lx, %u bytes", offset, size);
	}
}

static u64 bar_address(const struct fake_function *function, u32 index)
{
	u32 low = load_le32(function->config + PCI_BAR0 + 4 * index);
	u64 address = low & ~(u32)PCI_BAR_FLAGS;

	if ((low & PCI_BAR_TYPE_MASK) == PCI_BAR_64_BIT)
		address |= (u64)load_le32(function->config + PCI_BAR0 + 4 * index + 4) << 32;
	return address;
}

static bool access_bars(struct fake_machine *machine, u64 address, u32 size, bool write, u64 *value)
{
	for (u32 i = 0; i < machine->function_count; i++) {
		struct fake_function *function = machine->functions[i];
		u64 base = bar_address(function, function->virtio_bar);

		if (!function->virtio || address < base ||
		    address - base >= function->bar_sizes[function->virtio_bar])
			continue;
		if (!(load_le16(function->config + PCI_COMMAND) & COMMAND_MEMORY))
			violation(machine, "BAR accessed while memory is off");
		if (!(load_le16(function->config + PCI_COMMAND) & COMMAND_MASTER))
			violation(machine, "BAR accessed while DMA is off");
		fake_virtio_bar_access(function->virtio, address - base, size, write, value);
		return true;
	}
	return false;
}

static void access_memory(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_machine *machine = context;

	for (u32 i = 0; i < machine->ecam_count; i++) {
		u64 offset = address - machine->ecam[i].base;
		u8 function = machine->aliases_functions ? 0 : offset >> 12 & 7;

		if (address < machine->ecam[i].base || offset >= 256 * MIB)
			continue;
		return access_config(machine,
				     find_function(machine, machine->ecam[i].segment,
						   (u8)(offset >> 20), offset >> 15 & 31, function),
				     offset & 4095, size, write, value);
	}
	if (access_bars(machine, address, size, write, value))
		return;
	for (u32 i = 0; i < machine->mmio_count; i++) {
		struct fake_virtio *device = machine->mmio[i];

		if (address >= device->base && address - device->base < device->size)
			return fake_virtio_mmio_access(device, address - device->base, size, write,
						       value);
	}
	violation(machine, "nothing is at 0x%lx", address);
	*value = UINT64_MAX;
}

static void access_ports(void *context, u64 port, u32 size, bool write, u64 *value)
{
	struct fake_machine *machine = context;
	u32 address = machine->ports_address;

	if (!machine->has_ports) {
		*value = UINT64_MAX;
	} else if (port == 0xcf8 && size == 4) {
		if (write)
			machine->ports_address = (u32)*value;
		else
			*value = address;
	} else if (port >= 0xcfc && (address & 0x80000000)) {
		access_config(machine,
			      find_function(machine, 0, (u8)(address >> 16), address >> 11 & 31,
					    address >> 8 & 7),
			      (address & 0xfc) + (port - 0xcfc), size, write, value);
	} else {
		violation(machine, "port 0x%lx accessed", port);
	}
}

static struct fake_machine *started;

static void pass_barrier(enum host_barrier kind)
{
	for (u32 i = 0; i < started->function_count; i++)
		if (started->functions[i]->virtio)
			fake_virtio_barrier(started->functions[i]->virtio, kind);
	for (u32 i = 0; i < started->mmio_count; i++)
		fake_virtio_barrier(started->mmio[i], kind);
}

void fake_machine_start(struct fake_machine *machine)
{
	started = machine;
	host_on_barrier = pass_barrier;
	host_handlers_forget();
	host_mmio_handler(0, UINT64_MAX, access_memory, machine);
	host_port_handler(0xcf8, 8, access_ports, machine);
}

void fake_machine_add(struct fake_machine *machine, struct fake_function *function)
{
	machine->functions[machine->function_count++] = function;
}

static u8 add_capability(struct fake_function *function, u8 at, u8 kind, u32 offset, u32 size)
{
	u8 *capability = function->config + at;
	u8 capability_size = kind == 2 ? 20 : 16;

	capability[0] = PCI_CAPABILITY_VENDOR;
	capability[1] = at + capability_size;
	capability[2] = capability_size;
	capability[3] = kind;
	store_le32(capability + 8, offset);
	store_le32(capability + 12, size);
	if (kind == 2)
		store_le32(capability + 16, FAKE_NOTIFY_STEP);
	return at + capability_size;
}

void fake_function_virtio(struct fake_machine *machine, struct fake_function *function, u8 bus,
			  u8 slot, struct fake_virtio *virtio, u64 bar)
{
	u8 end = 0x44;

	*function = (struct fake_function){
		.bus = bus,
		.device = slot,
		.bar_sizes = { FAKE_BAR_SIZE },
		.virtio = virtio,
	};
	store_le16(function->config, 0x1af4);
	store_le16(function->config + 2, (u16)(0x1040 + virtio->id));
	store_le64(function->config + PCI_BAR0, bar | PCI_BAR_64_BIT);
	/* An MSI-X capability comes first, as with all VMMs. */
	function->config[PCI_CAPABILITIES] = 0x40;
	function->config[0x40] = 0x11;
	function->config[0x41] = 0x44;
	end = add_capability(function, end, 1, 0, 0x40);
	end = add_capability(function, end, 3, FAKE_ISR, 1);
	end = add_capability(function, end, 4, FAKE_DEVICE, FAKE_CONFIG_SIZE);
	end = add_capability(function, end, 2, FAKE_NOTIFY, FAKE_NOTIFY_STEP * FAKE_QUEUE_COUNT);
	function->config[end - 20 + 1] = 0;
	fake_machine_add(machine, function);
}
