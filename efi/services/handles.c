/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle database (UEFI 2.11, 7.3.2 to 7.3.4). Objects are found by address and classes by GUID
 * through tables of lists; both hold some dozens in practice.
 */
#include "efi/services/database.h"
#include "efi/services/events.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum { OBJECT_HASH_BITS = 8, CLASS_HASH_BITS = 6 };

static struct efi_object *objects[1 << OBJECT_HASH_BITS];
static struct efi_object *oldest, *newest;
static struct efi_class *classes[1 << CLASS_HASH_BITS];
static u64 last_serial;

static u64 hash_of(u64 value, u32 bits)
{
	return value * 0x9e3779b97f4a7c15 >> (64 - bits);
}

static struct efi_object **object_bucket(const void *address)
{
	return &objects[hash_of((uintptr_t)address, OBJECT_HASH_BITS)];
}

static struct efi_class **class_bucket(const EFI_GUID *guid)
{
	u64 value = load_le64(guid->bytes) ^ load_le64(guid->bytes + 8);

	return &classes[hash_of(value, CLASS_HASH_BITS)];
}

struct efi_object *efi_object_of(EFI_HANDLE handle)
{
	struct efi_object *object = *object_bucket(handle);

	while (object && object != handle)
		object = object->next_in_hash;
	return object;
}

struct efi_object *efi_oldest_object(void)
{
	return oldest;
}

static void object_add(struct efi_object *object)
{
	object->serial = ++last_serial;
	object->previous = newest;
	object->next = NULL;
	if (newest)
		newest->next = object;
	else
		oldest = object;
	newest = object;
	object->next_in_hash = *object_bucket(object);
	*object_bucket(object) = object;
}

static void object_remove(struct efi_object *object)
{
	struct efi_object **link = object_bucket(object);

	efi_opens_forget(object);
	while (*link != object)
		link = &(*link)->next_in_hash;
	*link = object->next_in_hash;
	if (object->previous)
		object->previous->next = object->next;
	else
		oldest = object->next;
	if (object->next)
		object->next->previous = object->previous;
	else
		newest = object->previous;
	if (object->is_allocated)
		efi_free(object);
}

struct efi_class *efi_class_of(const EFI_GUID *guid)
{
	struct efi_class *class = *class_bucket(guid);

	while (class && !guid_equals(&class->guid, guid))
		class = class->next_in_hash;
	return class;
}

struct efi_class *efi_class_make(const EFI_GUID *guid)
{
	struct efi_class *class = efi_class_of(guid);

	if (class)
		return class;
	class = efi_allocate(sizeof(*class));
	if (!class)
		return NULL;
	class->guid = *guid;
	class->next_in_hash = *class_bucket(guid);
	*class_bucket(guid) = class;
	return class;
}

static struct efi_protocol *protocol_of(const struct efi_object *object,
					const struct efi_class *class)
{
	struct efi_protocol *protocol = object->protocols;

	while (protocol && protocol->class != class)
		protocol = protocol->next_on_object;
	return protocol;
}

struct efi_protocol *efi_protocol_of(EFI_HANDLE handle, const EFI_GUID *guid)
{
	const struct efi_object *object = efi_object_of(handle);
	const struct efi_class *class = object ? efi_class_of(guid) : NULL;

	return class ? protocol_of(object, class) : NULL;
}

void *efi_interface_of(EFI_HANDLE handle, const EFI_GUID *protocol)
{
	const struct efi_protocol *found = efi_protocol_of(handle, protocol);

	return found ? found->interface : NULL;
}

bool efi_has_protocol(EFI_HANDLE handle, const EFI_GUID *protocol)
{
	return efi_protocol_of(handle, protocol) != NULL;
}

struct efi_object *efi_next_with(const EFI_GUID *protocol, const struct efi_object *previous)
{
	const struct efi_class *class;
	const struct efi_protocol *found;

	if (!protocol)
		return previous ? previous->next : oldest;
	class = efi_class_of(protocol);
	if (!class)
		return NULL;
	found = previous ? protocol_of(previous, class) : NULL;
	found = previous ? (found ? found->next : NULL) : class->first;
	return found ? found->object : NULL;
}

struct efi_object *efi_object_at(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	const struct efi_class *class = efi_class_of(&guid_device_path);
	size_t size = path ? efi_path_size(path, EFI_PATH_SIZE_MAX) : 0;

	if (!class || !size)
		return NULL;
	for (const struct efi_protocol *other = class->first; other; other = other->next)
		if (other->interface && efi_path_size(other->interface, size) == size &&
		    memcmp(other->interface, path, size) == 0)
			return other->object;
	return NULL;
}

static void class_append(struct efi_class *class, struct efi_protocol *protocol)
{
	protocol->previous = class->last;
	protocol->next = NULL;
	if (class->last)
		class->last->next = protocol;
	else
		class->first = protocol;
	class->last = protocol;
}

static void class_remove(struct efi_class *class, struct efi_protocol *protocol)
{
	efi_registrations_skip(protocol);
	if (protocol->previous)
		protocol->previous->next = protocol->next;
	else
		class->first = protocol->next;
	if (protocol->next)
		protocol->next->previous = protocol->previous;
	else
		class->last = protocol->previous;
}

