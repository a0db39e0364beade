/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio-blk disks that answer late or never: the length of waits, and requests to other disks
 * meanwhile.
 */
#include "tests/unit/test.h"

#include "tests/host/fake_machine.h"
#include "tests/unit/machine.h"

enum { DISK_SIZE = 18 * 1024 * 1024, DISKS = 16 };

static u8 bytes[DISK_SIZE], buffer[DISK_SIZE];
static struct fake_virtio devices[DISKS];
static struct fake_function functions[DISKS];
static u64 next_answer, answer_ticks;

#define SECONDS (u64) HOST_TICKS_PER_SECOND

static void answer_later(struct fake_virtio *device, u32 queue)
{
	(void)device, (void)queue;
}

/* Each disk completes one request at a time, whatever its size. */
static void pass_time(void)
{
	if (host_ticks < next_answer)
		return;
	next_answer = host_ticks + answer_ticks;
	for (u32 i = 0; i < DISKS; i++) {
		if (devices[i].on_notify != answer_later || !(devices[i].status & DRIVER_OK))
			continue;
		devices[i].on_notify = NULL;
		fake_virtio_notify(&devices[i], 2, 2, 0);
		devices[i].on_notify = answer_later;
	}
}

static void start(u32 count)
{
	machine_start_pci();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7 + i / 4096);
	memset(buffer, 0, sizeof(buffer));
	for (u32 i = 0; i < count; i++) {
		fake_virtio_disk(&devices[i], bytes, sizeof(bytes), 0);
		devices[i].batch = 1;
		fake_function_virtio(&machine, &functions[i], 0, (u8)(i + 1), &devices[i],
				     MACHINE_BARS - i * (u64)FAKE_BAR_SIZE);
	}
	host_ticks_per_look = SECONDS / 10;
	host_on_relax = pass_time;
}

static void end(void)
{
	host_ticks_per_look = HOST_TICKS_PER_LOOK;
	host_on_relax = NULL;
}

static struct block_device *first_new_disk(u32 before)
{
	struct block_device *disk = block_first();

	while (disk && before--)
		disk = block_next(disk);
	return disk;
}

/* Far longer than any single wait, with smaller requests the longer each takes. */
TEST(disk_that_makes_progress_is_waited_for)
{
	static const struct {
		u32 seconds, smallest, largest;
	} cases[] = { { 2, 2 << 20, 2 << 20 }, { 29, 128 << 10, 2 << 20 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 before = disk_count();
		struct block_device *disk;
		u64 begin = host_ticks;

		start(1);
		devices[0].on_notify = answer_later;
		answer_ticks = cases[i].seconds * SECONDS;
		next_answer = host_ticks + answer_ticks;
		pci_probe();
		disk = first_new_disk(before);
		CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), OK);
		CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
		CHECK(host_ticks - begin > 18 * SECONDS);
		CHECK_EQUAL(devices[0].largest_request, cases[i].largest);
		CHECK(devices[0].requests >= DISK_SIZE / cases[i].largest);
		/* A read of one block is a request of one block, and the next large read starts as
		 * small as before.
		 */
		devices[0].largest_request = 0;
		CHECK_EQUAL(block_read(disk, 0, 8192, buffer), OK);
		CHECK_EQUAL(devices[0].largest_request, cases[i].smallest);
		CHECK_EQUAL(devices[0].violations + machine.violations, 0);
		end();
	}
}

TEST(dead_disks_take_no_longer_than_one)
{
	u32 before = disk_count();
	u64 begin;

	start(DISKS);
	for (u32 i = 0; i < DISKS; i++)
		devices[i].lie = i == 7 ? FAKE_HONEST : FAKE_SILENT;
	pci_probe();
	begin = host_ticks;
	struct block_device *disk = first_new_disk(before);

	for (u32 i = 0; i < DISKS; i++, disk = block_next(disk)) {
		CHECK(disk);
		CHECK_OF(block_read(disk, 1, 2, buffer) == (i == 7 ? OK : ERR_TIMEOUT), "%u", i);
		CHECK_EQUAL(devices[i].violations, 0);
	}
	CHECK(memcmp(buffer, bytes + 512, 1024) == 0);
	CHECK(host_ticks - begin > 30 * SECONDS);
	CHECK(host_ticks - begin < 40 * SECONDS);
	end();
}

