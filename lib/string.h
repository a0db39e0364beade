/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library functions to which a compiler may generate calls, and the few string functions that
 * we use.
 */
#pragma once

#include "lib/types.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t size_max);
int strcmp(const char *a, const char *b);
