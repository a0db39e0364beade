/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime program as plain bytes, head first. The Makefile links it at two addresses and wants
 * the same bytes: there is no absolute address in it.
 */

SECTIONS
{
	. = runtime_base;
	.text : { KEEP(*(.head)) *(.text .text.*) *(.rodata .rodata.*) . = ALIGN(16); }

	.data : { *(.data .data.* .bss .bss.* COMMON .got .got.plt .igot .igot.plt) }

	/DISCARD/ : { *(.comment .note.* .eh_frame .debug_*) }
}

ASSERT(SIZEOF(.data) == 0, "No variables here: they belong in struct runtime_data.")
ASSERT(SIZEOF(.text) <= 16 * 1024, "The runtime program must stay below 16 KiB.")
