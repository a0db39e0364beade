/* SPDX-License-Identifier: Apache-2.0 */
/* Integer types by width. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* A keyword of C23 that gcc 12 and clang 14 do not know yet. */
#ifndef static_assert
#define static_assert _Static_assert
#endif
