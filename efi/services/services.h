/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 7: the boot services by their C names. For their contracts, see the specification. */
#pragma once

#include "efi/spec/tables.h"

/* events.c */
EFI_TPL EFIAPI efi_raise_tpl(EFI_TPL new_tpl);
VOID EFIAPI efi_restore_tpl(EFI_TPL old_tpl);
EFI_STATUS EFIAPI efi_create_event(UINT32 type, EFI_TPL notify_tpl, EFI_EVENT_NOTIFY notify,
				   VOID *context, EFI_EVENT *event);
EFI_STATUS EFIAPI efi_create_event_ex(UINT32 type, EFI_TPL notify_tpl, EFI_EVENT_NOTIFY notify,
				      const VOID *context, const EFI_GUID *group, EFI_EVENT *event);
EFI_STATUS EFIAPI efi_set_timer(EFI_EVENT event, EFI_TIMER_DELAY type, UINT64 trigger_time);
EFI_STATUS EFIAPI efi_wait_for_event(UINTN count, EFI_EVENT *events, UINTN *index);
EFI_STATUS EFIAPI efi_signal_event(EFI_EVENT event);
EFI_STATUS EFIAPI efi_close_event(EFI_EVENT event);
EFI_STATUS EFIAPI efi_check_event(EFI_EVENT event);

/* memory.c, pool.c */
EFI_STATUS EFIAPI efi_allocate_pages(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory_type,
				     UINTN pages, EFI_PHYSICAL_ADDRESS *memory);
EFI_STATUS EFIAPI efi_free_pages(EFI_PHYSICAL_ADDRESS memory, UINTN pages);
EFI_STATUS EFIAPI efi_get_memory_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
				     UINTN *descriptor_size, UINT32 *descriptor_version);
EFI_STATUS EFIAPI efi_allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **buffer);
EFI_STATUS EFIAPI efi_free_pool(VOID *buffer);

/* handles.c */
EFI_STATUS EFIAPI efi_install_protocol_interface(EFI_HANDLE *handle, EFI_GUID *protocol,
						 EFI_INTERFACE_TYPE type, VOID *interface);
EFI_STATUS EFIAPI efi_reinstall_protocol_interface(EFI_HANDLE handle, EFI_GUID *protocol,
						   VOID *old_interface, VOID *new_interface);
EFI_STATUS EFIAPI efi_uninstall_protocol_interface(EFI_HANDLE handle, EFI_GUID *protocol,
						   VOID *interface);
EFI_STATUS EFIAPI efi_install_multiple_protocol_interfaces(EFI_HANDLE *handle, ...);
EFI_STATUS EFIAPI efi_uninstall_multiple_protocol_interfaces(EFI_HANDLE handle, ...);
EFI_STATUS EFIAPI efi_register_protocol_notify(EFI_GUID *protocol, EFI_EVENT event,
					       VOID **registration);
EFI_STATUS EFIAPI efi_protocols_per_handle(EFI_HANDLE handle, EFI_GUID ***protocols, UINTN *count);

/* locate.c */
EFI_STATUS EFIAPI efi_locate_handle(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *protocol,
				    VOID *search_key, UINTN *size, EFI_HANDLE *buffer);
EFI_STATUS EFIAPI efi_locate_handle_buffer(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *protocol,
					   VOID *search_key, UINTN *count, EFI_HANDLE **buffer);
EFI_STATUS EFIAPI efi_locate_protocol(EFI_GUID *protocol, VOID *registration, VOID **interface);
EFI_STATUS EFIAPI efi_locate_device_path(EFI_GUID *protocol, EFI_DEVICE_PATH_PROTOCOL **path,
					 EFI_HANDLE *device);

/* open.c */
EFI_STATUS EFIAPI efi_handle_protocol(EFI_HANDLE handle, EFI_GUID *protocol, VOID **interface);
EFI_STATUS EFIAPI efi_open_protocol(EFI_HANDLE handle, EFI_GUID *protocol, VOID **interface,
				    EFI_HANDLE agent, EFI_HANDLE controller, UINT32 attributes);
EFI_STATUS EFIAPI efi_close_protocol(EFI_HANDLE handle, EFI_GUID *protocol, EFI_HANDLE agent,
				     EFI_HANDLE controller);
EFI_STATUS EFIAPI efi_open_protocol_information(EFI_HANDLE handle, EFI_GUID *protocol,
						EFI_OPEN_PROTOCOL_INFORMATION_ENTRY **entries,
						UINTN *count);

/* drivers.c */
EFI_STATUS EFIAPI efi_connect_controller(EFI_HANDLE controller, EFI_HANDLE *drivers,
					 EFI_DEVICE_PATH_PROTOCOL *remaining, BOOLEAN recursive);
EFI_STATUS EFIAPI efi_disconnect_controller(EFI_HANDLE controller, EFI_HANDLE driver,
					    EFI_HANDLE child);

/* images.c */
EFI_STATUS EFIAPI efi_load_image(BOOLEAN boot_policy, EFI_HANDLE parent,
				 EFI_DEVICE_PATH_PROTOCOL *path, VOID *source, UINTN source_size,
				 EFI_HANDLE *image);
EFI_STATUS EFIAPI efi_start_image(EFI_HANDLE image, UINTN *exit_data_size, CHAR16 **exit_data);
EFI_STATUS EFIAPI efi_exit(EFI_HANDLE image, EFI_STATUS status, UINTN exit_data_size,
			   CHAR16 *exit_data);
EFI_STATUS EFIAPI efi_unload_image(EFI_HANDLE image);

/* exit.c */
EFI_STATUS EFIAPI efi_exit_boot_services(EFI_HANDLE image, UINTN map_key);

/* configuration_tables.c */
EFI_STATUS EFIAPI efi_install_configuration_table(EFI_GUID *guid, VOID *table);

/* misc.c */
EFI_STATUS EFIAPI efi_get_next_monotonic_count(UINT64 *count);
EFI_STATUS EFIAPI efi_stall(UINTN microseconds);
EFI_STATUS EFIAPI efi_set_watchdog_timer(UINTN timeout, UINT64 code, UINTN size, CHAR16 *data);
EFI_STATUS EFIAPI efi_calculate_crc32(VOID *data, UINTN size, UINT32 *crc);
VOID EFIAPI efi_copy_mem(VOID *destination, VOID *source, UINTN length);
VOID EFIAPI efi_set_mem(VOID *buffer, UINTN size, UINT8 value);
