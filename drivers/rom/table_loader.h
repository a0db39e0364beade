/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's table loader: a script of the VMM by which firmware places ACPI tables that the VMM has
 * made, and tells them and the VMM where they are (QEMU, hw/acpi/bios-linker-loader.c).
 */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

enum { TABLE_FILES_MAX = 64, TABLE_NAME_SIZE = 56 };

struct table_file {
	char name[TABLE_NAME_SIZE];
	u8 *data; /* where it lies, at ... */
	u64 address;
	u32 size;
};

struct table_loader {
	/* What the script works with, for a test another than fw_cfg. */
	enum status (*size)(const char *name, u32 *size);
	enum status (*read)(const char *name, u32 size, void *to);
	enum status (*write)(const char *name, u32 offset, u32 size, const void *from);
	/*
	 * Memory below 4 GiB that stays, at a power of two. @in_bios_area: where a search of
	 * 0xf0000 to 0xfffff finds it.
	 */
	enum status (*allocate)(u32 size, u32 alignment, bool in_bios_area, u8 **data,
				u64 *address);

	struct table_file files[TABLE_FILES_MAX];
	u32 file_count;
	u64 work; /* bytes that were read and added up: hostile scripts are cut off */
};

/*
 * Runs all of @script. ERR_CORRUPT, ERR_UNSUPPORTED: a line that names what is not there, reaches
 * outside of its file, or is not known in a way that matters; what went before it is done.
 */
enum status table_loader_run(struct table_loader *loader, struct span script);

/* A file that the script has placed. NULL: none. */
const struct table_file *table_loader_find(const struct table_loader *loader, const char *name);
