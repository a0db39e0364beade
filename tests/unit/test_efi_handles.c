/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services: installing, finding and removing protocols (UEFI 2.11, 7.3.2 to 7.3.8). */
#include "tests/unit/efi_services.h"

static EFI_GUID a = GUID(0xa, 0, 0, 0), b = GUID(0xb, 0, 0, 0), c = GUID(0xc, 0, 0, 0);
static u8 x, y, z; /* interfaces */

static EFI_HANDLE made_with(EFI_GUID *guid, void *interface)
{
	EFI_HANDLE handle = NULL;

	CHECK_STATUS(efi_install_protocol_interface(&handle, guid, EFI_NATIVE_INTERFACE, interface),
		     EFI_SUCCESS);
	CHECK(handle);
	return handle;
}

static UINTN count_of(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, void *key)
{
	EFI_HANDLE *handles;
	UINTN count;

	if (efi_locate_handle_buffer(type, guid, key, &count, &handles))
		return 0;
	efi_free_pool(handles);
	return count;
}

TEST(install_checks_its_parameters)
{
	EFI_HANDLE handle = NULL, bad = &x, gone;

	CHECK_STATUS(efi_install_protocol_interface(NULL, &a, EFI_NATIVE_INTERFACE, &x),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_install_protocol_interface(&handle, NULL, EFI_NATIVE_INTERFACE, &x),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_install_protocol_interface(&handle, &a, (EFI_INTERFACE_TYPE)1, &x),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_install_protocol_interface(&bad, &a, EFI_NATIVE_INTERFACE, &x),
		     EFI_INVALID_PARAMETER);
	CHECK(!handle);
	handle = made_with(&a, &x);
	CHECK_STATUS(efi_install_protocol_interface(&handle, &a, EFI_NATIVE_INTERFACE, &y),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_install_protocol_interface(&handle, &b, EFI_NATIVE_INTERFACE, NULL),
		     EFI_SUCCESS);
	CHECK(efi_has_protocol(handle, &b));
	CHECK(!efi_interface_of(handle, &b));
	CHECK(efi_interface_of(handle, &a) == &x);

	CHECK_STATUS(efi_uninstall_protocol_interface(handle, NULL, &x), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_uninstall_protocol_interface(NULL, &a, &x), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_uninstall_protocol_interface(&x, &a, &x), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &a, &y), EFI_NOT_FOUND);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &c, &x), EFI_NOT_FOUND);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &a, &x), EFI_SUCCESS);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &a, &x), EFI_NOT_FOUND);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &b, NULL), EFI_SUCCESS);
	gone = handle;
	CHECK(!efi_object_of(gone));
	CHECK_STATUS(efi_uninstall_protocol_interface(gone, &a, &x), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_install_protocol_interface(&gone, &a, EFI_NATIVE_INTERFACE, &x),
		     EFI_INVALID_PARAMETER);
}

/* Leftovers would disturb later tests, so each test cleans up. Classes stay. */
TEST(our_own_objects)
{
	static struct efi_object object;

	CHECK(!efi_object_of(&object));
	CHECK_STATUS(efi_install(&object, &a, &x), EFI_SUCCESS);
	CHECK(efi_object_of(&object) == &object);
	CHECK_STATUS(efi_install(&object, &a, &y), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_uninstall(&object, &a, &y), EFI_NOT_FOUND);
	CHECK_STATUS(efi_uninstall(&object, &a, &x), EFI_SUCCESS);
	CHECK(!efi_object_of(&object));
	CHECK_STATUS(efi_install(&object, &b, &x), EFI_SUCCESS);
	CHECK_STATUS(efi_uninstall(&object, &b, &x), EFI_SUCCESS);
}

TEST(a_tag_without_interface_hides_no_protocol)
{
	EFI_HANDLE tag = made_with(&a, NULL), handle;
	VOID *interface = &y;

	CHECK_STATUS(efi_locate_protocol(&a, NULL, &interface), EFI_SUCCESS);
	CHECK(!interface);
	handle = made_with(&a, &x);
	CHECK_STATUS(efi_locate_protocol(&a, NULL, &interface), EFI_SUCCESS);
	CHECK(interface == &x);
	CHECK_STATUS(efi_uninstall_protocol_interface(tag, &a, NULL), EFI_SUCCESS);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &a, &x), EFI_SUCCESS);
}

