# SPDX-License-Identifier: Apache-2.0
# File systems.

fat-y := fs/fat/mount.o fs/fat/chain.o fs/fat/directory.o fs/fat/name.o fs/fat/file.o
fat-$(CONFIG_FILE_INFO) += fs/fat/info.o fs/fat/space.o
obj-$(CONFIG_FAT) += $(fat-y)
