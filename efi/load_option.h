/* SPDX-License-Identifier: Apache-2.0 */
/* What a Boot#### variable holds: EFI_LOAD_OPTION (UEFI 2.11, 3.1.3). */
#pragma once

#include "efi/spec/device_path.h"
#include "lib/span.h"
#include "lib/status.h"

enum { LOAD_OPTION_TITLE_SIZE = 96 };

struct load_option {
	u32 attributes;
	char title[LOAD_OPTION_TITLE_SIZE];   /* UTF-8, cut where it is longer */
	const EFI_DEVICE_PATH_PROTOCOL *path; /* well-formed; refers to the bytes that were read */
	struct span optional_data;
};

/* ERR_CORRUPT: a length does not fit, the title does not end, the path is not well-formed. */
enum status load_option_read(struct span bytes, struct load_option *out);
