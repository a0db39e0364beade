// SPDX-License-Identifier: Apache-2.0
/*
 * Processor exceptions, which are always bugs or hardware errors. Prints everything that helps to
 * find the cause, then takes the last action. Page fault and double fault use a separate stack,
 * because the cause may be a stack overflow. Devices are polled; the only interrupt is the timer's
 * (apic.c).
 */
#include "core/arch.h"
#include "core/panic.h"
#include "core/symbols.h"
#include "lib/config.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/registers.h>

#include "arch/x86_64/x86_64.h"

enum {
	EXCEPTION_COUNT = 32,
	VECTOR_NMI = 2,
	VECTOR_DOUBLE_FAULT = 8,
	VECTOR_PAGE_FAULT = 14,
	TRAP_STUB_SIZE = 5,
	GATE_INTERRUPT = 0x8e00, /* present, 64-bit interrupt gate */
	TASK_AVAILABLE = 0x8900, /* present, 64-bit task state segment */
	STACK_WORDS = 16,
	CALLERS_MAX = 16,
};

/* Double fault, NMI, invalid TSS to page fault, alignment, control protection. */
#define VECTORS_WITH_ERROR_CODE 0x00227d00u

struct trap_frame {
	u64 registers[15]; /* in the order of log_dump()'s names */
	u64 stub;          /* the end of the vector's */
	u64 pushed[];      /* an error code (for some vectors), then struct trap_return */
};

struct trap_return {
	u64 rip, cs, flags, rsp, ss;
};

struct gate {
	u16 offset_low;
	u16 selector;
	u16 type; /* low byte: index into the interrupt stack table */
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
};

struct [[gnu::packed]] task_state {
	u32 reserved;
	u64 rsp[3];
	u64 reserved_2;
	u64 interrupt_stack[7]; /* number 1 comes first */
	u64 reserved_3;
	u16 reserved_4;
	u16 io_map_offset;
};

extern char trap_stubs[];

void (*fault_describe)(u64 address);

static struct gate idt[VECTOR_COUNT];
static struct task_state task_state;

[[gnu::noreturn]] void trap_handle(const struct trap_frame *f);

static void set_gate(u32 vector, u64 handler, bool own_stack)
{
	idt[vector] = (struct gate){
		.offset_low = (u16)handler,
		.selector = SELECTOR_CODE,
		.type = (u16)(GATE_INTERRUPT | own_stack),
		.offset_middle = (u16)(handler >> 16),
	};
}

void trap_set_handler(u32 vector, void *handler)
{
	set_gate(vector, (u64)handler, true);
}

void traps_init(void)
{
	const struct table_pointer idt_pointer = { sizeof(idt) - 1, (u64)idt };
	u64 task = (u64)&task_state;

	for (u32 i = 0; i < EXCEPTION_COUNT; i++)
		set_gate(i, (u64)trap_stubs + i * TRAP_STUB_SIZE,
			 i == VECTOR_DOUBLE_FAULT || i == VECTOR_PAGE_FAULT || i == VECTOR_NMI);
	task_state.interrupt_stack[0] = (u64)fault_stack_top;
	task_state.io_map_offset = sizeof(task_state);
	gdt[SELECTOR_TASK / 8] = (sizeof(task_state) - 1) | (task & 0xffffff) << 16 |
				 (u64)TASK_AVAILABLE << 32 | (task >> 24 & 0xff) << 56;
	asm volatile("ltr %w0; lidt %1" ::"r"(SELECTOR_TASK), "m"(idt_pointer) : "memory");
}

static const char *vector_name(u64 vector)
{
	static const char *const names[] = {
		"divide error",
		"debug",
		"NMI",
		"breakpoint",
		"overflow",
		"bound",
		"invalid opcode",
		"no FPU",
		"double fault",
		"FPU segment",
		"invalid TSS",
		"segment not present",
		"stack segment",
		"general protection",
		"page fault",
		"reserved",
		"FPU error",
		"alignment",
		"machine check",
		"SIMD",
	};

	if (IS_ENABLED(CONFIG_FAULT_DUMP) && vector < ARRAY_SIZE(names))
		return names[vector];
	return "exception";
}

static bool is_text(u64 address)
{
	return address >= (u64)text_start && address < (u64)data_start;
}

/* Adds the function name, if the image has names. */
static void log_address(const char *what, u64 address)
{
	const char *name = NULL;
	u64 offset = 0;

	if (IS_ENABLED(CONFIG_FAULT_SYMBOLS) && is_text(address))
		name = symbol_find(address, &offset);
	if (name)
		log_error("%s 0x%lx %s+0x%lx", what, address, name, offset);
	else
		log_error("%s 0x%lx", what, address);
}

/* Logs everything that looks like a return address; some may be left over from earlier calls. */
static void log_callers(u64 stack)
{
	u32 callers = 0;

	stack = align_up(max_u64(stack, (u64)stack_guard_page + PAGE_SIZE), 8);
	for (; stack < (u64)stack_top && callers < CALLERS_MAX; stack += 8) {
		u64 word = *(const u64 *)stack;

		if (is_text(word)) {
			log_address("  called from", word);
			callers++;
		}
	}
}

static void log_words(const char *what, const u64 *words, u32 count)
{
	for (u32 i = 0; i + 3 < count; i += 4)
		log_error("  %s%u: %016lx %016lx %016lx %016lx", what, i, words[i], words[i + 1],
			  words[i + 2], words[i + 3]);
}

static void log_dump(const struct trap_frame *f, const struct trap_return *to)
{
	static const char *const names[] = { "rax", "rbx", "rcx", "rdx", "rbp", "rsi", "rdi", "r8",
					     "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };

	for (u32 i = 0; i < ARRAY_SIZE(names); i += 3)
		log_error("  %-3s %016lx  %-3s %016lx  %-3s %016lx", names[i], f->registers[i],
			  names[i + 1], f->registers[i + 1], names[i + 2], f->registers[i + 2]);
	log_error("  cs %lx  flags %lx  stack %lx", to->cs, to->flags, to->rsp);
	if (to->rsp % 8 == 0 && to->rsp >= (u64)stack_guard_page + PAGE_SIZE &&
	    to->rsp <= (u64)stack_top - STACK_WORDS * 8)
		log_words("stack+", (const u64 *)to->rsp, STACK_WORDS);
	log_callers(to->rsp);
}

void trap_handle(const struct trap_frame *f)
{
	const struct trap_return *to = (const void *)f->pushed;
	u64 vector = (f->stub - (u64)trap_stubs) / TRAP_STUB_SIZE - 1;
	u64 error = 0;

	panic_begin();
	if (VECTORS_WITH_ERROR_CODE >> vector & 1) {
		error = f->pushed[0];
		to = (const void *)(f->pushed + 1);
	}
	log_error("processor fault %lu (%s), error code 0x%lx", vector, vector_name(vector), error);
	log_address("  at", to->rip);
	if (vector == VECTOR_PAGE_FAULT) {
		u64 accessed = cr2_read();

		log_error("  accessed 0x%lx%s", accessed,
			  accessed - (u64)stack_guard_page < PAGE_SIZE ? ": stack overflow" : "");
	}
	if (fault_describe)
		fault_describe(to->rip);
	if (IS_ENABLED(CONFIG_FAULT_DUMP))
		log_dump(f, to);
	power_crashed();
}
