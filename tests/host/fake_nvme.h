/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device side of NVMe (base specification 1.4): a controller with namespaces, as strict as real
 * hardware may be. Each driver error is counted as a violation and printed.
 */
#pragma once

#include "lib/types.h"

enum { FAKE_NVME_NAMESPACES = 4, FAKE_NVME_IDENTITY = 4096, FAKE_NVME_DEPTH = 64 };

/* Faults of a controller, only for commands of the queue @lie_queue. */
enum fake_nvme_lie {
	FAKE_NVME_HONEST,
	FAKE_NVME_ERROR,       /* each command fails */
	FAKE_NVME_ERROR_ONCE,  /* the next one */
	FAKE_NVME_ERROR_FINAL, /* each command fails, and must not be retried */
	FAKE_NVME_SILENT,      /* never completes a command */
	FAKE_NVME_FATAL,       /* reports a fatal error instead of a completion */
	FAKE_NVME_WRONG_ID,    /* completes a command that was not submitted */
	FAKE_NVME_WRONG_QUEUE, /* completes a command of another queue */
	FAKE_NVME_WRONG_HEAD,  /* reports a head past the end of the queue */
	FAKE_NVME_GONE,        /* is removed at the next command */
};

struct fake_nvme_namespace {
	u32 id;
	u8 *bytes;
	u64 size;
	u8 identity[FAKE_NVME_IDENTITY];
};

struct fake_nvme_queue {
	u64 submissions, completions;
	u32 depth, completion_depth; /* 0: not created */
	u32 head, tail, reported;    /* of the submission queue; of the completion queue, and its
					head as reported by the driver */
	u32 phase;
	u8 published[FAKE_NVME_DEPTH * 64]; /* the commands at the last barrier */
	u32 commands;
};

struct fake_nvme {
	u64 capabilities;
	u32 version;
	u8 identity[FAKE_NVME_IDENTITY];
	u8 list[FAKE_NVME_IDENTITY];
	bool list_is_refused;
	struct fake_nvme_namespace namespaces[FAKE_NVME_NAMESPACES];
	enum fake_nvme_lie lie;
	u32 lie_queue;
	bool never_ready;     /* after it was enabled */
	bool never_stops;     /* after it was disabled */
	bool fails_to_enable; /* with a fatal error */
	bool is_gone;         /* all registers read as ones */

	u32 configuration, status, admin_sizes, interrupt_mask;
	u64 admin_submissions, admin_completions;
	struct fake_nvme_queue queues[2];
	u32 disables, accesses, violations, flushes, largest;
	/* The part of a completion that the driver sees after its next barrier. */
	u64 unseen_at;
	u32 unseen;
};

/*
 * Handles the registers at @base and observes barriers. Replaces capabilities of 0 by the usual
 * ones.
 */
void fake_nvme_start(struct fake_nvme *controller, u64 base);

/* Adds a namespace with an identity to the list. Its number must be higher than those before it. */
void fake_nvme_add(struct fake_nvme *controller, u32 id, void *bytes, u64 size, u32 block_size);
