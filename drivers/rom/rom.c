/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine after a reset. QEMU describes memory in fw_cfg, which also has the tables, the
 * command line and the kernel. crosvm's fw_cfg has none of that: the size of memory is in CMOS, the
 * command line is in memory, and devices and tables are already set up.
 *
 *	CMOS	0x34, 0x35	memory above 16 MiB, in 64 KiB
 *		0x5b to 0x5d	memory above 4 GiB, in 64 KiB
 *
 * etc/e820 has entries of 20 bytes: u64 base, u64 size, u32 type.
 */
#include "drivers/rom/rom.h"

#include <asm/io.h>

#include "core/arch.h"
#include "core/arena.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/pci.h"
#include "core/rom.h"
#include "drivers/pci/place.h"
#include "drivers/platform/acpi.h"
#include "drivers/platform/fw_cfg.h"
#include "drivers/platform/handover.h"
#include "drivers/platform/platform.h"
#include "drivers/rom/table_loader.h"
#include "lib/config.h"
#include "lib/e820.h"
#include "lib/util.h"

enum {
	PORT_CMOS_INDEX = 0x70,
	PORT_CMOS_DATA = 0x71,
	CMOS_ABOVE_16_MIB = 0x34,
	CMOS_ABOVE_4_GIB = 0x5b,
	CMOS_UNIT = 64 * 1024,

	E820_ENTRY_SIZE = 20,
	E820_ENTRIES_MAX = 128,
	COMMAND_LINE_MAX = 4096,
	CROSVM_COMMAND_LINE = 0x20000,
	SCRIPT_SIZE_MAX = 512 * 1024,
	KERNEL_SIZE_MAX = 1024 * 1024 * 1024,

	/*
	 * The header of a bzImage (Documentation/arch/x86/boot.rst), whose setup is a separate
	 * item.
	 */
	SETUP_SECTORS = 0x1f1, /* u8, without the first; 0: 4 */
	SETUP_SECTORS_DEFAULT = 4,
	SECTOR_SIZE = 512,
};

#define ECAM_BASE 0xb0000000ull
#define ECAM_BASE_HIGHER 0xe0000000ull /* where memory reaches up to the usual one */
#define ECAM_SIZE (256 * MIB)
#define LOW_WINDOW_BASE 0xc0000000ull
#define LOW_WINDOW_END 0xfec00000ull /* the I/O APIC */
#define PORTS_BASE 0xc000
#define HIGH_WINDOW_ALIGNMENT GIB

static bool has_fw_cfg;
static u64 low_end, high_end; /* of RAM below and above 4 GiB */
static const struct chipset *chipset;

/* Of q35. */
static u64 ecam_base(void)
{
	return low_end <= ECAM_BASE ? ECAM_BASE : ECAM_BASE_HIGHER;
}

static u64 cmos_read(u8 index)
{
	port_write8(PORT_CMOS_INDEX, index);
	return port_read8(PORT_CMOS_DATA);
}

static void add_range(u64 base, u64 size, u32 type)
{
	u64 end;

	handover_add_range(base, size, type);
	if (type != E820_RAM || add_overflows(base, size, &end))
		return;
	if (base < MEMORY_BELOW_4_GIB)
		low_end = max_u64(low_end, min_u64(end, MEMORY_BELOW_4_GIB));
	if (end > MEMORY_BELOW_4_GIB)
		high_end = max_u64(high_end, end);
}

static bool read_e820(void)
{
	static u8 bytes[E820_ENTRIES_MAX * E820_ENTRY_SIZE];
	const struct fw_cfg_file *file = has_fw_cfg ? fw_cfg_find("etc/e820") : NULL;
	struct reader r;

	if (!file || file->size > sizeof(bytes) || fw_cfg_read(file->item, 0, file->size, bytes))
		return false;
	r = (struct reader){ .rest = span_of(bytes, file->size) };
	while (r.rest.size >= E820_ENTRY_SIZE) {
		u64 base = read_le64(&r);
		u64 size = read_le64(&r);

		add_range(base, size, read_le32(&r));
	}
	return low_end != 0;
}

static void read_cmos(void)
{
	u64 above_16 = cmos_read(CMOS_ABOVE_16_MIB) | cmos_read(CMOS_ABOVE_16_MIB + 1) << 8;
	u64 above_4 = cmos_read(CMOS_ABOVE_4_GIB) | cmos_read(CMOS_ABOVE_4_GIB + 1) << 8 |
		      cmos_read(CMOS_ABOVE_4_GIB + 2) << 16;

	add_range(0, 16 * MIB + above_16 * CMOS_UNIT, E820_RAM);
	if (above_4)
		add_range(MEMORY_BELOW_4_GIB, above_4 * CMOS_UNIT, E820_RAM);
}

