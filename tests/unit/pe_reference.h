/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reference PE32+ loader to which tests compare loaders/pe.c. It implements Microsoft's
 * specification and the contract in loaders/pe.h byte by byte, and finds all faults of a file, not
 * only the first.
 */
#pragma once

#include <string.h>

#include "lib/status.h"
#include "lib/types.h"

struct pe_reference {
	const u8 *file;
	u64 file_size;
	u32 faults; /* a bit per enum status: 1 << ERR_CORRUPT, ...; 0: must be loaded */
	u64 at;     /* "PE\0\0" */
	u64 sections, section_count;
	u64 headers_size, size, base, entry, relocations, relocations_size;
	bool is_stripped;
};

struct pe_reference_section {
	u64 address, size, offset, bytes;
};

static inline u64 pe_bytes_get(const u8 *bytes, u64 size, u64 at, u32 width)
{
	u64 value = 0;

	for (u32 i = 0; i < width && at + i < size; i++)
		value |= (u64)bytes[at + i] << 8 * i;
	return value;
}

static inline void pe_bytes_put(u8 *bytes, u64 at, u32 width, u64 value)
{
	for (u32 i = 0; i < width; i++)
		bytes[at + i] = (u8)(value >> 8 * i);
}

static inline u64 pe_reference_field(const struct pe_reference *r, u64 offset, u32 width)
{
	return pe_bytes_get(r->file, r->file_size, r->at + offset, width);
}

static inline void pe_reference_rule(struct pe_reference *r, bool holds, enum status otherwise)
{
	if (!holds)
		r->faults |= 1u << otherwise;
}

static inline struct pe_reference_section pe_reference_section(const struct pe_reference *r,
							       u64 index)
{
	u64 offset = r->sections - r->at + 40 * index;
	struct pe_reference_section section = {
		.size = pe_reference_field(r, offset + 8, 4),
		.address = pe_reference_field(r, offset + 12, 4),
		.bytes = pe_reference_field(r, offset + 16, 4),
		.offset = pe_reference_field(r, offset + 20, 4),
	};

	if (section.size == 0)
		section.size = section.bytes;
	if (section.bytes > section.size)
		section.bytes = section.size;
	return section;
}

static inline void pe_reference_check_sections(struct pe_reference *r)
{
	u64 sum = 0;

	for (u64 i = 0; i < r->section_count; i++) {
		struct pe_reference_section section = pe_reference_section(r, i);

		sum += section.size;
		if (section.size == 0)
			continue;
		pe_reference_rule(r, section.address >= r->headers_size, ERR_CORRUPT);
		pe_reference_rule(r, section.address + section.size <= r->size, ERR_CORRUPT);
		pe_reference_rule(
			r, section.bytes == 0 || section.offset + section.bytes <= r->file_size,
			ERR_CORRUPT);
	}
	pe_reference_rule(r, sum <= 2 * r->size, ERR_CORRUPT);
}

/* For a machine with x86-64 or another processor. */
static inline struct pe_reference pe_reference_read(const u8 *file, u64 file_size, u16 machine)
{
	struct pe_reference r = { .file = file, .file_size = file_size };
	u64 magic, subsystem, alignment, optional_size, directories;

	r.at = pe_bytes_get(file, file_size, 0x3c, 4);
	if (file_size < 0x40 || file[0] != 'M' || file[1] != 'Z' || r.at + 136 > file_size ||
	    pe_reference_field(&r, 0, 4) != 0x4550) {
		pe_reference_rule(&r, false, ERR_UNRECOGNIZED);
		return r;
	}
	pe_reference_rule(&r, pe_reference_field(&r, 4, 2) == machine, ERR_UNSUPPORTED);
	r.section_count = pe_reference_field(&r, 6, 2);
	optional_size = pe_reference_field(&r, 20, 2);
	r.is_stripped = pe_reference_field(&r, 22, 2) % 2;
	magic = pe_reference_field(&r, 24, 2);
	r.entry = pe_reference_field(&r, 40, 4);
	r.base = pe_reference_field(&r, 48, 8);
	alignment = pe_reference_field(&r, 56, 4);
	r.size = pe_reference_field(&r, 80, 4);
	r.headers_size = pe_reference_field(&r, 84, 4);
	subsystem = pe_reference_field(&r, 92, 2);
	directories = pe_reference_field(&r, 132, 4);
	r.sections = r.at + 24 + optional_size;
	if (directories >= 6) {
		r.relocations = pe_reference_field(&r, 176, 4);
		r.relocations_size = pe_reference_field(&r, 180, 4);
	}
	pe_reference_rule(&r, magic == 0x20b, magic == 0x10b ? ERR_UNSUPPORTED : ERR_CORRUPT);
	pe_reference_rule(&r, subsystem >= 10 && subsystem <= 12, ERR_UNSUPPORTED);
	pe_reference_rule(&r, directories <= 16, ERR_CORRUPT);
	pe_reference_rule(&r, optional_size >= 112 + 8 * directories, ERR_CORRUPT);
	pe_reference_rule(&r, r.sections + 40 * r.section_count <= r.headers_size, ERR_CORRUPT);
	pe_reference_rule(&r, r.headers_size <= file_size, ERR_CORRUPT);
	pe_reference_rule(&r, r.headers_size <= r.size, ERR_CORRUPT);
	pe_reference_rule(&r, alignment && (alignment & (alignment - 1)) == 0, ERR_CORRUPT);
	pe_reference_rule(&r, r.size <= file_size + (1u << 30), ERR_CORRUPT);
	pe_reference_rule(&r, r.entry >= r.headers_size && r.entry < r.size, ERR_CORRUPT);
	pe_reference_rule(&r, r.relocations + r.relocations_size <= r.size, ERR_CORRUPT);
	pe_reference_check_sections(&r);
	return r;
}

