/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 14: PCI bus support. */
#pragma once

#include "efi/spec/types.h"

/* 14.2 and 14.4 name the same widths differently. */
typedef enum {
	EfiPciWidthUint8,
	EfiPciWidthUint16,
	EfiPciWidthUint32,
	EfiPciWidthUint64,
	EfiPciWidthFifoUint8, /* all from or to one address */
	EfiPciWidthFifoUint16,
	EfiPciWidthFifoUint32,
	EfiPciWidthFifoUint64,
	EfiPciWidthFillUint8, /* all from or to one position in the buffer */
	EfiPciWidthFillUint16,
	EfiPciWidthFillUint32,
	EfiPciWidthFillUint64,
	EfiPciWidthMaximum,
} EFI_PCI_WIDTH;

typedef EFI_PCI_WIDTH EFI_PCI_IO_PROTOCOL_WIDTH;
typedef EFI_PCI_WIDTH EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH;

/* 14.2 */
typedef enum {
	EfiPciOperationBusMasterRead, /* of memory, by the device */
	EfiPciOperationBusMasterWrite,
	EfiPciOperationBusMasterCommonBuffer,
	EfiPciOperationBusMasterRead64,
	EfiPciOperationBusMasterWrite64,
	EfiPciOperationBusMasterCommonBuffer64,
	EfiPciOperationMaximum,
} EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_OPERATION;

#define EFI_PCI_ATTRIBUTE_MEMORY_WRITE_COMBINE 0x0080ull
#define EFI_PCI_ATTRIBUTE_MEMORY_CACHED 0x0800ull
#define EFI_PCI_ATTRIBUTE_DUAL_ADDRESS_CYCLE 0x8000ull

typedef struct EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL;

typedef EFI_STATUS(EFIAPI *EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_POLL_IO_MEM)(
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH Width,
	UINT64 Address, UINT64 Mask, UINT64 Value, UINT64 Delay, UINT64 *Result);
typedef EFI_STATUS(EFIAPI *EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_IO_MEM)(
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH Width,
	UINT64 Address, UINTN Count, VOID *Buffer);

typedef struct {
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_IO_MEM Read;
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_IO_MEM Write;
} EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_ACCESS;

struct EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL {
	EFI_HANDLE ParentHandle;
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_POLL_IO_MEM PollMem;
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_POLL_IO_MEM PollIo;
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_ACCESS Mem;
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_ACCESS Io;
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_ACCESS Pci;
	EFI_STATUS(EFIAPI *CopyMem)
	(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH Width,
	 UINT64 DestAddress, UINT64 SrcAddress, UINTN Count);
	EFI_STATUS(EFIAPI *Map)
	(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_OPERATION Operation,
	 VOID *HostAddress, UINTN *NumberOfBytes, EFI_PHYSICAL_ADDRESS *DeviceAddress,
	 VOID **Mapping);
	EFI_STATUS(EFIAPI *Unmap)(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, VOID *Mapping);
	EFI_STATUS(EFIAPI *AllocateBuffer)
	(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, EFI_ALLOCATE_TYPE Type, EFI_MEMORY_TYPE MemoryType,
	 UINTN Pages, VOID **HostAddress, UINT64 Attributes);
	EFI_STATUS(EFIAPI *FreeBuffer)
	(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, UINTN Pages, VOID *HostAddress);
	EFI_STATUS(EFIAPI *Flush)(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This);
	EFI_STATUS(EFIAPI *GetAttributes)
	(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, UINT64 *Supports, UINT64 *Attributes);
	EFI_STATUS(EFIAPI *SetAttributes)
	(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, UINT64 Attributes, UINT64 *ResourceBase,
	 UINT64 *ResourceLength);
	EFI_STATUS(EFIAPI *Configuration)
	(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *This, VOID **Resources);
	UINT32 SegmentNumber;
};

/* The address that Pci.Read() and Pci.Write() take. */
typedef struct {
	UINT8 Register;
	UINT8 Function;
	UINT8 Device;
	UINT8 Bus;
	UINT32 ExtendedRegister; /* unless it is 0, instead of Register */
} EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS;

/* 14.4 */
typedef enum {
	EfiPciIoAttributeOperationGet,
	EfiPciIoAttributeOperationSet,
	EfiPciIoAttributeOperationEnable,
	EfiPciIoAttributeOperationDisable,
	EfiPciIoAttributeOperationSupported,
	EfiPciIoAttributeOperationMaximum,
} EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION;

typedef enum {
	EfiPciIoOperationBusMasterRead,
	EfiPciIoOperationBusMasterWrite,
	EfiPciIoOperationBusMasterCommonBuffer,
	EfiPciIoOperationMaximum,
} EFI_PCI_IO_PROTOCOL_OPERATION;

#define EFI_PCI_IO_PASS_THROUGH_BAR 0xff

#define EFI_PCI_IO_ATTRIBUTE_MEMORY_WRITE_COMBINE 0x0080ull
#define EFI_PCI_IO_ATTRIBUTE_IO 0x0100ull
#define EFI_PCI_IO_ATTRIBUTE_MEMORY 0x0200ull
#define EFI_PCI_IO_ATTRIBUTE_BUS_MASTER 0x0400ull
#define EFI_PCI_IO_ATTRIBUTE_MEMORY_CACHED 0x0800ull
#define EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE 0x8000ull

typedef struct EFI_PCI_IO_PROTOCOL EFI_PCI_IO_PROTOCOL;

