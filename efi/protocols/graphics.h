/* SPDX-License-Identifier: Apache-2.0 */
/* The two files of the graphics output protocol. */
#pragma once

#include "core/display.h"
#include "efi/efi.h"
#include "efi/spec/console.h"

/* One call of Blt() (UEFI 2.11, 12.9.2.3). */
struct efi_blt {
	EFI_GRAPHICS_OUTPUT_BLT_PIXEL *buffer;
	EFI_GRAPHICS_OUTPUT_BLT_OPERATION operation;
	u64 source_x, source_y;
	u64 destination_x, destination_y;
	u64 width, height;
	u64 delta; /* distance between lines of the buffer in bytes; 0: @width pixels */
};

/* blt.c. Draws nothing if it returns an error. */
EFI_STATUS efi_blt(const struct framebuffer *framebuffer, const struct efi_blt *blt);
