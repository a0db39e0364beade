# SPDX-License-Identifier: Apache-2.0
# File systems.

fat-y := fs/fat/mount.o fs/fat/chain.o fs/fat/directory.o fs/fat/name.o fs/fat/file.o
fat-$(CONFIG_FILE_INFO) += fs/fat/info.o fs/fat/space.o
fat-$(CONFIG_FAT_WRITE) += fs/fat/alias.o fs/fat/change.o fs/fat/room.o fs/fat/table.o \
	fs/fat/write.o
fat-$(CONFIG_FAT_LABEL) += fs/fat/label.o
obj-$(CONFIG_FILE_SYSTEM_NAMES) += fs/names.o
obj-$(CONFIG_FAT) += $(fat-y)
