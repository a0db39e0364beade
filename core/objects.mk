# SPDX-License-Identifier: Apache-2.0
# Shared by all folders, in every image.

obj-y += core/boot_info.o core/memory.o core/arena.o core/device.o core/block.o core/block_cache.o core/volume.o \
	core/boot.o core/console.o core/keys.o core/log.o core/panic.o core/partition.o core/power.o \
	core/random.o core/release.o core/time.o core/timing.o
obj-$(CONFIG_FILE_INFO) += core/volume_info.o
obj-$(CONFIG_FILE_WRITE) += core/volume_write.o
obj-$(if $(CONFIG_FILE_WRITE),,y) += core/volume_read_only.o
obj-$(CONFIG_FAULT_SYMBOLS) += core/symbols.o
obj-$(CONFIG_EFI_SERIAL_IO) += core/serial.o
obj-$(CONFIG_EFI_VARIABLES_HOST) += core/host_variables.o
obj-$(CONFIG_EFI_VARIABLES_FLASH) += core/flash.o
obj-$(CONFIG_DISPLAY) += core/display.o
obj-$(CONFIG_EFI_PCI_IO) += core/pci.o
