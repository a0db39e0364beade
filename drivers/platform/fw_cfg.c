/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fw_cfg through its ports. With DMA a transfer takes one access, whatever its size. A request:
 *
 *	offset	size	big endian
 *	0	4	what to do, or bit 0 for an error and no other bit when it is done
 *	4	4	bytes
 *	8	8	address
 *
 * A file of the directory is u32 size, u16 item, u16 reserved, all big endian, and 56 bytes of
 * name.
 */
#include "drivers/platform/fw_cfg.h"

#include <asm/cpu.h>
#include <asm/io.h>

#include "core/log.h"
#include "core/time.h"
#include "lib/util.h"

enum {
	PORT_SELECT = 0x510,
	PORT_DATA = 0x511,
	PORT_DMA_HIGH = 0x514, /* reads as "QEMU"; the upper half of the request's address is 0 */
	PORT_DMA_LOW = 0x518,  /* the write that starts a transfer */
	DMA_SIGNATURE = 0x554d4551,

	DMA_ERROR = 1 << 0,
	DMA_READ = 1 << 1,
	DMA_SKIP = 1 << 2,
	DMA_SELECT = 1 << 3,
	DMA_WRITE = 1 << 4,
	DMA_TIMEOUT_MS = 10000,

	FILES_MAX = 128,
	ENTRY_SIZE = 64,
};

static struct fw_cfg_file files[FILES_MAX];
static u32 file_count;
static bool has_dma;

static enum status dma(u32 control, u32 size, void *memory)
{
	/* Our image, and everything allocated before page tables are, is below 4 GiB. */
	static struct {
		u32 control, size;
		u64 address;
	} request;
	struct deadline deadline = deadline_after(DMA_TIMEOUT_MS);
	volatile u32 *state = &request.control;

	request.size = __builtin_bswap32(size);
	request.address = __builtin_bswap64((u64)(uintptr_t)memory);
	*state = __builtin_bswap32(control);
	memory_barrier_full();
	port_write32(PORT_DMA_LOW, __builtin_bswap32((u32)(uintptr_t)&request));
	for (;;) {
		u32 left = __builtin_bswap32(*state);

		if (left == 0) {
			memory_barrier_read();
			return OK;
		}
		if (left & DMA_ERROR)
			return ERR_IO;
		if (deadline_passed(&deadline)) {
			has_dma = false; /* so that there is only one wait of that length */
			return ERR_TIMEOUT;
		}
	}
}

static void read_by_port(u16 item, u32 offset, u32 size, u8 *to)
{
	port_write16(PORT_SELECT, item);
	for (u32 i = 0; i < offset; i++)
		port_read8(PORT_DATA);
	for (u32 i = 0; i < size; i++)
		to[i] = port_read8(PORT_DATA);
}

/* One request if it begins at the start of an item, otherwise two. */
static enum status transfer(u16 item, u32 offset, u32 action, u32 size, void *memory)
{
	u32 select = (u32)item << 16 | DMA_SELECT;
	enum status status;

	if (offset == 0)
		return dma(select | action, size, memory);
	status = dma(select | DMA_SKIP, offset, NULL);
	return status ? status : dma(action, size, memory);
}

enum status fw_cfg_read(u16 item, u32 offset, u32 size, void *to)
{
	if (has_dma)
		return transfer(item, offset, DMA_READ, size, to);
	read_by_port(item, offset, size, to);
	return OK;
}

u32 fw_cfg_read_u32(u16 item)
{
	u8 bytes[4];

	return fw_cfg_read(item, 0, sizeof(bytes), bytes) ? 0 : load_le32(bytes);
}

bool fw_cfg_has_dma(void)
{
	return has_dma;
}

enum status fw_cfg_write(u16 item, u32 offset, u32 size, const void *from)
{
	return has_dma ? transfer(item, offset, DMA_WRITE, size, (void *)from) : ERR_UNSUPPORTED;
}

static void read_directory(void)
{
	static u8 bytes[4 + FILES_MAX * ENTRY_SIZE];
	u32 count;

	if (fw_cfg_read(FW_CFG_DIRECTORY, 0, 4, bytes))
		return;
	count = load_be32(bytes);
	if (count > FILES_MAX)
		log_warning("fw_cfg: %u files, %d are used (FILES_MAX)", count, FILES_MAX);
	count = (u32)min_u64(count, FILES_MAX);
	if (fw_cfg_read(FW_CFG_DIRECTORY, 0, 4 + count * ENTRY_SIZE, bytes))
		return;
	for (u32 i = 0; i < count; i++) {
		const u8 *entry = bytes + 4 + i * ENTRY_SIZE;

		files[i].size = load_be32(entry);
		files[i].item = load_be16(entry + 4);
		memcpy(files[i].name, entry + 8, FW_CFG_NAME_SIZE);
		files[i].name[FW_CFG_NAME_SIZE - 1] = 0;
	}
	file_count = count;
}

bool fw_cfg_probe(void)
{
	static const u8 signature[] = { 'Q', 'E', 'M', 'U' };

	file_count = 0;
	has_dma = port_read32(PORT_DMA_HIGH) == DMA_SIGNATURE;
	if (has_dma) {
		read_directory();
		return true;
	}
	port_write16(PORT_SELECT, FW_CFG_SIGNATURE);
	for (u32 i = 0; i < sizeof(signature); i++)
		if (port_read8(PORT_DATA) != signature[i])
			return false;
	read_directory();
	return true;
}

void fw_cfg_start(void)
{
	if (!file_count)
		(void)fw_cfg_probe();
}

const struct fw_cfg_file *fw_cfg_find(const char *name)
{
	for (u32 i = 0; i < file_count; i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}
