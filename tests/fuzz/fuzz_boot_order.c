// SPDX-License-Identifier: Apache-2.0
/* The VMM's list of disk paths: the input is the fw_cfg file. No disk may get lost. */
#include <stdlib.h>

#include "core/block.h"
#include "core/device.h"
#include "core/log.h"
#include "drivers/platform/boot_order.h"
#include "tests/host/host.h"

enum { DISKS = 5, SIZE_MAX_OF_INPUT = 64 * 1024 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct device_address addresses[DISKS] = {
		{ .bus = DEVICE_PCI, .depth = 1, .functions = { 4 << 3 } },
		{ .bus = DEVICE_PCI, .depth = 2, .functions = { 2 << 3, 0 } },
		{ .bus = DEVICE_PCI, .root_index = 1, .depth = 1, .functions = { 1 } },
		{ .bus = DEVICE_VIRTIO_MMIO, .base = 0xfeb02e00 },
		{ .bus = DEVICE_PCI,
		  .depth = 1,
		  .functions = { 9 << 3 },
		  .unit = DEVICE_UNIT_SCSI,
		  .port = 2,
		  .lun = 1 },
	};
	static struct memory_disk disks[DISKS];
	static u8 bytes[512];
	u32 count = 0;
	bool is_past = false;

	if (size > SIZE_MAX_OF_INPUT)
		return 0;
	log_set_threshold(LOG_NONE);
	for (u32 i = 0; i < DISKS; i++) {
		if (!disks[i].device.ops) {
			memory_disk_init(&disks[i], bytes, sizeof(bytes), sizeof(bytes));
			disks[i].device.address = &addresses[i];
			block_register(&disks[i].device);
		}
		disks[i].device.has_turn = false;
	}
	boot_order_apply(span_of(data, size));
	for (struct block_device *disk = block_first(); disk; disk = block_next(disk)) {
		if (is_past && disk->has_turn)
			abort();
		is_past = !disk->has_turn;
		count++;
	}
	if (count != DISKS)
		abort();
	return 0;
}
