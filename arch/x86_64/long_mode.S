/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From 32-bit protected mode to C: own GDT, cleared .bss, first page tables, long mode, stack. The
 * segments we come with may end at 256 MiB (Alioth), so nothing outside our image is touched.
 */

#include "lib/config.h"

#include <asm/registers.h>

	.section .text.entry, "ax", @progbits
	.code32
	.globl long_mode_start
/* In: EDI protocol, EBX argument, both for arch_entry. No stack yet. */
long_mode_start:
	cli
	cld
	lgdt	gdt_pointer
	ljmp	$SELECTOR_CODE_32, $1f
1:	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss

	/* Memory may not be zero: QEMU keeps its contents across a reset. */
	mov	%edi, %ebp
	xor	%eax, %eax
	mov	$bss_start, %edi
	mov	$bss_words, %ecx
	rep stosl

	mov	%ebp, arch_entry
	mov	%ebx, arch_entry + 8

	mov	$CPUID_EXTENDED_FEATURES, %eax
	cpuid
	mov	%edx, cpu_extended_features
	bt	$EXTENDED_LONG_MODE_BIT, %edx
	jc	map_first_4_gib
	/* A 32-bit processor: one line to the usual console, at its current speed. */
#if CONFIG_LOG_LEVEL >= 2
	mov	$no_long_mode, %esi
	mov	$no_long_mode_size, %ecx
	mov	$SERIAL_PORT, %edx
	rep outsb
#endif
1:	hlt
	jmp	1b

map_first_4_gib:
	movl	$first_level_3 + (PAGE_PRESENT | PAGE_WRITABLE), first_level_4
	mov	$first_level_3, %edi
	mov	$first_level_2 + (PAGE_PRESENT | PAGE_WRITABLE), %eax
	mov	$4, %ecx
1:	mov	%eax, (%edi)
	add	$4096, %eax
	add	$8, %edi
	loop	1b
	mov	$(4 * 512), %ecx	/* from the last entry on */
	mov	$(0xffe00000 + PAGE_PRESENT + PAGE_WRITABLE + PAGE_LARGE), %eax
1:	mov	%eax, first_level_2 - 8(, %ecx, 8)
	sub	$0x200000, %eax
	dec	%ecx
	jnz	1b

	/* No bit is kept as it was: 5-level paging may be on, caches off. */
	mov	$(CR4_PHYSICAL_ADDRESS_EXTENSION | CR4_SSE | CR4_SSE_EXCEPTIONS), %eax
	mov	%eax, %cr4
	mov	$first_level_4, %eax
	mov	%eax, %cr3
	xor	%ebx, %ebx
	bt	$EXTENDED_NO_EXECUTE_BIT, %edx
	jnc	1f
	mov	$EFER_NO_EXECUTE, %ebx
1:	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LONG_MODE, %eax
	or	%ebx, %eax
	wrmsr
	mov	$(CR0_PAGING | CR0_WRITE_PROTECT | CR0_NUMERIC_ERROR | CR0_EXTENSION_TYPE | \
		  CR0_MONITOR_COPROCESSOR | CR0_PROTECTED_MODE), %eax
	mov	%eax, %cr0
	ljmp	$SELECTOR_CODE, $1f

	.code64
1:	mov	$stack_top, %esp
	xor	%ebp, %ebp
	/* Expected by EFI images; our own code does not use it. */
	fninit
	push	$MXCSR_DEFAULT
	ldmxcsr	(%rsp)
	pop	%rax
	call	stack_guard_init
	call	traps_init
	call	boot_main
	ud2

#if CONFIG_LOG_LEVEL >= 2
	.section .rodata.no_long_mode, "a", @progbits
no_long_mode:
	.ascii	"error: this firmware needs a 64-bit processor (x86-64)\r\n"
	.set	no_long_mode_size, . - no_long_mode
#endif

	/* Accessed and busy bits are written by the processor. */
	.section .data.gdt, "aw", @progbits
	.balign 8
	.globl gdt, gdt_pointer
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* 32-bit code */
	.quad 0x00af9b000000ffff	/* 64-bit code */
	.quad 0x00cf93000000ffff	/* data */
	.quad 0, 0			/* traps.c: the task state segment */
gdt_pointer:
	.word GDT_SIZE - 1
	.quad gdt

	.section .bss.tables, "aw", @nobits
	.balign 4096
first_level_4:
	.skip 4096
first_level_3:
	.skip 4096
first_level_2:
	.skip 4 * 4096

	/* The page below the stack is not mapped after arch_mmu_init(). */
	.section .stack, "aw", @nobits
	.balign 4096
	.globl stack_guard_page, stack_top, fault_stack_top
stack_guard_page:
	.skip 4096
	.skip 32 * 1024
stack_top:
	.skip 8 * 1024
fault_stack_top:
