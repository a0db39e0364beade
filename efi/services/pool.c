/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool (UEFI 2.11, 7.2). Small pieces come from chunks of 64 KiB, each of one memory type and
 * of 16 pages: slabs of pieces of one size, or runs of pages. A larger piece has pages of its own.
 * Nothing about a piece stands beside it, so that a guest that writes past its end, or frees it
 * twice, spoils none of ours; a pointer is looked up before anything is read through it.
 *
 * Chunks lie at the bottom of memory (memory.c says why), and go when they are empty: the map is
 * then what it was before. Where the ledger is too full to take memory back, it stays allocated.
 */
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/memory.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum {
	CHUNK_SIZE = 64 * KIB,
	CHUNK_PAGES = CHUNK_SIZE / PAGE_SIZE,
	RUN_PAGES_MAX = 8,
	CLASS_COUNT = 7,
	CLASS_SIZE_MIN = 32, /* then 64, ... 2048 */
	CLASS_OF_HEAD = 1,
	HASH_SIZE = 128,
};

/* What lies somewhere: a chunk, or a piece with pages of its own. */
struct area {
	struct area *next_in_hash;
	u64 base;
	u64 size;
	u32 type;
	bool is_chunk;
};

enum page_use { PAGE_FREE, PAGE_SLAB, PAGE_RUN, PAGE_RUN_REST };

struct page {
	u8 use;
	u8 class;     /* of a slab: the pieces have CLASS_SIZE_MIN << class bytes */
	u8 count;     /* pieces of a slab in use; pages of a run */
	u64 taken[2]; /* of a slab: a bit for each piece */
};

/* At the chunk's own start, in place of the first pieces of its first page. */
struct chunk {
	struct area area;
	struct chunk *previous, *next; /* newest first */
	u32 used_pages;                /* besides the first */
	u16 room[CLASS_COUNT];         /* a bit for each slab of the class that is not full */
	struct page pages[CHUNK_PAGES];
};

static struct area *areas[HASH_SIZE];
static struct chunk *chunks;

static u32 class_size(u32 class)
{
	return (u32)CLASS_SIZE_MIN << class;
}

/* The pieces of a page of that class that hold the chunk's head: it is never freed. */
static u32 head_pieces(void)
{
	return (u32)((sizeof(struct chunk) + class_size(CLASS_OF_HEAD) - 1) /
		     class_size(CLASS_OF_HEAD));
}

static struct area **hash_slot(u64 base)
{
	return &areas[(base / PAGE_SIZE ^ base / CHUNK_SIZE) % HASH_SIZE];
}

static void area_add(struct area *area)
{
	struct area **slot = hash_slot(area->base);

	area->next_in_hash = *slot;
	*slot = area;
}

static void area_remove(struct area *area)
{
	struct area **link = hash_slot(area->base);

	while (*link != area)
		link = &(*link)->next_in_hash;
	*link = area->next_in_hash;
}

static struct area *area_at(u64 base, bool is_chunk)
{
	struct area *area = *hash_slot(base);

	while (area && (area->base != base || area->is_chunk != is_chunk))
		area = area->next_in_hash;
	return area;
}

static struct chunk *chunk_make(u32 type)
{
	struct chunk *chunk;
	u64 base;

	if (efi_memory_allocate_lowest(CHUNK_SIZE, CHUNK_SIZE, type, &base))
		return NULL;
	chunk = (struct chunk *)(uintptr_t)base;
	*chunk = (struct chunk){
		.area = { .base = base, .size = CHUNK_SIZE, .type = type, .is_chunk = true },
		.next = chunks,
	};
	chunk->pages[0] = (struct page){
		.use = PAGE_SLAB,
		.class = CLASS_OF_HEAD,
		.taken = { (1ull << head_pieces()) - 1 },
	};
	chunk->room[CLASS_OF_HEAD] = 1;
	if (chunks)
		chunks->previous = chunk;
	chunks = chunk;
	area_add(&chunk->area);
	return chunk;
}