/* The early request has no visible effect. */
TEST(disk_that_answers_before_its_turn_works)
{
	u32 before = disk_count();

	start(3);
	devices[0].lie = FAKE_SILENT;
	devices[1].lie = FAKE_STATUS_ERROR;
	pci_probe();
	struct block_device *disk = first_new_disk(before);

	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_TIMEOUT);
	CHECK_EQUAL(devices[1].requests, 1);
	CHECK_EQUAL(devices[2].requests, 1);
	devices[1].lie = FAKE_HONEST;
	for (u32 i = 1; i < 3; i++) {
		disk = block_next(disk);
		CHECK_EQUAL(block_read(disk, 9, 20, buffer), OK);
		CHECK(memcmp(buffer, bytes + 9 * 512, 20 * 512) == 0);
	}
	end();
}

TEST(other_disks_are_not_accessed_while_the_first_answers)
{
	u32 before = disk_count();

	start(2);
	devices[0].on_notify = answer_later;
	answer_ticks = 2 * SECONDS;
	next_answer = host_ticks + answer_ticks;
	pci_probe();
	struct block_device *disk = first_new_disk(before);

	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	answer_ticks = 10 * SECONDS; /* a disk that has answered is not dead */
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	CHECK_EQUAL(devices[1].accesses, 0);
	end();
}

static bool is_unusable(u64 address)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (address >= map[i].base && address < map[i].end)
			return map[i].type == MEMORY_UNUSABLE;
	return false;
}

/* The device still has the buffer of a finished attempt, so the next attempt must not get it. */
static void expect_memory_kept(struct block_device *disk, struct fake_virtio *device)
{
	struct arena arena = { 0 };
	u64 base, again;

	device->lie = FAKE_DEAD;
	CHECK_EQUAL(arena_allocate_pages(&arena, 8 * PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE,
					 MEMORY_LOADER_DATA, &base),
		    OK);
	CHECK_EQUAL(block_read(disk, 0, 16, (void *)(uintptr_t)base), ERR_TIMEOUT);
	arena_release(&arena);
	CHECK(is_unusable(base) && is_unusable(base + PAGE_SIZE));
	CHECK(is_unusable(device->queues[0].rings[0]));
	CHECK(is_unusable(device->queues[0].rings[2]));
	for (u32 i = 0; i < 100; i++) {
		CHECK_EQUAL(memory_allocate(PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA,
					    &again),
			    OK);
		CHECK(again != base && again != base + PAGE_SIZE);
	}
}

TEST(memory_of_a_disk_that_cannot_be_stopped_is_not_used_again)
{
	u32 before = disk_count();

	start(1);
	pci_probe();
	expect_memory_kept(first_new_disk(before), &devices[0]);
	CHECK_EQUAL(load_le16(functions[0].config + PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
	end();

	before = disk_count();
	machine_start();
	fake_virtio_disk(&devices[0], bytes, sizeof(bytes), 0);
	devices[0].base = 0xc0001000;
	devices[0].size = 4096;
	machine.mmio[machine.mmio_count++] = &devices[0];
	boot_info.command_line = SPAN("virtio_mmio.device=4K@0xc0001000:5");
	virtio_mmio_probe();
	expect_memory_kept(first_new_disk(before), &devices[0]);
}

/* The same applies to the cache's buffer. */
TEST(cache_leaves_memory_of_a_disk_that_cannot_be_stopped)
{
	u32 before = disk_count();
	const u8 *data;
	size_t size;

	start(2);
	devices[0].lie = FAKE_DEAD;
	pci_probe();
	struct block_device *disk = first_new_disk(before);

	CHECK_EQUAL(block_peek(disk, 0, 512, &data, &size), ERR_TIMEOUT);
	CHECK_EQUAL(block_peek(block_next(disk), 0, 512, &data, &size), OK);
	CHECK(!is_unusable((uintptr_t)data));
	CHECK(memcmp(data, bytes, 512) == 0);
	end();
}

/* A device that was reset writes nothing more, so its memory can be used again. */
TEST(memory_of_a_disk_that_was_reset_is_used_again)
{
	u32 before = disk_count();
	struct arena arena = { 0 };
	u64 base;

	start(1);
	devices[0].lie = FAKE_SILENT;
	pci_probe();
	CHECK_EQUAL(arena_allocate_pages(&arena, PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE,
					 MEMORY_LOADER_DATA, &base),
		    OK);
	CHECK_EQUAL(block_read(first_new_disk(before), 0, 1, (void *)(uintptr_t)base), ERR_TIMEOUT);
	arena_release(&arena);
	CHECK(!is_unusable(base));
	CHECK_EQUAL(memory_allocate_at(base, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	CHECK_EQUAL(memory_free(base, PAGE_SIZE), OK);
	end();
}
