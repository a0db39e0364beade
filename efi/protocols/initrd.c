/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The initrd of a kernel that we start ourselves: Linux finds it by a device path of one vendor
 * media node and takes it by EFI_LOAD_FILE2_PROTOCOL (UEFI 2.11, 13.2; Linux,
 * drivers/firmware/efi/libstub/efi-stub-helper.c). Boot loaders install their own and refuse to go
 * on if there is one already, so ours is there only while our kernel runs.
 */
#include "core/boot.h"
#include "efi/efi.h"
#include "efi/spec/media.h"
#include "lib/util.h"

enum { INITRD_ALIGNMENT = 4 };

static const struct [[gnu::packed]] {
	VENDOR_DEVICE_PATH vendor;
	EFI_DEVICE_PATH_PROTOCOL end;
} path = {
	.vendor = {
		.Header = EFI_NODE(VENDOR_DEVICE_PATH, MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP),
		.Guid = LINUX_EFI_INITRD_MEDIA_GUID,
	},
	.end = EFI_NODE(EFI_DEVICE_PATH_PROTOCOL, END_DEVICE_PATH_TYPE,
			END_ENTIRE_DEVICE_PATH_SUBTYPE),
};

static struct efi_object object;
static struct boot_entry *entry;

static u64 size_of_all(void)
{
	u64 size = 0;

	for (u32 i = 0; i < entry->initrd_count; i++)
		size += align_up(entry->initrds[i].size, INITRD_ALIGNMENT);
	return size;
}

/*
 * One after the other, the gaps filled with zeroes: Linux reads them as one. Reading a file that
 * the kernel has changed updates its size, for which the caller has made no room.
 */
static enum status read_all(u8 *to)
{
	for (u32 i = 0; i < entry->initrd_count; i++) {
		struct file *file = &entry->initrds[i];
		u64 size = file->size, padded = align_up(size, INITRD_ALIGNMENT);
		enum status status = file_read(file, 0, size, to);

		if (status)
			return status;
		memset(to + size, 0, padded - size);
		to += padded;
	}
	return OK;
}

static EFI_STATUS EFIAPI load_file(EFI_LOAD_FILE2_PROTOCOL *this,
				   EFI_DEVICE_PATH_PROTOCOL *file_path, BOOLEAN boot_policy,
				   UINTN *size, VOID *buffer)
{
	u64 needed;
	EFI_STATUS status;

	if (!this || !file_path || !size)
		return EFI_INVALID_PARAMETER;
	if (boot_policy)
		return EFI_UNSUPPORTED;
	if (!efi_path_is_end(file_path) || !entry)
		return EFI_NOT_FOUND;
	needed = size_of_all();
	if (!buffer || *size < needed) {
		*size = needed;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = needed;
	efi_watchdog_pause();
	status = efi_from_status(read_all(buffer));
	efi_watchdog_resume();
	return status;
}

static EFI_LOAD_FILE2_PROTOCOL load_file2 = { .LoadFile = load_file };

EFI_STATUS efi_initrd_publish(struct boot_entry *of)
{
	EFI_STATUS status;

	if (of->initrd_count == 0)
		return EFI_SUCCESS;
	entry = of;
	status = efi_install(&object, &guid_device_path, (void *)&path);
	if (!status)
		status = efi_install(&object, &guid_load_file2, &load_file2);
	if (status)
		efi_initrd_withdraw();
	return status;
}

void efi_initrd_withdraw(void)
{
	if (!entry)
		return;
	entry = NULL;
	(void)efi_uninstall(&object, &guid_load_file2, &load_file2);
	(void)efi_uninstall(&object, &guid_device_path, (void *)&path);
}
