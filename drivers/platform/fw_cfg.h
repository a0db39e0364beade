/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's firmware configuration device: numbered items and named files from the VMM to its firmware
 * (QEMU, docs/specs/fw_cfg.rst). The content is not trusted: callers check sizes.
 */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

enum fw_cfg_item {
	FW_CFG_SIGNATURE = 0x00,
	FW_CFG_KERNEL_SIZE = 0x08,
	FW_CFG_INITRD_SIZE = 0x0b,
	FW_CFG_KERNEL_DATA = 0x11,
	FW_CFG_INITRD_DATA = 0x12,
	FW_CFG_COMMAND_LINE_SIZE = 0x14,
	FW_CFG_COMMAND_LINE_DATA = 0x15,
	FW_CFG_SETUP_SIZE = 0x17,
	FW_CFG_SETUP_DATA = 0x18,
	FW_CFG_DIRECTORY = 0x19,
};

enum { FW_CFG_NAME_SIZE = 56 };

struct fw_cfg_file {
	u32 size;
	u16 item;
	char name[FW_CFG_NAME_SIZE]; /* ends with a NUL */
};

/* Looks for the device and reads its directory. False: there is no device. */
bool fw_cfg_probe(void);

/*
 * For boot/tables.c: calls fw_cfg_probe() before the first user of a file, unless a ROM has already
 * done so.
 */
void fw_cfg_start(void);

/* Can files be written, and does a transfer take only one VM exit? */
bool fw_cfg_has_dma(void);

/* NULL: there is no such file, or no device. The functions below require that the device exists. */
const struct fw_cfg_file *fw_cfg_find(const char *name);

/*
 * Reads @size bytes of an item from @offset on; bytes past its end are zeroes. ERR_IO: the device
 * reported an error.
 */
enum status fw_cfg_read(u16 item, u32 offset, u32 size, void *to);

/* Reads a 4-byte number, such as the size of an item. 0 if it cannot be read. */
u32 fw_cfg_read_u32(u16 item);

/*
 * Writes to a file that the VMM has made writable, like fw_cfg_read(). ERR_UNSUPPORTED: there is no
 * DMA.
 */
enum status fw_cfg_write(u16 item, u32 offset, u32 size, const void *from);
