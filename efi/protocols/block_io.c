/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_BLOCK_IO_PROTOCOL (UEFI 2.11, 13.9): one call is one core/block.h call, whatever the size, as
 * loaders read in small pieces and each request costs VM exits.
 */
#include "core/memory.h"
#include "efi/protocols/disk.h"
#include "lib/config.h"
#include "lib/util.h"

static struct efi_disk *disk_of(EFI_BLOCK_IO_PROTOCOL *this)
{
	return container_of(this, struct efi_disk, block_io);
}

EFI_STATUS efi_disk_check(const struct efi_disk *disk, UINT32 media_id, const void *buffer)
{
	if (IS_ENABLED(CONFIG_NEED_REMOVABLE) && !disk->media.MediaPresent)
		return EFI_NO_MEDIA;
	if (media_id != disk->media.MediaId)
		return EFI_MEDIA_CHANGED;
	return buffer ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

bool efi_can_transfer(const void *buffer, u64 size)
{
	return !size || (buffer && memory_is_ram((u64)buffer, size));
}

/* Is there anything to transfer, and may it be? */
static EFI_STATUS check_transfer(struct efi_disk *disk, UINT32 media_id, EFI_LBA first, UINTN size,
				 const void *buffer)
{
	EFI_STATUS status = efi_disk_check(disk, media_id, buffer);
	u64 count = size / disk->media.BlockSize;

	if (status)
		return status;
	if (size % disk->media.BlockSize)
		return EFI_BAD_BUFFER_SIZE;
	if (first > disk->media.LastBlock || count > disk->media.LastBlock - first + 1)
		return EFI_INVALID_PARAMETER;
	return efi_can_transfer(buffer, size) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI read_blocks(EFI_BLOCK_IO_PROTOCOL *this, UINT32 media_id, EFI_LBA first,
				     UINTN size, VOID *buffer)
{
	struct efi_disk *disk;
	EFI_STATUS status;

	if (!this)
		return EFI_INVALID_PARAMETER;
	disk = disk_of(this);
	status = check_transfer(disk, media_id, first, size, buffer);
	if (status || size == 0)
		return status;
	return efi_from_status(
		block_read(disk->device, first, size / disk->media.BlockSize, buffer));
}

static EFI_STATUS EFIAPI write_blocks(EFI_BLOCK_IO_PROTOCOL *this, UINT32 media_id, EFI_LBA first,
				      UINTN size, VOID *buffer)
{
	struct efi_disk *disk;
	EFI_STATUS status;

	if (!this)
		return EFI_INVALID_PARAMETER;
	disk = disk_of(this);
	status = check_transfer(disk, media_id, first, size, buffer);
	if (status)
		return status;
	if (disk->media.ReadOnly)
		return EFI_WRITE_PROTECTED;
	if (size == 0)
		return EFI_SUCCESS;
	return efi_from_status(
		block_write(disk->device, first, size / disk->media.BlockSize, buffer));
}

static EFI_STATUS EFIAPI flush_blocks(EFI_BLOCK_IO_PROTOCOL *this)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	if (IS_ENABLED(CONFIG_NEED_REMOVABLE) && !disk_of(this)->media.MediaPresent)
		return EFI_NO_MEDIA;
	if (disk_of(this)->media.ReadOnly)
		return EFI_SUCCESS;
	return efi_from_status(block_flush(disk_of(this)->device));
}

/* A drive without a medium is reset like any other (13.9). */
static EFI_STATUS EFIAPI reset(EFI_BLOCK_IO_PROTOCOL *this, BOOLEAN extended)
{
	EFI_STATUS status = flush_blocks(this);

	(void)extended;
	return IS_ENABLED(CONFIG_NEED_REMOVABLE) && status == EFI_NO_MEDIA ? EFI_SUCCESS : status;
}

void efi_block_io_init(struct efi_disk *disk)
{
	const struct block_device *device = disk->device;

	disk->media = (EFI_BLOCK_IO_MEDIA){
		.MediaPresent = true,
		.LogicalPartition = device->disk != NULL,
		.ReadOnly = device->read_only || !IS_ENABLED(CONFIG_BLOCK_WRITE),
		.WriteCaching = !device->read_only,
		.BlockSize = device->block_size,
		.LastBlock = device->block_count - 1,
		.LogicalBlocksPerPhysicalBlock = !device->disk, /* 0 for a partition (13.9.1) */
	};
	if (IS_ENABLED(CONFIG_NEED_REMOVABLE) && device->is_removable) {
		disk->media.RemovableMedia = true;
		disk->media.MediaPresent = device->block_count != 0;
		if (!disk->media.MediaPresent)
			disk->media.LastBlock = 0;
	}
	disk->block_io = (EFI_BLOCK_IO_PROTOCOL){
		.Revision = EFI_BLOCK_IO_PROTOCOL_REVISION3,
		.Media = &disk->media,
		.Reset = reset,
		.ReadBlocks = read_blocks,
		.WriteBlocks = write_blocks,
		.FlushBlocks = flush_blocks,
	};
}
