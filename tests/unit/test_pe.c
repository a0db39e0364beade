/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/pe.c: valid programs. */
#include "tests/unit/pe.h"

TEST(headers_are_read)
{
	set_up();
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(image.machine, PE_MACHINE_X86_64);
	CHECK_EQUAL(image.subsystem, PE_SUBSYSTEM_EFI_APPLICATION);
	CHECK_EQUAL(image.dll_characteristics, PE_DLL_NX_COMPATIBLE);
	CHECK_EQUAL(image.entry, PE_ENTRY);
	CHECK_EQUAL(image.base, PE_BASE);
	CHECK_EQUAL(image.size, PE_MEMORY_SIZE);
	CHECK_EQUAL(image.headers_size, PE_HEADERS_SIZE);
	CHECK_EQUAL(image.section_alignment, 0x1000);
	CHECK_EQUAL(image.relocations_size, 0x1a);
	CHECK(!image.relocations_stripped);
	CHECK_EQUAL(image.section_count, 3);
}

TEST(sections_are_read)
{
	struct pe_section section;

	set_up();
	memcpy(file + PE_DATA, "/4\0\0\0\0\0\0", 8);
	memcpy(file + PE_RELOC, ".longest", 8);
	CHECK_EQUAL(check(), OK);
	section = pe_section(&image, 0);
	CHECK_TEXT(section.name, ".text");
	CHECK_EQUAL(section.address, 0x1000);
	CHECK_EQUAL(section.memory_size, 0x180);
	CHECK_EQUAL(section.file_offset, 0x400);
	CHECK_EQUAL(section.file_size, 0x180); /* the rest of it is alignment */
	CHECK_EQUAL(section.characteristics, 0x60000020);
	section = pe_section(&image, 1);
	CHECK_TEXT(section.name, "/4");
	CHECK_EQUAL(section.memory_size, 0x1800);
	CHECK_EQUAL(section.file_size, 0x200);
	CHECK_TEXT(pe_section(&image, 2).name, ".longest");
}

TEST(sections_are_placed_with_zeroes_between_them)
{
	set_up();
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(place(), OK);
	CHECK(memcmp(memory, file, PE_HEADERS_SIZE) == 0);
	CHECK(all_are(memory + 0x400, 0, 0xc00));
	CHECK(memcmp(memory + 0x1000, file + 0x400, 0x180) == 0);
	CHECK(all_are(memory + 0x1180, 0, 0x2000 - 0x1180));
	CHECK(memcmp(memory + 0x2000, file + 0x600, 0x200) == 0);
	CHECK(all_are(memory + 0x2200, 0, 0x4000 - 0x2200));
	CHECK(memcmp(memory + 0x4000, file + 0x800, 0x1a) == 0);
	CHECK(all_are(memory + 0x401a, 0, PE_MEMORY_SIZE - 0x401a));
	CHECK(all_are(memory + PE_MEMORY_SIZE, 0xee, 64));
}

TEST(memory_after_the_image_is_zeroed)
{
	set_up();
	CHECK_EQUAL(check(), OK);
	memset(memory, 0xee, sizeof(memory));
	CHECK_EQUAL(pe_place(&image, span_of(file, sizeof(file)), memory, PE_MEMORY_SIZE + 32), OK);
	CHECK(all_are(memory + 0x401a, 0, PE_MEMORY_SIZE + 32 - 0x401a));
	CHECK(all_are(memory + PE_MEMORY_SIZE + 32, 0xee, 32));
}

TEST(sections_in_any_order)
{
	u8 entry[40];

	set_up();
	memcpy(entry, file + PE_TEXT, 40);
	memcpy(file + PE_TEXT, file + PE_RELOC, 40);
	memcpy(file + PE_RELOC, entry, 40);
	sections_are_placed_with_zeroes_between_them();
}

