/* SPDX-License-Identifier: Apache-2.0 */
/* NVMe disks, and what they say of themselves; tests/host/fake_nvme.c defines what a violation is.
 */
#include "tests/unit/test.h"

#include "tests/unit/nvme.h"

TEST(reads_blocks_of_all_sizes)
{
	for (u32 size = 512; size <= 4096; size *= 2) {
		struct block_device *disk = start_disk(size);

		CHECK(disk);
		CHECK_EQUAL(disk->block_size, size);
		CHECK_EQUAL(disk->block_count, DISK_SIZE / size);
		CHECK(!disk->read_only && !disk->is_removable);
		CHECK_EQUAL(block_read(disk, 3, 1, buffer), OK);
		CHECK(memcmp(buffer, bytes + 3 * size, size) == 0);
		CHECK_EQUAL(buffer[size], 0xee);
		CHECK_EQUAL(block_read(disk, 0, disk->block_count, buffer), OK);
		CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
		CHECK_EQUAL(nvme.largest, NVME_TRANSFER_SIZE_MAX);
		CHECK_EQUAL(violations(), 0);
	}
}

/* Each access is a VM exit: a change that adds some must be noticed. */
TEST(accesses_are_few)
{
	struct block_device *disk = start_disk(512);
	u32 opened = nvme.accesses;

	CHECK_EQUAL(opened, 18);
	for (u32 i = 0; i < 8; i++)
		CHECK_EQUAL(block_read(disk, i, 1, buffer), OK);
	CHECK_EQUAL(nvme.accesses - opened, 9);
}

TEST(writes_and_flushes)
{
	struct block_device *disk = start_disk(512);

	memset(buffer, 0x5a, 1024);
	CHECK_EQUAL(block_write(disk, 9, 2, buffer), OK);
	CHECK(memcmp(bytes + 9 * 512, buffer, 1024) == 0);
	CHECK_EQUAL(block_flush(disk), OK);
	CHECK_EQUAL(nvme.flushes, 1);
	CHECK_EQUAL(violations(), 0);

	start();
	nvme.identity[525] = 0;
	fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 512);
	disk = probe();
	CHECK_EQUAL(block_flush(disk), OK);
	CHECK_EQUAL(nvme.flushes, 0);

	start();
	fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 512);
	nvme.namespaces[0].identity[99] = 1;
	disk = probe();
	CHECK(disk->read_only);
	CHECK_EQUAL(block_write(disk, 9, 2, buffer), ERR_DENIED);
}

/* Of pages, the first may be entered anywhere, at a multiple of four bytes. */
TEST(buffers_at_all_places_of_a_page)
{
	static const u32 offsets[] = { 0, 4, 512, 2048, 3584, 4092, 1, 511, 4095 };
	static const u32 counts[] = { 1, 7, 8, 9, 15, 16, 17, 100, 4096, 4097 };
	struct block_device *disk = start_disk(512);

	for (u32 i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (u32 j = 0; j < ARRAY_SIZE(counts); j++) {
			u8 *at = buffer + offsets[i];
			u32 size = counts[j] * 512;

			memset(buffer, 0xee, offsets[i] + size + 1);
			CHECK_EQUAL(block_read(disk, 5, counts[j], at), OK);
			CHECK(memcmp(at, bytes + 5 * 512, size) == 0);
			CHECK(at[size] == 0xee && (offsets[i] == 0 || at[-1] == 0xee));
			at[0] ^= 1;
			CHECK_EQUAL(block_write(disk, 5, counts[j], at), OK);
			CHECK(memcmp(at, bytes + 5 * 512, size) == 0);
		}
	}
	CHECK_EQUAL(violations(), 0);
}

TEST(transfers_respect_the_size_limit_of_the_controller)
{
	static const struct {
		u32 shift, largest;
	} cases[] = { { 0, 2 << 20 }, { 1, 8192 },     { 5, 128 << 10 },
		      { 9, 2 << 20 }, { 31, 2 << 20 }, { 255, 2 << 20 } };

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block_device *disk;

		start();
		nvme.identity[77] = (u8)cases[i].shift;
		fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 4096);
		disk = probe();
		CHECK_EQUAL(disk->transfer_size_max, cases[i].largest);
		if (cases[i].shift > 9)
			continue;
		CHECK_EQUAL(block_read(disk, 0, disk->block_count, buffer), OK);
		CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
		CHECK_EQUAL(nvme.largest, cases[i].largest);
		CHECK_EQUAL(violations(), 0);
	}
}

