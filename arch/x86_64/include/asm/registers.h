/* SPDX-License-Identifier: Apache-2.0 */
/* Processor constants shared by C and assembly (Intel SDM volume 3, AMD64 APM volume 2). */
#pragma once

/* Segment selectors of our GDT. Code and data are where Linux expects __BOOT_CS and __BOOT_DS. */
#define SELECTOR_CODE_32 0x08
#define SELECTOR_CODE 0x10
#define SELECTOR_DATA 0x18
#define SELECTOR_TASK 0x20
#define GDT_SIZE 0x30

#define CR0_PROTECTED_MODE 0x00000001
#define CR0_MONITOR_COPROCESSOR 0x00000002
#define CR0_EXTENSION_TYPE 0x00000010
#define CR0_NUMERIC_ERROR 0x00000020
#define CR0_WRITE_PROTECT 0x00010000
#define CR0_PAGING 0x80000000
#define CR0_PAGING_BIT 31
#define CR4_PHYSICAL_ADDRESS_EXTENSION 0x20
#define CR4_SSE 0x200              /* OSFXSR */
#define CR4_SSE_EXCEPTIONS 0x400   /* OSXMMEXCPT */
#define CR4_PROCESS_CONTEXT_BIT 17 /* PCIDE */

#define SERIAL_PORT 0x3f8

#define MXCSR_DEFAULT 0x1f80 /* all exceptions masked, round to nearest */

#define MSR_EFER 0xc0000080
#define EFER_LONG_MODE 0x100
#define EFER_NO_EXECUTE 0x800

#define CPUID_EXTENDED_FEATURES 0x80000001 /* bits of EDX: */
#define EXTENDED_NO_EXECUTE_BIT 20
#define EXTENDED_GIB_PAGES_BIT 26
#define EXTENDED_LONG_MODE_BIT 29

#define CPUID_ADDRESS_SIZES 0x80000008 /* EAX: bits 0 to 7: bits of a physical address */

#define PAGE_PRESENT 0x01
#define PAGE_WRITABLE 0x02
#define PAGE_UNCACHED 0x18 /* PWT and PCD: strong uncacheable in the PAT's reset state */
#define PAGE_ACCESSED 0x20
#define PAGE_DIRTY 0x40
#define PAGE_LARGE 0x80
