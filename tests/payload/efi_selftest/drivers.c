/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 7.3.12, 7.3.13 and 11.1: connecting drivers to controllers. */
#include "selftest.h"

static EFI_GUID device_guid = TEST_GUID(20), product_guid = TEST_GUID(21),
		agent_guid = TEST_GUID(22);
static EFI_GUID binding_guid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
static u32 device_data, product;
static char order[16];
static size_t calls;
static bool refuses;

struct driver {
	EFI_DRIVER_BINDING_PROTOCOL binding;
	char name;
	bool willing;
};

static void note(char name)
{
	if (calls < sizeof(order))
		order[calls++] = name;
}

static bool called(const char *wanted)
{
	size_t length = 0;
	bool same;

	while (wanted[length])
		length++;
	same = calls == length && !memcmp(order, wanted, length);
	calls = 0;
	return same;
}

static EFI_STATUS EFIAPI supported(EFI_DRIVER_BINDING_PROTOCOL *self, EFI_HANDLE controller,
				   EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	void *interface;
	EFI_STATUS status;

	(void)remaining;
	status = boot->OpenProtocol(controller, &device_guid, &interface, self->DriverBindingHandle,
				    controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
	if (EFI_ERROR(status))
		return status;
	boot->CloseProtocol(controller, &device_guid, self->DriverBindingHandle, controller);
	note(((struct driver *)self)->name);
	return ((struct driver *)self)->willing ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI start(EFI_DRIVER_BINDING_PROTOCOL *self, EFI_HANDLE controller,
			       EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	void *interface;

	(void)remaining;
	note('+');
	boot->OpenProtocol(controller, &device_guid, &interface, self->DriverBindingHandle,
			   controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
	return boot->InstallProtocolInterface(&controller, &product_guid, EFI_NATIVE_INTERFACE,
					      &product);
}

static EFI_STATUS EFIAPI stop(EFI_DRIVER_BINDING_PROTOCOL *self, EFI_HANDLE controller, UINTN count,
			      EFI_HANDLE *children)
{
	(void)count;
	(void)children;
	note('-');
	if (refuses)
		return EFI_DEVICE_ERROR;
	boot->UninstallProtocolInterface(controller, &product_guid, &product);
	return boot->CloseProtocol(controller, &device_guid, self->DriverBindingHandle, controller);
}

static struct driver drivers[] = {
	{ { supported, start, stop, 0x10, NULL, NULL }, 'a', false },
	{ { supported, start, stop, 0x30, NULL, NULL }, 'b', false },
	{ { supported, start, stop, 0x20, NULL, NULL }, 'c', true },
};
static EFI_HANDLE handles[ARRAY_SIZE(drivers)], device;

static void test_connect(void)
{
	EFI_HANDLE chosen[] = { NULL, NULL };

	is("connect no controller", boot->ConnectController(NULL, NULL, NULL, false),
	   EFI_INVALID_PARAMETER);
	is("connect", boot->ConnectController(device, NULL, NULL, false), EFI_SUCCESS);
	ok("the highest version is asked first, the one that supports it starts",
	   order[0] == 'b' && order[1] == 'c' && order[2] == '+');
	ok("it made its product", protocol_on(device, product_guid) == &product);
	calls = 0;
	is("connect again", boot->ConnectController(device, NULL, NULL, false), EFI_NOT_FOUND);
	is("disconnect", boot->DisconnectController(device, NULL, NULL), EFI_SUCCESS);
	ok("it was stopped once", called("-"));
	ok("the product was removed", !protocol_on(device, product_guid));
	is("disconnect again", boot->DisconnectController(device, NULL, NULL), EFI_SUCCESS);
	ok("no driver was called", called(""));
	drivers[0].willing = true;
	chosen[0] = handles[0];
	is("connect a chosen driver", boot->ConnectController(device, chosen, NULL, false),
	   EFI_SUCCESS);
	ok("it is asked first", order[0] == 'a' && order[1] == '+');
	calls = 0;
	is("disconnect another driver", boot->DisconnectController(device, handles[2], NULL),
	   EFI_SUCCESS);
	ok("which had nothing to stop", called(""));
	is("disconnect that driver", boot->DisconnectController(device, handles[0], NULL),
	   EFI_SUCCESS);
	ok("now it is stopped", called("-"));
	drivers[0].willing = false;
	is("disconnect no controller", boot->DisconnectController(NULL, NULL, NULL),
	   EFI_INVALID_PARAMETER);
	is("disconnect what is no driver", boot->DisconnectController(device, device, NULL),
	   EFI_INVALID_PARAMETER);
}

static void test_exclusive(void)
{
	EFI_HANDLE agent = NULL;
	void *interface;

	boot->InstallProtocolInterface(&agent, &agent_guid, EFI_NATIVE_INTERFACE, NULL);
	boot->ConnectController(device, NULL, NULL, false);
	calls = 0;
	is("exclusive takes it from the driver",
	   boot->OpenProtocol(device, &device_guid, &interface, agent, NULL,
			      EFI_OPEN_PROTOCOL_EXCLUSIVE),
	   EFI_SUCCESS);
	ok("which was stopped", called("-"));
	boot->CloseProtocol(device, &device_guid, agent, NULL);
	boot->ConnectController(device, NULL, NULL, false);
	refuses = true;
	is("unless it does not stop",
	   boot->OpenProtocol(device, &device_guid, &interface, agent, NULL,
			      EFI_OPEN_PROTOCOL_EXCLUSIVE),
	   EFI_ACCESS_DENIED);
	is("a protocol in use stays",
	   boot->UninstallProtocolInterface(device, &device_guid, &device_data), EFI_ACCESS_DENIED);
	refuses = false;
	calls = 0;
	is("uninstall stops the driver",
	   boot->UninstallProtocolInterface(device, &device_guid, &device_data), EFI_SUCCESS);
	ok("so it did", called("-"));
	boot->UninstallProtocolInterface(agent, &agent_guid, NULL);
}

void test_drivers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		boot->InstallProtocolInterface(&handles[i], &binding_guid, EFI_NATIVE_INTERFACE,
					       &drivers[i].binding);
		drivers[i].binding.ImageHandle = image_handle;
		drivers[i].binding.DriverBindingHandle = handles[i];
	}
	boot->InstallProtocolInterface(&device, &device_guid, EFI_NATIVE_INTERFACE, &device_data);
	boot->InstallProtocolInterface(&device, &agent_guid, EFI_NATIVE_INTERFACE, NULL);
	test_connect();
	test_exclusive();
	boot->UninstallProtocolInterface(device, &agent_guid, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		boot->UninstallProtocolInterface(handles[i], &binding_guid, &drivers[i].binding);
}
