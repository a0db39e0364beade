/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 33.3 and 34: packages of the human interface infrastructure, database and strings. */
#pragma once

#include "efi/spec/device_path.h"
#include "efi/spec/types.h"

typedef VOID *EFI_HII_HANDLE;
typedef UINT16 EFI_STRING_ID;
typedef struct EFI_FONT_INFO EFI_FONT_INFO;
typedef struct EFI_HII_KEYBOARD_LAYOUT EFI_HII_KEYBOARD_LAYOUT;

/* 33.3.1; packages follow */
typedef struct [[gnu::packed]] {
	EFI_GUID PackageListGuid;
	UINT32 PackageLength;
} EFI_HII_PACKAGE_LIST_HEADER;

#define EFI_HII_PACKAGE_TYPE_ALL 0x00
#define EFI_HII_PACKAGE_TYPE_GUID 0x01
#define EFI_HII_PACKAGE_STRINGS 0x04
#define EFI_HII_PACKAGE_KEYBOARD_LAYOUT 0x09
#define EFI_HII_PACKAGE_END 0xdf

/* 33.3.6 */
#define EFI_HII_SIBT_END 0x00
#define EFI_HII_SIBT_STRING_SCSU 0x10
#define EFI_HII_SIBT_STRINGS_UCS2_FONT 0x17
#define EFI_HII_SIBT_STRING_UCS2 0x14
#define EFI_HII_SIBT_DUPLICATE 0x20
#define EFI_HII_SIBT_SKIP2 0x21
#define EFI_HII_SIBT_SKIP1 0x22
#define EFI_HII_SIBT_EXT1 0x30
#define EFI_HII_SIBT_EXT2 0x31
#define EFI_HII_SIBT_EXT4 0x32

typedef UINTN EFI_HII_DATABASE_NOTIFY_TYPE;
typedef EFI_STATUS(EFIAPI *EFI_HII_DATABASE_NOTIFY)(UINT8 PackageType, const EFI_GUID *PackageGuid,
						    const VOID *Package, EFI_HII_HANDLE Handle,
						    EFI_HII_DATABASE_NOTIFY_TYPE NotifyType);

/* 34.8 */
typedef struct EFI_HII_DATABASE_PROTOCOL EFI_HII_DATABASE_PROTOCOL;
struct EFI_HII_DATABASE_PROTOCOL {
	EFI_STATUS(EFIAPI *NewPackageList)
	(const EFI_HII_DATABASE_PROTOCOL *This, const EFI_HII_PACKAGE_LIST_HEADER *PackageList,
	 EFI_HANDLE DriverHandle, EFI_HII_HANDLE *Handle);
	EFI_STATUS(EFIAPI *RemovePackageList)
	(const EFI_HII_DATABASE_PROTOCOL *This, EFI_HII_HANDLE Handle);
	EFI_STATUS(EFIAPI *UpdatePackageList)
	(const EFI_HII_DATABASE_PROTOCOL *This, EFI_HII_HANDLE Handle,
	 const EFI_HII_PACKAGE_LIST_HEADER *PackageList);
	EFI_STATUS(EFIAPI *ListPackageLists)
	(const EFI_HII_DATABASE_PROTOCOL *This, UINT8 PackageType, const EFI_GUID *PackageGuid,
	 UINTN *HandleBufferLength, EFI_HII_HANDLE *Handle);
	EFI_STATUS(EFIAPI *ExportPackageLists)
	(const EFI_HII_DATABASE_PROTOCOL *This, EFI_HII_HANDLE Handle, UINTN *BufferSize,
	 EFI_HII_PACKAGE_LIST_HEADER *Buffer);
	EFI_STATUS(EFIAPI *RegisterPackageNotify)
	(const EFI_HII_DATABASE_PROTOCOL *This, UINT8 PackageType, const EFI_GUID *PackageGuid,
	 EFI_HII_DATABASE_NOTIFY PackageNotifyFn, EFI_HII_DATABASE_NOTIFY_TYPE NotifyType,
	 EFI_HANDLE *NotifyHandle);
	EFI_STATUS(EFIAPI *UnregisterPackageNotify)
	(const EFI_HII_DATABASE_PROTOCOL *This, EFI_HANDLE NotificationHandle);
	EFI_STATUS(EFIAPI *FindKeyboardLayouts)
	(const EFI_HII_DATABASE_PROTOCOL *This, UINT16 *KeyGuidBufferLength,
	 EFI_GUID *KeyGuidBuffer);
	EFI_STATUS(EFIAPI *GetKeyboardLayout)
	(const EFI_HII_DATABASE_PROTOCOL *This, const EFI_GUID *KeyGuid,
	 UINT16 *KeyboardLayoutLength, EFI_HII_KEYBOARD_LAYOUT *KeyboardLayout);
	EFI_STATUS(EFIAPI *SetKeyboardLayout)
	(const EFI_HII_DATABASE_PROTOCOL *This, const EFI_GUID *KeyGuid);
	EFI_STATUS(EFIAPI *GetPackageListHandle)
	(const EFI_HII_DATABASE_PROTOCOL *This, EFI_HII_HANDLE PackageListHandle,
	 EFI_HANDLE *DriverHandle);
};

/* 34.3 */
typedef struct EFI_HII_STRING_PROTOCOL EFI_HII_STRING_PROTOCOL;
struct EFI_HII_STRING_PROTOCOL {
	EFI_STATUS(EFIAPI *NewString)
	(const EFI_HII_STRING_PROTOCOL *This, EFI_HII_HANDLE PackageList, EFI_STRING_ID *StringId,
	 const CHAR8 *Language, const CHAR16 *LanguageName, const CHAR16 *String,
	 const EFI_FONT_INFO *StringFontInfo);
	EFI_STATUS(EFIAPI *GetString)
	(const EFI_HII_STRING_PROTOCOL *This, const CHAR8 *Language, EFI_HII_HANDLE PackageList,
	 EFI_STRING_ID StringId, CHAR16 *String, UINTN *StringSize, EFI_FONT_INFO **StringFontInfo);
	EFI_STATUS(EFIAPI *SetString)
	(const EFI_HII_STRING_PROTOCOL *This, EFI_HII_HANDLE PackageList, EFI_STRING_ID StringId,
	 const CHAR8 *Language, const CHAR16 *String, const EFI_FONT_INFO *StringFontInfo);
	EFI_STATUS(EFIAPI *GetLanguages)
	(const EFI_HII_STRING_PROTOCOL *This, EFI_HII_HANDLE PackageList, CHAR8 *Languages,
	 UINTN *LanguagesSize);
	EFI_STATUS(EFIAPI *GetSecondaryLanguages)
	(const EFI_HII_STRING_PROTOCOL *This, EFI_HII_HANDLE PackageList,
	 const CHAR8 *PrimaryLanguage, CHAR8 *SecondaryLanguages, UINTN *SecondaryLanguagesSize);
};
