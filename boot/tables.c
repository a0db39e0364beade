/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this firmware can do: every optional part of the build, in the order it is tried. The order
 * is policy, and this file defines it.
 */
#include "boot/tables.h"
#include "core/boot.h"
#include "core/boot_info.h"
#include "core/partition.h"
#include "core/volume.h"
#include "drivers/ata/ahci.h"
#include "drivers/ata/ide.h"
#include "drivers/display/display.h"
#include "drivers/input/input.h"
#include "drivers/nvme/nvme.h"
#include "drivers/partition/partition.h"
#include "drivers/pci/pci.h"
#include "drivers/platform/fw_cfg.h"
#include "drivers/platform/hardware_info.h"
#include "drivers/platform/platform.h"
#include "drivers/platform/pvpanic.h"
#include "drivers/serial/serial.h"
#include "drivers/virtio/virtio.h"
#include "efi/start.h"
#include "fs/fat/fat.h"
#include "lib/config.h"
#include "loaders/loaders.h"

/* One row per line. */
/* clang-format off */

const struct platform *const platforms[] = {
	IF_ENABLED(CONFIG_ENTRY_RESET, &rom_platform,)
	IF_ENABLED(CONFIG_PLATFORM_PVH, &pvh_platform,)
	IF_ENABLED(CONFIG_PLATFORM_LINUX_PARAMS, &linux_platform,)
	IF_ENABLED(CONFIG_PLATFORM_MULTIBOOT2, &multiboot2_platform,)
	NULL,
};

/* docs/command-line.md describes them. */
const char *const boot_options[] = {
	IF_ENABLED(CONFIG_LOG_OPTION, "fatwood.log",)
	IF_ENABLED(CONFIG_BOOT_LOADER_CONF, "fatwood.entry",)
	IF_ENABLED(CONFIG_BOOT_MENU, "fatwood.timeout",)
	IF_ENABLED(CONFIG_BOOT_MENU_EDITOR, "fatwood.editor",)
	IF_ENABLED(CONFIG_EFI_BOOT_MENU, "fatwood.menu",)
	IF_ENABLED(CONFIG_DISKS_OPTION, "fatwood.disks",)
	IF_ENABLED(CONFIG_LAST_OPTION, "fatwood.last",)
	IF_ENABLED(CONFIG_BOOT_OPTION, "fatwood.boot",)
	NULL,
};

/* The first one found also prints the lines logged so far. */
void (*const console_probes[])(void) = {
	IF_ENABLED(CONFIG_CONSOLE_UART16550, uart16550_probe,)
	IF_ENABLED(CONFIG_CONSOLE_DEBUG_PORT, debug_port_probe,)
	NULL,
};

/* PCI first: if a VMM offers both, its disks are on PCI. */
void (*const bus_probes[])(void) = {
	IF_ENABLED(CONFIG_PCI, pci_probe,)
	IF_ENABLED(CONFIG_VIRTIO_MMIO, virtio_mmio_probe,)
	IF_ENABLED(CONFIG_FW_CFG, fw_cfg_start,)
	IF_ENABLED(CONFIG_EFI_VARIABLES_HOST, hardware_info_probe,)
	IF_ENABLED(CONFIG_DISPLAY_RAMFB, ramfb_probe,)
	IF_ENABLED(CONFIG_KEYBOARD_I8042, i8042_probe,) /* only if a screen was found */
	IF_ENABLED(CONFIG_PVPANIC, pvpanic_port_probe,)
	NULL,
};

const struct pci_driver *const pci_drivers[] = {
	IF_ENABLED(CONFIG_DISPLAY_BOCHS, &bochs_driver,) /* virtio-vga is one, too */
	IF_ENABLED(CONFIG_VIRTIO_PCI, &virtio_pci_driver,)
	IF_ENABLED(CONFIG_PVPANIC, &pvpanic_driver,)
	/* These match remaining functions by their class. */
	IF_ENABLED(CONFIG_AHCI, &ahci_driver,)
	IF_ENABLED(CONFIG_NVME, &nvme_driver,)
	IF_ENABLED(CONFIG_IDE, &ide_driver,)
	NULL,
};

const struct virtio_driver *const virtio_drivers[] = {
	IF_ENABLED(CONFIG_VIRTIO_BLOCK, &virtio_block_driver,)
	IF_ENABLED(CONFIG_VIRTIO_SCSI, &virtio_scsi_driver,)
	IF_ENABLED(CONFIG_VIRTIO_PMEM, &virtio_pmem_driver,)
	IF_ENABLED(CONFIG_CONSOLE_VIRTIO, &virtio_console_driver,)
	IF_ENABLED(CONFIG_VIRTIO_RANDOM, &virtio_random_driver,)
	NULL,
};

/*
 * Every GPT is preceded by a protective MBR, and a FAT boot sector ends like an MBR, so the
 * strictest scheme comes first.
 */
const struct partition_scheme *const partition_schemes[] = {
	IF_ENABLED(CONFIG_PARTITION_GPT, &gpt_scheme,)
	IF_ENABLED(CONFIG_PARTITION_EL_TORITO, &el_torito_scheme,)
	IF_ENABLED(CONFIG_PARTITION_MBR, &mbr_scheme,)
	IF_ENABLED(CONFIG_PARTITION_NONE, &whole_disk_scheme,)
	NULL,
};

const struct fs_ops *const file_systems[] = {
	IF_ENABLED(CONFIG_FAT, &fat_ops,)
	NULL,
};

const struct boot_method *const boot_methods[] = {
	IF_ENABLED(CONFIG_EFI_LOADER_FIRST, &efi_boot,)
	IF_ENABLED(CONFIG_BOOT_BLS, &bls_boot,)
	IF_ENABLED(CONFIG_EFI_LOADER_LAST, &efi_boot,)
	NULL,
};

void (*const boot_listers[])(struct boot_disk *, struct boot_choices *) = {
	IF_ENABLED(CONFIG_EFI_LOADER_FIRST, efi_list_loaders,)
	IF_ENABLED(CONFIG_BOOT_BLS, bls_list,)
	IF_ENABLED(CONFIG_EFI_LOADER_LAST, efi_list_loaders,)
	NULL,
};

const struct boot_interface *const boot_interface =
	IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) ? &efi_boot_interface : NULL;

const struct image_loader *const image_loaders[] = {
	IF_ENABLED(CONFIG_EFI, &efi_image_loader,)
	IF_ENABLED(CONFIG_LOADER_BZIMAGE, &bzimage_loader,)
	NULL,
};
