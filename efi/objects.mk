# SPDX-License-Identifier: Apache-2.0
# UEFI for what we load.

obj-$(CONFIG_EFI) += efi/guids.o efi/status.o
obj-$(CONFIG_EFI) += efi/services/handles.o efi/services/multiple.o efi/services/registrations.o
obj-$(CONFIG_EFI) += efi/services/locate.o efi/services/open.o efi/services/drivers.o
obj-$(CONFIG_EFI) += efi/services/events.o efi/services/timers.o efi/services/tpl.o efi/services/misc.o
