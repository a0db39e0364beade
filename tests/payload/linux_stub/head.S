/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protected-mode part of a Linux kernel image in the layout of the boot protocol: the 32-bit
 * entry at 0 (unsupported: it stops), the 64-bit entry at 0x200 with the boot parameters in RSI.
 */
	.section .head, "ax"
	.code32
0:	hlt
	jmp	0b

	.org	0x200
	.code64
	jmp	start
	.org	0x208
	.long	0		/* CRC-32 of everything from `code` on, filled in by stub.py */

	.org	0x400
	.fill	0x1000, 1, 0	/* stack; above it the bytes that the CRC covers */
stack_top:

	.section .text.start, "ax"
start:
	cli
	cld
	mov	%rsp, %rdx	/* the protocol does not guarantee a stack; save what we got */
	lea	stack_top(%rip), %rsp
	mov	%rsi, %rdi
	lea	image(%rip), %rsi
	call	stub_main
1:	hlt
	jmp	1b
