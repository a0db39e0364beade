/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The "zero page" that is passed to a Linux kernel for x86, with the setup header in it
 * (Documentation/arch/x86/boot.rst, zero-page.rst). It is a packed struct because we write it;
 * bzimage.c reads the header in a kernel file by offsets. Only the fields that we use have names.
 */
#pragma once

#include "lib/e820.h"
#include "lib/types.h"

enum { E820_ZERO_PAGE_MAX = 128 };

struct [[gnu::packed]] e820_entry {
	u64 base;
	u64 size;
	u32 type;
};

enum setup_data_type {
	SETUP_E820_EXT = 1, /* struct e820_entry: the entries after E820_ZERO_PAGE_MAX */
	SETUP_RNG_SEED = 9,
};

/* Header of an element of the list at boot_params.setup_data; @size bytes follow. */
struct setup_data {
	u64 next; /* physical address, 0 at the end */
	u32 type;
	u32 size;
};

enum {
	LOADER_ID_UNDEFINED = 0xff,

	LOADED_HIGH = 1 << 0, /* loadflags: the protected-mode part belongs at or above 1 MiB */

	XLF_KERNEL_64 = 1 << 0, /* xloadflags: has the 64-bit entry point at offset 0x200 */
	XLF_CAN_BE_LOADED_ABOVE_4G = 1 << 1, /* boot_params, command line and initrd may also be
						above 4 GiB */
};

/* The screen (Documentation/arch/x86/zero-page.rst; include/uapi/linux/screen_info.h). */
enum {
	SCREEN_TYPE_EFI = 0x70, /* a linear framebuffer whose size is in bytes */
	SCREEN_64_BIT_BASE = 1 << 1,
};

struct [[gnu::packed]] screen_info {
	u8 text[0xf];
	u8 type; /* 0x0f */
	u16 text_points;
	u16 width; /* 0x12: pixels */
	u16 height;
	u16 depth; /* bits per pixel */
	u32 base;  /* 0x18: the low half */
	u32 size;
	u32 command_line;
	u16 line_length; /* 0x24: bytes */
	u8 red_size, red_position;
	u8 green_size, green_position;
	u8 blue_size, blue_position;
	u8 reserved_size, reserved_position;
	u8 vesa[0x36 - 0x2e];
	u32 capabilities; /* 0x36 */
	u32 base_high;
	u16 reserved;
};

struct [[gnu::packed]] boot_params {
	struct screen_info screen_info;
	u8 bios[0x70 - 0x40];
	u64 acpi_rsdp_addr; /* 0x070 */
	u8 obsolete[0xc0 - 0x78];
	u32 ext_ramdisk_image; /* 0x0c0: the upper halves of 64-bit numbers */
	u32 ext_ramdisk_size;
	u32 ext_cmd_line_ptr;
	u8 edid_and_efi[0x1e8 - 0xcc];
	u8 e820_entries; /* 0x1e8 */
	u8 disks[0x1f1 - 0x1e9];

	u8 setup_sects; /* 0x1f1: the setup header, as in the file */
	u8 root_and_video[0x210 - 0x1f2];
	u8 type_of_loader; /* 0x210 */
	u8 loadflags;
	u16 setup_move_size;
	u32 code32_start; /* 0x214 */
	u32 ramdisk_image;
	u32 ramdisk_size;
	u32 bootsect_kludge;
	u16 heap_end_ptr;
	u8 ext_loader_ver;
	u8 ext_loader_type;
	u32 cmd_line_ptr; /* 0x228 */
	u32 initrd_addr_max;
	u32 kernel_alignment; /* 0x230 */
	u8 header_middle[0x250 - 0x234];
	u64 setup_data; /* 0x250 */
	u8 header_end[0x290 - 0x258];

	u8 edd_signatures[0x2d0 - 0x290];                 /* 0x290 */
	struct e820_entry e820_table[E820_ZERO_PAGE_MAX]; /* 0x2d0 */
	u8 edd[0x1000 - 0xcd0];
};

static_assert(sizeof(struct e820_entry) == 20);
static_assert(sizeof(struct setup_data) == 16);
static_assert(sizeof(struct screen_info) == 0x40);
static_assert(offsetof(struct screen_info, type) == 0x0f);
static_assert(offsetof(struct screen_info, base) == 0x18);
static_assert(offsetof(struct screen_info, line_length) == 0x24);
static_assert(offsetof(struct screen_info, capabilities) == 0x36);
static_assert(sizeof(struct boot_params) == 4096);
static_assert(offsetof(struct boot_params, acpi_rsdp_addr) == 0x070);
static_assert(offsetof(struct boot_params, ext_ramdisk_image) == 0x0c0);
static_assert(offsetof(struct boot_params, ext_cmd_line_ptr) == 0x0c8);
static_assert(offsetof(struct boot_params, e820_entries) == 0x1e8);
static_assert(offsetof(struct boot_params, setup_sects) == 0x1f1);
static_assert(offsetof(struct boot_params, type_of_loader) == 0x210);
static_assert(offsetof(struct boot_params, code32_start) == 0x214);
static_assert(offsetof(struct boot_params, ramdisk_image) == 0x218);
static_assert(offsetof(struct boot_params, cmd_line_ptr) == 0x228);
static_assert(offsetof(struct boot_params, kernel_alignment) == 0x230);
static_assert(offsetof(struct boot_params, setup_data) == 0x250);
static_assert(offsetof(struct boot_params, e820_table) == 0x2d0);
static_assert(offsetof(struct boot_params, edd) == 0xcd0);

/* screen_info.c: the first display, if there is one. @out is zeroed. */
void screen_info_fill(struct screen_info *out);
