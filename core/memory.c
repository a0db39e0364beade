/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of physical memory. One function changes it, set_range(): it lays a range over
 * whatever was there and joins neighbours of the same type. The table has room for every range a
 * VMM can describe, so that only allocations can find it full.
 */
#include "core/memory.h"

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "core/panic.h"
#include "lib/string.h"
#include "lib/util.h"

enum { MEMORY_RANGES_MAX = 2 * BOOT_RANGES_MAX + 128 };

/*
 * Each range laid over others adds two at most; the first page, the window, image and command line
 * are ranges too.
 */
static_assert(MEMORY_RANGES_MAX >= 2 * (BOOT_RANGES_MAX + BOOT_MODULES_MAX + 4));

#define LEGACY_WINDOW_BASE 0xa0000ull /* VGA memory, option ROMs, the BIOS */
#define LEGACY_WINDOW_END 0x100000ull
#define LAST_PAGE (UINT64_MAX - PAGE_SIZE + 1)

static struct memory_range ranges[MEMORY_RANGES_MAX];
static u32 range_count;

/* The order in which types are laid over one another: the last, most restrictive one wins. */
static const enum memory_type overlay_order[] = {
	MEMORY_CONVENTIONAL, MEMORY_PERSISTENT, MEMORY_ACPI_RECLAIM, MEMORY_ACPI_NVS,
	MEMORY_MAPPED_IO,    MEMORY_RESERVED,   MEMORY_UNUSABLE,
};

/* What memory_allocate() may have given this type to, so that memory_free() may take it back. */
static bool is_allocated(enum memory_type type)
{
	return type >= MEMORY_LOADER_CODE && type <= MEMORY_RUNTIME_DATA;
}

static u64 page_down(u64 address)
{
	return align_down(address, PAGE_SIZE);
}

/* Stops at the last page boundary instead of wrapping. */
static u64 page_up(u64 address)
{
	return address > LAST_PAGE ? LAST_PAGE : align_up(address, PAGE_SIZE);
}

/* The end of @size bytes at @base, on a page boundary. */
static u64 end_of(u64 base, u64 size)
{
	u64 end;

	return add_overflows(base, size, &end) ? LAST_PAGE : page_up(end);
}

/*
 * Gives [base, end) the type. False, and nothing is changed, if the table has no room for the
 * pieces that remain.
 */
static bool set_range(u64 base, u64 end, enum memory_type type)
{
	struct memory_range pieces[3];
	u32 first = range_count, last = range_count, count = 0;

	if (base >= end)
		return true;
	/* All that overlap or touch: [first, last). What is added is mostly added at the end. */
	while (first && ranges[first - 1].end >= base)
		first--;
	while (last > first && ranges[last - 1].base > end)
		last--;

	if (first < last && ranges[first].base < base) {
		if (ranges[first].type == type)
			base = ranges[first].base;
		else
			pieces[count++] = (struct memory_range){ ranges[first].base, base,
								 ranges[first].type };
	}
	pieces[count++] = (struct memory_range){ base, end, type };
	if (first < last && ranges[last - 1].end > end) {
		if (ranges[last - 1].type == type)
			pieces[count - 1].end = ranges[last - 1].end;
		else
			pieces[count++] = (struct memory_range){ end, ranges[last - 1].end,
								 ranges[last - 1].type };
	}

	if (range_count - (last - first) + count > MEMORY_RANGES_MAX) {
		log_error("memory map: too fragmented, raise MEMORY_RANGES_MAX from %d",
			  MEMORY_RANGES_MAX);
		return false;
	}
	memmove(&ranges[first + count], &ranges[last], (range_count - last) * sizeof(ranges[0]));
	memcpy(&ranges[first], pieces, count * sizeof(ranges[0]));
	range_count = range_count - (last - first) + count;
	return true;
}

void memory_reserve(u64 base, u64 size, enum memory_type type)
{
	u64 end = end_of(base, size);

	base = page_down(base);
	for (u32 i = 0; i < range_count && size;) {
		const struct memory_range *range = &ranges[i];

		if (range->type != MEMORY_CONVENTIONAL || range->base >= end || range->end <= base)
			i++; /* else what stands here now is looked at again: neighbours may have
				joined */
		else if (!set_range(max_u64(range->base, base), min_u64(range->end, end), type))
			return;
	}
}

static void reserve_span(struct span span)
{
	memory_reserve((uintptr_t)span.data, span.size, MEMORY_LOADER_DATA);
}

static void overlay_type(enum memory_type type)
{
	for (u32 i = 0; i < boot_info.range_count; i++) {
		const struct memory_range *range = &boot_info.ranges[i];

		if (range->type != type)
			continue;
		if (type == MEMORY_CONVENTIONAL)
			set_range(page_up(range->base), page_down(range->end), type);
		else
			set_range(page_down(range->base), page_up(range->end), type);
	}
}

