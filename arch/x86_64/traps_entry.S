/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first instructions after a processor exception: one stub of TRAP_STUB_SIZE bytes for each
 * vector, so that the IDT is filled by counting. The error code that some vectors push is sorted out
 * in C.
 */
/*
 * The first instructions after a processor exception: one stub of TRAP_STUB_SIZE bytes for each
 * vector, so that the IDT is filled by counting. The error code that some vectors push is sorted out
 * in C.
 */

	.section .text.traps, "ax", @progbits
	.globl trap_stubs
	.balign 8
trap_stubs:
	.set vector, 0
	.rept 32
	pushq	$vector
	jmp	trap_common
	.balign 8
	.set vector, vector + 1
	.endr

trap_common:
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%r11
	push	%r10
	push	%r9
	push	%r8
	push	%rdi
	push	%rsi
	push	%rbp
	push	%rdx
	push	%rcx
	push	%rbx
	push	%rax
	mov	%rsp, %rdi
	cld
	and	$-16, %rsp
	call	trap_handle		/* does not come back */
