/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the other processors execute, in a copy in one page below 1 MiB: they write the registers
 * listed there, say so, and wait. No stack is used, as all of them run at once.
 *
 * ABI in: what a start-up interrupt leaves, 16-bit real mode, CS base at the page, IP 0 (Intel SDM
 * volume 3, 9.4.3).
 */
	.section .rodata.processor_start, "a", @progbits
	.code16
	.globl processor_start, processors_answered, processor_registers
	.balign 4
processor_start:
	cli
	mov	%cs, %ax
	mov	%ax, %ds
	mov	$(processor_registers - processor_start), %bx
1:	movl	(%bx), %ecx
	testl	%ecx, %ecx
	jz	2f
	movl	4(%bx), %eax
	movl	8(%bx), %edx
	wrmsr
	add	$12, %bx
	jmp	1b
2:	lock incl processors_answered - processor_start
3:	hlt
	jmp	3b

	.balign 4
processors_answered:
	.long	0
/* 12 bytes each: the register's number and its value. Number 0 ends the list. */
processor_registers:
