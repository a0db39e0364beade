# SPDX-License-Identifier: Apache-2.0
# What to boot, and the image formats that can be loaded.

obj-$(CONFIG_BOOT_BLS) += loaders/bls.o loaders/bls_entry.o loaders/bls_order.o \
	loaders/bls_search.o loaders/bls_try.o loaders/initrd.o
obj-$(CONFIG_BOOT_COUNTING) += loaders/boot_count.o
obj-$(CONFIG_BOOT_UKI) += loaders/bls_uki.o loaders/uki.o
obj-$(CONFIG_BOOT_EXTRA) += loaders/bls_extra.o
obj-$(CONFIG_BOOT_LOADER_CONF) += loaders/bls_choose.o loaders/loader_conf.o
obj-$(CONFIG_BOOT_DIRECT) += loaders/direct.o loaders/initrd.o
obj-$(CONFIG_BOOT_MENU) += loaders/menu.o
obj-$(CONFIG_BOOT_MENU_EDITOR) += loaders/line_editor.o
obj-$(CONFIG_EFI_BOOT_MENU) += loaders/boot_menu.o
obj-$(CONFIG_LOADER_BZIMAGE) += loaders/bzimage.o loaders/e820.o loaders/command_line.o \
	loaders/initrd.o
obj-$(CONFIG_LOADER_PE) += loaders/pe.o loaders/command_line.o
obj-$(CONFIG_DISPLAY) += loaders/screen_info.o
