/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of drivers: a fake machine, its ACPI data, and the log. Include it in one file per
 * test.
 */
#pragma once

#include "core/block.h"
#include "core/device.h"
#include "core/log.h"
#include "drivers/platform/acpi.h"
#include "lib/util.h"
#include "tests/host/fake_virtio.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/drivers.h"

#define MACHINE_RESERVED 0xc0000000ull /* a MiB of the device hole that is reserved by the VMM */

static struct fake_machine machine;
static u8 machine_bus_last; /* of its windows */
static struct span machine_dsdt;
static struct memory_console machine_log;

/* Replaces drivers/platform/acpi.c, which is not linked into these tests. */
bool acpi_ecam(u32 index, struct ecam *out)
{
	if (index >= machine.ecam_count)
		return false;
	*out = (struct ecam){ .base = machine.ecam[index].base,
			      .segment = machine.ecam[index].segment,
			      .bus_last = machine_bus_last };
	return true;
}

enum status acpi_find_table(const char *signature, u32 index, struct span *out)
{
	if (index != 0 || memcmp(signature, "DSDT", 4) != 0 || span_is_empty(machine_dsdt))
		return ERR_NOT_FOUND;
	*out = machine_dsdt;
	return OK;
}

/* Was it logged since machine_start()? */
[[maybe_unused]] static bool was_logged(const char *text)
{
	return memory_console_has(&machine_log, text);
}

/* An empty machine. Disks of earlier tests stay registered, because devices are never removed. */
static void machine_start(void)
{
	static bool started;

	devices_quiesce();
	if (!started) {
		boot_info_add_range(MACHINE_RESERVED, MIB, MEMORY_RESERVED);
		host_memory_describe();
		log_set_threshold(LOG_DEBUG);
		started = true;
	}
	boot_info.command_line = (struct span){ 0 };
	machine = (struct fake_machine){ 0 };
	machine_dsdt = (struct span){ 0 };
	machine_bus_last = 255;
	fake_machine_start(&machine);
	memory_console_init(&machine_log, "");
}

/*
 * A machine with ECAM, like Cloud Hypervisor's, with BARs near the end of the physical address
 * space.
 */
#define MACHINE_ECAM 0xe8000000ull
#define MACHINE_BARS 0x3ffffff00000ull

[[maybe_unused]] static void machine_start_pci(void)
{
	machine_start();
	machine.ecam[machine.ecam_count++].base = MACHINE_ECAM;
	machine.aliases_functions = true;
}

/* Probes @device as a function on bus 0 and returns its disk, or NULL. */
[[maybe_unused]] static struct block_device *machine_probe_disk(struct fake_function *function,
								struct fake_virtio *device)
{
	struct block_device *before = last_disk(), *after;

	fake_function_virtio(&machine, function, 0, 3, device, MACHINE_BARS);
	pci_probe();
	after = last_disk();
	return after == before ? NULL : after;
}

[[maybe_unused]] static u32 disk_count(void)
{
	u32 count = 0;

	for (struct block_device *disk = block_first(); disk; disk = block_next(disk))
		count++;
	return count;
}
