/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PVH entry of a guest that prints the data passed by a VMM (dump.c): 32-bit protected mode,
 * flat, with the address of the start information in EBX.
 */
	.section .note.pvh, "a", @note
	.long	4, 4, 18	/* sizes of name and value, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.long	start

	.section .text.start, "ax"
	.globl	start
start:
	cli
	cld
	mov	$stack_top, %esp
	push	%ebx
	call	dump
1:	hlt
	jmp	1b

	.bss
	.skip	4096
stack_top:
