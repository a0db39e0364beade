/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's side of NVMe (base specification 1.4): a controller with namespaces, as strict as
 * hardware may be. What a driver must not do is counted as a violation and printed.
 */
#pragma once

#include "lib/types.h"

enum { FAKE_NVME_NAMESPACES = 4, FAKE_NVME_IDENTITY = 4096, FAKE_NVME_DEPTH = 64 };

/* What it does wrong, to commands of the queue @lie_queue alone. */
enum fake_nvme_lie {
	FAKE_NVME_HONEST,
	FAKE_NVME_ERROR,       /* each command fails */
	FAKE_NVME_ERROR_ONCE,  /* the next one */
	FAKE_NVME_ERROR_FINAL, /* each, and need not be tried again */
	FAKE_NVME_SILENT,      /* completes no command */
	FAKE_NVME_FATAL,       /* reports a fatal error instead */
	FAKE_NVME_WRONG_ID,    /* completes another command */
	FAKE_NVME_WRONG_QUEUE, /* of another queue */
	FAKE_NVME_WRONG_HEAD,  /* past the end of the queue */
	FAKE_NVME_GONE,        /* at the next command it is pulled out */
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
	u32 head, tail, reported;    /* of submissions; of completions, and as the driver says */
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
	/* Of a completion, what the driver sees after its next barrier. */
	u64 unseen_at;
	u32 unseen;
};

/* Takes the registers at @base over, and watches barriers. Capabilities 0 become usual ones. */
void fake_nvme_start(struct fake_nvme *controller, u64 base);

/* A namespace with an identity, in the list, above those before it. */
void fake_nvme_add(struct fake_nvme *controller, u32 id, void *bytes, u64 size, u32 block_size);
