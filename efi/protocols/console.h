/* SPDX-License-Identifier: Apache-2.0 */
/* What the console protocols share. */
#pragma once

#include "efi/efi.h"
#include "efi/spec/console.h"

/* text_output.c */
extern EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL efi_text_output;
void efi_text_output_init(void);

/* text_input.c */
extern EFI_SIMPLE_TEXT_INPUT_PROTOCOL efi_text_input;
extern EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL efi_text_input_ex;
EFI_STATUS efi_text_input_init(void);
