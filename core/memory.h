/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one ledger of physical memory: a sorted array of half-open, page-aligned, disjoint ranges,
 * each with a type. Filled once from boot_info, it reserves our own image first; every allocation
 * and every table the VMM left us stands in it.
 */
#pragma once

#include "lib/status.h"
#include "lib/types.h"

/* Numbered as UEFI numbers them (UEFI 2.11, EFI_MEMORY_TYPE). */
enum memory_type {
	MEMORY_RESERVED = 0,
	MEMORY_LOADER_CODE = 1, /* kernels; free once they run */
	MEMORY_LOADER_DATA = 2, /* initrds, boot parameters, the VMM's description */
	MEMORY_BOOT_CODE = 3,   /* our own image; the kernel gets it back */
	MEMORY_BOOT_DATA = 4,   /* our own data: page tables, rings, arenas; the kernel gets it back
				 */
	MEMORY_RUNTIME_CODE = 5,
	MEMORY_RUNTIME_DATA = 6,
	MEMORY_CONVENTIONAL = 7, /* free RAM */
	MEMORY_UNUSABLE = 8,
	MEMORY_ACPI_RECLAIM = 9,
	MEMORY_ACPI_NVS = 10,
	MEMORY_MAPPED_IO = 11,
	MEMORY_PERSISTENT = 14,
};

struct memory_range {
	u64 base;
	u64 end;
	enum memory_type type;
};

#define MEMORY_ANYWHERE UINT64_MAX
#define MEMORY_BELOW_4_GIB (1ull << 32)

/*
 * Fills the ledger from boot_info: RAM rounded inwards to pages, everything else outwards; where
 * ranges overlap the more restrictive type wins; 0xa0000 to 0xfffff and the first page are never
 * RAM for us. Then reserves our image, the VMM's modules and its command line.
 */
void memory_init(void);

/*
 * @size bytes (rounded up to pages) of free RAM, @alignment a power of two (at least a page),
 * ending at or below @limit, above the first MiB. Takes the highest place that fits, so that low
 * memory stays free for kernels. ERR_NO_MEMORY if there is none. The memory is mapped (nothing at
 * or above arch_memory_end() is handed out), and is not cleared.
 */
enum status memory_allocate(u64 size, u64 alignment, u64 limit, enum memory_type type, u64 *out);

/*
 * Exactly [base, base + size), rounded outwards to pages. ERR_NO_MEMORY unless all of it is free
 * RAM.
 */
enum status memory_allocate_at(u64 base, u64 size, enum memory_type type);

/*
 * The lowest free place of @size bytes at or above @floor, at @alignment, ending at or below
 * @limit: only looks. ERR_NO_MEMORY if there is none.
 */
enum status memory_find_lowest(u64 size, u64 alignment, u64 floor, u64 limit, u64 *out);

/* Gives any part of what was allocated back. */
void memory_free(u64 base, u64 size);

/*
 * Gives the type to those parts of it, rounded outwards to pages, that are free RAM: they hold what
 * the VMM put there.
 */
void memory_reserve(u64 base, u64 size, enum memory_type type);

/* RAM, free or not, or memory the VMM keeps tables in. */
bool memory_type_is_ram(enum memory_type type);

/* Is any of it such memory? There no device can be. */
bool memory_has_ram(u64 base, u64 size);

/* The ledger as it stands, valid until the next change. */
const struct memory_range *memory_map(u32 *count);

/* Bytes of free RAM. */
u64 memory_free_size(void);
