/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 7.3.9 to 7.3.11: opening and closing protocols. */
#include "selftest.h"

#define GET EFI_OPEN_PROTOCOL_GET_PROTOCOL
#define TEST EFI_OPEN_PROTOCOL_TEST_PROTOCOL
#define HANDLE EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL
#define CHILD EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER
#define DRIVER EFI_OPEN_PROTOCOL_BY_DRIVER
#define EXCLUSIVE EFI_OPEN_PROTOCOL_EXCLUSIVE

static EFI_GUID one = TEST_GUID(1), two = TEST_GUID(2), agent_guid = TEST_GUID(4);
static u32 a;
static EFI_HANDLE handle, agent, other;

static EFI_STATUS open_as(EFI_HANDLE who, u32 attributes)
{
	void *interface;

	return boot->OpenProtocol(handle, &one, &interface, who, handle, attributes);
}

static void close_as(EFI_HANDLE who)
{
	is("close it", boot->CloseProtocol(handle, &one, who, handle), EFI_SUCCESS);
}

static void test_open_parameters(void)
{
	static const u32 wrong[] = { 0,
				     0x40,
				     0x80000000,
				     GET | HANDLE,
				     TEST | DRIVER,
				     CHILD | DRIVER,
				     CHILD | EXCLUSIVE,
				     GET | EXCLUSIVE };
	void *interface = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		is("attributes that do not go together", open_as(agent, wrong[i]),
		   EFI_INVALID_PARAMETER);
	is("get", boot->OpenProtocol(handle, &one, &interface, agent, NULL, GET), EFI_SUCCESS);
	ok("it is that interface", interface == &a);
	is("test, for nobody", boot->OpenProtocol(handle, &one, NULL, agent, NULL, TEST),
	   EFI_SUCCESS);
	is("test, absent", boot->OpenProtocol(handle, &two, NULL, agent, NULL, TEST),
	   EFI_UNSUPPORTED);
	is("get, absent", boot->OpenProtocol(handle, &two, &interface, agent, NULL, GET),
	   EFI_UNSUPPORTED);
	is("get for nobody", boot->OpenProtocol(handle, &one, NULL, agent, NULL, GET),
	   EFI_INVALID_PARAMETER);
	is("get no protocol", boot->OpenProtocol(handle, NULL, &interface, agent, NULL, GET),
	   EFI_INVALID_PARAMETER);
	is("get on no handle", boot->OpenProtocol(NULL, &one, &interface, agent, NULL, GET),
	   EFI_INVALID_PARAMETER);
	is("by driver, without an agent", open_as(NULL, DRIVER), EFI_INVALID_PARAMETER);
	is("by driver, without a controller",
	   boot->OpenProtocol(handle, &one, &interface, agent, NULL, DRIVER),
	   EFI_INVALID_PARAMETER);
	is("exclusive, without an agent", open_as(NULL, EXCLUSIVE), EFI_INVALID_PARAMETER);
	is("by child, of itself", open_as(agent, CHILD), EFI_INVALID_PARAMETER);
	is("by child, without a controller",
	   boot->OpenProtocol(handle, &one, &interface, agent, NULL, CHILD), EFI_INVALID_PARAMETER);
	is("close what is not open", boot->CloseProtocol(handle, &two, agent, NULL), EFI_NOT_FOUND);
	is("close for another controller", boot->CloseProtocol(handle, &one, other, other),
	   EFI_NOT_FOUND);
	is("close on no handle", boot->CloseProtocol(NULL, &one, agent, NULL),
	   EFI_INVALID_PARAMETER);
	is("close for no agent", boot->CloseProtocol(handle, &one, NULL, NULL),
	   EFI_INVALID_PARAMETER);
	is("close no protocol", boot->CloseProtocol(handle, NULL, agent, NULL),
	   EFI_INVALID_PARAMETER);
	is("close the one that is open", boot->CloseProtocol(handle, &one, agent, NULL),
	   EFI_SUCCESS);
}

