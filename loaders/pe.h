/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs in the PE32+ format (Microsoft's PE and COFF specification), as UEFI uses it (UEFI 2.11,
 * 2.1.1): checked, placed, relocated. Memory and policy are the caller's. The checksum and the
 * certificate table are ignored, and certificates are not placed.
 */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

/* Of a COFF header: the processor that the program is for. */
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

/* Of a section's characteristics: what may be done with it. */
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
	bool relocations_stripped; /* runs at its base and nowhere else */
	u64 base; /* where it was linked to run, and so the meaning of its pointers */
	u32 size; /* of memory that it needs */
	u32 headers_size;
	u32 section_alignment; /* a power of two; that of the image in memory */
	u32 entry;             /* this and what follows: offsets in the placed image */
	u32 relocations;
	u32 relocations_size; /* 0: none, so that it runs anywhere, or at its base */
	u32 section_count;
	struct span sections; /* the table, in the bytes that were checked */
	u32 base_field;       /* where the headers say @base */
};

struct pe_section {
	char name[PE_SECTION_NAME_SIZE + 1]; /* as in the table: "/4" where it is longer */
	u32 address;                         /* in the placed image */
	u32 memory_size;
	u32 file_offset; /* of what is in the file ... */
	u32 file_size;   /* ... of it, at most memory_size */
	u32 characteristics;
};

/*
 * Reads the headers in @start, the first bytes of a file of @file_size; @name is for messages.
 * Needs nothing of the file but its headers, and refers to @start. ERR_UNRECOGNIZED: not such a
 * program. ERR_UNSUPPORTED: for another machine than ours, or not of UEFI. ERR_TOO_LARGE: the
 * headers do not end within @start, but do within the file.
 */
enum status pe_check(const char *name, struct span start, u64 file_size, struct pe_image *out);

/* The section at @index, below section_count. */
struct pe_section pe_section(const struct pe_image *image, u32 index);

/*
 * Copies headers and sections out of the @file, and zeroes all else, up to @size. ERR_TOO_LARGE: it
 * needs more. ERR_CORRUPT: @file is not the one that was checked.
 */
enum status pe_place(const struct pe_image *image, struct span file, void *placed, u64 size);

/*
 * Makes the image that was placed at @placed run at @address, mostly the same place.
 * ERR_UNSUPPORTED: it cannot run there.
 */
enum status pe_relocate(const char *name, const struct pe_image *image, void *placed, u64 address);
