/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine for host tests: core/arch.h and <asm/...> without hardware. Memory from core/memory.h
 * is real memory at the same address. Unallocated memory is poisoned for AddressSanitizer, so a use
 * after free, or an access beyond the last page or beyond the end of an arena allocation, ends the
 * test.
 */
#pragma once

#include "core/boot.h"
#include "core/boot_info.h"
#include "lib/span.h"

/* The RAM range of host_memory_init(). Its first MiB represents our own image. */
enum { HOST_MEMORY_BASE = 0x10000000, HOST_MEMORY_SIZE = 0x10000000, HOST_IMAGE_SIZE = 0x100000 };

/*
 * Restores the initial state: boot_info is empty except for HOST_MEMORY_*, the ledger is filled
 * from it, and nothing is allocated. Not for tests of code that keeps memory permanently, such as
 * drivers and the block cache.
 */
void host_memory_init(void);

/* Fills the ledger again from the current boot_info. The RAM in it need not be real. */
void host_memory_describe(void);

/* The number of page allocations that succeed before all others fail. UINT64_MAX: no limit. */
extern u64 host_allocations_left;

/*
 * Makes arch_memory() return @bytes at the physical address @base, whatever else is there.
 */
void host_memory_set(u64 base, const void *bytes, size_t size);
void host_memory_forget(void); /* all of them */

/* The clock advances only when it is read, by HOST_TICKS_PER_LOOK ticks. */
enum { HOST_TICKS_PER_SECOND = 1000000000, HOST_TICKS_PER_LOOK = 100000 };
extern u64 host_ticks, host_ticks_per_look;
extern u64 host_clock_looks; /* number of clock reads */
extern u64 host_relaxes;     /* number of arch_relax() calls */
extern u64 host_waits; /* number of arch_wait() calls, which advance the clock by their argument */
extern u64 host_timer_stops;        /* number of arch_timer_stop() calls */
extern void (*host_on_relax)(void); /* called by each arch_relax(), if set */

extern u64 host_wall_clock; /* seconds since 1970; 0: there is no such clock */

/*
 * The next result of arch_random(), which increases. arch_random() fails if @host_random_missing.
 */
extern u64 host_random;
extern bool host_random_missing;

/*
 * Called for each access. @write: *@value is written by the driver; otherwise the handler must set
 * it.
 */
typedef void host_handler(void *context, u64 address, u32 size, bool write, u64 *value);

/*
 * Registers a device at ports or memory addresses [base, base + size); the last one registered
 * takes precedence. Elsewhere, reads return all ones. MMIO addresses are never dereferenced, so any
 * can be used.
 */
void host_port_handler(u16 base, u32 size, host_handler *handler, void *context);
void host_mmio_handler(u64 base, u64 size, host_handler *handler, void *context);
void host_handlers_forget(void); /* all of them */
extern u64 host_port_accesses, host_mmio_accesses;

/*
 * The number of branches taken in the firmware's own code (-fsanitize-coverage=trace-pc): a measure
 * of work that does not depend on a clock. Not updated in fuzzers, which count by themselves, but
 * updated when their inputs are replayed.
 */
extern u64 host_steps;

/* RAM at or above this is not allocated. UINT64_MAX unless a test changes it. */
extern u64 host_memory_end, host_physical_end;

/* How a run on the host ended. */
enum host_end { HOST_RETURNED, HOST_POWERED_OFF, HOST_RESET, HOST_HALTED, HOST_ENTERED_KERNEL };

/*
 * Runs @run(@context) until it ends in one of these ways. Outside such a call, anything but a
 * return aborts the test.
 */
enum host_end host_run(void (*run)(void *context), void *context);

extern bool host_power_off_works; /* otherwise arch_power_off() returns */
extern struct kernel host_kernel; /* with which the kernel was entered last */
extern struct arch_entry arch_entry;

/* Requested device maps, newest last; the count may exceed the size of the array. */
enum { HOST_MAPS_MAX = 128 };
extern struct host_map {
	u64 base, size;
} host_maps[HOST_MAPS_MAX];
extern u32 host_map_count;

/* The same for arch_protect(); and whether arch_allow_execution() was called. */
extern struct host_protection {
	u64 base, size;
	u32 access;
} host_protections[HOST_MAPS_MAX];
extern u32 host_protection_count;
extern bool host_execution_allowed;
extern enum status host_restriction; /* the result of arch_restrict_execution() */
extern u32 host_protections_left; /* number of arch_protect() calls before it runs out of tables */

/* A disk in memory that counts requests. */
struct memory_disk {
	struct block_device device;
	u8 *bytes;
	u64 reads, writes, flushes; /* requests */
	u64 blocks_read;
	u64 bad_block; /* reads and writes that touch it fail with ERR_IO; UINT64_MAX: none */
};

/*
 * The caller keeps @bytes; a partial block at the end is not part of the disk. The disk is not
 * registered.
 */
void memory_disk_init(struct memory_disk *disk, void *bytes, size_t size, u32 block_size);

/* The last registered disk of any driver, or NULL. */
struct block_device *last_disk(void);
