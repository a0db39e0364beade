/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver for the Shell's `load` and `connect`. It installs its own device path on a handle; its
 * driver binding supports handles with that path and adds a protocol there. It can be unloaded.
 */
#include "support.h"

#define TEST_BUS_GUID GUID(0x0fa7300d, 0x6275, 0x7300, 0x80, 0, 0x02, 0x42, 0xac, 0x12, 0, 0x02)
#define TEST_CHILD_GUID GUID(0x0fa7300d, 0x6368, 0x6964, 0x80, 0, 0x02, 0x42, 0xac, 0x12, 0, 0x02)

static EFI_GUID bus_guid = TEST_BUS_GUID;
static EFI_GUID child_guid = TEST_CHILD_GUID;
static EFI_GUID binding_guid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_HANDLE device;
static u32 child;

static EFI_STATUS EFIAPI supported(EFI_DRIVER_BINDING_PROTOCOL *self, EFI_HANDLE controller,
				   EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	void *interface;
	EFI_STATUS status;

	(void)remaining;
	status = boot->OpenProtocol(controller, &bus_guid, &interface, self->DriverBindingHandle,
				    controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
	if (!EFI_ERROR(status))
		boot->CloseProtocol(controller, &bus_guid, self->DriverBindingHandle, controller);
	return status;
}

static EFI_STATUS EFIAPI start(EFI_DRIVER_BINDING_PROTOCOL *self, EFI_HANDLE controller,
			       EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	void *interface;
	EFI_STATUS status;

	(void)remaining;
	status = boot->OpenProtocol(controller, &bus_guid, &interface, self->DriverBindingHandle,
				    controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
	if (EFI_ERROR(status))
		return status;
	status = boot->InstallProtocolInterface(&controller, &child_guid, EFI_NATIVE_INTERFACE,
						&child);
	print("EFI-DRIVER: started, %r\n", status);
	return status;
}

static EFI_STATUS EFIAPI stop(EFI_DRIVER_BINDING_PROTOCOL *self, EFI_HANDLE controller, UINTN count,
			      EFI_HANDLE *children)
{
	EFI_STATUS status;

	(void)count;
	(void)children;
	status = boot->UninstallProtocolInterface(controller, &child_guid, &child);
	if (!EFI_ERROR(status))
		status = boot->CloseProtocol(controller, &bus_guid, self->DriverBindingHandle,
					     controller);
	print("EFI-DRIVER: stopped, %r\n", status);
	return status;
}

static EFI_DRIVER_BINDING_PROTOCOL binding = { supported, start, stop, 0x10, NULL, NULL };

static EFI_STATUS EFIAPI unload(EFI_HANDLE image)
{
	EFI_STATUS status = boot->DisconnectController(device, image, NULL);

	if (!EFI_ERROR(status))
		status = boot->UninstallMultipleProtocolInterfaces(image, &binding_guid, &binding,
								   NULL);
	if (!EFI_ERROR(status))
		status = boot->UninstallMultipleProtocolInterfaces(device, &bus_guid, &child, NULL);
	print("EFI-DRIVER: unloaded, %r\n", status);
	return status;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_LOADED_IMAGE_PROTOCOL *loaded;
	EFI_STATUS status;

	support_init(image, table);
	binding.ImageHandle = image;
	binding.DriverBindingHandle = image;
	status = boot->HandleProtocol(image, &loaded_image_guid, (void **)&loaded);
	if (EFI_ERROR(status))
		return status;
	loaded->Unload = unload;
	print("EFI-DRIVER: loaded as type %u\n", (u64)loaded->ImageCodeType);
	status = boot->InstallMultipleProtocolInterfaces(&image, &binding_guid, &binding, NULL);
	if (EFI_ERROR(status))
		return status;
	return boot->InstallMultipleProtocolInterfaces(&device, &bus_guid, &child, NULL);
}
