/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses which interface (UEFI 2.11, 7.3.7 and 7.3.9 to 7.3.11): the open lists. */
#include "efi/services/database.h"
#include "efi/services/events.h"
#include "efi/services/services.h"

/* Uses that end by themselves: they do not keep an interface from being removed. */
static const u32 passing_attributes = EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL |
				      EFI_OPEN_PROTOCOL_GET_PROTOCOL |
				      EFI_OPEN_PROTOCOL_TEST_PROTOCOL;

static void count_opens(EFI_HANDLE handle, int change)
{
	struct efi_object *object = efi_object_of(handle);

	if (object)
		object->opens += (u32)change;
}

static EFI_STATUS opens_add(struct efi_protocol *protocol, EFI_HANDLE agent, EFI_HANDLE controller,
			    u32 attributes)
{
	struct efi_open **link = &protocol->opens;
	struct efi_open *open;

	/* The allocation may signal an event: the interface stays. */
	efi_events_hold();
	open = efi_allocate(sizeof(*open));
	if (open) {
		*open = (struct efi_open){ NULL, agent, controller, attributes, 1 };
		while (*link)
			link = &(*link)->next;
		*link = open;
		count_opens(agent, 1);
		count_opens(controller, 1);
	}
	efi_events_release();
	return open ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

static void opens_remove(struct efi_open **link)
{
	struct efi_open *open = *link;

	*link = open->next;
	count_opens(open->agent, -1);
	count_opens(open->controller, -1);
	efi_free(open);
}

void efi_opens_clear(struct efi_protocol *protocol)
{
	while (protocol->opens)
		opens_remove(&protocol->opens);
}

/* Removes the items of all lists that @agent opened or, if it is not NULL, that @controller got. */
static void forget(const struct efi_object *known, EFI_HANDLE agent, EFI_HANDLE controller)
{
	for (struct efi_object *o = efi_oldest_object(); o && known->opens; o = o->next) {
		for (struct efi_protocol *p = o->protocols; p; p = p->next_on_object) {
			struct efi_open **link = &p->opens;

			while (*link)
				if ((*link)->agent == agent ||
				    (controller && (*link)->controller == controller))
					opens_remove(link);
				else
					link = &(*link)->next;
		}
	}
}

void efi_opens_forget(struct efi_object *gone)
{
	forget(gone, gone, gone);
}

void efi_close_all_of_agent(EFI_HANDLE agent)
{
	const struct efi_object *object = efi_object_of(agent);

	efi_events_hold();
	if (object)
		forget(object, agent, NULL);
	efi_events_release();
}

static struct efi_open *driver_of(const struct efi_protocol *protocol)
{
	struct efi_open *open = protocol->opens;

	while (open && !(open->attributes & EFI_OPEN_PROTOCOL_BY_DRIVER))
		open = open->next;
	return open;
}

bool efi_is_claimed(EFI_HANDLE handle, const EFI_GUID *guid)
{
	const struct efi_protocol *protocol = efi_protocol_of(handle, guid);

	for (const struct efi_open *open = protocol ? protocol->opens : NULL; open;
	     open = open->next)
		if (open->attributes & (EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE))
			return true;
	return false;
}

static struct efi_protocol *find(EFI_HANDLE handle, const EFI_GUID *guid, const void *interface)
{
	struct efi_protocol *protocol = efi_protocol_of(handle, guid);

	return protocol && protocol->interface == interface ? protocol : NULL;
}

EFI_STATUS efi_opens_release(EFI_HANDLE handle, const EFI_GUID *guid, void *interface)
{
	struct efi_protocol *protocol = find(handle, guid, interface);
	struct efi_open *driver;
	struct efi_open **link;

	if (!protocol)
		return EFI_NOT_FOUND;
	/* At most one driver has it: opening BY_DRIVER excludes the others. */
	driver = driver_of(protocol);
	if (driver) {
		/* The driver's Stop() may change anything: look at the list again after it. */
		(void)efi_disconnect_controller(handle, driver->agent, NULL);
		protocol = find(handle, guid, interface);
		if (!protocol)
			return EFI_NOT_FOUND;
	}
	efi_events_hold();
	link = &protocol->opens;
	while (*link)
		if ((*link)->attributes & passing_attributes)
			opens_remove(link);
		else
			link = &(*link)->next;
	efi_events_release();
	protocol = find(handle, guid, interface);
	if (!protocol)
		return EFI_NOT_FOUND;
	if (!protocol->opens)
		return EFI_SUCCESS;
	if (driver)
		(void)efi_connect_controller(handle, NULL, NULL, true);
	return EFI_ACCESS_DENIED;
}

EFI_STATUS EFIAPI efi_handle_protocol(EFI_HANDLE handle, EFI_GUID *protocol, VOID **interface)
{
	return efi_open_protocol(handle, protocol, interface, efi_firmware_image(), NULL,
				 EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL);
}

/* The table of 7.3.9 of what each value of Attributes requires. */
static EFI_STATUS check_attributes(EFI_HANDLE handle, EFI_HANDLE agent, EFI_HANDLE controller,
				   u32 attributes)
{
	switch (attributes) {
	case EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL:
	case EFI_OPEN_PROTOCOL_GET_PROTOCOL:
	case EFI_OPEN_PROTOCOL_TEST_PROTOCOL:
		return EFI_SUCCESS;
	case EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER:
		if (handle == controller)
			return EFI_INVALID_PARAMETER;
		break;
	case EFI_OPEN_PROTOCOL_BY_DRIVER:
	case EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE:
		break;
	case EFI_OPEN_PROTOCOL_EXCLUSIVE:
		return efi_object_of(agent) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
	default:
		return EFI_INVALID_PARAMETER;
	}
	return efi_object_of(agent) && efi_object_of(controller) ? EFI_SUCCESS :
								   EFI_INVALID_PARAMETER;
}

/*
 * EFI_SUCCESS: a new item may be added, or @same tells of one that now counts one more. Against
 * others only BY_DRIVER and EXCLUSIVE matter.
 */
static EFI_STATUS check_opens(struct efi_protocol *protocol, EFI_HANDLE agent,
			      EFI_HANDLE controller, u32 attributes, struct efi_open **same)
{
	const u32 claims = EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE;
	bool has_driver = false, is_exclusive = false;

	*same = NULL;
	for (struct efi_open *open = protocol->opens; open; open = open->next) {
		bool is_same = open->agent == agent && open->controller == controller &&
			       open->attributes == attributes;

		has_driver |= (open->attributes & EFI_OPEN_PROTOCOL_BY_DRIVER) != 0;
		is_exclusive |= (open->attributes & EFI_OPEN_PROTOCOL_EXCLUSIVE) != 0;
		if (is_same && attributes & EFI_OPEN_PROTOCOL_BY_DRIVER)
			return EFI_ALREADY_STARTED;
		if (is_same)
			*same = open;
	}
	if (!(attributes & claims))
		return EFI_SUCCESS;
	if (is_exclusive || (has_driver && !(attributes & EFI_OPEN_PROTOCOL_EXCLUSIVE)))
		return EFI_ACCESS_DENIED;
	return has_driver ? EFI_NOT_READY : EFI_SUCCESS;
}

/* With an item added; the interface is known to be on the handle. */
static EFI_STATUS open_listed(EFI_HANDLE handle, const EFI_GUID *guid, EFI_HANDLE agent,
			      EFI_HANDLE controller, u32 attributes)
{
	struct efi_protocol *protocol = efi_protocol_of(handle, guid);
	struct efi_open *same;
	EFI_STATUS status = check_opens(protocol, agent, controller, attributes, &same);

	if (status == EFI_NOT_READY) {
		/* 7.3.9: to open exclusively disconnects the driver that has it. */
		(void)efi_disconnect_controller(handle, driver_of(protocol)->agent, NULL);
		protocol = efi_protocol_of(handle, guid);
		if (!protocol)
			return EFI_UNSUPPORTED;
		/* Its Stop() may have removed handles. */
		status = check_attributes(handle, agent, controller, attributes);
		if (!status)
			status = check_opens(protocol, agent, controller, attributes, &same);
		if (status == EFI_NOT_READY)
			status = EFI_ACCESS_DENIED;
	}
	if (status)
		return status;
	if (same) {
		same->count++;
		return EFI_SUCCESS;
	}
	return opens_add(protocol, agent, controller, attributes);
}

EFI_STATUS EFIAPI efi_open_protocol(EFI_HANDLE handle, EFI_GUID *protocol, VOID **interface,
				    EFI_HANDLE agent, EFI_HANDLE controller, UINT32 attributes)
{
	bool wants_interface = attributes != EFI_OPEN_PROTOCOL_TEST_PROTOCOL;
	struct efi_protocol *found;
	EFI_STATUS status;

	if (!protocol || (wants_interface && !interface) || !efi_object_of(handle))
		return EFI_INVALID_PARAMETER;
	status = check_attributes(handle, agent, controller, attributes);
	if (status)
		return status;
	found = efi_protocol_of(handle, protocol);
	if (!found) {
		if (wants_interface)
			*interface = NULL;
		return EFI_UNSUPPORTED;
	}
	/* A caller that is no image, such as the loader of an old application, is not listed. */
	if (efi_object_of(agent)) {
		status = open_listed(handle, protocol, agent,
				     efi_object_of(controller) ? controller : NULL, attributes);
		found = efi_protocol_of(handle, protocol);
	}
	/* Even then: a driver that has it already asks for what it has. */
	if ((!status || status == EFI_ALREADY_STARTED) && found && wants_interface)
		*interface = found->interface;
	return status;
}

EFI_STATUS EFIAPI efi_close_protocol(EFI_HANDLE handle, EFI_GUID *protocol, EFI_HANDLE agent,
				     EFI_HANDLE controller)
{
	struct efi_protocol *found;
	EFI_STATUS status = EFI_NOT_FOUND;
	struct efi_open **link;

	if (!protocol || !efi_object_of(handle) || !efi_object_of(agent) ||
	    (controller && !efi_object_of(controller)))
		return EFI_INVALID_PARAMETER;
	found = efi_protocol_of(handle, protocol);
	if (!found)
		return EFI_NOT_FOUND;
	efi_events_hold();
	link = &found->opens;
	while (*link) {
		if ((*link)->agent == agent && (*link)->controller == controller) {
			opens_remove(link);
			status = EFI_SUCCESS;
		} else {
			link = &(*link)->next;
		}
	}
	efi_events_release();
	return status;
}

EFI_STATUS EFIAPI efi_open_protocol_information(EFI_HANDLE handle, EFI_GUID *protocol,
						EFI_OPEN_PROTOCOL_INFORMATION_ENTRY **entries,
						UINTN *count)
{
	struct efi_protocol *found;
	EFI_STATUS status;
	UINTN number = 0;

	if (!protocol || !entries || !count)
		return EFI_INVALID_PARAMETER;
	*entries = NULL;
	*count = 0;
	found = efi_protocol_of(handle, protocol);
	if (!found)
		return EFI_NOT_FOUND;
	efi_events_hold();
	for (struct efi_open *open = found->opens; open; open = open->next)
		number++;
	/* Never empty: the caller always frees it. */
	status = efi_allocate_pool(EfiBootServicesData, (number ? number : 1) * sizeof(**entries),
				   (VOID **)entries);
	for (struct efi_open *open = found->opens; !status && open; open = open->next)
		(*entries)[(*count)++] =
			(EFI_OPEN_PROTOCOL_INFORMATION_ENTRY){ open->agent, open->controller,
							       open->attributes, open->count };
	efi_events_release();
	return status;
}
