/* SPDX-License-Identifier: Apache-2.0 */
/* The boot, from the first line of C to the kernel. Read from the bottom up. */
#include "boot/tables.h"
#include "core/arch.h"
#include "core/boot.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "core/partition.h"
#include "core/power.h"
#include "core/release.h"
#include "core/timing.h"
#include "drivers/platform/acpi.h"
#include "drivers/platform/boot_order.h"
#include "drivers/rom/rom.h"
#include "efi/start.h"
#include "fs/names.h"
#include "lib/text.h"
#include "lib/util.h"
#include "loaders/boot_menu.h"

#define ATTACHMENTS                                                                     \
	"virtio-blk" IF_ENABLED(CONFIG_VIRTIO_SCSI, " or virtio-scsi")                  \
		IF_ENABLED(CONFIG_AHCI, " or SATA") IF_ENABLED(CONFIG_NVME, " or NVMe") \
			IF_ENABLED(CONFIG_IDE, " or IDE")

/*
 * Options on the VMM's command line: "fatwood.log=debug", "fatwood.log=timing", or several
 * separated by commas.
 */
static void apply_log_option(void)
{
	struct span value;

	if (!IS_ENABLED(CONFIG_LOG_OPTION) || !boot_info_option("fatwood.log", &value))
		return;
	while (!span_is_empty(value)) {
		size_t size = 0;
		enum log_level level;

		while (size < value.size && value.data[size] != ',')
			size++;
		struct span word = span_part(value, 0, size);

		if (text_equals(word, "timing"))
			timing_enable();
		else if (log_level_from_name(word, &level))
			log_set_threshold(level);
		else
			log_warning(
				"fatwood.log=%.*s: not one of none, error, warning, info, debug, timing",
				(int)word.size, (const char *)word.data);
		value = span_from(value, min_u64(size + 1, value.size));
	}
}

/* "fatwood.disks=1": the others are left to the guest. */
static void apply_disks_option(void)
{
	struct span value;
	u64 count;

	if (!IS_ENABLED(CONFIG_DISKS_OPTION) || !boot_info_option("fatwood.disks", &value))
		return;
	if (text_to_u64(value, &count))
		block_keep(count);
	else
		log_warning("fatwood.disks=%.*s: not a number", (int)value.size,
			    (const char *)value.data);
}

/* What to do when nothing boots, if the VMM specifies it. */
static void apply_last_option(void)
{
	struct span value;

	if (!IS_ENABLED(CONFIG_LAST_OPTION) || !boot_info_option("fatwood.last", &value))
		return;
	if (!power_set_last_action(value))
		log_warning("fatwood.last=%.*s: not one of halt, reset, poweroff", (int)value.size,
			    (const char *)value.data);
}

static size_t methods_turned;    /* 1: the two boot methods are tried in reverse order */
static bool vmm_prefers_entries; /* also over what a guest has stored */

/* Whether entries or the disk's boot loader come first, if the VMM specifies it. */
static void apply_boot_option(void)
{
	struct span value;

	if (!IS_ENABLED(CONFIG_BOOT_OPTION) || !boot_info_option("fatwood.boot", &value))
		return;
	vmm_prefers_entries = text_equals(value, "entries");
	if (vmm_prefers_entries)
		methods_turned = IS_ENABLED(CONFIG_EFI_LOADER_FIRST);
	else if (text_equals(value, "loader"))
		methods_turned = IS_ENABLED(CONFIG_EFI_LOADER_LAST);
	else
		log_warning("fatwood.boot=%.*s: not one of entries, loader", (int)value.size,
			    (const char *)value.data);
}

static void probe(void (*const probes[])(void))
{
	for (size_t i = 0; probes[i]; i++)
		probes[i]();
}

/* Without a description there is no memory to work with, so only the last action is possible. */
static void describe_machine(void)
{
	for (size_t i = 0; platforms[i]; i++) {
		enum status status = platforms[i]->describe();

		if (!status)
			return;
		if (status != ERR_UNRECOGNIZED)
			log_error("%s: %s", platforms[i]->name, status_name(status));
	}
	log_error("no supported machine description");
	power_last_action();
}

/* Most images boot only this way, so their owner should know what is missing. */
static void note_efi_programs(struct boot_disk *volumes)
{
	static const char said[] = "EFI/BOOT/BOOTX64.EFI needs EFI";
	struct span path = span_of(said, sizeof("EFI/BOOT/BOOTX64.EFI") - 1);
	struct file file;

	for (u32 i = 0; i < volumes->volume_count; i++)
		if (!volume_open(volumes->volumes[i], path, &file))
			boot_tried(volumes->volumes[i]->device->name, said, ERR_UNSUPPORTED);
}

