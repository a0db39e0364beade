/* SPDX-License-Identifier: Apache-2.0 */
/* core/device.c: the order in which devices are stopped, and invalid register addresses. */
#include "tests/unit/test.h"

#include "core/device.h"
#include "core/log.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"

static struct memory_console console;
static char order[16];

static void note(struct device *device)
{
	strcat(order, device->name);
}

TEST(every_device_is_stopped_once_newest_first)
{
	static struct device devices[] = { { .name = "a", .quiesce = note },
					   { .name = "b", .quiesce = note },
					   { .name = "c", .quiesce = note } };

	memory_console_init(&console, "");
	log_set_threshold(LOG_DEBUG);
	devices_quiesce();
	CHECK_EQUAL(host_timer_stops, 1);
	CHECK_TEXT(order, "");
	for (u32 i = 0; i < ARRAY_SIZE(devices); i++)
		device_register(&devices[i]);
	devices_quiesce();
	CHECK_TEXT(order, "cba");
	CHECK_TEXT(console.text, "c: stopped\r\nb: stopped\r\na: stopped\r\n");
	devices_quiesce();
	CHECK_TEXT(order, "cba");
	device_register(&devices[1]);
	devices_quiesce();
	CHECK_TEXT(order, "cbab");
}

TEST(registers_are_mapped_where_a_device_can_be)
{
	static const struct {
		u64 base, size;
		const char *message;
	} cases[] = {
		{ 0xfe000000, 0x1000, "" },
		{ HOST_MEMORY_BASE - 0x1000, 0x1000, "" },
		{ HOST_MEMORY_BASE + HOST_MEMORY_SIZE, 1, "" },
		{ HOST_MEMORY_BASE - 0x1000, 0x1001,
		  "warning: x: registers at 0xffff000: that is RAM" },
		{ HOST_MEMORY_BASE + HOST_MEMORY_SIZE - 1, 1, "at 0x1fffffff: that is RAM" },
		{ 0xfffffffffffff000, 0x2000,
		  "warning: x: registers at 0xfffffffffffff000, 0x2000 bytes: " },
	};

	host_memory_init();
	log_set_threshold(LOG_DEBUG);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		bool is_mapped = cases[i].message[0] == '\0';

		memory_console_init(&console, "");
		host_map_count = 0;
		CHECK_EQUAL((uintptr_t)device_map("x", cases[i].base, cases[i].size),
			    is_mapped ? cases[i].base : 0);
		CHECK_EQUAL(host_map_count, is_mapped);
		if (is_mapped)
			CHECK_EQUAL(host_maps[0].size, cases[i].size);
		CHECK_OF(memory_console_has(&console, cases[i].message), "%s", cases[i].message);
		CHECK_EQUAL(console.size == 0, is_mapped);
	}
}
