/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI 2.11, 7.3.5 and 7.3.8, 7.3.15, 7.3.16: finding handles and protocols, and being notified of
 * new ones.
 */
#include "selftest.h"

static EFI_GUID one = TEST_GUID(1), absent = TEST_GUID(5);
static u32 a;

static void test_locate_handle(void)
{
	EFI_HANDLE handles[4], handle = NULL, second = NULL;
	UINTN size = 0, count = 0;
	EFI_HANDLE *buffer = NULL;

	boot->InstallProtocolInterface(&handle, &one, EFI_NATIVE_INTERFACE, &a);
	boot->InstallProtocolInterface(&second, &one, EFI_NATIVE_INTERFACE, &a);
	is("without a buffer", boot->LocateHandle(ByProtocol, &one, NULL, &size, NULL),
	   EFI_BUFFER_TOO_SMALL);
	equals("its size is returned", size, 2 * sizeof(handle));
	size = sizeof(handle);
	is("with room for one", boot->LocateHandle(ByProtocol, &one, NULL, &size, handles),
	   EFI_BUFFER_TOO_SMALL);
	equals("its size is told again", size, 2 * sizeof(handle));
	size = sizeof(handles);
	is("with room", boot->LocateHandle(ByProtocol, &one, NULL, &size, handles), EFI_SUCCESS);
	equals("two are found", size, 2 * sizeof(handle));
	ok("those two", (handles[0] == handle && handles[1] == second) ||
				(handles[0] == second && handles[1] == handle));
	size = sizeof(handles);
	is("a size without a buffer", boot->LocateHandle(ByProtocol, &one, NULL, &size, NULL),
	   EFI_INVALID_PARAMETER);
	is("none has it", boot->LocateHandle(ByProtocol, &absent, NULL, &size, handles),
	   EFI_NOT_FOUND);
	is("no protocol", boot->LocateHandle(ByProtocol, NULL, NULL, &size, handles),
	   EFI_INVALID_PARAMETER);
	is("no registration", boot->LocateHandle(ByRegisterNotify, NULL, NULL, &size, handles),
	   EFI_INVALID_PARAMETER);
	is("no such search",
	   boot->LocateHandle((EFI_LOCATE_SEARCH_TYPE)3, &one, NULL, &size, handles),
	   EFI_INVALID_PARAMETER);
	is("no size", boot->LocateHandle(ByProtocol, &one, NULL, NULL, handles),
	   EFI_INVALID_PARAMETER);
	is("all handles", boot->LocateHandleBuffer(AllHandles, NULL, NULL, &count, &buffer),
	   EFI_SUCCESS);
	ok("there are many", count > 4);
	boot->FreePool(buffer);
	is("in a buffer", boot->LocateHandleBuffer(ByProtocol, &one, NULL, &count, &buffer),
	   EFI_SUCCESS);
	equals("two", count, 2);
	boot->FreePool(buffer);
	is("in a buffer, none",
	   boot->LocateHandleBuffer(ByProtocol, &absent, NULL, &count, &buffer), EFI_NOT_FOUND);
	is("in no buffer", boot->LocateHandleBuffer(ByProtocol, &one, NULL, &count, NULL),
	   EFI_INVALID_PARAMETER);
	is("in a buffer without a count",
	   boot->LocateHandleBuffer(ByProtocol, &one, NULL, NULL, &buffer), EFI_INVALID_PARAMETER);
	boot->UninstallProtocolInterface(handle, &one, &a);
	boot->UninstallProtocolInterface(second, &one, &a);
}

static void test_locate_protocol(void)
{
	EFI_HANDLE handle = NULL;
	void *interface = &a;

	is("absent", boot->LocateProtocol(&absent, NULL, &interface), EFI_NOT_FOUND);
	is("no protocol", boot->LocateProtocol(NULL, NULL, &interface), EFI_INVALID_PARAMETER);
	is("for nobody", boot->LocateProtocol(&one, NULL, NULL), EFI_INVALID_PARAMETER);
	boot->InstallProtocolInterface(&handle, &one, EFI_NATIVE_INTERFACE, &a);
	interface = NULL;
	is("present", boot->LocateProtocol(&one, NULL, &interface), EFI_SUCCESS);
	ok("it is that interface", interface == &a);
	boot->UninstallProtocolInterface(handle, &one, &a);
}

static unsigned notified;

static void EFIAPI notify(EFI_EVENT event, void *context)
{
	(void)event;
	(void)context;
	notified++;
}

