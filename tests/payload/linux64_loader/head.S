/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acts as a VMM inside the machine: entered by PVH with the firmware's ELF file as the only module,
 * it loads that and enters it as Firecracker and crosvm enter an ELF kernel: long mode, one GiB
 * mapped, boot parameters in RSI. Everything that the protocol does not guarantee is hostile: the
 * APIC timer runs as if left running by an earlier guest.
 */
	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 8, 18		/* sizes of name and value, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	start

	.section .text.start, "ax"
	.code32
	.globl	start
start:
	cli
	cld
	mov	$stack_top, %esp
	movl	$0x1ff, 0xfee000f0	/* enabled */
	movl	$0xb, 0xfee003e0	/* undivided */
	movl	$0x200ec, 0xfee00320	/* periodic, vector 0xec as Linux has it */
	movl	$0x10000, 0xfee00380
	movl	$level_3 + 3, level_4
	movl	$level_2 + 3, level_3
	mov	$511, %ecx
1:	mov	%ecx, %eax
	shl	$21, %eax
	or	$0x83, %eax
	mov	%eax, level_2(, %ecx, 8)
	dec	%ecx
	jns	1b
	mov	$0x20, %eax		/* PAE */
	mov	%eax, %cr4
	mov	$level_4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx	/* EFER: LME */
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	%cr0, %eax
	or	$0x80000001, %eax
	mov	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$0x10, $1f

	.code64
1:	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%ebx, %edi
	call	load			/* returns the entry */
	mov	$0x7000, %esi
	mov	$-1, %rbx
	mov	$-1, %rdi
	mov	$-1, %rbp
	mov	%rbp, %rsp
	std
	jmp	*%rax

	.data
	.balign	8
gdt:
	.quad	0, 0
	.quad	0x00af9b000000ffff	/* 64-bit code */
gdt_pointer:
	.word	0x17
	.long	gdt

	.bss
	.balign	4096
level_4:
	.skip	4096
level_3:
	.skip	4096
level_2:
	.skip	4096
	.skip	4096
stack_top:
