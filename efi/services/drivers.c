/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ConnectController() and DisconnectController() (UEFI 2.11, 7.3.12 and 7.3.13): the rules by which
 * drivers get controllers. Everything called here is foreign code that may change the database, so
 * handles and bindings are looked up again after each call.
 */
#include "efi/services/database.h"
#include "efi/services/events.h"
#include "efi/services/services.h"
#include "efi/spec/misc.h"
#include "lib/config.h"
#include "lib/util.h"

/* Far more than any machine has: foreign drivers may create children of children endlessly. */
enum { DEPTH_MAX = 32, CONTROLLERS_MAX = 4096, OVERRIDES_MAX = 256, DRIVERS_MAX = 512 };

struct driver {
	EFI_HANDLE handle; /* with the binding */
	EFI_DRIVER_BINDING_PROTOCOL *binding;
	EFI_HANDLE image;
	u32 version;
	bool is_ordered; /* has a place in the order */
	bool is_done;    /* was started, or failed to */
};

struct drivers {
	struct driver *list;
	u32 count;
	struct driver **order; /* who is called first */
	u32 order_count;
};

static u32 controllers_left; /* of a recursive call */

static EFI_DRIVER_BINDING_PROTOCOL *binding_of(EFI_HANDLE handle)
{
	return efi_interface_of(handle, &guid_driver_binding);
}

static EFI_STATUS drivers_list(struct drivers *drivers)
{
	const struct efi_class *class = efi_class_of(&guid_driver_binding);
	const struct efi_protocol *protocol = class ? class->first : NULL;
	u32 count = 0;

	*drivers = (struct drivers){ 0 };
	for (const struct efi_protocol *p = protocol; p && count < DRIVERS_MAX; p = p->next)
		count++;
	if (!count)
		return EFI_NOT_FOUND;
	efi_events_hold();
	drivers->list = efi_allocate(count * sizeof(*drivers->list));
	drivers->order = efi_allocate(count * sizeof(struct driver *));
	for (; drivers->list && protocol && drivers->count < count; protocol = protocol->next) {
		EFI_DRIVER_BINDING_PROTOCOL *binding = protocol->interface;

		if (binding)
			drivers->list[drivers->count++] = (struct driver){
				.handle = protocol->object,
				.binding = binding,
				.image = binding->ImageHandle,
				.version = binding->Version,
			};
	}
	efi_events_release();
	return drivers->list && drivers->order ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

static void drivers_free(struct drivers *drivers)
{
	efi_free(drivers->list);
	efi_free(drivers->order);
}

static void put_next(struct drivers *drivers, struct driver *driver)
{
	driver->is_ordered = true;
	drivers->order[drivers->order_count++] = driver;
}

/* The drivers of an image that is named by an override, or all (NULL), the newest version first. */
static void put_by_version(struct drivers *drivers, EFI_HANDLE image)
{
	for (;;) {
		struct driver *best = NULL;

		for (u32 i = 0; i < drivers->count; i++) {
			struct driver *driver = &drivers->list[i];

			if (!driver->is_ordered && (!image || driver->image == image) &&
			    (!best || driver->version > best->version))
				best = driver;
		}
		if (!best)
			return;
		put_next(drivers, best);
	}
}

static void put_given(struct drivers *drivers, const EFI_HANDLE *handles)
{
	for (u32 n = 0; handles && n < DRIVERS_MAX && handles[n]; n++)
		for (u32 i = 0; i < drivers->count; i++)
			if (drivers->list[i].handle == handles[n] && !drivers->list[i].is_ordered)
				put_next(drivers, &drivers->list[i]);
}

/* The platform's own choice: the protocol is on any one handle. */
static void put_platform_override(struct drivers *drivers, EFI_HANDLE controller)
{
	EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL *override = NULL;
	EFI_HANDLE image = NULL;

	for (u32 i = 0; i < OVERRIDES_MAX; i++) {
		(void)efi_locate_protocol((EFI_GUID *)&guid_platform_driver_override, NULL,
					  (VOID **)&override);
		if (!override || EFI_ERROR(override->GetDriver(override, controller, &image)) ||
		    !image)
			return;
		put_by_version(drivers, image);
	}
}

static void put_family_override(struct drivers *drivers)
{
	for (;;) {
		struct driver *best = NULL;
		u32 best_version = 0;

		for (u32 i = 0; i < drivers->count; i++) {
			struct driver *driver = &drivers->list[i];
			EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL *family =
				driver->is_ordered ? NULL :
						     efi_interface_of(driver->handle,
								      &guid_driver_family_override);
			u32 version = family ? family->GetVersion(family) : 0;

			if (family && (!best || version > best_version)) {
				best = driver;
				best_version = version;
			}
		}
		if (!best)
			return;
		put_next(drivers, best);
	}
}

/* What the bus driver found for this device, as in an option ROM. */
static void put_bus_override(struct drivers *drivers, EFI_HANDLE controller)
{
	EFI_HANDLE image = NULL;

	for (u32 i = 0; i < OVERRIDES_MAX; i++) {
		EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL *override =
			efi_interface_of(controller, &guid_bus_specific_driver_override);

		if (!override || EFI_ERROR(override->GetDriver(override, &image)) || !image)
			return;
		put_by_version(drivers, image);
	}
}

/* One that supports the controller is started, then all others are asked again. */
static bool start_next(struct drivers *drivers, EFI_HANDLE controller,
		       EFI_DEVICE_PATH_PROTOCOL *remaining, bool *has_started)
{
	for (u32 i = 0; i < drivers->order_count; i++) {
		struct driver *driver = drivers->order[i];
		EFI_DRIVER_BINDING_PROTOCOL *binding = driver->binding;

		if (driver->is_done || binding_of(driver->handle) != binding)
			continue;
		if (!efi_object_of(controller))
			return false;
		if (EFI_ERROR(binding->Supported(binding, controller, remaining)))
			continue;
		driver->is_done = true;
		if (!EFI_ERROR(binding->Start(binding, controller, remaining)))
			*has_started = true;
		return true;
	}
	return false;
}

static EFI_STATUS connect_one(EFI_HANDLE controller, const EFI_HANDLE *given,
			      EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	struct drivers drivers;
	bool has_started = false;
	EFI_STATUS status = drivers_list(&drivers);

	if (!status) {
		put_given(&drivers, given);
		put_platform_override(&drivers, controller);
		put_family_override(&drivers);
		put_bus_override(&drivers, controller);
		put_by_version(&drivers, NULL);
		while (start_next(&drivers, controller, remaining, &has_started))
			;
	}
	drivers_free(&drivers);
	if (status == EFI_OUT_OF_RESOURCES)
		return status;
	if (has_started || (remaining && efi_path_is_end(remaining)))
		return EFI_SUCCESS;
	/* Programs connect the port again after they had it to themselves. */
	if (IS_ENABLED(CONFIG_EFI_SERIAL_IO) && efi_console_drives(controller))
		return EFI_SUCCESS;
	return EFI_NOT_FOUND;
}

/*
 * The children of a controller (that @agent made; NULL: anybody), each once, from efi_allocate().
 * NULL: none, or no memory, which @out_of_memory tells.
 */
static EFI_HANDLE *children_of(EFI_HANDLE controller, EFI_HANDLE agent, u32 *count,
			       bool *out_of_memory)
{
	const struct efi_object *object = efi_object_of(controller);
	const struct efi_protocol *first = object ? object->protocols : NULL;
	EFI_HANDLE *children;
	u32 count_max = 0;

	*count = 0;
	*out_of_memory = false;
	for (const struct efi_protocol *p = first; p; p = p->next_on_object)
		for (const struct efi_open *open = p->opens; open; open = open->next)
			count_max += open->attributes == EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER;
	if (!count_max)
		return NULL;
	efi_events_hold();
	children = efi_allocate(count_max * sizeof(*children));
	*out_of_memory = !children;
	for (const struct efi_protocol *p = first; children && p; p = p->next_on_object) {
		for (const struct efi_open *open = p->opens; open; open = open->next) {
			u32 i = 0;

			if (open->attributes != EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER ||
			    (agent && open->agent != agent))
				continue;
			while (i < *count && children[i] != open->controller)
				i++;
			if (i == *count)
				children[(*count)++] = open->controller;
		}
	}
	efi_events_release();
	return children;
}

static EFI_STATUS connect(EFI_HANDLE controller, const EFI_HANDLE *given,
			  EFI_DEVICE_PATH_PROTOCOL *remaining, bool recursive, u32 depth)
{
	EFI_STATUS status = connect_one(controller, given, remaining);
	EFI_HANDLE *children;
	bool out_of_memory;
	u32 count;

	if (!recursive || depth == DEPTH_MAX)
		return status;
	children = children_of(controller, NULL, &count, &out_of_memory);
	for (u32 i = 0; i < count && controllers_left; i++) {
		if (!efi_object_of(children[i]))
			continue;
		controllers_left--;
		(void)connect(children[i], NULL, NULL, true, depth + 1);
	}
	efi_free(children);
	return status;
}

EFI_STATUS EFIAPI efi_connect_controller(EFI_HANDLE controller, EFI_HANDLE *drivers,
					 EFI_DEVICE_PATH_PROTOCOL *remaining, BOOLEAN recursive)
{
	if (!efi_object_of(controller))
		return EFI_INVALID_PARAMETER;
	if (!IS_ENABLED(CONFIG_EFI_DRIVER_BINDING))
		return EFI_NOT_FOUND;
	controllers_left = CONTROLLERS_MAX;
	return connect(controller, drivers, remaining, recursive, 0);
}

static bool manages(EFI_HANDLE agent, EFI_HANDLE controller)
{
	const struct efi_object *object = efi_object_of(controller);

	for (struct efi_protocol *p = object ? object->protocols : NULL; p; p = p->next_on_object)
		for (struct efi_open *open = p->opens; open; open = open->next)
			if (open->agent == agent && open->attributes & EFI_OPEN_PROTOCOL_BY_DRIVER)
				return true;
	return false;
}

/* A driver that manages @controller and is not among the @count that were asked already. */
static EFI_HANDLE next_manager(EFI_HANDLE controller, const EFI_HANDLE *asked, u32 count)
{
	const struct efi_object *object = efi_object_of(controller);

	for (struct efi_protocol *p = object ? object->protocols : NULL; p; p = p->next_on_object) {
		for (struct efi_open *open = p->opens; open; open = open->next) {
			u32 i = 0;

			while (i < count && asked[i] != open->agent)
				i++;
			if (i == count && open->attributes & EFI_OPEN_PROTOCOL_BY_DRIVER)
				return open->agent;
		}
	}
	return NULL;
}

static EFI_STATUS stop(EFI_HANDLE controller, EFI_HANDLE driver, EFI_HANDLE child)
{
	EFI_DRIVER_BINDING_PROTOCOL *binding = binding_of(driver);
	EFI_STATUS status = EFI_SUCCESS;
	EFI_HANDLE *children;
	bool out_of_memory, is_child = false;
	u32 count;

	if (!binding)
		return EFI_INVALID_PARAMETER;
	children = children_of(controller, driver, &count, &out_of_memory);
	if (out_of_memory)
		return EFI_OUT_OF_RESOURCES;
	for (u32 i = 0; i < count; i++)
		is_child |= children[i] == child;
	if (child && !is_child)
		status = EFI_NOT_FOUND;
	else if (child)
		status = binding->Stop(binding, controller, 1, &child);
	else if (count)
		status = binding->Stop(binding, controller, count, children);
	efi_free(children);
	/* The controller itself follows its last child. */
	if (!EFI_ERROR(status) && (!child || count == 1) && binding_of(driver) == binding &&
	    efi_object_of(controller))
		status = binding->Stop(binding, controller, 0, NULL);
	if (status == EFI_NOT_FOUND)
		return status;
	return EFI_ERROR(status) ? EFI_DEVICE_ERROR : EFI_SUCCESS;
}

static EFI_STATUS stop_all(EFI_HANDLE controller, EFI_HANDLE child)
{
	EFI_HANDLE asked[64], driver;
	EFI_STATUS status = EFI_SUCCESS;
	bool has_stopped = false;

	for (u32 count = 0; count < ARRAY_SIZE(asked); count++) {
		EFI_STATUS this;

		driver = next_manager(controller, asked, count);
		if (!driver)
			break;
		asked[count] = driver;
		this = stop(controller, driver, child);
		has_stopped |= !this;
		status = this ? this : status;
	}
	return has_stopped ? EFI_SUCCESS : status;
}

EFI_STATUS EFIAPI efi_disconnect_controller(EFI_HANDLE controller, EFI_HANDLE driver,
					    EFI_HANDLE child)
{
	if (!efi_object_of(controller) || (driver && !efi_object_of(driver)) ||
	    (child && !efi_object_of(child)))
		return EFI_INVALID_PARAMETER;
	if (!IS_ENABLED(CONFIG_EFI_DRIVER_BINDING))
		return next_manager(controller, NULL, 0) ? EFI_NOT_FOUND : EFI_SUCCESS;
	if (!driver)
		return stop_all(controller, child);
	if (!binding_of(driver))
		return EFI_INVALID_PARAMETER;
	return manages(driver, controller) ? stop(controller, driver, child) : EFI_SUCCESS;
}
