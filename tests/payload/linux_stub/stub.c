/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that is loaded like a Linux kernel (x86 boot protocol, 64-bit entry) and reports within
 * milliseconds what it received: the whole zero page, the command line, the CRC-32 of itself and of
 * the initrd, the setup_data list, the state of the CPU. Lines go to COM1 as "FATWOOD-GUEST:
 * key=value". guest.action=poweroff ends QEMU through isa-debug-exit at 0xf4, =reboot resets by a
 * triple fault.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COM1 = 0x3f8,
	DEBUG_EXIT = 0xf4,
	IMAGE_CRC = 0x208,
	IMAGE_CODE = 0x1400,

	PARAMS_SIZE = 4096,
	PARAMS_RSDP = 0x70,
	PARAMS_EXT_RAMDISK_IMAGE = 0xc0,
	PARAMS_EXT_RAMDISK_SIZE = 0xc4,
	PARAMS_EXT_COMMAND_LINE = 0xc8,
	PARAMS_SYSSIZE = 0x1f4,
	PARAMS_RAMDISK_IMAGE = 0x218,
	PARAMS_RAMDISK_SIZE = 0x21c,
	PARAMS_COMMAND_LINE = 0x228,
	PARAMS_SETUP_DATA = 0x250,

	COMMAND_LINE_MAX = 65536,
	SETUP_DATA_MAX = 64,
	SERIAL_WAIT_ROUNDS = 100000,
};

static void outb(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t inb(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static uint32_t read_u32(const uint8_t *at)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t read_u64(const uint8_t *at)
{
	return read_u32(at) | (uint64_t)read_u32(at + 4) << 32;
}

static void put(char c)
{
	for (int round = 0; round < SERIAL_WAIT_ROUNDS && !(inb(COM1 + 5) & 0x20); round++)
		;
	outb(COM1, (uint8_t)c);
}

static void print(const char *text)
{
	while (*text)
		put(*text++);
}

static void print_hex(uint64_t value, int digits)
{
	while (digits--)
		put("0123456789abcdef"[value >> (digits * 4) & 0xf]);
}

static void report_key(const char *key)
{
	print("FATWOOD-GUEST: ");
	print(key);
	put('=');
}

static void report_hex(const char *key, uint64_t value)
{
	report_key(key);
	print("0x");
	print_hex(value, 16);
	print("\r\n");
}

static void report(const char *key, const char *text)
{
	report_key(key);
	print(text);
	print("\r\n");
}

static uint32_t crc32(const uint8_t *data, uint64_t size)
{
	uint32_t table[256];
	uint32_t crc = ~0u;

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t value = i;

		for (int bit = 0; bit < 8; bit++)
			value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
		table[i] = value;
	}
	while (size--)
		crc = crc >> 8 ^ table[(crc ^ *data++) & 0xff];
	return ~crc;
}

static bool has_word(const char *line, const char *word)
{
	for (bool start = true; *line; start = *line++ == ' ') {
		size_t i = 0;

		while (start && word[i] && line[i] == word[i])
			i++;
		if (start && !word[i] && (!line[i] || line[i] == ' '))
			return true;
	}
	return false;
}

static void report_cpu(uint64_t stack)
{
	uint64_t cr0, cr3, cr4, flags;
	uint32_t efer;
	uint16_t cs, ds, ss;

	asm volatile("mov %%cr0, %0; mov %%cr3, %1; mov %%cr4, %2; pushfq; pop %3"
		     : "=r"(cr0), "=r"(cr3), "=r"(cr4), "=r"(flags));
	asm volatile("rdmsr" : "=a"(efer) : "c"(0xc0000080) : "rdx");
	asm volatile("mov %%cs, %0; mov %%ds, %1; mov %%ss, %2" : "=r"(cs), "=r"(ds), "=r"(ss));
	report_hex("cr0", cr0);
	report_hex("cr3", cr3);
	report_hex("cr4", cr4);
	report_hex("efer", efer);
	report_hex("cs", cs);
	report_hex("ds", ds);
	report_hex("ss", ss);
	report_hex("rsp", stack);
}

static void report_setup_data(uint64_t address)
{
	for (int i = 0; address && i < SETUP_DATA_MAX; i++) {
		const uint8_t *node = (const uint8_t *)address;

		report_key("setup_data");
		print_hex(read_u32(node + 8), 8);
		put(' ');
		print_hex(read_u32(node + 12), 8);
		put(' ');
		print_hex(crc32(node + 16, read_u32(node + 12)), 8);
		print("\r\n");
		address = read_u64(node);
	}
}

static void report_initrd(const uint8_t *params)
{
	uint64_t address = read_u32(params + PARAMS_RAMDISK_IMAGE) |
			   (uint64_t)read_u32(params + PARAMS_EXT_RAMDISK_IMAGE) << 32;
	uint64_t size = read_u32(params + PARAMS_RAMDISK_SIZE) |
			(uint64_t)read_u32(params + PARAMS_EXT_RAMDISK_SIZE) << 32;

	report_hex("initrd_address", address);
	report_hex("initrd_size", size);
	if (size)
		report_hex("initrd_crc", crc32((const uint8_t *)address, size));
}

[[noreturn]] static void reset(void)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} no_interrupts = { 0, 0 };

	asm volatile("lidt %0; int3" : : "m"(no_interrupts));
	__builtin_unreachable();
}

void stub_main(const uint8_t *params, const uint8_t *image, uint64_t stack);

void stub_main(const uint8_t *params, const uint8_t *image, uint64_t stack)
{
	uint64_t size = (uint64_t)read_u32(params + PARAMS_SYSSIZE) * 16;
	uint64_t rsdp = read_u64(params + PARAMS_RSDP);
	const char *command_line =
		(const char *)(read_u32(params + PARAMS_COMMAND_LINE) |
			       (uint64_t)read_u32(params + PARAMS_EXT_COMMAND_LINE) << 32);

	print("\r\n");
	print("FATWOOD-GUEST: ready\r\n");
	report("kernel", "stub");
	report_key("cmdline");
	for (size_t i = 0; command_line && command_line[i] && i < COMMAND_LINE_MAX; i++)
		put(command_line[i]);
	print("\r\n");
	report_hex("image_address", (uint64_t)image);
	report("image",
	       crc32(image + IMAGE_CODE, size - IMAGE_CODE) == read_u32(image + IMAGE_CRC) ?
		       "good" :
		       "bad");
	report_hex("boot_params_address", (uint64_t)params);
	report_cpu(stack);
	report_initrd(params);
	report_setup_data(read_u64(params + PARAMS_SETUP_DATA));
	if (rsdp)
		report("rsdp",
		       read_u64((const uint8_t *)rsdp) == 0x2052545020445352 ? "good" : "bad");
	else
		report("rsdp", "none");
	report_key("boot_params");
	for (size_t i = 0; i < PARAMS_SIZE; i++)
		print_hex(params[i], 2);
	print("\r\n");
	print("FATWOOD-GUEST: done\r\n");
	if (command_line && has_word(command_line, "guest.action=poweroff"))
		outb(DEBUG_EXIT, 0);
	if (command_line && has_word(command_line, "guest.action=reboot"))
		reset();
}
