/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifications and driver functions call any boot service with any handle, event and registration,
 * including stale ones. There must be no use after free and no leak, and it must terminate.
 *
 * Input: steps of 1 operation and 4 arguments; callbacks take theirs from the same bytes.
 */
#include "efi/efi.h"
#include "efi/services/services.h"
#include "efi/spec/misc.h"
#include "lib/string.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

enum { SLOTS = 8, GUIDS = 4, DEPTH_MAX = 6, STEPS_MAX = 1000 };

static EFI_HANDLE handles[SLOTS];
static EFI_EVENT events[SLOTS];
static void *registrations[SLOTS];
static EFI_GUID guids[GUIDS];
static EFI_DRIVER_BINDING_PROTOCOL bindings[2];
static struct reader input;
static u32 steps_left, depth;

static void step(void);

static void chaos(void)
{
	if (depth == DEPTH_MAX)
		return;
	depth++;
	for (u32 count = read_u8(&input) % 4; count; count--)
		step();
	depth--;
}

static void EFIAPI notify(EFI_EVENT event, void *context)
{
	(void)event, (void)context;
	chaos();
}

static EFI_STATUS EFIAPI supported(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
				   EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	(void)this, (void)controller, (void)remaining;
	chaos();
	return read_u8(&input) & 1 ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI start(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
			       EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	(void)this, (void)controller, (void)remaining;
	chaos();
	return read_u8(&input) & 1 ? EFI_DEVICE_ERROR : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI stop(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller, UINTN count,
			      EFI_HANDLE *children)
{
	(void)this, (void)controller;
	for (UINTN i = 0; i < count; i++)
		CHECK(children[i]);
	chaos();
	return read_u8(&input) & 1 ? EFI_DEVICE_ERROR : EFI_SUCCESS;
}

/* Only a driver binding's interface is real; the others are never dereferenced. */
static void *interface_of(u32 guid, u32 n)
{
	return guid == 0 ? (void *)&bindings[n % 2] : (void *)&guids[n % GUIDS];
}

static void step(void)
{
	u8 operation = read_u8(&input), a = read_u8(&input), b = read_u8(&input);
	u8 c = read_u8(&input), d = read_u8(&input);
	EFI_HANDLE *handle = &handles[a % SLOTS], other = handles[c % SLOTS];
	EFI_GUID *guid = &guids[b % GUIDS];
	EFI_EVENT *event = &events[a % SLOTS];
	void *interface = interface_of(b % GUIDS, d), *out;
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries;
	EFI_HANDLE *found;
	EFI_GUID **list;
	UINTN count;
	EFI_TPL tpl;

	if (!steps_left || input.overrun)
		return;
	steps_left--;
	switch (operation % 18) {
	case 0:
	case 1:
		if (!efi_object_of(*handle))
			*handle = NULL;
		(void)efi_install_protocol_interface(handle, guid, EFI_NATIVE_INTERFACE, interface);
		break;
	case 2:
		(void)efi_uninstall_protocol_interface(*handle, guid, interface);
		break;
	case 3:
		(void)efi_reinstall_protocol_interface(*handle, guid, interface,
						       interface_of(b % GUIDS, c));
		break;
	case 4:
	case 5:
		(void)efi_open_protocol(*handle, guid, &out, other, handles[d % SLOTS],
					d & 0x40 ? 0x30 : 1u << d % 6);
		break;
	case 6:
		(void)efi_close_protocol(*handle, guid, other, handles[d % SLOTS]);
		break;
	case 7:
		found = (EFI_HANDLE[]){ other, handles[d % SLOTS], NULL };
		(void)efi_connect_controller(*handle, b & 1 ? found : NULL, NULL, b & 2);
		break;
	case 8:
		(void)efi_disconnect_controller(*handle, b & 1 ? other : NULL,
						b & 2 ? handles[d % SLOTS] : NULL);
		break;
	case 9:
		if (!efi_locate_handle_buffer(b % 3, guid, registrations[c % SLOTS], &count, &found))
			efi_free_pool(found);
		break;
	case 10:
		if (!efi_open_protocol_information(*handle, guid, &entries, &count))
			efi_free_pool(entries);
		if (!efi_protocols_per_handle(*handle, &list, &count))
			efi_free_pool(list);
		break;
	case 11:
		(void)efi_close_event(*event);
		(void)efi_create_event_ex(EVT_TIMER | (b & 1 ? EVT_NOTIFY_SIGNAL : EVT_NOTIFY_WAIT),
					  b & 2 ? TPL_CALLBACK : TPL_NOTIFY, notify, NULL,
					  b & 4 ? &guids[0] : NULL, event);
		break;
	case 12:
		(void)efi_register_protocol_notify(guid, *event, &registrations[c % SLOTS]);
		break;
	case 13:
		(void)efi_signal_event(*event);
		break;
	case 14:
		(void)efi_check_event(*event);
		break;
	case 15:
		(void)efi_set_timer(*event, b % 3, c * 1000);
		host_ticks += d * 1000000;
		efi_poll();
		break;
	case 16:
		tpl = efi_raise_tpl(b & 1 ? TPL_CALLBACK : TPL_NOTIFY);
		chaos();
		efi_restore_tpl(tpl);
		break;
	case 17:
		pool_left = b & 1 ? d % 4 : UINT64_MAX;
		chaos();
		pool_left = UINT64_MAX;
		efi_close_all_of_agent(other);
		break;
	}
}

/* From here on, callbacks do nothing. */
static void tidy_up(void)
{
	struct efi_object *object;
	EFI_GUID **list;
	UINTN count;

	steps_left = 0;
	input = (struct reader){ 0 };
	for (u32 i = 0; i < SLOTS; i++)
		(void)efi_close_event(events[i]);
	for (object = efi_next_with(NULL, NULL); object; object = efi_next_with(NULL, object))
		efi_close_all_of_agent(object);
	while ((object = efi_next_with(NULL, NULL))) {
		CHECK(!efi_protocols_per_handle(object, &list, &count));
		CHECK(count);
		CHECK(!efi_uninstall_protocol_interface(object, list[0],
							efi_interface_of(object, list[0])));
		efi_free_pool(list);
	}
	CHECK(efi_current_tpl() == TPL_APPLICATION);
	/* GUIDs that were used are never freed. */
	CHECK(pool_pieces <= GUIDS + 2);
	memset(handles, 0, sizeof(handles));
	memset(events, 0, sizeof(events));
	memset(registrations, 0, sizeof(registrations));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	guids[0] = guid_driver_binding;
	for (u32 g = 1; g < GUIDS; g++)
		guids[g].bytes[0] = (u8)g;
	for (u32 i = 0; i < ARRAY_SIZE(bindings); i++)
		bindings[i] =
			(EFI_DRIVER_BINDING_PROTOCOL){ supported, start, stop, i, NULL, NULL };
	host_ticks_per_look = 0;
	steps_left = STEPS_MAX;
	input = (struct reader){ .rest = span_of(data, size) };
	while (steps_left && !input.overrun)
		step();
	tidy_up();
	return 0;
}
