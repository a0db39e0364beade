/* SPDX-License-Identifier: Apache-2.0 */
/* What the EFI programs of the tests share: the tables, text on ConOut, and what a C compiler
 * calls. */
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

/* Keeps the tables for the functions below. */
void support_init(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

/*
 * %s CHAR8 string, %S CHAR16 string, %d signed, %u unsigned, %x hexadecimal, all of 64 bits; %r a
 * status by its name, %% a percent sign.
 */
void print(const char *format, ...);

/* On COM1's registers: works after ExitBootServices, as print() does when it has been told. */
void print_serial(const char *text);
void support_boot_services_ended(void);

/* The specification's name of a status without EFI_, or a number. */
const char *status_name(EFI_STATUS status);

/* A file below the root of the volume that the image came from, or NULL. */
EFI_FILE_PROTOCOL *open_file(const CHAR16 *name, UINT64 mode);

/* A whole file in pool memory; NULL if it is not there. */
void *read_file(const CHAR16 *name, UINTN *size);

/* A device path with one FilePath node behind that of the image's own volume, in pool memory. */
EFI_DEVICE_PATH_PROTOCOL *file_path(const CHAR16 *name);

/* Switches the machine off, by firmware, and else says that it is still on. */
void power_off(void);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t length16(const CHAR16 *text);
bool equal16(const CHAR16 *a, const CHAR16 *b);
