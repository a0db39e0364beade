/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/drivers.c: which driver gets which controller (UEFI 2.11, 7.3.12, 7.3.13, 11). */
#include "tests/unit/efi_services.h"

#include "efi/spec/misc.h"

enum { DRIVERS_MAX = 4, CHILDREN_MAX = 3 };

static EFI_GUID bus = GUID(0xb, 0, 0, 0), work = GUID(0xc, 0, 0, 0), mark = GUID(0xd, 0, 0, 0);
static u8 x;

/* Supports each handle with @wanted, and creates a child with @given for each of @children. */
struct driver {
	EFI_DRIVER_BINDING_PROTOCOL binding;
	EFI_HANDLE handle;
	char name;
	EFI_GUID *wanted, *given;
	u32 child_count;
	EFI_HANDLE children[CHILDREN_MAX];
	EFI_STATUS start_status, stop_status;
	bool is_running;
};

static struct driver drivers[DRIVERS_MAX];
static char text[256]; /* calls: "A?" supported, "A+" start, "A-" stop, "A0".. children */

static void say(const struct driver *driver, char what)
{
	size_t length = strlen(text);

	CHECK(length + 2 < sizeof(text));
	text[length] = driver->name;
	text[length + 1] = what;
	text[length + 2] = 0;
}

static EFI_STATUS EFIAPI supported(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
				   EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	struct driver *driver = container_of(this, struct driver, binding);
	EFI_STATUS status;
	void *interface;

	(void)remaining;
	say(driver, '?');
	status = efi_open_protocol(controller, driver->wanted, &interface, driver->handle,
				   controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
	if (!status)
		efi_close_protocol(controller, driver->wanted, driver->handle, controller);
	return status;
}

static EFI_STATUS EFIAPI start(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
			       EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	struct driver *driver = container_of(this, struct driver, binding);
	void *interface;

	(void)remaining;
	say(driver, '+');
	if (driver->start_status)
		return driver->start_status;
	CHECK_STATUS(efi_open_protocol(controller, driver->wanted, &interface, driver->handle,
				       controller, EFI_OPEN_PROTOCOL_BY_DRIVER),
		     EFI_SUCCESS);
	driver->is_running = true;
	for (u32 i = 0; i < driver->child_count; i++) {
		driver->children[i] = NULL;
		efi_install_protocol_interface(&driver->children[i], driver->given,
					       EFI_NATIVE_INTERFACE, &x);
		CHECK_STATUS(efi_open_protocol(controller, driver->wanted, &interface,
					       driver->handle, driver->children[i],
					       EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER),
			     EFI_SUCCESS);
	}
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI stop(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
			      UINTN child_count, EFI_HANDLE *children)
{
	struct driver *driver = container_of(this, struct driver, binding);

	say(driver, child_count ? (char)('0' + child_count) : '-');
	if (driver->stop_status)
		return driver->stop_status;
	for (UINTN i = 0; i < child_count; i++) {
		efi_close_protocol(controller, driver->wanted, driver->handle, children[i]);
		CHECK_STATUS(efi_uninstall_protocol_interface(children[i], driver->given, &x),
			     EFI_SUCCESS);
	}
	if (child_count == 0) {
		CHECK_STATUS(efi_close_protocol(controller, driver->wanted, driver->handle,
						controller),
			     EFI_SUCCESS);
		driver->is_running = false;
	}
	return EFI_SUCCESS;
}

static struct driver *driver_new(u32 index, EFI_GUID *wanted, u32 version)
{
	struct driver *driver = &drivers[index];

	*driver = (struct driver){
		.binding = { supported, start, stop, version, NULL, NULL },
		.name = (char)('A' + index),
		.wanted = wanted,
	};
	CHECK_STATUS(efi_install_protocol_interface(&driver->handle,
						    (EFI_GUID *)&guid_driver_binding,
						    EFI_NATIVE_INTERFACE, &driver->binding),
		     EFI_SUCCESS);
	driver->binding.ImageHandle = driver->binding.DriverBindingHandle = driver->handle;
	text[0] = 0;
	return driver;
}

static EFI_HANDLE console_handle;

bool efi_console_drives(EFI_HANDLE handle)
{
	return handle == console_handle;
}

static EFI_HANDLE controller_new(EFI_GUID *guid)
{
	EFI_HANDLE handle = NULL;

	CHECK_STATUS(efi_install_protocol_interface(&handle, guid, EFI_NATIVE_INTERFACE, &x),
		     EFI_SUCCESS);
	return handle;
}

/* Removes everything, and checks that the test has cleaned up. */
static void drop(EFI_HANDLE controller, EFI_GUID *guid)
{
	for (u32 i = 0; i < DRIVERS_MAX; i++)
		drivers[i].stop_status = EFI_SUCCESS;
	CHECK_STATUS(efi_disconnect_controller(controller, NULL, NULL), EFI_SUCCESS);
	CHECK_STATUS(efi_uninstall_protocol_interface(controller, guid, &x), EFI_SUCCESS);
	for (u32 i = 0; i < DRIVERS_MAX; i++) {
		if (drivers[i].handle && efi_object_of(drivers[i].handle))
			CHECK_STATUS(efi_uninstall_protocol_interface(
					     drivers[i].handle, (EFI_GUID *)&guid_driver_binding,
					     &drivers[i].binding),
				     EFI_SUCCESS);
		drivers[i].handle = NULL;
	}
	CHECK(!efi_next_with(NULL, NULL));
}

TEST(parameters)
{
	EFI_HANDLE controller = controller_new(&work);

	CHECK_STATUS(efi_connect_controller(NULL, NULL, NULL, false), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_connect_controller(&x, NULL, NULL, false), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_disconnect_controller(NULL, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_disconnect_controller(controller, &x, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_disconnect_controller(controller, NULL, &x), EFI_INVALID_PARAMETER);
	/* No driver binding there. */
	CHECK_STATUS(efi_disconnect_controller(controller, controller, NULL),
		     EFI_INVALID_PARAMETER);
	/* No driver at all. */
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, true), EFI_NOT_FOUND);
	CHECK_STATUS(efi_disconnect_controller(controller, NULL, NULL), EFI_SUCCESS);
	drop(controller, &work);
}

TEST(the_newest_version_comes_first)
{
	EFI_HANDLE controller = controller_new(&work);

	driver_new(0, &work, 0x10);
	driver_new(1, &work, 0x30);
	driver_new(2, &work, 0x30);
	driver_new(3, &bus, 0xfffffff0);
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_SUCCESS);
	CHECK_TEXT(text, "D?B?B+D?C?A?");
	CHECK(drivers[1].is_running && !drivers[0].is_running && !drivers[2].is_running);
	text[0] = 0;
	/* It is managed, so no other driver is started. */
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_NOT_FOUND);
	CHECK_TEXT(text, "D?B?C?A?");
	drop(controller, &work);
	CHECK(!drivers[1].is_running);
}

