/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot/main.c from its first line to a kernel or the last action: what is tried in which order, and
 * what happens when it fails. Disks, file system and boot methods are provided by the test.
 */
#include "boot/tables.h"
#include "core/boot.h"
#include "core/boot_info.h"
#include "core/device.h"
#include "core/log.h"
#include "core/partition.h"
#include "efi/start.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/fresh.h"

enum { BLOCK = 512, BLOCKS = 32, DISKS_MAX = 4, BIG = 100 * MIB };

/*
 * A disk is described by a text: for each partition, a letter for its kind and one for its content.
 *
 *	E, X, O		ESP, XBOOTLDR, other
 *	1, 2		what the first or the second boot method boots
 *	v		a volume with nothing to boot
 *	?, !		no file system that we know, a corrupt one
 *
 * "" is a disk without partitions, "#" one whose table is corrupt.
 */
static const char *disk_texts[DISKS_MAX];
static struct memory_disk disks[DISKS_MAX];
static u8 bytes[DISKS_MAX][BLOCKS * BLOCK];
static struct device_address addresses[DISKS_MAX];

static struct memory_console console;
static const char *words = "", *keys = "", *stated = "";
static bool only_stated, vmm_has_kernel, vmm_kernel_is_bad;
static enum status description;
static char story[1024];
static const char *bootable = ""; /* the name of the stored option or choice that boots */

static void tell(const char *what)
{
	CHECK(strlen(story) + strlen(what) < sizeof(story));
	strcat(story, what);
}

static void tell_name(const char *before, const char *name)
{
	tell(before);
	tell(name);
	tell(" ");
}

static enum status boot_kernel(void)
{
	struct kernel kernel = { .entry = 42 };

	return kernel_start(&kernel);
}

/* The machine. */

static enum status describe_nothing(void)
{
	tell("other-platform ");
	return ERR_UNRECOGNIZED;
}

static enum status describe_ours(void)
{
	static const u8 kernel[] = { 'K' };

	if (description)
		return description;
	host_memory_init();
	boot_info.command_line = span_of_string(words);
	if (vmm_has_kernel)
		boot_info.modules[boot_info.module_count++] = span_of(kernel, sizeof(kernel));
	return OK;
}

static const struct platform other_platform = { "other", describe_nothing };
static const struct platform our_platform = { "ours", describe_ours };
const struct platform *const platforms[] = { &other_platform, &our_platform, NULL };

const char *const boot_options[] = { "fatwood.log",  "fatwood.disks", "fatwood.last",
				     "fatwood.boot", "fatwood.menu",  NULL };

static void console_probe(void)
{
	memory_console_init(&console, keys);
	console.input_delay = 1;
}

static void disks_probe(void)
{
	for (u32 i = 0; i < DISKS_MAX && disk_texts[i]; i++) {
		memory_disk_init(&disks[i], bytes[i], sizeof(bytes[i]), BLOCK);
		strcpy((char *)bytes[i], disk_texts[i]);
		addresses[i] = (struct device_address){ .bus = DEVICE_VIRTIO_MMIO,
							.unit = DEVICE_UNIT_NONE,
							.base = i };
		disks[i].device.address = &addresses[i];
		block_register(&disks[i].device);
	}
	for (const char *digit = stated; *digit; digit++)
		CHECK(block_state_turn(&addresses[*digit - '0']));
	block_only_stated = only_stated;
}

void (*const console_probes[])(void) = { console_probe, NULL };
void (*const bus_probes[])(void) = { disks_probe, NULL };

/* The disks. */

static enum status scan(struct block_device *disk, struct arena *arena, struct partition_table *out)
{
	static const enum partition_kind kinds[] = {
		['E'] = PARTITION_ESP, ['X'] = PARTITION_XBOOTLDR, ['O'] = PARTITION_OTHER
	};
	char text[BLOCK];

	if (block_read(disk, 0, 1, text))
		return ERR_IO;
	if (text[0] == '#')
		return ERR_CORRUPT;
	out->partitions = arena_allocate(arena, BLOCKS * sizeof(*out->partitions));
	for (out->count = 0; text[2 * out->count]; out->count++)
		CHECK_EQUAL(block_partition(disk, out->count, 1, out->count + 1,
					    kinds[(u8)text[2 * out->count]],
					    &out->partitions[out->count]),
			    OK);
	return OK;
}

static const struct partition_scheme scheme = { "test", scan };
const struct partition_scheme *const partition_schemes[] = { &scheme, NULL };

static char content_of(const struct block_device *partition)
{
	const struct memory_disk *disk = container_of(partition->disk, struct memory_disk, device);

	return (char)disk->bytes[2 * partition->partition_number - 1];
}

static enum status mount(struct block_device *partition, struct arena *arena, struct volume **out)
{
	char content = content_of(partition);
	struct volume *volume;

