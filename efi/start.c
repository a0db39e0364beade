/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way in: the environment of EFI images is built when the first one is about to start, so that
 * a boot without UEFI does not pay for it.
 */
#include "efi/start.h"

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "core/timing.h"
#include "efi/efi.h"
#include "efi/runtime/runtime.h"
#include "efi/services/memory.h"
#include "efi/tables.h"
#include "efi/variables.h"
#include "lib/config.h"
#include "lib/util.h"

/* UEFI was started for a kernel from the VMM, before there were devices. */
static bool disks_were_missing;

/* Both revisions: some operating systems know only one of the GUIDs. */
static EFI_STATUS publish_acpi(void)
{
	EFI_STATUS status;

	if (!boot_info.rsdp)
		return EFI_SUCCESS;
	status = efi_set_configuration_table(&guid_acpi_20, (void *)boot_info.rsdp);
	return status ? status : efi_set_configuration_table(&guid_acpi, (void *)boot_info.rsdp);
}

static EFI_STATUS publish_smbios(void)
{
	efi_smbios_publish();
	return EFI_SUCCESS;
}

static EFI_STATUS init_runtime(void)
{
	EFI_STATUS status = efi_runtime_init(&efi_system_table->RuntimeServices);

	efi_table_update_crc(&efi_system_table->Hdr);
	return status;
}

/* Variables that the VMM or flash stores need no disk, and are loaded only once. */
static EFI_STATUS init_stored_variables(void)
{
	if (disks_were_missing && !efi_runtime_data->set_variable_refused)
		return EFI_SUCCESS;
	if (IS_ENABLED(CONFIG_EFI_VARIABLES_HOST) && efi_variables_with_host())
		return EFI_SUCCESS;
	if (IS_ENABLED(CONFIG_EFI_VARIABLES_FLASH) && efi_variables_in_flash())
		return EFI_SUCCESS;
	return IS_ENABLED(CONFIG_EFI_VARIABLES_FILE) ? efi_variables_init() : EFI_SUCCESS;
}

static EFI_STATUS publish_screens(void)
{
	return IS_ENABLED(CONFIG_EFI_GRAPHICS_OUTPUT) ? efi_graphics_publish() : EFI_SUCCESS;
}

/* After the disks and screens, which are on the handles of their devices or below them. */
static EFI_STATUS publish_pci(void)
{
	return IS_ENABLED(CONFIG_EFI_PCI_IO) ? efi_pci_publish() : EFI_SUCCESS;
}

struct step {
	const char *name;
	EFI_STATUS (*run)(void);
};

static const struct step first_steps[] = {
	{ "tables", efi_tables_init },
	{ "runtime services", init_runtime },
	{ "ACPI", publish_acpi },
	{ "SMBIOS", publish_smbios },
	{ "consoles", efi_console_publish },
	{ "protocols", efi_misc_publish },
};

static const struct step device_steps[] = {
	{ "screens", publish_screens },
	{ "disks", efi_disks_publish },
	{ "PCI", publish_pci },
	{ "stored variables", init_stored_variables },
	{ "variables", efi_boot_variables_init },
};

static bool has_run;
static EFI_STATUS result;

static void run_steps(const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count && !result; i++) {
		result = steps[i].run();
		if (result)
			log_error("UEFI: %s: %s", steps[i].name, efi_status_name(result));
	}
}

enum status efi_start(void)
{
	if (has_run)
		return status_from_efi(result);
	has_run = true;
	if (IS_ENABLED(CONFIG_EFI_NX))
		efi_protection_init();
	else
		arch_allow_execution();
	run_steps(first_steps, ARRAY_SIZE(first_steps));
	run_steps(device_steps, ARRAY_SIZE(device_steps));
	timing_mark("UEFI ready");
	return status_from_efi(result);
}

void efi_devices_found(void)
{
	if (!has_run)
		return;
	disks_were_missing = true;
	run_steps(device_steps, ARRAY_SIZE(device_steps));
}
