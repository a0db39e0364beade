/* SPDX-License-Identifier: Apache-2.0 */
/* LoadImage and UnloadImage (UEFI 2.11, 7.4.1 and 7.4.3). */
#include "efi/services/images.h"

#include "core/log.h"
#include "core/memory.h"
#include "efi/services/events.h"
#include "efi/services/memory.h"
#include "efi/services/services.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/util.h"
#include "loaders/pe.h"

static struct efi_image *images;

struct efi_image *efi_image_of(EFI_HANDLE handle)
{
	for (struct efi_image *image = images; image; image = image->next)
		if (&image->object == handle && image->state != IMAGE_UNLOADED)
			return image;
	return NULL;
}

bool efi_image_at(u64 address, const char **name, u64 *offset)
{
	for (struct efi_image *image = images; image; image = image->next) {
		if (image->state == IMAGE_UNLOADED || address - image->base >= image->size)
			continue;
		*name = image->name;
		*offset = address - image->base;
		return true;
	}
	return false;
}

static EFI_STATUS status_of_pe(enum status status)
{
	switch (status) {
	case OK:
		return EFI_SUCCESS;
	case ERR_UNRECOGNIZED:
	case ERR_UNSUPPORTED:
		return EFI_UNSUPPORTED;
	case ERR_NO_MEMORY:
		return EFI_OUT_OF_RESOURCES;
	default:
		return EFI_LOAD_ERROR;
	}
}

/* Memory types by subsystem (UEFI 2.11, table 7.10). */
static void set_memory_types(struct efi_image *image)
{
	EFI_LOADED_IMAGE_PROTOCOL *loaded = &image->loaded;

	switch (image->subsystem) {
	case PE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER:
		loaded->ImageCodeType = EfiBootServicesCode;
		loaded->ImageDataType = EfiBootServicesData;
		break;
	case PE_SUBSYSTEM_EFI_RUNTIME_DRIVER:
		loaded->ImageCodeType = EfiRuntimeServicesCode;
		loaded->ImageDataType = EfiRuntimeServicesData;
		break;
	default:
		loaded->ImageCodeType = EfiLoaderCode;
		loaded->ImageDataType = EfiLoaderData;
	}
}

/*
 * Anywhere, if it can be relocated. Otherwise at its base; but what says nothing of relocations is
 * most likely Linux, which runs everywhere.
 */
static enum status allocate_pages(const struct pe_image *pe, u32 type, u64 *base)
{
	u64 size = align_up(pe->size, PAGE_SIZE);
	enum status status = ERR_NO_MEMORY;

	if (pe->relocations_stripped || (pe->relocations_size == 0 && pe->base)) {
		*base = pe->base;
		if (pe->base % PAGE_SIZE == 0)
			status = efi_memory_allocate_at(pe->base, size, type);
		if (!status || pe->relocations_stripped)
			return status;
	}
	return efi_memory_allocate(size, max_u64(pe->section_alignment, PAGE_SIZE), type, base);
}

/* Checks the file, places it in memory and makes it run there. */
static EFI_STATUS place(struct efi_image *image, struct span file)
{
	struct pe_image pe;
	enum status status = pe_check(image->name, file, file.size, &pe);
	u64 base;

	if (status)
		return status_of_pe(status);
	image->subsystem = pe.subsystem;
	set_memory_types(image);
	status = allocate_pages(&pe, image->loaded.ImageCodeType, &base);
	if (status) {
		log_warning("%s: no room for an image of %u KiB%s, %lu KiB are free", image->name,
			    pe.size / 1024, pe.relocations_stripped ? " at its base" : "",
			    memory_free_size() / 1024);
		return EFI_OUT_OF_RESOURCES;
	}
	image->base = base;
	image->size = align_up(pe.size, PAGE_SIZE);
	status = pe_place(&pe, file, (void *)base, image->size);
	if (!status)
		status = pe_relocate(image->name, &pe, (void *)base, base);
	if (IS_ENABLED(CONFIG_EFI_NX) && !status)
		status = efi_protect_image(&pe, base);
	if (status)
		return status_of_pe(status);
	image->entry = (EFI_IMAGE_ENTRY_POINT)(base + pe.entry);
	image->loaded.ImageBase = (void *)base;
	image->loaded.ImageSize = pe.size;
	if (IS_ENABLED(CONFIG_EFI_HII))
		image->hii = (void *)efi_image_hii(&pe, span_of((void *)base, pe.size)).data;
	if (image->subsystem == PE_SUBSYSTEM_EFI_RUNTIME_DRIVER)
		return efi_runtime_image_add(base, pe.size, pe.relocations, pe.relocations_size);
	return EFI_SUCCESS;
}

static void free_memory(struct efi_image *image)
{
	if (image->size && image->subsystem == PE_SUBSYSTEM_EFI_RUNTIME_DRIVER)
		efi_runtime_image_remove(image->base);
	if (image->size)
		(void)efi_free_pages(image->base, image->size / PAGE_SIZE);
	/* An agent that does not close the device path keeps it. */
	if (efi_interface_of(&image->object, &guid_loaded_image_device_path) != image->path)
		efi_free(image->path);
	efi_free(image->file_path);
	image->size = 0;
	image->path = NULL;
	image->file_path = NULL;
}

/* The struct stays if a guest's protocols keep the handle. */
static void drop(struct efi_image *image)
{
	if (image->object.protocols)
		return;
	for (struct efi_image **at = &images; *at; at = &(*at)->next) {
		if (*at != image)
			continue;
		*at = image->next;
		efi_free(image);
		return;
	}
}

