# SPDX-License-Identifier: Apache-2.0
# Descriptions of the machine, buses, devices.

obj-y += drivers/platform/handover.o
obj-$(CONFIG_PLATFORM_PVH) += drivers/platform/pvh.o
obj-$(CONFIG_PLATFORM_LINUX_PARAMS) += drivers/platform/linux_params.o
obj-$(CONFIG_PLATFORM_MULTIBOOT2) += drivers/platform/multiboot2.o
obj-$(CONFIG_FW_CFG) += drivers/platform/fw_cfg.o
obj-$(CONFIG_BOOT_ORDER) += drivers/platform/boot_order.o
obj-$(CONFIG_EFI_VARIABLES_HOST) += drivers/platform/hardware_info.o
obj-$(CONFIG_PVPANIC) += drivers/platform/pvpanic.o
obj-$(CONFIG_ACPI) += drivers/platform/acpi.o drivers/platform/acpi_fadt.o \
	drivers/platform/acpi_ecam.o

obj-$(CONFIG_ENTRY_RESET) += drivers/pci/place.o drivers/rom/rom.o drivers/rom/chipset.o \
	drivers/rom/bios_area.o drivers/rom/table_loader.o drivers/rom/smbios.o \
	drivers/platform/acpi_madt.o
obj-$(CONFIG_EFI_VARIABLES_FLASH) += drivers/rom/flash.o

obj-$(CONFIG_PCI) += drivers/pci/pci.o
obj-$(CONFIG_PCI_PORTS) += drivers/pci/ports.o
obj-$(CONFIG_PCI_ECAM) += drivers/pci/ecam.o
obj-$(CONFIG_PCI_ASSIGN_BARS) += drivers/pci/bars.o
obj-$(CONFIG_EFI_PCI_IO) += drivers/pci/functions.o

obj-$(CONFIG_VIRTIO) += drivers/virtio/virtio.o drivers/virtio/queue.o
obj-$(CONFIG_VIRTIO_PCI) += drivers/virtio/pci.o
obj-$(CONFIG_VIRTIO_MMIO) += drivers/virtio/mmio.o drivers/virtio/mmio_windows.o
obj-$(CONFIG_VIRTIO_BLOCK) += drivers/virtio/block.o
obj-$(CONFIG_VIRTIO_SCSI) += drivers/virtio/scsi.o drivers/scsi/luns.o
obj-$(CONFIG_VIRTIO_PMEM) += drivers/virtio/pmem.o
obj-$(CONFIG_VIRTIO_RANDOM) += drivers/virtio/random.o
obj-$(CONFIG_CONSOLE_VIRTIO) += drivers/virtio/console.o

obj-$(CONFIG_AHCI) += drivers/ata/ahci.o drivers/ata/port.o drivers/ata/disk.o drivers/ata/packet.o \
	drivers/pci/disks.o
obj-$(CONFIG_IDE) += drivers/ata/ide.o drivers/ata/ide_channel.o drivers/ata/disk.o \
	drivers/ata/packet.o drivers/pci/disks.o
obj-$(CONFIG_NVME) += drivers/nvme/nvme.o drivers/nvme/queue.o drivers/nvme/namespace.o \
	drivers/pci/disks.o
obj-$(CONFIG_SCSI) += drivers/scsi/scsi.o

obj-$(CONFIG_DISPLAY) += drivers/display/modes.o drivers/display/edid.o
obj-$(CONFIG_DISPLAY_CONSOLE) += drivers/display/console.o drivers/display/terminal.o \
	drivers/display/font.o
obj-$(CONFIG_DISPLAY_BOCHS) += drivers/display/bochs.o
obj-$(CONFIG_DISPLAY_RAMFB) += drivers/display/ramfb.o

obj-$(CONFIG_KEYBOARD_I8042) += drivers/input/i8042.o drivers/input/keyboard.o

obj-$(CONFIG_CONSOLE_UART16550) += drivers/serial/uart16550.o
obj-$(CONFIG_CONSOLE_DEBUG_PORT) += drivers/serial/debug_port.o

obj-$(CONFIG_PARTITION_GPT) += drivers/partition/gpt.o drivers/partition/table.o
obj-$(CONFIG_PARTITION_MBR) += drivers/partition/mbr.o drivers/partition/table.o
obj-$(CONFIG_PARTITION_EL_TORITO) += drivers/partition/el_torito.o drivers/partition/table.o
obj-$(CONFIG_PARTITION_NONE) += drivers/partition/whole_disk.o
