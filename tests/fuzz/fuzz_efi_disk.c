/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of calls of EFI_BLOCK_IO_PROTOCOL and EFI_DISK_IO_PROTOCOL for one disk against a
 * model: each status, and all content as seen through both, whatever the cache holds.
 *
 * Input: 1 layout, then steps of 1 operation, 1 media and buffer, 2 start, 2 size; a start or size
 * from 0xff00 on is one of a few large numbers.
 */
#include "core/arena.h"
#include "efi/protocols/disk.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { DISK_SIZE = 32 * 1024, BUFFER_SIZE = 2 * DISK_SIZE, STEP_SIZE = 6, STEPS_MAX = 40 };
enum { READ_BYTES, WRITE_BYTES, READ_BLOCKS, WRITE_BLOCKS, OPERATIONS };

static u8 bytes[DISK_SIZE], model[DISK_SIZE];
static struct memory_disk memory_disk;
static struct efi_disk disk;
static u8 *buffer;

static u64 number_of(u16 value, u64 unit)
{
	static const u64 large[] = { UINT64_MAX, 1ull << 63, UINT64_MAX - 4095, UINT32_MAX,
				     1ull << 32, 1ull << 55, DISK_SIZE,         DISK_SIZE - 1 };

	return value >= 0xff00 ? large[value % ARRAY_SIZE(large)] : value % (DISK_SIZE + 64) * unit;
}

static EFI_STATUS expected(u32 operation, u32 media, const u8 *at, u64 start, u64 size)
{
	const u64 block = disk.media.BlockSize;
	bool by_blocks = operation >= READ_BLOCKS;
	u64 total = by_blocks ? DISK_SIZE / block : DISK_SIZE;
	u64 count = by_blocks ? size / block : size;

	if (media != disk.media.MediaId)
		return EFI_MEDIA_CHANGED;
	if (!at)
		return EFI_INVALID_PARAMETER;
	if (by_blocks && size % block)
		return EFI_BAD_BUFFER_SIZE;
	if (start > total || count > total - start || (by_blocks && start == total))
		return EFI_INVALID_PARAMETER;
	if (size && at != buffer)
		return EFI_INVALID_PARAMETER;
	return operation % 2 && disk.media.ReadOnly ? EFI_WRITE_PROTECTED : EFI_SUCCESS;
}

static EFI_STATUS call(u32 operation, u32 media, u8 *at, u64 start, u64 size)
{
	switch (operation) {
	case READ_BYTES:
		return disk.disk_io.ReadDisk(&disk.disk_io, media, start, size, at);
	case WRITE_BYTES:
		return disk.disk_io.WriteDisk(&disk.disk_io, media, start, size, at);
	case READ_BLOCKS:
		return disk.block_io.ReadBlocks(&disk.block_io, media, start, size, at);
	default:
		return disk.block_io.WriteBlocks(&disk.block_io, media, start, size, at);
	}
}

static void step(const u8 *input, u8 mark)
{
	static u8 *const elsewhere = (u8 *)16; /* no RAM */
	u32 operation = input[0] % OPERATIONS, block = disk.media.BlockSize;
	bool by_blocks = operation >= READ_BLOCKS;
	u64 start = number_of(load_le16(input + 2), 1);
	u64 size = number_of(load_le16(input + 4), by_blocks && input[0] & 0x80 ? block : 1);
	u32 media = disk.media.MediaId + ((input[1] & 0x0f) == 1);
	u8 *at = input[1] >> 4 == 1 ? NULL : input[1] >> 4 == 2 ? elsewhere : buffer;
	EFI_STATUS status;

	if (by_blocks && start < DISK_SIZE)
		start %= DISK_SIZE / block + 2;
	status = expected(operation, media, at, start, size);
	memset(buffer, mark, BUFFER_SIZE);
	CHECK(call(operation, media, at, start, size) == status);
	start *= by_blocks ? block : 1;
	if (!status && operation % 2)
		memset(model + start, mark, size);
	else if (!status)
		CHECK(memcmp(buffer, model + start, size) == 0);
	CHECK(memcmp(bytes, model, DISK_SIZE) == 0);
	/* What was not asked for is unchanged. */
	size = !status && operation % 2 == 0 ? size : 0;
	for (u64 i = size; i < size + 64; i++)
		CHECK(buffer[i] == mark);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct arena arena;
	u8 layout = size ? data[0] : 0;

	if (!buffer)
		buffer = arena_allocate(&arena, BUFFER_SIZE);
	block_cache_invalidate(&memory_disk.device);
	for (u32 i = 0; i < DISK_SIZE; i++)
		bytes[i] = (u8)(i * 3 + (i >> 8));
	memcpy(model, bytes, DISK_SIZE);
	memory_disk_init(&memory_disk, bytes, DISK_SIZE, 512u << layout % 4);
	memory_disk.device.read_only = layout & 0x80;
	disk = (struct efi_disk){ .device = &memory_disk.device };
	efi_block_io_init(&disk);
	efi_disk_io_init(&disk);
	for (u32 i = 0; i < STEPS_MAX && 1 + (i + 1) * STEP_SIZE <= size; i++)
		step(data + 1 + i * STEP_SIZE, (u8)(0x80 + i));
	return 0;
}
