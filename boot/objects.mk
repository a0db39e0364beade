# SPDX-License-Identifier: Apache-2.0
# The story; alone knows every folder.

obj-y += boot/main.o boot/tables.o
