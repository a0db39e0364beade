/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's own variables (UEFI 2.11, 3.3), set again at each start. */
#include "efi/efi.h"
#include "efi/variables.h"
#include "lib/config.h"
#include "lib/util.h"

static const u32 attributes = EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS |
			      EFI_VARIABLE_READ_ONLY;

/* Variables that an operating system may change are set unless they are stored already. */
static EFI_STATUS set_default(const CHAR16 *name, const void *data, size_t size)
{
	size_t stored_size = 0;

	if (efi_variable_get(name, &guid_global_variable, NULL, &stored_size, NULL) != EFI_NOT_FOUND)
		return EFI_SUCCESS;
	return efi_variable_set(name, &guid_global_variable,
				EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS |
					EFI_VARIABLE_RUNTIME_ACCESS,
				size, data);
}

/*
 * The consoles as one path with several instances (10.3.1): text is also shown on the screen. NULL:
 * no memory.
 */
static EFI_DEVICE_PATH_PROTOCOL *output_path(const EFI_DEVICE_PATH_PROTOCOL *console, size_t *size)
{
	const EFI_DEVICE_PATH_PROTOCOL *screen = NULL;
	size_t screen_size;
	u8 *path;

	if (IS_ENABLED(CONFIG_EFI_GRAPHICS_OUTPUT))
		screen = efi_graphics_console_path();
	if (!screen)
		return efi_path_copy(console);
	screen_size = efi_path_size(screen, EFI_PATH_SIZE_MAX);
	path = efi_allocate(*size + screen_size);
	if (!path)
		return NULL;
	memcpy(path, console, *size);
	path[*size - sizeof(EFI_DEVICE_PATH_PROTOCOL) + 1] = END_INSTANCE_DEVICE_PATH_SUBTYPE;
	memcpy(path + *size, screen, screen_size);
	*size += screen_size;
	return (EFI_DEVICE_PATH_PROTOCOL *)path;
}

/* A boot that changes nothing writes nothing: they are stored with the next change. */
static EFI_STATUS set_defaults(void)
{
	const void *console =
		efi_interface_of(efi_system_table->ConsoleOutHandle, &guid_device_path);
	size_t console_size = efi_path_size(console, EFI_PATH_SIZE_MAX);
	size_t output_size = console_size;
	EFI_DEVICE_PATH_PROTOCOL *output = output_path(console, &output_size);
	EFI_STATUS status;

	if (!output)
		return EFI_OUT_OF_RESOURCES;
	efi_runtime_data->in_memory_only = true;
	status = set_default(u"PlatformLang", "en", sizeof("en"));
	if (!status)
		status = set_default(u"ConOut", output, output_size);
	if (!status)
		status = set_default(u"ConIn", console, console_size);
	if (!status)
		status = set_default(u"ErrOut", output, output_size);
	efi_runtime_data->in_memory_only = false;
	efi_free(output);
	return status;
}

EFI_STATUS efi_boot_variables_init(void)
{
	static const u8 no = 0, yes = 1;
	static const u64 indications = IS_ENABLED(CONFIG_EFI_BOOT_MENU); /* BOOT_TO_FW_UI */
	static const struct {
		const CHAR16 *name;
		size_t size;
		const void *data;
	} variables[] = {
		{ u"SecureBoot", sizeof(no), &no },
		{ u"SetupMode", sizeof(yes), &yes },
		{ u"AuditMode", sizeof(no), &no },
		{ u"DeployedMode", sizeof(no), &no },
		{ u"VendorKeys", sizeof(no), &no },
		{ u"OsIndicationsSupported", sizeof(indications), &indications },
		{ u"PlatformLangCodes", sizeof("en"), "en" },
	};
	EFI_STATUS status = EFI_SUCCESS;

	for (u32 i = 0; !status && i < ARRAY_SIZE(variables); i++)
		status = efi_variable_set(variables[i].name, &guid_global_variable, attributes,
					  variables[i].size, variables[i].data);
	return status ? status : set_defaults();
}
