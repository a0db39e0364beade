/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AHCI controller as a PCI function and as a whole (AHCI 1.3.1, 2.1, 3.1 and 10.1): its
 * registers are in BAR 5.
 *
 *	0x00	capabilities: bit 31 64-bit addresses
 *	0x04	control: bit 0 reset, bit 31 AHCI is enabled
 *	0x0c	ports that exist, a bit each
 *	0x10	version, 0x00010300
 *	0x24	further capabilities, from version 1.2 on: bit 0 handoff by the BIOS
 *	0x28	handoff: bit 0 the BIOS owns it, bit 1 we want it, bit 4 the BIOS is busy
 *	0x100	registers of the ports, 0x80 bytes each
 */
#include <asm/io.h>

#include "core/arena.h"
#include "core/log.h"
#include "drivers/ata/ahci.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/util.h"

enum {
	CLASS_AHCI = 0x010601,
	BAR_REGISTERS = 5,

	CAPABILITIES = 0x00,
	CAPABILITY_64_BIT = 1u << 31,
	CONTROL = 0x04,
	CONTROL_RESET = 1 << 0,
	CONTROL_ENABLED = 1u << 31,
	PORTS = 0x0c,
	VERSION = 0x10,
	VERSION_1_2 = 0x00010200,
	CAPABILITIES_2 = 0x24,
	CAPABILITY_HANDOFF = 1 << 0,
	HANDOFF = 0x28,
	HANDOFF_BIOS = 1 << 0,
	HANDOFF_OURS = 1 << 1,
	HANDOFF_BUSY = 1 << 4,
	GLOBAL_SIZE = 0x100,
	PORT_SIZE = 0x80,

	COMMAND_SPIN_UP = 1 << 1,
	COMMAND_POWER = 1 << 2,

	SUBSYSTEM_QEMU = 0x11001af4,

	RESET_TIMEOUT_MS = 1000, /* 10.4.3 */
	HANDOFF_TIMEOUT_MS = 25, /* 10.6.3 */
	HANDOFF_BUSY_TIMEOUT_MS = 2000,
	DETECT_ROUNDS = 3, /* 15 ms: a device answers within 10 */
	DETECT_US = 5000,
};

static struct arena arena; /* never released */

static u32 read_register(const struct ahci_controller *controller, u32 offset)
{
	return mmio_read32(controller->registers + offset);
}

static void write_register(struct ahci_controller *controller, u32 offset, u32 value)
{
	mmio_write32(controller->registers + offset, value);
}

/* Asks a BIOS that owns the controller to release it; if there is no answer, takes it anyway. */
static void take_from_bios(struct ahci_controller *controller)
{
	u32 handoff;

	if (read_register(controller, VERSION) < VERSION_1_2 ||
	    !(read_register(controller, CAPABILITIES_2) & CAPABILITY_HANDOFF))
		return;
	handoff = read_register(controller, HANDOFF);
	if (!(handoff & HANDOFF_BIOS))
		return;
	write_register(controller, HANDOFF, handoff | HANDOFF_OURS);
	if (ahci_wait_while(controller->registers + HANDOFF, HANDOFF_BIOS, HANDOFF_TIMEOUT_MS))
		return;
	if (!(read_register(controller, HANDOFF) & HANDOFF_BUSY) ||
	    !ahci_wait_while(controller->registers + HANDOFF, HANDOFF_BIOS, HANDOFF_BUSY_TIMEOUT_MS))
		log_warning("%s: the BIOS does not release it", controller->device.name);
}

/* Also ends all DMA, and resets the links of the ports. */
static bool reset(struct ahci_controller *controller)
{
	u32 ports = read_register(controller, PORTS);

	write_register(controller, CONTROL, CONTROL_ENABLED);
	write_register(controller, CONTROL, CONTROL_ENABLED | CONTROL_RESET);
	if (!ahci_wait_while(controller->registers + CONTROL, CONTROL_RESET, RESET_TIMEOUT_MS))
		return false;
	write_register(controller, CONTROL, CONTROL_ENABLED);
	/* Restores the BIOS's value, which some controllers lose in a reset. */
	if (read_register(controller, PORTS) != ports)
		write_register(controller, PORTS, ports);
	return true;
}

void ahci_controller_fail(struct ahci_controller *controller, const void *data, u32 size)
{
	if (controller->failed)
		return;
	controller->failed = true;
	log_error("%s: a port does not stop; its disks are no longer used",
		  controller->device.name);
	if (reset(controller))
		return;
	log_error("%s: does not answer a reset", controller->device.name);
	pci_disable_dma(&controller->place);
	/* Even if the reset failed, because not every device honours that bit. */
	if (size)
		device_keep_memory((uintptr_t)data, size);
	for (struct ahci_port *port = controller->ports; port; port = port->next)
		if (port->memory)
			device_keep_memory((uintptr_t)port->memory, PAGE_SIZE);
}

static void quiesce(struct device *device)
{
	struct ahci_controller *controller = container_of(device, struct ahci_controller, device);

	for (struct ahci_port *port = controller->ports; port; port = port->next) {
		if (!port->memory)
			continue;
		log_debug("%s: %lu requests, %lu KiB", port->name, port->request_count,
			  (u64)(port->byte_count / KIB));
		/* A failed port, or its controller, has already been stopped. */
		if (!port->failed && !controller->failed && !ahci_port_stop(port))
			ahci_controller_fail(controller, NULL, 0);
	}
	controller->failed = true;
}

