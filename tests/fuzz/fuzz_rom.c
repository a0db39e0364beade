/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a ROM reads of the machine: fw_cfg with any files and numbers, the sizes of memory in CMOS,
 * and the answer of a flash. All memory that the result points to must be there.
 *
 * Input: 1 flags, 5 CMOS, 4 numbers of 4, then files: 1 name, 4 size that is claimed, 1 bytes that
 * it has, and these. The rest is the kernel, the command line, and the answer of the flash.
 */
#include "core/arch.h"
#include "core/boot_info.h"
#include "core/flash.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/rom.h"
#include "drivers/platform/fw_cfg.h"
#include "drivers/platform/hardware_info.h"
#include "drivers/platform/platform.h"
#include "drivers/rom/rom.h"
#include "efi/efi.h"
#include "efi/tables.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { NO_FW_CFG = 1, HAS_FLASH = 2, FILES_SHIFT = 4 }; /* flags */
enum { FILES_MAX = 15, FIRST_FILE = 0x20, NAME_SIZE = 56, ENTRY_SIZE = 64, CMOS_SIZE = 5 };
enum { AREA = 0xf0000, AREA_SIZE = 0x10000 };
enum { KERNEL, SETUP, INITRD, COMMAND_LINE, NUMBERS };

#define FLASH_END (MEMORY_BELOW_4_GIB - ROM_SIZE)

static const char *const names[] = {
	"etc/e820",
	"opt/fatwood/command-line",
	"etc/reserved-memory-end",
	"etc/extra-pci-roots",
	"etc/msr_feature_control",
	"etc/table-loader",
	"etc/acpi/rsdp",
	"etc/acpi/tables",
	"etc/smbios/smbios-anchor",
	"etc/smbios/smbios-tables",
	"etc/hardware-info",
};

static u8 area[AREA_SIZE];
static u8 directory[4 + FILES_MAX * ENTRY_SIZE];
static struct span files[FILES_MAX], rest, cmos;
static u32 numbers[NUMBERS];
static u8 flags, cmos_index;
static u16 item;
static u32 offset;

/* Of SMBIOS: an entry point in the area, whose checksum is right. */
EFI_STATUS efi_set_configuration_table(const EFI_GUID *guid, void *table)
{
	const u8 *entry = table;
	bool is_3 = guid_equals(guid, &guid_smbios3);

	CHECK(entry >= area && entry < area + AREA_SIZE);
	CHECK(!span_sum(span_of(entry, entry[is_3 ? 6 : 5])));
	return EFI_SUCCESS;
}

static u32 number_of(u16 wanted)
{
	switch (wanted) {
	case FW_CFG_KERNEL_SIZE:
		return numbers[KERNEL];
	case FW_CFG_SETUP_SIZE:
		return numbers[SETUP];
	case FW_CFG_INITRD_SIZE:
		return numbers[INITRD];
	default:
		return numbers[COMMAND_LINE];
	}
}

static struct span content(void)
{
	static u8 number[4];

	switch (item) {
	case FW_CFG_SIGNATURE:
		return flags & NO_FW_CFG ? (struct span){ 0 } : SPAN("QEMU");
	case FW_CFG_DIRECTORY:
		return span_of(directory, sizeof(directory));
	case FW_CFG_KERNEL_SIZE:
	case FW_CFG_SETUP_SIZE:
	case FW_CFG_INITRD_SIZE:
	case FW_CFG_COMMAND_LINE_SIZE:
		store_le32(number, number_of(item));
		return span_of(number, sizeof(number));
	default:
		return item >= FIRST_FILE && item < FIRST_FILE + FILES_MAX ?
			       files[item - FIRST_FILE] :
			       rest;
	}
}

static void access_port(void *context, u64 address, u32 size, bool write, u64 *value)
{
	(void)context, (void)size;
	if (write && address == 0x510) {
		item = (u16)*value;
		offset = 0;
	} else if (write && address == 0x70) {
		cmos_index = (u8)*value;
	} else if (address == 0x71) {
		u32 at = cmos_index < 0x50 ? cmos_index - 0x34u : cmos_index - 0x5bu + 2;

		*value = at < cmos.size ? cmos.data[at] : 0;
	} else if (!write && address == 0x511) {
		struct span bytes = content();

		*value = offset < bytes.size ? bytes.data[offset] : 0;
		offset++;
	}
}

