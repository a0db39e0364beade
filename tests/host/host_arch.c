/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/arch.h for the host: a clock that advances when it is read, and power off and reset that a
 * test can catch.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arch.h"
#include "core/power.h"
#include "lib/util.h"
#include "tests/host/host.h"

#include <asm/cpu.h>
#include <asm/io.h>

/* The number of physical address bits of current processors. */
enum { PHYSICAL_ADDRESS_BITS = 52, MEMORY_PARTS_MAX = 32 };

struct arch_entry arch_entry;
u64 host_ticks, host_clock_looks, host_relaxes, host_random, host_waits, host_timer_stops;
u64 host_ticks_per_look = HOST_TICKS_PER_LOOK;
void (*host_on_relax)(void);
bool host_random_missing, host_power_off_works;
u64 host_wall_clock;
u64 host_cr3, host_cr3_writes;
struct kernel host_kernel;
struct host_map host_maps[HOST_MAPS_MAX];
u32 host_map_count;
struct host_protection host_protections[HOST_MAPS_MAX];
u32 host_protection_count;
bool host_execution_allowed;
enum status host_restriction;
u32 host_protections_left = UINT32_MAX;
void (*fault_describe)(u64 address);
u64 host_memory_end = UINT64_MAX, host_physical_end = UINT64_MAX;

static struct {
	u64 base;
	struct span bytes;
} memory_parts[MEMORY_PARTS_MAX];
static u32 memory_part_count;

static jmp_buf *run_end; /* of the running host_run() */

u64 arch_ticks(void)
{
	host_clock_looks++;
	host_ticks += host_ticks_per_look;
	return host_ticks;
}

u64 arch_ticks_per_second(void)
{
	return HOST_TICKS_PER_SECOND;
}

bool arch_wall_clock(u64 *seconds, u64 *ticks)
{
	*seconds = host_wall_clock;
	*ticks = host_ticks;
	return host_wall_clock != 0;
}

void arch_relax(void)
{
	host_relaxes++;
	if (host_on_relax)
		host_on_relax();
}

bool arch_random(u64 *out)
{
	if (!host_random_missing)
		*out = host_random++;
	return !host_random_missing;
}

void arch_wait(u64 ticks)
{
	host_waits++;
	host_ticks += ticks;
}

void arch_timer_stop(void)
{
	host_timer_stops++;
}

enum host_end host_run(void (*run)(void *context), void *context)
{
	jmp_buf *outer = run_end;
	jmp_buf here;
	int end;

	run_end = &here;
	end = setjmp(here);
	if (end == 0)
		run(context);
	run_end = outer;
	return (enum host_end)end;
}

[[gnu::noreturn]] static void end_run(enum host_end end, const char *what)
{
	if (run_end)
		longjmp(*run_end, end);
	fprintf(stderr, "host: %s\n", what);
	abort();
}

bool arch_register_write(const struct register_write *write)
{
	if (write->kind == REGISTER_PORT) {
		if (write->address > UINT16_MAX)
			return false;
		host_port_write((u16)write->address, write->size, write->value);
		return true;
	}
	if (arch_map(write->address, write->size, MAP_DEVICE))
		return false;
	host_mmio_write((volatile void *)(uintptr_t)write->address, write->size, write->value);
	return true;
}

void arch_power_off(void)
{
	if (host_power_off_works)
		end_run(HOST_POWERED_OFF, "powered off");
}

void arch_reset(void)
{
	end_run(HOST_RESET, "reset");
}

void arch_halt(void)
{
	end_run(HOST_HALTED, "halted");
}

void arch_enter_kernel(const struct kernel *kernel)
{
	host_kernel = *kernel;
	end_run(HOST_ENTERED_KERNEL, "kernel entered");
}

enum status arch_map(u64 base, u64 size, enum map_kind kind)
{
	u64 end;

	if (add_overflows(base, size, &end) || end > 1ull << PHYSICAL_ADDRESS_BITS)
		return ERR_INVALID;
	if (kind == MAP_DEVICE) {
		if (host_map_count < HOST_MAPS_MAX)
			host_maps[host_map_count] = (struct host_map){ base, size };
		host_map_count++;
	}
	return OK;
}

