/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio devices on any transport, and the split virtqueue (Virtual I/O Device 1.2, chapters 2 and
 * 3).
 *
 * A driver calls virtio_begin(), reads the configuration, calls virtqueue_create() for each queue,
 * and virtio_ready(). It may postpone this until the device is needed, because each step costs
 * several VM exits, and a device that has never been ready needs no reset before the kernel takes
 * it over.
 */
#pragma once

#include "core/device.h"
#include "drivers/pci/pci.h"
#include "lib/config.h"
#include "lib/status.h"
#include "lib/types.h"

enum {
	VIRTIO_ID_BLOCK = 2,
	VIRTIO_ID_CONSOLE = 3,
	VIRTIO_ID_RANDOM = 4,
	VIRTIO_ID_SCSI = 8,
	VIRTIO_ID_PMEM = 27,
};

#define VIRTIO_FEATURE(bit) (1ull << (bit))
#define VIRTIO_VERSION_1 VIRTIO_FEATURE(32)
#define VIRTIO_ACCESS_PLATFORM VIRTIO_FEATURE(33)
#define VIRTIO_ORDER_PLATFORM VIRTIO_FEATURE(36)

struct virtqueue;
struct virtio_device;

/* Register access. Each access has exactly the width of the register. */
struct virtio_transport {
	/* Makes the registers accessible; logs why it cannot. NULL: they already are accessible. */
	enum status (*open)(struct virtio_device *device);
	u8 (*status)(struct virtio_device *device);
	void (*set_status)(struct virtio_device *device, u8 status);
	u32 (*features)(struct virtio_device *device, u32 word);
	void (*set_features)(struct virtio_device *device, u32 word, u32 features);
	u8 (*generation)(struct virtio_device *device);
	/* @offset is a multiple of 4; 0 past the end of the configuration. */
	u32 (*config_read32)(struct virtio_device *device, u32 offset);
	/*
	 * Selects the queue. Returns the maximum number of descriptors; 0: there is no such queue.
	 */
	u32 (*queue_size_max)(struct virtio_device *device, u16 index);
	/* Passes the rings of the selected queue to the device, and fills in queue->doorbell. */
	enum status (*queue_start)(struct virtio_device *device, struct virtqueue *queue);
	void (*notify)(struct virtqueue *queue);
	/* For a device that does not complete a reset. NULL: not possible. */
	void (*disable_dma)(struct virtio_device *device);
};

struct virtio_device {
	struct device device; /* first named by the transport after its place, then by
				 virtio_probe() */
	const struct virtio_transport *transport;
	u32 id;                   /* VIRTIO_ID_* */
	bool legacy;              /* older than 1.0: no VERSION_1, no FEATURES_OK */
	bool ready;               /* has reached DRIVER_OK */
	bool failed;              /* failed, and is no longer used */
	u64 features;             /* negotiated */
	struct virtqueue *queues; /* newest first */
	/* Called before the device is stopped. */
	void (*stopping)(struct virtio_device *device);
	void *driver; /* private to the driver */
};

/* Constant if no transport finds such devices. */
static inline bool virtio_is_legacy(const struct virtio_device *device)
{
	return IS_ENABLED(CONFIG_VIRTIO_MMIO_LEGACY) && device->legacy;
}

struct virtio_driver {
	const char *name; /* "virtio-blk" */
	u32 id;
	/* Logs why it cannot drive it. @device is never freed. */
	enum status (*probe)(struct virtio_device *device);
};

/* In boot/tables.c, NULL at the end. */
extern const struct virtio_driver *const virtio_drivers[];

extern const struct pci_driver virtio_pci_driver;
extern const struct virtio_driver virtio_block_driver, virtio_console_driver, virtio_random_driver,
	virtio_scsi_driver, virtio_pmem_driver;

/* Finds devices in the windows named by the command line or ACPI (virtio over MMIO, 4.2). */
void virtio_mmio_probe(void);

