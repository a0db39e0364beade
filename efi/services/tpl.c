/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task priority levels (UEFI 2.11, 7.1) and the queues of notifications. Nothing interrupts our own
 * code: notifications run where a service lowers the level or signals an event, and where time
 * passes (efi_poll()).
 */
#include "efi/services/events.h"
#include "efi/services/services.h"

/* A notification may signal its own event again. The rest waits until time passes again. */
enum { NOTIFICATIONS_MAX = 4096 };

static struct {
	struct efi_event *first, *last;
} queues[TPL_HIGH_LEVEL + 1];
static u32 queued_levels; /* one bit each */
static EFI_TPL current_tpl = TPL_APPLICATION;
static u32 holds;

EFI_TPL efi_current_tpl(void)
{
	return current_tpl;
}

void efi_event_queue(struct efi_event *event)
{
	if (event->is_queued)
		return;
	event->is_queued = true;
	event->next_queued = NULL;
	event->previous_queued = queues[event->tpl].last;
	if (event->previous_queued)
		event->previous_queued->next_queued = event;
	else
		queues[event->tpl].first = event;
	queues[event->tpl].last = event;
	queued_levels |= 1u << event->tpl;
}

void efi_event_unqueue(struct efi_event *event)
{
	if (!event->is_queued)
		return;
	event->is_queued = false;
	if (event->previous_queued)
		event->previous_queued->next_queued = event->next_queued;
	else
		queues[event->tpl].first = event->next_queued;
	if (event->next_queued)
		event->next_queued->previous_queued = event->previous_queued;
	else
		queues[event->tpl].last = event->previous_queued;
	if (!queues[event->tpl].first)
		queued_levels &= ~(1u << event->tpl);
}

/* The event may be closed by its own notification: it is not touched after it. */
static void notify(struct efi_event *event)
{
	EFI_EVENT_NOTIFY function = event->notify;
	void *context = event->context;
	EFI_TPL tpl_before = current_tpl;

	efi_event_unqueue(event);
	/* Those with EVT_NOTIFY_WAIT stay signaled until CheckEvent() sees it. */
	if (event->type & EVT_NOTIFY_SIGNAL)
		event->is_signaled = false;
	current_tpl = event->tpl;
	function(event, context);
	current_tpl = tpl_before;
}

void efi_dispatch(void)
{
	for (u32 i = 0; i < NOTIFICATIONS_MAX && !holds && queued_levels; i++) {
		u32 highest = 31 - (u32)__builtin_clz(queued_levels);

		if (highest <= current_tpl)
			return;
		notify(queues[highest].first);
	}
}

void efi_events_hold(void)
{
	holds++;
}

void efi_events_release(void)
{
	if (--holds == 0)
		efi_dispatch();
}

/*
 * 7.1: raising to a level below the current one is a mistake of the caller; the level stays. At
 * TPL_HIGH_LEVEL no timer fires and no notification runs. Interrupts need no masking: they are off
 * whenever an image or our code runs.
 */
EFI_TPL EFIAPI efi_raise_tpl(EFI_TPL new_tpl)
{
	EFI_TPL old_tpl = current_tpl;

	if (new_tpl > current_tpl)
		current_tpl = new_tpl < TPL_HIGH_LEVEL ? new_tpl : TPL_HIGH_LEVEL;
	return old_tpl;
}

VOID EFIAPI efi_restore_tpl(EFI_TPL old_tpl)
{
	if (old_tpl < current_tpl)
		current_tpl = old_tpl > TPL_APPLICATION ? old_tpl : TPL_APPLICATION;
	/* Timers that came due meanwhile; dispatches what waits. */
	efi_poll();
	efi_dispatch();
}
