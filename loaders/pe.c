/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PE32+. The fields that are read, by file offset:
 *
 *	0	2	"MZ"
 *	0x3c	4	where the rest of the headers stands, called P here
 *	P	4	"PE\0\0"
 *	P + 4	2	machine
 *	P + 6	2	number of sections
 *	P + 20	2	size of the optional header, which starts at P + 24
 *	P + 22	2	characteristics
 *	P + 24	2	0x20b: PE32+
 *	P + 40	4	entry
 *	P + 48	8	image base
 *	P + 56	4	section alignment
 *	P + 80	4	size of the image in memory
 *	P + 84	4	size of all headers
 *	P + 92	2	subsystem
 *	P + 94	2	DLL characteristics
 *	P + 132	4	number of data directories, of which the sixth, if there,
 *	P + 176	4	says where the base relocations are in memory
 *	P + 180	4	and their size
 *
 * After the optional header follows the table of sections, 40 bytes each:
 *
 *	0	8	name
 *	8	4	size in memory
 *	12	4	address in memory
 *	16	4	size in the file
 *	20	4	offset in the file
 *	36	4	characteristics
 *
 * The base relocations are blocks: the offset of a page in the image, the size of the block, then
 * words with 4 bits of type and 12 bits of offset in the page.
 *
 * Other loaders of the same files (shim, EDK II) are at least as strict about sizes.
 */
#include "loaders/pe.h"

#include "core/log.h"
#include "lib/util.h"

enum {
	OPTIONAL_HEADER = 24,
	DIRECTORIES = OPTIONAL_HEADER + 112, /* where they start, from P on */
	DIRECTORY_SIZE = 8,
	DIRECTORIES_MAX = 16,
	DIRECTORY_RELOCATIONS = 5,
	MAGIC_PE32 = 0x10b,
	MAGIC_PE32_PLUS = 0x20b,
	RELOCATIONS_STRIPPED = 1,
	SECTION_SIZE = 40,
	BLOCK_HEADER_SIZE = 8,
	RELOCATION_ABSOLUTE = 0, /* padding */
	RELOCATION_HIGHLOW = 3,
	RELOCATION_DIR64 = 10,
};

/*
 * The limit for the total size of all sections, as a multiple of the image size, because
 * overlapping sections are copied one after the other.
 */
#define OVERLAP_MAX 2ull

/* Zeroing takes time without needing bytes on a disk. A kernel's .bss has about 100 MiB at most. */
#define ZEROES_MAX GIB

#if defined(__x86_64__)
enum { MACHINE = PE_MACHINE_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = PE_MACHINE_ARM64 };
#elif defined(__riscv)
enum { MACHINE = PE_MACHINE_RISCV64 };
#endif

struct pe_section pe_section(const struct pe_image *image, u32 index)
{
	const u8 *entry = span_part(image->sections, (u64)index * SECTION_SIZE, SECTION_SIZE).data;
	struct pe_section section = {
		.memory_size = load_le32(entry + 8),
		.address = load_le32(entry + 12),
		.file_size = load_le32(entry + 16),
		.file_offset = load_le32(entry + 20),
		.characteristics = load_le32(entry + 36),
	};

	memcpy(section.name, entry, PE_SECTION_NAME_SIZE);
	/* Old linkers leave it 0. */
	if (section.memory_size == 0)
		section.memory_size = section.file_size;
	/* Sizes in the file are rounded up to the file alignment. */
	if (section.file_size > section.memory_size)
		section.file_size = section.memory_size;
	return section;
}

static u64 end_of(const struct pe_section *section)
{
	return (u64)section->address + section->memory_size;
}

static enum status check_section(const char *name, const struct pe_image *image, u64 file_size,
				 const struct pe_section *section)
{
	if (section->address < image->headers_size || end_of(section) > image->size)
		return corrupt("%s: section %s: 0x%x bytes at 0x%x of an image of 0x%x", name,
			       section->name, section->memory_size, section->address, image->size);
	if (section->file_size && (section->file_offset > file_size ||
				   section->file_size > file_size - section->file_offset))
		return corrupt("%s: section %s: %u bytes at %u of a file of %lu (cut off?)", name,
			       section->name, section->file_size, section->file_offset, file_size);
	return OK;
}

/*
 * Sections may overlap: in unified kernel images whose stub's .sbat section was extended, it
 * overlaps the next section. Later sections in the table overwrite earlier ones.
 */
