/* SPDX-License-Identifier: Apache-2.0 */
/*
 * InstallMultipleProtocolInterfaces() and its opposite (UEFI 2.11, 7.3.17 and 7.3.18): all of the
 * pairs of GUID and interface, or none.
 */
#include "efi/services/database.h"
#include "efi/services/services.h"
#include "efi/services/varargs.h"

/* A caller that forgot the NULL at the end does not make us read all of its stack. */
enum { PAIRS_MAX = 256 };

struct pair {
	EFI_GUID *guid;
	void *interface;
};

/* EFI_INVALID_PARAMETER: too many. */
static EFI_STATUS read_pairs(efi_va_list list, struct pair *pairs, u32 *count)
{
	for (*count = 0; *count < PAIRS_MAX; (*count)++) {
		pairs[*count].guid = efi_va_arg(list, EFI_GUID *);
		if (!pairs[*count].guid)
			return EFI_SUCCESS;
		pairs[*count].interface = efi_va_arg(list, void *);
	}
	return EFI_INVALID_PARAMETER;
}

static EFI_STATUS install(EFI_HANDLE *handle, const struct pair *pairs, u32 count)
{
	EFI_HANDLE handle_before = *handle;
	EFI_STATUS status = EFI_SUCCESS;
	u32 done;

	for (u32 i = 0; i < count; i++)
		if (guid_equals(pairs[i].guid, &guid_device_path) &&
		    efi_object_at(pairs[i].interface))
			return EFI_ALREADY_STARTED;
	for (done = 0; done < count; done++) {
		status = efi_install_on(handle, pairs[done].guid, pairs[done].interface);
		if (status)
			break;
	}
	if (!status)
		return EFI_SUCCESS;
	while (done--)
		(void)efi_uninstall_from(*handle, pairs[done].guid, pairs[done].interface);
	*handle = handle_before;
	return status;
}

EFI_STATUS EFIAPI efi_install_multiple_protocol_interfaces(EFI_HANDLE *handle, ...)
{
	struct pair pairs[PAIRS_MAX];
	efi_va_list list;
	EFI_STATUS status;
	u32 count;

	if (!handle)
		return EFI_INVALID_PARAMETER;
	efi_va_start(list, handle);
	status = read_pairs(list, pairs, &count);
	efi_va_end(list);
	return status ? status : install(handle, pairs, count);
}

static EFI_STATUS uninstall(EFI_HANDLE handle, const struct pair *pairs, u32 count)
{
	EFI_STATUS status = EFI_SUCCESS;
	u32 done;

	/* All are looked up before the first one goes: with the last one the handle would go. */
	for (u32 i = 0; i < count; i++) {
		const struct efi_protocol *found = efi_protocol_of(handle, pairs[i].guid);

		if (!found || found->interface != pairs[i].interface)
			return EFI_INVALID_PARAMETER;
		for (u32 j = 0; j < i; j++)
			if (guid_equals(pairs[i].guid, pairs[j].guid))
				return EFI_INVALID_PARAMETER;
	}
	for (done = 0; done < count; done++) {
		status = efi_uninstall_from(handle, pairs[done].guid, pairs[done].interface);
		if (status)
			break;
	}
	if (!status)
		return EFI_SUCCESS;
	while (done-- && efi_object_of(handle))
		(void)efi_install_on(&handle, pairs[done].guid, pairs[done].interface);
	return EFI_INVALID_PARAMETER;
}

EFI_STATUS EFIAPI efi_uninstall_multiple_protocol_interfaces(EFI_HANDLE handle, ...)
{
	struct pair pairs[PAIRS_MAX];
	efi_va_list list;
	EFI_STATUS status;
	u32 count;

	if (!efi_object_of(handle))
		return EFI_INVALID_PARAMETER;
	efi_va_start(list, handle);
	status = read_pairs(list, pairs, &count);
	efi_va_end(list);
	return status ? status : uninstall(handle, pairs, count);
}
