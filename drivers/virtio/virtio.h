/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio devices over any transport, and the split virtqueue (Virtual I/O Device 1.2, chapters 2
 * and 3).
 *
 * A driver calls virtio_begin(), read the configuration, virtqueue_create() for each queue,
 * virtio_ready(). All of it may wait until the device is needed, as each step is some VM exits; and
 * a device that has never been ready needs no reset before the kernel takes it over.
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
	VIRTIO_ID_PMEM = 27,
};

#define VIRTIO_FEATURE(bit) (1ull << (bit))
#define VIRTIO_VERSION_1 VIRTIO_FEATURE(32)
#define VIRTIO_ACCESS_PLATFORM VIRTIO_FEATURE(33)
#define VIRTIO_ORDER_PLATFORM VIRTIO_FEATURE(36)

struct virtqueue;
struct virtio_device;

/* Registers, each access with exactly the width of the register. */
struct virtio_transport {
	/* Makes the registers accessible; logs why it cannot. NULL: they are. */
	enum status (*open)(struct virtio_device *device);
	u8 (*status)(struct virtio_device *device);
	void (*set_status)(struct virtio_device *device, u8 status);
	u32 (*features)(struct virtio_device *device, u32 word);
	void (*set_features)(struct virtio_device *device, u32 word, u32 features);
	u8 (*generation)(struct virtio_device *device);
	/* @offset is a multiple of 4; 0 past the end of the configuration. */
	u32 (*config_read32)(struct virtio_device *device, u32 offset);
	/* Selects the queue. The most descriptors it may have; 0: there is no such queue. */
	u32 (*queue_size_max)(struct virtio_device *device, u16 index);
	/* Hands the rings of the selected queue over, and fills in queue->doorbell. */
	enum status (*queue_start)(struct virtio_device *device, struct virtqueue *queue);
	void (*notify)(struct virtqueue *queue);
	/* For a device that does not answer a reset. NULL: there is no way. */
	void (*disable_dma)(struct virtio_device *device);
};

struct virtio_device {
	struct device device; /* named by the transport for its place, then by virtio_probe() */
	const struct virtio_transport *transport;
	u32 id;                   /* VIRTIO_ID_* */
	bool legacy;              /* from before 1.0: no VERSION_1, no FEATURES_OK */
	bool ready;               /* has reached DRIVER_OK */
	bool failed;              /* was given up; it is no longer used */
	u64 features;             /* negotiated */
	struct virtqueue *queues; /* newest first */
	/* The driver's own steps before the device is brought to rest. */
	void (*stopping)(struct virtio_device *device);
	void *driver; /* the driver's own */
};

/* Constant where no transport finds such devices. */
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
	virtio_pmem_driver;

/* Finds devices in the windows that the command line or ACPI name (virtio over MMIO, 4.2). */
void virtio_mmio_probe(void);

/* Is there a driver for this kind of device? Asked before a transport spends VM exits on it. */
bool virtio_has_driver(u32 id);

/* Hands a device that a transport has found to its driver, which must exist. */
void virtio_probe(struct virtio_device *device);

/* Memory for a device's state, zeroed, never given back. NULL, and logged: none left. */
void *virtio_allocate(size_t size);

/*
 * Opens and resets the device and negotiates: of @wanted what it offers, besides what every driver
 * needs. After this the configuration may be read and queues created.
 */
enum status virtio_begin(struct virtio_device *device, u64 wanted);

/* The device may work from now on, up to its reset at devices_quiesce(). */
void virtio_ready(struct virtio_device *device);

/* Gives up a device that answered nonsense or not at all: logs @why, and stops it by a reset. */
void virtio_fail(struct virtio_device *device, const char *why);

/*
 * A split virtqueue used as a set of equal slots, each a chain of at most chain_size descriptors.
 * Nothing is ever read back from memory the device can write but the used ring, and that is
 * checked.
 */
enum {
	VIRTQUEUE_SIZE_MAX = 32,
	VIRTQUEUE_CHAIN_MAX = 3,
	VIRTQUEUE_SPACE_SIZE = 2048, /* for what else the driver shares with the device */
};

struct virtqueue {
	struct virtio_device *device;
	u16 index;
	u16 size;                              /* descriptors: a power of two */
	u16 chain_size;                        /* descriptors of a slot */
	u16 slot_count;                        /* at most size / chain_size */
	u16 available;                         /* chains ever handed over */
	u16 used;                              /* chains ever taken back */
	u32 busy;                              /* bit n: slot n is with the device */
	u32 writable_size[VIRTQUEUE_SIZE_MAX]; /* of a slot's chain: bytes the device may write */
	u64 writable_base[VIRTQUEUE_SIZE_MAX]; /* where the first of them are; others are in space
						*/
	u64 descriptor_ring, available_ring, used_ring; /* addresses */
	void *space;                                    /* VIRTQUEUE_SPACE_SIZE bytes, zeroed */
	volatile void *doorbell;                        /* the transport's, looked up once */
	struct virtqueue *next;                         /* of the same device */
};

struct virtqueue_buffer {
	const volatile void *data;
	u32 size;
	bool device_writes;
};

/*
 * Queue @index of a device between virtio_begin() and virtio_ready(). @slot_count: more are of no
 * use; there may be fewer.
 */
enum status virtqueue_create(struct virtio_device *device, u16 index, u16 chain_size,
			     u16 slot_count, struct virtqueue *queue);

/* A slot that is not with the device. False if all are. */
bool virtqueue_free_slot(const struct virtqueue *queue, u32 *slot);

/*
 * Hands a free slot to the device; it learns of it at virtqueue_notify(). Buffers that the device
 * writes come last, and all but the first of these lie in the queue's space.
 */
void virtqueue_add(struct virtqueue *queue, u32 slot, const struct virtqueue_buffer *buffers,
		   u32 count);
void virtqueue_notify(struct virtqueue *queue);

/*
 * For a device that could not be stopped: the memory it may still write, rings included, is never
 * used again.
 */
void virtqueue_abandon(const struct virtqueue *queue);

/*
 * A slot the device has finished with, and how many bytes it claims to have written, at most those
 * that it may write. ERR_NOT_FOUND: none yet. ERR_IO: the device spoke nonsense, now or before; it
 * was reset.
 */
enum status virtqueue_take(struct virtqueue *queue, u32 *slot, u32 *written);

/* As virtqueue_take(), and waits. ERR_TIMEOUT: what was handed over is still with the device. */
struct deadline;
enum status virtqueue_wait(struct virtqueue *queue, struct deadline *deadline, u32 *slot,
			   u32 *written);
