/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first bytes of the program: struct runtime_head. Offsets are differences of two places in the
 * program, so that nothing has to be relocated.
 */

.macro entry name
	.long \name - runtime_head
.endm

.section .head, "ax"
.globl runtime_head, runtime_data
.hidden runtime_data
runtime_head:
runtime_data:
	.quad 0
	entry runtime_get_time
	entry runtime_set_time
	entry runtime_get_wakeup_time
	entry runtime_set_wakeup_time
	entry runtime_set_virtual_address_map
	entry runtime_convert_pointer
	entry runtime_get_variable
	entry runtime_get_next_variable_name
	entry runtime_set_variable
	entry runtime_get_next_high_monotonic_count
	entry runtime_reset_system
	entry runtime_update_capsule
	entry runtime_query_capsule_capabilities
	entry runtime_query_variable_info
	entry runtime_set_own_variable

.section .note.GNU-stack, "", @progbits
