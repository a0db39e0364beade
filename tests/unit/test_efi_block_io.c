/* SPDX-License-Identifier: Apache-2.0 */
/* efi/protocols/block_io.c: drives with a writable medium, a read-only medium, and none. */
#include "efi/protocols/disk.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum { BLOCK = 512, BLOCKS = 4, MEDIA_ID = 0 };

static u8 bytes[BLOCKS * BLOCK];
static struct memory_disk memory_disk;
static struct efi_disk disk;
static struct arena arena;
static u8 *buffer;

static void set_up(bool is_removable, bool has_medium, bool is_read_only)
{
	arena_release(&arena);
	host_memory_init();
	memory_disk_init(&memory_disk, bytes, sizeof(bytes), BLOCK);
	memory_disk.device.is_removable = is_removable;
	memory_disk.device.read_only = is_read_only;
	if (!has_medium)
		memory_disk.device.block_count = 0;
	disk = (struct efi_disk){ .device = &memory_disk.device };
	efi_block_io_init(&disk);
	buffer = arena_allocate(&arena, 2 * BLOCK);
}

TEST(a_drive_without_a_medium)
{
	EFI_BLOCK_IO_PROTOCOL *io = &disk.block_io;

	for (u32 is_read_only = 0; is_read_only < 2; is_read_only++) {
		set_up(true, false, is_read_only);
		CHECK(disk.media.RemovableMedia && !disk.media.MediaPresent);
		CHECK_EQUAL(io->ReadBlocks(io, MEDIA_ID, 0, BLOCK, buffer), EFI_NO_MEDIA);
		CHECK_EQUAL(io->ReadBlocks(io, MEDIA_ID, 0, 0, buffer), EFI_NO_MEDIA);
		CHECK_EQUAL(io->WriteBlocks(io, MEDIA_ID, 0, BLOCK, buffer), EFI_NO_MEDIA);
		CHECK_EQUAL(io->FlushBlocks(io), EFI_NO_MEDIA);
		/* The specification has no such status for Reset. */
		CHECK_EQUAL(io->Reset(io, false), EFI_SUCCESS);
		CHECK_EQUAL(memory_disk.reads + memory_disk.writes + memory_disk.flushes, 0);
	}
}

TEST(a_medium_that_can_be_written)
{
	EFI_BLOCK_IO_PROTOCOL *io = &disk.block_io;

	set_up(false, true, false);
	CHECK(disk.media.MediaPresent && !disk.media.RemovableMedia && !disk.media.ReadOnly);
	memset(buffer, 'x', BLOCK);
	CHECK_EQUAL(io->WriteBlocks(io, MEDIA_ID, BLOCKS - 1, BLOCK, buffer), EFI_SUCCESS);
	CHECK_EQUAL(io->FlushBlocks(io), EFI_SUCCESS);
	CHECK_EQUAL(memory_disk.flushes, 1);
	CHECK_EQUAL(io->Reset(io, true), EFI_SUCCESS);
	CHECK_EQUAL(io->ReadBlocks(io, MEDIA_ID, BLOCKS - 1, BLOCK, buffer + BLOCK), EFI_SUCCESS);
	CHECK(memcmp(buffer, buffer + BLOCK, BLOCK) == 0);
}

/* Its alignment on the disk is not described (UEFI 2.11, 13.9.1). */
TEST(a_partition)
{
	struct block_device partition = { .block_size = BLOCK, .block_count = 1 };

	set_up(false, true, false);
	CHECK(!disk.media.LogicalPartition && disk.media.LogicalBlocksPerPhysicalBlock == 1);
	partition.disk = &memory_disk.device;
	disk.device = &partition;
	efi_block_io_init(&disk);
	CHECK(disk.media.LogicalPartition && !disk.media.LogicalBlocksPerPhysicalBlock);
}

TEST(a_medium_that_cannot_be_written)
{
	EFI_BLOCK_IO_PROTOCOL *io = &disk.block_io;

	set_up(true, true, true);
	CHECK(disk.media.MediaPresent && disk.media.RemovableMedia && disk.media.ReadOnly);
	CHECK_EQUAL(io->ReadBlocks(io, MEDIA_ID, 0, BLOCK, buffer), EFI_SUCCESS);
	CHECK_EQUAL(io->WriteBlocks(io, MEDIA_ID, 0, BLOCK, buffer), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(io->FlushBlocks(io), EFI_SUCCESS);
	CHECK_EQUAL(io->Reset(io, false), EFI_SUCCESS);
	CHECK_EQUAL(memory_disk.flushes, 0);
}

TEST(invalid_transfers_do_not_reach_the_disk)
{
	EFI_BLOCK_IO_PROTOCOL *io = &disk.block_io;
	static const struct {
		UINT32 media_id;
		EFI_LBA first;
		UINTN size;
		EFI_STATUS status;
	} rows[] = {
		{ MEDIA_ID + 1, 0, BLOCK, EFI_MEDIA_CHANGED },
		{ MEDIA_ID, 0, BLOCK - 1, EFI_BAD_BUFFER_SIZE },
		{ MEDIA_ID, BLOCKS, BLOCK, EFI_INVALID_PARAMETER },
		{ MEDIA_ID, BLOCKS, 0, EFI_INVALID_PARAMETER },
		{ MEDIA_ID, BLOCKS - 1, 2 * BLOCK, EFI_INVALID_PARAMETER },
		{ MEDIA_ID, UINT64_MAX, 2 * BLOCK, EFI_INVALID_PARAMETER },
	};

	set_up(false, true, false);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_OF(io->ReadBlocks(io, rows[i].media_id, rows[i].first, rows[i].size,
					buffer) == rows[i].status,
			 "row %zu", i);
		CHECK_OF(io->WriteBlocks(io, rows[i].media_id, rows[i].first, rows[i].size,
					 buffer) == rows[i].status,
			 "row %zu", i);
	}
	CHECK_EQUAL(io->ReadBlocks(io, MEDIA_ID, 0, BLOCK, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(io->ReadBlocks(io, MEDIA_ID, 0, BLOCK, (void *)UINT64_MAX),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(io->ReadBlocks(NULL, MEDIA_ID, 0, BLOCK, buffer), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(io->FlushBlocks(NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(io->Reset(NULL, false), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(memory_disk.reads + memory_disk.writes, 0);
}
