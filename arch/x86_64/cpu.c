// SPDX-License-Identifier: Apache-2.0
/*
 * Processor-specific functions: random numbers, stopping, resetting, the stack protector's canary.
 * The fallback ports are for machines that describe none (FADT).
 */
#include "core/arch.h"
#include "core/panic.h"
#include "core/power.h"
#include "lib/config.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/io.h>
#include <asm/registers.h>

#include "arch/x86_64/x86_64.h"

struct arch_entry arch_entry;
u32 cpu_extended_features; /* CPUID_EXTENDED_FEATURES, EDX; read by long_mode.S */

void arch_relax(void)
{
	cpu_relax();
}

enum {
	FEATURE_RDRAND = 1u << 30, /* leaf 1, ECX */
	FEATURE_RDSEED = 1u << 18, /* leaf 7, EBX */
	RANDOM_RETRIES = 10,       /* Intel's recommendation for RDRAND */
};

static bool rdseed(u64 *out)
{
	bool delivered;

	asm volatile("rdseed %0" : "=r"(*out), "=@ccc"(delivered));
	return delivered;
}

static bool rdrand(u64 *out)
{
	bool delivered;

	asm volatile("rdrand %0" : "=r"(*out), "=@ccc"(delivered));
	return delivered;
}

bool arch_random(u64 *out)
{
	static bool asked, has_rdseed, has_rdrand;

	if (!asked) {
		asked = true;
		has_rdrand = cpuid(1, 0).ecx & FEATURE_RDRAND;
		has_rdseed = cpuid(0, 0).eax >= 7 && (cpuid(7, 0).ebx & FEATURE_RDSEED);
	}
	for (u32 i = 0; has_rdseed && i < RANDOM_RETRIES; i++) {
		if (rdseed(out))
			return true;
		cpu_relax();
	}
	for (u32 i = 0; has_rdrand && i < RANDOM_RETRIES; i++)
		if (rdrand(out))
			return true;
	return false;
}

/* Names required by the compiler. */
u64 __stack_chk_guard;
[[gnu::noreturn]] void __stack_chk_fail(void);

/* Not protected itself: the guard changes while it runs. */
__attribute__((no_stack_protector)) void stack_guard_init(void)
{
	u64 random = 0;

	if (!IS_ENABLED(CONFIG_STACK_PROTECTOR))
		return;
	(void)arch_random(&random);
	/* The low byte is zero, so that string functions stop at it. */
	__stack_chk_guard = (random ^ tsc_read() * 0x9e3779b97f4a7c15) & ~0xffull;
}

void __stack_chk_fail(void)
{
	panic("stack overwritten: return address 0x%lx", (u64)__builtin_return_address(0));
}

enum {
	PORT_PIC_MASTER_MASK = 0x21,
	PORT_PIC_SLAVE_MASK = 0xa1,
	PORT_I8042_COMMAND = 0x64,
	I8042_PULSE_RESET = 0xfe,
	PORT_RESET_CONTROL = 0xcf9, /* PIIX and ICH */
	RESET_CONTROL_HARD = 0x02,
	RESET_CONTROL_START = 0x04,
	PORT_SLEEP_CONTROL = 0x600, /* Cloud Hypervisor and Alioth: 5 << 2 | enable, as a byte */
	SLEEP_CONTROL_OFF = 0x34,
	PORT_PM1A_CONTROL = 0x604, /* QEMU pc and q35: type 0, enable, as a word */
	PM1A_CONTROL_OFF = 0x2000,
};

bool arch_register_write(const struct register_write *write)
{
	if (write->kind == REGISTER_PORT) {
		if (write->address > UINT16_MAX)
			return false;
		if (write->size == 1)
			port_write8((u16)write->address, (u8)write->value);
		else
			port_write16((u16)write->address, write->value);
		return true;
	}
	if (arch_map(write->address, write->size, MAP_DEVICE))
		return false;
	if (write->size == 1)
		mmio_write8((volatile void *)write->address, (u8)write->value);
	else
		mmio_write16((volatile void *)write->address, write->value);
	return true;
}

static void wait_for_vmm(void)
{
	cpu_wait(VMM_WAIT_TICKS);
}

void arch_power_off(void)
{
	port_write8(PORT_SLEEP_CONTROL, SLEEP_CONTROL_OFF);
	wait_for_vmm();
	port_write16(PORT_PM1A_CONTROL, PM1A_CONTROL_OFF);
	wait_for_vmm();
	/* Firecracker has no power-off; this ends its VM. */
	port_write8(PORT_I8042_COMMAND, I8042_PULSE_RESET);
	wait_for_vmm();
}

void arch_reset(void)
{
	const struct table_pointer no_idt = { 0 };

	port_write8(PORT_RESET_CONTROL, RESET_CONTROL_HARD);
	port_write8(PORT_RESET_CONTROL, RESET_CONTROL_HARD | RESET_CONTROL_START);
	wait_for_vmm();
	port_write8(PORT_I8042_COMMAND, I8042_PULSE_RESET);
	cpu_wait(VMM_LAST_WAIT_TICKS);
	/* Causes a triple fault. */
	asm volatile("lidt %0; ud2" ::"m"(no_idt));
	__builtin_unreachable();
}

void arch_interrupts_mask(void)
{
	/* Masks both 8259s; kernel_entry.S explains why. */
	port_write8(PORT_PIC_MASTER_MASK, 0xff);
	port_write8(PORT_PIC_SLAVE_MASK, 0xff);
}

void arch_halt(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

u32 physical_address_bits(void)
{
	return cpuid(CPUID_ADDRESS_SIZES, 0).eax & 0xff;
}

u64 arch_physical_end(void)
{
	static u64 end; /* each query is a VM exit */

	if (!end)
		end = 1ull << min_u64(physical_address_bits(), 46);
	return end;
}

void arch_image(u64 *base, u64 *end)
{
	*base = (u64)image_start;
	*end = (u64)image_end;
}