static void test_register(void)
{
	EFI_HANDLE first = NULL, second = NULL, found = NULL;
	UINTN size = sizeof(found);
	EFI_EVENT event;
	void *registration = NULL, *interface;

	boot->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, notify, NULL, &event);
	is("for no protocol", boot->RegisterProtocolNotify(NULL, event, &registration),
	   EFI_INVALID_PARAMETER);
	is("for no event", boot->RegisterProtocolNotify(&one, NULL, &registration),
	   EFI_INVALID_PARAMETER);
	is("without a registration", boot->RegisterProtocolNotify(&one, event, NULL),
	   EFI_INVALID_PARAMETER);
	is("register", boot->RegisterProtocolNotify(&one, event, &registration), EFI_SUCCESS);
	is("nothing is new",
	   boot->LocateHandle(ByRegisterNotify, NULL, registration, &size, &found), EFI_NOT_FOUND);
	boot->InstallProtocolInterface(&first, &one, EFI_NATIVE_INTERFACE, &a);
	equals("it is heard of", notified, 1);
	boot->InstallProtocolInterface(&second, &one, EFI_NATIVE_INTERFACE, &a);
	equals("and the second", notified, 2);
	size = sizeof(found);
	is("the first is new",
	   boot->LocateHandle(ByRegisterNotify, NULL, registration, &size, &found), EFI_SUCCESS);
	ok("it is the first", size == sizeof(found) && found == first);
	is("the second is new", boot->LocateProtocol(&one, registration, &interface), EFI_SUCCESS);
	is("nothing more is new", boot->LocateProtocol(&one, registration, &interface),
	   EFI_NOT_FOUND);
	boot->ReinstallProtocolInterface(first, &one, &a, &a);
	equals("a reinstalled one is heard of", notified, 3);
	size = sizeof(found);
	is("and is new", boot->LocateHandle(ByRegisterNotify, NULL, registration, &size, &found),
	   EFI_SUCCESS);
	ok("it is the first again", found == first);
	boot->InstallProtocolInterface(&first, &absent, EFI_NATIVE_INTERFACE, &a);
	equals("others are not heard of", notified, 3);
	boot->UninstallMultipleProtocolInterfaces(first, &one, &a, &absent, &a, NULL);
	boot->CloseEvent(event);
	boot->UninstallProtocolInterface(second, &one, &a);
}

static size_t size_of(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	size_t size = 0;

	while (((const u8 *)path)[size] != END_DEVICE_PATH_TYPE)
		size += ((const u8 *)path)[size + 2] | (size_t)((const u8 *)path)[size + 3] << 8;
	return size;
}

static void test_locate_path(void)
{
	EFI_GUID volume = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID, disk = EFI_BLOCK_IO_PROTOCOL_GUID;
	EFI_DEVICE_PATH_PROTOCOL *whole = file_path(u"\\absent"), *path = whole;
	EFI_DEVICE_PATH_PROTOCOL *own =
		protocol_on(own_image()->DeviceHandle, (EFI_GUID)EFI_DEVICE_PATH_PROTOCOL_GUID);
	EFI_HANDLE handle = NULL;

	is("the volume of a file", boot->LocateDevicePath(&volume, &path, &handle), EFI_SUCCESS);
	ok("it is the image's", handle == own_image()->DeviceHandle);
	equals("the rest is the file's name", (u64)((u8 *)path - (u8 *)whole), size_of(own));
	equals("a FilePath node", path->Type << 8 | path->SubType,
	       MEDIA_DEVICE_PATH << 8 | MEDIA_FILEPATH_DP);
	path = own;
	is("the disk of a volume", boot->LocateDevicePath(&disk, &path, &handle), EFI_SUCCESS);
	ok("the longest match is itself", handle == own_image()->DeviceHandle);
	equals("nothing is left", path->Type, END_DEVICE_PATH_TYPE);
	path = whole;
	is("nothing has that protocol", boot->LocateDevicePath(&absent, &path, &handle),
	   EFI_NOT_FOUND);
	ok("the path is kept", path == whole);
	path = (EFI_DEVICE_PATH_PROTOCOL *)(u8[]){
		MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, 8, 0, 'x', 0, 0, 0, 0x7f, 0xff, 4, 0
	};
	is("nothing has that path", boot->LocateDevicePath(&volume, &path, &handle), EFI_NOT_FOUND);
	path = whole;
	is("no protocol", boot->LocateDevicePath(NULL, &path, &handle), EFI_INVALID_PARAMETER);
	is("no path", boot->LocateDevicePath(&volume, NULL, &handle), EFI_INVALID_PARAMETER);
	path = NULL;
	is("a path that is NULL", boot->LocateDevicePath(&volume, &path, &handle),
	   EFI_INVALID_PARAMETER);
	path = whole;
	is("for nobody", boot->LocateDevicePath(&volume, &path, NULL), EFI_INVALID_PARAMETER);
	boot->FreePool(whole);
}

void test_locate(void)
{
	test_locate_handle();
	test_locate_protocol();
	test_register();
	test_locate_path();
}