TEST(locate_handle)
{
	EFI_HANDLE first = made_with(&a, &x), second = made_with(&a, &y), third = made_with(&b, &z);
	EFI_HANDLE found[4] = { 0 };
	UINTN size = 0;

	CHECK_STATUS(efi_locate_handle(ByProtocol, &a, NULL, NULL, found), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_handle(ByProtocol, NULL, NULL, &size, found),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_handle(ByRegisterNotify, NULL, NULL, &size, found),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_handle(ByRegisterNotify, NULL, &x, &size, found),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_handle(3, &a, NULL, &size, found), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_handle(ByProtocol, &c, NULL, &size, found), EFI_NOT_FOUND);
	CHECK_EQUAL(size, 0);
	CHECK_STATUS(efi_locate_handle(ByProtocol, &a, NULL, &size, NULL), EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, 2 * sizeof(EFI_HANDLE));
	CHECK_STATUS(efi_locate_handle(ByProtocol, &a, NULL, &size, NULL), EFI_INVALID_PARAMETER);
	size -= 1;
	CHECK_STATUS(efi_locate_handle(ByProtocol, &a, NULL, &size, found), EFI_BUFFER_TOO_SMALL);
	CHECK(!found[0]);
	size = sizeof(found);
	CHECK_STATUS(efi_locate_handle(ByProtocol, &a, NULL, &size, found), EFI_SUCCESS);
	CHECK_EQUAL(size, 2 * sizeof(EFI_HANDLE));
	CHECK(found[0] == first && found[1] == second);
	size = sizeof(found);
	CHECK_STATUS(efi_locate_handle(AllHandles, NULL, NULL, &size, found), EFI_SUCCESS);
	CHECK_EQUAL(size, 3 * sizeof(EFI_HANDLE));
	CHECK(found[0] == first && found[1] == second && found[2] == third);

	efi_uninstall_protocol_interface(first, &a, &x);
	CHECK_EQUAL(count_of(ByProtocol, &a, NULL), 1);
	efi_uninstall_protocol_interface(second, &a, &y);
	CHECK_EQUAL(count_of(ByProtocol, &a, NULL), 0);
	CHECK_EQUAL(count_of(AllHandles, NULL, NULL), 1);
	efi_uninstall_protocol_interface(third, &b, &z);
	CHECK_EQUAL(count_of(AllHandles, NULL, NULL), 0);
}

