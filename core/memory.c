/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of physical memory. Only set_range() changes it: it overlays a range on the existing
 * ones and merges adjacent ranges of the same kind (type, and whether allocated). The table has
 * room for all ranges that a VMM can describe, so that only allocations can fail because it is
 * full.
 */
#include "core/memory.h"

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "lib/string.h"
#include "lib/util.h"

enum { MEMORY_RANGES_MAX = 2 * BOOT_RANGES_MAX + 128 };

/*
 * Each overlaid range adds at most two; the first page, the window, image and command line are
 * ranges, too.
 */
static_assert(MEMORY_RANGES_MAX >= 2 * (BOOT_RANGES_MAX + BOOT_MODULES_MAX + 4));

#define LEGACY_WINDOW_BASE 0xa0000ull /* VGA memory, option ROMs, the BIOS */
#define LEGACY_WINDOW_END 0x100000ull
#define LAST_PAGE (UINT64_MAX - PAGE_SIZE + 1)

static struct memory_range ranges[MEMORY_RANGES_MAX];
static u32 range_count;
static u64 map_key;

/* The order in which types are overlaid: the last, most restrictive one takes precedence. */
static const enum memory_type overlay_order[] = {
	MEMORY_CONVENTIONAL, MEMORY_PERSISTENT, MEMORY_ACPI_RECLAIM, MEMORY_ACPI_NVS,
	MEMORY_MAPPED_IO,    MEMORY_RESERVED,   MEMORY_UNUSABLE,
};

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

static bool same_kind(const struct memory_range *a, const struct memory_range *b)
{
	return a->type == b->type && a->is_allocated == b->is_allocated;
}

/*
 * Overlays @new on the existing ranges. False, with nothing changed, if the table has no room for
 * the remaining pieces.
 */
static bool set_range(struct memory_range new)
{
	struct memory_range pieces[3];
	u32 first = range_count, last = range_count, count = 0;
	u64 base = new.base, end = new.end;

	if (base >= end)
		return true;
	/* All ranges that overlap or touch: [first, last). Most ranges are added at the end. */
	while (first && ranges[first - 1].end >= base)
		first--;
	while (last > first && ranges[last - 1].base > end)
		last--;

	if (first < last && ranges[first].base < base) {
		if (same_kind(&ranges[first], &new)) {
			new.base = ranges[first].base;
		} else {
			pieces[count] = ranges[first];
			pieces[count++].end = base;
		}
	}
	if (first < last && ranges[last - 1].end > end && same_kind(&ranges[last - 1], &new))
		new.end = ranges[last - 1].end;
	pieces[count++] = new;
	if (first < last && ranges[last - 1].end > new.end) {
		pieces[count] = ranges[last - 1];
		pieces[count++].base = end;
	}

	if (range_count - (last - first) + count > MEMORY_RANGES_MAX) {
		log_error("memory map: more than %d ranges (MEMORY_RANGES_MAX)", MEMORY_RANGES_MAX);
		return false;
	}
	memmove(&ranges[first + count], &ranges[last], (range_count - last) * sizeof(ranges[0]));
	memcpy(&ranges[first], pieces, count * sizeof(ranges[0]));
	range_count = range_count - (last - first) + count;
	map_key++;
	return true;
}

/* Memory that has not been allocated. */
static bool set_type(u64 base, u64 end, u32 type)
{
	return set_range((struct memory_range){ .base = base, .end = end, .type = type });
}

static enum status set_allocated(u64 base, u64 end, u32 type)
{
	const struct memory_range taken = { base, end, type, .is_allocated = true };

	return set_range(taken) ? OK : ERR_NO_MEMORY;
}

static bool is_free(const struct memory_range *range)
{
	return range->type == MEMORY_CONVENTIONAL;
}

void memory_reserve(u64 base, u64 size, u32 type)
{
	u64 end = end_of(base, size);

	base = page_down(base);
	for (u32 i = 0; i < range_count && size;) {
		const struct memory_range *range = &ranges[i];

		if (!is_free(range) || range->base >= end || range->end <= base)
			i++; /* otherwise the range now at this index is next, as ranges may have
				been merged */
		else if (!set_type(max_u64(range->base, base), min_u64(range->end, end), type))
			return;
	}
}

