/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of boot services on handles, protocols and open lists against a model: each status,
 * each list and its order. No agent has a driver binding here, so that protocols opened BY_DRIVER
 * stay open. In fuzz_efi_reentry.c callbacks do anything, without a model.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/string.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/efi_handles_model.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

enum { STEPS_MAX = 2000, NODE_SIZE = 8, END_SIZE = 4 };

/* /1, /1/1 and /2: vendor nodes. */
static void make_path(u32 value)
{
	static const u8 node[NODE_SIZE] = { 1, 3, NODE_SIZE, 0 }, end[] = { 0x7f, 0xff, 4, 0 };
	u32 count = value == 1 ? 2 : 1;

	for (u32 i = 0; i < count; i++) {
		memcpy(paths[value] + NODE_SIZE * i, node, sizeof(node));
		paths[value][NODE_SIZE * i + 4] = value == 2 ? 2 : 1;
	}
	memcpy(paths[value] + NODE_SIZE * count, end, sizeof(end));
}

static void install(void)
{
	u32 h = take(HANDLES), g = take(GUIDS), value = take(VALUES);
	EFI_HANDLE handle = is_alive(h) ? model[h].handle : NULL;
	bool is_new = !is_alive(h) || !model[h].protocols[g].serial;
	EFI_STATUS status = efi_install_protocol_interface(&handle, &guids[g], EFI_NATIVE_INTERFACE,
							   value_of(value));

	CHECK(status == (is_new ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	if (is_new) {
		model_install(h, g, value);
		model[h].handle = handle;
	}
}

static void install_two(void)
{
	u32 h = take(HANDLES), first = take(GUIDS), second = take(GUIDS), value = take(VALUES);
	EFI_HANDLE handle = is_alive(h) ? model[h].handle : NULL;
	bool is_taken = (first == DEVICE_PATH || second == DEVICE_PATH) && model_has_path(value);
	bool is_first = !is_alive(h) || !model[h].protocols[first].serial;
	bool is_new = first != second && is_first &&
		      (!is_alive(h) || !model[h].protocols[second].serial);
	EFI_STATUS status = efi_install_multiple_protocol_interfaces(
		&handle, &guids[first], value_of(value), &guids[second], value_of(value), NULL);

	CHECK(status == (is_taken ? EFI_ALREADY_STARTED :
			 is_new   ? EFI_SUCCESS :
				    EFI_INVALID_PARAMETER));
	if (!status) {
		model_install(h, first, value);
		model_install(h, second, value);
		model[h].handle = handle;
		return;
	}
	CHECK(handle == (is_alive(h) ? model[h].handle : NULL));
	/* It existed for a moment. */
	if (!is_taken && is_first)
		model_signal(first);
}

/* If the second one cannot be removed, the first one is installed again, as the newest. */
static void uninstall_two(void)
{
	u32 h = take(HANDLES), first = take(GUIDS), second = take(GUIDS), value = take(VALUES);
	EFI_STATUS status = efi_uninstall_multiple_protocol_interfaces(handle_of(h), &guids[first],
								       value_of(value),
								       &guids[second],
								       value_of(value), NULL);
	u32 both[] = { first, second }, gone = 0;

	if (!is_alive(h) || first == second || !model[h].protocols[first].serial ||
	    !model[h].protocols[second].serial || model[h].protocols[first].value != value ||
	    model[h].protocols[second].value != value) {
		CHECK(status == EFI_INVALID_PARAMETER);
		return;
	}
	for (; gone < 2 && !model_release(h, both[gone], value); gone++)
		model_remove(h, both[gone]);
	CHECK(status == (gone == 2 ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	if (gone == 1)
		model_install(h, first, value);
}

static void uninstall(void)
{
	u32 h = take(HANDLES), g = take(GUIDS), value = take(VALUES);
	EFI_STATUS status =
		efi_uninstall_protocol_interface(handle_of(h), &guids[g], value_of(value));

	CHECK(status == model_release(h, g, value));
	if (!status)
		model_remove(h, g);
}

static void reinstall(void)
{
	u32 h = take(HANDLES), g = take(GUIDS), value = take(VALUES), new = take(VALUES);
	EFI_STATUS status = efi_reinstall_protocol_interface(handle_of(h), &guids[g],
							     value_of(value), value_of(new));

	CHECK(status == model_release(h, g, value));
	if (!status) {
		model[h].protocols[g].serial = ++last_serial;
		model[h].protocols[g].value = new;
		model_signal(g);
	}
}

static void open(void)
{
	u32 h = take(HANDLES), g = take(GUIDS), agent = take(HANDLES + 1);
	u32 controller = take(HANDLES + 1), kind = take(8);
	u32 attributes = kind < 6 ? 1u << kind : kind == 6 ? 0x30 : read_u8(&input);
	EFI_HANDLE handles[] = { handle_of(h), handle_of(agent), handle_of(controller) };
	void *interface = &guids;
	EFI_STATUS status, expected;

	if (model[h].protocols[g].open_count == OPENS_MAX)
		return;
	status = efi_open_protocol(handles[0], &guids[g], &interface, handles[1], handles[2],
				   attributes);
	expected = model_open(h, g, agent, controller, attributes);
	CHECK(status == expected);
	if ((!status && attributes != EFI_OPEN_PROTOCOL_TEST_PROTOCOL) ||
	    status == EFI_ALREADY_STARTED)
		CHECK(interface == value_of(model[h].protocols[g].value));
	else if (status == EFI_UNSUPPORTED && attributes != EFI_OPEN_PROTOCOL_TEST_PROTOCOL)
		CHECK(!interface);
	else
		CHECK(interface == &guids);
}

static void close(void)
{
	u32 h = take(HANDLES), g = take(GUIDS), agent = take(HANDLES + 1);
	u32 controller = take(HANDLES + 1), kept = 0;
	EFI_HANDLE handles[] = { handle_of(h), handle_of(agent), handle_of(controller) };
	EFI_STATUS status = efi_close_protocol(handles[0], &guids[g], handles[1], handles[2]);

	if (!is_alive(h) || !is_alive(agent) || (handles[2] && !is_alive(controller))) {
		CHECK(status == EFI_INVALID_PARAMETER);
		return;
	}
	if (!is_alive(controller))
		controller = HANDLES;
	for (u32 i = 0; i < model[h].protocols[g].open_count; i++) {
		struct open open = model[h].protocols[g].opens[i];

		if (open.agent != agent || open.controller != controller)
			model[h].protocols[g].opens[kept++] = open;
	}
	CHECK(status == (kept < model[h].protocols[g].open_count ? EFI_SUCCESS : EFI_NOT_FOUND));
	model[h].protocols[g].open_count = kept;
}

static void close_all(void)
{
	u32 h = take(HANDLES + 1);

	efi_close_all_of_agent(handle_of(h));
	for (u32 i = 0; i < HANDLES && is_alive(h); i++) {
		for (u32 g = 0; g < GUIDS; g++) {
			u32 kept = 0;

			for (u32 n = 0; n < model[i].protocols[g].open_count; n++)
				if (model[i].protocols[g].opens[n].agent != h)
					model[i].protocols[g].opens[kept++] =
						model[i].protocols[g].opens[n];
			model[i].protocols[g].open_count = kept;
		}
	}
}

static void do_register(void)
{
	u32 n = take(REGISTRATIONS), g = take(GUIDS);

	if (registrations[n].registration)
		CHECK(!efi_close_event(events[n]));
	CHECK(!efi_create_event(0, 0, NULL, NULL, &events[n]));
	CHECK(!efi_register_protocol_notify(&guids[g], events[n], &registrations[n].registration));
	registrations[n].guid = g;
	registrations[n].position = 0;
	registrations[n].is_signaled = false;
}

static void locate_new(void)
{
	u32 n = take(REGISTRATIONS), h;
	void *interface;
	EFI_STATUS status;

	if (!registrations[n].registration)
		return;
	status = efi_locate_protocol(&guids[0], registrations[n].registration, &interface);
	h = next_after(registrations[n].guid, registrations[n].position);
	CHECK(status == (h < HANDLES ? EFI_SUCCESS : EFI_NOT_FOUND));
	if (h < HANDLES) {
		registrations[n].position = model[h].protocols[registrations[n].guid].serial;
		CHECK(interface == value_of(model[h].protocols[registrations[n].guid].value));
	}
}

static void check_event(void)
{
	u32 n = take(REGISTRATIONS);

	if (!registrations[n].registration)
		return;
	CHECK(efi_check_event(events[n]) ==
	      (registrations[n].is_signaled ? EFI_SUCCESS : EFI_NOT_READY));
	registrations[n].is_signaled = false;
}

/* LocateHandle() with a buffer that is a byte too small, exactly large enough, or larger. */
static void locate(void)
{
	u32 type = take(4), g = take(GUIDS), n = take(REGISTRATIONS), count = 0, room = take(3);
	EFI_HANDLE found[HANDLES + 2], wanted[HANDLES];
	void *registration = registrations[n].registration;
	u32 list = type == AllHandles ? GUIDS : type == ByProtocol ? g : registrations[n].guid;
	u64 serial = type == ByRegisterNotify ? registrations[n].position : 0;
	bool has_buffer = take(8);
	EFI_STATUS status;
	UINTN size;

	for (u32 h; (h = next_after(list, serial)) < HANDLES;) {
		wanted[count++] = model[h].handle;
		serial = list == GUIDS ? model[h].serial : model[h].protocols[list].serial;
		if (type == ByRegisterNotify)
			break;
	}
	size = (count + room / 2) * sizeof(*found) - (count && !room);
	status = efi_locate_handle((EFI_LOCATE_SEARCH_TYPE)type, &guids[g], registration, &size,
				   has_buffer ? found : NULL);
	if (type > ByProtocol || (type == ByRegisterNotify && !registration)) {
		CHECK(status == EFI_INVALID_PARAMETER);
		return;
	}
	if (!count) {
		CHECK(status == EFI_NOT_FOUND);
		return;
	}
	CHECK(status == (!room      ? EFI_BUFFER_TOO_SMALL :
			 has_buffer ? EFI_SUCCESS :
				      EFI_INVALID_PARAMETER));
	CHECK(status == EFI_INVALID_PARAMETER || size == count * sizeof(*found));
	if (status)
		return;
	CHECK(!memcmp(found, wanted, size));
	if (type == ByRegisterNotify)
		registrations[n].position = serial;
}

/* The first handle with the protocol and the longest matching path. */
static void locate_path(void)
{
	u32 g = take(GUIDS), value = take(VALUES), best = HANDLES;
	EFI_DEVICE_PATH_PROTOCOL *path = value_of(value);
	EFI_HANDLE found = &guids;
	size_t size = efi_path_size(path, sizeof(paths[0])), best_size = 0;
	u64 serial = 0;
	EFI_STATUS status = efi_locate_device_path(&guids[g], &path, &found);

	for (u32 h; (h = next_after(g, serial)) < HANDLES;) {
		u32 own = model[h].protocols[DEVICE_PATH].value;
		size_t own_size = efi_path_size(value_of(own), sizeof(paths[0])) - END_SIZE;

		serial = model[h].protocols[g].serial;
		if (model[h].protocols[DEVICE_PATH].serial && own_size < size &&
		    !memcmp(value_of(own), value_of(value), own_size) &&
		    (best == HANDLES || own_size > best_size)) {
			best = h;
			best_size = own_size;
		}
	}
	if (best == HANDLES) {
		CHECK(status == EFI_NOT_FOUND && path == value_of(value) && found == &guids);
		return;
	}
	CHECK(!status && found == model[best].handle);
	CHECK((u8 *)path == paths[value] + best_size);
}

/* Each existing one is listed once. */
static void list_protocols(void)
{
	u32 h = take(HANDLES);
	EFI_GUID **list = NULL;
	UINTN count = 0;
	u64 serial = 0;
	EFI_STATUS status = efi_protocols_per_handle(handle_of(h), &list, &count);

	CHECK(status == (is_alive(h) ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	if (status)
		return;
	for (u32 g = 0; g < GUIDS; g++) {
		bool is_listed = false;

		for (UINTN i = 0; i < count; i++)
			is_listed |= !memcmp(list[i], &guids[g], sizeof(*list[i]));
		CHECK(is_listed == (model[h].protocols[g].serial != 0));
		serial += is_listed;
	}
	CHECK(serial == count);
	efi_free_pool(list);
}

/* Compares everything with the model. */
static void compare(void)
{
	for (u32 g = 0; g <= GUIDS; g++) {
		EFI_HANDLE *found;
		UINTN count;
		EFI_STATUS status = efi_locate_handle_buffer(g == GUIDS ? AllHandles : ByProtocol,
							     g == GUIDS ? NULL : &guids[g], NULL,
							     &count, &found);
		u64 serial = 0;

		CHECK(status == (next_after(g, 0) < HANDLES ? EFI_SUCCESS : EFI_NOT_FOUND));
		for (UINTN i = 0; i < count; i++) {
			u32 h = next_after(g, serial);

			CHECK(h < HANDLES && found[i] == model[h].handle);
			serial = g == GUIDS ? model[h].serial : model[h].protocols[g].serial;
		}
		CHECK(next_after(g, serial) == HANDLES);
		efi_free_pool(found);
	}
	for (u32 h = 0; h < HANDLES; h++) {
		for (u32 g = 0; g < GUIDS && is_alive(h); g++) {
			EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *found;
			UINTN count;
			EFI_STATUS status = efi_open_protocol_information(
				model[h].handle, &guids[g], &found, &count);

			CHECK(!status == (model[h].protocols[g].serial != 0));
			CHECK(count == model[h].protocols[g].open_count);
			for (UINTN i = 0; i < count; i++) {
				struct open *open = &model[h].protocols[g].opens[i];

				CHECK(found[i].AgentHandle == handle_of(open->agent));
				CHECK(found[i].ControllerHandle == handle_of(open->controller));
				CHECK(found[i].Attributes == open->attributes);
				CHECK(found[i].OpenCount == open->count);
			}
			efi_free_pool(found);
		}
	}
}

static void tidy_up(void)
{
	for (u32 h = 0; h < HANDLES; h++)
		efi_close_all_of_agent(is_alive(h) ? model[h].handle : NULL);
	for (u32 h = 0; h < HANDLES; h++)
		for (u32 g = 0; g < GUIDS; g++)
			if (model[h].protocols[g].serial)
				CHECK(!efi_uninstall_protocol_interface(
					model[h].handle, &guids[g],
					value_of(model[h].protocols[g].value)));
	for (u32 n = 0; n < REGISTRATIONS; n++)
		if (registrations[n].registration)
			CHECK(!efi_close_event(events[n]));
	/* GUIDs that were used are never freed. */
	CHECK(pool_pieces <= GUIDS);
	memset(model, 0, sizeof(model));
	memset(registrations, 0, sizeof(registrations));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const steps[])(void) = {
		install,    install,     install_two, uninstall,   uninstall_two,  reinstall,
		open,       open,        open,        close,       close_all,      do_register,
		locate_new, check_event, locate,      locate_path, list_protocols, compare,
	};

	guids[DEVICE_PATH] = guid_device_path;
	for (u32 g = 1; g < GUIDS; g++)
		guids[g].bytes[0] = (u8)g;
	for (u32 v = 0; v < VALUES; v++)
		make_path(v);
	input = (struct reader){ .rest = span_of(data, size) };
	for (u32 i = 0; i < STEPS_MAX; i++) {
		u32 step = take(ARRAY_SIZE(steps));

		if (input.overrun)
			break;
		steps[step]();
	}
	compare();
	tidy_up();
	return 0;
}
