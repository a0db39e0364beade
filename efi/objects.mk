# SPDX-License-Identifier: Apache-2.0
# UEFI for the programs that we load.

obj-$(CONFIG_EFI) += efi/guids.o efi/status.o efi/start.o efi/tables.o efi/smbios.o \
	efi/removable.o efi/known_places.o efi/kernel.o efi/boot_variables.o \
	efi/boot_manager.o efi/load_option.o
obj-$(CONFIG_EFI) += efi/paths/path.o efi/paths/locate.o efi/paths/device.o
obj-$(CONFIG_EFI) += efi/protocols/consoles.o efi/protocols/text_output.o \
	efi/protocols/text_input.o efi/protocols/disks.o efi/protocols/block_io.o \
	efi/protocols/file.o efi/protocols/file_info.o efi/protocols/misc.o efi/protocols/initrd.o
obj-$(CONFIG_EFI_BOOT_MENU) += efi/boot_list.o
obj-$(CONFIG_BOOT_LOADER_INTERFACE) += efi/loader_interface.o
obj-$(CONFIG_EFI_RANDOM_SEED) += efi/random_seed.o
obj-$(CONFIG_EFI_GRAPHICS_OUTPUT) += efi/protocols/graphics.o efi/protocols/blt.o
obj-$(CONFIG_EFI_SERIAL_IO) += efi/protocols/serial_io.o
obj-$(CONFIG_EFI_DISK_IO) += efi/protocols/disk_io.o
obj-$(CONFIG_EFI_PCI_IO) += efi/protocols/pci.o efi/protocols/pci_io.o efi/protocols/pci_attributes.o \
	efi/protocols/pci_root.o efi/protocols/pci_access.o efi/protocols/pci_dma.o
obj-$(CONFIG_EFI_DECOMPRESS) += efi/protocols/decompress.o
obj-$(CONFIG_EFI_RNG) += efi/protocols/random.o
obj-$(CONFIG_EFI_NX) += efi/services/protection.o efi/protocols/memory_attribute.o
obj-$(CONFIG_EFI_COLLATION) += efi/protocols/collation.o
obj-$(CONFIG_EFI_PATH_UTILITIES) += efi/protocols/path_utilities.o
obj-$(CONFIG_EFI_HII) += efi/protocols/hii_packages.o efi/protocols/hii_database.o \
	efi/protocols/hii_string.o efi/services/image_resources.o
obj-$(CONFIG_EFI_PATH_TO_TEXT) += efi/paths/nodes.o efi/paths/to_text.o
obj-$(CONFIG_EFI_PATH_FROM_TEXT) += efi/paths/from_text.o
obj-$(CONFIG_EFI_PATH_ALL_NODES) += efi/paths/to_text_all.o efi/paths/from_text_all.o \
	efi/paths/from_text_nodes.o
obj-$(CONFIG_EFI) += efi/services/handles.o efi/services/multiple.o efi/services/registrations.o
obj-$(CONFIG_EFI) += efi/services/locate.o efi/services/open.o efi/services/forget.o efi/services/drivers.o
obj-$(CONFIG_EFI) += efi/services/events.o efi/services/timers.o efi/services/tpl.o efi/services/misc.o
obj-$(CONFIG_EFI) += efi/services/configuration_tables.o efi/services/exit.o \
	efi/services/images.o efi/services/image_source.o efi/services/image_start.o
obj-$(CONFIG_EFI) += efi/services/memory.o efi/services/pool.o
obj-$(CONFIG_EFI) += efi/runtime.o efi/variables.o
obj-$(CONFIG_EFI_VARIABLES_FILE) += efi/variables_file.o efi/variables_parse.o efi/runtime/store.o
obj-$(CONFIG_EFI_VARIABLES_HOST) += efi/variables_host.o efi/runtime/host_store.o efi/runtime/store.o
obj-$(CONFIG_EFI_VARIABLES_FLASH) += efi/variables_flash.o efi/runtime/flash.o efi/runtime/flash_store.o \
	efi/runtime/store.o

# The runtime program: linked separately, then embedded in the image as bytes. Host tests link the
# first list like any other objects.
runtime-y := efi/runtime/store.o efi/runtime/variables.o efi/runtime/time.o efi/runtime/rtc.o \
	efi/runtime/services.o efi/runtime/virtual.o lib/crc32.o lib/guid.o lib/string.o
runtime-$(CONFIG_EFI_VARIABLES_HOST) += efi/runtime/host_store.o
runtime-$(CONFIG_EFI_VARIABLES_FLASH) += efi/runtime/flash.o efi/runtime/flash_store.o
runtime-arch-y := efi/runtime/head.o efi/runtime/processor_x86_64.o
firmware-$(CONFIG_EFI) += efi/runtime_place.o efi/runtime_program.o
