/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Valid PE32+ programs with various layouts, a list of all their fields, and values for each field
 * that are likely to expose bugs, for tests that try each value in each field.
 */
#pragma once

#include "tests/unit/pe_reference.h"
#include "tests/unit/uki_image.h"

enum {
	PE_DIRECTORY_SIZE = 24, /* of resources, with one entry */
	PE_SHAPES = 7,
	PE_FREE_BASE = 0x18000000,
	/* address in the test machine's memory */ PE_FIELDS_MAX = 400,
	PE_VALUES_MAX = 120
};

struct pe_shape {
	const char *name;
	u32 file_size;
	u8 file[UKI_IMAGE_SIZE];
};

/* systemd's stub: linked high, with DIR64 only. */
static inline void pe_shape_high(struct pe_shape *shape)
{
	u8 *p = shape->file + PE_P;

	shape->name = "high base";
	store_le64(p + 48, 0x14df90000);
	store_le64(shape->file + 0x500, 0x14df90000 + 0x2020);
	store_le16(shape->file + 0x814, 0xa010);
}

/* Linux: small alignments, no relocations, base 0, sections right after the headers. */
static inline void pe_shape_packed(struct pe_shape *shape)
{
	u8 *p = shape->file + PE_P;

	shape->name = "small alignment";
	store_le64(p + 48, 0);
	store_le32(p + 40, 0x410);
	store_le32(p + 56, 0x20);
	store_le32(p + 60, 0x20);
	store_le32(p + 80, 0x1000);
	store_le64(p + 176, 0);
	store_le32(shape->file + PE_TEXT + 12, 0x400);
	store_le32(shape->file + PE_DATA + 12, 0x580);
	store_le32(shape->file + PE_DATA + 8, 0x280);
	store_le32(shape->file + PE_RELOC + 12, 0x800);
}

static inline void pe_shape_stripped(struct pe_shape *shape)
{
	shape->name = "stripped";
	store_le64(shape->file + PE_P + 48, PE_FREE_BASE);
	store_le16(shape->file + PE_P + 22, 0x222f);
	store_le64(shape->file + PE_P + 176, 0);
}

/* Six data directories; overlapping, unsorted sections, one without data. */
static inline void pe_shape_overlap(struct pe_shape *shape)
{
	u8 *p = shape->file + PE_P;
	u8 table[120];

	shape->name = "overlap";
	memcpy(table, shape->file + PE_TABLE + 80, 40);
	memcpy(table + 40, shape->file + PE_TABLE, 80);
	store_le32(table + 80 + 8, 0x2e00);
	store_le32(table + 80 + 12, 0x1170); /* .data overlaps .text, and .bss overlaps all three */
	memset(p + 184, 0, sizeof(table) + 200);
	pe_image_section(p + 184, ".bss", 0x1180, 0x3e00, 0xffffffff, 0);
	memcpy(p + 184 + 40, table, sizeof(table));
	store_le32(shape->file + 0x80c, 0x1170);
	store_le16(p + 6, 4);
	store_le16(p + 20, 160);
	store_le32(p + 132, 6);
}

static inline void pe_shape_uki(struct pe_shape *shape)
{
	struct uki_image uki;

	uki_image_begin(&uki);
	uki_image_add(&uki, ".osrel", "ID=debian\nNAME=\"Debian\"\n");
	uki_image_add(&uki, ".cmdline", "root=LABEL=root quiet");
	uki_image_add(&uki, ".initrd", "an initrd");
	uki_image_add(&uki, ".linux", "a kernel");
	uki_image_add(&uki, ".profile", "ID=main\n");
	uki_image_add(&uki, ".profile", "ID=rescue\nTITLE=Rescue\n");
	uki_image_add(&uki, ".cmdline", "single");
	shape->name = "UKI";
	shape->file_size = 0xc00 + 0x400 * uki.added;
	memcpy(shape->file, uki.bytes, shape->file_size);
	store_le64(shape->file + PE_P + 48, 0);
	store_le64(shape->file + 0x500, 0x2020);
	store_le32(shape->file + 0x610, 0x1010);
}