static inline void pe_reference_place(const struct pe_reference *r, u8 *memory)
{
	memset(memory, 0, r->size);
	for (u64 i = 0; i < r->headers_size; i++)
		memory[i] = r->file[i];
	for (u64 s = 0; s < r->section_count; s++) {
		struct pe_reference_section section = pe_reference_section(r, s);

		for (u64 i = 0; i < section.size; i++)
			memory[section.address + i] =
				i < section.bytes ? r->file[section.offset + i] : 0;
	}
}

/* Applies one word of a base relocation block. */
static inline enum status pe_reference_move(const struct pe_reference *r, u8 *memory, u32 type,
					    u64 target, u64 delta)
{
	u32 width = type == 10 ? 8 : 4;
	u64 value;

	if (type == 0)
		return OK;
	if (type != 3 && type != 10)
		return ERR_UNSUPPORTED;
	if (target + width > r->size)
		return ERR_CORRUPT;
	value = pe_bytes_get(memory, r->size, target, width) + delta;
	if (width == 4 && value >> 32 && !(r->base >> 32))
		return ERR_UNSUPPORTED;
	pe_bytes_put(memory, target, width, value);
	return OK;
}

/*
 * Reads each word from @memory just before it is applied, because relocations may change
 * relocations.
 */
static inline enum status pe_reference_relocate(const struct pe_reference *r, u8 *memory,
						u64 address)
{
	u64 at = r->relocations, end = at + r->relocations_size;

	if (address == r->base)
		return OK;
	if (r->is_stripped)
		return ERR_UNSUPPORTED;
	while (end - at >= 8) {
		u64 page = pe_bytes_get(memory, r->size, at, 4);
		u64 block_end = at + pe_bytes_get(memory, r->size, at + 4, 4);

		if (block_end < at + 8 || block_end > end)
			return ERR_CORRUPT;
		for (at += 8; at + 2 <= block_end; at += 2) {
			u32 word = (u32)pe_bytes_get(memory, r->size, at, 2);
			enum status status = pe_reference_move(
				r, memory, word >> 12, page + word % 4096, address - r->base);

			if (status)
				return status;
		}
		at = block_end;
	}
	pe_bytes_put(memory, r->at + 48, 8, address);
	return OK;
}

/* Follows an entry of a resource directory: the first, or the one called @name. */
static inline bool pe_reference_follow(const u8 *section, u64 size, u64 *at, const char *name)
{
	u64 directory = *at;
	u64 count = pe_bytes_get(section, size, directory + 12, 2) +
		    pe_bytes_get(section, size, directory + 14, 2);

	/* No known file has more types. */
	for (u64 i = 0; i < count && i < 64 && directory + 24 + 8 * i <= size; i++) {
		u64 key = pe_bytes_get(section, size, directory + 16 + 8 * i, 4);
		u64 text = key - 0x80000000;
		bool is_wanted = !name;

		if (name && key >= 0x80000000 && text + 2 + 2 * strlen(name) <= size) {
			is_wanted = pe_bytes_get(section, size, text, 2) == strlen(name);
			for (u32 c = 0; c < strlen(name); c++)
				is_wanted = is_wanted &&
					    pe_bytes_get(section, size, text + 2 + 2 * c, 2) ==
						    (u8)name[c];
		}
		*at = pe_bytes_get(section, size, directory + 20 + 8 * i, 4);
		if (is_wanted)
			return true;
	}
	return false;
}

/* The offset of the HII packages in the loaded image. False: there are none. */
static inline bool pe_reference_hii(const struct pe_reference *r, const u8 *memory, u64 *offset)
{
	static const char *const names[] = { "HII", NULL, NULL };

	for (u64 s = 0; s < r->section_count; s++) {
		struct pe_reference_section section = pe_reference_section(r, s);
		u64 at = 0x80000000, data;

		if (memcmp(r->file + r->sections + 40 * s, ".rsrc\0\0", 8) != 0)
			continue;
		for (u32 level = 0; level < 3; level++) {
			if (at < 0x80000000)
				return false;
			at -= 0x80000000;
			if (!pe_reference_follow(memory + section.address, section.size, &at,
						 names[level]))
				return false;
		}
		if (at >= 0x80000000 || at + 8 > section.size)
			return false;
		data = pe_bytes_get(memory + section.address, section.size, at, 4);
		at = pe_bytes_get(memory + section.address, section.size, at + 4, 4);
		if (data + at > r->size || at < 20 ||
		    pe_bytes_get(memory, r->size, data + 16, 4) < 20 ||
		    pe_bytes_get(memory, r->size, data + 16, 4) > at)
			return false;
		*offset = data;
		return true;
	}
	return false;
}
