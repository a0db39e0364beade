/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time as images see it: timers of events (UEFI 2.11, 7.1), the watchdog (7.5). All deadlines are
 * ticks of core/arch.h. Timers are in a list, the next one due first.
 */
#include "core/arch.h"
#include "core/log.h"
#include "core/panic.h"
#include "core/time.h"
#include "efi/services/events.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum {
	UNITS_PER_SECOND = 10 * 1000 * 1000, /* of SetTimer(): 100 ns */
	TICKS_OF_OURS_PER_SECOND = 1000,     /* how often a periodic timer of 0 is signaled */
	WATCHDOG_TEXT_SIZE = 80,
	RESTS_PER_SECOND = 100, /* how often input is polled */
	US_PER_SECOND = 1000 * 1000,
	WAKE_UP_US = 200,   /* until a processor runs again; then the clock is watched */
	WAKE_UP_EARLY = 32, /* a fraction: how wrong its timer may be */
};

static const u64 never = UINT64_MAX;

static struct efi_event *first_timer;
static bool are_stopped;

static struct {
	bool is_armed;
	u32 pauses;
	u64 due;  /* while not paused */
	u64 left; /* while paused */
	u64 code;
	u64 seconds;
	char text[WATCHDOG_TEXT_SIZE];
} watchdog;

/* The first tick at which efi_poll() has something to do. */
static u64 next_due = never;

/* @count of @per_second to ticks; a time past the end of the counter never comes. */
static u64 ticks_of(u64 count, u64 per_second)
{
	u64 rate = arch_ticks_per_second();
	u64 ticks;

	if (multiply_overflows(count / per_second, rate, &ticks) ||
	    add_overflows(ticks, count % per_second * rate / per_second, &ticks))
		return never;
	return ticks;
}

static u64 after(u64 now, u64 ticks)
{
	u64 due;

	return add_overflows(now, ticks, &due) ? never : due;
}

static void update_next_due(void)
{
	next_due = first_timer ? first_timer->due : never;
	if (watchdog.is_armed && !watchdog.pauses)
		next_due = min_u64(next_due, watchdog.due);
}

[[gnu::noreturn]] static void bite(void)
{
	watchdog.is_armed = false;
	log_error("UEFI: watchdog: not disarmed within %lu s (code 0x%lx%s%s): reset",
		  watchdog.seconds, watchdog.code, watchdog.text[0] ? ", " : "", watchdog.text);
	power_reset();
}

/* By interrupt, for programs that call no service; without interrupts efi_poll() sees it. */
static void watchdog_changed(void)
{
	arch_alarm_set(watchdog.is_armed && !watchdog.pauses ? watchdog.due : never, bite);
	update_next_due();
}

void efi_timer_disarm(struct efi_event *event)
{
	if (!event->is_armed)
		return;
	event->is_armed = false;
	if (event->previous_timer)
		event->previous_timer->next_timer = event->next_timer;
	else
		first_timer = event->next_timer;
	if (event->next_timer)
		event->next_timer->previous_timer = event->previous_timer;
	update_next_due();
}

static void arm(struct efi_event *event, u64 due)
{
	struct efi_event *before = NULL, *next = first_timer;

	while (next && next->due <= due) {
		before = next;
		next = next->next_timer;
	}
	event->is_armed = true;
	event->due = due;
	event->previous_timer = before;
	event->next_timer = next;
	if (before)
		before->next_timer = event;
	else
		first_timer = event;
	if (next)
		next->previous_timer = event;
	update_next_due();
}

EFI_STATUS EFIAPI efi_set_timer(EFI_EVENT event, EFI_TIMER_DELAY type, UINT64 trigger_time)
{
	struct efi_event *found = efi_event_of(event);
	u64 ticks;

	if (!found || !(found->type & EVT_TIMER) || (u32)type > TimerRelative)
		return EFI_INVALID_PARAMETER;
	efi_timer_disarm(found);
	if (type == TimerCancel || are_stopped)
		return EFI_SUCCESS;
	/* 7.1.7: 0 is each tick of ours for a periodic timer, the next one for others. */
	ticks = ticks_of(trigger_time, UNITS_PER_SECOND);
	if (type == TimerPeriodic && trigger_time == 0)
		ticks = ticks_of(1, TICKS_OF_OURS_PER_SECOND);
	found->period = type == TimerPeriodic ? max_u64(ticks, 1) : 0;
	arm(found, after(arch_ticks(), ticks));
	return EFI_SUCCESS;
}

