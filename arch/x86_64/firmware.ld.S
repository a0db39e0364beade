/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ELF file that every VMM with a kernel loader accepts:
 * - linked at 2 MiB and nothing below 1 MiB, segments ascending, and loaded where they are linked;
 * - headers and the one PT_NOTE lie inside the first PT_LOAD (Alioth copies every segment that has
 *   bytes);
 * - no other note, and no segment kinds that a loader might trip over.
 * Segments start on pages of their own, so that arch_mmu_init() can protect them.
 */

OUTPUT_FORMAT(elf64-x86-64)
/* VMMs that use the PVH note or the Multiboot2 header do not enter here. */
elf_entry = DEFINED(linux64_entry) ? linux64_entry : pvh_entry;
ENTRY(elf_entry)

PHDRS
{
	rodata PT_LOAD FILEHDR PHDRS FLAGS(4);
	note PT_NOTE FLAGS(4);
	text PT_LOAD FLAGS(5);
	data PT_LOAD FLAGS(6);
}

SECTIONS
{
	image_start = 0x200000;
	. = image_start + SIZEOF_HEADERS;

	.note.pvh : ALIGN(4) { KEEP(*(.note.pvh)) } :rodata :note
	/* In the first 32 KiB of the file. */
	.multiboot2 : ALIGN(8) { KEEP(*(.multiboot2)) } :rodata
	.rodata : { KEEP(*(.rodata.release)) *(.rodata .rodata.*) } :rodata

	. = ALIGN(4096);
	text_start = .;
	.text : { KEEP(*(.text.entry)) *(.text .text.*) } :text

	. = ALIGN(4096);
	data_start = .;
	.data : { *(.data .data.*) } :data
	.bss (NOLOAD) : ALIGN(8) {
		bss_start = .;
		*(.bss .bss.* COMMON)
		. = ALIGN(8);
		bss_end = .;
	} :data
	bss_words = (bss_end - bss_start) / 4;

	/* Not cleared. */
	.stack (NOLOAD) : { *(.stack) } :data
	. = ALIGN(4096);
	image_end = .;

	/DISCARD/ : { *(.note.* .comment .eh_frame .gnu.*) }
}

ASSERT(image_end <= 0x400000, "The image must end below 4 MiB.")
