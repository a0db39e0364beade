/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of ConnectController, DisconnectController, ReinstallProtocolInterface and OpenProtocol
 * EXCLUSIVE against a model: each status, which drivers are started and stopped in which order, and
 * which driver manages which device. Two drivers manage the three devices and create children, two
 * manage the children. The input decides whether they support a handle, start, and stop.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include "efi/efi.h"
#include "efi/services/services.h"
#include "efi/spec/misc.h"
#include "lib/string.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum {
	DEVICES = 3,
	CHILDREN = 2, /* that each device may have */
	NODES = DEVICES + DEVICES * CHILDREN,
	NONE = NODES,
	DRIVERS = 4,
	CALLS_MAX = 256,
	STEPS_MAX = 1000,
};

static struct {
	EFI_DRIVER_BINDING_PROTOCOL binding;
	EFI_HANDLE handle;
	u32 supported; /* a bit for each node */
	u32 child_count;
	bool start_fails, stop_fails;
} drivers[DRIVERS];

static struct {
	EFI_HANDLE handle; /* NULL: does not exist */
	/* The model's: */
	bool is_there, is_exclusive;
	u32 manager; /* DRIVERS: none */
} nodes[NODES];

static const EFI_GUID device = GUID(1, 0, 0, 0), child = GUID(2, 0, 0, 0), tag = GUID(3, 0, 0, 0);
static EFI_HANDLE agent;
static u8 interface;

/* The actual and the expected calls: 's'tart, or the number of children to stop. */
struct call {
	u32 what, driver, node;
};

static struct call calls[CALLS_MAX], expected[CALLS_MAX];
static u32 call_count, expected_count;
static struct reader input;

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

static EFI_GUID *guid_of(u32 node)
{
	return (EFI_GUID *)(node < DEVICES ? &device : &child);
}

static u32 node_of(EFI_HANDLE handle)
{
	u32 n = 0;

	while (n < NODES && nodes[n].handle != handle)
		n++;
	CHECK(n < NODES);
	return n;
}

static u32 driver_of(EFI_DRIVER_BINDING_PROTOCOL *binding)
{
	u32 d = 0;

	while (&drivers[d].binding != binding)
		d++;
	return d;
}

static u32 child_of(u32 node, u32 index)
{
	return DEVICES + node * CHILDREN + index;
}

/* The drivers. */

static void note(u32 what, u32 driver, u32 node)
{
	CHECK(call_count < CALLS_MAX);
	calls[call_count++] = (struct call){ what, driver, node };
}

static EFI_STATUS EFIAPI supported(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE handle,
				   EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	u32 d = driver_of(this), n = node_of(handle);
	EFI_GUID *wanted = (EFI_GUID *)(d < DRIVERS / 2 ? &device : &child);
	EFI_STATUS status;
	void *found;

	CHECK(!remaining);
	if (!(drivers[d].supported & 1u << n))
		return EFI_UNSUPPORTED;
	status = efi_open_protocol(handle, wanted, &found, drivers[d].handle, handle,
				   EFI_OPEN_PROTOCOL_BY_DRIVER);
	if (!status)
		CHECK(!efi_close_protocol(handle, wanted, drivers[d].handle, handle));
	return status;
}

