/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio-console: what is written arrives, a console that nobody reads holds nothing up, typed text
 * is read.
 */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

static struct fake_virtio device;
static struct fake_function function;

static void add_console(enum fake_lie lie)
{
	machine_start_pci();
	fake_virtio_init(&device, VIRTIO_ID_CONSOLE, VIRTIO_VERSION_1 | VIRTIO_FEATURE(1));
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

TEST(longest_name_is_whole)
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

/* Four buffers are taken, then the wait is over once and for all. */
TEST(console_nobody_reads_holds_nothing_up)
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

TEST(handover_is_the_end_of_it)
{
	add_console(FAKE_HONEST);
	devices_quiesce();
	u32 accesses = device.accesses;
	console_write("late\n", 5);
	CHECK_EQUAL(device.accesses, accesses);
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(device.violations, 0);
}

TEST(lying_console_is_dropped)
{
	add_console(FAKE_HEAD_HUGE);
	console_write("a\n", 2);
	console_write("b\n", 2);
	CHECK(was_logged("not used any more"));
	u32 accesses = device.accesses;
	console_write("c\n", 2);
	CHECK_EQUAL(device.accesses, accesses);
}

static void type(const char *text, u32 written)
{
	struct fake_queue *queue = &device.queues[0];
	u8 *available = (u8 *)(uintptr_t)queue->rings[1], *used = (u8 *)(uintptr_t)queue->rings[2];
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

TEST(typed_text_longer_than_its_buffer_is_nonsense)
{
	add_console(FAKE_HONEST);
	type("x", 65);
	CHECK_EQUAL(console_read(), -1);
	CHECK(was_logged("wrote more"));
}

TEST(console_without_a_queue_is_refused)
{
	machine_start_pci();
	fake_virtio_init(&device, VIRTIO_ID_CONSOLE, VIRTIO_VERSION_1);
	device.queue_size_max[1] = 0;
	fake_function_virtio(&machine, &function, 0, 2, &device, MACHINE_BARS);
	pci_probe();
	CHECK(was_logged("cannot be set up"));
	console_write("a\n", 2);
	CHECK_EQUAL(device.violations, 0);
}
