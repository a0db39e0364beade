/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the test EFI programs: the tables, text on ConOut, and the functions that a C compiler
 * calls.
 */
#pragma once

#include "efi/spec/console.h"
#include "efi/spec/device_path.h"
#include "efi/spec/guids.h"
#include "efi/spec/media.h"
#include "efi/spec/misc.h"
#include "efi/spec/tables.h"
#include "efi/spec/types.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define PAGE 4096ull

extern EFI_HANDLE image_handle;
extern EFI_SYSTEM_TABLE *system_table;
extern EFI_BOOT_SERVICES *boot;
extern EFI_RUNTIME_SERVICES *runtime;

/* Stores the tables for the functions below. */
void support_init(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

/*
 * %s CHAR8 string, %S CHAR16 string, %d signed, %u unsigned, %x hexadecimal, all of 64 bits; %r the
 * name of a status, %% a percent sign.
 */
void print(const char *format, ...);

/*
 * Writes to COM1's registers, so it works after ExitBootServices, as print() does once it has been
 * told.
 */
void print_serial(const char *text);
void support_boot_services_ended(void);

/* The specification's name of a status, without EFI_, or a number. */
const char *status_name(EFI_STATUS status);

/* Opens a file on the volume from which the image was loaded, or returns NULL. */
EFI_FILE_PROTOCOL *open_file(const CHAR16 *name, UINT64 mode);

/* Reads a whole file into pool memory; NULL if it does not exist. */
void *read_file(const CHAR16 *name, UINTN *size);

/* The device path of the image's volume with a FilePath node appended, in pool memory. */
EFI_DEVICE_PATH_PROTOCOL *file_path(const CHAR16 *name);

/* Powers the machine off through the firmware; if that returns, prints that it failed. */
void power_off(void);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t length16(const CHAR16 *text);
bool equal16(const CHAR16 *a, const CHAR16 *b);
