/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions that C has no word for: a host's device is the same thread, so the compiler's order
 * will do.
 */
#pragma once

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
	asm volatile("" ::: "memory");
}

static inline void cpu_relax(void)
{
}
