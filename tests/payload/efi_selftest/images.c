/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 7.4 and 9: loading, starting, exiting and unloading images. */
#include "selftest.h"

#define CHILD u"\\selftest\\returns.efi" /* returns ABORTED */

static EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;

static EFI_STATUS load(const CHAR16 *name, EFI_HANDLE *handle)
{
	EFI_DEVICE_PATH_PROTOCOL *path = file_path(name);
	EFI_STATUS status = boot->LoadImage(false, image_handle, path, NULL, 0, handle);

	boot->FreePool(path);
	return status;
}

static void test_load_errors(void)
{
	EFI_HANDLE handle = NULL;
	UINTN size = 0;
	u8 *data = read_file(CHILD, &size), *other = allocate(size);
	EFI_DEVICE_PATH_PROTOCOL *path = file_path(CHILD);
	u32 header = *(u32 *)(data + 0x3c);

	is("neither path nor buffer", boot->LoadImage(false, image_handle, NULL, NULL, 0, &handle),
	   EFI_NOT_FOUND);
	is("nowhere to tell", boot->LoadImage(false, image_handle, path, NULL, 0, NULL),
	   EFI_INVALID_PARAMETER);
	is("no parent", boot->LoadImage(false, NULL, path, NULL, 0, &handle),
	   EFI_INVALID_PARAMETER);
	is("a parent that is no image",
	   boot->LoadImage(false, own_image()->DeviceHandle, path, NULL, 0, &handle),
	   EFI_INVALID_PARAMETER);
	is("no such file", load(u"\\selftest\\absent.efi", &handle), EFI_NOT_FOUND);
	is_either("a directory", load(u"\\selftest", &handle), EFI_NOT_FOUND, EFI_UNSUPPORTED);
	is_either("a file that is no program", load(u"\\selftest\\file.bin", &handle),
		  EFI_UNSUPPORTED, EFI_LOAD_ERROR);
	is_either("an empty file", load(u"\\selftest\\empty", &handle), EFI_UNSUPPORTED,
		  EFI_LOAD_ERROR);
	is_either("a program cut off",
		  boot->LoadImage(false, image_handle, NULL, data, 64, &handle), EFI_UNSUPPORTED,
		  EFI_LOAD_ERROR);
	memcpy(other, data, size);
	other[header + 4] = 0x64; /* IMAGE_FILE_MACHINE_ARM64 */
	other[header + 5] = 0xaa;
	is("of another processor", boot->LoadImage(false, image_handle, NULL, other, size, &handle),
	   EFI_UNSUPPORTED);
	memcpy(other, data, size);
	other[header + 24 + 68] = 3; /* IMAGE_SUBSYSTEM_WINDOWS_CUI */
	is("of another system", boot->LoadImage(false, image_handle, NULL, other, size, &handle),
	   EFI_UNSUPPORTED);
	boot->FreePool(other);
	boot->FreePool(data);
	boot->FreePool(path);
}

static void test_fields(EFI_HANDLE handle, bool from_file)
{
	EFI_LOADED_IMAGE_PROTOCOL *image = protocol_on(handle, loaded_image);

	if (!ok("it has LoadedImage", image != NULL))
		return;
	equals("revision", image->Revision, EFI_LOADED_IMAGE_PROTOCOL_REVISION);
	ok("parent", image->ParentHandle == image_handle);
	ok("system table", image->SystemTable == system_table);
	equals("size of load options", image->LoadOptionsSize, 0);
	ok("load options", image->LoadOptions == NULL);
	equals("type of code", image->ImageCodeType, EfiLoaderCode);
	equals("type of data", image->ImageDataType, EfiLoaderData);
	ok("no function to unload", image->Unload == NULL);
	ok("its headers are there", !memcmp(image->ImageBase, "MZ", 2));
	ok("it has a size", image->ImageSize >= 4096);
	if (!from_file) {
		ok("no device", image->DeviceHandle == NULL);
		return;
	}
	ok("device", image->DeviceHandle == own_image()->DeviceHandle);
	ok("file path", image->FilePath && image->FilePath->Type == MEDIA_DEVICE_PATH &&
				image->FilePath->SubType == MEDIA_FILEPATH_DP);
	ok("the path in full",
	   protocol_on(handle, (EFI_GUID)EFI_LOADED_IMAGE_DEVICE_PATH_PROTOCOL_GUID) != NULL);
}

static void test_start(void)
{
	EFI_HANDLE handle = NULL;
	UINTN size = 0;
	void *data = read_file(CHILD, &size), *interface;

	is("load a file", load(CHILD, &handle), EFI_SUCCESS);
	test_fields(handle, true);
	is("start it", boot->StartImage(handle, NULL, NULL), EFI_ABORTED);
	is("it is unloaded", boot->HandleProtocol(handle, &loaded_image, &interface),
	   EFI_INVALID_PARAMETER);
	is("start it again", boot->StartImage(handle, NULL, NULL), EFI_INVALID_PARAMETER);
	is("load from a buffer", boot->LoadImage(false, image_handle, NULL, data, size, &handle),
	   EFI_SUCCESS);
	test_fields(handle, false);
	memset(data, 0, size);
	is("start it without the buffer", boot->StartImage(handle, NULL, NULL), EFI_ABORTED);
	is("start no image", boot->StartImage(NULL, NULL, NULL), EFI_INVALID_PARAMETER);
	boot->FreePool(data);
}

