/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot loader that a disk has for every machine, \EFI\BOOT\BOOTX64.EFI (UEFI 2.11, 3.5.1.1), as
 * a boot method.
 */
#include "core/boot.h"
#include "core/log.h"
#include "efi/boot.h"
#include "efi/start.h"

/* Starts @path on @volume. Comes back with why it did not boot. */
static enum status start_file(struct volume *volume, struct span path)
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
	result = efi_image_run(&(struct efi_start){ .path = full });
	efi_free(full);
	log_warning("%s: %.*s has returned: %s", volume->device->name, (int)path.size,
		    (const char *)path.data, efi_status_name(result));
	return result ? status_from_efi(result) : ERR_NOT_FOUND;
}

static enum status boot(struct boot_disk *disk, struct arena *arena)
{
	enum status worst = ERR_NOT_FOUND;

	(void)arena;
	for (u32 i = 0; i < disk->volume_count; i++) {
		struct volume *volume = disk->volumes[i];
		struct file file;
		enum status status = volume_open(volume, SPAN(EFI_REMOVABLE_PATH), &file);

		if (!status)
			status = start_file(volume, SPAN(EFI_REMOVABLE_PATH));
		if (status != ERR_NOT_FOUND)
			worst = status;
	}
	return worst;
}

const struct boot_method efi_boot = { .name = "EFI boot loader", .boot = boot };
