/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 10: device paths. Nodes are packed bytes, so their fields are not aligned. */
#pragma once

#include "efi/spec/types.h"

typedef struct [[gnu::packed]] {
	UINT8 Type;
	UINT8 SubType;
	UINT8 Length[2];
} EFI_DEVICE_PATH_PROTOCOL;

#define END_DEVICE_PATH_TYPE 0x7f
#define END_INSTANCE_DEVICE_PATH_SUBTYPE 0x01
#define END_ENTIRE_DEVICE_PATH_SUBTYPE 0xff

/* 10.3.2 */
#define HARDWARE_DEVICE_PATH 0x01
#define HW_PCI_DP 0x01
#define HW_MEMMAP_DP 0x03
#define HW_VENDOR_DP 0x04
#define HW_CONTROLLER_DP 0x05

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT8 Function;
	UINT8 Device;
} PCI_DEVICE_PATH;

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT32 MemoryType;
	EFI_PHYSICAL_ADDRESS StartingAddress;
	EFI_PHYSICAL_ADDRESS EndingAddress;
} MEMMAP_DEVICE_PATH;

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	EFI_GUID Guid; /* the vendor's bytes follow */
} VENDOR_DEVICE_PATH;

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT32 ControllerNumber;
} CONTROLLER_DEVICE_PATH;

/* 10.3.3 */
#define ACPI_DEVICE_PATH 0x02
#define ACPI_DP 0x01
#define ACPI_EXTENDED_DP 0x02
#define ACPI_ADR_DP 0x03

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT32 HID;
	UINT32 UID;
} ACPI_HID_DEVICE_PATH;

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT32 ADR;
} ACPI_ADR_DEVICE_PATH;

/* _ADR of a display output (ACPI 6.5, B.4.2). */
#define ACPI_DISPLAY_ADR(type, port, index) \
	(1u << 31 | 1u << 16 | (UINT32)(type) << 8 | (UINT32)(port) << 4 | (UINT32)(index))
#define ACPI_ADR_DISPLAY_TYPE_VGA 1

/* Compressed EISA identifiers. */
#define EISA_PNP_ID(number) (0x41d0u | (UINT32)(number) << 16)

/* 10.3.4 */
#define MESSAGING_DEVICE_PATH 0x03
#define MSG_ATAPI_DP 0x01
#define MSG_SCSI_DP 0x02
#define MSG_VENDOR_DP 0x0a
#define MSG_MAC_ADDR_DP 0x0b
#define MSG_IPv4_DP 0x0c
#define MSG_IPv6_DP 0x0d
#define MSG_UART_DP 0x0e
#define MSG_SATA_DP 0x12
#define MSG_NVME_NAMESPACE_DP 0x17
#define MSG_URI_DP 0x18

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT32 Reserved;
	UINT64 BaudRate;
	UINT8 DataBits;
	UINT8 Parity;
	UINT8 StopBits;
} UART_DEVICE_PATH;

/* 10.3.4.1 */
typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT8 PrimarySecondary;
	UINT8 SlaveMaster;
	UINT16 Lun;
} ATAPI_DEVICE_PATH;

/* 10.3.4.2 */
typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT16 Pun;
	UINT16 Lun;
} SCSI_DEVICE_PATH;

/* 10.3.4.6 */
typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT16 HBAPortNumber;
	UINT16 PortMultiplierPortNumber;
	UINT16 Lun;
} SATA_DEVICE_PATH;

#define SATA_HBA_DIRECT_CONNECT_FLAG 0xffff

/* 10.3.4.21 */
typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT32 NamespaceId;
	UINT64 NamespaceUuid;
} NVME_NAMESPACE_DEVICE_PATH;

/* 10.3.5 */
#define MEDIA_DEVICE_PATH 0x04
#define MEDIA_HARDDRIVE_DP 0x01
#define MEDIA_CDROM_DP 0x02
#define MEDIA_VENDOR_DP 0x03
#define MEDIA_FILEPATH_DP 0x04
#define MEDIA_PIWG_FW_FILE_DP 0x06
#define MEDIA_PIWG_FW_VOL_DP 0x07

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT32 PartitionNumber;
	UINT64 PartitionStart;
	UINT64 PartitionSize;
	UINT8 Signature[16];
	UINT8 MBRType;
	UINT8 SignatureType;
} HARDDRIVE_DEVICE_PATH;