enum status arch_protect(u64 base, u64 size, u32 access)
{
	if ((base | size) % PAGE_SIZE || !memory_is_ram(base, size))
		return ERR_INVALID;
	if (host_protections_left == 0)
		return ERR_NO_MEMORY;
	host_protections_left--;
	if (host_protection_count < HOST_MAPS_MAX)
		host_protections[host_protection_count] =
			(struct host_protection){ base, size, access };
	host_protection_count++;
	return OK;
}

void arch_allow_execution(void)
{
	host_execution_allowed = true;
}

enum status arch_restrict_execution(u32 table_pages)
{
	(void)table_pages;
	host_protection_count = 0;
	return host_restriction;
}

/* The latest arch_protect() determines the result. */
u64 arch_access(u64 address, u32 *access)
{
	*access = ACCESS_READ | ACCESS_WRITE;
	for (u32 i = 0; i < host_protection_count && i < HOST_MAPS_MAX; i++)
		if (address - host_protections[i].base < host_protections[i].size)
			*access = host_protections[i].access;
	return align_down(address, PAGE_SIZE) + PAGE_SIZE;
}

/* The guard is the ledger's poisoned memory. */
enum status arch_stack_create(u64 size, u64 *top)
{
	u64 base;
	enum status status =
		memory_allocate(size, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &base);

	if (!status)
		*top = base + align_up(size, PAGE_SIZE);
	return status;
}

struct host_call {
	jmp_buf end;
	u64 value;
};

/* Runs on the host's own stack, which the sanitizers track. */
u64 arch_call_on_stack(struct arch_call *call, u64 (*function)(void *argument), void *argument,
		       u64 stack_top)
{
	struct host_call here;

	(void)stack_top;
	call->stack = (uintptr_t)&here;
	if (setjmp(here.end) == 0)
		return function(argument);
	return here.value;
}

void arch_call_end(struct arch_call *call, u64 value)
{
	struct host_call *there = (struct host_call *)(uintptr_t)call->stack;

	there->value = value;
	longjmp(there->end, 1);
}

void arch_memory_types_init(u64 low_end, u64 high_end, u64 feature_control)
{
	(void)low_end, (void)high_end, (void)feature_control;
}

u32 arch_processors_init(u32 count)
{
	return count;
}

u64 arch_physical_end(void)
{
	return host_physical_end;
}

u64 arch_memory_end(void)
{
	return host_memory_end;
}

void arch_mmu_init(void)
{
}

void arch_image(u64 *base, u64 *end)
{
	*base = HOST_MEMORY_BASE;
	*end = HOST_MEMORY_BASE + HOST_IMAGE_SIZE;
}

void host_memory_set(u64 base, const void *bytes, size_t size)
{
	if (memory_part_count == MEMORY_PARTS_MAX) {
		fprintf(stderr, "host: more parts of memory than MEMORY_PARTS_MAX\n");
		abort();
	}
	memory_parts[memory_part_count].base = base;
	memory_parts[memory_part_count++].bytes = span_of(bytes, size);
}

void host_memory_forget(void)
{
	memory_part_count = 0;
}

struct span arch_memory(u64 base, u64 size)
{
	for (u32 i = memory_part_count; size && i--;) {
		u64 offset = base - memory_parts[i].base;
		struct span part = span_part(memory_parts[i].bytes, offset, size);

		if (base >= memory_parts[i].base && part.size)
			return part;
	}
	if (size && base >= HOST_MEMORY_BASE && size <= HOST_MEMORY_SIZE &&
	    base - HOST_MEMORY_BASE <= HOST_MEMORY_SIZE - size)
		return span_of((const void *)(uintptr_t)base, size);
	return (struct span){ 0 };
}

void arch_interrupts_mask(void)
{
}

void arch_interrupts_allow(void)
{
}

void arch_interrupts_forbid(void)
{
}

void arch_alarm_set(u64 ticks, void (*expired)(void))
{
	(void)ticks;
	(void)expired;
}
