/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux for x86-64 as shipped by distributions, with the 64-bit boot protocol of
 * Documentation/arch/x86/boot.rst. The fields of the setup header that are used, by file offset:
 *
 *	0x1f1	1	setup_sects: 512-byte sectors after the first, 0 means 4
 *	0x1f4	4	syssize: of the kernel proper, which follows them, in 16 bytes, rounded up
 *	0x1fe	2	0xaa55
 *	0x201	1	length of the header from 0x202 on
 *	0x202	4	"HdrS"
 *	0x206	2	protocol version; 0x20c has all below
 *	0x211	1	loadflags
 *	0x22c	4	initrd_addr_max: last byte an initrd may occupy
 *	0x230	4	kernel_alignment, if it is
 *	0x234	1	relocatable_kernel
 *	0x235	1	min_alignment: exponent of one that still works, slower
 *	0x236	2	xloadflags
 *	0x238	4	cmdline_size: longest command line, without its NUL
 *	0x258	8	pref_address: where it runs if not relocatable, or loaded lower
 *	0x260	4	init_size: memory it needs there before it has read the memory map
 *
 * Not supported: kernels without the 64-bit entry (before Linux 3.8, or 32-bit), zImage.
 */
#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "core/random.h"
#include "lib/config.h"
#include "lib/util.h"
#include "loaders/boot_params.h"
#include "loaders/command_line.h"
#include "loaders/e820.h"
#include "loaders/initrd.h"
#include "loaders/loaders.h"

enum {
	SECTOR_SIZE = 512,
	SETUP_SECTS_DEFAULT = 4,
	SYSSIZE_UNIT = 16,
	HEADER_START = offsetof(struct boot_params, setup_sects),
	HEADER_END_MIN = 0x264,
	HEADER_END_MAX = offsetof(struct boot_params, edd_signatures),
	VERSION_MIN = 0x20c,
	ENTRY_64 = 0x200,
	RNG_SEED_SIZE = 32,
};

/* Checked: sizes are within the file, alignments powers of two of a page or more. */
struct bzimage {
	u32 header_end;
	u32 code_offset; /* in the file */
	u64 code_size;
	u64 memory_size; /* that must be free at its address */
	u64 preferred;
	u64 alignment;
	u64 alignment_min;
	u32 initrd_last;
	u32 command_line_max;
	bool relocatable;
	bool above_4_gib;
};

/* The kernel's parameters, in one piece of memory. */
struct parameters {
	struct boot_params zero_page;
	struct {
		struct setup_data head;
		u8 bytes[RNG_SEED_SIZE];
	} seed;
	struct setup_data memory_head; /* its entries follow, then the command line */
	struct e820_entry memory[];
};

static bool recognizes(struct span head)
{
	struct span boot_flag = span_part(head, 0x1fe, 2);

	return !span_is_empty(boot_flag) && load_le16(boot_flag.data) == 0xaa55 &&
	       span_equals(span_part(head, 0x202, 4), SPAN("HdrS"));
}

static enum status parse(const char *title, struct span head, u64 file_size, struct bzimage *out)
{
	const u8 *h = head.data;
	u32 version, xloadflags;
	u64 code_size, available;

	if (head.size < HEADER_END_MAX)
		return corrupt("%s: kernel file of %lu bytes", title, file_size);
	version = load_le16(h + 0x206);
	xloadflags = load_le16(h + 0x236);
	if (version < VERSION_MIN || !(xloadflags & XLF_KERNEL_64))
		return unsupported(
			"%s: not a 64-bit kernel of Linux 3.8 or later (boot protocol %u.%02u)",
			title, version >> 8, version & 0xff);
	if (!(h[0x211] & LOADED_HIGH))
		return unsupported("%s: a zImage, not a bzImage", title);