TEST(given_drivers_come_before_the_newest)
{
	EFI_HANDLE controller = controller_new(&work);
	EFI_HANDLE given[] = { driver_new(0, &work, 0x10)->handle, &x, NULL };

	driver_new(1, &work, 0x30);
	CHECK_STATUS(efi_connect_controller(controller, given, NULL, false), EFI_SUCCESS);
	CHECK_TEXT(text, "A?A+B?");
	drop(controller, &work);
}

static EFI_HANDLE override_image;

static EFI_STATUS EFIAPI get_platform_driver(EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL *this,
					     EFI_HANDLE controller, EFI_HANDLE *image)
{
	(void)this, (void)controller;
	if (*image == override_image)
		return EFI_NOT_FOUND;
	*image = override_image;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_bus_driver(EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL *this,
					EFI_HANDLE *image)
{
	(void)this;
	*image = override_image; /* always the same: the loop must terminate */
	return EFI_SUCCESS;
}

static UINT32 EFIAPI family_version(EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL *this)
{
	(void)this;
	return 7;
}

TEST(the_platform_overrides_the_version)
{
	EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL override = { .GetDriver = get_platform_driver };
	EFI_HANDLE controller = controller_new(&work);
	struct efi_object platform = { 0 };

	override_image = driver_new(0, &work, 0x10)->handle;
	driver_new(1, &work, 0x30);
	efi_install(&platform, &guid_platform_driver_override, &override);
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_SUCCESS);
	CHECK_TEXT(text, "A?A+B?");
	efi_uninstall(&platform, &guid_platform_driver_override, &override);
	drop(controller, &work);
}

