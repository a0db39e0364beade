/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's table loader: the VMM provides ACPI tables and a script with which the firmware places
 * them and patches their addresses into the tables and into the VMM (QEMU,
 * hw/acpi/bios-linker-loader.c).
 */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

enum { TABLE_FILES_MAX = 64, TABLE_NAME_SIZE = 56 };

struct table_file {
	char name[TABLE_NAME_SIZE];
	u8 *data; /* its content */
	u64 address;
	u32 size;
};

struct table_loader {
	/* Access to the files: fw_cfg, or a replacement in tests. */
	enum status (*size)(const char *name, u32 *size);
	enum status (*read)(const char *name, u32 size, void *to);
	enum status (*write)(const char *name, u32 offset, u32 size, const void *from);
	/*
	 * Allocates permanent memory below 4 GiB. @alignment is a power of two. @in_bios_area:
	 * between 0xf0000 and 0xfffff.
	 */
	enum status (*allocate)(u32 size, u32 alignment, bool in_bios_area, u8 **data,
				u64 *address);

	struct table_file files[TABLE_FILES_MAX];
	u32 file_count;
	u64 work; /* bytes read and summed; limited against malicious scripts */
};

/*
 * Runs all of @script. ERR_CORRUPT, ERR_UNSUPPORTED: a command refers to a missing file, exceeds
 * its file, or is unknown and cannot be ignored. Earlier commands have been executed.
 */
enum status table_loader_run(struct table_loader *loader, struct span script);

/* A file that the script has loaded. NULL: there is no such file. */
const struct table_file *table_loader_find(const struct table_loader *loader, const char *name);
