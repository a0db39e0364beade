/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine that host tests run on: core/arch.h and <asm/...> without hardware. Memory that
 * core/memory.h hands out is real and lies at its own address; what is not allocated is poisoned
 * under the address sanitizer, so that a use after free, past the last page, or past the end of
 * what an arena gave, ends the test.
 */
#pragma once

#include "core/boot.h"
#include "core/boot_info.h"
#include "lib/span.h"

/* The one range of RAM of host_memory_init(). Its first MiB plays our own image. */
enum { HOST_MEMORY_BASE = 0x10000000, HOST_MEMORY_SIZE = 0x10000000, HOST_IMAGE_SIZE = 0x100000 };

/*
 * As it is before main(): boot_info clear but for HOST_MEMORY_*, the ledger filled from it, all
 * that was allocated gone. Not for tests of what keeps memory for good, as drivers and the block
 * cache do.
 */
void host_memory_init(void);

/* Fills the ledger anew from boot_info as the test has left it. The RAM in it need not be real. */
void host_memory_describe(void);

/* After that many successful allocations of pages all others fail. UINT64_MAX: no limit. */
extern u64 host_allocations_left;

/*
 * @size @bytes are what arch_memory() finds at the physical address @base, whatever else lies
 * there.
 */
void host_memory_set(u64 base, const void *bytes, size_t size);
void host_memory_forget(void); /* all of them */

/* The clock advances only when it is read, by this many ticks, of HOST_TICKS_PER_SECOND. */
enum { HOST_TICKS_PER_SECOND = 1000000000, HOST_TICKS_PER_LOOK = 100000 };
extern u64 host_ticks, host_ticks_per_look;
extern u64 host_clock_looks;        /* at the clock, so far */
extern u64 host_relaxes;            /* arch_relax(), so far */
extern u64 host_waits;              /* arch_wait(), so far: the clock advances by its argument */
extern u64 host_timer_stops;        /* arch_timer_stop(), so far */
extern void (*host_on_relax)(void); /* called at each, if set: what happens meanwhile */

extern u64 host_wall_clock; /* seconds since 1970; 0: there is no such clock */

/* What arch_random() delivers next: counts up. Nothing if @host_random_missing. */
extern u64 host_random;
extern bool host_random_missing;

/* Called for each access; @write tells whether *@value is to be taken or given. */
typedef void host_handler(void *context, u64 address, u32 size, bool write, u64 *value);

/*
 * The device at ports or memory addresses [base, base + size); the last one registered wins. Where
 * there is none reads give all ones. MMIO addresses are never followed, so any will do.
 */
void host_port_handler(u16 base, u32 size, host_handler *handler, void *context);
void host_mmio_handler(u64 base, u64 size, host_handler *handler, void *context);
void host_handlers_forget(void); /* all of them */
extern u64 host_port_accesses, host_mmio_accesses;

/*
 * How many branches of the firmware's own code were taken so far (-fsanitize-coverage=trace-pc): a
 * measure of work that depends on no clock. Stands still in fuzzers, which count by themselves; the
 * replay of what they found counts.
 */
extern u64 host_steps;

/* No RAM at or above this is handed out. UINT64_MAX unless a test says otherwise. */
extern u64 host_memory_end, host_physical_end;

/* How a run on the host ended. */
enum host_end { HOST_RETURNED, HOST_POWERED_OFF, HOST_RESET, HOST_HALTED, HOST_ENTERED_KERNEL };

/* Runs @run(@context) up to its end. Outside of it each end but a return aborts the test. */
enum host_end host_run(void (*run)(void *context), void *context);

extern bool host_power_off_works; /* otherwise arch_power_off() returns */
extern struct kernel host_kernel; /* with which the kernel was entered last */
extern struct arch_entry arch_entry;

/* Maps of devices asked for, newest last; counts on past the array's end. */
enum { HOST_MAPS_MAX = 32 };
extern struct host_map {
	u64 base, size;
} host_maps[HOST_MAPS_MAX];
extern u32 host_map_count;

/* arch_protect(), likewise; and whether arch_allow_execution() was called. */
extern struct host_protection {
	u64 base, size;
	u32 access;
} host_protections[HOST_MAPS_MAX];
extern u32 host_protection_count;
extern bool host_execution_allowed;
extern enum status host_restriction; /* what arch_restrict_execution() returns */
extern u32 host_protections_left; /* after that many arch_protect() reports that no table is left */

/* A disk of bytes in memory, which counts what is asked of it. */
struct memory_disk {
	struct block_device device;
	u8 *bytes;
	u64 reads, writes, flushes; /* requests */
	u64 blocks_read;
	u64 bad_block; /* reads and writes that touch it fail with ERR_IO; UINT64_MAX: none */
};

/* @bytes stay the caller's; what does not fill a block at their end is left out. Not registered. */
void memory_disk_init(struct memory_disk *disk, void *bytes, size_t size, u32 block_size);

/* The last of all disks, whosever they are, or NULL. */
struct block_device *last_disk(void);
