/* SPDX-License-Identifier: Apache-2.0 */
/* The system table and the table of boot services (UEFI 2.11, 4.2 to 4.4). */
#include "core/release.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/crc32.h"

EFI_SYSTEM_TABLE *efi_system_table;

EFI_BOOT_SERVICES efi_boot_services = {
	.Hdr = {
		.Signature = EFI_BOOT_SERVICES_SIGNATURE,
		.Revision = EFI_2_110_REVISION,
		.HeaderSize = sizeof(efi_boot_services),
	},
	.RaiseTPL = efi_raise_tpl,
	.RestoreTPL = efi_restore_tpl,
	.AllocatePages = efi_allocate_pages,
	.FreePages = efi_free_pages,
	.GetMemoryMap = efi_get_memory_map,
	.AllocatePool = efi_allocate_pool,
	.FreePool = efi_free_pool,
	.CreateEvent = efi_create_event,
	.SetTimer = efi_set_timer,
	.WaitForEvent = efi_wait_for_event,
	.SignalEvent = efi_signal_event,
	.CloseEvent = efi_close_event,
	.CheckEvent = efi_check_event,
	.InstallProtocolInterface = efi_install_protocol_interface,
	.ReinstallProtocolInterface = efi_reinstall_protocol_interface,
	.UninstallProtocolInterface = efi_uninstall_protocol_interface,
	.HandleProtocol = efi_handle_protocol,
	.RegisterProtocolNotify = efi_register_protocol_notify,
	.LocateHandle = efi_locate_handle,
	.LocateDevicePath = efi_locate_device_path,
	.InstallConfigurationTable = efi_install_configuration_table,
	.LoadImage = efi_load_image,
	.StartImage = efi_start_image,
	.Exit = efi_exit,
	.UnloadImage = efi_unload_image,
	.ExitBootServices = efi_exit_boot_services,
	.GetNextMonotonicCount = efi_get_next_monotonic_count,
	.Stall = efi_stall,
	.SetWatchdogTimer = efi_set_watchdog_timer,
	.ConnectController = efi_connect_controller,
	.DisconnectController = efi_disconnect_controller,
	.OpenProtocol = efi_open_protocol,
	.CloseProtocol = efi_close_protocol,
	.OpenProtocolInformation = efi_open_protocol_information,
	.ProtocolsPerHandle = efi_protocols_per_handle,
	.LocateHandleBuffer = efi_locate_handle_buffer,
	.LocateProtocol = efi_locate_protocol,
	.InstallMultipleProtocolInterfaces = efi_install_multiple_protocol_interfaces,
	.UninstallMultipleProtocolInterfaces = efi_uninstall_multiple_protocol_interfaces,
	.CalculateCrc32 = efi_calculate_crc32,
	.CopyMem = efi_copy_mem,
	.SetMem = efi_set_mem,
	.CreateEventEx = efi_create_event_ex,
};

/* What the operating system keeps is together, so that it is one range of memory. */
struct kept {
	EFI_SYSTEM_TABLE table;
	CHAR16 vendor[sizeof("Fatwood")];
};

void efi_table_update_crc(EFI_TABLE_HEADER *header)
{
	header->CRC32 = 0;
	header->CRC32 = crc32(0, span_of(header, header->HeaderSize));
}

EFI_STATUS efi_tables_init(void)
{
	struct kept *kept;
	EFI_STATUS status =
		efi_allocate_pool(EfiRuntimeServicesData, sizeof(*kept), (VOID **)&kept);

	if (status)
		return status;
	*kept = (struct kept){
		.table = {
			.Hdr = {
				.Signature = EFI_SYSTEM_TABLE_SIGNATURE,
				.Revision = EFI_2_110_REVISION,
				.HeaderSize = sizeof(EFI_SYSTEM_TABLE),
			},
			.FirmwareVendor = kept->vendor,
			.FirmwareRevision = FATWOOD_REVISION,
			.BootServices = &efi_boot_services,
		},
		.vendor = u"Fatwood",
	};
	efi_system_table = &kept->table;
	efi_table_update_crc(&efi_boot_services.Hdr);
	efi_table_update_crc(&efi_system_table->Hdr);
	return EFI_SUCCESS;
}
