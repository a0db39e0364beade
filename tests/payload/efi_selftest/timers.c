/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI 2.11, 7.1.7, 7.1.5 and 7.5: timers, waiting, the watchdog. Nothing here depends on the speed
 * of the machine.
 */
#include "selftest.h"

#define MILLISECOND 10000ull /* in units of 100 ns */

static volatile unsigned ticks;

static void EFIAPI tick(EFI_EVENT event, void *context)
{
	(void)event;
	(void)context;
	ticks++;
}

/* Waits for a tick, with Stall, for at most 2 s. */
static bool ticked(unsigned count)
{
	for (unsigned i = 0; i < 200 && ticks < count; i++)
		boot->Stall(10000);
	return ticks >= count;
}

static void test_notified(void)
{
	EFI_EVENT event;
	unsigned before;

	boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, tick, NULL, &event);
	ticks = 0;
	is("a relative timer", boot->SetTimer(event, TimerRelative, 20 * MILLISECOND), EFI_SUCCESS);
	ok("it fires in Stall", ticked(1));
	boot->Stall(100000);
	equals("once", ticks, 1);
	ticks = 0;
	is("a periodic timer", boot->SetTimer(event, TimerPeriodic, 10 * MILLISECOND), EFI_SUCCESS);
	ok("it fires repeatedly", ticked(5));
	boot->RaiseTPL(TPL_CALLBACK);
	before = ticks;
	boot->Stall(50000);
	equals("not at a higher level", ticks, before);
	boot->RestoreTPL(TPL_APPLICATION);
	ok("but after it was lowered", ticked(before + 1));
	is("cancel it", boot->SetTimer(event, TimerCancel, 0), EFI_SUCCESS);
	before = ticks;
	boot->Stall(50000);
	equals("then it is still", ticks, before);
	is("no time at all", boot->SetTimer(event, TimerRelative, 0), EFI_SUCCESS);
	ok("is the next tick", ticked(before + 1));
	before = ticks;
	boot->SetTimer(event, TimerRelative, 3600 * 1000 * MILLISECOND);
	is("close one that is set", boot->CloseEvent(event), EFI_SUCCESS);
	equals("it never fires", ticks, before);
}

static void test_waiting(void)
{
	EFI_EVENT events[3], signal;
	UINTN index = 9;

	boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[0]);
	boot->CreateEvent(0, 0, NULL, NULL, &events[1]);
	boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[2]);
	boot->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, tick, NULL, &signal);
	boot->SetTimer(events[0], TimerRelative, 3600 * 1000 * MILLISECOND);
	boot->SetTimer(events[2], TimerRelative, 20 * MILLISECOND);
	is("wait for the first of three", boot->WaitForEvent(3, events, &index), EFI_SUCCESS);
	equals("it is the third", index, 2);
	is("which is not ready any more", boot->CheckEvent(events[2]), EFI_NOT_READY);
	boot->SignalEvent(events[1]);
	is("wait for what is ready", boot->WaitForEvent(3, events, &index), EFI_SUCCESS);
	equals("it is the second", index, 1);
	is("set the timer again", boot->SetTimer(events[0], TimerRelative, MILLISECOND),
	   EFI_SUCCESS);
	is("wait for that", boot->WaitForEvent(1, events, &index), EFI_SUCCESS);
	equals("it is the first", index, 0);
	is("no such kind of timer", boot->SetTimer(events[0], (EFI_TIMER_DELAY)3, MILLISECOND),
	   EFI_INVALID_PARAMETER);
	is("a timer of no event", boot->SetTimer(NULL, TimerRelative, MILLISECOND),
	   EFI_INVALID_PARAMETER);
	is("wait for nothing", boot->WaitForEvent(0, events, &index), EFI_INVALID_PARAMETER);
	is("wait for no events", boot->WaitForEvent(1, NULL, &index), EFI_INVALID_PARAMETER);

	events[1] = (boot->CloseEvent(events[1]), signal);
	is("wait for one with notification", boot->WaitForEvent(2, events, &index),
	   EFI_INVALID_PARAMETER);
	equals("the index names it", index, 1);
	boot->RaiseTPL(TPL_CALLBACK);
	is("wait at a higher level", boot->WaitForEvent(1, events, &index), EFI_UNSUPPORTED);
	boot->RestoreTPL(TPL_APPLICATION);
	boot->CloseEvent(events[0]);
	boot->CloseEvent(events[2]);
	boot->CloseEvent(signal);
}

/* Of two timers, the earlier one fires first, and Stall waits at least as long as requested. */
static void test_order(void)
{
	EFI_EVENT near, far;

	boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &near);
	boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &far);
	boot->SetTimer(far, TimerRelative, 3600 * 1000 * MILLISECOND);
	is("not yet", boot->CheckEvent(far), EFI_NOT_READY);
	boot->SetTimer(near, TimerRelative, 50 * MILLISECOND);
	is("stall", boot->Stall(200000), EFI_SUCCESS);
	is("the nearer one has fired", boot->CheckEvent(near), EFI_SUCCESS);
	is("the farther one has not", boot->CheckEvent(far), EFI_NOT_READY);
	boot->CloseEvent(near);
	boot->CloseEvent(far);
}

/* Far more timers than any boot loader has. */
static void test_many(void)
{
	enum { COUNT = 200 };
	static EFI_EVENT events[COUNT];

	ticks = 0;
	for (size_t i = 0; i < COUNT; i++) {
		boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, tick, NULL,
				  &events[i]);
		boot->SetTimer(events[i], TimerRelative, (1 + i * 7 % 20) * MILLISECOND);
	}
	ok("200 timers fire", ticked(COUNT));
	for (size_t i = 0; i < COUNT; i++)
		boot->CloseEvent(events[i]);
	equals("each once", ticks, COUNT);
}

static void test_watchdog(void)
{
	is("wind the watchdog", boot->SetWatchdogTimer(600, 0x10000, 0, NULL), EFI_SUCCESS);
	is("wind it with a reason", boot->SetWatchdogTimer(600, 0x10000, 10, u"why"), EFI_SUCCESS);
	is("stop it", boot->SetWatchdogTimer(0, 0, 0, NULL), EFI_SUCCESS);
	is("stop it again", boot->SetWatchdogTimer(0, 0x10000, 0, NULL), EFI_SUCCESS);
}

void test_timers(void)
{
	test_notified();
	test_waiting();
	test_order();
	test_many();
	test_watchdog();
}
