# SPDX-License-Identifier: Apache-2.0
# UEFI for what we load.

obj-$(CONFIG_EFI) += efi/guids.o efi/status.o
