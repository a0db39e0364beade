/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_DISK_IO_PROTOCOL (UEFI 2.11, 13.7): bytes at any offset. Whole blocks go straight between the
 * guest's buffer and the disk, the parts of blocks at both ends through the cache.
 */
#include "efi/protocols/disk.h"
#include "lib/config.h"
#include "lib/util.h"

/* The transfer cut into what belongs to one block and what is whole blocks. */
static size_t next_part(const struct efi_disk *disk, u64 offset, size_t size, bool *whole)
{
	u32 block_size = disk->media.BlockSize;
	u64 in_block = offset % block_size;

	*whole = in_block == 0 && size >= block_size;
	return *whole ? align_down(size, block_size) : (size_t)min_u64(size, block_size - in_block);
}

static enum status read_part(struct efi_disk *disk, u64 offset, size_t size, bool whole, u8 *buffer)
{
	u32 block_size = disk->media.BlockSize;

	if (whole)
		return block_read(disk->device, offset / block_size, size / block_size, buffer);
	return block_read_bytes(disk->device, offset, size, buffer);
}

static enum status write_part(struct efi_disk *disk, u64 offset, size_t size, bool whole,
			      const u8 *buffer)
{
	u32 block_size = disk->media.BlockSize;
	u64 first = offset / block_size;
	u8 block[BLOCK_SIZE_MAX];
	enum status status;

	if (whole)
		return block_write(disk->device, first, size / block_size, buffer);
	status = block_read_bytes(disk->device, first * block_size, block_size, block);
	if (status)
		return status;
	memcpy(block + offset % block_size, buffer, size);
	return block_write(disk->device, first, 1, block);
}

static EFI_STATUS check(struct efi_disk *disk, UINT32 media_id, u64 offset, size_t size,
			const void *buffer)
{
	u64 total = block_size_bytes(disk->device);
	EFI_STATUS status = efi_disk_check(disk, media_id, buffer);

	if (status)
		return status;
	if (offset > total || size > total - offset)
		return EFI_INVALID_PARAMETER;
	return efi_can_transfer(buffer, size) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI read_disk(EFI_DISK_IO_PROTOCOL *this, UINT32 media_id, UINT64 offset,
				   UINTN size, VOID *buffer)
{
	struct efi_disk *disk = container_of(this, struct efi_disk, disk_io);
	EFI_STATUS status = this ? check(disk, media_id, offset, size, buffer) :
				   EFI_INVALID_PARAMETER;
	u8 *to = buffer;

	while (!status && size) {
		bool whole;
		size_t part = next_part(disk, offset, size, &whole);

		status = efi_from_status(read_part(disk, offset, part, whole, to));
		to += part;
		offset += part;
		size -= part;
	}
	return status;
}

static EFI_STATUS EFIAPI write_disk(EFI_DISK_IO_PROTOCOL *this, UINT32 media_id, UINT64 offset,
				    UINTN size, VOID *buffer)
{
	struct efi_disk *disk = container_of(this, struct efi_disk, disk_io);
	EFI_STATUS status = this ? check(disk, media_id, offset, size, buffer) :
				   EFI_INVALID_PARAMETER;
	const u8 *from = buffer;

	if (!status && disk->media.ReadOnly)
		status = EFI_WRITE_PROTECTED;
	while (!status && size) {
		bool whole;
		size_t part = next_part(disk, offset, size, &whole);

		status = efi_from_status(write_part(disk, offset, part, whole, from));
		from += part;
		offset += part;
		size -= part;
	}
	return status;
}

void efi_disk_io_init(struct efi_disk *disk)
{
	disk->disk_io = (EFI_DISK_IO_PROTOCOL){
		.Revision = EFI_DISK_IO_PROTOCOL_REVISION,
		.ReadDisk = read_disk,
		.WriteDisk = write_disk,
	};
}