static enum status open_port(struct block_device *disk)
{
	struct ahci_port *port = container_of(disk, struct ahci_port, ata.disk);
	u32 signature;
	enum status status = ahci_port_start(port, &signature);

	return status ? status : ata_open(&port->ata, signature);
}

static const struct block_ops port_ops = { .open = open_port };

static volatile u8 *port_registers(const struct ahci_controller *controller, u32 number)
{
	return controller->registers + GLOBAL_SIZE + number * PORT_SIZE;
}

/* @position: the disk after which its disk is registered. */
static void add_port(struct ahci_controller *controller, u32 number, struct block_device **position)
{
	struct ahci_port *port = arena_allocate(&arena, sizeof(*port));
	struct block_device *disk;

	if (!port)
		return log_warning("%s: no memory for a port", controller->device.name);
	disk = &port->ata.disk;
	format(port->name, sizeof(port->name), "%s port %u", controller->device.name, number);
	port->controller = controller;
	port->registers = port_registers(controller, number);
	disk->ops = &port_ops;
	disk->alignment = ATA_ALIGNMENT;
	disk->transfer_size_max = ATA_REQUEST_SIZE_MAX;
	disk->address_limit = controller->is_64_bit ? 0 : GIB * 4;
	if (IS_ENABLED(CONFIG_EFI)) {
		port->address = controller->device.address;
		port->address.unit = DEVICE_UNIT_SATA;
		port->address.port = (u8)number;
		disk->address = &port->address;
	}
	port->next = controller->ports;
	controller->ports = port;
	block_register_after(disk, *position);
	*position = disk;
}

/* At the same time if the controller permits it. */
static void spin_up(struct ahci_controller *controller, u32 ports)
{
	for (u32 i = 0; i < AHCI_PORTS_MAX; i++) {
		volatile u8 *command = port_registers(controller, i) + AHCI_PORT_COMMAND;

		if (ports & 1u << i)
			mmio_write32(command,
				     mmio_read32(command) | COMMAND_SPIN_UP | COMMAND_POWER);
	}
}

/*
 * Waits until the ports must have detected their devices. Those of QEMU are always on, and their
 * devices are present without a wait.
 */
static u32 find_devices(struct ahci_controller *controller, u32 ports)
{
	bool is_qemu = pci_read32(&controller->place, PCI_SUBSYSTEM) == SUBSYSTEM_QEMU;
	u32 rounds = is_qemu ? 0 : DETECT_ROUNDS;
	u32 found = 0;

	if (!is_qemu)
		spin_up(controller, ports);
	for (u32 round = 0; round <= rounds && found != ports; round++) {
		if (round)
			sleep_us(DETECT_US);
		for (u32 i = 0; i < AHCI_PORTS_MAX; i++) {
			u32 link;

			if (!(ports & ~found & 1u << i))
				continue;
			link = mmio_read32(port_registers(controller, i) + AHCI_PORT_LINK_STATUS) &
			       AHCI_LINK_DETECTION_MASK;
			if (link == AHCI_LINK_ESTABLISHED ||
			    (link == AHCI_LINK_SEEN && round == rounds))
				found |= 1u << i;
		}
	}
	return found;
}

static bool find_registers(struct ahci_controller *controller)
{
	const char *name = controller->device.name;
	u64 base;

	pci_enable(&controller->place);
	if (pci_bar(&controller->place, BAR_REGISTERS, &base) || base % 4)
		return false;
	controller->registers = device_map(name, base, GLOBAL_SIZE);
	if (!controller->registers)
		return false;
	/* Read once, because only the registers of these ports are mapped. */
	controller->implemented = read_register(controller, PORTS);
	return controller->implemented &&
	       device_map(name, base + GLOBAL_SIZE,
			  (32 - (u32)__builtin_clz(controller->implemented)) * PORT_SIZE);
}

static void start(struct ahci_controller *controller)
{
	struct block_device *position = &controller->disks_to_come;
	u32 ports;

	if (!find_registers(controller))
		return log_warning("%s: no AHCI registers", controller->device.name);
	take_from_bios(controller);
	controller->is_64_bit = read_register(controller, CAPABILITIES) & CAPABILITY_64_BIT;
	device_register(&controller->device);
	if (!reset(controller)) {
		controller->failed = true;
		pci_disable_dma(&controller->place);
		return log_error("%s: does not answer a reset", controller->device.name);
	}
	controller->spin = deadline_started(ATA_READY_TIMEOUT_MS);
	ports = find_devices(controller, controller->implemented);
	for (u32 i = 0; i < AHCI_PORTS_MAX; i++)
		if (ports & 1u << i)
			add_port(controller, i, &position);
}

static struct ahci_controller *controller_of(struct block_device *disks_to_come)
{
	return container_of(disks_to_come, struct ahci_controller, disks_to_come);
}

/* A placeholder for the disks, which are registered after it. */
static enum status open_controller(struct block_device *disks_to_come)
{
	start(controller_of(disks_to_come));
	return ERR_NOT_FOUND;
}

static const struct block_ops controller_ops = { .open = open_controller };

static void probe(const struct pci_device *place)
{
	struct ahci_controller *controller = arena_allocate(&arena, sizeof(*controller));

	if (!controller)
		return log_warning("PCI %s: no memory for a device", place->name);
	controller->place = *place;
	controller->device.quiesce = quiesce;
	controller->disks_to_come.ops = &controller_ops;
	pci_register_disks(place, "ahci", &controller->device, &controller->disks_to_come);
}

const struct pci_driver ahci_driver = {
	.name = "ahci",
	.class_code = CLASS_AHCI,
	.probe = probe,
};