static enum status check_sections(const char *name, const struct pe_image *image, u64 file_size)
{
	u64 sum = 0;

	for (u32 i = 0; i < image->section_count; i++) {
		struct pe_section section = pe_section(image, i);
		enum status status = OK;

		if (section.memory_size)
			status = check_section(name, image, file_size, &section);
		if (status)
			return status;
		sum += section.memory_size;
	}
	if (sum > OVERLAP_MAX * image->size)
		return corrupt("%s: sections of %lu bytes in an image of %u", name, sum,
			       image->size);
	return OK;
}

/* Finds the headers after "MZ" and checks that they are present up to the data directories. */
static enum status find_header(const char *name, struct span start, u64 file_size, u32 *at)
{
	struct span signature;
	u64 needed;

	if (!span_starts_with(start, SPAN("MZ")) || start.size < 0x40)
		return ERR_UNRECOGNIZED;
	*at = load_le32(start.data + 0x3c);
	needed = (u64)*at + DIRECTORIES;
	if (needed > start.size)
		return needed > file_size ? ERR_UNRECOGNIZED : ERR_TOO_LARGE;
	signature = span_part(start, *at, 4);
	if (!span_equals(signature, SPAN("PE\0\0")))
		return ERR_UNRECOGNIZED;
	if (load_le16(start.data + *at + 4) != MACHINE)
		return unsupported("%s: a program for another machine (0x%x)", name,
				   load_le16(start.data + *at + 4));
	if (load_le16(start.data + *at + OPTIONAL_HEADER) == MAGIC_PE32)
		return unsupported("%s: a 32-bit program", name);
	if (load_le16(start.data + *at + OPTIONAL_HEADER) != MAGIC_PE32_PLUS)
		return corrupt("%s: optional header 0x%x", name,
			       load_le16(start.data + *at + OPTIONAL_HEADER));
	return OK;
}

/* Finds the section table and checks that all headers are present. */
static enum status check_headers(const char *name, struct span start, u64 file_size, u32 at,
				 struct pe_image *out)
{
	const u8 *h = start.data + at;
	u32 optional_size = load_le16(h + 20);
	u32 directories = load_le32(h + 132);
	u64 table = (u64)at + OPTIONAL_HEADER + optional_size;
	u64 table_size = (u64)out->section_count * SECTION_SIZE;

	if (out->headers_size > file_size || out->headers_size > out->size)
		return corrupt("%s: headers of %u bytes, file of %lu, image of %u", name,
			       out->headers_size, file_size, out->size);
	if (directories > DIRECTORIES_MAX ||
	    optional_size < DIRECTORIES - OPTIONAL_HEADER + directories * DIRECTORY_SIZE)
		return corrupt("%s: %u data directories in an optional header of %u bytes", name,
			       directories, optional_size);
	if (table + table_size > out->headers_size)
		return corrupt("%s: %u sections from %lu on, headers of %u bytes", name,
			       out->section_count, table, out->headers_size);
	if (out->headers_size > start.size)
		return ERR_TOO_LARGE;
	out->sections = span_part(start, table, table_size);
	if (directories > DIRECTORY_RELOCATIONS) {
		const u8 *directory = h + DIRECTORIES + DIRECTORY_RELOCATIONS * DIRECTORY_SIZE;

		out->relocations = load_le32(directory);
		out->relocations_size = load_le32(directory + 4);
	}
	return OK;
}

enum status pe_check(const char *name, struct span start, u64 file_size, struct pe_image *out)
{
	enum status status;
	const u8 *h;
	u32 at;

	status = find_header(name, start, file_size, &at);
	if (status)
		return status;
	h = start.data + at;
	*out = (struct pe_image){
		.machine = load_le16(h + 4),
		.section_count = load_le16(h + 6),
		.relocations_stripped = load_le16(h + 22) & RELOCATIONS_STRIPPED,
		.entry = load_le32(h + 40),
		.base = load_le64(h + 48),
		.base_field = at + 48,
		.section_alignment = load_le32(h + 56),
		.size = load_le32(h + 80),
		.headers_size = load_le32(h + 84),
		.subsystem = load_le16(h + 92),
		.dll_characteristics = load_le16(h + 94),
	};
	if (out->subsystem < PE_SUBSYSTEM_EFI_APPLICATION ||
	    out->subsystem > PE_SUBSYSTEM_EFI_RUNTIME_DRIVER)
		return unsupported("%s: not a program for UEFI (subsystem %u)", name,
				   out->subsystem);
	status = check_headers(name, start, file_size, at, out);
	if (status)
		return status;
	if (!is_power_of_two(out->section_alignment))
		return corrupt("%s: section alignment 0x%x", name, out->section_alignment);
	if (out->size > file_size && out->size - file_size > ZEROES_MAX)
		return corrupt("%s: an image of %u MiB out of a file of %lu bytes", name,
			       out->size >> 20, file_size);
	if (out->entry < out->headers_size || out->entry >= out->size)
		return corrupt("%s: entry 0x%x in an image of 0x%x", name, out->entry, out->size);
	if (out->relocations > out->size || out->relocations_size > out->size - out->relocations)
		return corrupt("%s: 0x%x bytes of relocations at 0x%x of an image of 0x%x", name,
			       out->relocations_size, out->relocations, out->size);
	return check_sections(name, out, file_size);
}

