/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call on a stack of its own that can be ended from any depth: core/arch.h. It stands between C
 * and EFI images, so it keeps what either ABI keeps: System V's registers, and of Microsoft's those
 * that our own code never touches. (RDI and RSI, the other two, are kept by the compiler where a
 * service is entered.)
 */

	.section .text.call, "ax", @progbits
	.globl arch_call_on_stack, arch_call_end
/* RDI: call, RSI: function, RDX: argument, RCX: stack or 0. */
arch_call_on_stack:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sub	$(10 * 16 + 8), %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movups	%xmm6, 8(%rsp)
	movups	%xmm7, 24(%rsp)
	movups	%xmm8, 40(%rsp)
	movups	%xmm9, 56(%rsp)
	movups	%xmm10, 72(%rsp)
	movups	%xmm11, 88(%rsp)
	movups	%xmm12, 104(%rsp)
	movups	%xmm13, 120(%rsp)
	movups	%xmm14, 136(%rsp)
	movups	%xmm15, 152(%rsp)
	mov	%rsp, (%rdi)
	test	%rcx, %rcx
	cmovnz	%rcx, %rsp
	and	$-16, %rsp
	mov	%rdi, %rbx
	mov	%rdx, %rdi
	call	*%rsi
	mov	%rbx, %rdi
	mov	%rax, %rsi

/* RDI: call, RSI: value. */
arch_call_end:
	mov	(%rdi), %rsp
	mov	%rsi, %rax
	cld
	fninit			/* a pending exception would be raised by the next instruction */
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	movups	8(%rsp), %xmm6
	movups	24(%rsp), %xmm7
	movups	40(%rsp), %xmm8
	movups	56(%rsp), %xmm9
	movups	72(%rsp), %xmm10
	movups	88(%rsp), %xmm11
	movups	104(%rsp), %xmm12
	movups	120(%rsp), %xmm13
	movups	136(%rsp), %xmm14
	movups	152(%rsp), %xmm15
	add	$(10 * 16 + 8), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
