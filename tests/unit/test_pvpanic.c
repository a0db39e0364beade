/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/platform/pvpanic.c: the port named by fw_cfg, and the write on a crash. */
#include "drivers/platform/pvpanic.h"

#include "core/panic.h"
#include "tests/unit/fw_cfg.h"

enum { PORT = 0x505 };

/* Replaces boot/tables.c. */
const struct pci_driver *const pci_drivers[] = { &pvpanic_driver, NULL };

static struct panic_device {
	u8 events;
	u32 writes;
	u64 value;
} device;

static void handle_port(void *context, u64 address, u32 size, bool write, u64 *value)
{
	(void)context;
	CHECK_EQUAL(address, PORT);
	CHECK_EQUAL(size, 1);
	if (write) {
		device.writes++;
		device.value = *value;
	} else {
		*value = device.events;
	}
}

static bool finds(const void *file, u32 size, u8 events)
{
	fake_start(true);
	host_port_handler(PORT, 1, handle_port, NULL);
	device = (struct panic_device){ .events = events };
	power_describe(POWER_CRASHED, (struct register_write){ 0 });
	if (file)
		fake_add("etc/pvpanic-port", file, size);
	(void)fw_cfg_probe();
	pvpanic_port_probe();
	CHECK_EQUAL(device.writes, 0);
	return power_description(POWER_CRASHED).size != 0;
}

TEST(the_port_comes_from_fw_cfg)
{
	CHECK(finds("\x05\x05", 2, 3));
	CHECK_EQUAL(power_description(POWER_CRASHED).address, PORT);
	CHECK(!finds(NULL, 0, 3));
	CHECK(!finds("\x05\x05\0", 3, 3));
	CHECK(!finds("\x05", 1, 3));
	/* It does not support crash reports. */
	CHECK(!finds("\x05\x05", 2, 2));
}

static void run_panic(void *context)
{
	(void)context;
	panic("not today");
}

static void run_last_action(void *context)
{
	(void)context;
	power_last_action();
}

TEST(a_crash_is_reported_but_a_failed_boot_is_not)
{
	CHECK(finds("\x05\x05", 2, 1));
	CHECK_EQUAL(host_run(run_last_action, NULL), HOST_HALTED);
	CHECK_EQUAL(device.writes, 0);
	CHECK_EQUAL(host_run(run_panic, NULL), HOST_HALTED);
	CHECK_EQUAL(device.writes, 1);
	CHECK_EQUAL(device.value, 1);
}
