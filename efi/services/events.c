/* SPDX-License-Identifier: Apache-2.0 */
/* Events and event groups (UEFI 2.11, 7.1). */
#include "efi/services/events.h"

#include "efi/services/database.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum { HASH_SIZE = 64 };

/* EVT_SIGNAL_EXIT_BOOT_SERVICES and EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE have bits beside these. */
static const u32 type_bits = EVT_TIMER | EVT_RUNTIME | EVT_NOTIFY_WAIT | EVT_NOTIFY_SIGNAL;

static struct efi_event *hash[HASH_SIZE];
static struct efi_event *first_grouped, *last_grouped;
static u64 last_serial;

static struct efi_event **bucket_of(const void *address)
{
	return &hash[(u64)(uintptr_t)address * 0x9e3779b97f4a7c15 >> 58];
}

static_assert(HASH_SIZE == 1 << (64 - 58), "as many as the bits that bucket_of() takes");

struct efi_event *efi_event_of(EFI_EVENT event)
{
	struct efi_event *found = *bucket_of(event);

	while (found && found != event)
		found = found->next_in_hash;
	return found;
}

struct efi_event *efi_event_within(u64 base, u64 size)
{
	for (u32 i = 0; i < HASH_SIZE; i++)
		for (struct efi_event *event = hash[i]; event; event = event->next_in_hash)
			if (event->notify && (u64)(uintptr_t)event->notify - base < size)
				return event;
	return NULL;
}

static void join_group(struct efi_event *event, const EFI_GUID *group)
{
	event->has_group = true;
	event->group = *group;
	event->previous_grouped = last_grouped;
	if (last_grouped)
		last_grouped->next_grouped = event;
	else
		first_grouped = event;
	last_grouped = event;
}

static void leave_group(struct efi_event *event)
{
	if (!event->has_group)
		return;
	if (event->previous_grouped)
		event->previous_grouped->next_grouped = event->next_grouped;
	else
		first_grouped = event->next_grouped;
	if (event->next_grouped)
		event->next_grouped->previous_grouped = event->previous_grouped;
	else
		last_grouped = event->previous_grouped;
}

static EFI_STATUS create(u32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY notify, void *context,
			 const EFI_GUID *group, EFI_EVENT *out)
{
	u32 notify_bits = type & (EVT_NOTIFY_WAIT | EVT_NOTIFY_SIGNAL);
	struct efi_event *event;

	if (!out)
		return EFI_INVALID_PARAMETER;
	if (type == EVT_SIGNAL_EXIT_BOOT_SERVICES || type == EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE) {
		if (group)
			return EFI_INVALID_PARAMETER;
		group = type == EVT_SIGNAL_EXIT_BOOT_SERVICES ?
				&guid_event_group_exit_boot_services :
				&guid_event_group_virtual_address_change;
	} else if (type & ~type_bits || notify_bits == (EVT_NOTIFY_WAIT | EVT_NOTIFY_SIGNAL)) {
		return EFI_INVALID_PARAMETER;
	}
	/* Without a notification the level is ignored: systemd-boot passes 0. */
	if (notify_bits && (!notify || tpl <= TPL_APPLICATION || tpl > TPL_HIGH_LEVEL))
		return EFI_INVALID_PARAMETER;
	event = efi_allocate(sizeof(*event));
	if (!event)
		return EFI_OUT_OF_RESOURCES;
	event->serial = ++last_serial;
	event->type = type;
	event->tpl = notify_bits ? tpl : TPL_APPLICATION;
	event->notify = notify;
	event->context = context;
	event->next_in_hash = *bucket_of(event);
	*bucket_of(event) = event;
	if (group)
		join_group(event, group);
	*out = event;
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_create_event(UINT32 type, EFI_TPL notify_tpl, EFI_EVENT_NOTIFY notify,
				   VOID *context, EFI_EVENT *event)
{
	return create(type, notify_tpl, notify, context, NULL, event);
}

EFI_STATUS EFIAPI efi_create_event_ex(UINT32 type, EFI_TPL notify_tpl, EFI_EVENT_NOTIFY notify,
				      const VOID *context, const EFI_GUID *group, EFI_EVENT *event)
{
	return create(type, notify_tpl, notify, (void *)context, group, event);
}

static void signal_alone(struct efi_event *event)
{
	if (event->is_signaled)
		return;
	event->is_signaled = true;
	if (event->type & EVT_NOTIFY_SIGNAL)
		efi_event_queue(event);
}

static void signal_group(const EFI_GUID *group)
{
	for (struct efi_event *event = first_grouped; event; event = event->next_grouped)
		if (guid_equals(&event->group, group))
			signal_alone(event);
}

void efi_event_signal(struct efi_event *event)
{
	if (event->has_group)
		signal_group(&event->group);
	else
		signal_alone(event);
}

void efi_signal_group(const EFI_GUID *group)
{
	signal_group(group);
	efi_dispatch();
}

u32 efi_group_notifications(const EFI_GUID *group, struct efi_notification *out, u32 count_max)
{
	u32 count = 0;

	for (struct efi_event *event = first_grouped; event; event = event->next_grouped) {
		if (!(event->type & EVT_NOTIFY_SIGNAL) || !guid_equals(&event->group, group))
			continue;
		if (count < count_max)
			out[count] =
				(struct efi_notification){ event, event->notify, event->context };
		count++;
	}
	return count;
}

EFI_STATUS EFIAPI efi_signal_event(EFI_EVENT event)
{
	struct efi_event *found = efi_event_of(event);

	if (!found)
		return EFI_INVALID_PARAMETER;
	efi_event_signal(found);
	efi_dispatch();
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_close_event(EFI_EVENT event)
{
	struct efi_event *found = efi_event_of(event);
	struct efi_event **link;

	if (!found)
		return EFI_INVALID_PARAMETER;
	efi_timer_disarm(found);
	efi_event_unqueue(found);
	leave_group(found);
	efi_registrations_remove(found);
	for (link = bucket_of(found); *link != found; link = &(*link)->next_in_hash)
		;
	*link = found->next_in_hash;
	efi_free(found);
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_check_event(EFI_EVENT event)
{
	struct efi_event *found;
	u64 serial;

	efi_poll();
	found = efi_event_of(event);
	if (!found || found->type & EVT_NOTIFY_SIGNAL)
		return EFI_INVALID_PARAMETER;
	if (!found->is_signaled && found->type & EVT_NOTIFY_WAIT) {
		serial = found->serial;
		efi_event_queue(found);
		efi_dispatch();
		/* Its notification, or another one, may have closed it. */
		found = efi_event_of(event);
		if (!found || found->serial != serial)
			return EFI_INVALID_PARAMETER;
	}
	if (!found->is_signaled)
		return EFI_NOT_READY;
	found->is_signaled = false;
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_wait_for_event(UINTN count, EFI_EVENT *events, UINTN *index)
{
	if (count == 0 || !events || !index)
		return EFI_INVALID_PARAMETER;
	if (efi_current_tpl() != TPL_APPLICATION)
		return EFI_UNSUPPORTED;
	/* The one wait without a deadline, as the guest asks for it. */
	for (;;) {
		for (UINTN i = 0; i < count; i++) {
			EFI_STATUS status = efi_check_event(events[i]);

			if (status == EFI_NOT_READY)
				continue;
			*index = i;
			return status;
		}
		efi_idle();
	}
}