static EFI_STATUS EFIAPI start(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE handle,
			       EFI_DEVICE_PATH_PROTOCOL *remaining)
{
	u32 d = driver_of(this), n = node_of(handle);
	void *found;

	(void)remaining;
	note('s', d, n);
	if (drivers[d].start_fails)
		return EFI_DEVICE_ERROR;
	CHECK(!efi_open_protocol(handle, guid_of(n), &found, drivers[d].handle, handle,
				 EFI_OPEN_PROTOCOL_BY_DRIVER));
	for (u32 i = 0; n < DEVICES && i < drivers[d].child_count; i++) {
		EFI_HANDLE *made = &nodes[child_of(n, i)].handle;

		CHECK(!*made);
		CHECK(!efi_install_protocol_interface(made, (EFI_GUID *)&child,
						      EFI_NATIVE_INTERFACE, &interface));
		CHECK(!efi_open_protocol(handle, guid_of(n), &found, drivers[d].handle, *made,
					 EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER));
	}
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI stop(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE handle, UINTN count,
			      EFI_HANDLE *children)
{
	u32 d = driver_of(this), n = node_of(handle);

	note((u32)count, d, n);
	if (drivers[d].stop_fails)
		return EFI_DEVICE_ERROR;
	for (UINTN i = 0; i < count; i++) {
		u32 c = node_of(children[i]);

		CHECK(c >= child_of(n, 0) && c < child_of(n, CHILDREN));
		if (efi_uninstall_protocol_interface(children[i], (EFI_GUID *)&child, &interface))
			return EFI_DEVICE_ERROR;
		nodes[c].handle = NULL;
	}
	if (!count)
		CHECK(!efi_close_protocol(handle, guid_of(n), drivers[d].handle, handle));
	return EFI_SUCCESS;
}

/* The model. */

static void expect(u32 what, u32 driver, u32 node)
{
	CHECK(expected_count < CALLS_MAX);
	expected[expected_count++] = (struct call){ what, driver, node };
}

static bool model_supports(u32 d, u32 n)
{
	return (d < DRIVERS / 2) == (n < DEVICES) && drivers[d].supported & 1u << n &&
	       nodes[n].manager == DRIVERS && !nodes[n].is_exclusive;
}

static void model_start(u32 d, u32 n)
{
	expect('s', d, n);
	if (drivers[d].start_fails)
		return;
	nodes[n].manager = d;
	for (u32 i = 0; n < DEVICES && i < drivers[d].child_count; i++) {
		nodes[child_of(n, i)].is_there = true;
		nodes[child_of(n, i)].is_exclusive = false;
		nodes[child_of(n, i)].manager = DRIVERS;
	}
}

/* The driver to try next: @first, then by version; DRIVERS: all were tried. */
static u32 model_next(u32 first, u32 asked)
{
	u32 best = DRIVERS;

	if (first < DRIVERS && !(asked & 1u << first))
		return first;
	for (u32 d = 0; d < DRIVERS; d++)
		if (!(asked & 1u << d) &&
		    (best == DRIVERS || drivers[d].binding.Version > drivers[best].binding.Version))
			best = d;
	return best;
}

static EFI_STATUS model_connect(u32 n, u32 first, bool is_recursive)
{
	bool has_started = false;
	u32 asked = 0, started = 0, d;

	while ((d = model_next(first, asked)) < DRIVERS) {
		asked |= 1u << d;
		if (started & 1u << d || !model_supports(d, n))
			continue;
		model_start(d, n);
		has_started |= !drivers[d].start_fails;
		/* All other drivers are tried again. */
		started |= 1u << d;
		asked = started;
	}
	for (u32 i = 0; is_recursive && n < DEVICES && i < CHILDREN; i++)
		if (nodes[child_of(n, i)].is_there)
			(void)model_connect(child_of(n, i), DRIVERS, true);
	return has_started ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static EFI_STATUS model_disconnect(u32 n, u32 only_driver, u32 only_child);

/*
 * May the interface be removed? The driver is stopped, and started again if another agent has it
 * open.
 */
static bool model_release(u32 n)
{
	bool had_manager = nodes[n].manager < DRIVERS;

	if (had_manager)
		(void)model_disconnect(n, nodes[n].manager, NONE);
	if (nodes[n].manager == DRIVERS && !nodes[n].is_exclusive)
		return true;
	if (had_manager)
		(void)model_connect(n, DRIVERS, true);
	return false;
}

static bool model_stop(u32 d, u32 n, const u32 *children, u32 count)
{
	expect(count, d, n);
	if (drivers[d].stop_fails)
		return false;
	for (u32 i = 0; i < count; i++) {
		if (!model_release(children[i]))
			return false;
		nodes[children[i]].is_there = false;
	}
	if (!count)
		nodes[n].manager = DRIVERS;
	return true;
}

static EFI_STATUS model_disconnect(u32 n, u32 only_driver, u32 only_child)
{
	u32 d = nodes[n].manager, children[CHILDREN], count = 0;
	bool has_stopped = true, is_child = false;

	if (d == DRIVERS || (only_driver < DRIVERS && only_driver != d))
		return EFI_SUCCESS;
	for (u32 i = 0; n < DEVICES && i < CHILDREN; i++) {
		if (!nodes[child_of(n, i)].is_there)
			continue;
		children[count++] = child_of(n, i);
		is_child |= child_of(n, i) == only_child;
	}
	if (only_child < NONE && !is_child)
		return EFI_NOT_FOUND;
	if (only_child < NONE)
		has_stopped = model_stop(d, n, &only_child, 1);
	else if (count)
		has_stopped = model_stop(d, n, children, count);
	if (has_stopped && (only_child == NONE || count == 1))
		has_stopped = model_stop(d, n, NULL, 0);
	return has_stopped ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

/* The steps. */

/* An existing node: the first one after the one that the input names. */
static u32 take_node(void)
{
	u32 n = take(NODES);

	while (!nodes[n].is_there)
		n = (n + 1) % NODES;
	return n;
}

static void connect(void)
{
	u32 n = take_node(), first = take(DRIVERS + 1);
	bool is_recursive = take(2);
	EFI_HANDLE given[] = { first < DRIVERS ? drivers[first].handle : NULL, NULL };
	EFI_STATUS status = efi_connect_controller(
		nodes[n].handle, first < DRIVERS || take(2) ? given : NULL, NULL, is_recursive);

	CHECK(status == model_connect(n, first, is_recursive));
}

static void disconnect(void)
{
	u32 n = take_node(), d = take(DRIVERS + 1), c = take(2) ? NONE : take_node();
	EFI_STATUS status = efi_disconnect_controller(nodes[n].handle,
						      d < DRIVERS ? drivers[d].handle : NULL,
						      c < NONE ? nodes[c].handle : NULL);

	CHECK(status == model_disconnect(n, d, c));
}

static void reinstall(void)
{
	u32 n = take_node();
	EFI_STATUS status = efi_reinstall_protocol_interface(nodes[n].handle, guid_of(n),
							     &interface, &interface);
	bool may_go = model_release(n);

	CHECK(status == (may_go ? EFI_SUCCESS : EFI_ACCESS_DENIED));
	if (may_go)
		(void)model_connect(n, DRIVERS, true);
}

static void open_exclusively(void)
{
	u32 n = take_node();
	void *found = NULL;
	EFI_STATUS status = efi_open_protocol(nodes[n].handle, guid_of(n), &found, agent, NULL,
					      EFI_OPEN_PROTOCOL_EXCLUSIVE);

	if (!nodes[n].is_exclusive && nodes[n].manager < DRIVERS)
		(void)model_disconnect(n, nodes[n].manager, NONE);
	if (nodes[n].is_exclusive || nodes[n].manager < DRIVERS) {
		CHECK(status == EFI_ACCESS_DENIED && !found);
		return;
	}
	CHECK(!status && found == &interface);
	nodes[n].is_exclusive = true;
}

static void close_exclusive(void)
{
	u32 n = take_node();

	CHECK(efi_close_protocol(nodes[n].handle, guid_of(n), agent, NULL) ==
	      (nodes[n].is_exclusive ? EFI_SUCCESS : EFI_NOT_FOUND));
	nodes[n].is_exclusive = false;
}

static void change_driver(void)
{
	u32 d = take(DRIVERS), how = read_u8(&input);

	drivers[d].supported = how & 1 ? ~0u : read_u8(&input) | (how & 2u) << 7;
	drivers[d].start_fails = (how & 0x1c) == 0;
	drivers[d].stop_fails = (how & 0xe0) == 0;
	drivers[d].child_count = take(CHILDREN + 1);
	drivers[d].binding.Version = take(4);
}

static void compare(void)
{
	CHECK(call_count == expected_count);
	CHECK(!memcmp(calls, expected, call_count * sizeof(*calls)));
	call_count = expected_count = 0;
	for (u32 n = 0; n < NODES; n++) {
		EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *opens;
		u32 manager = DRIVERS;
		UINTN count;

		CHECK((nodes[n].handle != NULL) == nodes[n].is_there);
		if (!nodes[n].is_there)
			continue;
		CHECK(!efi_open_protocol_information(nodes[n].handle, guid_of(n), &opens, &count));
		for (UINTN i = 0; i < count; i++)
			for (u32 d = 0; d < DRIVERS; d++)
				if (opens[i].Attributes == EFI_OPEN_PROTOCOL_BY_DRIVER &&
				    opens[i].AgentHandle == drivers[d].handle)
					manager = d;
		CHECK(manager == nodes[n].manager);
		efi_free_pool(opens);
	}
}

static void set_up(void)
{
	memset(nodes, 0, sizeof(nodes));
	memset(drivers, 0, sizeof(drivers));
	agent = NULL;
	CHECK(!efi_install_protocol_interface(&agent, (EFI_GUID *)&tag, EFI_NATIVE_INTERFACE,
					      &interface));
	for (u32 d = 0; d < DRIVERS; d++) {
		drivers[d].binding =
			(EFI_DRIVER_BINDING_PROTOCOL){ supported, start, stop, d % 2, NULL, NULL };
		drivers[d].supported = ~0u;
		drivers[d].child_count = d % 2 + 1;
		CHECK(!efi_install_protocol_interface(&drivers[d].handle,
						      (EFI_GUID *)&guid_driver_binding,
						      EFI_NATIVE_INTERFACE, &drivers[d].binding));
	}
	for (u32 n = 0; n < NODES; n++) {
		nodes[n].manager = DRIVERS;
		nodes[n].is_there = n < DEVICES;
		if (n < DEVICES)
			CHECK(!efi_install_protocol_interface(&nodes[n].handle, (EFI_GUID *)&device,
							      EFI_NATIVE_INTERFACE, &interface));
	}
}

static void tidy_up(void)
{
	efi_close_all_of_agent(agent);
	for (u32 d = 0; d < DRIVERS; d++)
		drivers[d].stop_fails = false;
	for (u32 n = 0; n < DEVICES; n++) {
		CHECK(!efi_disconnect_controller(nodes[n].handle, NULL, NULL));
		CHECK(!efi_uninstall_protocol_interface(nodes[n].handle, (EFI_GUID *)&device,
							&interface));
	}
	for (u32 d = 0; d < DRIVERS; d++)
		CHECK(!efi_uninstall_protocol_interface(
			drivers[d].handle, (EFI_GUID *)&guid_driver_binding, &drivers[d].binding));
	CHECK(!efi_uninstall_protocol_interface(agent, (EFI_GUID *)&tag, &interface));
	CHECK(!efi_next_with(NULL, NULL));
	call_count = 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const steps[])(void) = {
		connect,   connect,          connect,         disconnect,    disconnect,
		reinstall, open_exclusively, close_exclusive, change_driver, change_driver,
	};

	set_up();
	input = (struct reader){ .rest = span_of(data, size) };
	for (u32 i = 0; i < STEPS_MAX && !input.overrun; i++) {
		steps[take(ARRAY_SIZE(steps))]();
		compare();
	}
	tidy_up();
	return 0;
}