enum status pe_place(const struct pe_image *image, struct span file, void *placed, u64 size)
{
	struct span headers = span_part(file, 0, image->headers_size);
	u64 end = image->headers_size; /* everything up to here has been written */
	u8 *to = placed;

	if (size < image->size)
		return ERR_TOO_LARGE;
	if (headers.size != image->headers_size)
		return ERR_CORRUPT;
	memcpy(to, headers.data, headers.size);
	for (u32 i = 0; i < image->section_count; i++) {
		struct pe_section section = pe_section(image, i);
		struct span bytes = span_part(file, section.file_offset, section.file_size);

		if (section.memory_size == 0)
			continue;
		if (bytes.size != section.file_size)
			return ERR_CORRUPT;
		if (section.address > end)
			memset(to + end, 0, section.address - end);
		if (bytes.size)
			memcpy(to + section.address, bytes.data, bytes.size);
		memset(to + section.address + bytes.size, 0, section.memory_size - bytes.size);
		end = max_u64(end, end_of(&section));
	}
	memset(to + end, 0, size - end);
	return OK;
}

/* Applies one word of a block to the data at @at. */
static enum status apply(const char *name, const struct pe_image *image, u32 type, u8 *to, u64 at,
			 u64 delta)
{
	u32 width = type == RELOCATION_DIR64 ? 8 : 4;
	u64 value;

	if (type == RELOCATION_ABSOLUTE)
		return OK;
	if (type != RELOCATION_DIR64 && type != RELOCATION_HIGHLOW)
		return unsupported("%s: relocation of type %u", name, type);
	if (at > image->size || width > image->size - at)
		return corrupt("%s: relocation at 0x%lx of an image of 0x%x", name, at,
			       image->size);
	if (type == RELOCATION_DIR64) {
		store_le64(to + at, load_le64(to + at) + delta);
		return OK;
	}
	value = load_le32(to + at) + delta;
	/* An image with a higher base, such as Xen 4.17, has no whole addresses there. */
	if (value > UINT32_MAX && image->base <= UINT32_MAX)
		return unsupported("%s: runs below 4 GiB only", name);
	store_le32(to + at, (u32)value);
	return OK;
}

enum status pe_relocate(const char *name, const struct pe_image *image, void *placed, u64 address)
{
	u64 delta = address - image->base;
	u8 *to = placed;
	/*
	 * Read from the loaded image, which may change itself: each byte is read once, in order.
	 */
	struct reader blocks = {
		.rest = span_part(span_of(placed, image->size), image->relocations,
				  image->relocations_size),
	};

	if (delta == 0)
		return OK;
	if (image->relocations_stripped)
		return unsupported("%s: runs at 0x%lx only", name, image->base);
	while (blocks.rest.size >= BLOCK_HEADER_SIZE) {
		u64 page = read_le32(&blocks);
		u32 size = read_le32(&blocks);
		struct reader words = { .overrun = false };

		if (size < BLOCK_HEADER_SIZE || size - BLOCK_HEADER_SIZE > blocks.rest.size)
			return corrupt("%s: relocations of %u bytes, %zu are left", name, size,
				       blocks.rest.size + BLOCK_HEADER_SIZE);
		words.rest = read_bytes(&blocks, size - BLOCK_HEADER_SIZE);
		while (words.rest.size >= 2) {
			u32 word = read_le16(&words);
			enum status status =
				apply(name, image, word >> 12, to, page + (word & 0xfff), delta);

			if (status)
				return status;
		}
	}
	store_le64(to + image->base_field, address);
	return OK;
}
