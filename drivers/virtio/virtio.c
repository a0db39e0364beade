/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status and features of a virtio device (Virtual I/O Device 1.2, 2.1, 2.2 and 3.1), in the only
 * order that all VMMs accept: Cloud Hypervisor drops what is written before ACKNOWLEDGE, and
 * Firecracker ignores a status write that sets two bits at once.
 */
#include "drivers/virtio/virtio.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/time.h"
#include "lib/format.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	STATUS_ACKNOWLEDGE = 1,
	STATUS_DRIVER = 2,
	STATUS_DRIVER_OK = 4,
	STATUS_FEATURES_OK = 8,
	STATUS_FAILED = 128,

	RESET_TIMEOUT_MS = 2000,
};

static struct arena device_arena;

void *virtio_allocate(size_t size)
{
	void *memory = arena_allocate(&device_arena, size);

	if (!memory)
		log_warning("virtio: no memory for a device");
	return memory;
}

static const struct virtio_driver *driver_for(u32 id)
{
	for (size_t i = 0; virtio_drivers[i]; i++)
		if (virtio_drivers[i]->id == id)
			return virtio_drivers[i];
	return NULL;
}

bool virtio_has_driver(u32 id)
{
	return driver_for(id) != NULL;
}

/* False: it is still not reset after the wait, or reports that it cannot be. */
static bool reset(struct virtio_device *device)
{
	const struct virtio_transport *transport = device->transport;
	struct deadline deadline = deadline_after(RESET_TIMEOUT_MS);
	u8 status;

	transport->set_status(device, 0);
	do {
		status = transport->status(device);
		if (status == 0)
			return true;
	} while (!(status & STATUS_FAILED) && !deadline_passed(&deadline));
	return false;
}

/*
 * Devices that were used by SeaBIOS, or by the system before a reboot, may be in any state; most
 * are unused.
 */
static enum status acknowledge(struct virtio_device *device)
{
	const struct virtio_transport *transport = device->transport;

	if (transport->status(device) != 0 && !reset(device)) {
		log_warning("%s: does not answer a reset", device->device.name);
		return ERR_TIMEOUT;
	}
	transport->set_status(device, STATUS_ACKNOWLEDGE);
	transport->set_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	return OK;
}

enum status virtio_begin(struct virtio_device *device, u64 wanted)
{
	const struct virtio_transport *transport = device->transport;
	enum status status;
	u64 offered;

	if (device->failed)
		return ERR_IO;
	status = transport->open ? transport->open(device) : OK;
	if (!status)
		status = acknowledge(device);
	if (status)
		return status;
	offered = transport->features(device, 0);
	if (!virtio_is_legacy(device)) {
		offered |= (u64)transport->features(device, 1) << 32;
		/*
		 * Our barriers are also sufficient for hardware, and our addresses are bus
		 * addresses.
		 */
		wanted |= VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM | VIRTIO_ORDER_PLATFORM;
		if (!(offered & VIRTIO_VERSION_1))
			return unsupported("%s: does not offer virtio 1.0", device->device.name);
	}
	device->features = offered & wanted;
	transport->set_features(device, 0, (u32)device->features);
	if (virtio_is_legacy(device))
		return OK;
	transport->set_features(device, 1, (u32)(device->features >> 32));
	transport->set_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	if (!(transport->status(device) & STATUS_FEATURES_OK))
		return unsupported("%s: does not work with features 0x%lx of 0x%lx",
				   device->device.name, device->features, offered);
	return OK;
}

void virtio_ready(struct virtio_device *device)
{
	u8 status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK;

	device->ready = true;
	device->transport->set_status(
		device, virtio_is_legacy(device) ? status : status | STATUS_FEATURES_OK);
}

void virtio_fail(struct virtio_device *device, const char *why)
{
	device->failed = true;
	log_error("%s: %s; no longer used", device->device.name, why);
	if (reset(device))
		return;
	log_error("%s: does not answer a reset", device->device.name);
	if (device->transport->disable_dma)
		device->transport->disable_dma(device);
	/* In any case, because the devices of some VMMs ignore that bit. */
	if (!IS_ENABLED(CONFIG_OPTIMIZE_SIZE))
		for (struct virtqueue *queue = device->queues; queue; queue = queue->next)
			virtqueue_abandon(queue);
}

/* Called at the handover. A device that was never ready does no DMA and is left as it is. */
static void quiesce(struct device *base)
{
	struct virtio_device *device = container_of(base, struct virtio_device, device);
	const struct virtio_transport *transport = device->transport;
	bool active = device->ready && !device->failed;

	device->stopping(device);
	device->failed = true; /* must no longer be used */
	if (!active)
		return;

	/*
	 * A device that was reset accepts ACKNOWLEDGE. Firecracker before 1.17 cannot reset its
	 * devices: over MMIO the status stays FAILED, over PCI it reads as 0 but accepts nothing.
	 */
	if (reset(device)) {
		transport->set_status(device, STATUS_ACKNOWLEDGE);
		if (transport->status(device) & STATUS_ACKNOWLEDGE)
			return;
	}
	log_warning(
		"%s: does not complete its reset, as in Firecracker before 1.17: the kernel cannot "
		"use it. See docs/vmm/firecracker.md: boot from a disk that the system does not need, "
		"or pass the kernel and initrd to the VMM",
		base->name);
}

void virtio_probe(struct virtio_device *device)
{
	const struct virtio_driver *driver = driver_for(device->id);
	char *name = device->device.name;
	char place[sizeof(device->device.name)];

	memcpy(place, name, sizeof(place));
	format(name, sizeof(place), "%s %s", driver->name, place);
	if (driver->probe(device))
		return;
	log_debug("%s: found", name);
	device->device.quiesce = quiesce;
	device_register(&device->device);
}