void efi_image_unload(struct efi_image *image)
{
	log_debug("UEFI: %s: unloaded", image->name);
	image->state = IMAGE_UNLOADED;
	efi_close_all_of_agent(&image->object);
	if (image->hii)
		(void)efi_uninstall(&image->object, &guid_hii_package_list, image->hii);
	(void)efi_uninstall(&image->object, &guid_loaded_image_device_path, image->path);
	(void)efi_uninstall(&image->object, &guid_loaded_image, &image->loaded);
	efi_forget_memory(image->base, image->size);
	efi_key_notifications_forget(image->base, image->size);
	free_memory(image);
	drop(image);
}

/* May it run? The one place for a policy. It sees the caller's bytes, not copies. */
static EFI_STATUS check_policy(const EFI_DEVICE_PATH_PROTOCOL *path, struct span file)
{
	(void)path;
	(void)file;
	return EFI_SUCCESS;
}

static EFI_STATUS install(struct efi_image *image)
{
	EFI_STATUS status = efi_install(&image->object, &guid_loaded_image, &image->loaded);

	if (!status)
		status = efi_install(&image->object, &guid_loaded_image_device_path, image->path);
	if (!status && image->hii)
		status = efi_install(&image->object, &guid_hii_package_list, image->hii);
	return status;
}

static EFI_STATUS make_image(EFI_HANDLE parent, const EFI_DEVICE_PATH_PROTOCOL *path,
			     const struct efi_image_source *source, EFI_HANDLE *out)
{
	struct efi_image *image = efi_allocate(sizeof(*image));
	EFI_STATUS status = EFI_SUCCESS;

	if (!image)
		return EFI_OUT_OF_RESOURCES;
	image->loaded = (EFI_LOADED_IMAGE_PROTOCOL){
		.Revision = EFI_LOADED_IMAGE_PROTOCOL_REVISION,
		.ParentHandle = parent,
		.SystemTable = efi_system_table,
		.DeviceHandle = source->device,
	};
	if (path) {
		image->path = efi_path_copy(path);
		image->file_path = efi_path_copy(source->rest ? source->rest : path);
		image->loaded.FilePath = image->file_path;
		if (!image->path || !image->file_path)
			status = EFI_OUT_OF_RESOURCES;
		efi_path_file_name(path, image->name, sizeof(image->name));
	}
	if (!image->name[0])
		format(image->name, sizeof(image->name), "image in memory");
	if (!status)
		status = check_policy(path, source->bytes);
	if (!status)
		status = place(image, source->bytes);
	if (!status) {
		image->next = images;
		images = image;
		/* A function that is notified of the new handle may unload it. */
		efi_events_hold();
		status = install(image);
		log_debug("UEFI: %s: loaded at 0x%lx, 0x%lx bytes", image->name, image->base,
			  image->size);
		if (status)
			efi_image_unload(image);
		else
			*out = &image->object;
		efi_events_release();
		return status;
	}
	free_memory(image);
	efi_free(image);
	return status;
}

/* The device of an image that comes from memory, if its path names one. */
static void find_device(const EFI_DEVICE_PATH_PROTOCOL *path, struct efi_image_source *source)
{
	source->device = efi_path_locate(&guid_simple_file_system, path, &source->rest);
	if (!source->device)
		source->device = efi_path_locate(&guid_device_path, path, &source->rest);
}

EFI_STATUS EFIAPI efi_load_image(BOOLEAN boot_policy, EFI_HANDLE parent,
				 EFI_DEVICE_PATH_PROTOCOL *path, VOID *source, UINTN source_size,
				 EFI_HANDLE *image)
{
	struct efi_image_source file = { 0 };
	u64 key = memory_map_key();
	EFI_STATUS status = EFI_SUCCESS;

	if (!image || !efi_has_protocol(parent, &guid_loaded_image))
		return EFI_INVALID_PARAMETER;
	if (path && !efi_path_size(path, EFI_PATH_SIZE_MAX))
		return EFI_INVALID_PARAMETER;
	if (!path && !source)
		return EFI_NOT_FOUND;
	efi_poll();
	if (!source) {
		status = efi_image_source_read(path, boot_policy, &file);
	} else if (source_size == 0) {
		return EFI_LOAD_ERROR;
	} else {
		file.bytes = span_of(source, source_size);
		if (path)
			find_device(path, &file);
	}
	if (!status)
		status = make_image(parent, path, &file, image);
	efi_image_source_free(&file);
	efi_memory_changed(key);
	return status;
}

EFI_STATUS EFIAPI efi_unload_image(EFI_HANDLE handle)
{
	struct efi_image *image = efi_image_of(handle);
	EFI_STATUS status;

	if (!image)
		return EFI_INVALID_PARAMETER;
	if (image->state == IMAGE_ENDING)
		return EFI_UNSUPPORTED;
	if (image->state == IMAGE_STARTED) {
		/* A running image cannot be unloaded. */
		if (!image->loaded.Unload || efi_image_is_running(image))
			return EFI_UNSUPPORTED;
		status = image->loaded.Unload(handle);
		if (EFI_ERROR(status))
			return status;
	}
	/* It may have unloaded itself. */
	if (efi_image_of(handle) == image)
		efi_image_unload(image);
	return EFI_SUCCESS;
}