static void test_unload(void)
{
	EFI_HANDLE handle = NULL;
	void *interface;

	load(CHILD, &handle);
	is("unload what has not started", boot->UnloadImage(handle), EFI_SUCCESS);
	is("it is gone", boot->HandleProtocol(handle, &loaded_image, &interface),
	   EFI_INVALID_PARAMETER);
	is("unload it again", boot->UnloadImage(handle), EFI_INVALID_PARAMETER);
	is("unload no image", boot->UnloadImage(NULL), EFI_INVALID_PARAMETER);
	is("unload what runs", boot->UnloadImage(image_handle), EFI_UNSUPPORTED);
	load(CHILD, &handle);
	is("exit what has not started", boot->Exit(handle, EFI_SUCCESS, 0, NULL), EFI_SUCCESS);
	is("it is gone, too", boot->HandleProtocol(handle, &loaded_image, &interface),
	   EFI_INVALID_PARAMETER);
	is("exit no image", boot->Exit(NULL, EFI_SUCCESS, 0, NULL), EFI_INVALID_PARAMETER);
}

static void test_exit(void)
{
	EFI_HANDLE handle = NULL;
	UINTN size = 0;
	CHAR16 *data = NULL;

	is("load one that exits", load(u"\\selftest\\exits.efi", &handle), EFI_SUCCESS);
	is("its status", boot->StartImage(handle, &size, &data), EFI_ABORTED);
	equals("size of its data", size, sizeof(u"bye"));
	ok("its data", data && equal16(data, u"bye"));
	equals("the TPL is ours", boot->RaiseTPL(TPL_HIGH_LEVEL), TPL_APPLICATION);
	boot->RestoreTPL(TPL_APPLICATION);
	if (data)
		boot->FreePool(data);
}

/* Loading and unloading an image a hundred times leaks nothing. */
static void test_leak(void)
{
	static u8 map[64 * 1024];
	u64 free[2] = { 0 };
	EFI_HANDLE handle;

	for (unsigned round = 0; round < 101; round++) {
		UINTN size = sizeof(map), key, stride;
		UINT32 version;

		if (round < 2 || round == 100) {
			boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride,
					   &version);
			free[round == 100] = 0;
			for (UINTN i = 0; i < size / stride; i++) {
				EFI_MEMORY_DESCRIPTOR *d =
					(EFI_MEMORY_DESCRIPTOR *)(map + i * stride);

				if (d->Type == EfiConventionalMemory)
					free[round == 100] += d->NumberOfPages;
			}
		}
		handle = NULL;
		if (load(CHILD, &handle) || boot->UnloadImage(handle)) {
			ok("load and unload", false);
			return;
		}
	}
	ok("a hundred images leak less than 32 pages", free[1] + 32 >= free[0]);
}

/* A driver stays loaded when it returns, provides its binding, and can be unloaded. */
static void test_driver(void)
{
	EFI_GUID child = GUID(0x0fa7300d, 0x6368, 0x6964, 0x80, 0, 0x02, 0x42, 0xac, 0x12, 0, 0x02);
	EFI_GUID bus = GUID(0x0fa7300d, 0x6275, 0x7300, 0x80, 0, 0x02, 0x42, 0xac, 0x12, 0, 0x02);
	EFI_LOADED_IMAGE_PROTOCOL *image;
	EFI_HANDLE handle = NULL, *devices = NULL;
	UINTN count = 0;
	void *interface;

	is("load a driver", load(u"\\selftest\\driver.efi", &handle), EFI_SUCCESS);
	image = protocol_on(handle, loaded_image);
	equals("type of its code", image ? image->ImageCodeType : 0, EfiBootServicesCode);
	equals("type of its data", image ? image->ImageDataType : 0, EfiBootServicesData);
	is("start it", boot->StartImage(handle, NULL, NULL), EFI_SUCCESS);
	ok("it stays", protocol_on(handle, loaded_image) != NULL);
	is("it made a device", boot->LocateHandleBuffer(ByProtocol, &bus, NULL, &count, &devices),
	   EFI_SUCCESS);
	if (count != 1)
		return;
	/* The firmware may have connected it already. */
	is_either("connect it", boot->ConnectController(devices[0], NULL, NULL, true), EFI_SUCCESS,
		  EFI_NOT_FOUND);
	is("the driver has the device", boot->HandleProtocol(devices[0], &child, &interface),
	   EFI_SUCCESS);
	is("unload it", boot->UnloadImage(handle), EFI_SUCCESS);
	is("the driver is gone", boot->HandleProtocol(handle, &loaded_image, &interface),
	   EFI_INVALID_PARAMETER);
	is("so is the device", boot->LocateProtocol(&bus, NULL, &interface), EFI_NOT_FOUND);
	boot->FreePool(devices);
}

void test_images(void)
{
	test_load_errors();
	test_start();
	test_unload();
	test_exit();
	test_leak();
	test_driver();
}
