/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 7.3.2 to 7.3.4: installing, reinstalling and uninstalling protocols. */
#include "selftest.h"

static EFI_GUID one = TEST_GUID(1), two = TEST_GUID(2), three = TEST_GUID(3);
static u32 a, b;

/* A handle that was never created. */
static u64 no_handle[32];

static void test_install(void)
{
	EFI_HANDLE handle = NULL, first;
	void *interface;

	is("install on a new handle",
	   boot->InstallProtocolInterface(&handle, &one, EFI_NATIVE_INTERFACE, &a), EFI_SUCCESS);
	ok("there is a handle", handle != NULL);
	first = handle;
	is("the same again",
	   boot->InstallProtocolInterface(&handle, &one, EFI_NATIVE_INTERFACE, &b),
	   EFI_INVALID_PARAMETER);
	is("another one", boot->InstallProtocolInterface(&handle, &two, EFI_NATIVE_INTERFACE, NULL),
	   EFI_SUCCESS);
	ok("the handle is the same", handle == first);
	is("find it", boot->HandleProtocol(handle, &one, &interface), EFI_SUCCESS);
	ok("it is that interface", interface == &a);
	interface = &a;
	is("find the one without an interface", boot->HandleProtocol(handle, &two, &interface),
	   EFI_SUCCESS);
	ok("it has none", interface == NULL);
	is("find what is not there", boot->HandleProtocol(handle, &three, &interface),
	   EFI_UNSUPPORTED);
	is("find on no handle", boot->HandleProtocol(NULL, &one, &interface),
	   EFI_INVALID_PARAMETER);
	is("find on what is no handle", boot->HandleProtocol(no_handle, &one, &interface),
	   EFI_INVALID_PARAMETER);
	is("find no protocol", boot->HandleProtocol(handle, NULL, &interface),
	   EFI_INVALID_PARAMETER);
	is("find for nobody", boot->HandleProtocol(handle, &one, NULL), EFI_INVALID_PARAMETER);
	is("no such type of interface",
	   boot->InstallProtocolInterface(&handle, &three, (EFI_INTERFACE_TYPE)1, &a),
	   EFI_INVALID_PARAMETER);
	is("install no protocol",
	   boot->InstallProtocolInterface(&handle, NULL, EFI_NATIVE_INTERFACE, &a),
	   EFI_INVALID_PARAMETER);
	is("install nowhere",
	   boot->InstallProtocolInterface(NULL, &three, EFI_NATIVE_INTERFACE, &a),
	   EFI_INVALID_PARAMETER);
	handle = no_handle;
	is("install on what is no handle",
	   boot->InstallProtocolInterface(&handle, &three, EFI_NATIVE_INTERFACE, &a),
	   EFI_INVALID_PARAMETER);
	is("uninstall another interface", boot->UninstallProtocolInterface(first, &one, &b),
	   EFI_NOT_FOUND);
	is("uninstall what is not there", boot->UninstallProtocolInterface(first, &three, &a),
	   EFI_NOT_FOUND);
	is("uninstall from no handle", boot->UninstallProtocolInterface(NULL, &one, &a),
	   EFI_INVALID_PARAMETER);
	is("uninstall no protocol", boot->UninstallProtocolInterface(first, NULL, &a),
	   EFI_INVALID_PARAMETER);
	is("uninstall", boot->UninstallProtocolInterface(first, &one, &a), EFI_SUCCESS);
	is("it is gone", boot->HandleProtocol(first, &one, &interface), EFI_UNSUPPORTED);
	is("uninstall the last", boot->UninstallProtocolInterface(first, &two, NULL), EFI_SUCCESS);
	is("the handle is gone", boot->HandleProtocol(first, &two, &interface),
	   EFI_INVALID_PARAMETER);
}

static void test_reinstall(void)
{
	EFI_HANDLE handle = NULL;
	void *interface;

	boot->InstallProtocolInterface(&handle, &one, EFI_NATIVE_INTERFACE, &a);
	is("reinstall another interface", boot->ReinstallProtocolInterface(handle, &one, &b, &a),
	   EFI_NOT_FOUND);
	is("reinstall what is not there", boot->ReinstallProtocolInterface(handle, &two, &a, &b),
	   EFI_NOT_FOUND);
	is("reinstall on no handle", boot->ReinstallProtocolInterface(NULL, &one, &a, &b),
	   EFI_INVALID_PARAMETER);
	is("reinstall no protocol", boot->ReinstallProtocolInterface(handle, NULL, &a, &b),
	   EFI_INVALID_PARAMETER);
	is("reinstall", boot->ReinstallProtocolInterface(handle, &one, &a, &b), EFI_SUCCESS);
	is("find it", boot->HandleProtocol(handle, &one, &interface), EFI_SUCCESS);
	ok("it is the new one", interface == &b);
	is("reinstall the same", boot->ReinstallProtocolInterface(handle, &one, &b, &b),
	   EFI_SUCCESS);
	boot->UninstallProtocolInterface(handle, &one, &b);
}

