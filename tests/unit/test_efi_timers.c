/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/timers.c: timers of events, the watchdog, Stall (UEFI 2.11, 7.1.7 and 7.5). */
#include "tests/unit/efi_services.h"

static u32 calls;

static void EFIAPI count_call(EFI_EVENT event, void *context)
{
	(void)event, (void)context;
	calls++;
}

static EFI_EVENT timer(void)
{
	EFI_EVENT event = NULL;

	CHECK_STATUS(efi_create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, count_call, NULL,
				      &event),
		     EFI_SUCCESS);
	host_ticks_per_look = 0;
	calls = 0;
	return event;
}

TEST(parameters_of_set_timer)
{
	EFI_EVENT event = timer(), plain;

	CHECK_STATUS(efi_set_timer(event, 3, 0), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_set_timer(event, (EFI_TIMER_DELAY)-1, 0), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_set_timer(event, TimerCancel, 0), EFI_SUCCESS);
	efi_create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, count_call, NULL, &plain);
	CHECK_STATUS(efi_set_timer(plain, TimerRelative, 0), EFI_INVALID_PARAMETER);
	efi_close_event(plain);
	efi_close_event(event);
}

TEST(a_relative_timer_fires_once)
{
	EFI_EVENT event = timer();

	efi_set_timer(event, TimerRelative, MS(10));
	pass_ms(9);
	efi_poll();
	CHECK_EQUAL(calls, 0);
	pass_ms(1);
	efi_poll();
	CHECK_EQUAL(calls, 1);
	pass_ms(100);
	efi_poll();
	CHECK_EQUAL(calls, 1);
	efi_set_timer(event, TimerRelative, 0);
	efi_poll();
	CHECK_EQUAL(calls, 2);
	efi_close_event(event);
}

TEST(a_periodic_timer_fires_repeatedly)
{
	EFI_EVENT event = timer();

	/* iPXE's. */
	efi_set_timer(event, TimerPeriodic, 312500);
	for (u32 i = 0; i < 1000; i++) {
		pass_ms(1);
		efi_poll();
	}
	CHECK_EQUAL(calls, 32);
	/* Missed periods are signaled once. */
	pass_ms(10000);
	efi_poll();
	efi_poll();
	CHECK_EQUAL(calls, 33);
	efi_set_timer(event, TimerPeriodic, 0);
	for (u32 i = 0; i < 10; i++) {
		pass_ms(1);
		efi_poll();
	}
	CHECK_EQUAL(calls, 43);
	efi_set_timer(event, TimerCancel, 0);
	pass_ms(1000);
	efi_poll();
	CHECK_EQUAL(calls, 43);
	efi_close_event(event);
}

TEST(setting_a_timer_again_replaces_it)
{
	EFI_EVENT event = timer();

	efi_set_timer(event, TimerPeriodic, MS(5));
	efi_set_timer(event, TimerRelative, MS(20));
	pass_ms(19);
	efi_poll();
	CHECK_EQUAL(calls, 0);
	pass_ms(1);
	efi_poll();
	pass_ms(50);
	efi_poll();
	CHECK_EQUAL(calls, 1);
	efi_close_event(event);
}

TEST(times_beyond_the_clock_are_never_reached)
{
	EFI_EVENT event = timer();

	efi_set_timer(event, TimerRelative, UINT64_MAX);
	efi_poll();
	efi_set_timer(event, TimerPeriodic, UINT64_MAX);
	efi_poll();
	efi_set_timer(event, TimerRelative, UINT64_MAX / 100);
	pass_ms(1000 * 1000);
	efi_poll();
	CHECK_EQUAL(calls, 0);
	efi_close_event(event);
}

TEST(timers_fire_when_the_level_allows_their_notification)
{
	EFI_EVENT event = timer();
	EFI_TPL old = efi_raise_tpl(TPL_CALLBACK);

	efi_set_timer(event, TimerRelative, MS(1));
	pass_ms(5);
	efi_poll();
	CHECK_EQUAL(calls, 0);
	efi_restore_tpl(old);
	CHECK_EQUAL(calls, 1);

	old = efi_raise_tpl(TPL_HIGH_LEVEL);
	efi_set_timer(event, TimerRelative, MS(1));
	pass_ms(5);
	efi_restore_tpl(old);
	CHECK_EQUAL(calls, 2);
	efi_close_event(event);
}