/* A driver with HII packages: .rsrc instead of .data, without pointers in it. */
static inline void pe_shape_resources(struct pe_shape *shape)
{
	u8 *resources = shape->file + 0x600;

	shape->name = "resources";
	memcpy(shape->file + PE_DATA, ".rsrc", 5);
	store_le16(shape->file + PE_P + 92, PE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER);
	store_le16(shape->file + 0x814, 0);
	memset(resources, 0, 0x200);
	for (u32 level = 0; level < 3; level++) {
		u8 *directory = resources + PE_DIRECTORY_SIZE * level;

		store_le16(directory + (level ? 14 : 12), 1);
		store_le32(directory + 16, level ? 1 : 0x80000000 + 0x60);
		store_le32(directory + 20, level < 2 ?
						   0x80000000 + PE_DIRECTORY_SIZE * (level + 1) :
						   PE_DIRECTORY_SIZE * 3);
	}
	store_le32(resources + PE_DIRECTORY_SIZE * 3, 0x2080);
	store_le32(resources + PE_DIRECTORY_SIZE * 3 + 4, 0x100);
	store_le32(resources + 0x90, 0x100); /* the list's length */
	memcpy(resources + 0x60, "\3\0H\0I\0I\0", 8);
}

/* @index is below PE_SHAPES; the first shape is that of pe_image.h. */
static inline void pe_shape_make(struct pe_shape *shape, u32 index)
{
	static void (*const makers[PE_SHAPES])(struct pe_shape *) = {
		NULL,
		pe_shape_high,
		pe_shape_packed,
		pe_shape_stripped,
		pe_shape_overlap,
		pe_shape_uki,
		pe_shape_resources,
	};

	memset(shape, 0, sizeof(*shape));
	shape->name = "relocations";
	shape->file_size = PE_FILE_SIZE;
	pe_image_make(shape->file);
	if (makers[index])
		makers[index](shape);
}

struct pe_field {
	char name[24];
	u32 offset, width;
	bool is_free; /* ignored by loaders */
};

struct pe_fields {
	u32 count;
	struct pe_field list[PE_FIELDS_MAX];
};

static inline void pe_fields_add(struct pe_fields *fields, const char *name, u32 index, u32 offset,
				 u32 width, bool is_free)
{
	struct pe_field *field = &fields->list[fields->count++];

	*field = (struct pe_field){ .offset = offset, .width = width, .is_free = is_free };
	snprintf(field->name, sizeof(field->name), "%s%.0u", name, index);
}

/* Adds the fields of the headers, by offset from "PE\0\0". */
static inline void pe_fields_of_headers(struct pe_fields *fields, const struct pe_reference *r)
{
	static const struct pe_field headers[] = {
		{ "signature", 0, 4, false },
		{ "machine", 4, 2, false },
		{ "section count", 6, 2, false },
		{ "time", 8, 4, true },
		{ "symbols", 12, 4, true },
		{ "symbol count", 16, 4, true },
		{ "optional size", 20, 2, false },
		{ "characteristics", 22, 2, false },
		{ "magic", 24, 2, false },
		{ "linker", 26, 2, true },
		{ "code size", 28, 4, true },
		{ "data size", 32, 4, true },
		{ "bss size", 36, 4, true },
		{ "entry", 40, 4, false },
		{ "code base", 44, 4, true },
		{ "image base", 48, 8, false },
		{ "section alignment", 56, 4, false },
		{ "file alignment", 60, 4, true },
		{ "system version", 64, 4, true },
		{ "image version", 68, 4, true },
		{ "subsystem version", 72, 4, true },
		{ "Win32 version", 76, 4, true },
		{ "image size", 80, 4, false },
		{ "headers size", 84, 4, false },
		{ "checksum", 88, 4, true },
		{ "subsystem", 92, 2, false },
		{ "DLL characteristics", 94, 2, true },
		{ "stack reserve", 96, 8, true },
		{ "stack commit", 104, 8, true },
		{ "heap reserve", 112, 8, true },
		{ "heap commit", 120, 8, true },
		{ "loader flags", 128, 4, true },
		{ "directory count", 132, 4, false },
	};

	for (u32 i = 0; i < ARRAY_SIZE(headers); i++)
		pe_fields_add(fields, headers[i].name, 0, (u32)r->at + headers[i].offset,
			      headers[i].width, headers[i].is_free);
	for (u32 i = 0; i < (r->sections - r->at - 136) / 8; i++) {
		pe_fields_add(fields, "directory ", i, (u32)r->at + 136 + 8 * i, 4, i != 5);
		pe_fields_add(fields, "directory size ", i, (u32)r->at + 140 + 8 * i, 4, i != 5);
	}
}

