/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PVH entry ("x86/HVM direct boot ABI", Xen's docs/misc/pvh.pandoc): 32-bit protected mode
 * without paging, and only EBX is defined, the address of hvm_start_info. What EAX holds means
 * nothing: some loaders leave Multiboot's number there.
 */

#include "core/entry_protocol.h"

#if ENTRY_PROTOCOL_PVH != 0
#error "pvh_entry makes it by an XOR"
#endif

	/* Xen's ELFNOTE_PHYS32_ENTRY. QEMU reads eight bytes of address from a 64-bit file. */
	.section .note.pvh, "a", @note
	.balign 4
	.long 4				/* size of the name */
	.long 8				/* size of the descriptor */
	.long 18
	.asciz "Xen"
	.quad pvh_entry

	.section .text.entry, "ax", @progbits
	.code32
	.globl pvh_entry
pvh_entry:
	xor	%edi, %edi
	jmp	long_mode_start
