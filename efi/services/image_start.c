/* SPDX-License-Identifier: Apache-2.0 */
/* StartImage and Exit (UEFI 2.11, 7.4.2 and 7.4.5), and what our own code starts. */
#include "core/log.h"
#include "core/power.h"
#include "core/timing.h"
#include "efi/services/images.h"
#include "efi/services/services.h"
#include "lib/util.h"
#include "loaders/pe.h"

enum {
	STACK_SIZE = 256 * 1024, /* at least 128 KiB: 2.3.4 */
	WATCHDOG_S = 5 * 60,     /* 7.5.1: of the boot manager */
	WATCHDOG_CODE = 0,
};

static struct efi_image *current; /* the innermost that runs */

EFI_HANDLE efi_current_image(void)
{
	return current ? &current->object : NULL;
}

bool efi_image_is_running(const struct efi_image *image)
{
	const struct efi_image *running = current;

	while (running && running != image)
		running = running->caller;
	return running != NULL;
}

EFI_HANDLE efi_firmware_image(void)
{
	static struct {
		MEMMAP_DEVICE_PATH memory;
		EFI_DEVICE_PATH_PROTOCOL end;
	} path = {
		.memory = {
			.Header = EFI_NODE(MEMMAP_DEVICE_PATH, HARDWARE_DEVICE_PATH, HW_MEMMAP_DP),
			.MemoryType = EfiBootServicesCode,
		},
		.end = EFI_NODE(EFI_DEVICE_PATH_PROTOCOL, END_DEVICE_PATH_TYPE,
				END_ENTIRE_DEVICE_PATH_SUBTYPE),
	};
	static struct efi_object object;
	static EFI_LOADED_IMAGE_PROTOCOL loaded;
	u64 base, end;

	if (object.protocols)
		return &object;
	arch_image(&base, &end);
	path.memory.StartingAddress = base;
	path.memory.EndingAddress = end - 1;
	loaded = (EFI_LOADED_IMAGE_PROTOCOL){
		.Revision = EFI_LOADED_IMAGE_PROTOCOL_REVISION,
		.SystemTable = efi_system_table,
		.FilePath = &path.memory.Header,
		.ImageBase = (void *)base,
		.ImageSize = end - base,
		.ImageCodeType = EfiBootServicesCode,
		.ImageDataType = EfiBootServicesData,
	};
	return efi_install(&object, &guid_loaded_image, &loaded) ? NULL : &object;
}

/* Nested images go on with the stack of the first. */
static u64 stack_top(void)
{
	static u64 top;

	if (current->caller)
		return 0;
	if (!top && arch_stack_create(STACK_SIZE, &top))
		log_warning("UEFI: no memory for the stack of images");
	return top;
}

static u64 enter(void *argument)
{
	struct efi_image *image = argument;

	return image->entry(&image->object, efi_system_table);
}

static void describe_fault(u64 address)
{
	const char *name;
	u64 offset;

	if (efi_image_at(address, &name, &offset))
		log_error("  in %s, at offset 0x%lx", name, offset);
	else if (current)
		log_error("  while %s runs, which is at 0x%lx to 0x%lx", current->name,
			  current->base, current->base + current->size);
}

EFI_STATUS EFIAPI efi_start_image(EFI_HANDLE handle, UINTN *exit_data_size, CHAR16 **exit_data)
{
	struct efi_image *image = efi_image_of(handle);
	u32 pauses = efi_watchdog_pauses();
	EFI_STATUS status;

	if (!image || image->state != IMAGE_LOADED)
		return EFI_INVALID_PARAMETER;
	fault_describe = describe_fault;
	image->state = IMAGE_STARTED;
	image->tpl = efi_current_tpl();
	image->caller = current;
	current = image;
	arch_interrupts_allow();
	status = arch_call_on_stack(&image->call, enter, image, stack_top());
	image->state = IMAGE_ENDING;
	current = image->caller;
	if (!current)
		arch_interrupts_forbid();
	if (efi_boot_services_ended()) {
		log_error("UEFI: %s: returned after ExitBootServices", image->name);
		power_last_action();
	}
	/* It may have ended within a file system of its own, which LoadImage was reading from. */
	while (efi_watchdog_pauses() > pauses)
		efi_watchdog_resume();
	/* At whatever level it has left. */
	if (efi_current_tpl() < image->tpl)
		(void)efi_raise_tpl(image->tpl);
	else
		efi_restore_tpl(image->tpl);
	if (exit_data_size && exit_data) {
		*exit_data_size = image->exit_data_size;
		*exit_data = image->exit_data;
	} else {
		efi_free(image->exit_data);
	}
	image->exit_data = NULL;
	image->state = IMAGE_STARTED;
	/* Drivers that have started stay. */
	if (image->subsystem == PE_SUBSYSTEM_EFI_APPLICATION || EFI_ERROR(status))
		efi_image_unload(image);
	return status;
}

EFI_STATUS EFIAPI efi_exit(EFI_HANDLE handle, EFI_STATUS status, UINTN exit_data_size,
			   CHAR16 *exit_data)
{
	struct efi_image *image = efi_image_of(handle);

	if (!image)
		return EFI_INVALID_PARAMETER;
	if (image->state == IMAGE_LOADED) {
		efi_image_unload(image);
		return EFI_SUCCESS;
	}
	if (image != current)
		return EFI_INVALID_PARAMETER;
	if (exit_data_size && exit_data) {
		image->exit_data = efi_copy(exit_data, exit_data_size);
		image->exit_data_size = image->exit_data ? exit_data_size : 0;
	}
	arch_call_end(&image->call, status);
}

EFI_STATUS efi_image_run(const struct efi_start *start)
{
	EFI_HANDLE handle;
	struct efi_image *image;
	void *options = NULL;
	EFI_STATUS status;

	/* First, as it may signal an event: its function could unload the image. */
	if (start->load_options.size) {
		options = efi_copy(start->load_options.data, start->load_options.size);
		if (!options)
			return EFI_OUT_OF_RESOURCES;
	}
	status = efi_load_image(true, efi_firmware_image(), (EFI_DEVICE_PATH_PROTOCOL *)start->path,
				(void *)start->bytes.data, start->bytes.size, &handle);
	/* An event, of a driver, comes between. */
	image = status ? NULL : efi_image_of(handle);
	if (!image) {
		efi_free(options);
		return status ? status : EFI_NOT_FOUND;
	}
	if (options) {
		image->loaded.LoadOptions = options;
		image->loaded.LoadOptionsSize = (u32)start->load_options.size;
	}
	timing_mark("kernel loaded");
	timing_print();
	efi_signal_group(&guid_event_group_ready_to_boot);
	efi_signal_group(&guid_event_group_after_ready_to_boot);
	(void)efi_set_watchdog_timer(WATCHDOG_S, WATCHDOG_CODE, 0, NULL);
	status = efi_start_image(handle, NULL, NULL);
	(void)efi_set_watchdog_timer(0, WATCHDOG_CODE, 0, NULL);
	efi_console_returns();
	/* A driver that stays keeps what it was told. */
	if (efi_image_of(handle) != image)
		efi_free(options);
	return status;
}