/* ukify adds lines to the .sbat section of systemd 252's stub, which then overlaps .sdmagic. */
TEST(the_later_of_two_sections_is_placed_over_the_earlier)
{
	set_up();
	store_le32(file + PE_DATA + 12, 0x1100);
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(place(), OK);
	CHECK(memcmp(memory + 0x1000, file + 0x400, 0x100) == 0);
	CHECK(memcmp(memory + 0x1100, file + 0x600, 0x200) == 0);
	CHECK(all_are(memory + 0x1300, 0, 0x4000 - 0x1300));
	/* Its zeroes overwrite, like its bytes. */
	set_up();
	store_le32(file + PE_RELOC + 12, 0x2004);
	store_le32(file + PE_RELOC + 8, 0x40);
	store_le32(file + PE_RELOC + 16, 0x1a);
	store_le32(p + 176, 0x2004);
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(place(), OK);
	CHECK(memcmp(memory + 0x2000, file + 0x600, 4) == 0);
	CHECK(memcmp(memory + 0x2004, file + 0x800, 0x1a) == 0);
	CHECK(all_are(memory + 0x201e, 0, 0x26));
	CHECK(memcmp(memory + 0x2044, file + 0x644, 0x200 - 0x44) == 0);
}

TEST(placing_checks_room_and_file)
{
	set_up();
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(pe_place(&image, span_of(file, sizeof(file)), memory, PE_MEMORY_SIZE - 1),
		    ERR_TOO_LARGE);
	CHECK_EQUAL(pe_place(&image, span_of(file, 0x7ff), memory, PE_MEMORY_SIZE), ERR_CORRUPT);
	CHECK_EQUAL(pe_place(&image, span_of(file, 0x3ff), memory, PE_MEMORY_SIZE), ERR_CORRUPT);
}

TEST(pointers_move_with_the_image)
{
	set_up();
	CHECK_EQUAL(relocate(0x12345000), OK);
	CHECK_EQUAL(load_le64(memory + PE_POINTER), 0x12345000 + 0x2020);
	CHECK_EQUAL(load_le32(memory + PE_POINTER_32), 0x12345000 + 0x1010);
	CHECK_EQUAL(load_le64(memory + PE_P + 48), 0x12345000);
	CHECK_EQUAL(relocate(PE_BASE), OK);
	CHECK_EQUAL(load_le64(memory + PE_POINTER), PE_BASE + 0x2020);
	CHECK_EQUAL(relocate(0), OK);
	CHECK_EQUAL(load_le64(memory + PE_POINTER), 0x2020);
	CHECK_EQUAL(load_le32(memory + PE_POINTER_32), 0x1010);
}

/* systemd's stub: linked at 0x14df90000, loaded lower. */
TEST(any_image_base)
{
	static const u64 bases[] = { 0x14df90000, 0xffffffffffff0000, 1, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		set_up();
		store_le64(p + 48, bases[i]);
		store_le64(file + 0x500, bases[i] + 0x2020);
		store_le16(file + 0x814, 0); /* no short pointer */
		CHECK_EQUAL(relocate(0x7654000), OK);
		CHECK_EQUAL(load_le64(memory + PE_POINTER), 0x7654000 + 0x2020);
	}
}

TEST(short_pointers_fit_below_4_gib_only)
{
	set_up();
	CHECK_EQUAL(relocate(0x1ffffffffull - 0x5fff), ERR_UNSUPPORTED);
	CHECK_EQUAL(relocate(0x100000000 - 0x1010), ERR_UNSUPPORTED);
	CHECK_EQUAL(relocate(0x100000000 - 0x1011), OK);
	set_up();
	store_le32(file + 0x610, 0); /* points below the image */
	CHECK_EQUAL(relocate(0), ERR_UNSUPPORTED);
}

/* Xen 4.17 */
TEST(short_pointers_of_a_high_image_are_parts_of_addresses)
{
	set_up();
	store_le64(p + 48, 0xffff82d040000000);
	store_le32(file + 0x610, 0x200000);
	CHECK_EQUAL(relocate(0x12345000), OK);
	CHECK_EQUAL(load_le32(memory + PE_POINTER_32), (u32)(0x200000 + 0x12345000 - 0x40000000));
}

/* Linux for x86: (0, 0), and not stripped. */
TEST(without_relocations_it_runs_anywhere)
{
	set_up();
	store_le64(p + 176, 0);
	CHECK_EQUAL(relocate(0x12345000), OK);
	CHECK_EQUAL(load_le64(memory + PE_POINTER), PE_BASE + 0x2020);
}

