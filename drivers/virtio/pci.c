/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio over PCI (Virtual I/O Device 1.2, 4.1): modern devices, and transitional ones through
 * their modern registers, which are located by vendor-specific capabilities:
 *
 *	offset	size	capability
 *	0	1	0x09
 *	1	1	offset of the next
 *	2	1	size of this
 *	3	1	kind of structure
 *	4	1	BAR
 *	8	4	offset in the BAR
 *	12	4	size of the structure
 *	16	4	only for notifications: bytes between two queues' doorbells
 *
 * MSI-X stays off, and none of its registers is written, because we poll.
 */
#include <asm/io.h>

#include "core/device.h"
#include "core/log.h"
#include "drivers/virtio/virtio.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	VENDOR = 0x1af4,
	DEVICE_TRANSITIONAL_FIRST = 0x1000,
	DEVICE_MODERN_FIRST = 0x1040,
	DEVICE_LAST = 0x107f,
};

enum structure {
	STRUCTURE_COMMON = 1,
	STRUCTURE_NOTIFY = 2,
	STRUCTURE_DEVICE = 4,
	STRUCTURE_COUNT
};

enum {
	CAPABILITY_SIZE = 16,
	CAPABILITY_NOTIFY_SIZE = 20,
};

/*
 * Common configuration (4.1.4.3). Registers after the ring addresses are never accessed, because
 * Alioth aborts on that.
 */
enum {
	COMMON_DEVICE_FEATURE_SELECT = 0x00,
	COMMON_DEVICE_FEATURE = 0x04,
	COMMON_DRIVER_FEATURE_SELECT = 0x08,
	COMMON_DRIVER_FEATURE = 0x0c,
	COMMON_STATUS = 0x14,
	COMMON_GENERATION = 0x15,
	COMMON_QUEUE_SELECT = 0x16,
	COMMON_QUEUE_SIZE = 0x18,
	COMMON_QUEUE_ENABLE = 0x1c,
	COMMON_QUEUE_NOTIFY_OFFSET = 0x1e,
	COMMON_QUEUE_DESCRIPTORS = 0x20,
	COMMON_QUEUE_AVAILABLE = 0x28,
	COMMON_QUEUE_USED = 0x30,
	COMMON_SIZE = 0x38,
};

struct window {
	volatile u8 *data; /* NULL: absent */
	u32 size;
};

struct virtio_pci {
	struct virtio_device device;
	struct pci_device place;
	struct window windows[STRUCTURE_COUNT];
	u32 notify_multiplier;
};

static struct virtio_pci *pci_of(struct virtio_device *device)
{
	return container_of(device, struct virtio_pci, device);
}

static volatile u8 *common(struct virtio_device *device)
{
	return pci_of(device)->windows[STRUCTURE_COMMON].data;
}

static u8 status(struct virtio_device *device)
{
	return mmio_read8(common(device) + COMMON_STATUS);
}

static void set_status(struct virtio_device *device, u8 value)
{
	mmio_write8(common(device) + COMMON_STATUS, value);
}

static u32 features(struct virtio_device *device, u32 word)
{
	mmio_write32(common(device) + COMMON_DEVICE_FEATURE_SELECT, word);
	return mmio_read32(common(device) + COMMON_DEVICE_FEATURE);
}

static void set_features(struct virtio_device *device, u32 word, u32 value)
{
	mmio_write32(common(device) + COMMON_DRIVER_FEATURE_SELECT, word);
	mmio_write32(common(device) + COMMON_DRIVER_FEATURE, value);
}

static u8 generation(struct virtio_device *device)
{
	return mmio_read8(common(device) + COMMON_GENERATION);
}

static u32 config_read32(struct virtio_device *device, u32 offset)
{
	const struct window *window = &pci_of(device)->windows[STRUCTURE_DEVICE];

	if (!window->data || window->size < 4 || offset > window->size - 4)
		return 0;
	return mmio_read32(window->data + offset);
}

static u32 queue_size_max(struct virtio_device *device, u16 index)
{
	mmio_write16(common(device) + COMMON_QUEUE_SELECT, index);
	return mmio_read16(common(device) + COMMON_QUEUE_SIZE);
}

static void write_address(volatile u8 *to, u64 address)
{
	mmio_write32(to, (u32)address);
	mmio_write32(to + 4, (u32)(address >> 32));
}

static enum status queue_start(struct virtio_device *device, struct virtqueue *queue)
{
	struct virtio_pci *pci = pci_of(device);
	const struct window *window = &pci->windows[STRUCTURE_NOTIFY];
	volatile u8 *registers = common(device);
	u64 doorbell =
		(u64)mmio_read16(registers + COMMON_QUEUE_NOTIFY_OFFSET) * pci->notify_multiplier;

	if (window->size < 2 || doorbell > window->size - 2 || doorbell % 2 != 0)
		return corrupt("%s: doorbell of queue %u at 0x%lx of 0x%x", device->device.name,
			       queue->index, doorbell, window->size);
	queue->doorbell = window->data + doorbell;
	mmio_write16(registers + COMMON_QUEUE_SIZE, queue->size);
	write_address(registers + COMMON_QUEUE_DESCRIPTORS, queue->descriptor_ring);
	write_address(registers + COMMON_QUEUE_AVAILABLE, queue->available_ring);
	write_address(registers + COMMON_QUEUE_USED, queue->used_ring);
	mmio_write16(registers + COMMON_QUEUE_ENABLE, 1);
	return OK;
}