/* Adds the fields of .rsrc. */
static inline void pe_fields_of_resources(struct pe_fields *fields)
{
	for (u32 level = 0; level < 3; level++) {
		u32 offset = 0x600 + PE_DIRECTORY_SIZE * level;

		pe_fields_add(fields, "named ", level, offset + 12, 2, false);
		pe_fields_add(fields, "numbered ", level, offset + 14, 2, false);
		pe_fields_add(fields, "resource ", level, offset + 16, 4, false);
		pe_fields_add(fields, "leads to ", level, offset + 20, 4, false);
	}
	pe_fields_add(fields, "data", 0, 0x600 + PE_DIRECTORY_SIZE * 3, 4, false);
	pe_fields_add(fields, "data size", 0, 0x604 + PE_DIRECTORY_SIZE * 3, 4, false);
	pe_fields_add(fields, "list size", 0, 0x690, 4, false);
	pe_fields_add(fields, "HII", 0, 0x660, 8, false);
}

/* Lists all fields of a valid file. */
static inline void pe_fields_list(struct pe_fields *fields, const struct pe_reference *r)
{
	static const struct pe_field of_section[] = {
		{ "name ", 0, 4, true },          { "memory size ", 8, 4, false },
		{ "address ", 12, 4, false },     { "file size ", 16, 4, false },
		{ "file offset ", 20, 4, false }, { "relocations ", 24, 8, true },
		{ "counts ", 32, 4, true },       { "characteristics ", 36, 4, true },
	};

	fields->count = 0;
	pe_fields_add(fields, "MZ", 0, 0, 2, false);
	pe_fields_add(fields, "header offset", 0, 0x3c, 4, false);
	pe_fields_of_headers(fields, r);
	for (u32 s = 0; s < r->section_count; s++)
		for (u32 i = 0; i < ARRAY_SIZE(of_section); i++)
			pe_fields_add(fields, of_section[i].name, s,
				      (u32)r->sections + 40 * s + of_section[i].offset,
				      of_section[i].width, of_section[i].is_free);
	/* The two blocks of pe_image.h, wherever they are loaded. */
	if (r->relocations_size) {
		pe_fields_add(fields, "block", 0, 0x800, 4, false);
		pe_fields_add(fields, "block size", 0, 0x804, 4, false);
		for (u32 i = 0; i < 2; i++)
			pe_fields_add(fields, "word", i, 0x808 + 2 * i, 2, false);
		pe_fields_add(fields, "second block", 0, 0x80c, 4, false);
		pe_fields_add(fields, "second block size", 0, 0x810, 4, false);
		pe_fields_add(fields, "second word", 0, 0x814, 2, false);
	}
	if (memcmp(r->file + PE_DATA, ".rsrc", 5) == 0)
		pe_fields_of_resources(fields);
}

/* Boundary values at which loaders make mistakes; @good is the field's value in the valid file. */
static inline u32 pe_values_list(const struct pe_reference *r, const struct pe_field *field,
				 u64 good, u64 *values)
{
	u64 max = field->width == 8 ? UINT64_MAX : (1ull << 8 * field->width) - 1;
	u64 edges[PE_VALUES_MAX / 3] = {
		0,
		max,
		max / 2 + 1,
		good,
		good ^ (max / 2 + 1),
		good * 2,
		good / 2,
		8,
		16,
		0x1000,
		max - good,
		max - r->size,
		r->size,
		r->size - good,
		r->headers_size,
		r->file_size,
		r->file_size - good,
		r->entry,
		r->sections,
		r->size + (1 << 30),
		r->file_size + (1 << 30),
		0x20b,
		0x10b,
		/* The last valid places for the relocations in the blocks of pe_image.h. */
		r->size - 0x108,
		r->size - 0x14,
		r->size - 0x18,
	};
	u32 count = 0, edge_count = 26;
	u64 sum = 0;

	for (u64 s = 0; s < r->section_count; s++) {
		struct pe_reference_section section = pe_reference_section(r, s);

		sum += section.size;
		if (s >= 4)
			continue;
		edges[edge_count++] = section.address;
		edges[edge_count++] = section.address + section.size;
	}
	edges[edge_count++] = 2 * r->size - sum + good; /* of the limit for all sections */
	if (field->is_free)
		edge_count = 2;
	for (u32 i = 0; i < edge_count; i++) {
		for (u32 off = 0; off < 3; off++) {
			u64 value = (edges[i] + off - 1) & max;
			u32 known = 0;

			while (known < count && values[known] != value)
				known++;
			if (known == count && value != good)
				values[count++] = value;
		}
	}
	return count;
}