void memory_init(void)
{
	u64 base, end;

	range_count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(overlay_order); i++) {
		overlay_type(overlay_order[i]);
		if (overlay_order[i] != MEMORY_CONVENTIONAL)
			continue;
		/*
		 * Real-mode vectors and a pointer's usual mistakes. The kernel may have the page.
		 */
		memory_reserve(0, PAGE_SIZE, MEMORY_BOOT_DATA);
		/* VMMs list tables in here, but not the window itself. */
		set_range(LEGACY_WINDOW_BASE, LEGACY_WINDOW_END, MEMORY_RESERVED);
	}

	arch_image(&base, &end);
	memory_reserve(base, end - base, MEMORY_BOOT_CODE);
	for (u32 i = 0; i < boot_info.module_count; i++)
		reserve_span(boot_info.modules[i]);
	reserve_span(boot_info.command_line);
}

/*
 * The highest or lowest place of @size bytes, rounded up to pages, in free RAM within [floor,
 * limit).
 */
static enum status find(u64 size, u64 alignment, u64 floor, u64 limit, bool highest, u64 *out)
{
	if (size == 0 || size > LAST_PAGE)
		return size ? ERR_NO_MEMORY : ERR_INVALID;
	size = page_up(size);
	limit = min_u64(limit, arch_memory_end());
	alignment = max_u64(alignment, PAGE_SIZE);
	for (u32 i = 0; i < range_count; i++) {
		const struct memory_range *range = &ranges[highest ? range_count - 1 - i : i];
		u64 low = max_u64(range->base, floor);
		u64 high = min_u64(range->end, page_down(limit));
		u64 base;

		if (range->type != MEMORY_CONVENTIONAL || high < low || high - low < size)
			continue;
		high -= size;
		base = highest ? align_down(high, alignment) : align_up(low, alignment);
		if (base >= low && base <= high) {
			*out = base;
			return OK;
		}
	}
	return ERR_NO_MEMORY;
}

enum status memory_allocate(u64 size, u64 alignment, u64 limit, enum memory_type type, u64 *out)
{
	enum status status = find(size, alignment, MIB, limit, true, out);

	if (!status && !set_range(*out, *out + page_up(size), type))
		status = ERR_NO_MEMORY;
	return status;
}

enum status memory_allocate_at(u64 base, u64 size, enum memory_type type)
{
	u64 end = end_of(base, size);

	base = page_down(base);
	if (base >= end || end > arch_memory_end())
		return ERR_NO_MEMORY;
	for (u32 i = 0; i < range_count && ranges[i].base <= base; i++) {
		if (ranges[i].type == MEMORY_CONVENTIONAL && ranges[i].end >= end)
			return set_range(base, end, type) ? OK : ERR_NO_MEMORY;
	}
	return ERR_NO_MEMORY;
}

enum status memory_find_lowest(u64 size, u64 alignment, u64 floor, u64 limit, u64 *out)
{
	return find(size, alignment, floor, limit, false, out);
}

/* Does every byte of [base, end) belong to what was allocated? */
static bool all_is_allocated(u64 base, u64 end)
{
	for (u32 i = 0; i < range_count && base < end; i++) {
		if (ranges[i].end <= base)
			continue;
		if (ranges[i].base > base || !is_allocated(ranges[i].type))
			return false;
		base = ranges[i].end;
	}
	return base >= end;
}

void memory_free(u64 base, u64 size)
{
	u64 end = end_of(base, size);

	assert(page_down(base) == base && all_is_allocated(base, end));
	/* In a full table a part stays allocated: nothing worse. */
	set_range(base, end, MEMORY_CONVENTIONAL);
}

bool memory_type_is_ram(enum memory_type type)
{
	return is_allocated(type) || type == MEMORY_CONVENTIONAL || type == MEMORY_ACPI_RECLAIM ||
	       type == MEMORY_ACPI_NVS;
}

bool memory_has_ram(u64 base, u64 size)
{
	u64 end;

	if (add_overflows(base, size, &end))
		end = UINT64_MAX;
	for (u32 i = 0; i < range_count; i++)
		if (ranges[i].base < end && ranges[i].end > base &&
		    memory_type_is_ram(ranges[i].type))
			return true;
	return false;
}

const struct memory_range *memory_map(u32 *count)
{
	*count = range_count;
	return ranges;
}

u64 memory_free_size(void)
{
	u64 size = 0;

	for (u32 i = 0; i < range_count; i++) {
		if (ranges[i].type == MEMORY_CONVENTIONAL)
			size += ranges[i].end - ranges[i].base;
	}
	return size;
}
