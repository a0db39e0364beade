/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last instructions before a kernel: the Linux 64-bit boot protocol (Documentation/arch/x86/boot.rst).
 * Our GDT has __BOOT_CS and __BOOT_DS where it wants them, interrupts are off since the entry.
 */

#include <asm/registers.h>

	.section .text.kernel_enter, "ax", @progbits
	.globl kernel_enter
/* RDI: entry, RSI: argument, which is where the kernel wants it. */
kernel_enter:
	mov	%rdi, %rax
	mov	$SELECTOR_DATA, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
	mov	%ecx, %ss
	xor	%ecx, %ecx
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%edi, %edi
	cld
	jmp	*%rax
