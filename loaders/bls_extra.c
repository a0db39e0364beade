/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification, key "extra": credentials and extension images for the system. They are
 * passed like systemd-stub's own, as files below /.extra in the initrd, each in an archive of the
 * "newc" format (Linux, Documentation/driver-api/early-userspace/buffer-format.rst), with one
 * record per file:
 *
 *	offset	size
 *	0	6	"070701"
 *	6	13 * 8	hexadecimal: inode, mode, user, group, links, time, size, four device
 *			numbers, size of the name with its NUL, 0
 *	110		the name, the data, each filled up to a multiple of 4
 */
#include "core/log.h"
#include "lib/format.h"
#include "lib/text.h"
#include "lib/util.h"
#include "loaders/bls.h"

enum {
	HEADER_SIZE = 110,
	ALIGNMENT = 4,
	DIRECTORY = 0040000,
	REGULAR = 0100000,
	RECORDS_SIZE_MAX = 3 * (HEADER_SIZE + 64) + FILE_NAME_SIZE, /* of the records before a file
								     */
};

struct kind {
	const char *suffix;
	const char *directory;
	u32 mode; /* of its files; the directory also gets search permission */
};

static const struct kind *kind_of(struct span name)
{
	static const struct kind kinds[] = {
		{ ".cred", ".extra/credentials", 0400 },
		{ ".sysext.raw", ".extra/sysext", 0444 },
		{ ".confext.raw", ".extra/confext", 0444 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t size = strlen(kinds[i].suffix);

		if (name.size > size &&
		    text_equals_ignoring_case(span_from(name, name.size - size), kinds[i].suffix))
			return &kinds[i];
	}
	return NULL;
}

/* Appends a record at @to, whose bytes are zeroes. Returns its size. */
static size_t put_record(char *to, const char *name, u32 inode, u32 mode, u32 size)
{
	u32 name_size = (u32)strlen(name) + 1;

	format(to, HEADER_SIZE + 1, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
	       inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0);
	memcpy(to + HEADER_SIZE, name, name_size);
	return (size_t)align_up(HEADER_SIZE + name_size, ALIGNMENT);
}

static struct span last_name(struct span path)
{
	size_t start = path.size;

	while (start > 0 && path.data[start - 1] != '/' && path.data[start - 1] != '\\')
		start--;
	return span_from(path, start);
}

static char *zeroes(struct arena *arena, size_t size)
{
	char *bytes = arena_allocate(arena, size);

	if (bytes)
		memset(bytes, 0, size);
	return bytes;
}

static void append(struct boot_entry *out, const struct file *file)
{
	out->initrds[out->initrd_count++] = *file;
}

/* Adds the directories, the file's header, and the file itself. */
static enum status add_archive(const struct kind *kind, struct span name, const struct file *file,
			       struct arena *arena, struct boot_entry *out)
{
	u32 search = kind->mode >> 2 & 0111, inode = 3 * out->initrd_count + 1;
	char path[FILE_NAME_SIZE + 32];
	char *records = zeroes(arena, RECORDS_SIZE_MAX);
	struct file header;
	size_t size;

	if (!records)
		return ERR_NO_MEMORY;
	format(path, sizeof(path), "%s/%.*s", kind->directory, (int)name.size,
	       (const char *)name.data);
	size = put_record(records, ".extra", inode, DIRECTORY | 0555, 0);
	size += put_record(records + size, kind->directory, inode + 1,
			   DIRECTORY | kind->mode | search, 0);
	size += put_record(records + size, path, inode + 2, REGULAR | kind->mode, (u32)file->size);
	header = file_from_memory(span_of(records, size));
	append(out, &header);
	append(out, file);
	return OK;
}

static enum status add_extra(const struct bls_entry *entry, struct span path, struct arena *arena,
			     struct boot_entry *out)
{
	struct span shown = span_part(path, 0, min_u64(path.size, BLS_VALUE_SIZE_MAX));
	struct span name = last_name(path);
	const struct kind *kind = kind_of(name);
	enum status status = ERR_NOT_FOUND;
	struct file file;

	if (!kind) {
		log_warning("%s: extra %.*s: of unknown type, ignored", entry->file,
			    (int)shown.size, (const char *)shown.data);
		return OK;
	}
	if (path.size <= BLS_PATH_SIZE_MAX && name.size < FILE_NAME_SIZE)
		status = volume_open(entry->volume, path, &file);
	if (!status && (file.is_directory || file.size > UINT32_MAX))
		status = ERR_UNSUPPORTED;
	if (status) {
		log_warning("%s: extra %.*s: %s", entry->file, (int)shown.size,
			    (const char *)shown.data, status_name(status));
		return status;
	}
	/* The end of the archive needs an initrd, too. */
	if (out->initrd_count + 3 > BOOT_INITRDS_MAX)
		return unsupported("%s: too many initrds and extras (BOOT_INITRDS_MAX)",
				   entry->file);
	return add_archive(kind, name, &file, arena, out);
}

enum status bls_add_extras(const struct bls_entry *entry, struct arena *arena,
			   struct boot_entry *out)
{
	struct span rest = entry->text, path;
	u32 before = out->initrd_count;
	struct file trailer;
	char *record;

	while (bls_entry_next_value(&rest, "extra", &path)) {
		enum status status = add_extra(entry, text_unquote(path), arena, out);

		if (status)
			return status;
	}
	if (out->initrd_count == before)
		return OK;
	record = zeroes(arena, HEADER_SIZE + 16);
	if (!record)
		return ERR_NO_MEMORY;
	trailer = file_from_memory(span_of(record, put_record(record, "TRAILER!!!", 0, 0, 0)));
	append(out, &trailer);
	return OK;
}
