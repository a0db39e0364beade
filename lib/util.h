/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers without state: containers, alignment, arithmetic with overflow checks. */
#pragma once

#include "lib/types.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of which @pointer is the field @member. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

enum { PAGE_SIZE = 4096 };

static inline u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

static inline bool is_power_of_two(u64 value)
{
	/* Not the usual expression with "&", which clang compiles to a population count. */
	return (value ^ (value - 1)) > value - 1;
}

/* @alignment is a power of two. align_up() wraps to 0 past the last aligned number. */
static inline u64 align_down(u64 value, u64 alignment)
{
	return value & ~(alignment - 1);
}

static inline u64 align_up(u64 value, u64 alignment)
{
	return align_down(value + alignment - 1, alignment);
}

/* Each stores the (wrapped) result and returns whether it wrapped. */
[[nodiscard]] static inline bool add_overflows(u64 a, u64 b, u64 *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

[[nodiscard]] static inline bool multiply_overflows(u64 a, u64 b, u64 *product)
{
	return __builtin_mul_overflow(a, b, product);
}
