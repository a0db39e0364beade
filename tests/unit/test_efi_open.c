/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/open.c: which protocol opens can coexist (UEFI 2.11, 7.3.9). */
#include "tests/unit/efi_services.h"

enum {
	BY_HANDLE = EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL,
	GET = EFI_OPEN_PROTOCOL_GET_PROTOCOL,
	PROBE = EFI_OPEN_PROTOCOL_TEST_PROTOCOL,
	BY_CHILD = EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER,
	BY_DRIVER = EFI_OPEN_PROTOCOL_BY_DRIVER,
	EXCLUSIVE = EFI_OPEN_PROTOCOL_EXCLUSIVE,
	BOTH = BY_DRIVER | EXCLUSIVE,
};

static EFI_GUID a = GUID(0xa, 0, 0, 0), b = GUID(0xb, 0, 0, 0), mark = GUID(0xd, 0, 0, 0);
static u8 x, y;
static EFI_HANDLE handle, agent, other, child;

static void make(void)
{
	EFI_HANDLE *all[] = { &agent, &other, &child };

	handle = NULL;
	efi_install_protocol_interface(&handle, &a, EFI_NATIVE_INTERFACE, &x);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		*all[i] = NULL;
		efi_install_protocol_interface(all[i], &mark, EFI_NATIVE_INTERFACE, &y);
	}
	efi_install(&firmware_image, &mark, &y);
}

/* Removes everything, whatever is open: first the agents, which closes their opens. */
static void drop(void)
{
	EFI_HANDLE all[] = { agent, other, child, &firmware_image };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (efi_object_of(all[i]))
			CHECK_STATUS(efi_uninstall_protocol_interface(all[i], &mark, &y),
				     EFI_SUCCESS);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &a, &x), EFI_SUCCESS);
}

static EFI_STATUS open_by(EFI_HANDLE who, u32 attributes)
{
	void *interface;

	return efi_open_protocol(handle, &a, &interface, who, child, attributes);
}

static UINTN opens(void)
{
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries;
	UINTN count;

	CHECK_STATUS(efi_open_protocol_information(handle, &a, &entries, &count), EFI_SUCCESS);
	efi_free_pool(entries);
	return count;
}

TEST(parameters_of_open_protocol)
{
	void *interface = &y;

	make();
	CHECK_STATUS(efi_open_protocol(NULL, &a, &interface, agent, NULL, GET),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_open_protocol(&x, &a, &interface, agent, NULL, GET),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_open_protocol(handle, NULL, &interface, agent, NULL, GET),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_open_protocol(handle, &a, NULL, agent, NULL, GET), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_open_protocol(handle, &b, &interface, agent, NULL, GET), EFI_UNSUPPORTED);
	CHECK(!interface);
	interface = &y;
	CHECK_STATUS(efi_open_protocol(handle, &b, &interface, agent, NULL, PROBE),
		     EFI_UNSUPPORTED);
	CHECK(interface == &y);
	CHECK_STATUS(efi_open_protocol(handle, &b, NULL, agent, NULL, PROBE), EFI_UNSUPPORTED);
	CHECK_STATUS(efi_open_protocol(handle, &a, NULL, agent, NULL, PROBE), EFI_SUCCESS);
	CHECK_STATUS(efi_open_protocol(handle, &a, &interface, NULL, NULL, GET), EFI_SUCCESS);
	CHECK(interface == &x);
	CHECK_STATUS(efi_open_protocol(handle, &a, &interface, agent, handle, BY_CHILD),
		     EFI_INVALID_PARAMETER);
	drop();
}

