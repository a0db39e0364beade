/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 7.1: events, their groups, and task priority levels. */
#include "selftest.h"

static char order[16];
static size_t calls;

static void EFIAPI note(EFI_EVENT event, void *context)
{
	(void)event;
	if (calls < sizeof(order) - 1)
		order[calls] = *(const char *)context;
	order[++calls] = 0;
}

static bool called(const char *wanted)
{
	size_t length = 0;

	while (wanted[length])
		length++;
	return calls == length && !memcmp(order, wanted, length);
}

static void forget(void)
{
	calls = 0;
	order[0] = 0;
}

static EFI_EVENT signal_event(EFI_TPL tpl, const char *name)
{
	EFI_EVENT event = NULL;

	is("create an event", boot->CreateEvent(EVT_NOTIFY_SIGNAL, tpl, note, (void *)name, &event),
	   EFI_SUCCESS);
	return event;
}

static void test_create(void)
{
	static const struct {
		const char *what;
		u32 type;
		EFI_TPL tpl;
		EFI_EVENT_NOTIFY function;
		EFI_STATUS status;
	} rows[] = {
		{ "without notification", 0, 0, NULL, EFI_SUCCESS },
		{ "a timer, TPL 0", EVT_TIMER, 0, NULL, EFI_SUCCESS },
		{ "a timer with notification", EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note,
		  EFI_SUCCESS },
		{ "a timer that is waited for", EVT_TIMER | EVT_NOTIFY_WAIT, TPL_NOTIFY, note,
		  EFI_SUCCESS },
		{ "at ExitBootServices", EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, note,
		  EFI_SUCCESS },
		{ "at SetVirtualAddressMap", EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, note,
		  EFI_SUCCESS },
		{ "without a function", EVT_NOTIFY_SIGNAL, TPL_CALLBACK, NULL,
		  EFI_INVALID_PARAMETER },
		{ "both ways", EVT_NOTIFY_SIGNAL | EVT_NOTIFY_WAIT, TPL_CALLBACK, note,
		  EFI_INVALID_PARAMETER },
		{ "TPL 0", EVT_NOTIFY_SIGNAL, 0, note, EFI_INVALID_PARAMETER },
		{ "TPL of applications", EVT_NOTIFY_SIGNAL, TPL_APPLICATION, note,
		  EFI_INVALID_PARAMETER },
		{ "a TPL above all", EVT_NOTIFY_WAIT, TPL_HIGH_LEVEL + 1, note,
		  EFI_INVALID_PARAMETER },
		{ "types that do not go together", EVT_SIGNAL_EXIT_BOOT_SERVICES | EVT_TIMER,
		  TPL_CALLBACK, note, EFI_INVALID_PARAMETER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EFI_EVENT event = NULL;
		EFI_STATUS status =
			boot->CreateEvent(rows[i].type, rows[i].tpl, rows[i].function, "x", &event);

		is(rows[i].what, status, rows[i].status);
		if (!EFI_ERROR(status))
			is("close it", boot->CloseEvent(event), EFI_SUCCESS);
	}
	is("nowhere to tell", boot->CreateEvent(0, 0, NULL, NULL, NULL), EFI_INVALID_PARAMETER);
}

static void test_signal(void)
{
	EFI_EVENT event = NULL, closed;

	boot->CreateEvent(0, 0, NULL, NULL, &event);
	is("check it", boot->CheckEvent(event), EFI_NOT_READY);
	is("signal it", boot->SignalEvent(event), EFI_SUCCESS);
	is("signal it again", boot->SignalEvent(event), EFI_SUCCESS);
	is("now it is ready", boot->CheckEvent(event), EFI_SUCCESS);
	is("once", boot->CheckEvent(event), EFI_NOT_READY);
	is("set no timer with it", boot->SetTimer(event, TimerRelative, 1), EFI_INVALID_PARAMETER);
	is("close it", boot->CloseEvent(event), EFI_SUCCESS);
	closed = event;
	is("check what is closed", boot->CheckEvent(closed), EFI_INVALID_PARAMETER);
	is("check no event", boot->CheckEvent(NULL), EFI_INVALID_PARAMETER);
	is("close no event", boot->CloseEvent(NULL), EFI_INVALID_PARAMETER);
	is("signal no event", boot->SignalEvent(NULL), EFI_INVALID_PARAMETER);
	event = signal_event(TPL_CALLBACK, "a");
	is("check one with notification", boot->CheckEvent(event), EFI_INVALID_PARAMETER);
	boot->CloseEvent(event);
}

static void test_priority(void)
{
	EFI_EVENT callback = signal_event(TPL_CALLBACK, "c"),
		  notify = signal_event(TPL_NOTIFY, "n");
	EFI_EVENT second = signal_event(TPL_CALLBACK, "d");
	EFI_TPL before;

	forget();
	boot->SignalEvent(callback);
	ok("notified at once", called("c"));
	forget();
	before = boot->RaiseTPL(TPL_CALLBACK);
	equals("the level before", before, TPL_APPLICATION);
	boot->SignalEvent(callback);
	boot->SignalEvent(second);
	ok("masked at its own level", called(""));
	boot->SignalEvent(notify);
	ok("a higher one is not", called("n"));
	equals("the level stays", boot->RaiseTPL(TPL_NOTIFY), TPL_CALLBACK);
	boot->SignalEvent(notify);
	boot->SignalEvent(callback);
	ok("masked now", called("n"));
	boot->RestoreTPL(TPL_CALLBACK);
	ok("notified when the level falls", called("nn"));
	boot->RestoreTPL(TPL_APPLICATION);
	ok("then the others, in their order", called("nncd"));
	forget();
	boot->RaiseTPL(TPL_HIGH_LEVEL);
	boot->SignalEvent(callback);
	boot->SignalEvent(second);
	boot->SignalEvent(notify);
	boot->SignalEvent(notify);
	boot->RestoreTPL(TPL_APPLICATION);
	ok("the higher level first, each once", called("ncd"));
	forget();
	boot->RaiseTPL(TPL_CALLBACK);
	boot->SignalEvent(callback);
	boot->CloseEvent(callback);
	boot->RestoreTPL(TPL_APPLICATION);
	ok("one that was closed is not notified", called(""));
	boot->CloseEvent(second);
	boot->CloseEvent(notify);
}

static void EFIAPI close_itself(EFI_EVENT event, void *context)
{
	*(EFI_STATUS *)context = boot->CloseEvent(event);
}

static EFI_TPL level_seen;

static void EFIAPI see_level(EFI_EVENT event, void *context)
{
	(void)event;
	(void)context;
	level_seen = boot->RaiseTPL(TPL_HIGH_LEVEL);
	boot->RestoreTPL(level_seen);
}

static void EFIAPI make_ready(EFI_EVENT event, void *context)
{
	note(event, context);
	boot->SignalEvent(event);
}

static void test_functions(void)
{
	EFI_STATUS status = EFI_ABORTED;
	EFI_EVENT event = NULL;

	boot->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, close_itself, &status, &event);
	boot->SignalEvent(event);
	is("close an event in its own function", status, EFI_SUCCESS);
	boot->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, see_level, NULL, &event);
	boot->SignalEvent(event);
	equals("functions run at their level", level_seen, TPL_NOTIFY);
	boot->CloseEvent(event);
	forget();
	boot->CreateEvent(EVT_NOTIFY_WAIT, TPL_CALLBACK, note, "w", &event);
	is("check one that is waited for", boot->CheckEvent(event), EFI_NOT_READY);
	ok("its function was called", called("w"));
	boot->SignalEvent(event);
	is("signalled, it is ready", boot->CheckEvent(event), EFI_SUCCESS);
	boot->CloseEvent(event);
	forget();
	boot->CreateEvent(EVT_NOTIFY_WAIT, TPL_CALLBACK, make_ready, "w", &event);
	is("its function makes it ready", boot->CheckEvent(event), EFI_SUCCESS);
	boot->CloseEvent(event);
}

