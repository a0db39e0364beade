/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/power.c, core/panic.c and core/device.c: every power-off and reset path ends, in the correct
 * order.
 */
#include "tests/unit/test.h"

#include "core/arch.h"
#include "core/device.h"
#include "core/panic.h"
#include "tests/host/memory_console.h"
#include "tests/unit/power.h"

static struct memory_console console;
static char order[64];

static void run_last_action(void *context)
{
	(void)context;
	power_last_action();
}

TEST(without_any_way_the_machine_is_halted)
{
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK_EQUAL(host_run(run_reset, NULL), HOST_RESET);
}

TEST(the_architecture_comes_last)
{
	host_power_off_works = true;
	CHECK_EQUAL(host_run(run_off, NULL), HOST_POWERED_OFF);
	host_power_off_works = false;
}

TEST(what_was_described_comes_first)
{
	last_write = (struct write){ 0 };
	u64 before = host_ticks;

	host_port_handler(0x600, 8, record_write, NULL);
	host_mmio_handler(0xfea00000, 8, record_write, NULL);
	CHECK_EQUAL(power_description(POWER_OFF).size, 0);
	power_describe(POWER_OFF, (struct register_write){ 0x604, 0x2000, 2, REGISTER_PORT });
	power_describe(POWER_RESET, (struct register_write){ 0xfea00004, 6, 1, REGISTER_MEMORY });
	CHECK_EQUAL(power_description(POWER_OFF).address, 0x604);
	CHECK_EQUAL(power_description(POWER_RESET).kind, REGISTER_MEMORY);
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK_EQUAL(last_write.address, 0x604);
	CHECK_EQUAL(last_write.size, 2);
	CHECK_EQUAL(last_write.value, 0x2000);
	/* The VMM is given a tenth of a second. */
	CHECK_EQUAL((host_ticks - before) / (HOST_TICKS_PER_SECOND / 10), 1);
	CHECK_EQUAL(host_run(run_reset, NULL), HOST_RESET);
	CHECK_EQUAL(last_write.address, 0xfea00004);
	CHECK_EQUAL(last_write.size, 1);
	CHECK_EQUAL(last_write.count, 2);
	/* The last description counts. */
	power_describe(POWER_OFF, (struct register_write){ 0x10600, 1, 1, REGISTER_PORT });
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	power_describe(POWER_OFF, (struct register_write){ 0 });
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK_EQUAL(last_write.count, 2);
}

/* Checks that everything has been sent by then. */
static void note_flush(struct console *flushed)
{
	(void)flushed;
	strcat(order, memory_console_has(&console, "early") ? "f" : "?");
}

TEST(the_last_action_of_this_configuration_is_to_halt)
{
	CHECK(IS_ENABLED(CONFIG_LAST_ACTION_HALT));
	log_warning("early");
	memory_console_init(&console, "");
	console.console.flush = note_flush;
	order[0] = 0;
	host_power_off_works = true;
	CHECK_EQUAL(host_run(run_last_action, NULL), HOST_HALTED);
	host_power_off_works = false;
	CHECK_TEXT(order, "f");
	console_unregister(&console.console);
}

TEST(the_vmm_chooses_another_last_action)
{
	host_power_off_works = true;
	CHECK(power_set_last_action(SPAN("poweroff")));
	CHECK_EQUAL(host_run(run_last_action, NULL), HOST_POWERED_OFF);
	CHECK(power_set_last_action(SPAN("reset")));
	CHECK_EQUAL(host_run(run_last_action, NULL), HOST_RESET);
	CHECK(!power_set_last_action(SPAN("")));
	CHECK(!power_set_last_action(SPAN("halted")));
	CHECK(!power_set_last_action(SPAN("RESET")));
	CHECK_EQUAL(host_run(run_last_action, NULL), HOST_RESET);
	CHECK(power_set_last_action(SPAN("halt")));
	CHECK_EQUAL(host_run(run_last_action, NULL), HOST_HALTED);
	host_power_off_works = false;
}

static void rest(struct device *device)
{
	strcat(order, device->name);
}

TEST(devices_are_stopped_once_newest_first)
{
	static struct device a = { .name = "a", .quiesce = rest },
			     b = { .name = "b", .quiesce = rest };

	order[0] = 0;
	devices_quiesce();
	CHECK_TEXT(order, "");
	device_register(&a);
	device_register(&b);
	devices_quiesce();
	CHECK_TEXT(order, "ba");
	devices_quiesce();
	CHECK_TEXT(order, "ba");
}

/* A console that fails while the panic message is printed. */
static void write_and_panic(struct console *failing, const char *text, size_t size)
{
	(void)text;
	(void)size;
	panic("%s is broken as well", failing->name);
}

static void fail_assertion(void *context)
{
	assert(context != NULL);
}

/* Must be the last test: panic() is not meant to return. */
TEST(panic_logs_the_reason_and_does_not_recurse)
{
	static struct console failing = { .name = "failing", .write = write_and_panic };

	memory_console_init(&console, "");
	log_replay();
	console.size = 0;
	console.text[0] = 0;
	CHECK_EQUAL(host_run(fail_assertion, &console), HOST_RETURNED);
	CHECK_TEXT(console.text, "");
	console_register(&failing);
	CHECK_EQUAL(host_run(fail_assertion, NULL), HOST_HALTED);
	CHECK(strstr(console.text, "test_power.c:"));
}
