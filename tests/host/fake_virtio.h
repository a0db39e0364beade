/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device side of virtio, as strict as the strictest VMM: register widths, the order of status
 * changes and the layout of requests are checked, and each driver error is counted as a violation
 * and printed. Devices are behind a PCI function or an MMIO window.
 */
#pragma once

#include "drivers/pci/pci.h"
#include "lib/types.h"

enum { FAKE_RINGS_SIZE = 4096, FAKE_UNSEEN_MAX = 64 };

enum { FAKE_QUEUE_COUNT = 3, FAKE_CONFIG_SIZE = 64 };

/* Faults of a device. */
enum fake_lie {
	FAKE_HONEST,
	FAKE_SILENT,           /* completes no request */
	FAKE_COUNT_JUMPS,      /* reports 1024 more requests than it completed */
	FAKE_HEAD_WRONG,       /* reports a head in the middle of a chain */
	FAKE_HEAD_HUGE,        /* ... outside the ring */
	FAKE_HEAD_IDLE,        /* ... that was not submitted */
	FAKE_DONE_TWICE,       /* ... twice */
	FAKE_WRITTEN_HUGE,     /* reports writing more than the size of the buffers */
	FAKE_WRITTEN_MORE,     /* ... one byte more than it may write */
	FAKE_WRITTEN_NONE,     /* reports writing nothing */
	FAKE_STATUS_UNWRITTEN, /* does not write the status byte */
	FAKE_STATUS_ERROR,     /* answers each request with an I/O error */
	FAKE_FIRST_ERROR,      /* ... the first one */
	FAKE_FEATURES_REFUSED, /* does not accept FEATURES_OK */
	FAKE_NO_RESET,         /* Firecracker up to 1.16.1 over MMIO: FAILED after it was active */
	FAKE_DEAD,             /* completes no request and cannot be reset */
	FAKE_NO_RESET_PCI,     /* the same over PCI: status 0, and refuses ACKNOWLEDGE */
	FAKE_GENERATION_RUNS,  /* its configuration changes continuously */
};

struct fake_queue {
	u16 size;
	bool enabled;
	u64 rings[3]; /* descriptors, available, used */
	u16 seen;     /* of the available ring */
	/*
	 * The device sees the driver's writes as late as reordering permits: only those before the
	 * last barrier. Likewise, the driver sees the device's used ring entries only after its own
	 * barrier.
	 */
	u8 published[FAKE_RINGS_SIZE];
	u16 published_count;
	struct {
		u16 index;
		u32 head, written;
	} unseen[FAKE_UNSEEN_MAX];
	u32 unseen_count;
};

struct fake_virtio {
	u32 id;
	u64 features;
	u32 queue_size_max[FAKE_QUEUE_COUNT];
	u8 config[FAKE_CONFIG_SIZE];
	bool legacy;           /* MMIO version 1 */
	u32 batch;             /* maximum number of requests completed per notification; 0: all */
	bool reverse;          /* completes pending requests in reverse order */
	bool has_one_doorbell; /* over PCI: notify_off_multiplier is 0, the value says which queue
				*/
	enum fake_lie lie;
	u32 lie_version; /* of MMIO, if not 0 */
	bool lie_magic;  /* there is no virtio device in the window */
	u64 base, size;  /* the MMIO window; size 0: it is behind PCI */
	/*
	 * The bytes of virtio-blk; NULL: no disk. virtio-rng and the console return increasing
	 * bytes from 1.
	 */
	u8 *disk;
	u64 disk_size;
	struct fake_scsi *scsi; /* virtio-scsi's units */
	/*
	 * Hooks for fuzzers: called instead of processing the queue, and after each register read.
	 */
	void (*on_notify)(struct fake_virtio *device, u32 queue);
	void (*on_read)(struct fake_virtio *device, u64 *value);

	u8 status;
	u32 device_select, driver_select, queue_select, page_size, queue_align;
	u64 driver_features;
	u8 generation;
	bool was_active;
	struct fake_queue queues[FAKE_QUEUE_COUNT];

	u32 violations, accesses, resets, notifications, requests, flushes;
	u64 data_bytes;
	u32 largest_request;
	char sent[256]; /* output of a console */
	u32 sent_size;
};

/* A PCI function: configuration space with BARs that can be sized. */
struct fake_function {
	u16 segment;
	u8 bus, device, function;
	u8 config[256];
	u64 bar_sizes[6];           /* 0: none, or the upper half of the previous one */
	struct fake_virtio *virtio; /* in BAR virtio_bar; NULL: none */
	u8 virtio_bar;
};

/* Offsets of the structures in the BAR of fake_function_virtio(): Cloud Hypervisor's layout. */
enum {
	FAKE_ISR = 0x2000,
	FAKE_DEVICE = 0x4000,
	FAKE_NOTIFY = 0x6000,
	FAKE_NOTIFY_STEP = 4,
	FAKE_BAR_SIZE = 0x80000
};

enum { FAKE_FUNCTIONS_MAX = 256, FAKE_WINDOWS_MAX = 4, FAKE_MMIO_MAX = 32 };

struct fake_machine {
	struct fake_function *functions[FAKE_FUNCTIONS_MAX];
	u32 function_count;
	struct fake_virtio *mmio[FAKE_MMIO_MAX];
	u32 mmio_count;
	/* MCFG windows, each of 256 buses. */
	struct {
		u64 base;
		u16 segment;
	} ecam[FAKE_WINDOWS_MAX];
	u32 ecam_count;
	bool has_ports;         /* 0xcf8, 0xcfc */
	bool aliases_functions; /* Cloud Hypervisor: functions 1 to 7 read as function 0 in ECAM */
	u32 ports_address;
	u32 config_reads, config_writes;
	u32 violations; /* of PCI, and accesses to unused addresses */
};

/* Handles all MMIO and the PCI ports from now on. */
void fake_machine_start(struct fake_machine *machine);

/* Fills in defaults: identification, queues of 128. */
void fake_virtio_init(struct fake_virtio *device, u32 id, u64 features);

/* A disk of @size bytes; its features are added to VERSION_1. */
void fake_virtio_disk(struct fake_virtio *device, void *bytes, u64 size, u64 features);

/* Makes a modern device's function with a 64-bit BAR 0 at @bar, and adds it. */
void fake_function_virtio(struct fake_machine *machine, struct fake_function *function, u8 bus,
			  u8 slot, struct fake_virtio *virtio, u64 bar);
void fake_machine_add(struct fake_machine *machine, struct fake_function *function);
