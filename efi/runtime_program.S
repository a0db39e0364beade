/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime program, as the Makefile linked it. */

.section .rodata.runtime_program, "a"
.balign 16
.globl runtime_program, runtime_program_end
runtime_program:
	.incbin "generated/runtime.bin"
runtime_program_end:

.section .note.GNU-stack, "", @progbits