TEST(no_timer_fires_at_high_level)
{
	EFI_EVENT event;
	EFI_TPL old;

	host_ticks_per_look = 0;
	efi_create_event(EVT_TIMER, 0, NULL, NULL, &event);
	efi_set_timer(event, TimerRelative, MS(1));
	pass_ms(5);
	old = efi_raise_tpl(TPL_HIGH_LEVEL);
	CHECK_STATUS(efi_check_event(event), EFI_NOT_READY);
	efi_restore_tpl(old);
	CHECK_STATUS(efi_check_event(event), EFI_SUCCESS);
	efi_close_event(event);
}

static u32 order[3];
static u32 order_count;

static void EFIAPI note_order(EFI_EVENT event, void *context)
{
	(void)event;
	order[order_count++ % 3] = (u32)(uintptr_t)context;
}

TEST(timers_fire_in_order_of_their_times)
{
	static const u32 delays[] = { 30, 10, 20 };
	EFI_EVENT events[3];

	host_ticks_per_look = 0;
	order_count = 0;
	for (u32 i = 0; i < 3; i++) {
		efi_create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note_order,
				 (void *)(uintptr_t)delays[i], &events[i]);
		efi_set_timer(events[i], TimerRelative, MS(delays[i]));
	}
	pass_ms(100);
	efi_poll();
	CHECK_EQUAL(order_count, 3);
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQUAL(order[i], 10 * (i + 1));
		efi_close_event(events[i]);
	}
}

static void EFIAPI close_other(EFI_EVENT event, void *context)
{
	(void)event;
	CHECK_STATUS(efi_close_event(context), EFI_SUCCESS);
}

TEST(a_notification_closes_an_event_that_is_due_too)
{
	EFI_EVENT victim = timer(), killer;

	efi_create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_NOTIFY, close_other, victim, &killer);
	efi_set_timer(victim, TimerRelative, MS(1));
	efi_set_timer(killer, TimerRelative, MS(2));
	pass_ms(5);
	efi_poll();
	CHECK_EQUAL(calls, 0);
	efi_close_event(killer);
	CHECK_EQUAL(pool_pieces, 0);
}

/* GRUB asks for a key 100,000 times in two seconds. */
TEST(polling_costs_one_clock_read)
{
	EFI_EVENT event = timer();
	u64 looks;

	looks = host_clock_looks;
	for (u32 i = 0; i < 1000; i++)
		efi_poll();
	CHECK_EQUAL(host_clock_looks, looks);
	efi_set_timer(event, TimerRelative, MS(1000));
	looks = host_clock_looks;
	for (u32 i = 0; i < 1000; i++)
		efi_poll();
	CHECK_EQUAL(host_clock_looks, looks + 1000);
	efi_close_event(event);
}

TEST(stall_waits_long_enough_and_timers_fire)
{
	EFI_EVENT event = timer();
	u64 start, waits;

	host_ticks_per_look = 1000;
	efi_set_timer(event, TimerPeriodic, MS(10));
	start = host_ticks;
	waits = host_waits;
	CHECK_STATUS(efi_stall(100 * 1000), EFI_SUCCESS);
	CHECK(host_waits - waits >= 10 && host_waits - waits < 200);
	CHECK(host_ticks - start >= 100 * 1000 * 1000);
	CHECK(host_ticks - start <= 101 * 1000 * 1000);
	CHECK(calls == 9 || calls == 10);
	start = host_ticks;
	CHECK_STATUS(efi_stall(0), EFI_SUCCESS);
	CHECK(host_ticks - start <= 10 * 1000);
	/* Short ones are watched. */
	waits = host_waits;
	start = host_ticks;
	CHECK_STATUS(efi_stall(100), EFI_SUCCESS);
	CHECK(host_ticks - start >= 100 * 1000 && host_ticks - start <= 110 * 1000);
	CHECK_EQUAL(host_waits, waits);
	efi_close_event(event);
}