TEST(the_bus_and_a_family_override_the_version)
{
	EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL bus_override = { get_bus_driver };
	EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL family = { family_version };
	EFI_HANDLE controller = controller_new(&work);

	override_image = driver_new(0, &work, 0x10)->handle;
	driver_new(1, &work, 0x30);
	driver_new(2, &work, 0x05);
	efi_install_protocol_interface(&controller, (EFI_GUID *)&guid_bus_specific_driver_override,
				       EFI_NATIVE_INTERFACE, &bus_override);
	efi_install_protocol_interface(&drivers[2].handle, (EFI_GUID *)&guid_driver_family_override,
				       EFI_NATIVE_INTERFACE, &family);
	drivers[0].start_status = drivers[2].start_status = EFI_DEVICE_ERROR;
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_SUCCESS);
	CHECK_TEXT(text, "C?C+A?A+B?B+");
	efi_uninstall_protocol_interface(controller, (EFI_GUID *)&guid_bus_specific_driver_override,
					 &bus_override);
	efi_uninstall_protocol_interface(drivers[2].handle,
					 (EFI_GUID *)&guid_driver_family_override, &family);
	drop(controller, &work);
}

TEST(a_driver_that_does_not_start_gives_way_to_the_next)
{
	EFI_HANDLE controller = controller_new(&work);

	driver_new(0, &work, 0x30)->start_status = EFI_DEVICE_ERROR;
	driver_new(1, &work, 0x10);
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_SUCCESS);
	CHECK_TEXT(text, "A?A+B?B+");
	drivers[1].start_status = EFI_DEVICE_ERROR;
	efi_disconnect_controller(controller, NULL, NULL);
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_NOT_FOUND);
	drop(controller, &work);
}

TEST(the_console_drives_the_serial_port)
{
	EFI_HANDLE controller = controller_new(&bus), other = controller_new(&bus);

	console_handle = controller;
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, true), EFI_SUCCESS);
	CHECK_STATUS(efi_connect_controller(other, NULL, NULL, true), EFI_NOT_FOUND);
	console_handle = NULL;
	CHECK_STATUS(efi_uninstall_protocol_interface(other, &bus, &x), EFI_SUCCESS);
	drop(controller, &bus);
}

TEST(a_path_that_ends_here_needs_no_driver)
{
	EFI_DEVICE_PATH_PROTOCOL end = { END_DEVICE_PATH_TYPE,
					 END_ENTIRE_DEVICE_PATH_SUBTYPE,
					 { 4, 0 } };
	EFI_HANDLE controller = controller_new(&work);

	CHECK_STATUS(efi_connect_controller(controller, NULL, &end, false), EFI_SUCCESS);
	end.Type = MEDIA_DEVICE_PATH;
	CHECK_STATUS(efi_connect_controller(controller, NULL, &end, false), EFI_NOT_FOUND);
	drop(controller, &work);
}

TEST(children_are_connected_when_asked)
{
	EFI_HANDLE controller = controller_new(&bus);
	struct driver *maker = driver_new(0, &bus, 0x10), *worker = driver_new(1, &work, 0x10);

	maker->given = &work;
	maker->child_count = 1;
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_SUCCESS);
	CHECK(maker->is_running && !worker->is_running);
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, true), EFI_NOT_FOUND);
	CHECK(worker->is_running);
	text[0] = 0;
	/* The worker uses the child; removing the protocol stops the worker. */
	CHECK_STATUS(efi_disconnect_controller(controller, NULL, NULL), EFI_SUCCESS);
	CHECK_TEXT(text, "A1B-A-");
	drop(controller, &bus);
}

TEST(disconnect_stops_children_then_the_controller)
{
	EFI_HANDLE controller = controller_new(&bus), stranger = controller_new(&mark);
	struct driver *maker = driver_new(0, &bus, 0x10), *idle = driver_new(1, &work, 0x10);

	maker->given = &mark;
	maker->child_count = 3;
	efi_connect_controller(controller, NULL, NULL, false);
	text[0] = 0;
	CHECK_STATUS(efi_disconnect_controller(controller, idle->handle, NULL), EFI_SUCCESS);
	CHECK_STATUS(efi_disconnect_controller(controller, maker->handle, stranger), EFI_NOT_FOUND);
	CHECK_TEXT(text, "");
	CHECK_STATUS(efi_disconnect_controller(controller, maker->handle, maker->children[1]),
		     EFI_SUCCESS);
	CHECK_TEXT(text, "A1");
	text[0] = 0;
	maker->stop_status = EFI_DEVICE_ERROR;
	CHECK_STATUS(efi_disconnect_controller(controller, maker->handle, NULL), EFI_DEVICE_ERROR);
	CHECK_TEXT(text, "A2");
	maker->stop_status = EFI_SUCCESS;
	text[0] = 0;
	CHECK_STATUS(efi_disconnect_controller(controller, NULL, NULL), EFI_SUCCESS);
	CHECK_TEXT(text, "A2A-");
	efi_uninstall_protocol_interface(stranger, &mark, &x);
	drop(controller, &bus);
}

