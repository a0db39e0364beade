# SPDX-License-Identifier: Apache-2.0
# File systems.

obj-$(CONFIG_FAT) += fs/fat/mount.o fs/fat/chain.o fs/fat/directory.o fs/fat/name.o fs/fat/file.o