static void chunk_release_if_empty(struct chunk *chunk)
{
	if (chunk->used_pages || chunk->pages[0].count)
		return;
	if (chunk->previous)
		chunk->previous->next = chunk->next;
	else
		chunks = chunk->next;
	if (chunk->next)
		chunk->next->previous = chunk->previous;
	area_remove(&chunk->area);
	(void)efi_memory_free(chunk->area.base, CHUNK_SIZE);
}

/* The first of @count adjacent free pages; 0: there are none. */
static u32 find_pages(const struct chunk *chunk, u32 count)
{
	u32 run = 0;

	for (u32 i = 1; i < CHUNK_PAGES; i++) {
		run = chunk->pages[i].use == PAGE_FREE ? run + 1 : 0;
		if (run == count)
			return i + 1 - count;
	}
	return 0;
}

static void *take_run(struct chunk *chunk, u32 first, u32 count)
{
	chunk->pages[first] = (struct page){ .use = PAGE_RUN, .count = (u8)count };
	for (u32 i = 1; i < count; i++)
		chunk->pages[first + i].use = PAGE_RUN_REST;
	chunk->used_pages += count;
	return (void *)(uintptr_t)(chunk->area.base + first * PAGE_SIZE);
}

static bool is_full(const struct page *page)
{
	u32 pieces = PAGE_SIZE / class_size(page->class);

	return page->taken[0] == (pieces < 64 ? (1ull << pieces) - 1 : UINT64_MAX) &&
	       (pieces <= 64 || page->taken[1] == UINT64_MAX);
}

static void *take_piece(struct chunk *chunk, u32 index)
{
	struct page *page = &chunk->pages[index];
	u32 word = page->taken[0] == UINT64_MAX;
	u32 bit = (u32)__builtin_ctzll(~page->taken[word]);
	u64 offset = (u64)(64 * word + bit) * class_size(page->class);

	page->taken[word] |= 1ull << bit;
	page->count++;
	if (is_full(page))
		chunk->room[page->class] &= (u16) ~(1u << index);
	return (void *)(uintptr_t)(chunk->area.base + index * PAGE_SIZE + offset);
}

static void *piece_of_chunk(struct chunk *chunk, u32 class)
{
	u32 slabs = chunk->room[class];

	return slabs ? take_piece(chunk, (u32)__builtin_ctz(slabs)) : NULL;
}

/* A page of the chunk becomes a slab. */
static void *piece_of_new_slab(struct chunk *chunk, u32 class)
{
	u32 index = find_pages(chunk, 1);

	if (!index)
		return NULL;
	chunk->pages[index] = (struct page){ .use = PAGE_SLAB, .class = (u8) class };
	chunk->room[class] |= (u16)(1u << index);
	chunk->used_pages++;
	return take_piece(chunk, index);
}

static void *allocate_piece(u32 type, u32 class)
{
	struct chunk *chunk;
	void *piece = NULL;

	for (chunk = chunks; chunk && !piece; chunk = chunk->next)
		if (chunk->area.type == type)
			piece = piece_of_chunk(chunk, class);
	for (chunk = chunks; chunk && !piece; chunk = chunk->next)
		if (chunk->area.type == type)
			piece = piece_of_new_slab(chunk, class);
	if (piece)
		return piece;
	chunk = chunk_make(type);
	if (!chunk)
		return NULL;
	piece = piece_of_chunk(chunk, class);
	return piece ? piece : piece_of_new_slab(chunk, class);
}

static void *allocate_run(u32 type, u32 count)
{
	struct chunk *chunk;

	for (chunk = chunks; chunk; chunk = chunk->next) {
		u32 first = chunk->area.type == type ? find_pages(chunk, count) : 0;

		if (first)
			return take_run(chunk, first, count);
	}
	chunk = chunk_make(type);
	return chunk ? take_run(chunk, 1, count) : NULL;
}