static void test_multiple(void)
{
	EFI_HANDLE handle = NULL, kept;
	void *interface;

	is("install three",
	   boot->InstallMultipleProtocolInterfaces(&handle, &one, &a, &two, &b, &three, NULL, NULL),
	   EFI_SUCCESS);
	kept = handle;
	ok("the second is there", protocol_on(handle, two) == &b);
	is("one that is there after one that is not",
	   boot->UninstallMultipleProtocolInterfaces(handle, &one, &a, &two, &a, NULL),
	   EFI_INVALID_PARAMETER);
	ok("the first returned", protocol_on(handle, one) == &a);
	is("uninstall one", boot->UninstallMultipleProtocolInterfaces(handle, &three, NULL, NULL),
	   EFI_SUCCESS);
	is("install one new and one that is there",
	   boot->InstallMultipleProtocolInterfaces(&handle, &three, &a, &one, &a, NULL),
	   EFI_INVALID_PARAMETER);
	is("the new one was taken away", boot->HandleProtocol(kept, &three, &interface),
	   EFI_UNSUPPORTED);
	is("uninstall the rest",
	   boot->UninstallMultipleProtocolInterfaces(handle, &one, &a, &two, &b, NULL),
	   EFI_SUCCESS);
	is("the handle is gone", boot->HandleProtocol(kept, &one, &interface),
	   EFI_INVALID_PARAMETER);
	is("install nowhere", boot->InstallMultipleProtocolInterfaces(NULL, &one, &a, NULL),
	   EFI_INVALID_PARAMETER);
	handle = NULL;
	is("install twice in one call",
	   boot->InstallMultipleProtocolInterfaces(&handle, &one, &a, &one, &b, NULL),
	   EFI_INVALID_PARAMETER);
	ok("no handle is left", handle == NULL);
}

/* Two handles may not have the same device path. */
static void test_device_paths(void)
{
	static struct [[gnu::packed]] {
		u8 header[4];
		EFI_GUID guid;
		u8 end[4];
	} paths[2] = {
		{ { MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP, 20, 0 },
		  TEST_GUID(9),
		  { 0x7f, 0xff, 4, 0 } },
		{ { MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP, 20, 0 },
		  TEST_GUID(9),
		  { 0x7f, 0xff, 4, 0 } },
	};
	EFI_GUID guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
	EFI_HANDLE handle = NULL, other = NULL;

	is("install a device path",
	   boot->InstallMultipleProtocolInterfaces(&handle, &guid, &paths[0], &one, &a, NULL),
	   EFI_SUCCESS);
	is("an equal one elsewhere",
	   boot->InstallMultipleProtocolInterfaces(&other, &one, &a, &guid, &paths[1], NULL),
	   EFI_ALREADY_STARTED);
	ok("no handle is left", other == NULL);
	is("uninstall it",
	   boot->UninstallMultipleProtocolInterfaces(handle, &guid, &paths[0], &one, &a, NULL),
	   EFI_SUCCESS);
	is("then it can come again",
	   boot->InstallMultipleProtocolInterfaces(&other, &guid, &paths[1], NULL), EFI_SUCCESS);
	boot->UninstallMultipleProtocolInterfaces(other, &guid, &paths[1], NULL);
}

/* Creates many handles, none of which may be lost. */
static void test_many(void)
{
	enum { COUNT = 300 };
	static EFI_HANDLE handles[COUNT];
	bool installed = true, found = true, gone = true;
	UINTN count = 0;
	EFI_HANDLE *buffer = NULL;

	for (size_t i = 0; i < COUNT; i++) {
		handles[i] = NULL;
		installed &= !boot->InstallProtocolInterface(
			&handles[i], &one, EFI_NATIVE_INTERFACE, (void *)(u64)(i + 1));
	}
	ok("300 handles", installed);
	for (size_t i = 0; i < COUNT; i++)
		found &= (u64)protocol_on(handles[i], one) == i + 1;
	ok("each has its own interface", found);
	is("locate all of them", boot->LocateHandleBuffer(ByProtocol, &one, NULL, &count, &buffer),
	   EFI_SUCCESS);
	equals("there are 300", count, COUNT);
	boot->FreePool(buffer);
	for (size_t i = 0; i < COUNT; i++)
		gone &= !boot->UninstallProtocolInterface(handles[i], &one, (void *)(u64)(i + 1));
	ok("all are uninstalled", gone);
	is("none is left", boot->LocateHandleBuffer(ByProtocol, &one, NULL, &count, &buffer),
	   EFI_NOT_FOUND);
}

void test_handles(void)
{
	test_install();
	test_reinstall();
	test_multiple();
	test_device_paths();
	test_many();
}