static void signal_due(u64 now)
{
	while (first_timer && first_timer->due <= now) {
		struct efi_event *event = first_timer;
		u64 due = event->due;

		efi_timer_disarm(event);
		if (event->period) {
			/* Periods that passed unseen are one: the work has a bound. */
			due = after(due, event->period);
			arm(event, due > now ? due : after(now, event->period));
		}
		efi_event_signal(event);
	}
}

void efi_poll(void)
{
	u64 now;

	if (next_due == never)
		return;
	now = arch_ticks();
	if (now < next_due)
		return;
	if (watchdog.is_armed && !watchdog.pauses && watchdog.due <= now)
		bite();
	/* No timer interrupts TPL_HIGH_LEVEL. */
	if (efi_current_tpl() == TPL_HIGH_LEVEL)
		return;
	efi_events_hold();
	signal_due(now);
	efi_events_release();
}

/* Yields the processor to the host for at most @ticks, or until one of our timers is due. */
static void rest(u64 ticks)
{
	u64 now = arch_ticks();
	u64 rate = arch_ticks_per_second();
	u32 us;

	if (next_due != never)
		ticks = min_u64(ticks, next_due > now ? next_due - now : 0);
	ticks = min_u64(ticks, rate / RESTS_PER_SECOND);
	us = (u32)(ticks * US_PER_SECOND / rate);
	if (us > 2 * WAKE_UP_US)
		time_rest(us - WAKE_UP_US - us / WAKE_UP_EARLY);
	else
		arch_relax();
}

void efi_idle(void)
{
	rest(never);
	efi_poll();
}

void efi_timers_stop(void)
{
	are_stopped = true;
	while (first_timer)
		efi_timer_disarm(first_timer);
	watchdog.is_armed = false;
	watchdog_changed();
}

EFI_STATUS EFIAPI efi_set_watchdog_timer(UINTN timeout, UINT64 code, UINTN size, CHAR16 *data)
{
	size_t length = 0;

	watchdog.is_armed = timeout != 0 && !are_stopped;
	watchdog.seconds = timeout;
	watchdog.code = code;
	watchdog.left = ticks_of(timeout, 1);
	watchdog.due = watchdog.is_armed ? after(arch_ticks(), watchdog.left) : 0;
	/* A text, which may be followed by other bytes; the console gets its ASCII. */
	for (UINTN i = 0; data && i < size / sizeof(*data) && data[i]; i++) {
		if (length + 1 == sizeof(watchdog.text))
			break;
		watchdog.text[length++] = data[i] < 0x80 ? (char)data[i] : '?';
	}
	watchdog.text[length] = 0;
	watchdog_changed();
	return EFI_SUCCESS;
}

void efi_watchdog_pause(void)
{
	u64 now;

	if (watchdog.pauses++ || !watchdog.is_armed)
		return;
	now = arch_ticks();
	watchdog.left = watchdog.due > now ? watchdog.due - now : 0;
	watchdog_changed();
}

void efi_watchdog_resume(void)
{
	assert(watchdog.pauses);
	if (--watchdog.pauses || !watchdog.is_armed)
		return;
	watchdog.due = after(arch_ticks(), watchdog.left);
	watchdog_changed();
}

u32 efi_watchdog_pauses(void)
{
	return watchdog.pauses;
}

EFI_STATUS EFIAPI efi_stall(UINTN microseconds)
{
	u64 start = arch_ticks();
	u64 ticks = ticks_of(microseconds, US_PER_SECOND);
	u64 passed;

	while ((passed = arch_ticks() - start) < ticks) {
		rest(ticks - passed);
		efi_poll();
	}
	return EFI_SUCCESS;
}
