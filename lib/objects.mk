# SPDX-License-Identifier: Apache-2.0
# Pure functions, in every image; the linker drops unused ones.

obj-y += lib/status.o lib/string.o lib/span.o lib/format.o lib/text.o lib/glob.o lib/version.o \
	lib/utf.o lib/guid.o lib/crc32.o lib/sha256.o
obj-$(CONFIG_EFI_DECOMPRESS) += lib/decompress.o