/* With a kernel, QEMU has a command line; without one, a file that the user may add replaces it. */
static void read_command_line(void)
{
	static u8 text[COMMAND_LINE_MAX];
	const struct fw_cfg_file *file = fw_cfg_find("opt/fatwood/command-line");
	u32 size = fw_cfg_read_u32(FW_CFG_COMMAND_LINE_SIZE);
	u16 item = FW_CFG_COMMAND_LINE_DATA;

	if (size <= 1 && file) {
		size = file->size;
		item = file->item;
	}
	if (size > sizeof(text))
		log_warning("command line of %u bytes, %zu are used", size, sizeof(text));
	size = (u32)min_u64(size, sizeof(text));
	if (size && !fw_cfg_read(item, 0, size, text))
		boot_info.command_line = span_of(text, strnlen((const char *)text, size));
}

static enum status describe(void)
{
	if (arch_entry.protocol != ENTRY_PROTOCOL_RESET)
		return ERR_UNRECOGNIZED;
	boot_info.source = "reset";
	has_fw_cfg = fw_cfg_probe();
	if (read_e820()) {
		chipset = chipset_find();
	} else {
		/* Its PCI host bridge has the ID of an i440FX but is not one. */
		read_cmos();
		handover_set_command_line(CROSVM_COMMAND_LINE);
	}
	boot_info_add_range(MEMORY_BELOW_4_GIB - ROM_SIZE, ROM_SIZE, MEMORY_RESERVED);
	if (chipset && chipset->has_ecam)
		boot_info_add_range(ecam_base(), ECAM_SIZE, MEMORY_RESERVED);
	if (has_fw_cfg)
		read_command_line();
	return OK;
}

const struct platform rom_platform = { .name = "reset", .describe = describe };

static u64 number_in_file(const char *name)
{
	const struct fw_cfg_file *file = fw_cfg_find(name);
	u8 bytes[8] = { 0 };

	if (!file || file->size > sizeof(bytes) || fw_cfg_read(file->item, 0, file->size, bytes))
		return 0;
	return load_le64(bytes);
}

static void place_devices(void)
{
	const struct ecam ecam = { .base = ecam_base(), .bus_last = 255 };
	u64 end = arch_physical_end();
	u64 top = max_u64(max_u64(high_end, MEMORY_BELOW_4_GIB),
			  number_in_file("etc/reserved-memory-end"));
	struct pci_placement placement = {
		.ecam = chipset->has_ecam ? &ecam : NULL,
		.ports = { PORTS_BASE, PCI_PORTS_END },
		.low = { max_u64(LOW_WINDOW_BASE, align_up(low_end, ECAM_SIZE)), LOW_WINDOW_END },
		.has_more_roots = number_in_file("etc/extra-pci-roots") != 0,
		.interrupt_line = chipset->interrupt_line,
	};

	if (chipset->has_ecam)
		placement.low.base = max_u64(placement.low.base, ecam_base() + ECAM_SIZE);
	placement.low.base = min_u64(placement.low.base, LOW_WINDOW_END);
	top = align_up(min_u64(top, end), HIGH_WINDOW_ALIGNMENT);
	if (top < end)
		placement.high = (struct pci_window){ top, end };
	if (pci_place_all(&placement))
		log_error("PCI: no memory for placing devices");
}

static enum status table_size(const char *name, u32 *size)
{
	const struct fw_cfg_file *file = fw_cfg_find(name);

	if (!file)
		return ERR_NOT_FOUND;
	*size = file->size;
	return OK;
}

static enum status table_read(const char *name, u32 size, void *to)
{
	const struct fw_cfg_file *file = fw_cfg_find(name);

	return file ? fw_cfg_read(file->item, 0, size, to) : ERR_NOT_FOUND;
}

static enum status table_write(const char *name, u32 offset, u32 size, const void *from)
{
	const struct fw_cfg_file *file = fw_cfg_find(name);

	return file && offset <= file->size && size <= file->size - offset ?
		       fw_cfg_write(file->item, offset, size, from) :
		       ERR_NOT_FOUND;
}

static enum status table_allocate(u32 size, u32 alignment, bool in_bios_area, u8 **data,
				  u64 *address)
{
	enum status status;

	if (in_bios_area && !bios_area_allocate(size, alignment, data, address))
		return OK;
	/* NVS, because the FACS and the fields that the VMM writes are among them. */
	status = memory_allocate(size, max_u64(alignment, PAGE_SIZE), MEMORY_BELOW_4_GIB,
				 MEMORY_ACPI_NVS, address);
	*data = (u8 *)(uintptr_t)*address;
	return status;
}

