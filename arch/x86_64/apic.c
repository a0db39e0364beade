// SPDX-License-Identifier: Apache-2.0
/*
 * The local APIC's timer (Intel SDM volume 3, chapter 11) in one-shot mode, so that HLT returns. It
 * is the only interrupt, and is taken only in HLT and while a guest's program runs; everything else
 * is polled. The APIC is used in its current mode, xAPIC or x2APIC. Before anything relies on the
 * timer, its counting and its interrupt are tested.
 */
#include "core/arch.h"
#include "core/device.h"
#include "core/log.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/io.h>

#include "arch/x86_64/x86_64.h"

enum {
	FEATURE_APIC = 1 << 9, /* leaf 1, EDX */
	MSR_APIC_BASE = 0x1b,
	BASE_X2APIC = 1 << 10,
	BASE_ENABLED = 1 << 11,
	MSR_X2APIC = 0x800,

	/* Registers by their offsets in xAPIC's page; x2APIC counts them in sixteenths. */
	APIC_END_OF_INTERRUPT = 0xb0,
	APIC_SPURIOUS = 0xf0,
	APIC_REQUESTED = 0x200, /* eight registers, a bit for each vector */
	APIC_COMMAND = 0x300,
	APIC_TIMER = 0x320,
	APIC_INITIAL_COUNT = 0x380,
	APIC_CURRENT_COUNT = 0x390,
	APIC_DIVIDE = 0x3e0,
	COMMAND_TO_OTHERS = 3 << 18,
	SPURIOUS_ENABLED = 1 << 8,
	TIMER_MASKED = 1 << 16,
	DIVIDE_BY_1 = 0xb,

	PORT_PIC_1_MASK = 0x21,
	PORT_PIC_2_MASK = 0xa1,

	FLAG_INTERRUPTS = 1 << 9,
	CALIBRATIONS_PER_SECOND = 2000, /* it takes half a millisecond */
	READ_LIMITS_PER_SECOND = 100000,
	READS_MAX = 10,
	TEST_SHOTS_PER_SECOND = 50000,
	/* A busy host may deliver it late. Only a timer that never works takes this long. */
	TEST_TIMEOUTS_PER_SECOND = 5,
	WAITS_PER_SECOND_MIN = 100,
	TICKS_PER_SECOND = 10,
};

static enum { NOT_ASKED, USABLE, NOT_USABLE } timer;
static bool x2apic;
static volatile u8 *registers;
static u64 counts_per_second;
static u32 divide_found;
static volatile u32 interrupts;
static u32 tick_count; /* of the timer until the next tick; 0: there are no ticks */
static u64 alarm = UINT64_MAX;
static void (*alarm_expired)(void);

static u32 apic_read(u32 offset)
{
	if (x2apic)
		return (u32)msr_read(MSR_X2APIC + offset / 16);
	return mmio_read32(registers + offset);
}

static void apic_write(u32 offset, u32 value)
{
	if (x2apic)
		msr_write(MSR_X2APIC + offset / 16, value);
	else
		mmio_write32(registers + offset, value);
}

[[gnu::no_caller_saved_registers]] static void end_interrupt(void)
{
	apic_write(APIC_END_OF_INTERRUPT, 0);
	if (tick_count)
		apic_write(APIC_INITIAL_COUNT, tick_count);
	if (tsc_read() < alarm)
		return;
	alarm = UINT64_MAX;
	alarm_expired();
}

/*
 * The frame pushed by the processor; clang's link-time optimization requires the complete struct.
 */
struct interrupt_frame {
	u64 instruction, code_segment, flags, stack, stack_segment;
};

[[gnu::interrupt]] static void on_timer(struct interrupt_frame *frame)
{
	(void)frame;
	interrupts++;
	end_interrupt();
}

/* Must not be acknowledged. */
[[gnu::interrupt]] static void on_spurious(struct interrupt_frame *frame)
{
	(void)frame;
}

static bool is_requested(void)
{
	return apic_read(APIC_REQUESTED + VECTOR_TIMER / 32 * 16) >> VECTOR_TIMER % 32 & 1;
}

/* The instruction after STI is still executed before an interrupt is taken. */
static void take_pending(void)
{
	asm volatile("sti; nop; nop; cli" ::: "memory");
}

static bool apic_find(void)
{
	u64 base;

	if (!(cpuid(1, 0).edx & FEATURE_APIC))
		return false;
	base = msr_read(MSR_APIC_BASE);
	if (!(base & BASE_ENABLED))
		return false;
	x2apic = (base & BASE_X2APIC) != 0;
	if (!x2apic)
		registers = device_map("APIC", align_down(base, PAGE_SIZE), PAGE_SIZE);
	return x2apic || registers;
}

bool apic_send_to_others(u32 command)
{
	if (!apic_find())
		return false;
	apic_write(APIC_COMMAND, COMMAND_TO_OTHERS | command);
	return true;
}

/* Reads the counter and the time of the reading; repeats that if the host has preempted us.
 */
