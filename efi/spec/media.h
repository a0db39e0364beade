/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 13: disks, partitions, file systems, loaded files. */
#pragma once

#include "efi/spec/device_path.h"
#include "efi/spec/types.h"

/* 13.1 and 13.2 */
typedef struct EFI_LOAD_FILE_PROTOCOL EFI_LOAD_FILE_PROTOCOL;
struct EFI_LOAD_FILE_PROTOCOL {
	EFI_STATUS(EFIAPI *LoadFile)
	(EFI_LOAD_FILE_PROTOCOL *This, EFI_DEVICE_PATH_PROTOCOL *FilePath, BOOLEAN BootPolicy,
	 UINTN *BufferSize, VOID *Buffer);
};
typedef EFI_LOAD_FILE_PROTOCOL EFI_LOAD_FILE2_PROTOCOL;

/* 13.4 */
typedef struct EFI_FILE_PROTOCOL EFI_FILE_PROTOCOL;

typedef struct EFI_SIMPLE_FILE_SYSTEM_PROTOCOL EFI_SIMPLE_FILE_SYSTEM_PROTOCOL;
struct EFI_SIMPLE_FILE_SYSTEM_PROTOCOL {
	UINT64 Revision;
	EFI_STATUS(EFIAPI *OpenVolume)
	(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *This, EFI_FILE_PROTOCOL **Root);
};

#define EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_REVISION 0x00010000u

/* 13.5 */
typedef struct {
	EFI_EVENT Event;
	EFI_STATUS Status;
	UINTN BufferSize;
	VOID *Buffer;
} EFI_FILE_IO_TOKEN;

struct EFI_FILE_PROTOCOL {
	UINT64 Revision;
	EFI_STATUS(EFIAPI *Open)
	(EFI_FILE_PROTOCOL *This, EFI_FILE_PROTOCOL **NewHandle, CHAR16 *FileName, UINT64 OpenMode,
	 UINT64 Attributes);
	EFI_STATUS(EFIAPI *Close)(EFI_FILE_PROTOCOL *This);
	EFI_STATUS(EFIAPI *Delete)(EFI_FILE_PROTOCOL *This);
	EFI_STATUS(EFIAPI *Read)(EFI_FILE_PROTOCOL *This, UINTN *BufferSize, VOID *Buffer);
	EFI_STATUS(EFIAPI *Write)(EFI_FILE_PROTOCOL *This, UINTN *BufferSize, VOID *Buffer);
	EFI_STATUS(EFIAPI *GetPosition)(EFI_FILE_PROTOCOL *This, UINT64 *Position);
	EFI_STATUS(EFIAPI *SetPosition)(EFI_FILE_PROTOCOL *This, UINT64 Position);
	EFI_STATUS(EFIAPI *GetInfo)
	(EFI_FILE_PROTOCOL *This, EFI_GUID *InformationType, UINTN *BufferSize, VOID *Buffer);
	EFI_STATUS(EFIAPI *SetInfo)
	(EFI_FILE_PROTOCOL *This, EFI_GUID *InformationType, UINTN BufferSize, VOID *Buffer);
	EFI_STATUS(EFIAPI *Flush)(EFI_FILE_PROTOCOL *This);
	EFI_STATUS(EFIAPI *OpenEx)
	(EFI_FILE_PROTOCOL *This, EFI_FILE_PROTOCOL **NewHandle, CHAR16 *FileName, UINT64 OpenMode,
	 UINT64 Attributes, EFI_FILE_IO_TOKEN *Token);
	EFI_STATUS(EFIAPI *ReadEx)(EFI_FILE_PROTOCOL *This, EFI_FILE_IO_TOKEN *Token);
	EFI_STATUS(EFIAPI *WriteEx)(EFI_FILE_PROTOCOL *This, EFI_FILE_IO_TOKEN *Token);
	EFI_STATUS(EFIAPI *FlushEx)(EFI_FILE_PROTOCOL *This, EFI_FILE_IO_TOKEN *Token);
};

#define EFI_FILE_PROTOCOL_REVISION 0x00010000u
#define EFI_FILE_PROTOCOL_REVISION2 0x00020000u

#define EFI_FILE_MODE_READ 0x0000000000000001ull
#define EFI_FILE_MODE_WRITE 0x0000000000000002ull
#define EFI_FILE_MODE_CREATE 0x8000000000000000ull

#define EFI_FILE_READ_ONLY 0x01ull
#define EFI_FILE_HIDDEN 0x02ull
#define EFI_FILE_SYSTEM 0x04ull
#define EFI_FILE_RESERVED 0x08ull
#define EFI_FILE_DIRECTORY 0x10ull
#define EFI_FILE_ARCHIVE 0x20ull
#define EFI_FILE_VALID_ATTR 0x37ull

