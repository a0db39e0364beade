/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first instructions after a processor exception: for each vector one call of TRAP_STUB_SIZE
 * bytes, so that the IDT is filled by counting, and the address that it pushes tells the vector.
 * The error code that some vectors push is sorted out in C.
 */

	.section .text.traps, "ax", @progbits
	.globl trap_stubs
trap_stubs:
	.rept 32
	call	trap_common
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
