/* SPDX-License-Identifier: Apache-2.0 */
/* The content of a Boot#### variable: EFI_LOAD_OPTION (UEFI 2.11, 3.1.3). */
#pragma once

#include "core/arena.h"
#include "efi/spec/device_path.h"
#include "lib/span.h"
#include "lib/status.h"

enum { LOAD_OPTION_TITLE_SIZE = 96 };

struct load_option {
	u32 attributes;
	char title[LOAD_OPTION_TITLE_SIZE];   /* UTF-8, truncated if longer */
	const EFI_DEVICE_PATH_PROTOCOL *path; /* well-formed; refers to the bytes that were read */
	struct span optional_data;
};

/* ERR_CORRUPT: a length is wrong, the title is unterminated, or the path is malformed. */
enum status load_option_read(struct span bytes, struct load_option *out);

/*
 * Converts optional data to UTF-8 in @arena, if it is text: UTF-16 of printable characters, with or
 * without a NUL at the end. Empty data is an empty text. ERR_UNSUPPORTED: it is not text.
 */
enum status load_options_to_text(struct span data, struct arena *arena, struct span *out);

/* The reverse, with a NUL at the end; no data for an empty text. */
enum status load_options_from_text(struct span text, struct arena *arena, struct span *out);