	code_size = (u64)load_le32(h + 0x1f4) * SYSSIZE_UNIT;
	*out = (struct bzimage){
		.header_end = 0x202u + h[0x201],
		.code_offset = ((h[0x1f1] ? h[0x1f1] : SETUP_SECTS_DEFAULT) + 1u) * SECTOR_SIZE,
		.code_size = code_size,
		.memory_size = max_u64(load_le32(h + 0x260), code_size),
		.preferred = load_le64(h + 0x258),
		.alignment = load_le32(h + 0x230),
		.alignment_min = 1ull << (h[0x235] & 63),
		.initrd_last = load_le32(h + 0x22c),
		.command_line_max = load_le32(h + 0x238),
		.relocatable = h[0x234] != 0,
		.above_4_gib = (xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) != 0,
	};
	if (out->header_end < HEADER_END_MIN || out->header_end > HEADER_END_MAX)
		return corrupt("%s: setup header ends at 0x%x", title, out->header_end);
	/* The end of the last unit may be missing (memtest86+). */
	available = file_size - min_u64(file_size, out->code_offset);
	out->code_size = min_u64(code_size, available);
	if (code_size <= ENTRY_64 || code_size > align_up(available, SYSSIZE_UNIT))
		return corrupt("%s: kernel of %u + %lu bytes in a file of %lu (cut off?)", title,
			       out->code_offset, code_size, file_size);
	if (!is_power_of_two(out->alignment) || out->alignment < PAGE_SIZE)
		return corrupt("%s: kernel_alignment 0x%lx", title, out->alignment);
	if (out->alignment_min < PAGE_SIZE || out->alignment_min > out->alignment)
		out->alignment_min = out->alignment;
	return OK;
}

/*
 * Chooses its address: pref_address if that is free, otherwise the next place above. Never below,
 * because it would move itself up to pref_address, overwriting whatever is there.
 */
static enum status place(const char *title, struct bzimage *image, struct arena *arena, u64 *out)
{
	u64 limit = image->above_4_gib ? MEMORY_ANYWHERE : MEMORY_BELOW_4_GIB;
	u64 floor = max_u64(image->preferred, MIB);
	u64 base = image->preferred;
	enum status status = OK;

	if (image->relocatable) {
		status = memory_find_lowest(image->memory_size, image->alignment, floor, limit,
					    &base);
		if (status == ERR_NO_MEMORY && image->alignment_min < image->alignment) {
			image->alignment = image->alignment_min;
			status = memory_find_lowest(image->memory_size, image->alignment, floor,
						    limit, &base);
		}
	} else {
		floor = base;
		limit = base + image->memory_size;
	}
	if (!status)
		status = arena_allocate_pages_at(arena, base, image->memory_size,
						 MEMORY_LOADER_CODE);
	if (status)
		log_warning(
			"%s: no room for a kernel of %lu KiB between 0x%lx and 0x%lx, %lu KiB are free in total",
			title, image->memory_size / 1024, floor, min_u64(limit, arch_memory_end()),
			memory_free_size() / 1024);
	*out = base;
	return status;
}

static void fill_memory_map(struct parameters *parameters)
{
	struct boot_params *zero_page = &parameters->zero_page;
	struct e820_entry entry;
	u32 count = 0, more = 0;

	for (u32 cursor = 0; e820_next(&cursor, &entry);) {
		if (count < E820_ZERO_PAGE_MAX)
			zero_page->e820_table[count++] = entry;
		else
			parameters->memory[more++] = entry;
	}
	zero_page->e820_entries = (u8)count;
	if (more == 0)
		return;
	parameters->memory_head = (struct setup_data){
		.next = zero_page->setup_data,
		.type = SETUP_E820_EXT,
		.size = more * (u32)sizeof(entry),
	};
	zero_page->setup_data = (uintptr_t)&parameters->memory_head;
}

static void fill_seed(struct parameters *parameters)
{
	if (random_read(parameters->seed.bytes, RNG_SEED_SIZE))
		return;
	parameters->seed.head = (struct setup_data){
		.next = parameters->zero_page.setup_data,
		.type = SETUP_RNG_SEED,
		.size = RNG_SEED_SIZE,
	};
	parameters->zero_page.setup_data = (uintptr_t)&parameters->seed;
}

