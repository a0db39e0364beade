/* SPDX-License-Identifier: Apache-2.0 */
/* Events (UEFI 2.11, 7.1), shared by events.c, tpl.c and timers.c. */
#pragma once

#include "efi/efi.h"

struct efi_event {
	struct efi_event *next_in_hash;
	u64 serial; /* distinguishes an event from a later one at the same address */
	u32 type;
	EFI_TPL tpl;
	EFI_EVENT_NOTIFY notify;
	void *context;
	bool is_signaled;

	/* The group, and the list of all events in any group, oldest first. */
	bool has_group;
	EFI_GUID group;
	struct efi_event *previous_grouped, *next_grouped;

	/* tpl.c: waits for its notification. */
	bool is_queued;
	struct efi_event *previous_queued, *next_queued;

	/* timers.c: in ticks. */
	bool is_armed;
	u64 due;
	u64 period; /* 0: once */
	struct efi_event *previous_timer, *next_timer;
};

/* events.c */
struct efi_event *efi_event_of(EFI_EVENT event); /* NULL: no such event now. Constant time. */

/* Finds an event whose notification function is in that memory; NULL: none. */
struct efi_event *efi_event_within(u64 base, u64 size);

/* Signals the event and its group. Notifications are only queued. */
void efi_event_signal(struct efi_event *event);

/* tpl.c */

/* Queues the notification of the event, once. */
void efi_event_queue(struct efi_event *event);
void efi_event_unqueue(struct efi_event *event);

/* Runs the queued notifications above the current level, the highest level first. */
void efi_dispatch(void);

/*
 * Nothing is dispatched between these two calls. They enclose changes to data that a notification
 * may use, and code that keeps pointers into such data. They nest; the last release dispatches.
 */
void efi_events_hold(void);
void efi_events_release(void);

/* timers.c */
void efi_timer_disarm(struct efi_event *event);
