/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Combines several initrds into one for the kernel (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst: consecutive archives, with zeroes
 * between them). Each is read directly to its final address, unless it is already there.
 */
#include "loaders/initrd.h"

#include "core/boot_info.h"
#include "core/log.h"
#include "lib/util.h"

/* An uncompressed archive is only recognized at a multiple of this. */
enum { ARCHIVE_ALIGNMENT = 4 };

static enum status total_size(const struct boot_entry *entry, u64 *out)
{
	u64 total = 0;

	for (u32 i = 0; i < entry->initrd_count; i++) {
		u64 size = entry->initrds[i].size;

		if (size > UINT64_MAX - ARCHIVE_ALIGNMENT ||
		    add_overflows(total, align_up(size, ARCHIVE_ALIGNMENT), &total))
			return corrupt("%s: initrd %u of %lu bytes", entry->title, i + 1, size);
	}
	*out = total;
	return OK;
}

static enum status read_all(struct boot_entry *entry, u64 at)
{
	for (u32 i = 0; i < entry->initrd_count; i++) {
		struct file *file = &entry->initrds[i];
		u64 end = at + file->size;
		enum status status = file_read(file, 0, file->size, (void *)(uintptr_t)at);

		if (status)
			return status;
		at = align_up(end, ARCHIVE_ALIGNMENT);
		memset((void *)(uintptr_t)end, 0, at - end);
	}
	return OK;
}

/*
 * A single initrd that the VMM has placed below the kernel's limit need not be copied.
 */
static bool can_stay(const struct boot_entry *entry, u64 limit, u64 *base)
{
	const struct file *file = &entry->initrds[0];

	if (entry->initrd_count != 1)
		return false;
	*base = file_address(file);
	return *base && *base % PAGE_SIZE == 0 && memory_is_ram(*base, file->size) &&
	       *base < limit && file->size <= limit - *base;
}

enum status initrd_load(struct boot_entry *entry, struct arena *arena, u64 limit_preferred,
			u64 limit, u64 *base, u64 *size)
{
	u64 total, place = 0;
	enum status status = total_size(entry, &total);

	if (status)
		return status;
	if (total && can_stay(entry, max_u64(limit, limit_preferred), &place)) {
		total = entry->initrds[0].size;
	} else if (total) {
		status = arena_allocate_pages(arena, total, PAGE_SIZE, limit_preferred,
					      MEMORY_LOADER_DATA, &place);
		if (status == ERR_NO_MEMORY && limit > limit_preferred)
			status = arena_allocate_pages(arena, total, PAGE_SIZE, limit,
						      MEMORY_LOADER_DATA, &place);
		if (status) {
			log_warning("%s: no room for initrds of %lu KiB, %lu KiB of memory are free",
				    entry->title, total / 1024, memory_free_size() / 1024);
			return status;
		}
		status = read_all(entry, place);
		if (status)
			return status;
	}
	*base = place;
	*size = total;
	return OK;
}

bool initrd_module_is_kernel(struct span module)
{
	struct span head = span_part(module, 0, min_u64(module.size, IMAGE_HEAD_SIZE));

	for (size_t i = 0; image_loaders[i]; i++)
		if (image_loaders[i]->recognizes(head))
			return true;
	return false;
}

void initrd_take_modules(struct boot_entry *entry)
{
	for (u32 i = 0; i < boot_info.module_count; i++) {
		if (initrd_module_is_kernel(boot_info.modules[i]))
			continue;
		if (entry->initrd_count == BOOT_INITRDS_MAX) {
			log_warning("%s: more than %d initrds (BOOT_INITRDS_MAX)", entry->title,
				    BOOT_INITRDS_MAX);
			return;
		}
		entry->initrds[entry->initrd_count++] = file_from_memory(boot_info.modules[i]);
	}
}
