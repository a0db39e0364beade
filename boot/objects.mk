# SPDX-License-Identifier: Apache-2.0
# The boot sequence, in every image.

obj-y += boot/main.o boot/tables.o
