/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RAM of the host machine. The ledger and arenas are the firmware's own core/memory.c and
 * core/arena.c, compiled with their allocation functions renamed to plain_... (tests/host.mk). The
 * functions below replace them and tell AddressSanitizer which bytes are allocated.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <sanitizer/asan_interface.h>

#include "core/arena.h"
#include "core/memory.h"
#include "lib/util.h"
#include "tests/host/host.h"

/*
 * The content of newly allocated pages, which are not cleared.
 */
enum { FILLER = 0xa5 };

/* The gap between allocations of an arena. */
enum { GUARD_SIZE = 16 };

enum status plain_memory_allocate(u64 size, u64 alignment, u64 limit, u32 type, u64 *out);
enum status plain_memory_allocate_request(const struct memory_request *request, u64 *out);
enum status plain_memory_allocate_at(u64 base, u64 size, u32 type);
enum status plain_memory_free(u64 base, u64 size);
void *plain_arena_allocate(struct arena *arena, size_t size);

u64 host_allocations_left = UINT64_MAX;

static bool use_allocation(void)
{
	if (host_allocations_left == 0)
		return false;
	host_allocations_left -= host_allocations_left != UINT64_MAX;
	return true;
}

static bool is_on_host(u64 base, u64 size)
{
	return base >= HOST_MEMORY_BASE && base - HOST_MEMORY_BASE < HOST_MEMORY_SIZE &&
	       size <= HOST_MEMORY_SIZE - (base - HOST_MEMORY_BASE);
}

static void hand_out(u64 base, u64 size)
{
	void *pages = (void *)(uintptr_t)align_down(base, PAGE_SIZE);

	size = align_up(base + size, PAGE_SIZE) - align_down(base, PAGE_SIZE);
	if (!is_on_host(align_down(base, PAGE_SIZE), size))
		return;
	ASAN_UNPOISON_MEMORY_REGION(pages, size);
	memset(pages, FILLER, min_u64(size, 64 * KIB));
}

static void take_back(u64 base, u64 size)
{
	void *pages = (void *)(uintptr_t)align_down(base, PAGE_SIZE);

	size = align_up(base + size, PAGE_SIZE) - align_down(base, PAGE_SIZE);
	if (is_on_host(align_down(base, PAGE_SIZE), size))
		ASAN_POISON_MEMORY_REGION(pages, size);
}

enum status memory_allocate(u64 size, u64 alignment, u64 limit, u32 type, u64 *out)
{
	enum status status;

	if (!use_allocation())
		return ERR_NO_MEMORY;
	status = plain_memory_allocate(size, alignment, limit, type, out);
	if (!status)
		hand_out(*out, size);
	return status;
}

enum status memory_allocate_request(const struct memory_request *request, u64 *out)
{
	enum status status;

	if (!use_allocation())
		return ERR_NO_MEMORY;
	status = plain_memory_allocate_request(request, out);
	if (!status)
		hand_out(*out, request->size);
	return status;
}

enum status memory_allocate_at(u64 base, u64 size, u32 type)
{
	enum status status;

	if (!use_allocation())
		return ERR_NO_MEMORY;
	status = plain_memory_allocate_at(base, size, type);
	if (!status)
		hand_out(base, size);
	return status;
}

enum status memory_free(u64 base, u64 size)
{
	enum status status = plain_memory_free(base, size);

	if (!status)
		take_back(base, size);
	return status;
}

void *arena_allocate(struct arena *arena, size_t size)
{
	u8 *piece = size <= SIZE_MAX - GUARD_SIZE ? plain_arena_allocate(arena, size + GUARD_SIZE) :
						    NULL;

	if (piece)
		ASAN_POISON_MEMORY_REGION(piece + size, GUARD_SIZE);
	return piece;
}

static void make_real(void)
{
	void *wanted = (void *)(uintptr_t)HOST_MEMORY_BASE;
	void *got = mmap(wanted, HOST_MEMORY_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (got != wanted) {
		perror("host: the address of the firmware's memory is taken");
		abort();
	}
	ASAN_POISON_MEMORY_REGION(got, HOST_MEMORY_SIZE);
}

void host_memory_describe(void)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++) {
		if (map[i].type != MEMORY_CONVENTIONAL)
			take_back(map[i].base, map[i].end - map[i].base);
	}
	memory_init();
}

void host_memory_init(void)
{
	boot_info = (struct boot_info){ .source = "host" };
	boot_info_add_range(HOST_MEMORY_BASE, HOST_MEMORY_SIZE, MEMORY_CONVENTIONAL);
	host_allocations_left = UINT64_MAX;
	host_memory_describe();
}

[[gnu::constructor]] static void start(void)
{
	make_real();
	host_memory_init();
}