	if (content == '?')
		return ERR_UNRECOGNIZED;
	if (content == '!')
		return ERR_CORRUPT;
	volume = arena_allocate(arena, sizeof(*volume));
	CHECK(volume != NULL);
	*volume = (struct volume){ .device = partition };
	*out = volume;
	return OK;
}

static const struct fs_ops fs = { .name = "test", .mount = mount };
const struct fs_ops *const file_systems[] = { &fs, NULL };

/* Boot methods. */

static enum status try_volumes(struct boot_disk *volumes, struct arena *arena, char method)
{
	static const struct block_device *last;
	const struct block_device *disk = volumes->volumes[0]->device->disk;
	u64 pages;

	tell((char[]){ method, ':', 0 });
	for (u32 i = 0; i < volumes->volume_count; i++)
		tell_name("", volumes->volumes[i]->device->name);
	/* There is no room for three at once: the memory of one disk is freed before the next. */
	if (disk != last)
		CHECK_EQUAL(arena_allocate_pages(arena, BIG, PAGE_SIZE, MEMORY_ANYWHERE,
						 MEMORY_LOADER_DATA, &pages),
			    OK);
	last = disk;
	for (u32 i = 0; i < volumes->volume_count; i++)
		if (content_of(volumes->volumes[i]->device) == method)
			return boot_kernel();
	return ERR_NOT_FOUND;
}

static enum status boot_first_way(struct boot_disk *volumes, struct arena *arena)
{
	return try_volumes(volumes, arena, '1');
}

static enum status boot_second_way(struct boot_disk *volumes, struct arena *arena)
{
	return try_volumes(volumes, arena, '2');
}

static const struct boot_method first_method = { "first way", boot_first_way };
static const struct boot_method second_method = { "second way", boot_second_way };
const struct boot_method *const boot_methods[] = { &first_method, &second_method, NULL };

static enum status start_choice(struct boot_choice *choice, struct arena *arena)
{
	(void)arena;
	tell_name("chosen:", choice->title);
	return strcmp(choice->title, bootable) == 0 ? boot_kernel() : ERR_CORRUPT;
}

static void list_volumes(struct boot_disk *volumes, struct boot_choices *choices)
{
	for (u32 i = 0; i < volumes->volume_count; i++)
		boot_choice_add(choices, volumes->volumes[i]->device->name, start_choice, NULL);
}

static void list_nothing(struct boot_disk *volumes, struct boot_choices *choices)
{
	(void)volumes, (void)choices;
}

void (*const boot_listers[])(struct boot_disk *, struct boot_choices *) = { list_volumes,
									    list_nothing, NULL };

void efi_boot_options(const struct block_device *disk)
{
	const char *name = disk ? disk->name : "-";

	tell_name("options:", name);
	if (strcmp(name, bootable) == 0)
		(void)boot_kernel();
}

void efi_list_options(struct boot_choices *choices, const struct block_device *disk)
{
	boot_choice_add(choices, disk ? disk->name : "-", start_choice, NULL);
}

static u32 devices_found;

void efi_devices_found(void)
{
	devices_found++;
}

u32 efi_menu_seconds(void)
{
	return MENU_NEVER;
}

/* A kernel supplied by the VMM. */

static bool recognizes(struct span head)
{
	return span_starts_with(head, SPAN("K"));
}

static enum status load(struct boot_entry *entry, struct span head, struct arena *arena,
			struct kernel *out)
{
	(void)entry, (void)head, (void)arena;
	tell("VMM's ");
	*out = (struct kernel){ .start = kernel_start, .entry = 42 };
	return vmm_kernel_is_bad ? ERR_CORRUPT : OK;
}

static const struct image_loader loader = { .name = "test", .recognizes = recognizes, .load = load };
const struct image_loader *const image_loaders[] = { &loader, NULL };

/* Running it. */

[[gnu::noreturn]] void boot_main(void);

static void run(void *context)
{
	(void)context;
	boot_main();
}

/* Returns how the boot ended; the story records the steps. */
static enum host_end boot(const char *disk0, const char *disk1, const char *disk2)
{
	disk_texts[0] = disk0;
	disk_texts[1] = disk1;
	disk_texts[2] = disk2;
	return host_run(run, NULL);
}

FRESH_TEST(the_first_that_boots_is_booted_and_nothing_after_it)
{
	CHECK_EQUAL(boot("Ov", "Ev", "E2"), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform options:- 1:disk0p1 2:disk0p1 1:disk1p1 2:disk1p1 "
			  "1:disk2p1 2:disk2p1 ");
	CHECK_EQUAL(host_kernel.entry, 42);
}

