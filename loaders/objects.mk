# SPDX-License-Identifier: Apache-2.0
# What to boot, and the image formats that can be loaded.

obj-$(CONFIG_BOOT_BLS) += loaders/bls.o
obj-$(CONFIG_BOOT_DIRECT) += loaders/direct.o
obj-$(CONFIG_LOADER_BZIMAGE) += loaders/bzimage.o
