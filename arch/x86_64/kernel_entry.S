/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last instructions before a kernel: the Linux 64-bit boot protocol
 * (Documentation/arch/x86/boot.rst). Our GDT has __BOOT_CS and __BOOT_DS where it wants them,
 * interrupts are off since the entry.
 */

#include <asm/registers.h>

	.section .text.kernel_enter, "ax", @progbits
	.globl kernel_enter
/* RDI: entry, RSI: argument, which is where the kernel wants it. */
kernel_enter:
	/*
	 * Mask both 8259s: an interrupt of a device that we polled may be pending there
	 * (Firecracker's virtio-mmio; KVM's 8259 has vectors from 0), and a kernel on
	 * hardware-reduced ACPI never sets them up: it would get IRQ 5 as vector 5, an exception.
	 */
	mov	$0xff, %al
	out	%al, $0x21
	out	%al, $0xa1
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
