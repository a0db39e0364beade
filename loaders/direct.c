/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel that the VMM placed in memory itself, as a module (PVH: start_info.modlist). */
#include "core/boot.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "loaders/initrd.h"

enum status boot_direct(struct arena *arena)
{
	for (u32 i = 0; i < boot_info.module_count; i++) {
		struct boot_entry *entry;

		if (!initrd_module_is_kernel(boot_info.modules[i]))
			continue;
		entry = arena_allocate(arena, sizeof(*entry));
		if (!entry)
			return ERR_NO_MEMORY;
		entry->title = "kernel from the VMM";
		entry->kernel = file_from_memory(boot_info.modules[i]);
		initrd_take_modules(entry);
		return boot_start(entry);
	}
	return ERR_NOT_FOUND;
}