static void test_drivers_share(void)
{
	is("by driver", open_as(agent, DRIVER), EFI_SUCCESS);
	is("by driver, once more", open_as(agent, DRIVER), EFI_ALREADY_STARTED);
	is("by driver, another one", open_as(other, DRIVER), EFI_ACCESS_DENIED);
	is("by driver and exclusive, the same", open_as(agent, DRIVER | EXCLUSIVE),
	   EFI_ACCESS_DENIED);
	is("uninstall it meanwhile", boot->UninstallProtocolInterface(handle, &one, &a),
	   EFI_ACCESS_DENIED);
	ok("it is still there", protocol_on(handle, one) == &a);
	close_as(agent);
	is("by driver, the other one now", open_as(other, DRIVER), EFI_SUCCESS);
	close_as(other);
	is("exclusive", open_as(agent, EXCLUSIVE), EFI_SUCCESS);
	is("exclusive, another one", open_as(other, EXCLUSIVE), EFI_ACCESS_DENIED);
	is("by driver, beside exclusive", open_as(other, DRIVER), EFI_ACCESS_DENIED);
	is("get, beside exclusive", open_as(other, GET), EFI_SUCCESS);
	close_as(other);
	close_as(agent);
	is("by driver and exclusive", open_as(agent, DRIVER | EXCLUSIVE), EFI_SUCCESS);
	is("by driver and exclusive, once more", open_as(agent, DRIVER | EXCLUSIVE),
	   EFI_ALREADY_STARTED);
	is("exclusive, beside that", open_as(other, EXCLUSIVE), EFI_ACCESS_DENIED);
	close_as(agent);
}

/* The entry of that agent and attributes, or NULL. */
static EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entry(EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries,
						  UINTN count, EFI_HANDLE who, u32 attributes)
{
	for (UINTN i = 0; i < count; i++)
		if (entries[i].AgentHandle == who && entries[i].Attributes == attributes)
			return &entries[i];
	return NULL;
}

static void test_information(void)
{
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries = NULL, *found;
	UINTN count = 0;
	void *interface;

	open_as(agent, GET);
	open_as(agent, GET);
	open_as(other, DRIVER);
	boot->OpenProtocol(handle, &one, &interface, other, agent, CHILD);
	is("who has it open", boot->OpenProtocolInformation(handle, &one, &entries, &count),
	   EFI_SUCCESS);
	found = entry(entries, count, agent, GET);
	ok("the agent has it", found && found->ControllerHandle == handle);
	ok("twice", found && found->OpenCount == 2);
	found = entry(entries, count, other, DRIVER);
	ok("the driver has it once", found && found->OpenCount == 1);
	found = entry(entries, count, other, CHILD);
	ok("so has its child", found && found->ControllerHandle == agent);
	boot->FreePool(entries);
	is("of what is not there", boot->OpenProtocolInformation(handle, &two, &entries, &count),
	   EFI_NOT_FOUND);
	boot->CloseProtocol(handle, &one, other, agent);
	close_as(other);
	close_as(agent);
	entries = NULL;
	count = 0;
	is("who has it open now", boot->OpenProtocolInformation(handle, &one, &entries, &count),
	   EFI_SUCCESS);
	ok("neither of them", !entry(entries, count, agent, GET) &&
				      !entry(entries, count, other, DRIVER) &&
				      !entry(entries, count, other, CHILD));
	if (entries)
		boot->FreePool(entries);
}

static void test_per_handle(void)
{
	EFI_GUID **guids = NULL;
	UINTN count = 0;
	bool found = false;

	is("protocols of a handle", boot->ProtocolsPerHandle(handle, &guids, &count), EFI_SUCCESS);
	equals("one", count, 1);
	for (UINTN i = 0; i < count; i++)
		found |= !memcmp(guids[i], &one, sizeof(one));
	ok("that one", found);
	boot->FreePool(guids);
	is("of no handle", boot->ProtocolsPerHandle(NULL, &guids, &count), EFI_INVALID_PARAMETER);
	is("for nobody", boot->ProtocolsPerHandle(handle, NULL, &count), EFI_INVALID_PARAMETER);
	is("without a count", boot->ProtocolsPerHandle(handle, &guids, NULL),
	   EFI_INVALID_PARAMETER);
}

void test_open(void)
{
	boot->InstallProtocolInterface(&handle, &one, EFI_NATIVE_INTERFACE, &a);
	boot->InstallProtocolInterface(&agent, &agent_guid, EFI_NATIVE_INTERFACE, NULL);
	boot->InstallProtocolInterface(&other, &agent_guid, EFI_NATIVE_INTERFACE, NULL);
	test_open_parameters();
	test_drivers_share();
	test_information();
	test_per_handle();
	is("uninstall it", boot->UninstallProtocolInterface(handle, &one, &a), EFI_SUCCESS);
	boot->UninstallProtocolInterface(agent, &agent_guid, NULL);
	boot->UninstallProtocolInterface(other, &agent_guid, NULL);
}