/* Tries each boot method on volumes that belong together. Returns only if none of them booted. */
static void boot_volumes(struct boot_disk *volumes, struct arena *arena)
{
	if (volumes->volume_count == 0)
		return;
	timing_mark("volume mounted");
	for (size_t i = 0; boot_methods[i]; i++) {
		const struct boot_method *method = boot_methods[i ^ methods_turned];
		enum status status = method->boot(volumes, arena);

		boot_tried(volumes->volumes[0]->device->name, method->name, status);
	}
	if (!IS_ENABLED(CONFIG_EFI))
		note_efi_programs(volumes);
}

static const char any_file_system[] = "file system";

/* Names a file system that this build cannot read. */
static const char *identify(struct block_device *partition)
{
	const char *name = file_system_name(partition);

	return name ? name : any_file_system;
}

/* Adds the volume on @partition, if there is one that this build can read. */
static void add_volume(struct boot_disk *volumes, struct block_device *partition)
{
	struct volume *volume;
	enum status status;

	if (volumes->volume_count == BOOT_VOLUMES_MAX)
		return log_warning("%s: more than %d volumes to boot from (BOOT_VOLUMES_MAX)",
				   partition->name, BOOT_VOLUMES_MAX);
	status = partition_volume(partition, &volume);
	if (!status)
		volumes->volumes[volumes->volume_count++] = volume;
	else if (IS_ENABLED(CONFIG_FILE_SYSTEM_NAMES) && status == ERR_UNRECOGNIZED)
		boot_tried_partition(partition, identify);
	else
		boot_tried(partition->name, any_file_system, status);
}

static void add_volumes_of_kind(struct boot_disk *volumes, const struct partition_table *table,
				enum partition_kind kind)
{
	for (u32 i = 0; i < table->count; i++)
		if (table->partitions[i].kind == kind)
			add_volume(volumes, &table->partitions[i]);
}

/*
 * The partitions that are meant for booting are one set. Every other partition is tried on its own,
 * after them.
 */
static void boot_partitions(const struct partition_table *table, struct arena *arena,
			    void (*boot)(struct boot_disk *volumes, struct arena *arena))
{
	struct boot_disk volumes = { 0 };

	add_volumes_of_kind(&volumes, table, PARTITION_ESP);
	add_volumes_of_kind(&volumes, table, PARTITION_XBOOTLDR);
	boot(&volumes, arena);
	for (u32 i = 0; i < table->count; i++) {
		struct block_device *partition = &table->partitions[i];

		if (partition->kind == PARTITION_ESP || partition->kind == PARTITION_XBOOTLDR)
			continue;
		volumes.volume_count = 0;
		add_volume(&volumes, partition);
		boot(&volumes, arena);
	}
}

static void boot_disk(struct block_device *disk)
{
	struct arena arena = { 0 };
	const struct partition_table *table;
	enum status status = disk_partitions(disk, &table);

	if (!status && table->count == 0)
		status = ERR_NOT_FOUND;
	if (status)
		boot_tried(disk->name, "partitions", status);
	else
		boot_partitions(table, &arena, boot_volumes);
	arena_release(&arena);
}

static struct boot_choices *listed;

static void list_volumes(struct boot_disk *volumes, struct arena *arena)
{
	(void)arena;
	for (size_t i = 0; volumes->volume_count && boot_listers[i]; i++)
		boot_listers[i ^ methods_turned](volumes, listed);
}

/* The VMM's option takes precedence over what a guest has stored. */
static bool vmm_wants_entry(void)
{
	struct span value;

	return vmm_prefers_entries ||
	       (IS_ENABLED(CONFIG_BOOT_LOADER_CONF) && boot_info_option("fatwood.entry", &value) &&
		!span_is_empty(value));
}

static void list_disk(struct block_device *disk)
{
	const struct partition_table *table;

	if (!disk_partitions(disk, &table))
		boot_partitions(table, listed->arena, list_volumes);
}

/*
 * Tries, or lists, the boot options stored by a guest that are on @disk; NULL: those on none of the
 * disks whose turn the VMM has stated.
 */
static void take_options(const struct block_device *disk)
{
	if (IS_ENABLED(CONFIG_EFI_BOOT_MENU) && listed)
		efi_list_options(listed, disk);
	else
		efi_boot_options(disk);
}

