// SPDX-License-Identifier: Apache-2.0
/* QEMU's table loader: the input is the script. The first bytes of a file's name give its size.
 */
#include <stdlib.h>

#include "core/log.h"
#include "drivers/rom/table_loader.h"
#include "lib/util.h"

enum { ALLOCATIONS_MAX = 64 };

static void *allocations[ALLOCATIONS_MAX];
static u32 allocation_count;

static enum status file_size(const char *name, u32 *size)
{
	*size = (u8)name[0];
	return OK;
}

static enum status file_read(const char *name, u32 size, void *to)
{
	memset(to, name[0], size);
	return OK;
}

static enum status file_write(const char *name, u32 offset, u32 size, const void *from)
{
	volatile u8 sum = 0;

	(void)name, (void)offset;
	for (u32 i = 0; i < size; i++)
		sum = (u8)(sum + ((const u8 *)from)[i]);
	return OK;
}

/* Exact size, so that the sanitizer detects overruns. */
static enum status allocate(u32 size, u32 alignment, bool in_bios_area, u8 **data, u64 *address)
{
	(void)alignment, (void)in_bios_area;
	if (allocation_count == ALLOCATIONS_MAX)
		return ERR_NO_MEMORY;
	*data = allocations[allocation_count++] = malloc(size);
	*address = 0x1000 * allocation_count;
	return OK;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct table_loader loader = {
		.size = file_size, .read = file_read, .write = file_write, .allocate = allocate
	};

	log_set_threshold(LOG_NONE);
	if (table_loader_run(&loader, span_of(data, align_down(size, 128))))
		(void)table_loader_find(&loader, "etc/acpi/rsdp");
	while (allocation_count)
		free(allocations[--allocation_count]);
	return 0;
}
