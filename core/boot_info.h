/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the VMM passed to the firmware: filled in by one platform description (drivers/platform/),
 * constant after that.
 */
#pragma once

#include "core/memory.h"
#include "lib/span.h"

enum {
	BOOT_RANGES_MAX = 256,
	BOOT_MODULES_MAX = 16,
	COMMAND_LINE_SIZE_MAX = 64 * 1024, /* Cloud Hypervisor's limit, the largest */
};

struct boot_info {
	const char *source;                          /* "PVH", ...: for the log */
	struct memory_range ranges[BOOT_RANGES_MAX]; /* as passed: unsorted, any alignment, may
							overlap */
	u32 range_count;
	u64 rsdp;                              /* physical address; 0: not passed by the VMM */
	struct span modules[BOOT_MODULES_MAX]; /* kernel and initrds supplied by the VMM, in its
						  memory */
	u32 module_count;
	struct span command_line; /* without NUL, in the VMM's memory; may contain any bytes */
};

extern struct boot_info boot_info;

/* One way in which a VMM describes the machine. */
struct platform {
	const char *name;
	/*
	 * Fills in boot_info, before there is memory management. ERR_UNRECOGNIZED: we were not
	 * entered this way.
	 */
	enum status (*describe)(void);
};

/* In the order they are tried, NULL at the end: boot/tables.c. */
extern const struct platform *const platforms[];

/*
 * Adds a range, as passed by the VMM. Ranges that are empty, wrap, or no longer fit into the table
 * are dropped with a message.
 */
void boot_info_add_range(u64 base, u64 size, u32 type);

/*
 * The value of the last word "@name=value" on the command line, without enclosing quotes; words
 * after "--" are for init. False if there is none.
 */
bool boot_info_option(const char *name, struct span *value);

/* Is this word of a command line for us, not for the kernel: "fatwood.x=y", "\"fatwood.x=y\""? */
bool boot_info_word_is_ours(struct span word);

/*
 * All option names beginning with "fatwood." that this build supports, NULL at the end:
 * boot/tables.c.
 */
extern const char *const boot_options[];

/* Warns of each word that begins with "fatwood." and is not in boot_options[]. */
void boot_info_check_options(void);

/*
 * Makes modules and command line accessible in arch_mmu_init()'s page tables, which map only what
 * the VMM described as RAM: the VMM may have put them elsewhere. What cannot be mapped is dropped
 * with a message.
 */
void boot_info_map(void);

/* Logs all of it at level debug. */
void boot_info_log(void);
