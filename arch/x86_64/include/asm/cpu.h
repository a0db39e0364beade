/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that cannot be expressed in C. */
#pragma once

#include "lib/types.h"

/*
 * Memory order as seen by a device on another processor. The first two are for accesses to memory
 * alone; a full barrier also orders them with accesses to registers. x86 keeps loads in order with
 * loads, and stores with stores; only a load may pass an older store.
 */
static inline void memory_barrier_read(void)
{
	asm volatile("" ::: "memory");
}

static inline void memory_barrier_write(void)
{
	asm volatile("" ::: "memory");
}

static inline void memory_barrier_full(void)
{
	asm volatile("mfence" ::: "memory");
}

static inline void cpu_relax(void)
{
	asm volatile("pause");
}

struct cpuid {
	u32 eax, ebx, ecx, edx;
};

/* Causes a VM exit, so callers should cache the result. */
static inline struct cpuid cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid out;

	asm volatile("cpuid"
		     : "=a"(out.eax), "=b"(out.ebx), "=c"(out.ecx), "=d"(out.edx)
		     : "a"(leaf), "c"(subleaf));
	return out;
}

static inline u64 tsc_read(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (u64)high << 32;
}

/*
 * How long a VMM may take to act on a write that resets the machine or powers it off. Ticks of the
 * TSC, because no clock can be used after a fault, or at runtime, when clocks belong to the
 * operating system. VMM_LAST_WAIT_TICKS, 0.5 to 1 s, precedes the triple fault: Firecracker lets
 * another thread end its process, which reports an error if the triple fault is earlier.
 */
enum { VMM_WAIT_TICKS = 100 * 1000 * 1000, VMM_LAST_WAIT_TICKS = 2000 * 1000 * 1000 };

static inline void cpu_wait(u64 ticks)
{
	for (u64 start = tsc_read(); tsc_read() - start < ticks;)
		cpu_relax();
}

static inline u64 msr_read(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (u64)high << 32;
}

static inline void msr_write(u32 msr, u64 value)
{
	asm volatile("wrmsr" ::"c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline u64 cr2_read(void)
{
	u64 value;

	asm volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline void cr3_write(u64 value)
{
	asm volatile("mov %0, %%cr3" ::"r"(value) : "memory");
}
