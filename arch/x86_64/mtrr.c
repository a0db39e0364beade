/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory types by range (Intel SDM volume 3, 13.11), which are off after reset: RAM is cached,
 * everything else is not. There are few registers, so for odd sizes a range extends beyond the end
 * of RAM, rounded up as little as possible. The values are stored for the other processors, which
 * must have the same.
 */
#include "arch/x86_64/x86_64.h"
#include "core/arch.h"
#include "core/memory.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/registers.h>

enum {
	CPUID_FEATURES = 1,
	FEATURE_MTRR = 1 << 12, /* EDX */
	FEATURE_VMX = 1 << 5,   /* ECX */

	MSR_FEATURE_CONTROL = 0x3a,
	FEATURE_CONTROL_LOCKED = 1,
	MSR_CAPABILITIES = 0xfe,
	MSR_BASE_0 = 0x200, /* base and mask of each range */
	MSR_FIXED_64K = 0x250,
	MSR_FIXED_16K = 0x258,
	MSR_FIXED_4K = 0x268,
	MSR_DEFAULT_TYPE = 0x2ff,
	DEFAULT_TYPE_FIXED_ENABLE = 1 << 10,
	DEFAULT_TYPE_ENABLE = 1 << 11,
	TYPE_WRITE_BACK = 6,
	MASK_VALID = 1 << 11,
	ROUND_UP_MIN = 26, /* 64 MiB */

	RANGES_MAX = 16, /* KVM and QEMU have 8 */
	FIXED_COUNT = 11,
	WRITES_MAX = 2 + 2 * RANGES_MAX + FIXED_COUNT + 1,
};

#define EIGHT_WRITE_BACK 0x0606060606060606ull

/* In the format read by processor_start.S. */
static struct {
	u32 number, low, high;
} written[WRITES_MAX];
static u32 written_count;

static void set(u32 number, u64 value)
{
	msr_write(number, value);
	written[written_count].number = number;
	written[written_count].low = (u32)value;
	written[written_count].high = (u32)(value >> 32);
	written_count++;
}

void memory_types_copy(void *to)
{
	memcpy(to, written, written_count * sizeof(written[0]));
}

/* The largest range at @base that a register can describe and that ends at or before @end. */
static u64 range_size(u64 base, u64 end)
{
	u64 size = base ? base & -base : 1ull << 63;

	while (size > end - base)
		size >>= 1;
	return size;
}

static u32 count_ranges(u64 base, u64 end)
{
	u32 count = 0;

	for (; base < end; base += range_size(base, end))
		count++;
	return count;
}

static u32 set_ranges(u32 index, u32 count, u64 base, u64 end, u64 physical_end)
{
	for (; base < end && index < count; index++) {
		u64 size = range_size(base, end);

		set(MSR_BASE_0 + 2 * index, base | TYPE_WRITE_BACK);
		set(MSR_BASE_0 + 2 * index + 1, (physical_end - size) | MASK_VALID);
		base += size;
	}
	return index;
}

static void set_types(u64 low_end, u64 high_end)
{
	u32 count = (u32)min_u64(msr_read(MSR_CAPABILITIES) & 0xff, RANGES_MAX), used;
	u64 physical_end = 1ull << physical_address_bits(), unit;

	for (u32 shift = ROUND_UP_MIN; shift < 40; shift++) {
		unit = 1ull << shift;
		if (count_ranges(0, align_up(low_end, unit)) +
			    count_ranges(MEMORY_BELOW_4_GIB, align_up(high_end, unit)) <=
		    count)
			break;
	}
	low_end = min_u64(align_up(low_end, unit), MEMORY_BELOW_4_GIB);
	high_end = align_up(high_end, unit);
	set(MSR_DEFAULT_TYPE, 0);
	used = set_ranges(0, count, 0, low_end, physical_end);
	used = set_ranges(used, count, MEMORY_BELOW_4_GIB, high_end, physical_end);
	for (; used < count; used++)
		set(MSR_BASE_0 + 2 * used + 1, 0);
	set(MSR_FIXED_64K, EIGHT_WRITE_BACK);
	set(MSR_FIXED_16K, EIGHT_WRITE_BACK);
	set(MSR_FIXED_16K + 1, 0); /* VGA */
	for (u32 i = 0; i < 8; i++)
		set(MSR_FIXED_4K + i, EIGHT_WRITE_BACK);
	set(MSR_DEFAULT_TYPE, DEFAULT_TYPE_ENABLE | DEFAULT_TYPE_FIXED_ENABLE);
}

void arch_memory_types_init(u64 low_end, u64 high_end, u64 feature_control)
{
	struct cpuid features = cpuid(CPUID_FEATURES, 0);

	written_count = 0;
	if (features.edx & FEATURE_MTRR)
		set_types(low_end, high_end);
	if (feature_control && (features.ecx & FEATURE_VMX) &&
	    !(msr_read(MSR_FEATURE_CONTROL) & FEATURE_CONTROL_LOCKED))
		set(MSR_FEATURE_CONTROL, feature_control);
}
