/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of physical memory: a sorted array of half-open, page-aligned, disjoint ranges, each
 * with a type. It is filled once from boot_info, with our own image reserved first; every
 * allocation and every table from the VMM is recorded in it. Each call takes time proportional to
 * the number of ranges.
 */
#pragma once

#include "lib/status.h"
#include "lib/types.h"

/*
 * Numbered as UEFI numbers them (UEFI 2.11, EFI_MEMORY_TYPE). Where a type is a u32, it may also be
 * in one of the two ranges that UEFI reserves for others: MEMORY_TYPE_OEM and up, MEMORY_TYPE_OS
 * and up.
 */
enum memory_type {
	MEMORY_RESERVED = 0,
	MEMORY_LOADER_CODE = 1, /* kernels; free once they run */
	MEMORY_LOADER_DATA = 2, /* initrds, boot parameters, the VMM's description */
	MEMORY_BOOT_CODE = 3,   /* our own image; free once the kernel runs */
	MEMORY_BOOT_DATA = 4,   /* page tables, rings, arenas; free once the kernel runs
				 */
	MEMORY_RUNTIME_CODE = 5,
	MEMORY_RUNTIME_DATA = 6,
	MEMORY_CONVENTIONAL = 7, /* free RAM */
	MEMORY_UNUSABLE = 8,
	MEMORY_ACPI_RECLAIM = 9,
	MEMORY_ACPI_NVS = 10,
	MEMORY_MAPPED_IO = 11,
	MEMORY_MAPPED_PORTS = 12,
	MEMORY_PAL_CODE = 13,
	MEMORY_PERSISTENT = 14,
	MEMORY_UNACCEPTED = 15,
};

#define MEMORY_TYPE_OEM 0x70000000u
#define MEMORY_TYPE_OS 0x80000000u

struct memory_range {
	u64 base;
	u64 end;
	u32 type;
	bool is_allocated; /* by one of the functions below, not by the VMM */
};

#define MEMORY_ANYWHERE UINT64_MAX
#define MEMORY_BELOW_4_GIB (1ull << 32)

/*
 * Fills the ledger from boot_info. RAM is rounded inwards to pages, everything else outwards. Where
 * ranges overlap, the more restrictive type wins. 0xa0000 to 0xfffff and the first page are never
 * used as RAM. Then reserves our image, the VMM's modules and its command line.
 */
void memory_init(void);

/*
 * Allocates @size bytes (rounded up to pages) of free RAM above the first MiB, ending at or below
 * @limit. @alignment is a power of two (at least a page). Takes the highest place that fits, so
 * that low memory stays free for kernels. ERR_NO_MEMORY if there is none. The memory is mapped
 * (nothing at or above arch_memory_end() is allocated) and not cleared.
 */
enum status memory_allocate(u64 size, u64 alignment, u64 limit, u32 type, u64 *out);

/* memory_allocate() with more parameters. */
struct memory_request {
	u64 size;
	u64 alignment;
	u64 floor; /* lowest start; the first page is never free */
	u64 limit;
	u32 type;
	bool lowest; /* the lowest place that fits */
};

enum status memory_allocate_request(const struct memory_request *request, u64 *out);

/*
 * Allocates exactly [base, base + size), rounded outwards to pages. ERR_NO_MEMORY unless all of it
 * is free RAM.
 */
enum status memory_allocate_at(u64 base, u64 size, u32 type);

/*
 * Finds the lowest free place of @size bytes at or above @floor, at @alignment, ending at or below
 * @limit, without allocating it. ERR_NO_MEMORY if there is none.
 */
enum status memory_find_lowest(u64 size, u64 alignment, u64 floor, u64 limit, u64 *out);

/*
 * Frees any part of allocated memory, in whole pages. ERR_INVALID: @base is not on a page boundary,
 * or @size is 0 or reaches past the last address. ERR_NOT_FOUND: not all of it was allocated.
 * ERR_NO_MEMORY: the ledger has no room for the pieces. Nothing is changed on error.
 */
enum status memory_free(u64 base, u64 size);

/*
 * Sets the type of those parts of the range, rounded outwards to pages, that are free RAM, because
 * they contain data from the VMM.
 */
void memory_reserve(u64 base, u64 size, u32 type);

/*
 * Changes the type of [base, base + size), rounded outwards to pages. This is permanent: if it was
 * allocated, it can no longer be freed. ERR_NOT_FOUND unless all of it has the type @from and all
 * or none of it was allocated. ERR_NO_MEMORY as for memory_free().
 */
enum status memory_convert(u64 base, u64 size, u32 from, u32 to);

/*
 * Records device registers that stay in use: their pages, rounded outwards, become
 * MEMORY_MAPPED_IO. ERR_INVALID if the ledger has anything but MEMORY_RESERVED there, ERR_NO_MEMORY
 * as for memory_free().
 */
enum status memory_add_device(u64 base, u64 size);

/* Is this RAM, free or not, or memory with the VMM's tables? */
bool memory_range_is_ram(const struct memory_range *range);

/* Is any part of the range such memory? If so, no device can be there. */
bool memory_has_ram(u64 base, u64 size);

/* Is all of the range such memory? False for an empty range. */
bool memory_is_ram(u64 base, u64 size);

/* "conventional", "ACPI NVS", ...: for messages. Never NULL. */
const char *memory_type_name(u32 type);

/* The ledger's ranges, valid until the next change. */
const struct memory_range *memory_map(u32 *count);

/* A number that changes with each change of the ledger. */
u64 memory_map_key(void);

/* Bytes of free RAM. */
u64 memory_free_size(void);