TEST(locate_handle_buffer_and_protocol)
{
	EFI_HANDLE handle = made_with(&a, &x), *found = (void *)1;
	void *interface = &y;
	UINTN count = 7;

	CHECK_STATUS(efi_locate_handle_buffer(ByProtocol, &a, NULL, NULL, &found),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_handle_buffer(ByProtocol, &a, NULL, &count, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_handle_buffer(ByProtocol, &c, NULL, &count, &found), EFI_NOT_FOUND);
	CHECK(count == 0 && !found);
	CHECK_STATUS(efi_locate_handle_buffer(9, &c, NULL, &count, &found), EFI_INVALID_PARAMETER);
	pool_left = 0;
	CHECK_STATUS(efi_locate_handle_buffer(ByProtocol, &a, NULL, &count, &found),
		     EFI_OUT_OF_RESOURCES);
	pool_left = UINT64_MAX;
	CHECK_STATUS(efi_locate_handle_buffer(ByProtocol, &a, NULL, &count, &found), EFI_SUCCESS);
	CHECK(count == 1 && found[0] == handle);
	efi_free_pool(found);

	CHECK_STATUS(efi_locate_protocol(&a, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_protocol(NULL, NULL, &interface), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_protocol(&a, &x, &interface), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_protocol(&c, NULL, &interface), EFI_NOT_FOUND);
	CHECK(!interface);
	CHECK_STATUS(efi_locate_protocol(&a, NULL, &interface), EFI_SUCCESS);
	CHECK(interface == &x);
	efi_uninstall_protocol_interface(handle, &a, &x);
	CHECK_STATUS(efi_locate_protocol(&a, NULL, &interface), EFI_NOT_FOUND);
}

TEST(protocols_per_handle)
{
	EFI_HANDLE handle = made_with(&a, &x);
	EFI_GUID **guids;
	UINTN count;

	efi_install_protocol_interface(&handle, &b, EFI_NATIVE_INTERFACE, &x);
	CHECK_STATUS(efi_protocols_per_handle(NULL, &guids, &count), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_protocols_per_handle(&x, &guids, &count), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_protocols_per_handle(handle, NULL, &count), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_protocols_per_handle(handle, &guids, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_protocols_per_handle(handle, &guids, &count), EFI_SUCCESS);
	CHECK_EQUAL(count, 2);
	CHECK(guid_equals(guids[0], &a) && guid_equals(guids[1], &b));
	efi_uninstall_multiple_protocol_interfaces(handle, &a, &x, &b, &x, NULL);
	/* Still readable: the GUIDs outlive the handle. */
	CHECK(guid_equals(guids[0], &a));
	efi_free_pool(guids);
}

struct path {
	u8 bytes[24];
};

/* A vendor media node with @number in its GUID, another one if @second, and the end node. */
static struct path path_of(u8 number, u8 second)
{
	struct path path = { { 4, 3, 8, 0, number, 0, 0, 0 } };
	u8 *next = path.bytes + 8;

	if (second) {
		memcpy(next, (u8[]){ 4, 3, 8, 0, second, 1, 1, 1 }, 8);
		next += 8;
	}
	memcpy(next, (u8[]){ 0x7f, 0xff, 4, 0 }, 4);
	return path;
}

TEST(install_multiple_is_all_or_nothing)
{
	struct path path = path_of(1, 0), same = path_of(1, 0), other = path_of(2, 0);
	EFI_HANDLE handle = NULL, second = NULL;
	s64 pieces;

	CHECK_STATUS(efi_install_multiple_protocol_interfaces(NULL, &a, &x, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_install_multiple_protocol_interfaces(&handle, NULL), EFI_SUCCESS);
	CHECK(!handle);
	CHECK_STATUS(efi_install_multiple_protocol_interfaces(&handle, &guid_device_path, &path, &a,
							      &x, &b, &y, NULL),
		     EFI_SUCCESS);
	CHECK(efi_interface_of(handle, &guid_device_path) == &path);
	CHECK(efi_interface_of(handle, &a) == &x);
	CHECK(efi_interface_of(handle, &b) == &y);

	pieces = pool_pieces;
	CHECK_STATUS(efi_install_multiple_protocol_interfaces(&second, &a, &x, &guid_device_path,
							      &same, NULL),
		     EFI_ALREADY_STARTED);
	CHECK(!second);
	CHECK_STATUS(efi_install_multiple_protocol_interfaces(&second, &a, &x, &b, &y, &a, &z, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK(!second);
	CHECK_EQUAL(pool_pieces, pieces);
	CHECK_STATUS(efi_install_multiple_protocol_interfaces(&handle, &c, &x, &a, &z, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK(!efi_has_protocol(handle, &c));
	CHECK(efi_interface_of(handle, &a) == &x);

	CHECK_STATUS(efi_install_multiple_protocol_interfaces(&second, &guid_device_path, &other,
							      NULL),
		     EFI_SUCCESS);
	for (u64 n = 0;; n++) {
		pool_left = n;
		if (!efi_install_multiple_protocol_interfaces(&second, &a, &x, &b, &y, NULL))
			break;
		CHECK(!efi_has_protocol(second, &a) && !efi_has_protocol(second, &b));
	}
	pool_left = UINT64_MAX;

	CHECK_STATUS(efi_uninstall_multiple_protocol_interfaces(NULL, &a, &x, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_uninstall_multiple_protocol_interfaces(handle, &a, &x, &b, &x, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_uninstall_multiple_protocol_interfaces(handle, &a, &x, &a, &x, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK(efi_has_protocol(handle, &a));
	CHECK_STATUS(efi_uninstall_multiple_protocol_interfaces(handle, &a, &x, &b, &y,
								&guid_device_path, &path, NULL),
		     EFI_SUCCESS);
	CHECK(!efi_object_of(handle));
	CHECK_STATUS(efi_uninstall_multiple_protocol_interfaces(second, &guid_device_path, &other,
								&a, &x, &b, &y, NULL),
		     EFI_SUCCESS);
	CHECK_EQUAL(count_of(AllHandles, NULL, NULL), 0);
}

TEST(our_own_device_paths_are_unique_too)
{
	struct path path = path_of(1, 0), same = path_of(1, 0);
	struct efi_object first = { 0 }, second = { 0 };

	CHECK_STATUS(efi_install(&first, &guid_device_path, &path), EFI_SUCCESS);
	CHECK_STATUS(efi_install(&second, &guid_device_path, &same), EFI_ALREADY_STARTED);
	CHECK(!efi_object_of(&second));
	CHECK_STATUS(efi_uninstall(&first, &guid_device_path, &path), EFI_SUCCESS);
	CHECK_STATUS(efi_install(&second, &guid_device_path, &same), EFI_SUCCESS);
	CHECK_STATUS(efi_uninstall(&second, &guid_device_path, &same), EFI_SUCCESS);
}

TEST(locate_device_path)
{
	struct path one = path_of(1, 0), long_one = path_of(1, 5), two = path_of(2, 0);
	struct path longest = path_of(1, 6), bad = { { 4, 3, 2, 0 } };
	EFI_DEVICE_PATH_PROTOCOL *path;
	EFI_HANDLE first = NULL, second = NULL, device = &x;

	efi_install_multiple_protocol_interfaces(&first, &guid_device_path, &one, &a, &x, NULL);
	efi_install_multiple_protocol_interfaces(&second, &guid_device_path, &long_one, &a, &x,
						 NULL);
	path = (void *)&long_one;
	CHECK_STATUS(efi_locate_device_path(NULL, &path, &device), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_device_path(&a, NULL, &device), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_device_path(&a, &path, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_locate_device_path(&c, &path, NULL), EFI_NOT_FOUND);
	CHECK_STATUS(efi_locate_device_path(&c, &path, &device), EFI_NOT_FOUND);
	CHECK(path == (void *)&long_one && device == &x);
	CHECK_STATUS(efi_locate_device_path(&a, &path, &device), EFI_SUCCESS);
	CHECK(device == second);
	CHECK(path == (void *)(long_one.bytes + 16));
	path = (void *)&longest;
	CHECK_STATUS(efi_locate_device_path(&a, &path, &device), EFI_SUCCESS);
	CHECK(device == first);
	CHECK(path == (void *)(longest.bytes + 8));
	path = (void *)&two;
	CHECK_STATUS(efi_locate_device_path(&a, &path, &device), EFI_NOT_FOUND);
	path = (void *)&bad;
	CHECK_STATUS(efi_locate_device_path(&a, &path, &device), EFI_NOT_FOUND);
	path = NULL;
	CHECK_STATUS(efi_locate_device_path(&a, &path, &device), EFI_INVALID_PARAMETER);
	efi_uninstall_multiple_protocol_interfaces(first, &guid_device_path, &one, &a, &x, NULL);
	efi_uninstall_multiple_protocol_interfaces(second, &guid_device_path, &long_one, &a, &x,
						   NULL);
}

/* A path that ends at once, if its end were one, would lead to all devices. */
TEST(a_malformed_path_of_a_handle_leads_nowhere)
{
	struct path one = path_of(1, 0), bad = { { 0x7f, 0xff, 3, 0 } };
	EFI_DEVICE_PATH_PROTOCOL *path = (void *)&one;
	EFI_HANDLE handle = NULL, device;

	CHECK_STATUS(efi_install_multiple_protocol_interfaces(&handle, &guid_device_path, &bad, &a,
							      &x, NULL),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_locate_device_path(&a, &path, &device), EFI_NOT_FOUND);
	CHECK(path == (void *)&one);
	efi_uninstall_multiple_protocol_interfaces(handle, &guid_device_path, &bad, &a, &x, NULL);
}

static u32 calls;

static void EFIAPI count_call(EFI_EVENT event, void *context)
{
	(void)event, (void)context;
	calls++;
}

TEST(registrations_report_new_handles_one_by_one)
{
	EFI_HANDLE first = made_with(&a, &x), second, third, found;
	void *registration, *interface;
	UINTN size = sizeof(found);
	EFI_EVENT event;

	efi_create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, count_call, NULL, &event);
	CHECK_STATUS(efi_register_protocol_notify(NULL, event, &registration),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_register_protocol_notify(&a, NULL, &registration), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_register_protocol_notify(&a, &x, &registration), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_register_protocol_notify(&a, event, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_register_protocol_notify(&a, event, &registration), EFI_SUCCESS);
	calls = 0;
	/* Existing handles come first. */
	CHECK_STATUS(efi_locate_handle(ByRegisterNotify, NULL, registration, &size, &found),
		     EFI_SUCCESS);
	CHECK(found == first);
	CHECK_STATUS(efi_locate_handle(ByRegisterNotify, NULL, registration, &size, &found),
		     EFI_NOT_FOUND);
	second = made_with(&a, &y);
	CHECK_EQUAL(calls, 1);
	efi_install_protocol_interface(&second, &b, EFI_NATIVE_INTERFACE, &y);
	CHECK_EQUAL(calls, 1);
	third = made_with(&a, &z);
	CHECK_EQUAL(calls, 2);
	size = 0;
	CHECK_STATUS(efi_locate_handle(ByRegisterNotify, NULL, registration, &size, &found),
		     EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, sizeof(found));
	CHECK_STATUS(efi_locate_handle(ByRegisterNotify, NULL, registration, &size, &found),
		     EFI_SUCCESS);
	CHECK(found == second);
	/* If the last one found is removed, the next one is still found. */
	efi_uninstall_multiple_protocol_interfaces(second, &a, &y, &b, &y, NULL);
	CHECK_STATUS(efi_locate_protocol(&a, registration, &interface), EFI_SUCCESS);
	CHECK(interface == &z);
	CHECK_STATUS(efi_locate_protocol(&a, registration, &interface), EFI_NOT_FOUND);

	CHECK_STATUS(efi_reinstall_protocol_interface(first, &a, &x, &y), EFI_SUCCESS);
	CHECK_EQUAL(calls, 3);
	CHECK_EQUAL(count_of(ByRegisterNotify, NULL, registration), 1);
	CHECK_EQUAL(count_of(ByRegisterNotify, NULL, registration), 0);

	efi_close_event(event);
	CHECK_STATUS(efi_locate_handle(ByRegisterNotify, NULL, registration, &size, &found),
		     EFI_INVALID_PARAMETER);
	efi_uninstall_protocol_interface(first, &a, &y);
	efi_uninstall_protocol_interface(third, &a, &z);
	first = made_with(&a, &x);
	CHECK_EQUAL(calls, 3);
	efi_uninstall_protocol_interface(first, &a, &x);
}

TEST(reinstall)
{
	EFI_HANDLE handle = made_with(&a, &x);

	CHECK_STATUS(efi_reinstall_protocol_interface(NULL, &a, &x, &y), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_reinstall_protocol_interface(handle, NULL, &x, &y), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_reinstall_protocol_interface(handle, &a, &y, &x), EFI_NOT_FOUND);
	CHECK_STATUS(efi_reinstall_protocol_interface(handle, &b, &x, &x), EFI_NOT_FOUND);
	CHECK_STATUS(efi_reinstall_protocol_interface(handle, &a, &x, &x), EFI_SUCCESS);
	CHECK_STATUS(efi_reinstall_protocol_interface(handle, &a, &x, &y), EFI_SUCCESS);
	CHECK(efi_interface_of(handle, &a) == &y);
	efi_uninstall_protocol_interface(handle, &a, &y);
}

static void EFIAPI remove_it(EFI_EVENT event, void *context)
{
	EFI_HANDLE *handle = context;

	(void)event;
	CHECK_STATUS(efi_uninstall_protocol_interface(*handle, &a, &x), EFI_SUCCESS);
}

TEST(a_notification_may_remove_what_was_just_installed)
{
	EFI_HANDLE handle = NULL;
	void *registration;
	EFI_EVENT event;

	efi_create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, remove_it, &handle, &event);
	efi_register_protocol_notify(&a, event, &registration);
	CHECK_STATUS(efi_install_protocol_interface(&handle, &a, EFI_NATIVE_INTERFACE, &x),
		     EFI_SUCCESS);
	CHECK(!efi_object_of(handle));
	efi_close_event(event);
}

/*
 * Looking up one of many handles, or the last one with a GUID, does not iterate over all handles.
 */
TEST(many_handles)
{
	enum { COUNT = 2000 };
	static EFI_HANDLE handles[COUNT];
	EFI_HANDLE found;
	u32 visited = 0;

	for (u32 i = 0; i < COUNT; i++) {
		handles[i] = made_with(&a, &x);
		if (i % 100 == 0)
			efi_install_protocol_interface(&handles[i], &b, EFI_NATIVE_INTERFACE, &y);
	}
	for (found = efi_next_with(&b, NULL); found; found = efi_next_with(&b, found))
		CHECK(found == handles[100 * visited++]);
	CHECK_EQUAL(visited, COUNT / 100);
	visited = 0;
	for (found = efi_next_with(NULL, NULL); found; found = efi_next_with(NULL, found))
		CHECK(found == handles[visited++]);
	CHECK_EQUAL(visited, COUNT);
	for (u32 i = 0; i < COUNT; i++) {
		if (i % 100 == 0)
			efi_uninstall_protocol_interface(handles[i], &b, &y);
		CHECK_STATUS(efi_uninstall_protocol_interface(handles[i], &a, &x), EFI_SUCCESS);
	}
	CHECK_EQUAL(count_of(AllHandles, NULL, NULL), 0);
}

/* Only the classes remain: three from the tests, and the device path's. */
TEST(all_memory_was_freed)
{
	CHECK_EQUAL(pool_pieces, 4);
}
