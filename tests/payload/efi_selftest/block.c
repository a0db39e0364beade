/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI 2.11, 13.7, 13.9, 13.18: disks and partitions. Writes go to the last partition of the
 * image's disk, which has the type "data" and is otherwise unused.
 */
#include "selftest.h"

enum { BLOCKS = 64 };

static EFI_BLOCK_IO_PROTOCOL *io;
static EFI_BLOCK_IO_MEDIA *media;
static u8 *buffer, *pattern;

static void test_media(EFI_BLOCK_IO_PROTOCOL *each)
{
	EFI_BLOCK_IO_MEDIA *m = each->Media;
	u8 *data;

	ok("revision", each->Revision >= EFI_BLOCK_IO_PROTOCOL_REVISION2);
	ok("a size of blocks that is a power of two",
	   m->BlockSize >= 512 && !(m->BlockSize & (m->BlockSize - 1)));
	ok("an alignment that is a power of two", !(m->IoAlign & (m->IoAlign - 1)));
	if (!m->MediaPresent)
		return;
	data = allocate(2 * m->BlockSize);
	is("read the first block", each->ReadBlocks(each, m->MediaId, 0, m->BlockSize, data),
	   EFI_SUCCESS);
	is("read the last block",
	   each->ReadBlocks(each, m->MediaId, m->LastBlock, m->BlockSize, data), EFI_SUCCESS);
	is("read beyond the last block",
	   each->ReadBlocks(each, m->MediaId, m->LastBlock, 2ull * m->BlockSize, data),
	   EFI_INVALID_PARAMETER);
	boot->FreePool(data);
}

static void test_read_errors(void)
{
	UINT32 id = media->MediaId, size = media->BlockSize;

	is("of another medium", io->ReadBlocks(io, id + 1, 0, size, buffer), EFI_MEDIA_CHANGED);
	is("half a block", io->ReadBlocks(io, id, 0, size / 2, buffer), EFI_BAD_BUFFER_SIZE);
	is("a byte more", io->ReadBlocks(io, id, 0, size + 1, buffer), EFI_BAD_BUFFER_SIZE);
	is("after the end", io->ReadBlocks(io, id, media->LastBlock + 1, size, buffer),
	   EFI_INVALID_PARAMETER);
	is("far after the end", io->ReadBlocks(io, id, ~0ull - 1, 4 * size, buffer),
	   EFI_INVALID_PARAMETER);
	is("to nowhere", io->ReadBlocks(io, id, 0, size, NULL), EFI_INVALID_PARAMETER);
	is("nothing", io->ReadBlocks(io, id, 0, 0, buffer), EFI_SUCCESS);
}

static void test_write(void)
{
	UINT32 id = media->MediaId, size = media->BlockSize;
	UINTN bytes = (UINTN)BLOCKS * size, shift = media->IoAlign > 1 ? 0 : 1;

	for (UINTN i = 0; i < bytes; i++)
		pattern[i + shift] = (u8)(i * 7 + i / size);
	is("write", io->WriteBlocks(io, id, 3, bytes, pattern + shift), EFI_SUCCESS);
	is("flush", io->FlushBlocks(io), EFI_SUCCESS);
	memset(buffer, 0, bytes);
	is("read", io->ReadBlocks(io, id, 3, bytes, buffer), EFI_SUCCESS);
	ok("it is the same", !memcmp(buffer, pattern + shift, bytes));
	is("write one in the middle", io->WriteBlocks(io, id, 10, size, pattern + shift),
	   EFI_SUCCESS);
	is("read it with those beside it", io->ReadBlocks(io, id, 9, 3ull * size, buffer),
	   EFI_SUCCESS);
	ok("that block changed", !memcmp(buffer + size, pattern + shift, size));
	ok("its neighbours did not",
	   !memcmp(buffer, pattern + shift + 6 * size, size) &&
		   !memcmp(buffer + 2 * size, pattern + shift + 8 * size, size));
	is("write to another medium", io->WriteBlocks(io, id + 1, 3, size, pattern),
	   EFI_MEDIA_CHANGED);
	is("write half a block", io->WriteBlocks(io, id, 3, size / 2, pattern),
	   EFI_BAD_BUFFER_SIZE);
	is("write beyond the end", io->WriteBlocks(io, id, media->LastBlock, 2ull * size, pattern),
	   EFI_INVALID_PARAMETER);
	is("write from nowhere", io->WriteBlocks(io, id, 3, size, NULL), EFI_INVALID_PARAMETER);
	is("reset", io->Reset(io, false), EFI_SUCCESS);
	is("read after it", io->ReadBlocks(io, id, 3, size, buffer), EFI_SUCCESS);
}