static void reserve_span(struct span span)
{
	memory_reserve((uintptr_t)span.data, span.size, MEMORY_LOADER_DATA);
}

static void overlay_type(u32 type)
{
	for (u32 i = 0; i < boot_info.range_count; i++) {
		const struct memory_range *range = &boot_info.ranges[i];

		if (range->type != type)
			continue;
		if (type == MEMORY_CONVENTIONAL)
			set_type(page_up(range->base), page_down(range->end), type);
		else
			set_type(page_down(range->base), page_up(range->end), type);
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
		 * Real-mode vectors; and null pointer bugs should fault. The kernel may use the
		 * page.
		 */
		memory_reserve(0, PAGE_SIZE, MEMORY_BOOT_DATA);
		/* VMMs list tables inside this window, but not the window itself. */
		set_type(LEGACY_WINDOW_BASE, LEGACY_WINDOW_END, MEMORY_RESERVED);
	}

	arch_image(&base, &end);
	memory_reserve(base, end - base, MEMORY_BOOT_CODE);
	for (u32 i = 0; i < boot_info.module_count; i++)
		reserve_span(boot_info.modules[i]);
	reserve_span(boot_info.command_line);
}

static enum status find(const struct memory_request *request, u64 *out)
{
	u64 size = request->size;
	u64 limit = page_down(min_u64(request->limit, arch_memory_end()));
	u64 alignment = max_u64(request->alignment, PAGE_SIZE);

	if (size == 0 || size > LAST_PAGE)
		return size ? ERR_NO_MEMORY : ERR_INVALID;
	size = page_up(size);
	for (u32 i = 0; i < range_count; i++) {
		const struct memory_range *range =
			&ranges[request->lowest ? i : range_count - 1 - i];
		u64 low = max_u64(range->base, request->floor);
		u64 high = min_u64(range->end, limit);
		u64 base;

		if (!is_free(range) || high < low || high - low < size)
			continue;
		high -= size;
		base = request->lowest ? align_up(low, alignment) : align_down(high, alignment);
		if (base >= low && base <= high) {
			*out = base;
			return OK;
		}
	}
	return ERR_NO_MEMORY;
}

enum status memory_allocate_request(const struct memory_request *request, u64 *out)
{
	enum status status = find(request, out);

	return status ? status : set_allocated(*out, *out + page_up(request->size), request->type);
}

enum status memory_allocate(u64 size, u64 alignment, u64 limit, u32 type, u64 *out)
{
	const struct memory_request request = { size, alignment, MIB, limit, type, .lowest = false };

	return memory_allocate_request(&request, out);
}

enum status memory_find_lowest(u64 size, u64 alignment, u64 floor, u64 limit, u64 *out)
{
	const struct memory_request request = { size, alignment, floor, limit, .lowest = true };

	return find(&request, out);
}

/*
 * The range that contains all of [base, end), or NULL. Adjacent ranges of the same kind are always
 * merged.
 */
static const struct memory_range *range_around(u64 base, u64 end)
{
	for (u32 i = 0; i < range_count && ranges[i].base <= base && base < end; i++)
		if (ranges[i].end >= end)
			return &ranges[i];
	return NULL;
}

enum status memory_allocate_at(u64 base, u64 size, u32 type)
{
	u64 end = end_of(base, size);
	const struct memory_range *range;

	base = page_down(base);
	range = range_around(base, end);
	if (end > arch_memory_end() || !range || !is_free(range))
		return ERR_NO_MEMORY;
	return set_allocated(base, end, type);
}

enum status memory_convert(u64 base, u64 size, u32 from, u32 to)
{
	u64 end = end_of(base, size);
	const struct memory_range *range;

	base = page_down(base);
	range = range_around(base, end);
	if (!range || range->type != from)
		return ERR_NOT_FOUND;
	return set_type(base, end, to) ? OK : ERR_NO_MEMORY;
}

