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

/* A disk that completes its requests in order, each after a time that depends on its sector. */
static u64 (*delay_of)(u32 disk, u64 sector);
static u64 begins[DISKS]; /* of the request that is being processed; 0: none */

static bool has_request(const struct fake_queue *queue, u64 *sector)
{
	const u8 *available = (const u8 *)(uintptr_t)queue->rings[1];
	u32 head = load_le16(available + 4 + queue->seen % queue->size * 2);
	const u8 *descriptor = (const u8 *)(uintptr_t)queue->rings[0] + head * 16;

	if (load_le16(available + 2) == queue->seen)
		return false;
	*sector = load_le64((const u8 *)(uintptr_t)load_le64(descriptor) + 8);
	return true;
}

static void pass_time_by_sector(void)
{
	for (u32 i = 0; i < DISKS; i++) {
		struct fake_virtio *device = &devices[i];
		u64 sector;

		if (!delay_of || device->on_notify != answer_later || !(device->status & DRIVER_OK))
			continue;
		while (has_request(&device->queues[0], &sector)) {
			begins[i] = begins[i] ? begins[i] : host_ticks;
			if (host_ticks - begins[i] < delay_of(i, sector))
				break;
			begins[i] = 0;
			device->on_notify = NULL;
			fake_virtio_notify(device, 2, 2, 0);
			device->on_notify = answer_later;
		}
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
	delay_of = NULL;
}

static void start_delayed(u32 count, u64 (*delay)(u32 disk, u64 sector))
{
	start(count);
	for (u32 i = 0; i < count; i++)
		devices[i].on_notify = answer_later;
	memset(begins, 0, sizeof(begins));
	delay_of = delay;
	host_on_relax = pass_time_by_sector;
	pci_probe();
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

enum { SLOW_SECTOR = 10000, SLOW_SECONDS = 28 };

static u64 slow_at_one_place(u32 disk, u64 sector)
{
	(void)disk;
	/* The request that contains it, of at most 4 MiB. */
	return sector <= SLOW_SECTOR && SLOW_SECTOR - sector < 8192 ? SLOW_SECONDS * SECONDS : 0;
}

/* One sector that takes as long as a disk's own retries costs that time once. */
TEST(disk_that_is_slow_at_one_place_works)
{
	u32 before = disk_count();
	struct block_device *disk;
	u64 begin;

	start_delayed(1, slow_at_one_place);
	disk = first_new_disk(before);
	begin = host_ticks;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
	CHECK(host_ticks - begin < SECONDS);
	CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
	CHECK(host_ticks - begin > SLOW_SECONDS * SECONDS);
	CHECK(host_ticks - begin < 3 * SLOW_SECONDS * SECONDS);
	begin = host_ticks;
	CHECK_EQUAL(block_read(disk, SLOW_SECTOR + 1, 16384, buffer), OK);
	CHECK(host_ticks - begin < 3 * SECONDS);
	CHECK_EQUAL(devices[0].violations, 0);
	end();
}

static u64 slow_until;

static u64 slow_at_the_start(u32 disk, u64 sector)
{
	(void)disk, (void)sector;
	return host_ticks < slow_until ? 29 * SECONDS : 0;
}

/* Network storage that wakes up: later requests are as large as on any other disk. */
TEST(disk_that_is_slow_at_the_start_becomes_fast)
{
	u32 before = disk_count();
	struct block_device *disk;
	u64 begin;

	start_delayed(1, slow_at_the_start);
	disk = first_new_disk(before);
	begin = host_ticks;
	slow_until = begin + 100 * SECONDS;
	for (u32 i = 0; host_ticks < slow_until; i++)
		CHECK_OF(block_read(disk, i, 1, buffer) == OK && i < 5, "%u", i);
	begin = host_ticks;
	CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
	CHECK(host_ticks - begin < 10 * SECONDS);
	CHECK(devices[0].largest_request >= 2 << 20);
	CHECK_EQUAL(devices[0].violations, 0);
	end();
}

static u64 one_is_slow(u32 disk, u64 sector)
{
	(void)sector;
	return disk == 5 ? 20 * SECONDS : 0;
}

/* It takes its own time, also as the first; the others take none. */
TEST(one_slow_disk_among_sixteen)
{
	u32 before = disk_count();
	u64 begin;

	start_delayed(DISKS, one_is_slow);
	struct block_device *disk = first_new_disk(before);

	for (u32 i = 0; i < DISKS; i++, disk = block_next(disk)) {
		CHECK(disk);
		begin = host_ticks;
		CHECK_EQUAL(block_read(disk, 4, 64, buffer), OK);
		CHECK(memcmp(buffer, bytes + 4 * 512, 64 * 512) == 0);
		CHECK_OF(i == 5 ? host_ticks - begin >= 20 * SECONDS &&
					  host_ticks - begin < 24 * SECONDS :
				  host_ticks - begin < SECONDS,
			 "%u", i);
		CHECK_EQUAL(devices[i].violations, 0);
	}
	end();
}

/* All DISKS, which fail in this way except one. */
static struct block_device *find_failing(enum fake_lie lie, u32 honest)
{
	u32 before = disk_count();

	start(DISKS);
	for (u32 i = 0; i < DISKS; i++)
		devices[i].lie = i == honest ? FAKE_HONEST : lie;
	pci_probe();
	return first_new_disk(before);
}

TEST(sixteen_dead_disks_are_waited_for_at_the_same_time)
{
	struct block_device *disk = find_failing(FAKE_DEAD, DISKS);
	u64 begin = host_ticks;

	for (u32 i = 0; i < DISKS; i++, disk = block_next(disk))
		CHECK_OF(block_read(disk, 0, 1, buffer) == ERR_TIMEOUT, "%u", i);
	CHECK(host_ticks - begin > 30 * SECONDS);
	CHECK(host_ticks - begin < 80 * SECONDS); /* each reset is waited for, too */
	end();
}

TEST(dead_disks_take_no_longer_than_one)
{
	struct block_device *disk = find_failing(FAKE_SILENT, 7);
	u64 begin = host_ticks;

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
