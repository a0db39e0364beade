/* SPDX-License-Identifier: Apache-2.0 */
/* What a Boot#### variable holds: EFI_LOAD_OPTION (UEFI 2.11, 3.1.3). */
#pragma once

#include "core/arena.h"
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

/*
 * Optional data as text, UTF-8 in @arena, if it is text: UTF-16 of printable characters, with or
 * without a NUL at its end. ERR_UNSUPPORTED: it is not. None at all is an empty text.
 */
enum status load_options_to_text(struct span data, struct arena *arena, struct span *out);

/* The reverse, with a NUL; nothing for an empty text. */
enum status load_options_from_text(struct span text, struct arena *arena, struct span *out);
