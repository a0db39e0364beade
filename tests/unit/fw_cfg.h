/* SPDX-License-Identifier: Apache-2.0 */
/* An fw_cfg device with files, accessed through ports and DMA. Include it in one file per test. */
#pragma once

#include <asm/cpu.h>

#include "drivers/platform/fw_cfg.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum { FAKE_FILES_MAX = 8, FAKE_FILE_FIRST = 0x20, FAKE_FILE_SIZE = 256 };
enum { FAKE_UNSEEN_MAX = 16 * 1024 };

static struct fake_fw_cfg {
	bool has_dma, refuses, hangs;
	u32 count;    /* of files, according to the directory */
	u32 in_table; /* actual number */
	u8 directory[4 + FAKE_FILES_MAX * 64];
	u8 files[FAKE_FILES_MAX][FAKE_FILE_SIZE];
	u32 sizes[FAKE_FILES_MAX];
	u16 item;
	u32 offset;
	u32 transfers;
	/* The driver's request, and as it was at the last barrier. */
	u8 *request, published[16];
	/* What the driver sees after its next barrier. */
	u8 *unseen_at, unseen[FAKE_UNSEEN_MAX];
	u32 unseen_size;
} fake;

static u8 *fake_byte(u16 item, u32 offset)
{
	static u8 signature[] = "QEMU";
	u32 index = item - FAKE_FILE_FIRST;

	if (item == FW_CFG_SIGNATURE)
		return offset < 4 ? signature + offset : NULL;
	if (item == FW_CFG_DIRECTORY)
		return offset < sizeof(fake.directory) ? fake.directory + offset : NULL;
	return item >= FAKE_FILE_FIRST && index < fake.in_table && offset < fake.sizes[index] ?
		       fake.files[index] + offset :
		       NULL;
}

static void fake_pass_barrier(enum host_barrier kind)
{
	if (kind == HOST_BARRIER_FULL && fake.request)
		memcpy(fake.published, fake.request, sizeof(fake.published));
	if (kind != HOST_BARRIER_WRITE && fake.unseen_size) {
		memcpy(fake.unseen_at, fake.unseen, fake.unseen_size);
		fake.unseen_size = 0;
	}
}

static void fake_transfer(u8 *request)
{
	u32 control, size;
	u8 *memory;

	/* Only the first one shows where requests are. */
	if (request != fake.request)
		memcpy(fake.published, request, sizeof(fake.published));
	fake.request = request;
	control = __builtin_bswap32(load_le32(fake.published));
	size = __builtin_bswap32(load_le32(fake.published + 4));
	memory = (u8 *)__builtin_bswap64(load_le64(fake.published + 8));
	fake.transfers++;
	if (fake.hangs)
		return;
	store_le32(request, fake.refuses ? __builtin_bswap32(1) : 0);
	if (fake.refuses)
		return;
	if (control & 8) {
		fake.item = (u16)(control >> 16);
		fake.offset = 0;
	}
	for (u32 i = 0; i < size; i++, fake.offset++) {
		u8 *byte = fake_byte(fake.item, fake.offset);

		if (control & 2) {
			CHECK(i < FAKE_UNSEEN_MAX);
			fake.unseen[i] = byte ? *byte : 0;
			fake.unseen_size = i + 1;
			fake.unseen_at = memory;
			memory[i] = 0xee;
		} else if ((control & 16) && byte)
			*byte = memory[i];
	}
}

/* The firmware's data is below 4 GiB; a test's data is in the same 4 GiB as this object. */
static void fake_handle(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u8 *byte;

	(void)context;
	if (write && address == 0x510) {
		CHECK_EQUAL(size, 2);
		fake.item = (u16)*value;
		fake.offset = 0;
	} else if (!write && address == 0x511) {
		CHECK_EQUAL(size, 1);
		byte = fake_byte(fake.item, fake.offset++);
		*value = byte ? *byte : 0;
	} else if (!write && address == 0x514) {
		*value = fake.has_dma ? 0x554d4551 : UINT32_MAX;
	} else if (write && address == 0x518) {
		CHECK(fake.has_dma);
		fake_transfer((u8 *)(((uintptr_t)&fake & ~(uintptr_t)UINT32_MAX) |
				     __builtin_bswap32((u32)*value)));
	}
}

static void fake_start(bool has_dma)
{
	host_handlers_forget();
	host_port_handler(0x510, 12, fake_handle, NULL);
	host_on_barrier = fake_pass_barrier;
	fake = (struct fake_fw_cfg){ .has_dma = has_dma };
}

static u8 *fake_add(const char *name, const void *bytes, u32 size)
{
	u32 index = fake.in_table++;
	u8 *entry = fake.directory + 4 + (size_t)index * 64;

	fake.count++;
	store_le32(fake.directory, __builtin_bswap32(fake.count));
	store_le32(entry, __builtin_bswap32(size));
	entry[5] = (u8)(FAKE_FILE_FIRST + index);
	memcpy(entry + 8, name, min_u64(strlen(name) + 1, 56));
	fake.sizes[index] = size;
	if (bytes)
		memcpy(fake.files[index], bytes, min_u64(size, FAKE_FILE_SIZE));
	return fake.files[index];
}
