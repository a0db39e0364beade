/* SPDX-License-Identifier: Apache-2.0 */
/* The variables of the firmware's own (UEFI 2.11, 3.3), made anew at each start. */
#include "efi/efi.h"
#include "lib/util.h"

static const u32 attributes = EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS |
			      EFI_VARIABLE_READ_ONLY;

EFI_STATUS efi_boot_variables_init(void)
{
	static const u8 no = 0, yes = 1;
	static const u64 no_indications = 0;
	static const struct {
		const CHAR16 *name;
		size_t size;
		const void *data;
	} variables[] = {
		{ u"SecureBoot", sizeof(no), &no },
		{ u"SetupMode", sizeof(yes), &yes },
		{ u"AuditMode", sizeof(no), &no },
		{ u"DeployedMode", sizeof(no), &no },
		{ u"VendorKeys", sizeof(no), &no },
		{ u"OsIndicationsSupported", sizeof(no_indications), &no_indications },
		{ u"PlatformLangCodes", sizeof("en"), "en" },
	};
	EFI_STATUS status = EFI_SUCCESS;

	for (u32 i = 0; !status && i < ARRAY_SIZE(variables); i++)
		status = efi_variable_set(variables[i].name, &guid_global_variable, attributes,
					  variables[i].size, variables[i].data);
	return status;
}
