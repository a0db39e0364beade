/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExitBootServices (UEFI 2.11, 7.4.6). Loaders get the memory map, call with its key and try once
 * more, without room for a larger map, if that is refused: so a refusal ends nothing, and the call
 * itself does not change the map.
 */
#include "core/arch.h"
#include "core/device.h"
#include "core/memory.h"
#include "core/timing.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/config.h"
#include "lib/string.h"

static bool has_ended;

bool efi_boot_services_ended(void)
{
	return has_ended;
}

static void signal_before_exit(void)
{
	static bool was_signalled;

	if (was_signalled)
		return;
	was_signalled = true;
	efi_signal_group(&guid_event_group_before_exit_boot_services);
}

/* What is gone must no longer be found. */
static void clear_tables(void)
{
	EFI_SYSTEM_TABLE *table = efi_system_table;

	table->ConsoleInHandle = NULL;
	table->ConIn = NULL;
	table->ConsoleOutHandle = NULL;
	table->ConOut = NULL;
	table->StandardErrorHandle = NULL;
	table->StdErr = NULL;
	table->BootServices = NULL;
	efi_table_update_crc(&table->Hdr);
	memset(&efi_boot_services, 0, sizeof(efi_boot_services));
}

EFI_STATUS EFIAPI efi_exit_boot_services(EFI_HANDLE image, UINTN map_key)
{
	static bool is_ending;

	if (!efi_has_protocol(image, &guid_loaded_image))
		return EFI_INVALID_PARAMETER;
	signal_before_exit();
	/* A function that is notified of the end may call this, too. */
	if (map_key != memory_map_key() || is_ending)
		return EFI_INVALID_PARAMETER;
	is_ending = true;
	efi_timers_stop();
	efi_signal_group(&guid_event_group_exit_boot_services);
	timing_mark("handover");
	timing_print();
	devices_quiesce();
	arch_interrupts_mask();
	efi_runtime_enter();
	/* Before it has page tables of its own, Linux older than 6.6 executes data memory. */
	if (IS_ENABLED(CONFIG_EFI_NX))
		arch_allow_execution();
	clear_tables();
	has_ended = true;
	return EFI_SUCCESS;
}
