/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks of an NVMe controller (NVM Express Base Specification 1.4 and 2.0, NVM Command Set 1.0).
 * The interface between the files of this folder.
 *
 * One command at a time, polled: the admin queues, and one pair of queues for all namespaces. A
 * controller is not accessed before its disks are tried. Then it is reset and its namespaces are
 * listed; each namespace is identified when it is reached.
 */
#pragma once

#include "core/block.h"
#include "core/device.h"
#include "drivers/pci/pci.h"
#include "lib/status.h"
#include "lib/types.h"

enum {
	NVME_NAME_SIZE = 48,
	NVME_NAMESPACES_MAX = 128, /* of a controller; more are ignored with a message */
	NVME_TRANSFER_SIZE_MAX = 2 * 1024 * 1024, /* as one page of 4096 bytes can list */

	/* Registers (base specification, 3.1.3) that more than one file uses. */
	NVME_STATUS = 0x1c,
	NVME_STATUS_READY = 1 << 0,
	NVME_STATUS_FATAL = 1 << 1,
	NVME_DOORBELLS = 0x1000,

	NVME_QUEUE_DEPTH = 16,
	NVME_QUEUE_COUNT = 2,
	NVME_QUEUE_PAGES = 2, /* of each of them */
	NVME_PAGES = NVME_QUEUE_COUNT * NVME_QUEUE_PAGES + 1,
};

/* Two rings of @depth entries. A command and its completion have the same place in them. */
struct nvme_queue {
	u16 id; /* 0: admin */
	u16 depth;
	u8 *submissions;
	u8 *completions;
	volatile u8 *tail; /* doorbells */
	volatile u8 *head;
	u16 index;      /* of the next command */
	u16 unreported; /* completions consumed since the last doorbell write */
	u8 phase;       /* bit of a new completion */
};

struct nvme_controller {
	struct device device;
	struct pci_device place;
	struct block_device disks_to_come; /* until they are looked for */
	volatile u8 *registers;
	u64 capabilities;
	u32 timeout_ms; /* to become ready, and to stop */
	u32 page_size;
	u32 transfer_size_max;
	bool has_cache; /* that is lost without power */
	bool failed;    /* it no longer gets commands */
	bool has_answered;
	u8 *memory; /* NVME_PAGES: both rings of each queue; then answers, or a list of pages */
	struct nvme_queue queues[NVME_QUEUE_COUNT];
	u16 command_id; /* of the last command */
	u64 request_count, byte_count;
};

struct nvme_namespace {
	char name[NVME_NAME_SIZE]; /* "nvme 00:04.0 namespace 1" */
	struct nvme_controller *controller;
	u32 id;
	struct block_device disk;
	struct device_address address; /* with EFI */
};

struct nvme_command {
	u8 opcode;
	u32 namespace_id;
	u32 words[3]; /* 10 to 12 */
	void *data;   /* NULL: none */
	u32 size;     /* at most the controller's transfer_size_max; with small answers one page */
	bool is_write;
};

/* What an IDENTIFY command asks for (base specification, 5.17.1). */
enum nvme_identity { NVME_IDENTIFY_NAMESPACE, NVME_IDENTIFY_CONTROLLER, NVME_IDENTIFY_LIST };

extern const struct pci_driver nvme_driver;

/* queue.c */

/* In bytes, from one doorbell to the next. */
u32 nvme_doorbell_distance(const struct nvme_controller *controller);

/* Empties queue @index, as the controller does when it becomes ready or creates the queue. */
void nvme_queue_init(struct nvme_controller *controller, u32 index, u16 depth);

/*
 * Runs one command on queue @index, and repeats it if it failed but may succeed. ERR_IO: it failed,
 * and the next may succeed, unless the controller failed with it. ERR_TIMEOUT: no answer; the
 * controller is no longer used.
 */
enum status nvme_execute(struct nvme_controller *controller, u32 index,
			 const struct nvme_command *command);

/* Copies the first @size bytes, at most 4096, of the IDENTIFY data. Logs why it cannot. */
enum status nvme_identify(struct nvme_controller *controller, enum nvme_identity what,
			  u32 namespace_id, void *out, size_t size);

/*
 * nvme.c: disables the controller. If that fails, its memory is never used again. @data may be
 * NULL.
 */
void nvme_fail(struct nvme_controller *controller, const char *why, const void *data, u32 size);

/* To be called while waiting for its first answer: starts the other disks after some seconds. */
void nvme_is_late(struct nvme_controller *controller, u64 waited_ms);

/* namespace.c: for a namespace of a controller that was started, whose id is not 0. */
void nvme_namespace_init(struct nvme_namespace *space, struct nvme_controller *controller, u32 id);