typedef EFI_STATUS(EFIAPI *EFI_PCI_IO_PROTOCOL_POLL_IO_MEM)(EFI_PCI_IO_PROTOCOL *This,
							    EFI_PCI_IO_PROTOCOL_WIDTH Width,
							    UINT8 BarIndex, UINT64 Offset,
							    UINT64 Mask, UINT64 Value, UINT64 Delay,
							    UINT64 *Result);
typedef EFI_STATUS(EFIAPI *EFI_PCI_IO_PROTOCOL_IO_MEM)(EFI_PCI_IO_PROTOCOL *This,
						       EFI_PCI_IO_PROTOCOL_WIDTH Width,
						       UINT8 BarIndex, UINT64 Offset, UINTN Count,
						       VOID *Buffer);
typedef EFI_STATUS(EFIAPI *EFI_PCI_IO_PROTOCOL_CONFIG)(EFI_PCI_IO_PROTOCOL *This,
						       EFI_PCI_IO_PROTOCOL_WIDTH Width,
						       UINT32 Offset, UINTN Count, VOID *Buffer);

typedef struct {
	EFI_PCI_IO_PROTOCOL_IO_MEM Read;
	EFI_PCI_IO_PROTOCOL_IO_MEM Write;
} EFI_PCI_IO_PROTOCOL_ACCESS;

typedef struct {
	EFI_PCI_IO_PROTOCOL_CONFIG Read;
	EFI_PCI_IO_PROTOCOL_CONFIG Write;
} EFI_PCI_IO_PROTOCOL_CONFIG_ACCESS;

struct EFI_PCI_IO_PROTOCOL {
	EFI_PCI_IO_PROTOCOL_POLL_IO_MEM PollMem;
	EFI_PCI_IO_PROTOCOL_POLL_IO_MEM PollIo;
	EFI_PCI_IO_PROTOCOL_ACCESS Mem;
	EFI_PCI_IO_PROTOCOL_ACCESS Io;
	EFI_PCI_IO_PROTOCOL_CONFIG_ACCESS Pci;
	EFI_STATUS(EFIAPI *CopyMem)
	(EFI_PCI_IO_PROTOCOL *This, EFI_PCI_IO_PROTOCOL_WIDTH Width, UINT8 DestBarIndex,
	 UINT64 DestOffset, UINT8 SrcBarIndex, UINT64 SrcOffset, UINTN Count);
	EFI_STATUS(EFIAPI *Map)
	(EFI_PCI_IO_PROTOCOL *This, EFI_PCI_IO_PROTOCOL_OPERATION Operation, VOID *HostAddress,
	 UINTN *NumberOfBytes, EFI_PHYSICAL_ADDRESS *DeviceAddress, VOID **Mapping);
	EFI_STATUS(EFIAPI *Unmap)(EFI_PCI_IO_PROTOCOL *This, VOID *Mapping);
	EFI_STATUS(EFIAPI *AllocateBuffer)
	(EFI_PCI_IO_PROTOCOL *This, EFI_ALLOCATE_TYPE Type, EFI_MEMORY_TYPE MemoryType, UINTN Pages,
	 VOID **HostAddress, UINT64 Attributes);
	EFI_STATUS(EFIAPI *FreeBuffer)(EFI_PCI_IO_PROTOCOL *This, UINTN Pages, VOID *HostAddress);
	EFI_STATUS(EFIAPI *Flush)(EFI_PCI_IO_PROTOCOL *This);
	EFI_STATUS(EFIAPI *GetLocation)
	(EFI_PCI_IO_PROTOCOL *This, UINTN *SegmentNumber, UINTN *BusNumber, UINTN *DeviceNumber,
	 UINTN *FunctionNumber);
	EFI_STATUS(EFIAPI *Attributes)
	(EFI_PCI_IO_PROTOCOL *This, EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION Operation,
	 UINT64 Attributes, UINT64 *Result);
	EFI_STATUS(EFIAPI *GetBarAttributes)
	(EFI_PCI_IO_PROTOCOL *This, UINT8 BarIndex, UINT64 *Supports, VOID **Resources);
	EFI_STATUS(EFIAPI *SetBarAttributes)
	(EFI_PCI_IO_PROTOCOL *This, UINT64 Attributes, UINT8 BarIndex, UINT64 *Offset,
	 UINT64 *Length);
	UINT64 RomSize;
	VOID *RomImage;
};

/* ACPI 6.5, 6.4.3.5.1: QWord address space descriptor. */
typedef struct [[gnu::packed]] {
	UINT8 Desc;
	UINT16 Len; /* of what follows */
	UINT8 ResType;
	UINT8 GenFlag;
	UINT8 SpecificFlag;
	UINT64 AddrSpaceGranularity; /* 32 or 64: bits of an address in memory */
	UINT64 AddrRangeMin;
	UINT64 AddrRangeMax;
	UINT64 AddrTranslationOffset;
	UINT64 AddrLen;
} EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR;

#define ACPI_ADDRESS_SPACE_DESCRIPTOR 0x8a
#define ACPI_ADDRESS_SPACE_TYPE_MEM 0x00
#define ACPI_ADDRESS_SPACE_TYPE_IO 0x01
#define ACPI_ADDRESS_SPACE_TYPE_BUS 0x02
#define ACPI_ADDRESS_SPACE_PREFETCHABLE 0x06

/* ACPI 6.5, 6.4.2.9 */
typedef struct [[gnu::packed]] {
	UINT8 Desc;
	UINT8 Checksum; /* 0: there is none */
} EFI_ACPI_END_TAG_DESCRIPTOR;

#define ACPI_END_TAG_DESCRIPTOR 0x79
