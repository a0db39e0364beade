/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that each architecture provides. tests/host/host_arch.c implements them for the
 * host.
 */
#pragma once

#include "core/entry_protocol.h"
#include "lib/span.h"
#include "lib/status.h"

/* How the firmware was entered, and the physical address of the VMM's machine description. */
struct arch_entry {
	u32 protocol; /* ENTRY_PROTOCOL_* */
	u64 argument;
};

extern struct arch_entry arch_entry;

/* A monotonic counter with a constant rate. */
u64 arch_ticks(void);

/* Its rate, never 0. The first call measures or queries it, which may take a millisecond. */
u64 arch_ticks_per_second(void);

/*
 * The time of day from the hypervisor's clock: seconds since 1970 at the moment when arch_ticks()
 * was @ticks. False if there is no such clock.
 */
bool arch_wall_clock(u64 *seconds, u64 *ticks);

/* Tells the processor that this is a polling loop. */
void arch_relax(void);

/*
 * Halts the processor for at most @ticks, or until something wakes it. Without a timer to wake it,
 * relaxes and returns at once. arch_timer_stop() leaves the timer as a kernel expects it; do not
 * call arch_wait() after it. Both exist only in images with NEED_CLOCK.
 */
void arch_wait(u64 ticks);
void arch_timer_stop(void);

/*
 * For running a foreign program: the timer ticks, so that a HLT in the program returns, and an
 * alarm can interrupt any loop in it. Without a timer, interrupts stay off. @expired is called
 * once, from an interrupt, when the counter reaches @ticks (UINT64_MAX: never), and does not
 * return.
 */
void arch_interrupts_allow(void);
void arch_interrupts_forbid(void);
void arch_alarm_set(u64 ticks, void (*expired)(void));

/*
 * For a ROM: makes RAM from 0 to @low_end and from 4 GiB to @high_end cached, and everything else
 * uncached. @feature_control is the VMM's value for the feature control register (Intel SDM volume
 * 3, 25.7); 0: do not write it.
 */
void arch_memory_types_init(u64 low_end, u64 high_end, u64 feature_control);

/*
 * Does the same on the other @count processors, at least one. Call it after
 * arch_memory_types_init() and before arch_mmu_init(). Returns how many processors answered within
 * a second.
 */
u32 arch_processors_init(u32 count);

/* The first address that no device can have, at most 64 TiB. */
u64 arch_physical_end(void);

/* 64 random bits from the processor. False if it has no such instruction, or if that failed. */
bool arch_random(u64 *out);

/* False, without writing anything, if there is no such kind of register or no such address. */
struct register_write;
bool arch_register_write(const struct register_write *write);

/* Fallbacks for core/power.h. */
void arch_power_off(void); /* may return: there may be no way to do it */
[[gnu::noreturn]] void arch_reset(void);
[[gnu::noreturn]] void arch_halt(void);

/* RAM that ends at or below this address is usable. 4 GiB before arch_mmu_init(). */
u64 arch_memory_end(void);

enum map_kind { MAP_MEMORY, MAP_DEVICE };

/*
 * Makes [base, base + size) accessible at its own address (identity map). Before arch_mmu_init()
 * exactly the first 4 GiB are accessible, and this function only checks for that. ERR_INVALID
 * beyond the processor's physical address range. ERR_NO_MEMORY when no page is left for tables.
 */
enum status arch_map(u64 base, u64 size, enum map_kind kind);

/*
 * Replaces the initial page tables by tables for all RAM in the ledger (core/memory.h), with our
 * own image W^X.
 */
void arch_mmu_init(void);

enum { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXECUTE = 4 };

/*
 * Changes the permitted accesses to whole pages of RAM. Without ACCESS_READ no access is permitted,
 * but arch_access() still returns the other bits. If the processor has no NX, execution stays
 * permitted. ERR_INVALID: not on page boundaries, not entirely mapped RAM, or part of our own
 * image. ERR_NO_MEMORY when no page is left for tables; part of the range may have changed.
 * ERR_UNSUPPORTED before arch_mmu_init(), or if that failed.
 */
enum status arch_protect(u64 base, u64 size, u32 access);

/*
 * Makes all RAM except our own image readable, writable and executable, as well as the first MiB
 * including page 0, as EFI images expect. Reverts earlier calls of arch_protect().
 */
void arch_allow_execution(void);

/*
 * Alternative to arch_allow_execution(): RAM stays readable and writable but not executable, as
 * arch_mmu_init() mapped it, and the first MiB becomes accessible, too. Reserves @table_pages
 * pages; from now on arch_protect() and arch_map() take pages for tables only from these, so that
 * they do not change the ledger. ERR_UNSUPPORTED if the processor has no NX or arch_mmu_init()
 * failed. ERR_NO_MEMORY.
 */
enum status arch_restrict_execution(u32 table_pages);

/*
 * Gets the permitted accesses to the page at @address. Returns the end of that page, which may be a
 * large page. Only after arch_restrict_execution().
 */
u64 arch_access(u64 address, u32 *access);

/*
 * Allocates a stack of @size bytes from the ledger (MEMORY_BOOT_DATA), with a guard page below it.
 * *@top is the end of the stack, the initial stack pointer. ERR_NO_MEMORY.
 */
enum status arch_stack_create(u64 size, u64 *top);

/*
 * Calls @function(@argument) on the stack that ends at @stack_top, or on the current stack if that
 * is 0. Returns the function's result, or the value passed to arch_call_end(). @call is valid while
 * the function runs; calls nest.
 */
struct arch_call {
	u64 stack; /* the caller's, with its saved registers */
};

u64 arch_call_on_stack(struct arch_call *call, u64 (*function)(void *argument), void *argument,
		       u64 stack_top);

/*
 * Ends the running @call, which then returns @value; everything that it called is abandoned. The
 * caller's registers are restored, on x86-64 including those that only Microsoft's ABI preserves
 * (XMM6 to XMM15), MXCSR and the x87 control word.
 */
[[gnu::noreturn]] void arch_call_end(struct arch_call *call, u64 value);

/* The address range of our own image, including stack and .bss; page aligned. */
void arch_image(u64 *base, u64 *end);

/* The physical memory at @base, for reading. Empty if it cannot be mapped or @size is 0. */
struct span arch_memory(u64 base, u64 size);

/*
 * If set, called when a processor fault is reported: logs what is known about the code at @address.
 */
extern void (*fault_describe)(u64 address);

/*
 * Masks interrupts, so that no device can interrupt the operating system before it has set up its
 * interrupt controllers. arch_enter_kernel() does the same.
 */
void arch_interrupts_mask(void);

/* Jumps to a kernel, with interrupts off and the identity map of arch_map() on. */
struct kernel;
[[gnu::noreturn]] void arch_enter_kernel(const struct kernel *kernel);
