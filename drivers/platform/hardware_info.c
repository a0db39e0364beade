/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file etc/hardware-info, with one entry for each device, as defined by EDK2's HardwareInfoLib.
 *
 *	offset	size	little endian
 *	0	8	kind of device, 2: uefi-vars
 *	8	8	bytes that follow
 *	16		of uefi-vars: u64 address of its registers
 */
#include "drivers/platform/hardware_info.h"

#include "core/host_variables.h"
#include "core/log.h"
#include "drivers/platform/fw_cfg.h"
#include "lib/util.h"

enum {
	FILE_SIZE_MAX = 1024,
	HEADER_SIZE = 16,
	ADDRESS_SIZE = 8,
	KIND_UEFI_VARIABLES = 2,
};

void hardware_info_read(struct span file)
{
	struct reader r = { .rest = file };

	while (r.rest.size >= HEADER_SIZE) {
		u64 kind = read_le64(&r);
		u64 size = read_le64(&r);
		struct reader device = { .rest = read_bytes(&r, size) };

		if (kind == KIND_UEFI_VARIABLES && device.rest.size >= ADDRESS_SIZE)
			host_variables = read_le64(&device);
	}
}

void hardware_info_probe(void)
{
	const struct fw_cfg_file *file = fw_cfg_find("etc/hardware-info");
	u8 bytes[FILE_SIZE_MAX];

	if (!file)
		return;
	if (file->size > sizeof(bytes) || fw_cfg_read(file->item, 0, file->size, bytes))
		return log_warning("fw_cfg: etc/hardware-info cannot be read");
	hardware_info_read(span_of(bytes, file->size));
}
