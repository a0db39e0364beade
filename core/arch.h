/* SPDX-License-Identifier: Apache-2.0 */
/* What an architecture provides. tests/host/host_arch.c is one more of them. */
#pragma once

#include "core/entry_protocol.h"
#include "lib/span.h"
#include "lib/status.h"

/* How we were entered, and what the VMM passed: the physical address of its description. */
struct arch_entry {
	u32 protocol; /* ENTRY_PROTOCOL_* */
	u64 argument;
};

extern struct arch_entry arch_entry;

/* A counter that only grows, at a constant rate. */
u64 arch_ticks(void);

/* Its rate. Measured or asked for at the first call, which may take a millisecond; never 0. */
u64 arch_ticks_per_second(void);

/*
 * The time of day from the hypervisor's own clock: seconds since 1970 at the moment when
 * arch_ticks() was @ticks. False if it has none.
 */
bool arch_wall_clock(u64 *seconds, u64 *ticks);

/* Tells the processor that this is a polling loop. */
void arch_relax(void);

/*
 * Stops the processor for at most @ticks, or until something wakes it. Without a timer to wake it,
 * relaxes and returns at once. Only in images with NEED_CLOCK, like arch_timer_stop(), which leaves
 * the timer as a kernel expects it; no rest follows it.
 */
void arch_wait(u64 ticks);
void arch_timer_stop(void);

/*
 * Around a program that is not ours: the timer ticks, so that HLT in it ends, and an alarm reaches
 * it wherever it loops. Where there is no timer interrupts stay off. @expired is called once, by an
 * interrupt, when @ticks have come (UINT64_MAX: never), and does not return.
 */
void arch_interrupts_allow(void);
void arch_interrupts_forbid(void);
void arch_alarm_set(u64 ticks, void (*expired)(void));

/*
 * For a ROM: RAM from 0 to @low_end and from 4 GiB to @high_end is cached, nothing else is. What
 * the VMM wants in the feature control register is written there (Intel SDM volume 3, 25.7); 0:
 * nothing.
 */
void arch_memory_types_init(u64 low_end, u64 high_end, u64 feature_control);

/*
 * After that, and before arch_mmu_init(): does the same on the other processors, of which there are
 * @count, not 0. Returns how many of them have answered, within a second.
 */
u32 arch_processors_init(u32 count);

/* The first address that no device can have, at most 64 TiB. */
u64 arch_physical_end(void);

/* 64 random bits from the processor. False if it has no such instruction or did not deliver. */
bool arch_random(u64 *out);

/* False, and nothing was written, if there is no such kind of register, or no such address. */
struct register_write;
bool arch_register_write(const struct register_write *write);

/* The last resorts of core/power.h. */
void arch_power_off(void); /* returns: there may be no way */
[[gnu::noreturn]] void arch_reset(void);
[[gnu::noreturn]] void arch_halt(void);

/* RAM that ends at or below this can be used. 4 GiB before arch_mmu_init(). */
u64 arch_memory_end(void);

enum map_kind { MAP_MEMORY, MAP_DEVICE };

/*
 * Makes [base, base + size) accessible at its own address (identity map). Before arch_mmu_init()
 * only the first 4 GiB are, and the call checks no more than that. ERR_INVALID past the processor's
 * physical addresses, ERR_NO_MEMORY when no page is left for tables.
 */
enum status arch_map(u64 base, u64 size, enum map_kind kind);

/*
 * Replaces the entry's page tables by tables of the ledger's memory (core/memory.h): all RAM, our
 * own image W^X.
 */
void arch_mmu_init(void);

enum { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXECUTE = 4 };

/*
 * Changes the permitted accesses to whole pages of RAM; without ACCESS_READ there are none, but
 * arch_access() still returns the others. Where the processor cannot forbid execution it stays
 * allowed. ERR_INVALID: not on page boundaries, not all of it RAM that is mapped, or a part of our
 * own image. ERR_NO_MEMORY when no page is left for tables; a part may be changed then.
 * ERR_UNSUPPORTED before arch_mmu_init(), or where that failed.
 */
enum status arch_protect(u64 base, u64 size, u32 access);

/*
 * From now on all RAM but our own image can be read, written and executed, and so can the first
 * MiB, page 0 included: what EFI images expect. Undoes what arch_protect() has forbidden before.
 */
void arch_allow_execution(void);

/*
 * Instead of arch_allow_execution(): RAM remains readable and writable but not executable, as
 * arch_mmu_init() has mapped it, and the first MiB becomes accessible too. @table_pages are
 * reserved: from now on arch_protect() and arch_map() take pages for tables from these alone, so
 * that they do not change the ledger. ERR_UNSUPPORTED where the processor cannot forbid execution,
 * or arch_mmu_init() failed. ERR_NO_MEMORY.
 */
enum status arch_restrict_execution(u32 table_pages);

/*
 * The permitted accesses to the page at @address. Returns the end of that page, which may be a
 * large one. Only after arch_restrict_execution().
 */
u64 arch_access(u64 address, u32 *access);

/*
 * A stack of @size bytes from the ledger (MEMORY_BOOT_DATA) with a page below it that faults. *@top
 * is its end, where a push begins. ERR_NO_MEMORY.
 */
enum status arch_stack_create(u64 size, u64 *top);

/*
 * Calls @function(@argument) on the stack that ends at @stack_top, or on the present one if that is
 * 0, and returns its result, or the value that arch_call_end() was given. @call is valid while it
 * runs; calls nest.
 */
struct arch_call {
	u64 stack; /* the caller's, with what must be kept for it */
};

u64 arch_call_on_stack(struct arch_call *call, u64 (*function)(void *argument), void *argument,
		       u64 stack_top);

/*
 * Ends the running @call, which then returns @value: all that was called by it is abandoned. The
 * caller's registers are as they were: on x86-64 also those that only Microsoft's ABI keeps (XMM6
 * to XMM15), MXCSR and the x87 control word.
 */
[[gnu::noreturn]] void arch_call_end(struct arch_call *call, u64 value);

/* Where our own image lies, stack and .bss included; page aligned. */
void arch_image(u64 *base, u64 *end);

/* The physical memory at @base for reading: empty if it cannot be mapped or @size is 0. */
struct span arch_memory(u64 base, u64 size);

/*
 * Called by the report of a processor fault, if set: logs what is known about the code at
 * @address.
 */
extern void (*fault_describe)(u64 address);

/*
 * No device can interrupt the operating system before it has set up its controllers:
 * arch_enter_kernel() does the same.
 */
void arch_interrupts_mask(void);

/* Leaves for a kernel. Interrupts are off, the identity map of arch_map() is on. */
struct kernel;
[[gnu::noreturn]] void arch_enter_kernel(const struct kernel *kernel);
