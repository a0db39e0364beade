/* SPDX-License-Identifier: Apache-2.0 */
/* A VMM's description of the machine: the input is the memory that contains it and everything to
 * which it points.
 */
#pragma once

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/memory.h"
#include "drivers/platform/platform.h"
#include "lib/util.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Entered by the @protocol with the input at @address. */
static void fuzz_platform(const struct platform *platform, u32 protocol, u64 address,
			  const u8 *data, size_t size)
{
	/* The host's RAM is not allocated at this stage. Pointers into it lead to zeroes. */
	static u8 ram[HOST_MEMORY_SIZE];
	volatile u8 sum = 0;

	host_memory_forget();
	host_memory_set(HOST_MEMORY_BASE, ram, sizeof(ram));
	host_memory_set(address, data, size);
	boot_info = (struct boot_info){ 0 };
	arch_entry = (struct arch_entry){ protocol, address };
	if (platform->describe())
		return;
	for (u32 i = 0; i < boot_info.module_count; i++)
		sum = (u8)(sum + boot_info.modules[i].data[boot_info.modules[i].size - 1]);
	for (size_t i = 0; i < boot_info.command_line.size; i++)
		sum = (u8)(sum + boot_info.command_line.data[i]);
	boot_info_log();
	host_memory_describe();
}
