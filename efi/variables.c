/* SPDX-License-Identifier: Apache-2.0 */
/* Variables as the firmware itself reads and writes them: by the runtime program, as a guest does.
 */
#include "efi/variables.h"

#include "efi/efi.h"

typedef EFI_STATUS(EFIAPI get_variable)(CHAR16 *name, EFI_GUID *vendor, UINT32 *attributes,
					UINTN *size, VOID *data);
typedef EFI_STATUS(EFIAPI set_variable)(CHAR16 *name, EFI_GUID *vendor, UINT32 attributes,
					UINTN size, VOID *data);

EFI_STATUS efi_variable_get(const CHAR16 *name, const EFI_GUID *vendor, u32 *attributes,
			    size_t *size, void *data)
{
	get_variable *get = efi_runtime_entry(RUNTIME_GET_VARIABLE);
	UINTN size_there = *size;
	EFI_STATUS status = get((CHAR16 *)name, (EFI_GUID *)vendor, attributes, &size_there, data);

	*size = size_there;
	return status;
}

EFI_STATUS efi_variable_set(const CHAR16 *name, const EFI_GUID *vendor, u32 attributes, size_t size,
			    const void *data)
{
	set_variable *set = efi_runtime_entry(RUNTIME_SET_OWN_VARIABLE);

	return set((CHAR16 *)name, (EFI_GUID *)vendor, attributes, size, (VOID *)data);
}

void *efi_variable_load(const CHAR16 *name, const EFI_GUID *vendor, size_t *size)
{
	u8 *data;

	*size = 0;
	if (efi_variable_get(name, vendor, NULL, size, NULL) != EFI_BUFFER_TOO_SMALL)
		return NULL;
	/* Zeroed: two more bytes terminate a string that is not terminated. */
	data = efi_allocate(*size + sizeof(CHAR16));
	if (data && efi_variable_get(name, vendor, NULL, size, data)) {
		efi_free(data);
		return NULL;
	}
	return data;
}