/* Fills in the kernel's header and the command line; the rest is zero. */
static enum status make_parameters(const struct boot_entry *entry, struct span head,
				   const struct bzimage *image, struct arena *arena,
				   struct parameters **out)
{
	struct span vmm = boot_info.command_line;
	u64 command_line_at, size, base;
	enum status status;
	u32 ranges;

	/*
	 * At most one entry for each range, because allocated RAM is also RAM for the kernel.
	 */
	memory_map(&ranges);
	command_line_at = offsetof(struct parameters, memory[ranges]);
	size = command_line_at + command_line_size_max(entry->options, vmm);
	status = arena_allocate_pages(arena, size, PAGE_SIZE, MEMORY_BELOW_4_GIB,
				      MEMORY_LOADER_DATA, &base);
	if (status) {
		log_warning("%s: no room for boot parameters of %lu bytes", entry->title, size);
		return status;
	}

	struct parameters *parameters = (struct parameters *)(uintptr_t)base;
	struct boot_params *zero_page = &parameters->zero_page;
	u64 command_line = base + command_line_at;

	memset(parameters, 0, command_line_at);
	size = command_line_join(entry->options, vmm, (char *)(uintptr_t)command_line);
	if (size > image->command_line_max)
		return unsupported("%s: command line of %lu bytes, the kernel takes %u",
				   entry->title, size, image->command_line_max);
	log_debug("command line: %s", (const char *)(uintptr_t)command_line);

	memcpy(&zero_page->setup_sects, head.data + HEADER_START, image->header_end - HEADER_START);
	zero_page->type_of_loader = LOADER_ID_UNDEFINED;
	zero_page->ext_loader_type = 0;
	zero_page->ext_loader_ver = 0;
	zero_page->kernel_alignment = (u32)image->alignment;
	zero_page->setup_data = 0;
	zero_page->cmd_line_ptr = (u32)command_line;
	*out = parameters;
	return OK;
}

static enum status load(struct boot_entry *entry, struct span head, struct arena *arena,
			struct kernel *out)
{
	struct bzimage image;
	struct parameters *parameters;
	struct boot_params *zero_page;
	u64 base, initrd, initrd_size;
	enum status status = parse(entry->title, head, entry->kernel.size, &image);

	if (status)
		return status;
	status = place(entry->title, &image, arena, &base);
	if (!status)
		status = file_read(&entry->kernel, image.code_offset, image.code_size,
				   (void *)(uintptr_t)base);
	if (!status)
		status = initrd_load(entry, arena,
				     min_u64(image.initrd_last + 1ull, MEMORY_BELOW_4_GIB),
				     image.above_4_gib ? MEMORY_ANYWHERE : 0, &initrd,
				     &initrd_size);
	if (!status)
		status = make_parameters(entry, head, &image, arena, &parameters);
	if (status)
		return status;

	zero_page = &parameters->zero_page;
	zero_page->code32_start = (u32)base;
	zero_page->ramdisk_image = (u32)initrd;
	zero_page->ramdisk_size = (u32)initrd_size;
	zero_page->ext_ramdisk_image = (u32)(initrd >> 32);
	zero_page->ext_ramdisk_size = (u32)(initrd_size >> 32);
	zero_page->acpi_rsdp_addr = boot_info.rsdp;
	if (IS_ENABLED(CONFIG_DISPLAY))
		screen_info_fill(&zero_page->screen_info);
	fill_seed(parameters);
	fill_memory_map(parameters);
	log_debug("kernel at 0x%lx, initrd at 0x%lx, boot_params at 0x%lx", base, initrd,
		  (u64)(uintptr_t)parameters);
	*out = (struct kernel){ .start = kernel_start,
				.entry = base + ENTRY_64,
				.argument = (uintptr_t)parameters };
	return OK;
}

const struct image_loader bzimage_loader = { .name = "bzImage",
					     .recognizes = recognizes,
					     .load = load };