/* Disconnecting the last child also disconnects the controller. */
TEST(disconnecting_the_only_child)
{
	EFI_HANDLE controller = controller_new(&bus);
	struct driver *maker = driver_new(0, &bus, 0x10);

	maker->given = &mark;
	maker->child_count = 1;
	efi_connect_controller(controller, NULL, NULL, false);
	text[0] = 0;
	CHECK_STATUS(efi_disconnect_controller(controller, NULL, maker->children[0]), EFI_SUCCESS);
	CHECK_TEXT(text, "A1A-");
	drop(controller, &bus);
}

TEST(removing_an_interface_stops_its_driver)
{
	EFI_HANDLE controller = controller_new(&work);
	struct driver *driver = driver_new(0, &work, 0x10);

	efi_install_protocol_interface(&controller, &mark, EFI_NATIVE_INTERFACE, &x);
	efi_connect_controller(controller, NULL, NULL, false);
	driver->stop_status = EFI_DEVICE_ERROR;
	CHECK_STATUS(efi_uninstall_protocol_interface(controller, &work, &x), EFI_ACCESS_DENIED);
	CHECK(driver->is_running);
	driver->stop_status = EFI_SUCCESS;
	CHECK_STATUS(efi_uninstall_protocol_interface(controller, &work, &x), EFI_SUCCESS);
	CHECK(!driver->is_running);
	drop(controller, &mark);
}

TEST(reinstalling_an_interface_starts_its_driver_again)
{
	EFI_HANDLE controller = controller_new(&work);
	struct driver *driver = driver_new(0, &work, 0x10);
	u8 y;

	efi_connect_controller(controller, NULL, NULL, false);
	text[0] = 0;
	CHECK_STATUS(efi_reinstall_protocol_interface(controller, &work, &x, &y), EFI_SUCCESS);
	CHECK_TEXT(text, "A-A?A+");
	CHECK(driver->is_running);
	CHECK_STATUS(efi_reinstall_protocol_interface(controller, &work, &y, &x), EFI_SUCCESS);
	drop(controller, &work);
}

/* GRUB opens a network card like this, and the firmware's driver releases it. */
TEST(opening_exclusively_stops_the_driver)
{
	EFI_HANDLE controller = controller_new(&work), agent = controller_new(&mark);
	struct driver *driver = driver_new(0, &work, 0x10);
	void *interface;

	efi_connect_controller(controller, NULL, NULL, false);
	driver->stop_status = EFI_DEVICE_ERROR;
	CHECK_STATUS(efi_open_protocol(controller, &work, &interface, agent, NULL,
				       EFI_OPEN_PROTOCOL_EXCLUSIVE),
		     EFI_ACCESS_DENIED);
	driver->stop_status = EFI_SUCCESS;
	CHECK_STATUS(efi_open_protocol(controller, &work, &interface, agent, NULL,
				       EFI_OPEN_PROTOCOL_EXCLUSIVE),
		     EFI_SUCCESS);
	CHECK(!driver->is_running);
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_NOT_FOUND);
	CHECK_STATUS(efi_close_protocol(controller, &work, agent, NULL), EFI_SUCCESS);
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, false), EFI_SUCCESS);
	efi_uninstall_protocol_interface(agent, &mark, &x);
	drop(controller, &work);
}

/* Each child gets a child: recursion and work are bounded. */
static u32 endless_calls;

static EFI_STATUS EFIAPI always_supported(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
					  EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	(void)this, (void)controller, (void)remaining;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI start_endless(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
				       EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	struct driver *driver = container_of(this, struct driver, binding);
	void *interface;

	(void)remaining;
	endless_calls++;
	for (u32 i = 0; i < 2; i++) {
		EFI_HANDLE child = controller_new(&work);

		efi_open_protocol(controller, &work, &interface, driver->handle, child,
				  EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
	}
	return EFI_SUCCESS;
}

TEST(a_driver_that_creates_children_endlessly)
{
	EFI_HANDLE controller = controller_new(&work);
	struct driver *driver = driver_new(0, &work, 0x10);

	driver->binding.Supported = always_supported;
	driver->binding.Start = start_endless;
	CHECK_STATUS(efi_connect_controller(controller, NULL, NULL, true), EFI_SUCCESS);
	CHECK(endless_calls > 32 && endless_calls < 10000);
}
