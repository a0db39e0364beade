// SPDX-License-Identifier: Apache-2.0
/*
 * The TSC, and four sources for its frequency: CPUID leaf 0x15 on Intel processors, leaf 0x40000010
 * on QEMU and Cloud Hypervisor, kvmclock on KVM, and the ACPI PM timer on most others. The PIT is
 * not used, because it is often missing.
 */
#include "core/arch.h"
#include "core/log.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/io.h>
#include <asm/timer.h>

enum {
	PM_TIMER_HZ = 3579545,
	PM_TIMER_MASK = 0xffffff, /* the upper 8 bits may stand still */
	PM_TIMER_SPIN_TICKS = 4 * 1000 * 1000,
	HZ_MIN = 10ull * 1000 * 1000, /* limits for plausible TSC frequencies */
	HZ_MAX = 100ull * 1000 * 1000 * 1000,
	HZ_ASSUMED = 5ull * 1000 * 1000 * 1000, /* too high a rate only makes timeouts longer */
};

enum {
	LEAF_TSC = 0x15,
	LEAF_FREQUENCY = 0x16,
	HYPERVISOR_BIT = 1u << 31, /* leaf 1, ECX */
	LEAF_HYPERVISOR = 0x40000000,
	LEAF_HYPERVISOR_SECOND = 0x40000100, /* KVM's leaf if Hyper-V's is at the first place */
	OFFSET_FEATURES = 1,
	OFFSET_TSC_KHZ = 0x10,
	FEATURE_CLOCK = 1u << 3,
	MSR_KVM_WALL_CLOCK = 0x4b564d00,
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
 * CPUID has the crystal's ratio and perhaps its frequency; otherwise the TSC runs at the base
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

/* The first of KVM's CPUID leaves; 0 without KVM. */
static u32 kvm_leaf(void)
{
	const u32 leaves[] = { LEAF_HYPERVISOR, LEAF_HYPERVISOR_SECOND };

	if (!(cpuid(1, 0).ecx & HYPERVISOR_BIT))
		return 0;
	for (u32 i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct cpuid head = cpuid(leaves[i], 0);

		/* "KVMKVMKVM\0\0\0" */
		if (head.ebx == 0x4b4d564b && head.ecx == 0x564b4d56 && head.edx == 0x4d)
			return leaves[i];
	}
	return 0;
}

static u64 rate_from_hypervisor(void)
{
	u32 leaf = kvm_leaf();

	if (leaf == 0 || cpuid(leaf, 0).eax < leaf + OFFSET_TSC_KHZ)
		return 0;
	return cpuid(leaf + OFFSET_TSC_KHZ, 0).eax * 1000ull;
}

/* Written by KVM for a guest (Documentation/virt/kvm/x86/msr.rst). */
struct kvm_clock {
	u32 version;
	u32 reserved;
	u64 tsc_timestamp;
	u64 system_time; /* nanoseconds since the start of the machine, at tsc_timestamp */
	u32 multiplier;
	s8 shift;
	u8 flags;
	u8 reserved_2[2];
};

/* Read once, because it is not kept up to date. False: there is no kvmclock. */
static bool kvm_clock_read(struct kvm_clock *out)
{
	static _Alignas(32) volatile struct kvm_clock clock;
	u32 leaf = kvm_leaf();

	if (leaf == 0 || !(cpuid(leaf + OFFSET_FEATURES, 0).eax & FEATURE_CLOCK))
		return false;
	msr_write(MSR_KVM_SYSTEM_TIME, (u64)&clock | KVM_CLOCK_ENABLE);
	*out = clock;
	msr_write(MSR_KVM_SYSTEM_TIME, 0);
	return true;
}

/* From the factor with which a guest converts ticks to nanoseconds. */
static u64 rate_from_kvm_clock(void)
{
	struct kvm_clock clock;
	u64 rate;

	if (!kvm_clock_read(&clock) || clock.multiplier == 0 || clock.shift < -16 ||
	    clock.shift > 16)
		return 0;
	rate = (1000000000ull << 32) / clock.multiplier;
	return clock.shift < 0 ? rate << -clock.shift : rate >> clock.shift;
}

bool arch_wall_clock(u64 *seconds, u64 *ticks)
{
	static _Alignas(4) volatile struct {
		u32 version;
		u32 seconds, nanoseconds; /* since 1970, when the machine started */
	} start;
	struct kvm_clock clock;

	if (!kvm_clock_read(&clock))
		return false;
	msr_write(MSR_KVM_WALL_CLOCK, (u64)&start);
	if (start.seconds == 0)
		return false;
	*seconds = start.seconds + (start.nanoseconds + clock.system_time) / 1000000000;
	*ticks = clock.tsc_timestamp;
	return true;
}

/* Takes about a millisecond. Each of the two reads takes the same few microseconds. */
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

u64 arch_ticks_per_second(void)
{
	static const struct {
		const char *name;
		u64 (*rate)(void);
	} sources[] = {
		{ "CPUID 0x15", rate_from_processor },
		{ "CPUID 0x40000010", rate_from_hypervisor },
		{ "kvmclock", rate_from_kvm_clock },
		{ "PM timer", rate_from_pm_timer },
	};
	static u64 rate;
	const char *name = "assumed";

	/* Without times to show or a countdown, only timeouts need a clock. */
	if (!IS_ENABLED(CONFIG_NEED_CLOCK))
		return HZ_ASSUMED;
	if (rate)
		return rate;
	rate = HZ_ASSUMED;
	for (u32 i = 0; i < ARRAY_SIZE(sources); i++) {
		u64 told = sources[i].rate();

		if (told >= HZ_MIN && told <= HZ_MAX) {
			rate = told;
			name = sources[i].name;
			break;
		}
	}
	log_debug("TSC: %lu kHz (%s)", rate / 1000, name);
	return rate;
}
