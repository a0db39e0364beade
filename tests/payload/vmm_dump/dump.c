/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the data passed by a VMM on COM1, for tests/host/recorded: lines "DUMP: address bytes",
 * both hexadecimal; 32 zero bytes have no line. It prints PVH start information and the data to
 * which it points, the ACPI tables (only the header of the DSDT and of tables above
 * TABLE_SIZE_MAX), and the configuration space of the PCI functions in MCFG's windows.
 */
#include <stdint.h>

enum {
	COM1 = 0x3f8,
	LINE = 32,
	COMMAND_LINE_MAX = 4096,

	START_INFO_SIZE = 56,
	MODULE_SIZE = 32,
	RANGE_SIZE = 24,
	COUNT_MAX = 64,

	BIOS_AREA = 0xe0000,
	BIOS_AREA_END = 0x100000,
	RSDP_SIZE = 36,
	RSDP_XSDT = 24,
	HEADER_SIZE = 36,
	TABLE_SIZE_MAX = 512,
	FADT_X_DSDT = 140,
	MCFG_WINDOWS = 44,
	MCFG_WINDOW_SIZE = 16,

	SLOTS = 32,
	FUNCTIONS = 8,
	FUNCTION_SIZE = 4096,
	CONFIG_SIZE = 256,
};

static void outb(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void print(const char *text)
{
	while (*text)
		outb(COM1, (uint8_t)*text++);
}

static void print_hex(uint32_t value, int digits)
{
	while (digits--)
		outb(COM1, (uint8_t) "0123456789abcdef"[value >> (digits * 4) & 0xf]);
}

static uint32_t read(uint32_t address)
{
	return *(const volatile uint32_t *)address;
}

static void show(uint32_t address, uint32_t size)
{
	for (uint32_t end = address + size; address < end; address += LINE) {
		uint32_t words[LINE / 4] = { 0 }, count = (end - address + 3) / 4, any = 0;

		if (count > LINE / 4)
			count = LINE / 4;
		for (uint32_t i = 0; i < count; i++)
			any |= words[i] = read(address + 4 * i);
		if (!any)
			continue;
		print("DUMP: ");
		print_hex(address, 8);
		print(" ");
		for (uint32_t i = 0; i < count; i++)
			print_hex(__builtin_bswap32(words[i]), 8);
		print("\r\n");
	}
}

static uint32_t limited(uint32_t count)
{
	return count < COUNT_MAX ? count : COUNT_MAX;
}

static uint32_t text_size(uint32_t address)
{
	uint32_t size = 0;

	while (size < COMMAND_LINE_MAX && ((const char *)address)[size])
		size++;
	return size;
}

static uint32_t find_rsdp(void)
{
	for (uint32_t at = BIOS_AREA; at < BIOS_AREA_END; at += 16)
		if (read(at) == 0x20445352 && read(at + 4) == 0x20525450)
			return at;
	return 0;
}

static void show_window(uint32_t base)
{
	for (uint32_t slot = 0; slot < SLOTS * FUNCTIONS; slot++) {
		uint32_t config = base + slot * FUNCTION_SIZE;

		if (read(config) != UINT32_MAX)
			show(config, CONFIG_SIZE);
		if (slot % FUNCTIONS == 0 && !(read(config + 12) & 0x800000))
			slot += FUNCTIONS - 1;
	}
}

static void show_table(uint32_t table)
{
	uint32_t size = read(table + 4);

	show(table, size <= TABLE_SIZE_MAX ? size : HEADER_SIZE);
	if (read(table) == 0x50434146) /* FACP */
		show(read(table + FADT_X_DSDT), HEADER_SIZE);
	if (read(table) == 0x4746434d) /* MCFG */
		for (uint32_t at = MCFG_WINDOWS; at < size; at += MCFG_WINDOW_SIZE)
			show_window(read(table + at));
}

static void show_acpi(uint32_t rsdp)
{
	uint32_t xsdt = rsdp ? read(rsdp + RSDP_XSDT) : 0;

	if (!xsdt)
		return;
	show(rsdp, RSDP_SIZE);
	show(xsdt, read(xsdt + 4));
	for (uint32_t at = HEADER_SIZE; at < read(xsdt + 4); at += 8)
		show_table(read(xsdt + at));
}

void dump(uint32_t start_info);

void dump(uint32_t start_info)
{
	uint32_t rsdp = read(start_info + 32);

	print("\r\nDUMP: start ");
	print_hex(start_info, 8);
	print("\r\n");
	show(start_info, START_INFO_SIZE);
	show(read(start_info + 16), limited(read(start_info + 12)) * MODULE_SIZE);
	show(read(start_info + 24), text_size(read(start_info + 24)));
	show(read(start_info + 40), limited(read(start_info + 48)) * RANGE_SIZE);
	show_acpi(rsdp ? rsdp : find_rsdp());
	print("FATWOOD-GUEST: done\r\n");
}