/* The object is, or becomes, a handle. Called with events held. */
static EFI_STATUS add(struct efi_object *object, const EFI_GUID *guid, void *interface)
{
	struct efi_class *class = efi_class_make(guid);
	struct efi_protocol *protocol;

	if (!class)
		return EFI_OUT_OF_RESOURCES;
	if (protocol_of(object, class))
		return EFI_INVALID_PARAMETER;
	protocol = efi_allocate(sizeof(*protocol));
	if (!protocol)
		return EFI_OUT_OF_RESOURCES;
	if (!object->protocols)
		object_add(object);
	protocol->object = object;
	protocol->class = class;
	protocol->interface = interface;
	protocol->next_on_object = object->protocols;
	object->protocols = protocol;
	class_append(class, protocol);
	efi_registrations_notify(class);
	return EFI_SUCCESS;
}

void efi_protocol_remove(struct efi_protocol *protocol)
{
	struct efi_object *object = protocol->object;
	struct efi_protocol **link = &object->protocols;

	while (*link != protocol)
		link = &(*link)->next_on_object;
	*link = protocol->next_on_object;
	class_remove(protocol->class, protocol);
	efi_opens_clear(protocol);
	efi_free(protocol);
	if (!object->protocols)
		object_remove(object);
}

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface)
{
	EFI_STATUS status = EFI_ALREADY_STARTED;

	efi_events_hold();
	if (!guid_equals(protocol, &guid_device_path) || !efi_object_at(interface))
		status = add(object, protocol, interface);
	efi_events_release();
	return status;
}

EFI_STATUS efi_install_on(EFI_HANDLE *handle, const EFI_GUID *guid, void *interface)
{
	struct efi_object *object;
	EFI_STATUS status;

	/* The handle is in its place before a notification looks at it. */
	efi_events_hold();
	object = *handle ? efi_object_of(*handle) : efi_allocate(sizeof(*object));
	if (!object) {
		status = *handle ? EFI_INVALID_PARAMETER : EFI_OUT_OF_RESOURCES;
	} else {
		if (!*handle)
			object->is_allocated = true;
		status = add(object, guid, interface);
		if (!status)
			*handle = object;
		else if (!*handle)
			efi_free(object);
	}
	efi_events_release();
	return status;
}

EFI_STATUS EFIAPI efi_install_protocol_interface(EFI_HANDLE *handle, EFI_GUID *protocol,
						 EFI_INTERFACE_TYPE type, VOID *interface)
{
	if (!handle || !protocol || type != EFI_NATIVE_INTERFACE)
		return EFI_INVALID_PARAMETER;
	return efi_install_on(handle, protocol, interface);
}

EFI_STATUS efi_uninstall_from(EFI_HANDLE handle, const EFI_GUID *guid, void *interface)
{
	EFI_STATUS status = efi_opens_release(handle, guid, interface);

	if (status)
		return status;
	efi_events_hold();
	efi_protocol_remove(efi_protocol_of(handle, guid));
	efi_events_release();
	return EFI_SUCCESS;
}

EFI_STATUS efi_uninstall(struct efi_object *object, const EFI_GUID *protocol, void *interface)
{
	return efi_uninstall_from(object, protocol, interface);
}

EFI_STATUS EFIAPI efi_uninstall_protocol_interface(EFI_HANDLE handle, EFI_GUID *protocol,
						   VOID *interface)
{
	if (!protocol || !efi_object_of(handle))
		return EFI_INVALID_PARAMETER;
	return efi_uninstall_from(handle, protocol, interface);
}

EFI_STATUS EFIAPI efi_reinstall_protocol_interface(EFI_HANDLE handle, EFI_GUID *protocol,
						   VOID *old_interface, VOID *new_interface)
{
	struct efi_protocol *found;
	EFI_STATUS status;

	if (!protocol || !efi_object_of(handle))
		return EFI_INVALID_PARAMETER;
	status = efi_opens_release(handle, protocol, old_interface);
	if (status)
		return status;
	efi_events_hold();
	found = efi_protocol_of(handle, protocol);
	found->interface = new_interface;
	/* The newest again, so that registrations find it. */
	class_remove(found->class, found);
	class_append(found->class, found);
	efi_registrations_notify(found->class);
	efi_events_release();
	/* Whether a driver connects to the new one does not affect the result. */
	(void)efi_connect_controller(handle, NULL, NULL, true);
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_protocols_per_handle(EFI_HANDLE handle, EFI_GUID ***protocols, UINTN *count)
{
	const struct efi_object *object;
	EFI_STATUS status;
	UINTN found = 0;

	if (!protocols || !count || !efi_object_of(handle))
		return EFI_INVALID_PARAMETER;
	*protocols = NULL;
	*count = 0;
	efi_events_hold();
	object = efi_object_of(handle);
	for (struct efi_protocol *p = object->protocols; p; p = p->next_on_object)
		found++;
	status = efi_allocate_pool(EfiBootServicesData, found * sizeof(**protocols),
				   (VOID **)protocols);
	if (!status) {
		*count = found;
		/* In order of installation. */
		for (struct efi_protocol *p = object->protocols; p; p = p->next_on_object)
			(*protocols)[--found] = &p->class->guid;
	}
	efi_events_release();
	return status;
}
