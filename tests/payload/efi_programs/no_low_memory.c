/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocates all memory below 4 GiB: the firmware's own allocations must succeed elsewhere, and
 * requests for low memory must be refused.
 */
#include "support.h"

static void take_all(void)
{
	UINTN pages = 1ull << 20;
	u64 taken = 0;

	while (pages) {
		EFI_PHYSICAL_ADDRESS at = 0xffffffff;

		if (EFI_ERROR(boot->AllocatePages(AllocateMaxAddress, EfiLoaderData, pages, &at)))
			pages /= 2;
		else
			taken += pages;
	}
	print("EFI-PROGRAM: took %u MiB\n", taken * PAGE / MIB);
}

static void say(const char *what, EFI_STATUS status)
{
	print("EFI-PROGRAM: %s", what);
	print(" %r\n", status);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	static u8 value[1000];
	EFI_GUID guid = GUID(0x0fa7300d, 0x7465, 0x7374, 0x80, 1, 2, 3, 4, 5, 6, 7);
	EFI_PHYSICAL_ADDRESS at = 0xffffffff;
	EFI_HANDLE child = NULL;
	UINTN size = 0;
	void *data;

	support_init(image, table);
	take_all();
	say("low", boot->AllocatePages(AllocateMaxAddress, EfiLoaderData, 1, &at));
	data = read_file(u"\\EFI\\BOOT\\BOOTX64.EFI", &size);
	say("file", data && size > 1000 ? EFI_SUCCESS : EFI_NOT_FOUND);
	say("image", boot->LoadImage(false, image, file_path(u"\\returns.efi"), NULL, 0, &child));
	say("start", boot->StartImage(child, NULL, NULL));
	say("variable", runtime->SetVariable(u"Test", &guid, EFI_VARIABLE_BOOTSERVICE_ACCESS,
					     sizeof(value), value));
	power_off();
	return EFI_SUCCESS;
}