/* While a program waits, the processor is yielded to the host, and input is checked every 10 ms. */
TEST(waiting_yields_the_processor)
{
	EFI_EVENT event = timer();
	u64 start = host_ticks, waits = host_waits;

	efi_idle();
	CHECK_EQUAL(host_waits, waits + 1);
	CHECK(host_ticks - start > 8 * 1000 * 1000 && host_ticks - start <= 10 * 1000 * 1000);
	start = host_ticks;
	efi_set_timer(event, TimerRelative, MS(5));
	efi_idle();
	CHECK(host_ticks - start > 4 * 1000 * 1000 && host_ticks - start <= 5 * 1000 * 1000);
	efi_idle();
	CHECK_EQUAL(host_waits, waits + 2);
	efi_close_event(event);
}

static void wait_for_watchdog(void *milliseconds)
{
	pass_ms(*(u64 *)milliseconds);
	efi_poll();
}

TEST(the_watchdog_resets)
{
	CHAR16 text[] = u"loader \xe9";
	u64 almost = 299999, one = 1, day = 86400000;

	host_ticks_per_look = 0;
	CHECK_STATUS(efi_set_watchdog_timer(300, 0x10000, 0, NULL), EFI_SUCCESS);
	CHECK_EQUAL(host_run(wait_for_watchdog, &almost), HOST_RETURNED);
	CHECK_EQUAL(host_run(wait_for_watchdog, &one), HOST_RESET);
	CHECK_EQUAL(host_run(wait_for_watchdog, &day), HOST_RETURNED);

	CHECK_STATUS(efi_set_watchdog_timer(1, 0, sizeof(text), text), EFI_SUCCESS);
	CHECK_EQUAL(host_run(wait_for_watchdog, &day), HOST_RESET);

	CHECK_STATUS(efi_set_watchdog_timer(300, 0, 0, NULL), EFI_SUCCESS);
	CHECK_STATUS(efi_set_watchdog_timer(0, 0, 0, NULL), EFI_SUCCESS);
	CHECK_EQUAL(host_run(wait_for_watchdog, &day), HOST_RETURNED);
	CHECK_STATUS(efi_set_watchdog_timer(UINT64_MAX, 0, 0, NULL), EFI_SUCCESS);
	CHECK_EQUAL(host_run(wait_for_watchdog, &day), HOST_RETURNED);
	efi_set_watchdog_timer(0, 0, 0, NULL);
}

TEST(the_watchdog_pauses_while_the_firmware_works)
{
	u64 second = 1000, four = 4000;

	host_ticks_per_look = 0;
	efi_set_watchdog_timer(5, 0, 0, NULL);
	CHECK_EQUAL(host_run(wait_for_watchdog, &four), HOST_RETURNED);
	efi_watchdog_pause();
	efi_watchdog_pause();
	CHECK_EQUAL(host_run(wait_for_watchdog, &four), HOST_RETURNED);
	efi_watchdog_resume();
	CHECK_EQUAL(host_run(wait_for_watchdog, &four), HOST_RETURNED);
	efi_watchdog_resume();
	pass_ms(999);
	efi_poll();
	CHECK_EQUAL(host_run(wait_for_watchdog, &second), HOST_RESET);
}

/* ExitBootServices has begun. Must be the last test, because this is permanent. */
TEST(nothing_fires_after_the_timers_are_stopped)
{
	EFI_EVENT event = timer();
	u64 day = 86400000;

	efi_set_timer(event, TimerPeriodic, MS(1));
	efi_set_watchdog_timer(5, 0, 0, NULL);
	efi_timers_stop();
	CHECK_EQUAL(host_run(wait_for_watchdog, &day), HOST_RETURNED);
	efi_set_timer(event, TimerPeriodic, MS(1));
	efi_set_watchdog_timer(5, 0, 0, NULL);
	CHECK_EQUAL(host_run(wait_for_watchdog, &day), HOST_RETURNED);
	CHECK_EQUAL(calls, 0);
	efi_close_event(event);
	CHECK_EQUAL(pool_pieces, 0);
}
