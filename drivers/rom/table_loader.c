/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table loader's script: lines of 128 bytes, little endian: a u32 command and its arguments.
 * Names of files are 56 bytes and end with a NUL.
 *
 *	1 allocate	 4 file		60 u32 alignment	64 u8 zone: 1 anywhere, 2 BIOS area
 *	2 add pointer	 4 in file	60 to file		116 u32 offset, 120 u8 size
 *	3 add checksum	 4 file		60 u32 offset of it	64 u32 start, 68 u32 length
 *	4 write pointer	 4 in VMM's	60 to file		116 u32 offset, 120 u32 offset to,
 *								124 u8 size
 *
 * Unknown commands are skipped, as the VMM means the ones that firmware must know.
 */
#include "drivers/rom/table_loader.h"

#include "core/log.h"
#include "lib/util.h"

enum {
	LINE_SIZE = 128,
	ALLOCATE = 1,
	ADD_POINTER = 2,
	ADD_CHECKSUM = 3,
	WRITE_POINTER = 4,

	ZONE_BIOS_AREA = 2,
	FILE_SIZE_MAX = 16 * 1024 * 1024,
	LINES_MAX = 4096,
	WORK_MAX = 64 * 1024 * 1024,
};

const struct table_file *table_loader_find(const struct table_loader *loader, const char *name)
{
	for (u32 i = 0; i < loader->file_count; i++)
		if (strcmp(loader->files[i].name, name) == 0)
			return &loader->files[i];
	return NULL;
}

/* The next file name of the line; "" if it is not terminated. */
static void read_name(struct reader *r, char name[TABLE_NAME_SIZE])
{
	struct span bytes = read_bytes(r, TABLE_NAME_SIZE);

	name[0] = 0;
	if (!span_is_empty(bytes) && !bytes.data[TABLE_NAME_SIZE - 1])
		memcpy(name, bytes.data, TABLE_NAME_SIZE);
}

static const struct table_file *read_file(const struct table_loader *loader, struct reader *r)
{
	char name[TABLE_NAME_SIZE];

	read_name(r, name);
	return table_loader_find(loader, name);
}

static bool is_pointer_size(u32 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool lies_in(u64 offset, u64 size, const struct table_file *file)
{
	return offset <= file->size && size <= file->size - offset;
}

static bool spend(struct table_loader *loader, u64 work)
{
	loader->work += work;
	return loader->work <= WORK_MAX;
}

static enum status allocate(struct table_loader *loader, struct reader *r)
{
	struct table_file *file = &loader->files[loader->file_count];
	enum status status;
	u32 alignment;
	u8 zone;

	if (loader->file_count == TABLE_FILES_MAX)
		return unsupported("ACPI script: more than %d files (TABLE_FILES_MAX)",
				   TABLE_FILES_MAX);
	read_name(r, file->name);
	alignment = read_le32(r);
	zone = read_u8(r);
	if (!file->name[0] || table_loader_find(loader, file->name) ||
	    (alignment && !is_power_of_two(alignment)))
		return corrupt("ACPI script: cannot allocate \"%s\"", file->name);
	status = loader->size(file->name, &file->size);
	if (status)
		return status;
	if (file->size == 0 || file->size > FILE_SIZE_MAX || !spend(loader, file->size))
		return corrupt("ACPI script: \"%s\" of %u bytes", file->name, file->size);
	status = loader->allocate(file->size, (u32)max_u64(alignment, 1), zone == ZONE_BIOS_AREA,
				  &file->data, &file->address);
	if (!status)
		status = loader->read(file->name, file->size, file->data);
	if (!status)
		loader->file_count++;
	return status;
}

static u64 load_number(const u8 *from, u32 size)
{
	u64 value = 0;

	for (u32 i = size; i--;)
		value = value << 8 | from[i];
	return value;
}

static void store_number(u8 *to, u32 size, u64 value)
{
	for (u32 i = 0; i < size; i++, value >>= 8)
		to[i] = (u8)value;
}

static enum status add_pointer(struct table_loader *loader, struct reader *r)
{
	const struct table_file *file = read_file(loader, r), *to = read_file(loader, r);
	u32 offset = read_le32(r), size = read_u8(r);
	u64 value;

	if (!file || !to || !is_pointer_size(size) || !lies_in(offset, size, file))
		return corrupt("ACPI script: pointer of %u bytes at 0x%x", size, offset);
	value = load_number(file->data + offset, size);
	if (value >= to->size)
		return corrupt("ACPI script: pointer to 0x%lx of \"%s\"", value, to->name);
	value += to->address;
	if (size < 8 && value >> 8 * size)
		return corrupt("ACPI script: pointer of %u bytes to 0x%lx", size, value);
	store_number(file->data + offset, size, value);
	return OK;
}

static enum status add_checksum(struct table_loader *loader, struct reader *r)
{
	const struct table_file *file = read_file(loader, r);
	u32 offset = read_le32(r), start = read_le32(r), length = read_le32(r);

	if (!file || !lies_in(offset, 1, file) || !lies_in(start, length, file) ||
	    !spend(loader, length))
		return corrupt("ACPI script: checksum at 0x%x of 0x%x bytes at 0x%x", offset,
			       length, start);
	file->data[offset] -= span_sum(span_of(file->data + start, length));
	return OK;
}

static enum status write_pointer(struct table_loader *loader, struct reader *r)
{
	char name[TABLE_NAME_SIZE];
	const struct table_file *to;
	u32 offset, offset_to, size;
	u8 bytes[8];

	read_name(r, name);
	to = read_file(loader, r);
	offset = read_le32(r);
	offset_to = read_le32(r);
	size = read_u8(r);
	if (!to || !is_pointer_size(size) || offset_to >= to->size)
		return corrupt("ACPI script: pointer of %u bytes in \"%s\"", size, name);
	if (size < 8 && (to->address + offset_to) >> 8 * size)
		return corrupt("ACPI script: pointer of %u bytes in \"%s\"", size, name);
	store_number(bytes, size, to->address + offset_to);
	return loader->write(name, offset, size, bytes);
}

static enum status run_line(struct table_loader *loader, struct span line)
{
	struct reader r = { .rest = line };

	switch (read_le32(&r)) {
	case ALLOCATE:
		return allocate(loader, &r);
	case ADD_POINTER:
		return add_pointer(loader, &r);
	case ADD_CHECKSUM:
		return add_checksum(loader, &r);
	case WRITE_POINTER:
		return write_pointer(loader, &r);
	default:
		return OK;
	}
}

enum status table_loader_run(struct table_loader *loader, struct span script)
{
	u64 count = script.size / LINE_SIZE;

	if (script.size % LINE_SIZE || count > LINES_MAX)
		return corrupt("ACPI script: %zu bytes", script.size);
	loader->file_count = 0;
	loader->work = 0;
	for (u64 i = 0; i < count; i++) {
		enum status status = run_line(loader, span_part(script, i * LINE_SIZE, LINE_SIZE));

		if (status)
			return status;
	}
	return OK;
}
