/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions that cannot be expressed in C. On the host, devices run in the same thread, so
 * barriers are not needed for order; but a fake device can be notified of them and see only the
 * writes before them, those before a register access only after a full one.
 */
#pragma once

#include "lib/types.h"

enum host_barrier { HOST_BARRIER_READ, HOST_BARRIER_WRITE, HOST_BARRIER_FULL };

extern void (*host_on_barrier)(enum host_barrier kind); /* called at each barrier, if set */

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

/* The page tables that arch/x86_64/mmu.c activated last, and how often it did. */
extern u64 host_cr3, host_cr3_writes;

static inline void cr3_write(u64 value)
{
	host_cr3 = value;
	host_cr3_writes++;
}