/* The same answer at each page: it may say any size. */
static void access_flash(void *context, u64 address, u32 size, bool write, u64 *value)
{
	(void)context, (void)size;
	if (!write)
		*value = address % PAGE_SIZE < rest.size ? rest.data[address % PAGE_SIZE] : 0;
}

static void read_files(struct reader *input, u32 count)
{
	memset(directory, 0, sizeof(directory));
	directory[3] = (u8)count;
	for (u32 i = 0; i < count; i++) {
		u8 *entry = directory + 4 + i * ENTRY_SIZE;
		const char *name = names[read_u8(input) % ARRAY_SIZE(names)];
		u32 claimed = read_le32(input), size = read_u8(input);

		/* Mostly the true one. */
		store_le32(entry, __builtin_bswap32(claimed % 4 ? size : claimed));
		entry[5] = (u8)(FIRST_FILE + i);
		memcpy(entry + 8, name, min_u64(strlen(name) + 1, NAME_SIZE));
		files[i] = span_of(input->rest.data, min_u64(size, input->rest.size));
		input->rest = span_from(input->rest, files[i].size);
	}
}

static void check_bytes(struct span bytes)
{
	volatile u8 sum = 0;

	for (size_t i = 0; i < bytes.size; i++)
		sum = (u8)(sum + bytes.data[i]);
}

static void check_flash(void)
{
	const struct flash *flash = &variable_flash;

	if (!flash->base)
		return;
	CHECK(flags & HAS_FLASH && flash->base + flash->size == FLASH_END);
	CHECK(flash->size && flash->size % flash->block_size == 0);
	CHECK(is_power_of_two(flash->block_size) && flash->block_size >= PAGE_SIZE);
	CHECK(is_power_of_two(flash->buffer_size) && flash->buffer_size <= 256);
}

static void set_up(struct reader *input)
{
	flags = read_u8(input);
	cmos = span_of(input->rest.data, min_u64(CMOS_SIZE, input->rest.size));
	input->rest = span_from(input->rest, cmos.size);
	for (u32 i = 0; i < NUMBERS; i++)
		numbers[i] = read_le32(input);
	/* Reading by ports takes long. */
	for (u32 i = KERNEL; i <= INITRD; i++)
		if (numbers[i] < 1u << 31)
			numbers[i] %= 64 * KIB;
	memset(files, 0, sizeof(files));
	read_files(input, flags >> FILES_SHIFT);
	rest = input->rest;
	host_handlers_forget();
	host_port_handler(0x70, 2, access_port, NULL);
	host_port_handler(0x510, 8, access_port, NULL);
	if (flags & HAS_FLASH)
		host_mmio_handler(FLASH_END - 8 * MIB, 8 * MIB, access_flash, NULL);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct reader input = { .rest = span_of(data, size) };
	struct span line;

	log_set_threshold(LOG_NONE);
	set_up(&input);
	host_memory_forget();
	boot_info = (struct boot_info){ 0 };
	variable_flash = (struct flash){ 0 };
	arch_entry = (struct arch_entry){ ENTRY_PROTOCOL_RESET, 0 };
	CHECK(!rom_platform.describe());
	check_bytes(boot_info.command_line);
	boot_info_log();
	host_memory_describe();

	/* The ledger of the host's memory, as what was described is not there. */
	line = boot_info.command_line;
	host_memory_init();
	boot_info.command_line = line;
	memset(area, 0, sizeof(area));
	host_memory_set(AREA, area, sizeof(area));
	bios_area_init();
	rom_prepare();
	check_bytes(boot_info.command_line);
	for (u32 i = 0; i < boot_info.module_count; i++)
		check_bytes(boot_info.modules[i]);
	check_flash();
	if (!(flags & NO_FW_CFG))
		hardware_info_probe();
	efi_smbios_publish();
	return 0;
}
