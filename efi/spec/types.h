/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI 2.11, 2.3.1 and appendices A and D: base types and status codes. Names in this folder are
 * the specification's, which documents them.
 */
#pragma once

#include "lib/guid.h"
#include "lib/types.h"

/* 2.3.4.2: the calling convention of x64; the other architectures use their own C convention. */
#ifdef __x86_64__
#define EFIAPI __attribute__((ms_abi))
#else
#define EFIAPI
#endif

typedef u8 UINT8;
typedef u16 UINT16;
typedef u32 UINT32;
typedef u64 UINT64;
typedef s8 INT8;
typedef s16 INT16;
typedef s32 INT32;
typedef s64 INT64;
typedef u64 UINTN;
typedef s64 INTN;
typedef u8 BOOLEAN; /* a guest may pass values other than 0 and 1 */
typedef char CHAR8;
typedef u16 CHAR16;
typedef void VOID;

typedef struct guid EFI_GUID;
typedef UINTN EFI_STATUS;
typedef void *EFI_HANDLE;
typedef void *EFI_EVENT;
typedef UINT64 EFI_LBA;
typedef UINTN EFI_TPL;
typedef UINT64 EFI_PHYSICAL_ADDRESS;
typedef UINT64 EFI_VIRTUAL_ADDRESS;

#define EFI_ERROR_BIT (1ull << 63)
#define EFI_ERROR(status) ((INTN)(status) < 0)
#define EFI_SUCCESS 0ull
#define EFI_LOAD_ERROR (EFI_ERROR_BIT | 1)
#define EFI_INVALID_PARAMETER (EFI_ERROR_BIT | 2)
#define EFI_UNSUPPORTED (EFI_ERROR_BIT | 3)
#define EFI_BAD_BUFFER_SIZE (EFI_ERROR_BIT | 4)
#define EFI_BUFFER_TOO_SMALL (EFI_ERROR_BIT | 5)
#define EFI_NOT_READY (EFI_ERROR_BIT | 6)
#define EFI_DEVICE_ERROR (EFI_ERROR_BIT | 7)
#define EFI_WRITE_PROTECTED (EFI_ERROR_BIT | 8)
#define EFI_OUT_OF_RESOURCES (EFI_ERROR_BIT | 9)
#define EFI_VOLUME_CORRUPTED (EFI_ERROR_BIT | 10)
#define EFI_VOLUME_FULL (EFI_ERROR_BIT | 11)
#define EFI_NO_MEDIA (EFI_ERROR_BIT | 12)
#define EFI_MEDIA_CHANGED (EFI_ERROR_BIT | 13)
#define EFI_NOT_FOUND (EFI_ERROR_BIT | 14)
#define EFI_ACCESS_DENIED (EFI_ERROR_BIT | 15)
#define EFI_NO_RESPONSE (EFI_ERROR_BIT | 16)
#define EFI_NO_MAPPING (EFI_ERROR_BIT | 17)
#define EFI_TIMEOUT (EFI_ERROR_BIT | 18)
#define EFI_NOT_STARTED (EFI_ERROR_BIT | 19)
#define EFI_ALREADY_STARTED (EFI_ERROR_BIT | 20)
#define EFI_ABORTED (EFI_ERROR_BIT | 21)
#define EFI_ICMP_ERROR (EFI_ERROR_BIT | 22)
#define EFI_TFTP_ERROR (EFI_ERROR_BIT | 23)
#define EFI_PROTOCOL_ERROR (EFI_ERROR_BIT | 24)
#define EFI_INCOMPATIBLE_VERSION (EFI_ERROR_BIT | 25)
#define EFI_SECURITY_VIOLATION (EFI_ERROR_BIT | 26)
#define EFI_CRC_ERROR (EFI_ERROR_BIT | 27)
#define EFI_END_OF_MEDIA (EFI_ERROR_BIT | 28)
#define EFI_END_OF_FILE (EFI_ERROR_BIT | 31)
#define EFI_INVALID_LANGUAGE (EFI_ERROR_BIT | 32)
#define EFI_COMPROMISED_DATA (EFI_ERROR_BIT | 33)
#define EFI_IP_ADDRESS_CONFLICT (EFI_ERROR_BIT | 34)
#define EFI_HTTP_ERROR (EFI_ERROR_BIT | 35)

#define EFI_WARN_UNKNOWN_GLYPH 1ull
#define EFI_WARN_DELETE_FAILURE 2ull
#define EFI_WARN_WRITE_FAILURE 3ull
#define EFI_WARN_BUFFER_TOO_SMALL 4ull
#define EFI_WARN_STALE_DATA 5ull
#define EFI_WARN_FILE_SYSTEM 6ull
#define EFI_WARN_RESET_REQUIRED 7ull

/* 8.3 */
typedef struct {
	UINT16 Year; /* 1900 to 9999 */
	UINT8 Month;
	UINT8 Day;
	UINT8 Hour;
	UINT8 Minute;
	UINT8 Second;
	UINT8 Pad1;
	UINT32 Nanosecond;
	INT16 TimeZone; /* minutes, or EFI_UNSPECIFIED_TIMEZONE */
	UINT8 Daylight;
	UINT8 Pad2;
} EFI_TIME;

#define EFI_UNSPECIFIED_TIMEZONE 0x07ff
#define EFI_TIME_ADJUST_DAYLIGHT 0x01
#define EFI_TIME_IN_DAYLIGHT 0x02

typedef struct {
	UINT32 Resolution;
	UINT32 Accuracy;
	BOOLEAN SetsToZero;
} EFI_TIME_CAPABILITIES;

/* 7.2 */
typedef enum {
	EfiReservedMemoryType,
	EfiLoaderCode,
	EfiLoaderData,
	EfiBootServicesCode,
	EfiBootServicesData,
	EfiRuntimeServicesCode,
	EfiRuntimeServicesData,
	EfiConventionalMemory,
	EfiUnusableMemory,
	EfiACPIReclaimMemory,
	EfiACPIMemoryNVS,
	EfiMemoryMappedIO,
	EfiMemoryMappedIOPortSpace,
	EfiPalCode,
	EfiPersistentMemory,
	EfiUnacceptedMemoryType,
	EfiMaxMemoryType,
} EFI_MEMORY_TYPE;

#define EFI_MEMORY_TYPE_OEM_FIRST 0x70000000u
#define EFI_MEMORY_TYPE_OS_FIRST 0x80000000u

typedef enum {
	AllocateAnyPages,
	AllocateMaxAddress,
	AllocateAddress,
	MaxAllocateType,
} EFI_ALLOCATE_TYPE;

typedef struct {
	UINT32 Type;
	UINT32 Pad;
	EFI_PHYSICAL_ADDRESS PhysicalStart;
	EFI_VIRTUAL_ADDRESS VirtualStart;
	UINT64 NumberOfPages;
	UINT64 Attribute;
} EFI_MEMORY_DESCRIPTOR;

#define EFI_MEMORY_DESCRIPTOR_VERSION 1
#define EFI_MEMORY_UC 0x1ull
#define EFI_MEMORY_WC 0x2ull
#define EFI_MEMORY_WT 0x4ull
#define EFI_MEMORY_WB 0x8ull
#define EFI_MEMORY_UCE 0x10ull
#define EFI_MEMORY_WP 0x1000ull
#define EFI_MEMORY_RP 0x2000ull
#define EFI_MEMORY_XP 0x4000ull
#define EFI_MEMORY_NV 0x8000ull
#define EFI_MEMORY_RO 0x20000ull
#define EFI_MEMORY_RUNTIME (1ull << 63)