TEST(few_data_directories)
{
	static const u32 counts[] = { 0, 5, 6 };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		set_up();
		memmove(p + 24 + 112 + counts[i] * 8, file + PE_TABLE, 120);
		store_le16(p + 20, (u16)(112 + counts[i] * 8));
		store_le32(p + 132, counts[i]);
		CHECK_EQUAL(check(), OK);
		CHECK_EQUAL(image.relocations_size, counts[i] == 6 ? 0x1a : 0);
		CHECK_TEXT(pe_section(&image, 2).name, ".reloc");
	}
}

TEST(stripped_of_relocations_it_runs_at_its_base_only)
{
	set_up();
	store_le16(p + 22, 0x222f);
	CHECK_EQUAL(relocate(PE_BASE), OK);
	CHECK(image.relocations_stripped);
	CHECK_EQUAL(relocate(PE_BASE + 0x1000), ERR_UNSUPPORTED);
}

/* The UEFI Shell: alignments of 0x40. Linux before 6.3: 0x20. */
TEST(small_alignments)
{
	set_up();
	store_le32(p + 56, 0x20);
	store_le32(p + 60, 0x20);
	store_le32(file + PE_TEXT + 12, 0x400);
	store_le32(file + PE_DATA + 12, 0x580);
	store_le32(p + 40, 0x410);
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(place(), OK);
	CHECK(memcmp(memory + 0x400, file + 0x400, 0x180) == 0);
	CHECK(memcmp(memory + 0x580, file + 0x600, 0x200) == 0);
	CHECK(all_are(memory + 0x780, 0, 0x4000 - 0x780));
}

TEST(headers_anywhere_in_the_file)
{
	static u8 moved[PE_FILE_SIZE + 0x1000];

	set_up();
	memset(moved, 0, sizeof(moved));
	memcpy(moved, "MZ", 2);
	memcpy(moved + 0x90c, p, PE_TABLE + 120 - PE_P);
	store_le32(moved + 0x3c, 0x90c);
	store_le32(moved + 0x90c + 84, 0xc00);
	CHECK_EQUAL(pe_check("test", span_of(moved, sizeof(moved)), sizeof(moved), &image), OK);
	CHECK_EQUAL(image.base_field, 0x90c + 48);
	/* Directly after the pointer to them, or even overlapping it. */
	memset(moved, 0, sizeof(moved));
	memcpy(moved + 4, p, PE_TABLE + 120 - PE_P);
	memcpy(moved, "MZ", 2);
	/* The section alignment is at the offset of the pointer. */
	store_le32(moved + 0x3c, 4);
	store_le32(moved + 4 + 84, 0x400);
	CHECK_EQUAL(pe_check("test", span_of(moved, sizeof(moved)), sizeof(moved), &image), OK);
	CHECK_EQUAL(image.section_alignment, 4);
}

TEST(sections_without_bytes)
{
	struct pe_section section;

	set_up();
	/* .bss: no data in the file, and a meaningless offset. */
	store_le32(file + PE_DATA + 16, 0);
	store_le32(file + PE_DATA + 20, 0xffffffff);
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(place(), OK);
	CHECK(all_are(memory + 0x2000, 0, 0x2000));
	/* No data and no memory. */
	store_le32(file + PE_DATA + 8, 0);
	store_le32(file + PE_DATA + 12, 0xffffffff);
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(place(), OK);
	CHECK(all_are(memory + 0x2000, 0, 0x2000));
	/* No size in memory: that of the file. */
	set_up();
	store_le32(file + PE_TEXT + 8, 0);
	CHECK_EQUAL(check(), OK);
	section = pe_section(&image, 0);
	CHECK_EQUAL(section.memory_size, 0x200);
	CHECK_EQUAL(section.file_size, 0x200);
}

TEST(no_sections)
{
	set_up();
	store_le16(p + 6, 0);
	store_le64(p + 176, 0);
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(place(), OK);
	CHECK(all_are(memory + 0x400, 0, PE_MEMORY_SIZE - 0x400));
}

/* A file alignment that rounds the last section up past the end of the file. */
TEST(only_bytes_that_are_placed_must_be_there)
{
	set_up();
	CHECK_EQUAL(check_sized(0x81a), OK);
	CHECK_EQUAL(check_sized(0x819), ERR_CORRUPT);
}