/* Is there a driver for this kind of device? Transports check before they spend VM exits on it. */
bool virtio_has_driver(u32 id);

/* Calls the driver, which must exist, for a device found by a transport. */
void virtio_probe(struct virtio_device *device);

/*
 * Allocates zeroed memory for a device's state, which is never freed. NULL, with a message: no
 * memory is left.
 */
void *virtio_allocate(size_t size);

/*
 * Opens and resets the device and negotiates features: those in @wanted that it offers, besides
 * those that every driver needs. After this, the configuration may be read and queues created.
 */
enum status virtio_begin(struct virtio_device *device, u64 wanted);

/* Starts the device. It works until its reset in devices_quiesce(). */
void virtio_ready(struct virtio_device *device);

/* Gives up a device that responded incorrectly or not at all: logs @why and resets the device. */
void virtio_fail(struct virtio_device *device, const char *why);

/*
 * A split virtqueue used as a set of equal slots, each a chain of at most chain_size descriptors.
 * Of the memory that the device can write, only the used ring is read, and its content is checked.
 */
enum {
	VIRTQUEUE_SIZE_MAX = 32,
	VIRTQUEUE_CHAIN_MAX = 3,
	VIRTQUEUE_SPACE_SIZE = 2048, /* for other data that the driver shares with the device */
};

struct virtqueue {
	struct virtio_device *device;
	u16 index;
	u16 size;                              /* descriptors: a power of two */
	u16 chain_size;                        /* descriptors of a slot */
	u16 slot_count;                        /* at most size / chain_size */
	u16 available;                         /* total number of chains passed to the device */
	u16 used;                              /* total number of chains taken back */
	u32 busy;                              /* bit n: the device has slot n */
	u32 writable_size[VIRTQUEUE_SIZE_MAX]; /* for each slot: bytes that the device may write */
	u64 writable_base[VIRTQUEUE_SIZE_MAX]; /* their address, except those in space */
	u64 descriptor_ring, available_ring, used_ring; /* addresses */
	void *space;                                    /* VIRTQUEUE_SPACE_SIZE bytes, zeroed */
	volatile void *doorbell;                        /* of the transport, looked up once */
	struct virtqueue *next;                         /* of the same device */
};

struct virtqueue_buffer {
	const volatile void *data;
	u32 size;
	bool device_writes;
};

/*
 * Creates queue @index, between virtio_begin() and virtio_ready(). There are at most @slot_count
 * slots, perhaps fewer.
 */
enum status virtqueue_create(struct virtio_device *device, u16 index, u16 chain_size,
			     u16 slot_count, struct virtqueue *queue);

/* Finds a slot that the device does not have. False: it has all of them. */
bool virtqueue_free_slot(const struct virtqueue *queue, u32 *slot);

/*
 * Passes a free slot to the device, which is notified by virtqueue_notify(). Buffers that the
 * device writes come last, and all but the first of these are in the queue's space;
 * with VIRTIO_SCSI all but the largest.
 */
void virtqueue_add(struct virtqueue *queue, u32 slot, const struct virtqueue_buffer *buffers,
		   u32 count);
void virtqueue_notify(struct virtqueue *queue);

/* Frees the memory of the newest queue of a device that was reset. */
void virtqueue_release(struct virtqueue *queue);

/*
 * For a device that could not be stopped: memory that it may still write, including the rings, is
 * never used again.
 */
void virtqueue_abandon(const struct virtqueue *queue);

/*
 * Gets a slot that the device has finished, and how many bytes it claims to have written, limited
 * to what it may write. ERR_NOT_FOUND: none yet. ERR_IO: the device violated the protocol, now or
 * earlier, and was reset.
 */
enum status virtqueue_take(struct virtqueue *queue, u32 *slot, u32 *written);

/* Like virtqueue_take(), but waits. ERR_TIMEOUT: the device still has the slots passed to it. */
struct deadline;
enum status virtqueue_wait(struct virtqueue *queue, struct deadline *deadline, u32 *slot,
			   u32 *written);