static void take_disk(struct block_device *disk)
{
	if (IS_ENABLED(CONFIG_EFI_BOOT_MENU) && listed)
		list_disk(disk);
	else
		boot_disk(disk);
}

/* Tries the disks whose turn the VMM has stated, one by one. */
static void take_stated_turns(bool options_first)
{
	for (struct block_device *disk = block_first(); disk; disk = block_next(disk)) {
		if (!disk->has_turn)
			continue;
		if (options_first)
			take_options(disk);
		take_disk(disk);
		if (!options_first)
			take_options(disk);
	}
}

/*
 * The order of the boot, or of the choices to list, of which the first is the default. Inlined: as
 * a function, it makes tiny 34 bytes larger and cloudhv 60.
 */
[[gnu::always_inline]] static inline void take_turns(void)
{
	bool options_first = IS_ENABLED(CONFIG_EFI) && !vmm_wants_entry();

	if (IS_ENABLED(CONFIG_BOOT_ORDER)) {
		take_stated_turns(options_first);
		if (block_only_stated)
			return;
	}
	if (options_first)
		take_options(NULL);
	for (struct block_device *disk = block_first(); disk; disk = block_next(disk))
		if (!IS_ENABLED(CONFIG_BOOT_ORDER) || !disk->has_turn)
			take_disk(disk);
	if (IS_ENABLED(CONFIG_EFI) && !options_first)
		take_options(NULL);
}

static void list_all(struct boot_choices *choices)
{
	listed = choices;
	take_turns();
	listed = NULL;
}

/*
 * As from other firmware, a program that starts through UEFI in a ROM expects the screen and the
 * stored variables. A PVH module starts before the devices are found: Firecracker up to 1.16.1 has
 * disks that a kernel cannot use after us.
 */
static const bool vmms_kernel_is_after_devices = IS_ENABLED(CONFIG_ENTRY_RESET) &&
						 IS_ENABLED(CONFIG_EFI);

static void boot_what_the_vmm_gave(void)
{
	struct arena arena = { 0 };
	enum status status;

	status = boot_direct(&arena);
	if (status != ERR_NOT_FOUND)
		boot_tried("VMM", "kernel", status);
	arena_release(&arena);
}

[[gnu::noreturn]] void boot_main(void);

void boot_main(void)
{
	timing_mark("entry");
	probe(console_probes);
	describe_machine();
	apply_log_option();
	log_replay();
	apply_last_option();
	apply_boot_option();
	log_info("Fatwood %s, entered by %s", fatwood_release, boot_info.source);
	boot_info_log();
	if (CONFIG_LOG_LEVEL >= LOG_WARNING)
		boot_info_check_options();
	memory_init();
	if (IS_ENABLED(CONFIG_ENTRY_RESET))
		rom_prepare();
	if (IS_ENABLED(CONFIG_ACPI))
		acpi_init();
	if (IS_ENABLED(CONFIG_ENTRY_RESET))
		rom_prepare_processors();
	arch_mmu_init();
	boot_info_map();
	/* Otherwise it is determined by the first wait. */
	if (log_is_wanted(LOG_DEBUG))
		(void)arch_ticks_per_second();
	timing_mark("memory");
	if (IS_ENABLED(CONFIG_BOOT_DIRECT) && !vmms_kernel_is_after_devices)
		boot_what_the_vmm_gave();
	probe(bus_probes);
	apply_disks_option();
	if (IS_ENABLED(CONFIG_BOOT_ORDER))
		boot_order_probe();
	log_replay();
	timing_mark("devices");
	/* A kernel from the VMM may have started UEFI and returned. Builds for size omit this. */
	if (IS_ENABLED(CONFIG_BOOT_DIRECT) && IS_ENABLED(CONFIG_EFI) &&
	    !IS_ENABLED(CONFIG_OPTIMIZE_SIZE))
		efi_devices_found();
	if (IS_ENABLED(CONFIG_BOOT_DIRECT) && vmms_kernel_is_after_devices)
		boot_what_the_vmm_gave();
	if (!block_first())
		log_error("no disk found: is one attached by " ATTACHMENTS "?");
	if (IS_ENABLED(CONFIG_EFI_BOOT_MENU))
		boot_menu(efi_menu_seconds, list_all);
	take_turns();
	if (IS_ENABLED(CONFIG_BOOT_ORDER) && block_only_stated)
		log_error("no disk without a bootindex is tried: the VMM requires this");
	log_error("nothing to boot; tried:");
	boot_log_tried();
	power_last_action();
}
