/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes what an image that returned has left in its own memory. The next candidate would call
 * into it: a timer that still runs, a file system or an initrd whose code is gone.
 */
#include "core/log.h"
#include "efi/services/database.h"
#include "efi/services/events.h"
#include "efi/services/services.h"

/* Drivers that are stopped meanwhile may add as many as they remove. */
enum { REMOVALS_MAX = 1000 };

static struct efi_protocol *protocol_within(u64 base, u64 size)
{
	for (struct efi_object *o = efi_oldest_object(); o; o = o->next)
		for (struct efi_protocol *p = o->protocols; p; p = p->next_on_object)
			if ((u64)(uintptr_t)p->interface - base < size)
				return p;
	return NULL;
}

void efi_forget_memory(u64 base, u64 size)
{
	struct efi_protocol *protocol = protocol_within(base, size);
	struct efi_event *event = efi_event_within(base, size);

	if (protocol || event)
		log_debug("UEFI: an image has left protocols or events behind");
	for (; event; event = efi_event_within(base, size))
		(void)efi_close_event(event);
	for (u32 i = 0; i < REMOVALS_MAX && protocol; i++) {
		EFI_HANDLE handle = protocol->object;
		const EFI_GUID *guid = &protocol->class->guid;
		void *interface = protocol->interface;

		/* First in the regular way, so that drivers release it. */
		(void)efi_uninstall_from(handle, guid, interface);
		efi_events_hold();
		protocol = efi_protocol_of(handle, guid);
		if (protocol && protocol->interface == interface)
			efi_protocol_remove(protocol);
		efi_events_release();
		protocol = protocol_within(base, size);
	}
}
