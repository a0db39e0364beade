/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio-console: output arrives, an unread console delays nothing, and input is read.
 */
#include "tests/unit/test.h"

#include "tests/host/fake_machine.h"
#include "tests/unit/machine.h"

static struct fake_virtio device;
static struct fake_function function;

static void add_console(enum fake_lie lie)
{
	machine_start_pci();
	fake_virtio_init(&device, VIRTIO_ID_CONSOLE,
			 VIRTIO_VERSION_1 | VIRTIO_FEATURE(0) | VIRTIO_FEATURE(1));
	device.lie = lie;
	fake_function_virtio(&machine, &function, 0, 2, &device, MACHINE_BARS);
	pci_probe();
	device.sent_size = 0;
}

static bool was_sent(const char *text)
{
	device.sent[device.sent_size] = '\0';
	return strstr(device.sent, text) != NULL;
}

TEST(text_is_sent)
{
	add_console(FAKE_HONEST);
	console_write("hello\n", 6);
	CHECK(was_sent("hello\r\n"));
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

TEST(longest_name_is_complete)
{
	machine_start_pci();
	machine.ecam[1].base = 0xd0000000;
	machine.ecam[machine.ecam_count++].segment = 1;
	fake_virtio_init(&device, VIRTIO_ID_CONSOLE, VIRTIO_VERSION_1);
	fake_function_virtio(&machine, &function, 0, 2, &device, MACHINE_BARS);
	function.segment = 1;
	pci_probe();
	CHECK(was_logged("virtio-console 0001:00:02.0: found"));
}

TEST(ports_are_not_negotiated)
{
	add_console(FAKE_HONEST);
	CHECK_EQUAL(device.driver_features, VIRTIO_VERSION_1);
}

TEST(much_text_is_sent_in_parts)
{
	static char text[3000];

	add_console(FAKE_HONEST);
	memset(text, 'x', sizeof(text));
	u32 before = device.notifications;
	console_write(text, sizeof(text));
	CHECK(device.notifications - before <= 12);
	CHECK_EQUAL(device.sent_size, sizeof(device.sent) - 1);
	CHECK_EQUAL(device.violations, 0);
}

/* The device takes four buffers; after that there is only a single wait. */
TEST(unread_console_does_not_block)
{
	add_console(FAKE_SILENT);
	for (u32 i = 0; i < 10; i++)
		console_write("lost\n", 5);
	u64 looks = host_clock_looks;
	for (u32 i = 0; i < 100; i++)
		console_write("lost\n", 5);
	console_flush();
	CHECK(host_clock_looks - looks < 500);
	devices_quiesce();
	CHECK_EQUAL(device.resets, 1);
}

TEST(console_is_not_used_after_handover)
{
	add_console(FAKE_HONEST);
	devices_quiesce();
	u32 accesses = device.accesses;
	console_write("late\n", 5);
	CHECK_EQUAL(device.accesses, accesses);
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(device.violations, 0);
}

TEST(faulty_console_is_dropped)
{
	add_console(FAKE_HEAD_HUGE);
	console_write("a\n", 2);
	console_write("b\n", 2);
	CHECK(was_logged("no longer used"));
	u32 accesses = device.accesses;
	console_write("c\n", 2);
	CHECK_EQUAL(device.accesses, accesses);
}

static void type(const char *text, u32 written)
{
	struct fake_queue *queue = &device.queues[0];
	u8 *available = (u8 *)(uintptr_t)queue->rings[1], *used = (u8 *)(uintptr_t)queue->rings[2];
	CHECK(queue->seen != load_le16(available + 2)); /* there is a buffer */
	u16 head = load_le16(available + 4 + 2 * (queue->seen++ % queue->size));
	u8 *descriptor = (u8 *)(uintptr_t)queue->rings[0] + 16 * head;
	u16 count = load_le16(used + 2);

	memcpy((void *)(uintptr_t)load_le64(descriptor), text, strlen(text));
	store_le32(used + 4 + 8 * (count % queue->size), head);
	store_le32(used + 8 + 8 * (count % queue->size), written);
	store_le16(used + 2, (u16)(count + 1));
}

TEST(typed_text_is_read)
{
	add_console(FAKE_HONEST);
	CHECK_EQUAL(console_read(), -1);
	for (u32 round = 0; round < 20; round++) {
		type("ab", 2);
		type("c", 1);
		CHECK_EQUAL(console_read(), 'a');
		CHECK_EQUAL(console_read(), 'b');
		CHECK_EQUAL(console_read(), 'c');
		CHECK_EQUAL(console_read(), -1);
	}
	type("", 0);
	CHECK_EQUAL(console_read(), -1);
	type("d", 1);
	CHECK_EQUAL(console_read(), 'd');
	CHECK_EQUAL(device.violations, 0);
}

TEST(typed_text_ends_with_its_buffer)
{
	add_console(FAKE_HONEST);
	type("x", 65);
	for (u32 i = 0; i < 64; i++)
		CHECK_EQUAL(console_read(), i ? 0 : 'x');
	CHECK_EQUAL(console_read(), -1);
	CHECK_EQUAL(device.violations, 0);
}

TEST(console_without_a_queue_is_refused)
{
	for (u32 queue = 0; queue < 2; queue++) {
		machine_start_pci();
		fake_virtio_init(&device, VIRTIO_ID_CONSOLE, VIRTIO_VERSION_1);
		device.queue_size_max[queue] = 0;
		fake_function_virtio(&machine, &function, 0, 2, &device, MACHINE_BARS);
		pci_probe();
		CHECK(was_logged("cannot be set up"));
		CHECK(!was_logged("found"));
		console_write("a\n", 2);
		CHECK_EQUAL(device.violations, 0);
	}
}

TEST(console_that_refuses_its_features_is_not_used)
{
	add_console(FAKE_FEATURES_REFUSED);
	CHECK(was_logged("does not work with features"));
	CHECK(!was_logged("found"));
	CHECK(!was_logged("cannot be set up"));
	CHECK_EQUAL(device.violations, 0);
}

static u64 awake_at; /* of host_relaxes */

static void wake(void)
{
	if (host_relaxes != awake_at)
		return;
	device.lie = FAKE_HONEST;
	fake_virtio_notify(&device, 2, 2, 1);
}

static void sleep_for(u64 relaxes)
{
	device.lie = FAKE_SILENT;
	awake_at = host_relaxes + relaxes;
	host_on_relax = wake;
}

TEST(slow_console_is_waited_for)
{
	add_console(FAKE_HONEST);
	for (u32 round = 0; round < 3; round++) {
		device.sent_size = 0;
		sleep_for(2000);
		console_write("1\n", 2);
		console_write("2\n", 2);
		console_write("3\n", 2);
		console_write("4\n", 2);
		console_write("5\n", 2); /* for which there is no buffer yet */
		CHECK(was_sent("1\r\n2\r\n3\r\n4\r\n5\r\n"));
	}
	CHECK_EQUAL(device.violations, 0);
	host_on_relax = NULL;
}

TEST(console_that_recovers_is_waited_for_again)
{
	add_console(FAKE_HONEST);
	sleep_for(1000000);
	for (u32 i = 0; i < 10; i++)
		console_write("lost\n", 5);
	host_relaxes = awake_at;
	wake();
	console_write("again\n", 6);
	CHECK(was_sent("again"));
	sleep_for(2000);
	for (u32 i = 0; i < 4; i++)
		console_write("x\n", 2);
	console_write("fifth\n", 6);
	CHECK(was_sent("fifth"));
	host_on_relax = NULL;
}

TEST(handover_waits_until_everything_is_sent)
{
	add_console(FAKE_HONEST);
	console_unregister(&machine_log.console);
	CHECK(console_present());
	sleep_for(2000);
	console_write("bye\n", 4);
	CHECK(!was_sent("bye"));
	devices_quiesce();
	CHECK(was_sent("bye"));
	CHECK(!console_present());
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(device.violations, 0);
	host_on_relax = NULL;
}
