/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ROM's own program, run where it lies: from the reset vector to the entry of the image that
 * every VMM with a kernel loader takes. It decompresses that image to the RAM where it is linked,
 * so that a reset finds all data anew.
 *
 * ABI in: the processor's reset state, 16-bit real mode at CS base 0xffff0000, IP 0xfff0, nothing
 * else known (Intel SDM volume 3, 11.1). RAM works from the start, as in all VMMs. ABI out: that of
 * long_mode_start: 32-bit protected mode without paging, flat segments, no stack; EDI is
 * ENTRY_PROTOCOL_RESET, EBX 0.
 */

#include "core/entry_protocol.h"
#include "core/rom.h"

#include <asm/registers.h>

#define SEGMENT_BASE 0xffff0000 /* of CS until it is loaded */
#define RESET_SIZE 512
#define PORT_92 0x92            /* system control: bit 0 resets, bit 1 opens address line 20 */

	.section .payload, "a", @progbits
payload_start:
	.incbin ROM_PAYLOAD
payload_end:
	.if	(payload_end - payload_start) > (ROM_SIZE - 4096 - RESET_SIZE)
	.error	"fatwood.rom has no room for this image: turn features off, or ROM_SIZE_KIB up"
	.endif
	.org	ROM_SIZE - 4096 - RESET_SIZE, 0xff

	.section .reset, "ax", @progbits
	.code16
reset_start:
	cli
	cld
	lgdtl	%cs:reset_gdt_pointer - SEGMENT_BASE
	/* Caches on, too. */
	movl	$(CR0_PROTECTED_MODE | CR0_EXTENSION_TYPE), %eax
	movl	%eax, %cr0
	ljmpl	$SELECTOR_CODE_32, $1f

	.code32
1:	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	in	$PORT_92, %al
	or	$2, %al
	and	$0xfe, %al
	out	%al, $PORT_92

	/*
	 * An LZ4 block (scripts/lz4.py) of sequences: a token with two lengths of four bits,
	 * literals, and the offset of a match before what is written, u16. A length of 15 or more
	 * goes on in bytes, up to one that is not 255: that of the literals before them, that of
	 * the match, which is 4 less, after the offset. The last sequence ends after its literals.
	 */
	mov	$payload_start, %esi
	mov	$image_start, %edi
	xor	%eax, %eax
next_sequence:
	lodsb
	mov	%eax, %edx
	shr	$4, %eax
	mov	%eax, %ecx
	cmp	$15, %al
	jne	2f
1:	lodsb
	add	%eax, %ecx
	cmp	$255, %al
	je	1b
2:	rep movsb
	cmp	$payload_end, %esi
	jae	5f
	movzwl	(%esi), %ebx
	add	$2, %esi
	and	$15, %edx
	mov	%edx, %ecx
	cmp	$15, %dl
	jne	4f
3:	lodsb
	add	%eax, %ecx
	cmp	$255, %al
	je	3b
4:	add	$4, %ecx
	mov	%esi, %edx
	mov	%edi, %esi
	sub	%ebx, %esi
	rep movsb
	mov	%edx, %esi
	jmp	next_sequence
5:
	mov	$ENTRY_PROTOCOL_RESET, %edi
	xor	%ebx, %ebx
	mov	$long_mode_start, %eax
	jmp	*%eax

	.balign 8
reset_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* 32-bit code */
	.quad 0
	.quad 0x00cf93000000ffff	/* data */
reset_gdt_pointer:
	.word . - reset_gdt - 1
	.long reset_gdt
	.org	RESET_SIZE + 4096 - 16, 0xff

	/* The last 16 bytes below 4 GiB: a near jump. */
	.section .vector, "ax", @progbits
	.code16
	.byte 0xe9
	.word reset_start - (. + 2)
	.balign 16, 0
