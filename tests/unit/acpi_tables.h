/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of ACPI: Cloud Hypervisor's tables, built by hand in and below the BIOS area, which a
 * test can modify. Include it in one file per test.
 */
#pragma once

#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/platform/acpi.h"
#include "lib/util.h"
#include "tests/host/memory_console.h"
#include "tests/unit/power.h"

#include <asm/timer.h>

#include "tests/unit/test.h"

enum {
	AREA = 0x80000, /* the start of our host memory */
	RSDP = 0xa0000, /* Cloud Hypervisor's */
	XSDT = 0xa0040,
	RSDT = 0xa0140,
	FADT = 0xa0200,
	MCFG = 0xa0400,
	SECOND_MCFG = 0xa0600,
	DSDT = 0xa1000,
	BIOS_RSDP = 0xe0000,
	EBDA = 0x9fc00,
	FADT_SIZE = 276,
};

static u8 page_0[4096];
static struct memory_console acpi_log;
static u8 area[0x100000 - AREA];

static u8 *at(u64 address)
{
	return area + (address - AREA);
}

static void fix_checksum(u8 *bytes, size_t size, size_t where)
{
	bytes[where] -= span_sum(span_of(bytes, size));
}

static void finish_table(u64 address, const char *signature, u32 size)
{
	memcpy(at(address), signature, 4);
	store_le32(at(address + 4), size);
	fix_checksum(at(address), size, 9);
}

static void put_rsdp(u64 address, u8 revision)
{
	u8 *rsdp = at(address);

	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = revision;
	store_le32(rsdp + 16, RSDT);
	store_le32(rsdp + 20, 36);
	store_le64(rsdp + 24, XSDT);
	fix_checksum(rsdp, 20, 8);
	fix_checksum(rsdp, 36, 32);
}

static void put_register(u64 address, u8 space, u64 value)
{
	at(address)[0] = space;
	store_le64(at(address + 4), value);
}

static void put_window(u64 mcfg, u32 index, u64 base, u16 segment, u8 first, u8 last)
{
	u8 *window = at(mcfg + 44 + 16 * index);

	store_le64(window, base);
	store_le16(window + 8, segment);
	window[10] = first;
	window[11] = last;
}

/* Cloud Hypervisor: hardware-reduced, registers at ports 0x600 and 0x608, two segments. */
static void setup(void)
{
	memset(page_0, 0, sizeof(page_0));
	memset(area, 0, sizeof(area));
	put_rsdp(RSDP, 2);
	store_le64(at(XSDT + 36), FADT);
	store_le64(at(XSDT + 44), MCFG);
	finish_table(XSDT, "XSDT", 52);
	store_le32(at(RSDT + 36), MCFG);
	finish_table(RSDT, "RSDT", 40);
	store_le32(at(FADT + 112), 1 << 20 | 1 << 10);
	put_register(FADT + 116, 1, 0x600);
	at(FADT + 128)[0] = 1;
	store_le64(at(FADT + 140), DSDT);
	put_register(FADT + 208, 1, 0x608);
	put_register(FADT + 244, 1, 0x600);
	finish_table(FADT, "FACP", FADT_SIZE);
	put_window(MCFG, 0, 0xe8000000, 0, 0, 0);
	put_window(MCFG, 1, 0xe8100000, 1, 0, 0);
	finish_table(MCFG, "MCFG", 44 + 32);
	memcpy(at(DSDT + 36), "\x5b\x82", 2);
	finish_table(DSDT, "DSDT", 100);
	at(DSDT)[9] ^= 1; /* not checked */

	host_memory_forget();
	host_handlers_forget();
	host_memory_init();
	host_memory_set(0, page_0, sizeof(page_0));
	host_memory_set(AREA, area, sizeof(area));
	boot_info.rsdp = RSDP;
	timer_set_pm_port(0);
	log_set_threshold(LOG_INFO);
	memory_console_init(&acpi_log, "");
}
