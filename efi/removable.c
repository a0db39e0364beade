/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot loader that a disk has for every machine, \EFI\BOOT\BOOTX64.EFI (UEFI 2.11, 3.5.1.1), as
 * a boot method; after it, the loaders that lie in other places.
 */
#include "core/boot.h"
#include "core/log.h"
#include "efi/boot.h"
#include "efi/start.h"

enum status efi_boot_file(struct volume *volume, struct span path, struct span load_options)
{
	const EFI_DEVICE_PATH_PROTOCOL *device;
	EFI_DEVICE_PATH_PROTOCOL *full;
	EFI_STATUS result;
	enum status status = efi_start();

	if (status)
		return status;
	device = efi_interface_of(efi_handle_of_volume(volume), &guid_device_path);
	full = device ? efi_path_append_file(device, path) : NULL;
	if (!full)
		return ERR_NO_MEMORY;
	log_info("%s: starting %.*s", volume->device->name, (int)path.size,
		 (const char *)path.data);
	result = efi_image_run(&(struct efi_start){ .path = full, .load_options = load_options });
	efi_free(full);
	log_warning("%s: %.*s %s: %s", volume->device->name, (int)path.size,
		    (const char *)path.data, result ? "did not boot" : "has returned",
		    efi_status_name(result));
	return result ? status_from_efi(result) : ERR_NOT_FOUND;
}

/* A directory of that name is not a loader. */
static bool has_loader(struct volume *volume)
{
	struct file file;

	return !volume_open(volume, SPAN(EFI_REMOVABLE_PATH), &file) && !file.is_directory;
}

static enum status boot(struct boot_disk *disk, struct arena *arena)
{
	enum status result = ERR_NOT_FOUND;

	for (u32 i = 0; i < disk->volume_count; i++)
		if (has_loader(disk->volumes[i]))
			result = efi_boot_file(disk->volumes[i], SPAN(EFI_REMOVABLE_PATH),
					       (struct span){ 0 });
	for (u32 i = 0; i < disk->volume_count; i++) {
		enum status status = efi_boot_known_places(disk->volumes[i], arena);

		if (status != ERR_NOT_FOUND)
			result = status;
	}
	return result;
}

void efi_list_loaders(struct boot_disk *disk, struct boot_choices *choices)
{
	for (u32 i = 0; i < disk->volume_count; i++) {
		struct volume *volume = disk->volumes[i];

		if (has_loader(volume))
			efi_list_loader(choices, volume, SPAN(EFI_REMOVABLE_PATH),
					(struct span){ 0 });
		efi_list_known_places(volume, choices);
	}
}

const struct boot_method efi_boot = { .name = "EFI boot loader", .boot = boot };