TEST(attribute_values_and_required_handles)
{
	static const struct {
		u32 attributes;
		bool is_value, needs_agent, needs_controller;
	} cases[] = {
		{ 0, false, false, false },
		{ BY_HANDLE, true, false, false },
		{ GET, true, false, false },
		{ BY_HANDLE | GET, false, false, false },
		{ PROBE, true, false, false },
		{ BY_CHILD, true, true, true },
		{ BY_CHILD | EXCLUSIVE, false, true, true },
		{ BY_DRIVER, true, true, true },
		{ BY_DRIVER | BY_CHILD, false, true, true },
		{ EXCLUSIVE, true, true, false },
		{ BOTH, true, true, true },
		{ 0x40, false, false, false },
		{ UINT32_MAX, false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (u32 who = 0; who < 4; who++) {
			EFI_HANDLE by, forwhom;
			bool is_good;
			void *interface = NULL;
			EFI_STATUS status;

			make();
			by = who & 1 ? agent : NULL;
			forwhom = who & 2 ? child : NULL;
			is_good = cases[i].is_value && (by || !cases[i].needs_agent) &&
				  (forwhom || !cases[i].needs_controller);
			status = efi_open_protocol(handle, &a, &interface, by, forwhom,
						   cases[i].attributes);
			CHECK_OF(status == (is_good ? EFI_SUCCESS : EFI_INVALID_PARAMETER),
				 "case %zu %u", i, who);
			CHECK_OF((interface == &x) == (is_good && cases[i].attributes != PROBE),
				 "case %zu %u", i, who);
			CHECK_EQUAL(opens(), is_good && by ? 1 : 0);
			drop();
		}
	}
}

TEST(handle_protocol)
{
	void *interface = &y;

	make();
	CHECK_STATUS(efi_handle_protocol(NULL, &a, &interface), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_handle_protocol(handle, NULL, &interface), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_handle_protocol(handle, &a, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_handle_protocol(handle, &b, &interface), EFI_UNSUPPORTED);
	CHECK(!interface);
	CHECK_STATUS(efi_handle_protocol(handle, &a, &interface), EFI_SUCCESS);
	CHECK(interface == &x);
	CHECK_STATUS(efi_handle_protocol(handle, &a, &interface), EFI_SUCCESS);
	CHECK_EQUAL(opens(), 1);
	drop();
}

/* No driver is disconnected here, because none has a driver binding. */
TEST(which_opens_can_coexist)
{
	static const struct {
		u32 held, wanted;
		EFI_STATUS same_agent, other_agent;
	} cases[] = {
		{ BY_HANDLE, BY_DRIVER, EFI_SUCCESS, EFI_SUCCESS },
		{ GET, EXCLUSIVE, EFI_SUCCESS, EFI_SUCCESS },
		{ PROBE, BOTH, EFI_SUCCESS, EFI_SUCCESS },
		{ BY_CHILD, BY_DRIVER, EFI_SUCCESS, EFI_SUCCESS },
		{ BY_CHILD, BOTH, EFI_SUCCESS, EFI_SUCCESS },
		{ BY_DRIVER, BY_DRIVER, EFI_ALREADY_STARTED, EFI_ACCESS_DENIED },
		{ BY_DRIVER, BOTH, EFI_ACCESS_DENIED, EFI_ACCESS_DENIED },
		{ BY_DRIVER, EXCLUSIVE, EFI_ACCESS_DENIED, EFI_ACCESS_DENIED },
		{ BY_DRIVER, BY_HANDLE, EFI_SUCCESS, EFI_SUCCESS },
		{ BY_DRIVER, GET, EFI_SUCCESS, EFI_SUCCESS },
		{ BY_DRIVER, PROBE, EFI_SUCCESS, EFI_SUCCESS },
		{ BY_DRIVER, BY_CHILD, EFI_SUCCESS, EFI_SUCCESS },
		{ BOTH, BY_DRIVER, EFI_ACCESS_DENIED, EFI_ACCESS_DENIED },
		{ BOTH, BOTH, EFI_ALREADY_STARTED, EFI_ACCESS_DENIED },
		{ BOTH, EXCLUSIVE, EFI_ACCESS_DENIED, EFI_ACCESS_DENIED },
		{ BOTH, GET, EFI_SUCCESS, EFI_SUCCESS },
		{ EXCLUSIVE, BY_DRIVER, EFI_ACCESS_DENIED, EFI_ACCESS_DENIED },
		{ EXCLUSIVE, BOTH, EFI_ACCESS_DENIED, EFI_ACCESS_DENIED },
		{ EXCLUSIVE, EXCLUSIVE, EFI_ACCESS_DENIED, EFI_ACCESS_DENIED },
		{ EXCLUSIVE, BY_CHILD, EFI_SUCCESS, EFI_SUCCESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (u32 is_other = 0; is_other < 2; is_other++) {
			EFI_STATUS expected = is_other ? cases[i].other_agent : cases[i].same_agent;
			EFI_STATUS status;

			make();
			CHECK_STATUS(open_by(agent, cases[i].held), EFI_SUCCESS);
			status = open_by(is_other ? other : agent, cases[i].wanted);
			CHECK_OF(status == expected, "case %zu %u", i, is_other);
			CHECK_OF(opens() == (status ? 1 : 2), "case %zu %u", i, is_other);
			drop();
		}
	}
}

TEST(what_is_claimed)
{
	static const u32 attributes[] = { GET, BY_CHILD, BY_DRIVER, EXCLUSIVE, BOTH };

	make();
	CHECK(!efi_is_claimed(handle, &a));
	for (u32 i = 0; i < ARRAY_SIZE(attributes); i++) {
		CHECK_STATUS(open_by(agent, attributes[i]), EFI_SUCCESS);
		CHECK_OF(efi_is_claimed(handle, &a) == (i >= 2), "row %u", i);
		CHECK_STATUS(efi_close_protocol(handle, &a, agent, child), EFI_SUCCESS);
		CHECK(!efi_is_claimed(handle, &a));
	}
	CHECK(!efi_is_claimed(NULL, &a));
	drop();
}

TEST(a_driver_that_has_it_already_gets_the_interface)
{
	void *interface = NULL;

	make();
	open_by(agent, BY_DRIVER);
	CHECK_STATUS(efi_open_protocol(handle, &a, &interface, agent, child, BY_DRIVER),
		     EFI_ALREADY_STARTED);
	CHECK(interface == &x);
	interface = &y;
	CHECK_STATUS(efi_open_protocol(handle, &a, &interface, other, child, BY_DRIVER),
		     EFI_ACCESS_DENIED);
	CHECK(interface == &y);
	drop();
}

TEST(equal_opens_are_counted_in_one_item)
{
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries;
	UINTN count;

	make();
	open_by(agent, GET);
	open_by(agent, GET);
	open_by(agent, BY_CHILD);
	open_by(agent, GET);
	open_by(other, GET);
	CHECK_STATUS(efi_open_protocol_information(handle, NULL, &entries, &count),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_open_protocol_information(handle, &a, NULL, &count),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_open_protocol_information(handle, &a, &entries, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_open_protocol_information(handle, &b, &entries, &count), EFI_NOT_FOUND);
	CHECK_STATUS(efi_open_protocol_information(NULL, &a, &entries, &count), EFI_NOT_FOUND);
	CHECK_STATUS(efi_open_protocol_information(handle, &a, &entries, &count), EFI_SUCCESS);
	CHECK_EQUAL(count, 3);
	CHECK(entries[0].AgentHandle == agent && entries[0].ControllerHandle == child);
	CHECK_EQUAL(entries[0].Attributes, GET);
	CHECK_EQUAL(entries[0].OpenCount, 3);
	CHECK_EQUAL(entries[1].Attributes, BY_CHILD);
	CHECK_EQUAL(entries[1].OpenCount, 1);
	CHECK(entries[2].AgentHandle == other);
	efi_free_pool(entries);

	CHECK_STATUS(efi_close_protocol(NULL, &a, agent, child), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_close_protocol(handle, NULL, agent, child), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_close_protocol(handle, &a, NULL, child), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_close_protocol(handle, &a, &x, child), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_close_protocol(handle, &a, agent, &x), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_close_protocol(handle, &b, agent, child), EFI_NOT_FOUND);
	CHECK_STATUS(efi_close_protocol(handle, &a, agent, NULL), EFI_NOT_FOUND);
	CHECK_STATUS(efi_close_protocol(handle, &a, agent, child), EFI_SUCCESS);
	CHECK_STATUS(efi_close_protocol(handle, &a, agent, child), EFI_NOT_FOUND);
	CHECK_EQUAL(opens(), 1);
	drop();
}

TEST(a_used_interface_is_not_removed)
{
	make();
	open_by(agent, GET);
	open_by(agent, BY_DRIVER);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &a, &x), EFI_ACCESS_DENIED);
	CHECK_STATUS(efi_reinstall_protocol_interface(handle, &a, &x, &y), EFI_ACCESS_DENIED);
	CHECK_STATUS(efi_uninstall_multiple_protocol_interfaces(handle, &a, &x, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK(efi_interface_of(handle, &a) == &x);
	CHECK_STATUS(efi_close_protocol(handle, &a, agent, child), EFI_SUCCESS);
	open_by(agent, BY_CHILD);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &a, &x), EFI_ACCESS_DENIED);
	drop();

	make();
	open_by(agent, EXCLUSIVE);
	CHECK_STATUS(efi_uninstall_protocol_interface(handle, &a, &x), EFI_ACCESS_DENIED);
	drop();

	make();
	open_by(agent, GET);
	open_by(agent, PROBE);
	open_by(agent, BY_HANDLE);
	drop();
	CHECK(!efi_object_of(handle));
}

TEST(removed_interfaces_are_restored_if_one_cannot_be_removed)
{
	make();
	efi_install_protocol_interface(&handle, &b, EFI_NATIVE_INTERFACE, &y);
	open_by(agent, BY_DRIVER);
	CHECK_STATUS(efi_uninstall_multiple_protocol_interfaces(handle, &b, &y, &a, &x, NULL),
		     EFI_INVALID_PARAMETER);
	CHECK(efi_interface_of(handle, &b) == &y);
	CHECK(efi_interface_of(handle, &a) == &x);
	efi_uninstall_protocol_interface(handle, &b, &y);
	drop();
}

TEST(removing_an_agent_closes_its_opens)
{
	make();
	open_by(agent, BY_DRIVER);
	open_by(other, GET);
	efi_close_all_of_agent(agent);
	CHECK_EQUAL(opens(), 1);
	efi_close_all_of_agent(NULL);
	efi_close_all_of_agent(&x);
	CHECK_EQUAL(opens(), 1);
	open_by(agent, BY_DRIVER);
	efi_uninstall_protocol_interface(agent, &mark, &y);
	CHECK_EQUAL(opens(), 1);
	/* So does the controller for which it was opened. */
	efi_uninstall_protocol_interface(child, &mark, &y);
	CHECK_EQUAL(opens(), 0);
	drop();
}

static void EFIAPI ignore(EFI_EVENT event, void *context)
{
	(void)event, (void)context;
}

static void EFIAPI ignore_too(EFI_EVENT event, void *context)
{
	(void)context, (void)event;
}

/* Leftovers of an image that returned: nothing may call into its memory. */
TEST(interfaces_in_freed_memory_are_removed)
{
	u8 image[16];
	EFI_HANDLE left = NULL, both = NULL;
	EFI_EVENT gone, kept;

	make();
	efi_install_protocol_interface(&left, &a, EFI_NATIVE_INTERFACE, &image[0]);
	efi_install_protocol_interface(&both, &a, EFI_NATIVE_INTERFACE, &image[15]);
	efi_install_protocol_interface(&both, &b, EFI_NATIVE_INTERFACE, &x);
	efi_install_protocol_interface(&both, &mark, EFI_NATIVE_INTERFACE, NULL);
	/* Whoever has it open. */
	CHECK_STATUS(efi_open_protocol(left, &a, (void **)&(void *){ NULL }, agent, child, BOTH),
		     EFI_SUCCESS);
	efi_forget_memory((uintptr_t)image, sizeof(image));
	CHECK(!efi_object_of(left));
	CHECK(!efi_has_protocol(both, &a));
	CHECK(efi_has_protocol(both, &b) && efi_has_protocol(both, &mark));
	CHECK(efi_has_protocol(handle, &a));
	efi_uninstall_multiple_protocol_interfaces(both, &b, &x, &mark, NULL, NULL);

	efi_create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, ignore, NULL, &gone);
	efi_create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, ignore_too, NULL, &kept);
	efi_set_timer(gone, TimerPeriodic, 0);
	efi_forget_memory((uintptr_t)ignore, 1);
	CHECK_STATUS(efi_close_event(gone), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_close_event(kept), EFI_SUCCESS);
	efi_forget_memory(0, 0);
	drop();
}

TEST(no_memory_for_an_item)
{
	void *interface = &y;

	make();
	pool_left = 0;
	CHECK_STATUS(efi_open_protocol(handle, &a, &interface, agent, child, GET),
		     EFI_OUT_OF_RESOURCES);
	CHECK(interface == &y);
	pool_left = UINT64_MAX;
	drop();
}