static void test_disk_io(EFI_HANDLE handle)
{
	EFI_DISK_IO_PROTOCOL *disk = protocol_on(handle, (EFI_GUID)EFI_DISK_IO_PROTOCOL_GUID);
	UINT32 id = media->MediaId, size = media->BlockSize;
	u64 end = (media->LastBlock + 1) * size;

	if (!ok("there is DiskIo", disk != NULL))
		return;
	io->ReadBlocks(io, id, 3, 8ull * size, pattern);
	is("read across blocks", disk->ReadDisk(disk, id, 3 * size + 100, 2 * size, buffer),
	   EFI_SUCCESS);
	ok("it matches the blocks", !memcmp(buffer, pattern + 100, 2 * size));
	is("write within a block", disk->WriteDisk(disk, id, 4 * size + 7, 9, "fat wood!"),
	   EFI_SUCCESS);
	memcpy(pattern + size + 7, "fat wood!", 9);
	is("write across blocks", disk->WriteDisk(disk, id, 6 * size - 5, 10, "0123456789"),
	   EFI_SUCCESS);
	memcpy(pattern + 3 * size - 5, "0123456789", 10);
	io->ReadBlocks(io, id, 3, 8ull * size, buffer);
	ok("nothing else changed", !memcmp(buffer, pattern, 8 * size));
	is("read nothing", disk->ReadDisk(disk, id, 5, 0, buffer), EFI_SUCCESS);
	is("read beyond the end", disk->ReadDisk(disk, id, end - 4, 8, buffer),
	   EFI_INVALID_PARAMETER);
	is("write beyond the end", disk->WriteDisk(disk, id, end - 4, 8, buffer),
	   EFI_INVALID_PARAMETER);
	is("read of another medium", disk->ReadDisk(disk, id + 1, 0, 8, buffer), EFI_MEDIA_CHANGED);
}

static void test_partition_info(EFI_HANDLE handle)
{
	EFI_PARTITION_INFO_PROTOCOL *info =
		protocol_on(handle, (EFI_GUID)EFI_PARTITION_INFO_PROTOCOL_GUID);

	if (!ok("there is PartitionInfo", info != NULL))
		return;
	equals("revision", info->Revision, EFI_PARTITION_INFO_PROTOCOL_REVISION);
	equals("of a GPT", info->Type, PARTITION_TYPE_GPT);
	equals("no system partition", info->System, 0);
	is("its type is a protocol, too",
	   boot->OpenProtocol(handle, &info->Info.Gpt.PartitionTypeGUID, NULL, image_handle, NULL,
			      EFI_OPEN_PROTOCOL_TEST_PROTOCOL),
	   EFI_SUCCESS);
	equals("as long as its entry says", info->Info.Gpt.EndingLBA - info->Info.Gpt.StartingLBA,
	       media->LastBlock);
}

/*
 * The handle whose device path is that of the image's volume with this partition number, or NULL.
 */
static EFI_HANDLE find_partition(u32 number)
{
	EFI_GUID guid = EFI_BLOCK_IO_PROTOCOL_GUID;
	EFI_HANDLE *handles, found = NULL;
	UINTN count;

	if (boot->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles))
		return NULL;
	for (UINTN i = 0; i < count; i++) {
		const u8 *path = protocol_on(handles[i], (EFI_GUID)EFI_DEVICE_PATH_PROTOCOL_GUID);
		EFI_BLOCK_IO_PROTOCOL *each = protocol_on(handles[i], guid);

		print("# block device %u\n", i);
		test_media(each);
		while (path && *path != END_DEVICE_PATH_TYPE) {
			if (path[0] == MEDIA_DEVICE_PATH && path[1] == MEDIA_HARDDRIVE_DP &&
			    path[4] == number) {
				ok("a partition is reported as one", each->Media->LogicalPartition);
				ok("a partition has no physical blocks",
				   each->Media->LogicalBlocksPerPhysicalBlock == 0);
				found = handles[i];
			}
			path += path[2] | path[3] << 8;
		}
	}
	boot->FreePool(handles);
	return found;
}

void test_block(void)
{
	EFI_HANDLE handle = find_partition(2);

	if (!ok("there is a second partition", handle != NULL))
		return;
	io = protocol_on(handle, (EFI_GUID)EFI_BLOCK_IO_PROTOCOL_GUID);
	media = io->Media;
	buffer = allocate((BLOCKS + 1) * media->BlockSize);
	pattern = allocate((BLOCKS + 1) * media->BlockSize);
	test_read_errors();
	test_write();
	test_disk_io(handle);
	test_partition_info(handle);
	boot->FreePool(buffer);
	boot->FreePool(pattern);
}
