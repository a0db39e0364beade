/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All allocations of one boot attempt, pages included, which are released together. Parsers,
 * loaders and file systems allocate from the arena that they are given and never free.
 */
#pragma once

#include "core/memory.h"
#include "lib/span.h"

struct arena {
	struct arena_block *blocks; /* newest first */
	u8 *next;                   /* free part of the newest small block */
	size_t left;
};

/* @size bytes, zeroed, aligned to 16. NULL when no memory is left. */
void *arena_allocate(struct arena *arena, size_t size);

/* A copy of @text with a NUL after it. NULL when no memory is left. */
char *arena_copy(struct arena *arena, struct span text);

/* Like memory_allocate() and memory_allocate_at(), but released with the arena. */
enum status arena_allocate_pages(struct arena *arena, u64 size, u64 alignment, u64 limit, u32 type,
				 u64 *out);
enum status arena_allocate_pages_at(struct arena *arena, u64 base, u64 size, u32 type);

/* Releases everything. The arena is then empty and can be used again. */
void arena_release(struct arena *arena);
