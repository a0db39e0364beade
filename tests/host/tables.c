/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of boot/tables.c, empty: a test that needs rows defines the table itself, which takes
 * precedence.
 */
#include "core/boot.h"
#include "core/boot_info.h"
#include "core/partition.h"
#include "drivers/pci/pci.h"
#include "drivers/virtio/virtio.h"

[[gnu::weak]] const char *const boot_options[] = { NULL };
[[gnu::weak]] const struct platform *const platforms[] = { NULL };
[[gnu::weak]] const struct pci_driver *const pci_drivers[] = { NULL };
[[gnu::weak]] const struct virtio_driver *const virtio_drivers[] = { NULL };
[[gnu::weak]] const struct partition_scheme *const partition_schemes[] = { NULL };
[[gnu::weak]] const struct fs_ops *const file_systems[] = { NULL };
[[gnu::weak]] const struct boot_method *const boot_methods[] = { NULL };
[[gnu::weak]] void (*const boot_listers[])(struct boot_disk *, struct boot_choices *) = { NULL };
[[gnu::weak]] const struct boot_interface *const boot_interface = NULL;
[[gnu::weak]] const struct image_loader *const image_loaders[] = { NULL };