typedef struct {
	UINT64 Size;
	UINT64 FileSize;
	UINT64 PhysicalSize;
	EFI_TIME CreateTime;
	EFI_TIME LastAccessTime;
	EFI_TIME ModificationTime;
	UINT64 Attribute;
	CHAR16 FileName[];
} EFI_FILE_INFO;

typedef struct {
	UINT64 Size;
	BOOLEAN ReadOnly;
	UINT64 VolumeSize;
	UINT64 FreeSpace;
	UINT32 BlockSize;
	CHAR16 VolumeLabel[];
} EFI_FILE_SYSTEM_INFO;

typedef struct {
	CHAR16 VolumeLabel[1];
} EFI_FILE_SYSTEM_VOLUME_LABEL;

/* 13.7 */
typedef struct EFI_DISK_IO_PROTOCOL EFI_DISK_IO_PROTOCOL;
struct EFI_DISK_IO_PROTOCOL {
	UINT64 Revision;
	EFI_STATUS(EFIAPI *ReadDisk)
	(EFI_DISK_IO_PROTOCOL *This, UINT32 MediaId, UINT64 Offset, UINTN BufferSize, VOID *Buffer);
	EFI_STATUS(EFIAPI *WriteDisk)
	(EFI_DISK_IO_PROTOCOL *This, UINT32 MediaId, UINT64 Offset, UINTN BufferSize, VOID *Buffer);
};

#define EFI_DISK_IO_PROTOCOL_REVISION 0x00010000u

/* 13.9 */
typedef struct {
	UINT32 MediaId;
	BOOLEAN RemovableMedia;
	BOOLEAN MediaPresent;
	BOOLEAN LogicalPartition;
	BOOLEAN ReadOnly;
	BOOLEAN WriteCaching;
	UINT32 BlockSize;
	UINT32 IoAlign;
	EFI_LBA LastBlock;
	EFI_LBA LowestAlignedLba;                /* from revision 2 on */
	UINT32 LogicalBlocksPerPhysicalBlock;    /* from revision 2 on */
	UINT32 OptimalTransferLengthGranularity; /* from revision 3 on */
} EFI_BLOCK_IO_MEDIA;

typedef struct EFI_BLOCK_IO_PROTOCOL EFI_BLOCK_IO_PROTOCOL;
struct EFI_BLOCK_IO_PROTOCOL {
	UINT64 Revision;
	EFI_BLOCK_IO_MEDIA *Media;
	EFI_STATUS(EFIAPI *Reset)(EFI_BLOCK_IO_PROTOCOL *This, BOOLEAN ExtendedVerification);
	EFI_STATUS(EFIAPI *ReadBlocks)
	(EFI_BLOCK_IO_PROTOCOL *This, UINT32 MediaId, EFI_LBA LBA, UINTN BufferSize, VOID *Buffer);
	EFI_STATUS(EFIAPI *WriteBlocks)
	(EFI_BLOCK_IO_PROTOCOL *This, UINT32 MediaId, EFI_LBA LBA, UINTN BufferSize, VOID *Buffer);
	EFI_STATUS(EFIAPI *FlushBlocks)(EFI_BLOCK_IO_PROTOCOL *This);
};

#define EFI_BLOCK_IO_PROTOCOL_REVISION2 0x00020001u
#define EFI_BLOCK_IO_PROTOCOL_REVISION3 ((2u << 16) | 31)

/* 13.18; the records as on the disk (5.2.1, 5.3.3) */
typedef struct [[gnu::packed]] {
	UINT8 BootIndicator;
	UINT8 StartHead;
	UINT8 StartSector;
	UINT8 StartTrack;
	UINT8 OSIndicator;
	UINT8 EndHead;
	UINT8 EndSector;
	UINT8 EndTrack;
	UINT8 StartingLBA[4];
	UINT8 SizeInLBA[4];
} MBR_PARTITION_RECORD;

typedef struct [[gnu::packed]] {
	EFI_GUID PartitionTypeGUID;
	EFI_GUID UniquePartitionGUID;
	EFI_LBA StartingLBA;
	EFI_LBA EndingLBA;
	UINT64 Attributes;
	CHAR16 PartitionName[36];
} EFI_PARTITION_ENTRY;

typedef struct [[gnu::packed]] {
	UINT32 Revision;
	UINT32 Type;
	UINT8 System;
	UINT8 Reserved[7];
	union {
		MBR_PARTITION_RECORD Mbr;
		EFI_PARTITION_ENTRY Gpt;
	} Info;
} EFI_PARTITION_INFO_PROTOCOL;

#define EFI_PARTITION_INFO_PROTOCOL_REVISION 0x0001000u
#define PARTITION_TYPE_OTHER 0
#define PARTITION_TYPE_MBR 1
#define PARTITION_TYPE_GPT 2
