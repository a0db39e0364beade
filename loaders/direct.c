/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel that the VMM itself placed in memory, as a module (PVH: start_info.modlist). */
#include "core/boot.h"
#include "core/boot_info.h"
#include "loaders/initrd.h"

/* The first module that a loader recognizes; empty: none. */
static struct span find_kernel(void)
{
	for (u32 i = 0; i < boot_info.module_count; i++)
		if (initrd_module_is_kernel(boot_info.modules[i]))
			return boot_info.modules[i];
	return (struct span){ 0 };
}

enum status boot_direct(struct arena *arena)
{
	struct span kernel = find_kernel();
	struct boot_entry *entry;

	if (span_is_empty(kernel))
		return ERR_NOT_FOUND;
	entry = arena_allocate(arena, sizeof(*entry));
	if (!entry)
		return ERR_NO_MEMORY;
	entry->title = "kernel from the VMM";
	entry->kernel = file_from_memory(kernel);
	initrd_take_modules(entry);
	return boot_start(entry);
}