static void *allocate(u32 type, u64 size)
{
	u32 class = 0;

	if (size > class_size(CLASS_COUNT - 1))
		return allocate_run(type, (u32)((size + PAGE_SIZE - 1) / PAGE_SIZE));
	while (class_size(class) < size)
		class ++;
	return allocate_piece(type, class);
}

/* What describes it is a piece of the pool itself. */
static void *allocate_large(u32 type, u64 size)
{
	struct area *area = allocate(EfiBootServicesData, sizeof(*area));
	u64 base;

	if (!area)
		return NULL;
	if (efi_memory_allocate_lowest(size, PAGE_SIZE, type, &base)) {
		efi_free_pool(area);
		return NULL;
	}
	*area = (struct area){ .base = base, .size = size, .type = type };
	area_add(area);
	return (void *)(uintptr_t)base;
}

EFI_STATUS EFIAPI efi_allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **buffer)
{
	u64 key = memory_map_key();

	if (!buffer || !efi_memory_type_is_valid(type))
		return EFI_INVALID_PARAMETER;
	*buffer = size > RUN_PAGES_MAX * PAGE_SIZE ? allocate_large(type, size) :
						     allocate(type, size);
	efi_memory_changed(key);
	return *buffer ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

static EFI_STATUS free_run(struct chunk *chunk, u32 first, u64 offset)
{
	u32 count = chunk->pages[first].count;

	if (offset)
		return EFI_INVALID_PARAMETER;
	for (u32 i = 0; i < count; i++)
		chunk->pages[first + i].use = PAGE_FREE;
	chunk->used_pages -= count;
	return EFI_SUCCESS;
}

static EFI_STATUS free_piece(struct chunk *chunk, u32 index, u64 offset)
{
	struct page *page = &chunk->pages[index];
	u64 piece = offset / class_size(page->class);
	u64 bit = 1ull << piece % 64;

	if (offset % class_size(page->class) || !(page->taken[piece / 64] & bit) ||
	    (index == 0 && piece < head_pieces()))
		return EFI_INVALID_PARAMETER;
	page->taken[piece / 64] &= ~bit;
	page->count--;
	chunk->room[page->class] |= (u16)(1u << index);
	if (index && !page->count) {
		chunk->room[page->class] &= (u16) ~(1u << index);
		page->use = PAGE_FREE;
		chunk->used_pages--;
	}
	return EFI_SUCCESS;
}

static EFI_STATUS free_in_chunk(struct chunk *chunk, u64 address)
{
	u32 index = (u32)((address - chunk->area.base) / PAGE_SIZE);
	EFI_STATUS status = EFI_INVALID_PARAMETER;

	if (chunk->pages[index].use == PAGE_SLAB)
		status = free_piece(chunk, index, address % PAGE_SIZE);
	else if (chunk->pages[index].use == PAGE_RUN)
		status = free_run(chunk, index, address % PAGE_SIZE);
	if (!status)
		chunk_release_if_empty(chunk);
	return status;
}

EFI_STATUS EFIAPI efi_free_pool(VOID *buffer)
{
	u64 address = (uintptr_t)buffer;
	u64 key = memory_map_key();
	struct area *area = area_at(align_down(address, CHUNK_SIZE), true);
	EFI_STATUS status;

	if (area) {
		status = free_in_chunk(container_of(area, struct chunk, area), address);
	} else {
		area = area_at(address, false);
		if (!area)
			return EFI_INVALID_PARAMETER;
		area_remove(area);
		(void)efi_memory_free(area->base, area->size);
		status = efi_free_pool(area);
	}
	efi_memory_changed(key);
	return status;
}

void *efi_allocate(size_t size)
{
	void *memory;

	if (efi_allocate_pool(EfiBootServicesData, size, &memory))
		return NULL;
	return memset(memory, 0, size);
}

void efi_free(void *memory)
{
	if (memory)
		efi_free_pool(memory);
}

void *efi_copy(const void *from, size_t size)
{
	void *copy;

	if (efi_allocate_pool(EfiBootServicesData, size, &copy))
		return NULL;
	return memcpy(copy, from, size);
}