TEST(larger_pages)
{
	for (u64 shift = 0; shift < 16; shift++) {
		struct block_device *disk;

		start();
		nvme.capabilities |= shift << PAGE_SHIFT_BIT;
		fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 512);
		disk = probe();
		if (shift > 4) {
			CHECK(!disk);
			CHECK(was_logged("capabilities 0x"));
			continue;
		}
		CHECK_EQUAL(block_read(disk, 1, 10000, buffer + 512), OK);
		CHECK(memcmp(buffer + 512, bytes + 512, 10000 * 512) == 0);
		CHECK_EQUAL(violations(), 0);
	}
}

TEST(doorbells_at_all_distances)
{
	for (u64 shift = 0; shift < 16; shift++) {
		struct block_device *disk;

		start();
		nvme.capabilities |= shift << DISTANCE_BIT;
		function.bar_sizes[0] = 0x100000;
		fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 512);
		disk = probe();
		CHECK(disk);
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
		CHECK_EQUAL(violations(), 0);

		start();
		nvme.capabilities |= shift << DISTANCE_BIT;
		fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 512);
		CHECK_EQUAL(!!probe(), shift <= 9);
		CHECK_EQUAL(was_logged("no registers of NVMe"), shift > 9);
	}
}

TEST(queues_respect_the_length_limit_of_the_controller)
{
	for (u32 last = 0; last < 20; last++) {
		struct block_device *disk;

		start();
		nvme.capabilities = (nvme.capabilities & ~0xffffull) | last;
		fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 512);
		disk = probe();
		CHECK_EQUAL(!!disk, last > 0);
		for (u32 i = 0; disk && i < 100; i++) {
			CHECK_EQUAL(block_read(disk, i, 1, buffer), OK);
			CHECK(memcmp(buffer, bytes + 512 * i, 512) == 0);
		}
		CHECK_EQUAL(violations(), 0);
	}
}

TEST(controller_is_left_alone_before_its_turn)
{
	start();
	fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 512);
	pci_probe();
	CHECK_EQUAL(nvme.accesses, 0);
	devices_quiesce();
	CHECK_EQUAL(nvme.accesses, 0);
	last_disk();
	CHECK(nvme.accesses > 0);
}

/* As a firmware before us may have left it. */
TEST(controller_that_is_enabled_is_disabled_first)
{
	start();
	fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), 512);
	nvme.configuration = 0x460001;
	nvme.status = 1;
	CHECK(probe());
	CHECK_EQUAL(nvme.disables, 1);
	CHECK_EQUAL(violations(), 0);
}

