/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bump allocation in blocks of pages. Blocks and separate runs of pages are on one list, newest
 * first. The record of a run is in a block older than the run, so releasing in this order reads
 * each record before its block is freed.
 */
#include "core/arena.h"

#include "core/log.h"
#include "lib/util.h"

enum { BLOCK_SIZE = 64 * 1024, OWN_PAGES_SIZE = BLOCK_SIZE / 4, ALIGNMENT = 16 };

/* A record of pages to free; a block starts with its own record. */
struct arena_block {
	struct arena_block *next;
	u64 base;
	u64 size;
};

static void push(struct arena *arena, struct arena_block *note, u64 base, u64 size)
{
	*note = (struct arena_block){ arena->blocks, base, size };
	arena->blocks = note;
}

static bool add_block(struct arena *arena)
{
	enum { NOTE_SIZE = (sizeof(struct arena_block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT };
	u64 base;

	if (memory_allocate(BLOCK_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &base))
		return false;
	push(arena, (struct arena_block *)(uintptr_t)base, base, BLOCK_SIZE);
	arena->next = (u8 *)(uintptr_t)base + NOTE_SIZE;
	arena->left = BLOCK_SIZE - NOTE_SIZE;
	return true;
}

void *arena_allocate(struct arena *arena, size_t size)
{
	void *out;
	u64 base;

	if (size > OWN_PAGES_SIZE) {
		if (arena_allocate_pages(arena, size, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA,
					 &base))
			return NULL;
		return memset((void *)(uintptr_t)base, 0, size);
	}
	size = align_up(size ? size : 1, ALIGNMENT); /* NULL means failure, also for size 0 */
	if (size > arena->left && !add_block(arena))
		return NULL;
	out = arena->next;
	arena->next += size;
	arena->left -= size;
	return memset(out, 0, size);
}

char *arena_copy(struct arena *arena, struct span text)
{
	char *copy = text.size < SIZE_MAX ? arena_allocate(arena, text.size + 1) : NULL;

	if (copy && text.size)
		memcpy(copy, text.data, text.size);
	return copy;
}

enum status arena_allocate_pages(struct arena *arena, u64 size, u64 alignment, u64 limit, u32 type,
				 u64 *out)
{
	struct arena_block *note = arena_allocate(arena, sizeof(*note));
	enum status status;
	u64 base;

	if (!note)
		return ERR_NO_MEMORY;
	status = memory_allocate(size, alignment, limit, type, &base);
	if (status)
		return status;
	push(arena, note, base, size);
	*out = base;
	return OK;
}

enum status arena_allocate_pages_at(struct arena *arena, u64 base, u64 size, u32 type)
{
	struct arena_block *note = arena_allocate(arena, sizeof(*note));
	enum status status;

	if (!note)
		return ERR_NO_MEMORY;
	status = memory_allocate_at(base, size, type);
	if (status)
		return status;
	/* The start is rounded down like the allocation was. */
	push(arena, note, align_down(base, PAGE_SIZE), size + base % PAGE_SIZE);
	return OK;
}

void arena_release(struct arena *arena)
{
	enum status status;

	while (arena->blocks) {
		struct arena_block note = *arena->blocks;

		status = memory_free(note.base, note.size);
		if (status) /* happens in a full ledger; harmless */
			log_warning("memory at 0x%lx, 0x%lx bytes, stays allocated: %s", note.base,
				    note.size, status_name(status));
		arena->blocks = note.next;
	}
	*arena = (struct arena){ 0 };
}