static void test_groups(void)
{
	EFI_GUID group = TEST_GUID(6), other = TEST_GUID(7),
		 exit_group = EFI_EVENT_GROUP_EXIT_BOOT_SERVICES;
	EFI_EVENT first, second, third, plain;

	forget();
	is("one of a group",
	   boot->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "1", &group, &first),
	   EFI_SUCCESS);
	is("another one",
	   boot->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note, "2", &group, &second),
	   EFI_SUCCESS);
	is("one of another group",
	   boot->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note, "3", &other, &third),
	   EFI_SUCCESS);
	is("one of no group",
	   boot->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note, "4", NULL, &plain),
	   EFI_SUCCESS);
	boot->RaiseTPL(TPL_HIGH_LEVEL);
	boot->SignalEvent(first);
	boot->RestoreTPL(TPL_APPLICATION);
	ok("the whole group is notified", called("21"));
	boot->CloseEvent(second);
	forget();
	boot->SignalEvent(first);
	ok("without the one that was closed", called("1"));
	boot->CloseEvent(first);
	boot->CloseEvent(third);
	boot->CloseEvent(plain);
	is("the old type with a group",
	   boot->CreateEventEx(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, note, "x", &exit_group,
			       &first),
	   EFI_INVALID_PARAMETER);
	is("the group of ExitBootServices",
	   boot->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "x", &exit_group, &first),
	   EFI_SUCCESS);
	boot->CloseEvent(first);
}

static void test_map_group(void)
{
	EFI_GUID group = EFI_EVENT_GROUP_MEMORY_MAP_CHANGE;
	EFI_PHYSICAL_ADDRESS at;
	EFI_EVENT event;

	boot->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "m", &group, &event);
	forget();
	boot->AllocatePages(AllocateAnyPages, EfiLoaderData, 1, &at);
	boot->FreePages(at, 1);
	ok("a change of the memory map is notified", calls >= 1);
	boot->CloseEvent(event);
}

void test_events(void)
{
	test_create();
	test_signal();
	test_priority();
	test_functions();
	test_groups();
	test_map_group();
}
