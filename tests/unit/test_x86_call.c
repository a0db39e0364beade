/* SPDX-License-Identifier: Apache-2.0 */
/* arch/x86_64/call.S: calls on another stack, and ending them from any depth. */
#include "core/arch.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

u64 x86_call_on_stack(struct arch_call *call, u64 (*function)(void *argument), void *argument,
		      u64 stack_top);
void x86_call_end(struct arch_call *call, u64 value);

enum { STACK_SIZE = 64 * 1024 };

static struct arch_call outer, inner;
static u64 top, stack_seen;

static u64 frame_address(void)
{
	return (u64)(uintptr_t)__builtin_frame_address(0);
}

static u64 look(void *argument)
{
	stack_seen = frame_address();
	return *(u64 *)argument + 1;
}

static void set_up(void)
{
	host_memory_init();
	CHECK_EQUAL(arch_stack_create(STACK_SIZE, &top), OK);
}

TEST(a_call_on_its_own_stack_returns)
{
	u64 argument = 41;

	set_up();
	CHECK_EQUAL(x86_call_on_stack(&outer, look, &argument, top), 42);
	CHECK(stack_seen < top && stack_seen >= top - 256);
	CHECK_EQUAL((stack_seen + 8) % 16, 8); /* the frame begins below the return address */
	CHECK_EQUAL(x86_call_on_stack(&outer, look, &argument, 0), 42);
	CHECK(stack_seen > top || stack_seen < top - STACK_SIZE);
}

[[gnu::noinline]] static void end_deep(struct arch_call *call, u32 depth)
{
	volatile u8 bytes[64];

	bytes[0] = (u8)depth;
	if (depth == 0)
		x86_call_end(call, 7);
	else
		end_deep(call, depth - 1);
	CHECK_EQUAL(bytes[0], depth); /* not reached, so that it is no tail call */
}

static u64 end_self(void *argument)
{
	(void)argument;
	end_deep(&outer, 20);
	return 0;
}

static u64 nest(void *argument)
{
	u64 value = x86_call_on_stack(&inner, look, argument, 0);

	return value + x86_call_on_stack(&inner, end_self, NULL, 0); /* which ends the outer call */
}

TEST(a_call_is_ended_from_any_depth)
{
	u64 argument = 1;

	set_up();
	CHECK_EQUAL(x86_call_on_stack(&outer, end_self, NULL, top), 7);
	CHECK_EQUAL(x86_call_on_stack(&outer, nest, &argument, top), 7);
	/* Again: no state is left over. */
	CHECK_EQUAL(x86_call_on_stack(&outer, look, &argument, top), 2);
}

/* Changes all registers on which a caller of either ABI may rely. */
static u64 spoil(void *argument)
{
	const u32 mxcsr = 0x3f80;
	const u16 control = 0x27f;

	asm volatile("pcmpeqd %%xmm6, %%xmm6; pcmpeqd %%xmm15, %%xmm15; ldmxcsr %0; fldcw %1; fld1"
		     :
		     : "m"(mxcsr), "m"(control)
		     : "xmm6", "xmm15");
	if (argument)
		x86_call_end(&outer, 3);
	return 3;
}

TEST(the_callers_registers_are_restored)
{
	static u64 low, high, kept, value;
	static u32 mxcsr;
	static u16 control;

	for (u64 ends = 0; ends < 2; ends++) {
		u64 call = (uintptr_t)&outer, function = (uintptr_t)spoil, argument = ends, stack;

		set_up();
		stack = top;
		asm volatile("mov $0x11, %%eax; movq %%rax, %%xmm6; mov $0x22, %%eax\n\t"
			     "movq %%rax, %%xmm15; mov $0x33, %%ebx; mov $0x44, %%r12d\n\t"
			     "mov %%rsp, %%r14; sub $256, %%rsp; and $-16, %%rsp\n\t"
			     "call x86_call_on_stack\n\t"
			     "mov %%r14, %%rsp; mov %%rax, %0; movq %%xmm6, %1; movq %%xmm15, %2\n\t"
			     "stmxcsr %3; fnstcw %4; add %%rbx, %%r12; mov %%r12, %5"
			     : "=m"(value), "=m"(low), "=m"(high), "=m"(mxcsr), "=m"(control),
			       "=m"(kept), "+D"(call), "+S"(function), "+d"(argument), "+c"(stack)
			     :
			     : "rax", "rbx", "r8", "r9", "r10", "r11", "r12", "r14", "xmm6",
			       "xmm15", "memory", "cc");
		CHECK_EQUAL(value, 3);
		CHECK_EQUAL(kept, 0x77);
		CHECK_EQUAL(low, 0x11);
		CHECK_EQUAL(high, 0x22);
		CHECK_EQUAL(mxcsr & 0xffc0, 0x1f80);
		CHECK_EQUAL(control, 0x37f);
	}
}
