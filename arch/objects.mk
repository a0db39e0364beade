# SPDX-License-Identifier: Apache-2.0
# One folder per architecture.

obj-$(CONFIG_ARCH_X86_64) += arch/x86_64/long_mode.o arch/x86_64/cpu.o arch/x86_64/mmu.o \
	arch/x86_64/page_tables.o arch/x86_64/call.o arch/x86_64/traps_entry.o arch/x86_64/traps.o arch/x86_64/timer.o \
	arch/x86_64/kernel_entry.o
obj-$(CONFIG_NEED_CLOCK) += arch/x86_64/apic.o
obj-$(CONFIG_ENTRY_RESET) += arch/x86_64/mtrr.o arch/x86_64/processors.o arch/x86_64/processor_start.o
rom-$(CONFIG_ENTRY_RESET) += arch/x86_64/reset.o
obj-$(CONFIG_ENTRY_PVH) += arch/x86_64/entry_pvh.o
obj-$(CONFIG_ENTRY_LINUX64) += arch/x86_64/entry_linux64.o
obj-$(CONFIG_ENTRY_MULTIBOOT2) += arch/x86_64/entry_multiboot2.o
