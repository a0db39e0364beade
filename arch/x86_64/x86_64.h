/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder. */
#pragma once

#include "lib/config.h"
#include "lib/types.h"

/* firmware.ld.S; page aligned where protection changes */
extern char image_start[], text_start[], data_start[], image_end[];
/* long_mode.S */
extern char stack_guard_page[], stack_top[], fault_stack_top[];
extern u64 gdt[];

/* The operand of LGDT and LIDT. */
struct [[gnu::packed]] table_pointer {
	u16 limit;
	u64 base;
};

extern u32 cpu_extended_features;

/* The width of physical addresses. */
u32 physical_address_bits(void);

/*
 * Interrupt vectors follow those of exceptions. The low four bits of VECTOR_SPURIOUS are set.
 * Vectors up to VECTOR_LAST may come from an earlier guest's APIC setup, because Alioth's reset
 * does not reset the APIC. Small images are for VMMs that do.
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
 * apic.c: sends an interrupt command to all other processors (Intel SDM volume 3, 11.6.1). False:
 * there is no APIC.
 */
bool apic_send_to_others(u32 command);

/* mtrr.c: the registers to write on each processor, in the format read by processor_start.S. */
void memory_types_copy(void *to);

/* Called by long_mode.S in this order, before boot_main(). */
void stack_guard_init(void);
void traps_init(void);
void boot_main(void);