static void notify(struct virtqueue *queue)
{
	mmio_write16(queue->doorbell, queue->index);
}

/*
 * Uses the first usable structure of each kind: they are in the device's order of preference
 * (4.1.4.1), and the first may be in I/O ports. @bases has the addresses of the BARs, 0 while
 * unknown; usually all structures are in one BAR.
 */
static enum status read_capability(struct virtio_pci *pci, u32 offset, u32 head,
				   u64 bases[PCI_BAR_COUNT])
{
	const struct pci_device *device = &pci->place;
	u32 size = head >> 16 & 0xff, kind = head >> 24, bar, at;
	const char *name = pci->device.device.name;
	struct window *window;
	u64 base;

	if (kind != STRUCTURE_COMMON && kind != STRUCTURE_NOTIFY && kind != STRUCTURE_DEVICE)
		return OK;
	window = &pci->windows[kind];
	if (window->data || offset + size > PCI_CONFIG_SIZE ||
	    size < (kind == STRUCTURE_NOTIFY ? CAPABILITY_NOTIFY_SIZE : CAPABILITY_SIZE))
		return OK;
	bar = pci_read32(device, offset + 4) & 0xff;
	if (bar >= PCI_BAR_COUNT)
		return OK;
	if (bases[bar] == 0) {
		enum status result = pci_bar(device, bar, &bases[bar]);

		if (result)
			return result == ERR_NOT_FOUND ? OK : result;
	}
	at = pci_read32(device, offset + 8);
	if (add_overflows(bases[bar], at, &base) || base % 4 != 0)
		return corrupt("%s: structure %u at 0x%x in BAR %u", name, kind, at, bar);
	window->size = pci_read32(device, offset + 12);
	if (kind == STRUCTURE_NOTIFY)
		pci->notify_multiplier = pci_read32(device, offset + 16);
	window->data = device_map(name, base, window->size);
	return window->data ? OK : ERR_INVALID;
}

static enum status read_capabilities(struct virtio_pci *pci)
{
	const struct window *windows = pci->windows;
	u64 bases[PCI_BAR_COUNT] = { 0 };
	u32 left, head;

	for (u32 offset = pci_first_capability(&pci->place, &left); offset;
	     offset = pci_next_capability(head, &left)) {
		enum status result = OK;

		head = pci_read32(&pci->place, offset);
		if ((head & 0xff) == PCI_CAPABILITY_VENDOR)
			result = read_capability(pci, offset, head, bases);
		if (result)
			return result;
		if (windows[STRUCTURE_COMMON].data && windows[STRUCTURE_NOTIFY].data &&
		    windows[STRUCTURE_DEVICE].data)
			break;
	}
	return OK;
}

static enum status open(struct virtio_device *device)
{
	struct virtio_pci *pci = pci_of(device);
	const struct window *windows = pci->windows;
	enum status result;

	pci_enable(&pci->place);
	result = read_capabilities(pci);
	if (result)
		return result;
	if (!windows[STRUCTURE_COMMON].data || !windows[STRUCTURE_NOTIFY].data)
		return unsupported("%s: no modern registers; is it started with disable-modern=on?",
				   device->device.name);
	if (windows[STRUCTURE_COMMON].size < COMMON_SIZE)
		return corrupt("%s: common configuration of %u bytes", device->device.name,
			       windows[STRUCTURE_COMMON].size);
	return OK;
}

static void disable_dma(struct virtio_device *device)
{
	pci_disable_dma(&pci_of(device)->place);
}

static const struct virtio_transport pci_transport = {
	.open = open,
	.status = status,
	.set_status = set_status,
	.features = features,
	.set_features = set_features,
	.generation = generation,
	.config_read32 = config_read32,
	.queue_size_max = queue_size_max,
	.queue_start = queue_start,
	.notify = notify,
	.disable_dma = disable_dma,
};

static bool matches(const struct pci_device *device)
{
	return device->vendor_id == VENDOR && device->device_id >= DEVICE_TRANSITIONAL_FIRST &&
	       device->device_id <= DEVICE_LAST;
}

static void probe(const struct pci_device *device)
{
	struct virtio_pci *pci;
	u32 id;

	if (device->device_id >= DEVICE_MODERN_FIRST)
		id = device->device_id - DEVICE_MODERN_FIRST;
	else
		id = pci_read32(device, PCI_SUBSYSTEM) >> 16;
	if (!virtio_has_driver(id))
		return;
	pci = virtio_allocate(sizeof(*pci));
	if (!pci)
		return;
	pci->device.transport = &pci_transport;
	pci->device.id = id;
	pci->place = *device;
	if (IS_ENABLED(CONFIG_EFI))
		pci->device.device.address = device->address;
	memcpy(pci->device.device.name, device->name, sizeof(device->name));
	virtio_probe(&pci->device);
}

const struct pci_driver virtio_pci_driver = {
	.name = "virtio-pci",
	.matches = matches,
	.probe = probe,
};