FRESH_TEST(the_order_of_methods_has_priority)
{
	CHECK_EQUAL(boot("E1", "E1", NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform options:- 1:disk0p1 ");
	CHECK_EQUAL(disks[1].reads, 0); /* never tried */
}

FRESH_TEST(boot_partitions_are_one_set_and_come_before_all_others)
{
	CHECK_EQUAL(boot("O1XvOvEvE2", NULL, NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform options:- "
			  "1:disk0p4 disk0p5 disk0p2 2:disk0p4 disk0p5 disk0p2 ");
}

FRESH_TEST(other_partitions_are_tried_one_by_one)
{
	CHECK_EQUAL(boot("OvEvO!O2O1", NULL, NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform options:- 1:disk0p2 2:disk0p2 1:disk0p1 2:disk0p1 "
			  "1:disk0p4 2:disk0p4 ");
}

FRESH_TEST(more_boot_partitions_than_the_limit)
{
	CHECK_EQUAL(boot("EvEvEvEvEvEvEvEvEvEvEvEvEvEvEvEvX1", NULL, NULL), HOST_HALTED);
	CHECK(memory_console_has(&console, "warning: disk0p17: more than 16 volumes to boot from "
					   "(BOOT_VOLUMES_MAX)\r\n"));
}

FRESH_TEST(a_boot_reads_nothing_only_to_name_file_systems)
{
	CHECK_EQUAL(boot("O?O?", "E1", NULL), HOST_ENTERED_KERNEL);
	CHECK_EQUAL(disks[0].reads, 1); /* scan()'s */
}

FRESH_TEST(unsupported_file_systems_have_names_when_nothing_boots)
{
	memcpy(bytes[0] + BLOCK, "XFSB", 4);
	CHECK_EQUAL(boot("O?O?O!", NULL, NULL), HOST_HALTED);
	CHECK(memory_console_has(&console, "error: nothing to boot; tried:\r\n"
					   "error:   disk0p1: file system: not recognized\r\n"
					   "error:   disk0p2: XFS: not recognized\r\n"
					   "error:   disk0p3: file system: corrupt\r\n"));
}

FRESH_TEST(failures_are_listed_before_the_last_action)
{
	words = "fatwood.log=info";
	CHECK_EQUAL(boot("", "#", "E?X!Ov"), HOST_HALTED);
	CHECK_TEXT(story, "other-platform options:- 1:disk2p3 2:disk2p3 ");
	CHECK(memory_console_has(&console, "error: nothing to boot; tried:\r\n"
					   "error:   disk0: partitions: not found\r\n"
					   "error:   disk1: partitions: corrupt\r\n"
					   "error:   disk2p1: file system: not recognized\r\n"
					   "error:   disk2p2: file system: corrupt\r\n"
					   "error:   disk2p3: first way: not found\r\n"
					   "error:   disk2p3: second way: not found\r\n"));
}

FRESH_TEST(a_disk_that_cannot_be_read_costs_only_itself)
{
	static struct memory_disk bad;
	static u8 bad_bytes[BLOCK];

	memory_disk_init(&bad, bad_bytes, sizeof(bad_bytes), BLOCK);
	bad.bad_block = 0;
	block_register(&bad.device);
	CHECK_EQUAL(host_run(run, NULL), HOST_HALTED);
	CHECK(memory_console_has(&console, "disk0: partitions: device error"));
}

FRESH_TEST(no_disk_at_all)
{
	CHECK_EQUAL(boot(NULL, NULL, NULL), HOST_HALTED);
	CHECK(memory_console_has(
		&console,
		"error: no disk found: is one attached by virtio-blk or virtio-scsi or SATA or NVMe or IDE?\r\n"));
	CHECK(memory_console_has(&console, "nothing to boot; tried:\r\nerror:   nothing\r\n"));
}

FRESH_TEST(the_vmm_chooses_the_last_action)
{
	words = "fatwood.last=reset";
	CHECK_EQUAL(boot("Ev", NULL, NULL), HOST_RESET);
}

FRESH_TEST(power_off_is_one_of_them)
{
	words = "fatwood.last=poweroff";
	host_power_off_works = true;
	CHECK_EQUAL(boot("Ev", NULL, NULL), HOST_POWERED_OFF);
}

FRESH_TEST(unknown_words_are_reported_and_ignored)
{
	words = "fatwood.last=explode fatwood.boot=twice fatwood.disks=many "
		"fatwood.log=warning,loud fatwood.color=red";
	CHECK_EQUAL(boot("Ev", "E1", NULL), HOST_ENTERED_KERNEL);
	CHECK(memory_console_has(&console, "fatwood.last=explode: not one of halt, reset"));
	CHECK(memory_console_has(&console, "fatwood.boot=twice: not one of entries, loader"));
	CHECK(memory_console_has(&console, "fatwood.disks=many: not a number"));
	CHECK(memory_console_has(&console, "fatwood.log=loud: not one of none, error"));
	CHECK(memory_console_has(&console, "fatwood.color"));
	CHECK_TEXT(story, "other-platform options:- 1:disk0p1 2:disk0p1 1:disk1p1 ");
}

FRESH_TEST(the_number_of_disks_is_limited)
{
	words = "fatwood.disks=1";
	CHECK_EQUAL(boot("Ev", "E1", NULL), HOST_HALTED);
	CHECK_EQUAL(disks[1].reads, 0);
}

/* In this build, entries come first. */
FRESH_TEST(the_vmm_prefers_the_disks_own_boot_loader)
{
	words = "fatwood.boot=loader";
	CHECK_EQUAL(boot("E1", "E2", NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform options:- 2:disk0p1 1:disk0p1 ");
}

FRESH_TEST(the_vmm_prefers_entries_to_stored_options)
{
	words = "fatwood.boot=entries";
	bootable = "-";
	CHECK_EQUAL(boot("Ev", "Ev", NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform 1:disk0p1 2:disk0p1 1:disk1p1 2:disk1p1 options:- ");
}

FRESH_TEST(stored_options_come_first_otherwise)
{
	bootable = "-";
	CHECK_EQUAL(boot("E1", NULL, NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform options:- ");
}

/* Each disk with the stored options on it; then everything that is not in the VMM's order. */
FRESH_TEST(disks_with_a_stated_turn_come_first)
{
	stated = "20";
	CHECK_EQUAL(boot("Ev", "E1", "Ev"), HOST_ENTERED_KERNEL);
	/* They are named in the order in which they are opened. */
	CHECK_TEXT(story, "other-platform options:disk0 1:disk0p1 2:disk0p1 "
			  "options:disk1 1:disk1p1 2:disk1p1 options:- 1:disk2p1 ");
}

FRESH_TEST(stated_turns_without_stored_options_first)
{
	stated = "1";
	words = "fatwood.boot=entries";
	bootable = "disk0";
	CHECK_EQUAL(boot("E1", "Ev", NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform 1:disk0p1 2:disk0p1 options:disk0 ");
}

FRESH_TEST(only_disks_in_the_vmms_order_are_tried_if_it_says_so)
{
	stated = "1";
	only_stated = true;
	CHECK_EQUAL(boot("E1", "Ev", NULL), HOST_HALTED);
	CHECK_TEXT(story, "other-platform options:disk0 1:disk0p1 2:disk0p1 ");
	CHECK(memory_console_has(
		&console, "error: no disk without a bootindex is tried: the VMM requires this\r\n"
			  "error: nothing to boot; tried:"));
	CHECK_EQUAL(disks[0].reads, 0);
}

FRESH_TEST(the_vmms_kernel_comes_before_any_disk)
{
	vmm_has_kernel = true;
	CHECK_EQUAL(boot("E1", NULL, NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform VMM's ");
	CHECK_EQUAL(disks[0].reads, 0);
}

FRESH_TEST(disks_follow_a_kernel_of_the_vmm_that_is_refused)
{
	vmm_has_kernel = vmm_kernel_is_bad = true;
	CHECK_EQUAL(boot("E1", NULL, NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform VMM's options:- 1:disk0p1 ");
	CHECK(memory_console_has(&console, "warning: VMM: kernel: corrupt\r\n"));
	CHECK_EQUAL(devices_found, 1); /* the kernel may have started UEFI */
}

FRESH_TEST(the_menu_has_the_boot_order_which_follows_a_failed_choice)
{
	stated = "1";
	words = "fatwood.menu=5";
	CHECK_EQUAL(boot("EvX1", "Ev", NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform chosen:disk0 options:disk0 1:disk0p1 2:disk0p1 "
			  "options:- 1:disk1p1 disk1p2 ");
}

FRESH_TEST(a_key_chooses_in_the_menu)
{
	words = "fatwood.menu=menu-force";
	keys = "jj\r";
	bootable = "disk1p1";
	CHECK_EQUAL(boot("E1", "E1", NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT(story, "other-platform chosen:disk1p1 ");
}

FRESH_TEST(without_a_description_nothing_is_tried)
{
	description = ERR_UNRECOGNIZED;
	CHECK_EQUAL(boot("E1", NULL, NULL), HOST_HALTED);
	CHECK_TEXT(story, "other-platform ");
	CHECK(memory_console_has(&console, "error: no supported machine description"));
	CHECK(!memory_console_has(&console, "ours:"));
}

FRESH_TEST(a_broken_description_is_reported)
{
	description = ERR_CORRUPT;
	CHECK_EQUAL(boot("E1", NULL, NULL), HOST_HALTED);
	CHECK(memory_console_has(&console, "error: ours: corrupt\r\nerror: no supported machine"));
}