TEST(namespaces_are_disks_in_their_order)
{
	static u8 others[3][8192];
	static const u32 ids[] = { 2, 5, 0x10000 };
	struct block_device *disk;

	start();
	disk = last_disk();
	for (u32 i = 0; i < 3; i++)
		fake_nvme_add(&nvme, ids[i], others[i], 2048u << i, 512);
	memcpy(nvme.namespaces[1].identity + 120, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	pci_probe();
	for (u32 i = 0; i < 3; i++) {
		disk = block_next(disk);
		CHECK_EQUAL(disk->block_count, 4u << i);
		CHECK_EQUAL(disk->address->unit, DEVICE_UNIT_NVME);
		CHECK_EQUAL(disk->address->namespace_id, ids[i]);
		CHECK_EQUAL(disk->address->eui64, i == 1 ? 0x0807060504030201 : 0);
	}
	CHECK(!block_next(disk));
	CHECK_EQUAL(violations(), 0);
}

/* The VMM may state the turn of a controller, and not which of its namespaces it means. */
TEST(turn_of_a_controller_is_that_of_its_namespaces)
{
	struct device_address address = { .bus = DEVICE_PCI, .depth = 1, .functions = { 4 << 3 } };
	struct block_device *disk;

	start();
	last_disk();
	block_keep(0);
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	fake_nvme_add(&nvme, 2, bytes, 8192, 512);
	pci_probe();
	CHECK(block_state_turn(&address));
	disk = block_first();
	CHECK(disk->has_turn);
	CHECK(block_next(disk)->has_turn);

	/* Or of one of them. */
	start();
	block_keep(0);
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	fake_nvme_add(&nvme, 2, bytes, 8192, 512);
	pci_probe();
	address.unit = DEVICE_UNIT_NVME;
	address.namespace_id = 2;
	CHECK(block_state_turn(&address));
	disk = block_first();
	CHECK(disk->has_turn);
	CHECK_EQUAL(disk->address->namespace_id, 2);
	CHECK(!block_next(disk)->has_turn);
}

TEST(namespaces_of_a_controller_without_a_list)
{
	for (u32 i = 0; i < 2; i++) {
		u32 before = disk_count();

		start();
		if (i == 0)
			nvme.version = 0x10000;
		else
			nvme.list_is_refused = true;
		fake_nvme_add(&nvme, 2, bytes, 4096, 512);
		fake_nvme_add(&nvme, 4, bytes, 8192, 512);
		pci_probe();
		CHECK_EQUAL(disk_count(), before + 2);
		CHECK_EQUAL(last_disk()->block_count, 16);
		CHECK_EQUAL(violations(), 0);
	}
	/* A number of them that cannot be is no reason to ask for each. */
	start();
	nvme.version = 0x10000;
	store_le32(nvme.identity + 516, UINT32_MAX);
	CHECK(!probe());
	CHECK_EQUAL(nvme.queues[0].commands, 3 + NVME_NAMESPACES_MAX);
}

TEST(lists_that_cannot_be)
{
	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	memset(nvme.list, 0xff, sizeof(nvme.list));
	CHECK(!probe());
	CHECK(was_logged("namespace 0xffffffff after 0x0"));

	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	store_le32(nvme.list + 4, 1);
	CHECK_EQUAL(probe()->block_count, 8);
	CHECK(was_logged("namespace 0x1 after 0x1"));

	start();
	for (u32 i = 0; i < 1024; i++)
		store_le32(nvme.list + 4 * i, i + 1);
	CHECK(!probe());
	CHECK(was_logged("only the first 128"));
	CHECK_EQUAL(nvme.queues[0].commands, 4 + NVME_NAMESPACES_MAX);
}

TEST(namespaces_that_cannot_be_used)
{
	static const struct {
		u32 offset;
		u64 value;
		const char *message;
	} cases[] = {
		{ 0, 0, "found" },
		{ 0, UINT64_MAX, "blocks of 2^9" },
		{ 0, 1ull << 55, "blocks of 2^9" },
		{ 24, 1 << 16, "format 1 of 1" },
		{ 128, 8 << 16, "blocks of 2^8" },
		{ 128, 13 << 16, "blocks of 2^13" },
		{ 128, 255 << 16, "blocks of 2^255" },
		{ 128, 0, "blocks of 2^0" },
		{ 128, 9 << 16 | 8, "8 bytes of metadata" },
		{ 128, UINT64_MAX, "65535 bytes of metadata" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		fake_nvme_add(&nvme, 1, bytes, 4096, 512);
		store_le64(nvme.namespaces[0].identity + cases[i].offset, cases[i].value);
		CHECK_OF(!probe(), "%zu", i);
		CHECK_OF(was_logged(cases[i].message), "%zu", i);
	}
	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	memset(nvme.namespaces[0].identity, 0xff, sizeof(nvme.namespaces[0].identity));
	CHECK(!probe());
}

/* The upper bits of its number count only where there are so many. */
TEST(format_of_many)
{
	struct block_device *disk;

	for (u32 many = 0; many < 2; many++) {
		u8 *identity = nvme.namespaces[0].identity;

		start();
		fake_nvme_add(&nvme, 1, bytes, 4096, 512);
		identity[25] = many ? 40 : 15;
		identity[26] = 2 | 1 << 4 | 2 << 5;
		store_le32(identity + 128 + 4 * 2, 11 << 16);
		store_le32(identity + 128 + 4 * 34, 12 << 16);
		disk = probe();
		CHECK_EQUAL(disk->block_size, many ? 4096 : 2048);
	}
}

TEST(identities_of_controllers)
{
	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	nvme.identity[111] = 2;
	CHECK(!probe());
	CHECK(was_logged("type 2"));
	CHECK_EQUAL(nvme.status, 0);

	/* Before version 1.4 no type was reported. */
	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	nvme.identity[111] = 0;
	CHECK(probe());
	CHECK(was_logged("MODEL"));

	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	memset(nvme.identity, 0xff, sizeof(nvme.identity));
	CHECK(!probe());
	CHECK_EQUAL(violations(), 0);
}
