/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. */
#pragma once

#include "lib/config.h"
#include "lib/types.h"

/* firmware.ld.S; page aligned where protection changes */
extern char image_start[], text_start[], data_start[], image_end[];
/* long_mode.S */
extern char stack_guard_page[], stack_top[], fault_stack_top[];
extern u64 gdt[];

/* What LGDT and LIDT read. */
struct [[gnu::packed]] table_pointer {
	u16 limit;
	u64 base;
};

extern u32 cpu_extended_features;

/* Of the processor's physical addresses. */
u32 physical_address_bits(void);

/*
 * Interrupts have vectors after those of exceptions. The low four bits of VECTOR_SPURIOUS are set.
 * Up to VECTOR_LAST they may come from what an earlier guest had asked of the APIC: Alioth's reset
 * leaves it as it was. Small images are for VMMs that reset it.
 */
enum {
	VECTOR_TIMER = 0x20,
	VECTOR_SPURIOUS = 0x2f,
	VECTOR_LAST = IS_ENABLED(CONFIG_OPTIMIZE_SIZE) ? VECTOR_TIMER : 0xff,
	VECTOR_COUNT = IS_ENABLED(CONFIG_OPTIMIZE_SIZE) ? VECTOR_SPURIOUS + 1 : VECTOR_LAST + 1,
};

/* @handler ends with IRET, runs on the fault stack, and does not fault. */
void trap_set_handler(u32 vector, void *handler);

/*
 * apic.c: to all processors but this one (Intel SDM volume 3, 11.6.1). False: there is no APIC.
 */
bool apic_send_to_others(u32 command);

/* mtrr.c: the registers that are written on each processor, as processor_start.S reads them. */
void memory_types_copy(void *to);

/* Called by long_mode.S in this order, before boot_main(). */
void stack_guard_init(void);
void traps_init(void);
void boot_main(void);