static void place_tables(void)
{
	static struct table_loader loader = {
		.size = table_size,
		.read = table_read,
		.write = table_write,
		.allocate = table_allocate,
	};
	const struct fw_cfg_file *script = fw_cfg_find("etc/table-loader");
	const struct table_file *rsdp;
	struct arena arena = { 0 };
	void *bytes;

	if (!script || script->size > SCRIPT_SIZE_MAX)
		return;
	bytes = arena_allocate(&arena, script->size);
	if (!bytes || fw_cfg_read(script->item, 0, script->size, bytes) ||
	    table_loader_run(&loader, span_of(bytes, script->size)))
		log_error("ACPI: the VMM's tables could not be placed");
	rsdp = table_loader_find(&loader, "etc/acpi/rsdp");
	if (!rsdp)
		rsdp = table_loader_find(&loader, "acpi/rsdp"); /* of Alioth */
	if (rsdp)
		boot_info.rsdp = rsdp->address;
	arena_release(&arena);
}

/* The files of -kernel and -initrd become modules, as other VMMs provide them. */
static void add_module(u64 head_size, u16 head, u64 size, u16 item)
{
	u64 total = head_size + size, base;

	if (total == 0 || boot_info.module_count == BOOT_MODULES_MAX)
		return;
	if (total > KERNEL_SIZE_MAX ||
	    memory_allocate(total, PAGE_SIZE, MEMORY_BELOW_4_GIB, MEMORY_LOADER_DATA, &base))
		return log_error("no room for the VMM's kernel or initrd of 0x%lx bytes", total);
	if ((head_size && fw_cfg_read(head, 0, (u32)head_size, (void *)base)) ||
	    fw_cfg_read(item, 0, (u32)size, (void *)(base + head_size))) {
		(void)memory_free(base, total); /* if the ledger is full, it stays allocated */
		return log_error("the VMM's kernel or initrd cannot be read from fw_cfg");
	}
	boot_info.modules[boot_info.module_count++] = span_of((void *)base, total);
}

/*
 * Is the kernel complete, as in its file? Of an ELF file, QEMU provides only the head: it has put
 * the rest in memory, where an option ROM of other firmware starts it. Alioth truncates the setup.
 */
static bool is_whole_kernel(u32 setup_size)
{
	u8 head[SECTOR_SIZE];
	u32 sectors;

	if (setup_size < sizeof(head) || fw_cfg_read(FW_CFG_SETUP_DATA, 0, sizeof(head), head)) {
		log_error("the VMM's kernel is not booted: fw_cfg has no setup code");
		return false;
	}
	if (memcmp(head, "\177ELF", 4) == 0) {
		log_error(
			"the VMM's kernel is an ELF file, which a ROM cannot boot: use its bzImage");
		return false;
	}
	sectors = 1 + (head[SETUP_SECTORS] ? head[SETUP_SECTORS] : SETUP_SECTORS_DEFAULT);
	if (setup_size != sectors * SECTOR_SIZE) {
		log_error(
			"the VMM's kernel is not booted: fw_cfg has %u bytes of setup code, not %u",
			setup_size, sectors * SECTOR_SIZE);
		return false;
	}
	return true;
}

static void read_modules(void)
{
	u32 size = IS_ENABLED(CONFIG_BOOT_DIRECT) ? fw_cfg_read_u32(FW_CFG_KERNEL_SIZE) : 0;
	u32 setup_size = size ? fw_cfg_read_u32(FW_CFG_SETUP_SIZE) : 0;

	if (!size || !is_whole_kernel(setup_size))
		return;
	add_module(setup_size, FW_CFG_SETUP_DATA, size, FW_CFG_KERNEL_DATA);
	add_module(0, 0, fw_cfg_read_u32(FW_CFG_INITRD_SIZE), FW_CFG_INITRD_DATA);
}

/* Memory inside our own image is not mapped for others: leave it. */
static void move_command_line(void)
{
	struct span line = boot_info.command_line;
	u64 base;

	if (span_is_empty(line))
		return;
	boot_info.command_line = (struct span){ 0 };
	if (memory_allocate(line.size, PAGE_SIZE, MEMORY_BELOW_4_GIB, MEMORY_LOADER_DATA, &base))
		return log_error("no room for the command line");
	memcpy((void *)base, line.data, line.size);
	boot_info.command_line = span_of((void *)base, line.size);
}

void rom_prepare(void)
{
	if (arch_entry.protocol != ENTRY_PROTOCOL_RESET)
		return;
	move_command_line();
	arch_memory_types_init(low_end, high_end, number_in_file("etc/msr_feature_control"));
	if (chipset) {
		log_debug("chipset: %s", chipset->name);
		chipset_init(chipset, ecam_base());
		bios_area_init();
		place_devices();
	}
	if (IS_ENABLED(CONFIG_EFI_VARIABLES_FLASH))
		rom_flash_find();
	if (!has_fw_cfg)
		return;
	place_tables();
	rom_smbios_place();
	read_modules();
}

void rom_prepare_processors(void)
{
	u32 count = acpi_processor_count(), answered;

	if (arch_entry.protocol != ENTRY_PROTOCOL_RESET || count < 2)
		return;
	answered = 1 + arch_processors_init(count - 1);
	if (answered < count)
		log_warning("%u of %u processors are set up, the others do not answer", answered,
			    count);
	else
		log_debug("%u processors are set up", count);
}