#define MBR_TYPE_PCAT 0x01
#define MBR_TYPE_EFI_PARTITION_TABLE_HEADER 0x02
#define NO_DISK_SIGNATURE 0x00
#define SIGNATURE_TYPE_MBR 0x01
#define SIGNATURE_TYPE_GUID 0x02

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	UINT32 BootEntry;
	UINT64 PartitionStart;
	UINT64 PartitionSize;
} CDROM_DEVICE_PATH;

typedef struct [[gnu::packed]] {
	EFI_DEVICE_PATH_PROTOCOL Header;
	CHAR16 PathName[];
} FILEPATH_DEVICE_PATH;

/* 10.3.6 */
#define BBS_DEVICE_PATH 0x05

/* 10.5 */
typedef struct EFI_DEVICE_PATH_UTILITIES_PROTOCOL {
	UINTN(EFIAPI *GetDevicePathSize)(const EFI_DEVICE_PATH_PROTOCOL *DevicePath);
	EFI_DEVICE_PATH_PROTOCOL *(EFIAPI *DuplicateDevicePath)(
		const EFI_DEVICE_PATH_PROTOCOL *DevicePath);
	EFI_DEVICE_PATH_PROTOCOL *(EFIAPI *AppendDevicePath)(const EFI_DEVICE_PATH_PROTOCOL *Src1,
							     const EFI_DEVICE_PATH_PROTOCOL *Src2);
	EFI_DEVICE_PATH_PROTOCOL *(EFIAPI *AppendDeviceNode)(
		const EFI_DEVICE_PATH_PROTOCOL *DevicePath,
		const EFI_DEVICE_PATH_PROTOCOL *DeviceNode);
	EFI_DEVICE_PATH_PROTOCOL *(EFIAPI *AppendDevicePathInstance)(
		const EFI_DEVICE_PATH_PROTOCOL *DevicePath,
		const EFI_DEVICE_PATH_PROTOCOL *DevicePathInstance);
	EFI_DEVICE_PATH_PROTOCOL *(EFIAPI *GetNextDevicePathInstance)(
		EFI_DEVICE_PATH_PROTOCOL **DevicePathInstance, UINTN *DevicePathInstanceSize);
	BOOLEAN(EFIAPI *IsDevicePathMultiInstance)(const EFI_DEVICE_PATH_PROTOCOL *DevicePath);
	EFI_DEVICE_PATH_PROTOCOL *(EFIAPI *CreateDeviceNode)(UINT8 NodeType, UINT8 NodeSubType,
							     UINT16 NodeLength);
} EFI_DEVICE_PATH_UTILITIES_PROTOCOL;

/* 10.6 */
typedef struct EFI_DEVICE_PATH_TO_TEXT_PROTOCOL {
	CHAR16 *(EFIAPI *ConvertDeviceNodeToText)(const EFI_DEVICE_PATH_PROTOCOL *DeviceNode,
						  BOOLEAN DisplayOnly, BOOLEAN AllowShortcuts);
	CHAR16 *(EFIAPI *ConvertDevicePathToText)(const EFI_DEVICE_PATH_PROTOCOL *DevicePath,
						  BOOLEAN DisplayOnly, BOOLEAN AllowShortcuts);
} EFI_DEVICE_PATH_TO_TEXT_PROTOCOL;

typedef struct EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL {
	EFI_DEVICE_PATH_PROTOCOL *(EFIAPI *ConvertTextToDeviceNode)(const CHAR16 *TextDeviceNode);
	EFI_DEVICE_PATH_PROTOCOL *(EFIAPI *ConvertTextToDevicePath)(const CHAR16 *TextDevicePath);
} EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL;

/* 3.1.3 */
#define LOAD_OPTION_ACTIVE 0x00000001u
#define LOAD_OPTION_FORCE_RECONNECT 0x00000002u
#define LOAD_OPTION_HIDDEN 0x00000008u
#define LOAD_OPTION_CATEGORY 0x00001f00u
#define LOAD_OPTION_CATEGORY_BOOT 0x00000000u
#define LOAD_OPTION_CATEGORY_APP 0x00000100u
