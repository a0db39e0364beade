/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI functions and their configuration space (PCI Local Bus 3.0, PCI Express Base 5.0 chapter 7).
 * Each access is a VM exit, or two through ports, so only what is needed is read.
 */
#pragma once

#include "core/device.h"
#include "drivers/platform/acpi.h"
#include "lib/status.h"
#include "lib/types.h"

struct block_device;

enum {
	PCI_ID = 0x00,
	PCI_COMMAND = 0x04,
	PCI_COMMAND_PORTS = 1 << 0,
	PCI_COMMAND_MEMORY = 1 << 1,
	PCI_COMMAND_MASTER = 1 << 2,
	PCI_CLASS = 0x08,       /* the upper three bytes of these four */
	PCI_HEADER_TYPE = 0x0c, /* byte 2 of these four */
	PCI_HEADER_MULTIFUNCTION = 0x80,
	PCI_HEADER_TYPE_MASK = 0x7f,
	PCI_HEADER_TYPE_DEVICE = 0,
	PCI_HEADER_TYPE_BRIDGE = 1,
	PCI_BAR0 = 0x10,
	PCI_BAR_IO = 1 << 0,
	PCI_BAR_TYPE_MASK = 3 << 1,
	PCI_BAR_64_BIT = 2 << 1,
	PCI_BAR_PREFETCHABLE = 1 << 3,
	PCI_BAR_FLAGS = 0xf,
	PCI_BAR_COUNT = 6,
	PCI_BUS_NUMBERS = 0x18, /* of a bridge: primary, secondary, subordinate */
	PCI_MEMORY_WINDOW = 0x20,
	PCI_PREFETCHABLE_WINDOW = 0x24,
	PCI_SUBSYSTEM = 0x2c,
	PCI_CAPABILITIES = 0x34,

	PCI_CAPABILITY_VENDOR = 0x09,
	PCI_CAPABILITY_EXPRESS = 0x10,
	PCI_CAPABILITIES_MAX = 48, /* as many as fit in 192 bytes */

	PCI_VENDOR_REDHAT = 0x1b36, /* of devices defined by QEMU */

	PCI_CONFIG_SIZE = 256, /* the part that drivers use */
	PCI_CONFIG_SIZE_EXPRESS = 4096,
	PCI_DEVICES_PER_BUS = 32,
	PCI_FUNCTIONS_PER_DEVICE = 8,
};

enum { PCI_NAME_SIZE = 13 };

struct pci_device {
	char name[PCI_NAME_SIZE];      /* "00:03.0", with the segment first if it is not 0 */
	volatile u8 *config;           /* its configuration space in memory; NULL: use the ports */
	struct ecam window;            /* the window that contains it */
	struct device_address address; /* with EFI, while it is probed */
	u8 bus, device, function;
	u8 header_type;
	u16 vendor_id, device_id;
};

/* A driver: pci_drivers[] in boot/tables.c lists them, with NULL at the end. */
struct pci_driver {
	const char *name;
	u32 class_code;     /* what pci_class() returns for its devices; 0: matches() decides */
	bool any_interface; /* its last byte, which is 0 in @class_code, may be anything */
	bool (*matches)(const struct pci_device *device);
	/* @device is only valid during the call: copy it. */
	void (*probe)(const struct pci_device *device);
};

extern const struct pci_driver *const pci_drivers[];

/*
 * Finds all functions, bus by bus, in the order of device and function (the order of the VMM's
 * command line), and calls their drivers.
 */
void pci_probe(void);

/* Has pci_probe() found any function? */
bool pci_is_present(void);

/* @offset is a multiple of the access's size, below PCI_CONFIG_SIZE, with ECAM below 4096. */
u32 pci_read32(const struct pci_device *device, u32 offset);
void pci_write32(const struct pci_device *device, u32 offset, u32 value);
void pci_write16(const struct pci_device *device, u32 offset, u16 value);

/* Class, subclass and programming interface: 0x010802 is NVMe. */
u32 pci_class(const struct pci_device *device);

/*
 * Iteration over the capabilities: for (o = pci_first_capability(d, &left); o; o =
 * pci_next_capability(head, &left)).
 */
