/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime program's bytes to their place. Host tests call its functions where they are. */
#include "efi/runtime/runtime.h"
#include "lib/string.h"

extern const u8 runtime_program[], runtime_program_end[];

u64 runtime_program_size(void)
{
	return (u64)(runtime_program_end - runtime_program);
}

void runtime_program_place(void *code, struct runtime_data *data, void **entries)
{
	struct runtime_head *head = code;

	memcpy(code, runtime_program, runtime_program_size());
	head->data = data;
	for (u32 i = 0; i < RUNTIME_ENTRY_COUNT; i++)
		entries[i] = (u8 *)code + head->entries[i];
}
