// SPDX-License-Identifier: Apache-2.0
/*
 * The TSC, and four ways to learn its rate; who offers which: Intel's processors CPUID 0x15, QEMU
 * and Cloud Hypervisor leaf 0x40000010, all of KVM the kvmclock, most others the ACPI PM timer. The
 * PIT is never asked, it is missing too often.
 */
#include "core/arch.h"
#include "lib/config.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/io.h>
#include <asm/timer.h>

enum {
	PM_TIMER_HZ = 3579545,
	PM_TIMER_MASK = 0xffffff, /* the upper 8 bits may stand still */
	PM_TIMER_SPIN_TICKS = 200 * 1000,
	HZ_MIN = 10ull * 1000 * 1000, /* a rate outside is no rate of a TSC */
	HZ_MAX = 100ull * 1000 * 1000 * 1000,
	HZ_ASSUMED = 5ull * 1000 * 1000 * 1000, /* too high a rate only makes timeouts longer */
};

enum {
	LEAF_TSC = 0x15,
	LEAF_FREQUENCY = 0x16,
	HYPERVISOR_BIT = 1u << 31, /* leaf 1, ECX */
	LEAF_HYPERVISOR = 0x40000000,
	LEAF_HYPERVISOR_SECOND = 0x40000100, /* KVM's when it shows Hyper-V's at the first place */
	OFFSET_FEATURES = 1,
	OFFSET_TSC_KHZ = 0x10,
	FEATURE_CLOCK = 1u << 3,
	MSR_KVM_SYSTEM_TIME = 0x4b564d01,
	KVM_CLOCK_ENABLE = 1,
};

static u16 pm_port;

u64 arch_ticks(void)
{
	return tsc_read();
}

void timer_set_pm_port(u16 port)
{
	pm_port = port;
}

/*
 * The processor knows its crystal's ratio, and maybe the crystal; else the TSC runs at the base
 * frequency.
 */
static u64 rate_from_processor(void)
{
	u32 leaf_max = cpuid(0, 0).eax;
	struct cpuid tsc;

	if (leaf_max < LEAF_TSC)
		return 0;
	tsc = cpuid(LEAF_TSC, 0);
	if (tsc.eax == 0 || tsc.ebx == 0)
		return 0;
	if (tsc.ecx != 0)
		return (u64)tsc.ecx * tsc.ebx / tsc.eax;
	return leaf_max < LEAF_FREQUENCY ? 0 : (cpuid(LEAF_FREQUENCY, 0).eax & 0xffff) * 1000000ull;
}

/* Documentation/virt/kvm/x86/msr.rst: the factor by which a guest turns ticks into nanoseconds. */
static u64 rate_from_kvm_clock(void)
{
	static _Alignas(32) volatile struct {
		u32 version;
		u32 reserved;
		u64 tsc_timestamp;
		u64 system_time;
		u32 multiplier;
		s8 shift;
		u8 flags;
		u8 reserved_2[2];
	} clock;
	u32 multiplier;
	s8 shift;
	u64 rate;

	msr_write(MSR_KVM_SYSTEM_TIME, (u64)&clock | KVM_CLOCK_ENABLE);
	multiplier = clock.multiplier;
	shift = clock.shift;
	msr_write(MSR_KVM_SYSTEM_TIME, 0);
	if (multiplier == 0 || shift < -16 || shift > 16)
		return 0;
	rate = (1000000000ull << 32) / multiplier;
	return shift < 0 ? rate << -shift : rate >> shift;
}

static u64 rate_from_kvm(void)
{
	const u32 leaves[] = { LEAF_HYPERVISOR, LEAF_HYPERVISOR_SECOND };

	if (!(cpuid(1, 0).ecx & HYPERVISOR_BIT))
		return 0;
	for (u32 i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct cpuid head = cpuid(leaves[i], 0);
		u64 rate = 0;

		/* "KVMKVMKVM\0\0\0" */
		if (head.ebx != 0x4b4d564b || head.ecx != 0x564b4d56 || head.edx != 0x4d)
			continue;
		if (head.eax >= leaves[i] + OFFSET_TSC_KHZ)
			rate = cpuid(leaves[i] + OFFSET_TSC_KHZ, 0).eax * 1000ull;
		if (rate == 0 && (cpuid(leaves[i] + OFFSET_FEATURES, 0).eax & FEATURE_CLOCK))
			rate = rate_from_kvm_clock();
		return rate;
	}
	return 0;
}

/* Short on purpose: a deadline needs no better than a few percent. */
static u64 rate_from_pm_timer(void)
{
	u64 start, end, pm_start, pm_ticks;

	if (pm_port == 0)
		return 0;
	pm_start = port_read32(pm_port);
	start = tsc_read();
	do {
		cpu_relax();
		end = tsc_read();
	} while (end - start < PM_TIMER_SPIN_TICKS);
	pm_ticks = (port_read32(pm_port) - pm_start) & PM_TIMER_MASK;
	end = tsc_read();
	return pm_ticks == 0 ? 0 : (end - start) * PM_TIMER_HZ / pm_ticks;
}

static bool is_plausible(u64 rate)
{
	return rate >= HZ_MIN && rate <= HZ_MAX;
}

u64 arch_ticks_per_second(void)
{
	static u64 rate;

	/* Without times to show or to count down there are only timeouts. */
	if (!IS_ENABLED(CONFIG_BOOT_TIMING) && !IS_ENABLED(CONFIG_BOOT_MENU))
		return HZ_ASSUMED;
	if (rate == 0) {
		rate = rate_from_processor();
		if (!is_plausible(rate))
			rate = rate_from_kvm();
		if (!is_plausible(rate))
			rate = rate_from_pm_timer();
		if (!is_plausible(rate))
			rate = HZ_ASSUMED;
	}
	return rate;
}