u32 pci_first_capability(const struct pci_device *device, u32 *left);

/*
 * The capability after one that starts with @head. 0 at the end, or when a list is too long.
 */
u32 pci_next_capability(u32 head, u32 *left);

/* Enables memory decoding and DMA; the decoding of ports and DMA. */
void pci_enable(const struct pci_device *device);
void pci_enable_ports(const struct pci_device *device);

/* Disables DMA, for a device that cannot be stopped otherwise. */
void pci_disable_dma(const struct pci_device *device);

/*
 * The address of BAR @index of an enabled device. Assigns one if there is none, or if the processor
 * cannot reach it (PCI_ASSIGN_BARS). ERR_NOT_FOUND: not a memory BAR. ERR_UNSUPPORTED: no address,
 * and none can be assigned. ERR_NO_MEMORY: no room for one.
 */
enum status pci_bar(const struct pci_device *device, u32 index, u64 *out);

/*
 * The size of BAR @index, measured by writing ones to it: the device must not be in use meanwhile.
 * 0: not a memory BAR. A device may return a value that is not a power of two.
 */
u64 pci_bar_size(const struct pci_device *device, u32 index);

/*
 * disks.c: names a controller and registers it as @disks_to_come, whose open() adds the
 * controller's disks after itself and fails. @device is not registered yet.
 */
void pci_register_disks(const struct pci_device *place, const char *kind, struct device *device,
			struct block_device *disks_to_come);

/* Shared by the files of this folder. */

/*
 * Calls @visit for each function of the first @device_count devices on the bus. @window is NULL:
 * use the ports.
 */
void pci_visit_bus(const struct ecam *window, u8 bus, u32 device_count,
		   void (*visit)(const struct pci_device *device, void *context), void *context);

bool pci_is_bridge(const struct pci_device *device);

/* Is there only one device below it, as below a root port or a switch port? */
bool pci_has_single_slot(const struct pci_device *bridge);

/* The driver for it, or NULL. */
const struct pci_driver *pci_driver_for(const struct pci_device *device);

/* Reads the address in a BAR; 0 if it has none. False: it is not a memory BAR. */
struct pci_bar {
	u32 index;
	u64 base;
	bool is_64_bit; /* the next BAR is its upper half */
};
bool pci_bar_read(const struct pci_device *device, u32 index, struct pci_bar *bar);

/*
 * Its size, measured by writing ones, which stay in it. Memory decoding must be off meanwhile. 0:
 * no such BAR.
 */
u64 pci_bar_measure(const struct pci_device *device, const struct pci_bar *bar);

/*
 * functions.c, with EFI_PCI_IO: records a function that guests will see. @device has its address.
 */
void pci_function_note(const struct pci_device *device);

/* Window @index. False past the last. */
bool pci_ecam_window(u32 index, struct ecam *out);

/* Maps the configuration space of all functions of @bus. NULL if that fails. */
volatile u8 *pci_ecam_map(const struct ecam *window, u8 bus);

bool pci_ports_exist(void);
u32 pci_ports_read32(const struct pci_device *device, u32 offset);
void pci_ports_write32(const struct pci_device *device, u32 offset, u32 value);
void pci_ports_write16(const struct pci_device *device, u32 offset, u16 value);
void pci_ports_write8(const struct pci_device *device, u32 offset, u8 value);

/*
 * Assigns an address to a BAR without one. Only for devices on a root bus, as bridges forward only
 * the addresses in their windows (ERR_UNSUPPORTED). ERR_NOT_FOUND: there is no such BAR.
 * ERR_NO_MEMORY: no room for it.
 */
enum status pci_assign_bar(const struct pci_device *device, struct pci_bar *bar);

/* To be called before a scan: the addresses assigned by the VMM are determined again. */
void pci_forget_placed(void);

/*
 * Assigns numbers from @bus to at most @bus_last to the buses below @bridge, which have none, and
 * assigns the BARs of the devices there that we drive. Returns the last number assigned.
 */
u8 pci_assign_bridge(const struct pci_device *bridge, u8 bus, u8 bus_last);