static u32 read_count(u64 *ticks)
{
	u64 limit = arch_ticks_per_second() / READ_LIMITS_PER_SECOND;
	u64 before;
	u32 count;

	for (u32 i = 0; i < READS_MAX; i++) {
		before = tsc_read();
		count = apic_read(APIC_CURRENT_COUNT);
		*ticks = tsc_read();
		if (*ticks - before < limit)
			break;
	}
	return count;
}

static void calibrate(u64 rate)
{
	u64 start, end;
	u32 first, last;

	apic_write(APIC_TIMER, TIMER_MASKED | VECTOR_TIMER);
	apic_write(APIC_DIVIDE, DIVIDE_BY_1);
	apic_write(APIC_INITIAL_COUNT, UINT32_MAX);
	first = read_count(&start);
	while (tsc_read() - start < rate / CALIBRATIONS_PER_SECOND)
		cpu_relax();
	last = read_count(&end);
	counts_per_second = (u64)(first - last) * rate / (end - start);
}

/* Polls the processor's clock, because each APIC access can be a VM exit. */
static void spin(u64 ticks)
{
	u64 start = tsc_read();

	while (tsc_read() - start < ticks)
		cpu_relax();
}

static bool arrives(u64 rate)
{
	u64 start = tsc_read();

	apic_write(APIC_TIMER, VECTOR_TIMER);
	apic_write(APIC_INITIAL_COUNT, (u32)(counts_per_second / TEST_SHOTS_PER_SECOND));
	do {
		if (tsc_read() - start > rate / TEST_TIMEOUTS_PER_SECOND)
			return false;
		spin(rate / TEST_SHOTS_PER_SECOND * 5 / 4);
	} while (!is_requested());
	take_pending();
	return interrupts != 0;
}

/* An interrupt that arrived after the last wait would otherwise be the kernel's first. */
static void timer_off(void)
{
	apic_write(APIC_INITIAL_COUNT, 0);
	apic_write(APIC_TIMER, TIMER_MASKED);
	apic_write(APIC_DIVIDE, divide_found);
	if (is_requested())
		take_pending();
}

static bool timer_init(void)
{
	u64 rate = arch_ticks_per_second();

	if (!apic_find())
		return false;
	for (u32 vector = VECTOR_TIMER; vector <= VECTOR_LAST; vector++)
		trap_set_handler(vector, on_timer);
	trap_set_handler(VECTOR_SPURIOUS, on_spurious);
	/* Until the 8259s are initialised, their vectors are those of exceptions. */
	port_write8(PORT_PIC_1_MASK, 0xff);
	port_write8(PORT_PIC_2_MASK, 0xff);
	divide_found = apic_read(APIC_DIVIDE);
	apic_write(APIC_SPURIOUS, SPURIOUS_ENABLED | VECTOR_SPURIOUS);
	calibrate(rate);
	if (counts_per_second >= TEST_SHOTS_PER_SECOND && counts_per_second <= UINT32_MAX &&
	    arrives(rate)) {
		log_debug("APIC timer: %lu kHz, %s", counts_per_second / 1000,
			  x2apic ? "x2APIC" : "xAPIC");
		return true;
	}
	timer_off();
	log_warning("APIC timer: it does not work");
	return false;
}

static bool timer_is_usable(void)
{
	if (timer == NOT_ASKED)
		timer = timer_init() ? USABLE : NOT_USABLE;
	return timer == USABLE;
}

void arch_alarm_set(u64 ticks, void (*expired)(void))
{
	alarm_expired = expired;
	alarm = ticks;
}

void arch_interrupts_allow(void)
{
	if (!timer_is_usable())
		return;
	tick_count = (u32)(counts_per_second / TICKS_PER_SECOND);
	apic_write(APIC_INITIAL_COUNT, tick_count);
	asm volatile("sti" ::: "memory");
}

void arch_interrupts_forbid(void)
{
	asm volatile("cli" ::: "memory");
	tick_count = 0;
}

void arch_wait(u64 ticks)
{
	u64 rate = arch_ticks_per_second();
	u64 flags, count;

	asm volatile("pushfq; pop %0; cli" : "=r"(flags)::"memory");
	(void)timer_is_usable();
	count = min_u64(ticks, rate / WAITS_PER_SECOND_MIN) * counts_per_second / rate;
	if (timer == USABLE && count) {
		apic_write(APIC_INITIAL_COUNT, (u32)count);
		asm volatile("sti; hlt; cli" ::: "memory");
	} else {
		cpu_relax();
	}
	if (flags & FLAG_INTERRUPTS)
		asm volatile("sti" ::: "memory");
}

/*
 * The APIC stays enabled, as with other firmware: disabling it would also mask the pin of the
 * 8259s, which a kernel without APIC support needs.
 */
void arch_timer_stop(void)
{
	if (timer != USABLE)
		return;
	timer = NOT_USABLE;
	arch_interrupts_forbid();
	timer_off();
}
