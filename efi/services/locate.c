/* SPDX-License-Identifier: Apache-2.0 */
/* Finding handles and interfaces (UEFI 2.11, 7.3.6, 7.3.8, 7.3.15, 7.3.16). */
#include "efi/services/database.h"
#include "efi/services/events.h"
#include "efi/services/services.h"

/* What LocateHandle() is asked for, checked. */
struct search {
	EFI_LOCATE_SEARCH_TYPE type;
	const struct efi_class *class;         /* ByProtocol; NULL: never installed */
	struct efi_registration *registration; /* ByRegisterNotify */
};

static EFI_STATUS search_init(struct search *search, EFI_LOCATE_SEARCH_TYPE type,
			      const EFI_GUID *protocol, const void *key)
{
	*search = (struct search){ .type = type };
	switch (type) {
	case AllHandles:
		return EFI_SUCCESS;
	case ByRegisterNotify:
		search->registration = key ? efi_registration_of(key) : NULL;
		return search->registration ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
	case ByProtocol:
		if (!protocol)
			return EFI_INVALID_PARAMETER;
		search->class = efi_class_of(protocol);
		return EFI_SUCCESS;
	}
	return EFI_INVALID_PARAMETER;
}

/* The interface installed after the one that this registration located last. */
static struct efi_protocol *next_new(const struct efi_registration *registration)
{
	return registration->position ? registration->position->next : registration->class->first;
}

/* How many there are; all are stored unless @out is NULL. */
static UINTN collect(const struct search *search, EFI_HANDLE *out)
{
	const struct efi_protocol *protocol;
	UINTN count = 0;

	switch (search->type) {
	case AllHandles:
		for (struct efi_object *o = efi_oldest_object(); o; o = o->next, count++)
			if (out)
				out[count] = o;
		break;
	case ByRegisterNotify:
		protocol = next_new(search->registration);
		if (protocol && out)
			out[0] = protocol->object;
		count = protocol ? 1 : 0;
		break;
	case ByProtocol:
		protocol = search->class ? search->class->first : NULL;
		for (; protocol; protocol = protocol->next, count++)
			if (out)
				out[count] = protocol->object;
		break;
	}
	return count;
}

/* The caller has got what collect() stored. */
static void advance(const struct search *search)
{
	if (search->type == ByRegisterNotify)
		search->registration->position = next_new(search->registration);
}

EFI_STATUS EFIAPI efi_locate_handle(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *protocol,
				    VOID *search_key, UINTN *size, EFI_HANDLE *buffer)
{
	struct search search;
	EFI_STATUS status;
	UINTN needed;

	if (!size)
		return EFI_INVALID_PARAMETER;
	status = search_init(&search, type, protocol, search_key);
	if (status)
		return status;
	needed = collect(&search, NULL) * sizeof(*buffer);
	if (!needed)
		return EFI_NOT_FOUND;
	if (*size < needed) {
		*size = needed;
		return EFI_BUFFER_TOO_SMALL;
	}
	if (!buffer)
		return EFI_INVALID_PARAMETER;
	*size = needed;
	collect(&search, buffer);
	advance(&search);
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_locate_handle_buffer(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *protocol,
					   VOID *search_key, UINTN *count, EFI_HANDLE **buffer)
{
	struct search search;
	EFI_STATUS status;
	UINTN found;

	if (!count || !buffer)
		return EFI_INVALID_PARAMETER;
	*count = 0;
	*buffer = NULL;
	status = search_init(&search, type, protocol, search_key);
	if (status)
		return status;
	found = collect(&search, NULL);
	if (!found)
		return EFI_NOT_FOUND;
	/* The allocation may signal an event: what was counted stays. */
	efi_events_hold();
	status = efi_allocate_pool(EfiBootServicesData, found * sizeof(**buffer), (VOID **)buffer);
	if (!status) {
		*count = collect(&search, *buffer);
		advance(&search);
	}
	efi_events_release();
	return status;
}

/*
 * 7.3.16 does not say which handle is the first. Handles of partitions carry GUIDs that a disk has
 * chosen, without an interface: those must not hide a protocol that is there.
 */
static struct efi_protocol *any_of(const struct efi_class *class)
{
	struct efi_protocol *found = class->first;

	while (found && !found->interface)
		found = found->next;
	return found ? found : class->first;
}

EFI_STATUS EFIAPI efi_locate_protocol(EFI_GUID *protocol, VOID *registration, VOID **interface)
{
	const struct efi_class *class;
	struct efi_registration *known;
	struct efi_protocol *found;

	if (!interface || !protocol)
		return EFI_INVALID_PARAMETER;
	*interface = NULL;
	if (registration) {
		known = efi_registration_of(registration);
		if (!known)
			return EFI_INVALID_PARAMETER;
		found = next_new(known);
		if (found)
			known->position = found;
	} else {
		class = efi_class_of(protocol);
		found = class ? any_of(class) : NULL;
	}
	if (!found)
		return EFI_NOT_FOUND;
	*interface = found->interface;
	return EFI_SUCCESS;
}

/* Linux stops at any status but these two: a path that is no path is one that nobody has. */
EFI_STATUS EFIAPI efi_locate_device_path(EFI_GUID *protocol, EFI_DEVICE_PATH_PROTOCOL **path,
					 EFI_HANDLE *device)
{
	const EFI_DEVICE_PATH_PROTOCOL *rest;
	EFI_HANDLE found;

	if (!protocol || !path || !*path)
		return EFI_INVALID_PARAMETER;
	if (!efi_path_size(*path, EFI_PATH_SIZE_MAX))
		return EFI_NOT_FOUND;
	found = efi_path_locate(protocol, *path, &rest);
	if (!found)
		return EFI_NOT_FOUND;
	if (!device)
		return EFI_INVALID_PARAMETER;
	*device = found;
	*path = (EFI_DEVICE_PATH_PROTOCOL *)rest;
	return EFI_SUCCESS;
}
