/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the menu of all disks needs of UEFI: when it is asked for, and the stored boot options and
 * boot loaders as choices of it.
 */
#include "core/boot.h"
#include "core/log.h"
#include "efi/boot.h"
#include "efi/start.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"

enum {
	BOOT_TO_FIRMWARE_UI = 1, /* EFI_OS_INDICATIONS_BOOT_TO_FW_UI (UEFI 2.11, 8.5.4) */
	TIMEOUT_FOREVER = 0xffff,
};

/* A file that is a boot loader. */
struct loader_choice {
	struct volume *volume;
	struct span path;
	struct span options;
};

/* The request is for one boot: it is deleted before anything can fail. */
static bool take_indication(void)
{
	u64 indications = 0;
	size_t size = sizeof(indications);
	u32 attributes;

	if (efi_variable_get(u"OsIndications", &guid_global_variable, &attributes, &size,
			     &indications) ||
	    size != sizeof(indications) || !(indications & BOOT_TO_FIRMWARE_UI))
		return false;
	indications &= ~(u64)BOOT_TO_FIRMWARE_UI;
	if (efi_variable_set(u"OsIndications", &guid_global_variable, attributes, size,
			     &indications))
		log_warning("OsIndications cannot be changed");
	return true;
}

u32 efi_menu_seconds(void)
{
	u16 timeout = 0;
	size_t size = sizeof(timeout);

	if (efi_start())
		return MENU_NEVER;
	if (take_indication())
		return MENU_FOREVER;
	if (efi_variable_get(u"Timeout", &guid_global_variable, NULL, &size, &timeout) ||
	    size != sizeof(timeout))
		return MENU_NEVER;
	return timeout == TIMEOUT_FOREVER ? MENU_FOREVER :
					    (u32)min_u64(timeout, LOADER_TIMEOUT_MAX);
}

static enum status start_loader(struct boot_choice *choice, struct arena *arena)
{
	const struct loader_choice *loader = choice->argument;

	(void)arena;
	return efi_boot_file(loader->volume, loader->path, loader->options);
}

static struct span keep(struct arena *arena, struct span bytes)
{
	u8 *copy = arena_allocate(arena, bytes.size + 1);

	if (copy)
		memcpy(copy, bytes.data, bytes.size);
	return copy ? span_of(copy, bytes.size) : (struct span){ 0 };
}

void efi_list_loader(struct boot_choices *choices, struct volume *volume, struct span path,
		     struct span options)
{
	struct loader_choice *loader = arena_allocate(choices->arena, sizeof(*loader));
	char title[BOOT_TITLE_SIZE];

	if (!loader)
		return;
	*loader = (struct loader_choice){
		.volume = volume,
		.path = keep(choices->arena, path),
		.options = keep(choices->arena, options),
	};
	format(title, sizeof(title), "%s: %.*s", volume->device->name, (int)path.size,
	       (const char *)path.data);
	if (loader->path.size)
		boot_choice_add(choices, title, start_loader, loader);
}
