/* SPDX-License-Identifier: Apache-2.0 */
/* RegisterProtocolNotify() (UEFI 2.11, 7.3.5): who is told of new interfaces of a GUID. */
#include "efi/services/database.h"
#include "efi/services/events.h"
#include "efi/services/services.h"

/* Those of all classes: a registration is valid if it is in here. */
static struct efi_registration *all;

struct efi_registration *efi_registration_of(const void *registration)
{
	struct efi_registration *found = all;

	while (found && found != registration)
		found = found->next;
	return found;
}

void efi_registrations_notify(const struct efi_class *class)
{
	for (struct efi_registration *r = all; r; r = r->next)
		if (r->class == class)
			efi_event_signal(efi_event_of(r->event));
}

void efi_registrations_skip(const struct efi_protocol *gone)
{
	for (struct efi_registration *r = all; r; r = r->next)
		if (r->position == gone)
			r->position = gone->previous;
}

void efi_registrations_remove(EFI_EVENT event)
{
	struct efi_registration **link = &all;

	while (*link) {
		struct efi_registration *r = *link;

		if (r->event != event) {
			link = &r->next;
			continue;
		}
		*link = r->next;
		efi_free(r);
	}
}

/* Handles that have the protocol already are located first, as existing drivers expect. */
EFI_STATUS EFIAPI efi_register_protocol_notify(EFI_GUID *protocol, EFI_EVENT event,
					       VOID **registration)
{
	struct efi_registration *made;
	struct efi_class *class;
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;

	if (!protocol || !registration || !efi_event_of(event))
		return EFI_INVALID_PARAMETER;
	efi_events_hold();
	class = efi_class_make(protocol);
	made = class ? efi_allocate(sizeof(*made)) : NULL;
	if (made) {
		made->class = class;
		made->event = event;
		made->next = all;
		all = made;
		*registration = made;
		status = EFI_SUCCESS;
	}
	efi_events_release();
	return status;
}
