/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions that C has no word for. A host's device is the same thread, so that the compiler's
 * order would do; but a fake device may ask to be told, and see no more than was ordered
 * (tests/host/fake_virtqueue.c).
 */
#pragma once

#include "lib/types.h"

enum host_barrier { HOST_BARRIER_READ, HOST_BARRIER_WRITE, HOST_BARRIER_FULL };

extern void (*host_on_barrier)(enum host_barrier kind); /* called at each, if set */

static inline void host_barrier(enum host_barrier kind)
{
	asm volatile("" ::: "memory");
	if (host_on_barrier)
		host_on_barrier(kind);
	asm volatile("" ::: "memory");
}

static inline void memory_barrier_read(void)
{
	host_barrier(HOST_BARRIER_READ);
}

static inline void memory_barrier_write(void)
{
	host_barrier(HOST_BARRIER_WRITE);
}

static inline void memory_barrier_full(void)
{
	host_barrier(HOST_BARRIER_FULL);
}

static inline void cpu_relax(void)
{
}

/* Which page tables arch/x86_64/mmu.c has put into force last, and how often. */
extern u64 host_cr3, host_cr3_writes;

static inline void cr3_write(u64 value)
{
	host_cr3 = value;
	host_cr3_writes++;
}
