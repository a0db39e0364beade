/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small PE32+ program, for tests to modify. File alignment 0x200, section alignment 0x1000:
 *
 *	section	in memory	in the file
 *	headers	0		0
 *	.text	0x1000, 0x180	0x400, 0x200: the code, with a pointer (DIR64) at 0x100
 *	.data	0x2000, 0x1800	0x600, 0x200: with a 32-bit pointer (HIGHLOW) at 0x10
 *	.reloc	0x4000, 0x1a	0x800, 0x200
 */
#pragma once

#include <string.h>

#include "lib/span.h"
#include "lib/util.h"
#include "loaders/pe.h"

enum {
	PE_P = 0x80, /* the headers after "MZ" */
	PE_TABLE = PE_P + 24 + 240,
	PE_TEXT = PE_TABLE,
	PE_DATA = PE_TABLE + 40,
	PE_RELOC = PE_TABLE + 80,
	PE_FILE_SIZE = 0xa00,
	PE_MEMORY_SIZE = 0x5000,
	PE_HEADERS_SIZE = 0x400,
	PE_BASE = 0x400000,
	PE_ENTRY = 0x1010,
	PE_POINTER = 0x1100,
	PE_POINTER_32 = 0x2010,
};

static inline void pe_image_section(u8 *entry, const char *name, u32 address, u32 memory_size,
				    u32 offset, u32 file_size)
{
	memcpy(entry, name, strlen(name));
	store_le32(entry + 8, memory_size);
	store_le32(entry + 12, address);
	store_le32(entry + 16, file_size);
	store_le32(entry + 20, offset);
	store_le32(entry + 36, 0x60000020);
}

/* @image has PE_FILE_SIZE bytes. */
static inline void pe_image_make(u8 *image)
{
	u8 *p = image + PE_P;

	memset(image, 0, PE_FILE_SIZE);
	memset(image + 0x400, 0xcc, 0x200);
	memset(image + 0x600, 0xdd, 0x200);
	memcpy(image, "MZ", 2);
	store_le32(image + 0x3c, PE_P);
	memcpy(p, "PE\0\0", 4);
	store_le16(p + 4, PE_MACHINE_X86_64);
	store_le16(p + 6, 3);
	store_le16(p + 20, 240);
	store_le16(p + 22, 0x222e);
	store_le16(p + 24, 0x20b);
	store_le32(p + 40, PE_ENTRY);
	store_le64(p + 48, PE_BASE);
	store_le32(p + 56, 0x1000);
	store_le32(p + 60, 0x200);
	store_le32(p + 80, PE_MEMORY_SIZE);
	store_le32(p + 84, PE_HEADERS_SIZE);
	store_le32(p + 88, 0x12345678); /* a wrong checksum */
	store_le16(p + 92, PE_SUBSYSTEM_EFI_APPLICATION);
	store_le16(p + 94, PE_DLL_NX_COMPATIBLE);
	store_le32(p + 132, 16);
	store_le32(p + 168, 0x7fffff00); /* nonexistent certificates */
	store_le32(p + 172, 0x7fffff00);
	store_le32(p + 176, 0x4000);
	store_le32(p + 180, 0x1a);
	pe_image_section(image + PE_TEXT, ".text", 0x1000, 0x180, 0x400, 0x200);
	pe_image_section(image + PE_DATA, ".data", 0x2000, 0x1800, 0x600, 0x200);
	pe_image_section(image + PE_RELOC, ".reloc", 0x4000, 0x1a, 0x800, 0x200);
	store_le64(image + 0x500, PE_BASE + 0x2020);
	store_le32(image + 0x610, PE_BASE + 0x1010);
	/* Two blocks: a pointer and padding; a short pointer. */
	store_le32(image + 0x800, 0x1000);
	store_le32(image + 0x804, 12);
	store_le16(image + 0x808, 0xa100);
	store_le32(image + 0x80c, 0x2000);
	store_le32(image + 0x810, 10);
	store_le16(image + 0x814, 0x3010);
}
