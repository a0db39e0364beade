/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multiboot2 (specification 2.0, sections 3.1 and 3.3): a boot loader such as GRUB finds the header
 * in the first 32 KiB of the file, and enters at the address that it names in 32-bit protected mode
 * without paging. EBX holds the address of the boot information.
 */

#include "core/entry_protocol.h"

	.set	MAGIC, 0xe85250d6
	.set	ARCHITECTURE_I386, 0
	.set	TAG_END, 0
	.set	TAG_ENTRY_ADDRESS, 3
	.set	TAG_MODULE_ALIGNMENT, 6

	.section .multiboot2, "a", @progbits
	.balign 8
header:
	.long	MAGIC, ARCHITECTURE_I386, header_end - header
	.long	-(MAGIC + ARCHITECTURE_I386 + (header_end - header))
	/* e_entry is for 64-bit loaders. */
	.balign 8
	.short	TAG_ENTRY_ADDRESS, 0
	.long	12, multiboot2_entry
	/* Page-aligned modules: an initrd can stay where it is. */
	.balign 8
	.short	TAG_MODULE_ALIGNMENT, 0
	.long	8
	.balign 8
	.short	TAG_END, 0
	.long	8
header_end:

	.section .text.entry, "ax", @progbits
	.code32
	.globl multiboot2_entry
multiboot2_entry:
	mov	$ENTRY_PROTOCOL_MULTIBOOT2, %edi
	jmp	long_mode_start