static bool is_allocated(const struct memory_range *range)
{
	return range->is_allocated;
}

/* Is every byte of [base, end) in the ledger, with this property? False for an empty range. */
static bool all_are(u64 base, u64 end, bool (*is)(const struct memory_range *range))
{
	if (base >= end)
		return false;
	for (u32 i = 0; i < range_count && base < end; i++) {
		if (ranges[i].end <= base)
			continue;
		if (ranges[i].base > base || !is(&ranges[i]))
			return false;
		base = ranges[i].end;
	}
	return base >= end;
}

enum status memory_free(u64 base, u64 size)
{
	u64 end;

	if (size == 0 || base % PAGE_SIZE || add_overflows(base, size, &end))
		return ERR_INVALID;
	end = page_up(end);
	if (!all_are(base, end, is_allocated))
		return ERR_NOT_FOUND;
	return set_type(base, end, MEMORY_CONVENTIONAL) ? OK : ERR_NO_MEMORY;
}

enum status memory_add_device(u64 base, u64 size)
{
	u64 end = page_up(end_of(base, size));

	base = page_down(base);
	for (u32 i = 0; i < range_count; i++)
		if (ranges[i].base < end && ranges[i].end > base &&
		    ranges[i].type != MEMORY_RESERVED && ranges[i].type != MEMORY_MAPPED_IO)
			return ERR_INVALID;
	return set_type(base, end, MEMORY_MAPPED_IO) ? OK : ERR_NO_MEMORY;
}

bool memory_range_is_ram(const struct memory_range *range)
{
	return range->is_allocated ||
	       (range->type >= MEMORY_LOADER_CODE && range->type <= MEMORY_CONVENTIONAL) ||
	       range->type == MEMORY_ACPI_RECLAIM || range->type == MEMORY_ACPI_NVS;
}

bool memory_has_ram(u64 base, u64 size)
{
	u64 end;

	if (add_overflows(base, size, &end))
		end = UINT64_MAX;
	for (u32 i = 0; i < range_count; i++)
		if (ranges[i].base < end && ranges[i].end > base && memory_range_is_ram(&ranges[i]))
			return true;
	return false;
}

bool memory_is_ram(u64 base, u64 size)
{
	u64 end;

	return !add_overflows(base, size, &end) && all_are(base, end, memory_range_is_ram);
}

const char *memory_type_name(u32 type)
{
	static const char *const names[] = {
		[MEMORY_RESERVED] = "reserved",
		[MEMORY_LOADER_CODE] = "loader code",
		[MEMORY_LOADER_DATA] = "loader data",
		[MEMORY_BOOT_CODE] = "boot services code",
		[MEMORY_BOOT_DATA] = "boot services data",
		[MEMORY_RUNTIME_CODE] = "runtime services code",
		[MEMORY_RUNTIME_DATA] = "runtime services data",
		[MEMORY_CONVENTIONAL] = "conventional",
		[MEMORY_UNUSABLE] = "unusable",
		[MEMORY_ACPI_RECLAIM] = "ACPI reclaim",
		[MEMORY_ACPI_NVS] = "ACPI NVS",
		[MEMORY_MAPPED_IO] = "mapped I/O",
		[MEMORY_MAPPED_PORTS] = "mapped I/O ports",
		[MEMORY_PAL_CODE] = "PAL code",
		[MEMORY_PERSISTENT] = "persistent",
		[MEMORY_UNACCEPTED] = "unaccepted",
	};

	if (type < ARRAY_SIZE(names))
		return names[type];
	return type >= MEMORY_TYPE_OS ? "OS" : type >= MEMORY_TYPE_OEM ? "OEM" : "unknown";
}

const struct memory_range *memory_map(u32 *count)
{
	*count = range_count;
	return ranges;
}

u64 memory_map_key(void)
{
	return map_key;
}

u64 memory_free_size(void)
{
	u64 size = 0;

	for (u32 i = 0; i < range_count; i++) {
		if (is_free(&ranges[i]))
			size += ranges[i].end - ranges[i].base;
	}
	return size;
}
