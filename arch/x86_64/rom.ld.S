/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flat image that ends at 4 GiB:
 *
 *	the image of firmware.ld, compressed, at the start, then bytes of 0xff
 *	0xfffff000 - 512	reset.S
 *	0xfffff000		free for a table of GUIDs, which grows down from 0xffffffd0
 *	0xfffffff0		the reset vector
 *
 * It is linked with the symbols of fatwood.debug.elf.
 */
#include "core/rom.h"

#define ROM_END 0x100000000
#define ROM_BASE (ROM_END - ROM_SIZE)
#define TOP_PAGE (ROM_END - 4096)

SECTIONS
{
	.payload ROM_BASE : { *(.payload) }
	.reset TOP_PAGE - 512 : { *(.reset) }
	.vector ROM_END - 16 : { *(.vector) }
	/DISCARD/ : { *(.note.* .comment .eh_frame .text .data .bss) }
}

ASSERT(SIZEOF(.vector) == 16, "The reset vector has 16 bytes.")
