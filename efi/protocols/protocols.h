/* SPDX-License-Identifier: Apache-2.0 */
/* The protocols on the firmware's own handle; misc.c calls each function once. */
#pragma once

#include "efi/efi.h"

/* random.c */
EFI_STATUS efi_random_publish(struct efi_object *object);

/* memory_attribute.c */
EFI_STATUS efi_memory_attribute_publish(struct efi_object *object);

/* collation.c */
EFI_STATUS efi_collation_publish(struct efi_object *object);

/* path_utilities.c */
EFI_STATUS efi_path_utilities_publish(struct efi_object *object);

/* efi/paths/to_text.c */
EFI_STATUS efi_path_to_text_publish(struct efi_object *object);

/* efi/paths/from_text.c */
EFI_STATUS efi_path_from_text_publish(struct efi_object *object);

/* hii_database.c: includes the protocol of hii_string.c */
EFI_STATUS efi_hii_publish(struct efi_object *object);

/* decompress.c */
EFI_STATUS efi_decompress_publish(struct efi_object *object);
