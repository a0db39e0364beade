/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of boot services on handles, protocols and open lists against a model: each status,
 * each list and its order. No agent has a driver binding here, so that what is open BY_DRIVER stays
 * open. fuzz_efi_reentry.c lets callbacks do anything, without a model.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/string.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

enum { HANDLES = 6, GUIDS = 3, VALUES = 3, OPENS_MAX = 24, REGISTRATIONS = 3, STEPS_MAX = 2000 };

struct open {
	u32 agent, controller; /* HANDLES: none */
	u32 attributes, count;
};

static struct {
	EFI_HANDLE handle; /* kept when it is gone */
	u64 serial;        /* 0: it is gone */
	struct {
		u64 serial; /* 0: not installed */
		u32 value;
		struct open opens[OPENS_MAX];
		u32 open_count;
	} protocols[GUIDS];
} model[HANDLES];

static struct {
	void *registration;
	u32 guid;
	u64 position;
} registrations[REGISTRATIONS];

static EFI_EVENT events[REGISTRATIONS];
static EFI_GUID guids[GUIDS];
static u8 values[VALUES];
static u64 last_serial;
static struct reader input;

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

static void *value_of(u32 value)
{
	return &values[value];
}

static bool is_alive(u32 h)
{
	return h < HANDLES && model[h].serial;
}

/* What was a handle and is none: not if its memory is one again. */
static EFI_HANDLE handle_of(u32 h)
{
	if (h == HANDLES)
		return NULL;
	for (u32 i = 0; i < HANDLES; i++)
		if (i != h && !is_alive(h) && is_alive(i) && model[i].handle == model[h].handle)
			return NULL;
	return model[h].handle;
}

static void drop_opens(u32 gone)
{
	for (u32 h = 0; h < HANDLES; h++) {
		for (u32 g = 0; g < GUIDS; g++) {
			u32 kept = 0;

			for (u32 i = 0; i < model[h].protocols[g].open_count; i++) {
				struct open open = model[h].protocols[g].opens[i];

				if (open.agent != gone && open.controller != gone)
					model[h].protocols[g].opens[kept++] = open;
			}
			model[h].protocols[g].open_count = kept;
		}
	}
}

static void model_install(u32 h, u32 g, u32 value)
{
	if (!is_alive(h))
		model[h].serial = ++last_serial;
	model[h].protocols[g].serial = ++last_serial;
	model[h].protocols[g].value = value;
	model[h].protocols[g].open_count = 0;
}

static void model_remove(u32 h, u32 g)
{
	bool has_any = false;

	model[h].protocols[g].serial = 0;
	model[h].protocols[g].open_count = 0;
	for (u32 i = 0; i < GUIDS; i++)
		has_any |= model[h].protocols[i].serial != 0;
	if (!has_any) {
		model[h].serial = 0;
		drop_opens(h);
	}
}

/* What Uninstall and Reinstall answer; forgets opens that do not hold the interface. */
static EFI_STATUS model_release(u32 h, u32 g, u32 value)
{
	u32 kept = 0;

	if (!is_alive(h))
		return EFI_INVALID_PARAMETER;
	if (!model[h].protocols[g].serial || model[h].protocols[g].value != value)
		return EFI_NOT_FOUND;
	for (u32 i = 0; i < model[h].protocols[g].open_count; i++)
		if (model[h].protocols[g].opens[i].attributes > EFI_OPEN_PROTOCOL_TEST_PROTOCOL)
			model[h].protocols[g].opens[kept++] = model[h].protocols[g].opens[i];
	model[h].protocols[g].open_count = kept;
	return kept ? EFI_ACCESS_DENIED : EFI_SUCCESS;
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
	bool is_new = first != second && (!is_alive(h) || (!model[h].protocols[first].serial &&
							   !model[h].protocols[second].serial));
	EFI_STATUS status = efi_install_multiple_protocol_interfaces(
		&handle, &guids[first], value_of(value), &guids[second], value_of(value), NULL);

	CHECK(status == (is_new ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	CHECK(is_new || handle == (is_alive(h) ? model[h].handle : NULL));
	if (is_new) {
		model_install(h, first, value);
		model_install(h, second, value);
		model[h].handle = handle;
	}
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
	}
}

static EFI_STATUS model_open(u32 h, u32 g, u32 agent, u32 controller, u32 attributes)
{
	bool is_driver = attributes & EFI_OPEN_PROTOCOL_BY_DRIVER;
	bool is_exclusive = attributes & EFI_OPEN_PROTOCOL_EXCLUSIVE;
	bool is_child = attributes == EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER;
	struct open *opens, *same = NULL;
	u32 count;

	if (!is_alive(h) || attributes == 0 || attributes > 0x30 ||
	    (!is_power_of_two(attributes) && attributes != 0x30) ||
	    ((is_driver || is_exclusive || is_child) && !is_alive(agent)) ||
	    ((is_driver || is_child) && !is_alive(controller)) || (is_child && h == controller))
		return EFI_INVALID_PARAMETER;
	if (!model[h].protocols[g].serial)
		return EFI_UNSUPPORTED;
	if (!is_alive(agent))
		return EFI_SUCCESS;
	opens = model[h].protocols[g].opens;
	count = model[h].protocols[g].open_count;
	if (!is_alive(controller))
		controller = HANDLES;
	for (u32 i = 0; i < count; i++)
		if (opens[i].agent == agent && opens[i].controller == controller &&
		    opens[i].attributes == attributes)
			same = &opens[i];
	if (same && is_driver)
		return EFI_ALREADY_STARTED;
	for (u32 i = 0; i < count && (is_driver || is_exclusive); i++)
		if (opens[i].attributes >= EFI_OPEN_PROTOCOL_BY_DRIVER)
			return EFI_ACCESS_DENIED;
	if (same) {
		same->count++;
		return EFI_SUCCESS;
	}
	opens[model[h].protocols[g].open_count++] =
		(struct open){ agent, controller, attributes, 1 };
	return EFI_SUCCESS;
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
}

/* The installed interface of lowest serial above @serial; HANDLES: none. @g GUIDS: the handles. */
static u32 next_after(u32 g, u64 serial)
{
	u64 best = UINT64_MAX;
	u32 found = HANDLES;

	for (u32 h = 0; h < HANDLES; h++) {
		u64 own = g == GUIDS ? model[h].serial : model[h].protocols[g].serial;

		if (own > serial && own < best) {
			best = own;
			found = h;
		}
	}
	return found;
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

/* All that the model knows. */
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
	/* GUIDs that were seen stay known. */
	CHECK(pool_pieces <= GUIDS);
	memset(model, 0, sizeof(model));
	memset(registrations, 0, sizeof(registrations));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const steps[])(void) = {
		install, install, install_two, uninstall,   reinstall,  open,
		open,    close,   close_all,   do_register, locate_new, compare,
	};

	for (u32 g = 0; g < GUIDS; g++)
		guids[g].bytes[0] = (u8)g;
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
