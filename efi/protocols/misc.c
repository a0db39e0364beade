/* SPDX-License-Identifier: Apache-2.0 */
/* Protocols that belong to no device are on a handle of their own. */
#include "efi/protocols/protocols.h"
#include "lib/config.h"

static struct efi_object services;

EFI_STATUS efi_misc_publish(void)
{
	static EFI_STATUS (*const publishers[])(struct efi_object *object) = {
		/* clang-format off */
		IF_ENABLED(CONFIG_EFI_RNG, efi_random_publish,)
		IF_ENABLED(CONFIG_EFI_NX, efi_memory_attribute_publish,)
		IF_ENABLED(CONFIG_EFI_COLLATION, efi_collation_publish,)
		IF_ENABLED(CONFIG_EFI_PATH_UTILITIES, efi_path_utilities_publish,)
		IF_ENABLED(CONFIG_EFI_PATH_TO_TEXT, efi_path_to_text_publish,)
		IF_ENABLED(CONFIG_EFI_PATH_FROM_TEXT, efi_path_from_text_publish,)
		IF_ENABLED(CONFIG_EFI_HII, efi_hii_publish,)
		IF_ENABLED(CONFIG_EFI_DECOMPRESS, efi_decompress_publish,)
		/* clang-format on */
		NULL,
	};
	EFI_STATUS status = EFI_SUCCESS;

	for (u32 i = 0; !status && publishers[i]; i++)
		status = publishers[i](&services);
	return status;
}
