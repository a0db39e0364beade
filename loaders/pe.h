/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs in the PE32+ format (Microsoft's PE and COFF specification), as UEFI uses it (UEFI 2.11,
 * 2.1.1): checked, placed, relocated. The caller provides memory and policy. The checksum and the
 * certificate table are ignored, and certificates are not loaded.
 */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

/* COFF header: the program's processor. */
enum {
	PE_MACHINE_I386 = 0x14c,
	PE_MACHINE_X86_64 = 0x8664,
	PE_MACHINE_ARM64 = 0xaa64,
	PE_MACHINE_RISCV64 = 0x5064,
};

enum {
	PE_SUBSYSTEM_EFI_APPLICATION = 10,
	PE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER = 11,
	PE_SUBSYSTEM_EFI_RUNTIME_DRIVER = 12,
};

enum { PE_DLL_NX_COMPATIBLE = 0x100 };

/* Section characteristics: permitted accesses. */
#define PE_SECTION_EXECUTE 0x20000000u
#define PE_SECTION_WRITE 0x80000000u

enum { PE_SECTION_NAME_SIZE = 8 };

/*
 * Checked by pe_check(): the headers are in the file and end within the image; the entry lies
 * in the image after the headers; all sections are in the file and in the image, after the
 * headers; the relocations are in the image.
 */
struct pe_image {
	u16 machine;
	u16 subsystem;
	u16 dll_characteristics;
	bool relocations_stripped; /* runs only at its base */
	u64 base;                  /* the address for which it was linked */
	u32 size;                  /* of memory that it needs */
	u32 headers_size;
	u32 section_alignment; /* a power of two; that of the image in memory */
	u32 entry;             /* this and the following: offsets in the loaded image */
	u32 relocations;
	u32 relocations_size; /* 0: none; it runs anywhere, or only at its base */
	u32 section_count;
	struct span sections; /* the table, in the bytes that were checked */
	u32 base_field;       /* where the headers store @base */
};

struct pe_section {
	char name[PE_SECTION_NAME_SIZE + 1]; /* as in the table: "/4" where it is longer */
	u32 address;                         /* in the loaded image */
	u32 memory_size;
	u32 file_offset; /* of the data in the file */
	u32 file_size;   /* of that data, at most memory_size */
	u32 characteristics;
};

/*
 * Reads the headers in @start, the first bytes of a file of @file_size; @name is for messages.
 * Needs only the headers; the result refers to @start. ERR_UNRECOGNIZED: not a PE program.
 * ERR_UNSUPPORTED: for another processor, or not for UEFI. ERR_TOO_LARGE: the headers do not fit in
 * @start, but are in the file.
 */
enum status pe_check(const char *name, struct span start, u64 file_size, struct pe_image *out);

/* The section at @index, below section_count. */
struct pe_section pe_section(const struct pe_image *image, u32 index);

/*
 * Copies headers and sections from @file and zeroes everything else up to @size. ERR_TOO_LARGE: it
 * needs more. ERR_CORRUPT: @file is not the one that was checked.
 */
enum status pe_place(const struct pe_image *image, struct span file, void *placed, u64 size);

/*
 * Relocates the image at @placed to run at @address, usually the same place. ERR_UNSUPPORTED: it
 * cannot run there.
 */
enum status pe_relocate(const char *name, const struct pe_image *image, void *placed, u64 address);
