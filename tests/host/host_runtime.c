/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime program as ordinary functions: its sources are linked like all others, so that the
 * sanitizers check them.
 */
#include "core/arch.h"
#include "efi/runtime/runtime.h"
#include "tests/host/host.h"

struct runtime_data *runtime_data;

u64 runtime_program_size(void)
{
	return 1;
}

void runtime_program_place(void *code, struct runtime_data *data, void **entries)
{
	void *const functions[RUNTIME_ENTRY_COUNT] = {
		[RUNTIME_GET_TIME] = (void *)runtime_get_time,
		[RUNTIME_SET_TIME] = (void *)runtime_set_time,
		[RUNTIME_GET_WAKEUP_TIME] = (void *)runtime_get_wakeup_time,
		[RUNTIME_SET_WAKEUP_TIME] = (void *)runtime_set_wakeup_time,
		[RUNTIME_SET_VIRTUAL_ADDRESS_MAP] = (void *)runtime_set_virtual_address_map,
		[RUNTIME_CONVERT_POINTER] = (void *)runtime_convert_pointer,
		[RUNTIME_GET_VARIABLE] = (void *)runtime_get_variable,
		[RUNTIME_GET_NEXT_VARIABLE_NAME] = (void *)runtime_get_next_variable_name,
		[RUNTIME_SET_VARIABLE] = (void *)runtime_set_variable,
		[RUNTIME_GET_NEXT_HIGH_MONOTONIC_COUNT] =
			(void *)runtime_get_next_high_monotonic_count,
		[RUNTIME_RESET_SYSTEM] = (void *)runtime_reset_system,
		[RUNTIME_UPDATE_CAPSULE] = (void *)runtime_update_capsule,
		[RUNTIME_QUERY_CAPSULE_CAPABILITIES] = (void *)runtime_query_capsule_capabilities,
		[RUNTIME_QUERY_VARIABLE_INFO] = (void *)runtime_query_variable_info,
		[RUNTIME_SET_OWN_VARIABLE] = (void *)runtime_set_own_variable,
	};

	(void)code;
	runtime_data = data;
	memcpy(entries, functions, sizeof(functions));
}

u64 runtime_ticks(void)
{
	return arch_ticks();
}

void runtime_wait_for_vmm(void)
{
}

void runtime_stop(bool reset)
{
	if (reset)
		arch_reset();
	arch_halt();
}
