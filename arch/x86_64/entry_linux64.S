/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Linux 64-bit boot protocol (Documentation/arch/x86/boot.rst), as VMMs enter an ELF kernel at
 * e_entry: long mode, RSI holds the address of boot_params. Firecracker maps no more than the first
 * GiB, and page tables, GDT and stack lie in memory that the VMM calls free. So nothing of it is
 * kept: the way back through 32-bit mode leads into the start that PVH has, and there is one only.
 */

#include "core/entry_protocol.h"

#include <asm/registers.h>

	.section .text.entry, "ax", @progbits
	.code64
	.globl linux64_entry
linux64_entry:
	cli
	mov	%esi, %ebx
	mov	$ENTRY_PROTOCOL_LINUX, %edi
	/* With process-context identifiers enabled, the processor refuses to disable paging. */
	mov	%cr4, %rax
	btr	$CR4_PROCESS_CONTEXT_BIT, %rax
	mov	%rax, %cr4
	lgdt	gdt_pointer
	/* 64-bit code may have a null selector here, 32-bit code may not. */
	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	/* AMD's processors have no far jump to a 64-bit offset; a 32-bit one must be in memory. */
	ljmpl	*compatibility_mode_pointer

	.code32
compatibility_mode:
	mov	%cr0, %eax
	btr	$CR0_PAGING_BIT, %eax
	mov	%eax, %cr0		/* leaves long mode; EFER stays as it is */
	jmp	long_mode_start

	.section .rodata.compatibility_mode, "a", @progbits
	.balign 8
compatibility_mode_pointer:
	.long compatibility_mode
	.word SELECTOR_CODE_32
