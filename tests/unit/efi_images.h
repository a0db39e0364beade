/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of efi/services/images.c and related files: UEFI programs whose code is a function of
 * the test, and a file system that contains one.
 */
#pragma once

#include <sys/mman.h>

#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "efi/spec/media.h"
#include "efi/spec/misc.h"
#include "tests/host/host.h"
#include "tests/unit/memory_map.h"
#include "tests/unit/pe_image.h"
#include "tests/unit/test.h"

#define CHECK_STATUS(actual, expected) CHECK_EQUAL(actual, expected)

static EFI_SYSTEM_TABLE system_table;
EFI_SYSTEM_TABLE *efi_system_table = &system_table;

/* Replaces runtime.c's list of drivers. */
static u64 runtime_image;

EFI_STATUS efi_runtime_image_add(u64 base, u64 size, u64 relocations, u64 relocations_size)
{
	CHECK(size == PE_MEMORY_SIZE && relocations == 0x4000 && relocations_size == 0x1a);
	runtime_image = base;
	return EFI_SUCCESS;
}

void efi_runtime_image_remove(u64 base)
{
	if (runtime_image == base)
		runtime_image = 0;
}

/* Replaces text_input.c. */
static u64 forgotten_base, forgotten_size;

void efi_key_notifications_forget(u64 base, u64 size)
{
	forgotten_base = base;
	forgotten_size = size;
}

static u8 program[PE_FILE_SIZE];

/* Makes a program of @subsystem that jumps to @entry, in the firmware's memory. */
static inline void program_make(u16 subsystem, EFI_IMAGE_ENTRY_POINT entry)
{
	u8 *code = program + 0x410;

	CHECK_EQUAL(mprotect((void *)HOST_MEMORY_BASE, HOST_MEMORY_SIZE,
			     PROT_READ | PROT_WRITE | PROT_EXEC),
		    0);
	pe_image_make(program);
	store_le16(program + PE_P + 92, subsystem);
	/* mov $entry, %rax; jmp *%rax */
	store_le16(code, 0xb848);
	store_le64(code + 2, (uintptr_t)entry);
	store_le16(code + 10, 0xe0ff);
}

static inline EFI_STATUS load_program(EFI_HANDLE *image)
{
	return efi_load_image(false, efi_firmware_image(), NULL, program, sizeof(program), image);
}

static inline EFI_LOADED_IMAGE_PROTOCOL *loaded_of(EFI_HANDLE image)
{
	return efi_interface_of(image, &guid_loaded_image);
}
