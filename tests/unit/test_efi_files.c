/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_SIMPLE_FILE_SYSTEM_PROTOCOL and EFI_FILE_PROTOCOL (UEFI 2.11, 13.4 and 13.5): opening,
 * reading, writing, listing, and each documented error. Any sequence of calls is
 * tests/fuzz/fuzz_efi_files.c's.
 */
#include "tests/unit/efi_files.h"

TEST(a_volume_is_opened)
{
	EFI_FILE_PROTOCOL *other = NULL;

	start();
	CHECK_EQUAL(disk.file_system.Revision, EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_REVISION);
	CHECK_EQUAL(root->Revision, EFI_FILE_PROTOCOL_REVISION2);
	CHECK_STATUS(disk.file_system.OpenVolume(NULL, &other), EFI_INVALID_PARAMETER);
	CHECK_STATUS(disk.file_system.OpenVolume(&disk.file_system, NULL), EFI_INVALID_PARAMETER);
	pool_left = 0;
	CHECK_STATUS(disk.file_system.OpenVolume(&disk.file_system, &other), EFI_OUT_OF_RESOURCES);
	CHECK_STATUS(open(u"a.txt", READ, 0), EFI_OUT_OF_RESOURCES);
	pool_left = UINT64_MAX;
	CHECK(!other && !file);
	end();
}

TEST(files_are_opened)
{
	static CHAR16 too_long[EFI_FILE_PATH_SIZE + 2];
	static const struct {
		CHAR16 *name;
		u64 mode, attributes;
		EFI_STATUS status;
	} rows[] = {
		{ u"a.txt", READ, 0, EFI_SUCCESS },
		{ u"A.TXT", WRITE, 0, EFI_SUCCESS },
		{ u"\\a.txt", READ, 0, EFI_SUCCESS },
		{ u"\\dir\\inner", READ, 0, EFI_SUCCESS },
		{ u"dir\\..\\.\\Long name.bin", READ, 0, EFI_SUCCESS },
		{ u"", READ, 0, EFI_SUCCESS },
		{ u".", READ, 0, EFI_SUCCESS },
		{ u"\\..\\..", READ, 0, EFI_SUCCESS },
		{ u"dir", WRITE, 0, EFI_SUCCESS },
		{ u"a.txt", CREATE, 0, EFI_SUCCESS }, /* it is there */
		{ u"dir", CREATE, EFI_FILE_DIRECTORY, EFI_SUCCESS },
		{ u"nobody", READ, 0, EFI_NOT_FOUND },
		{ u"nobody", WRITE, 0, EFI_NOT_FOUND },
		{ u"a.txt\\x", READ, 0, EFI_NOT_FOUND },
		{ u"nobody\\x", CREATE, 0, EFI_NOT_FOUND },
		{ u"a.txt\\x", CREATE, 0, EFI_NOT_FOUND },
		{ too_long, READ, 0, EFI_NOT_FOUND },
		{ u"locked", READ, 0, EFI_SUCCESS },
		{ u"locked", WRITE, 0, EFI_ACCESS_DENIED },
		{ u"locked", CREATE, 0, EFI_ACCESS_DENIED },
		{ u"a.txt", CREATE, EFI_FILE_DIRECTORY, EFI_INVALID_PARAMETER },
		{ u"new", CREATE, 0x40, EFI_INVALID_PARAMETER },
		{ u"new", CREATE, 1ull << 63, EFI_INVALID_PARAMETER },
		{ u"a.txt", 0, 0, EFI_INVALID_PARAMETER },
		{ u"a.txt", EFI_FILE_MODE_WRITE, 0, EFI_INVALID_PARAMETER },
		{ u"a.txt", READ | EFI_FILE_MODE_CREATE, 0, EFI_INVALID_PARAMETER },
		{ u"a.txt", READ | 4, 0, EFI_INVALID_PARAMETER },
	};

	start();
	for (u32 i = 0; i < EFI_FILE_PATH_SIZE + 1; i++)
		too_long[i] = 'x';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EFI_STATUS status = open(rows[i].name, rows[i].mode, rows[i].attributes);

		CHECK_OF(status == rows[i].status, "row %zu: %#" PRIx64, i, status);
		CHECK_OF(!status == (file != NULL), "row %zu", i);
		if (!status)
			close();
	}
	CHECK_STATUS(root->Open(NULL, &file, u"a.txt", READ, 0), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root->Open(root, NULL, u"a.txt", READ, 0), EFI_INVALID_PARAMETER);
	CHECK_STATUS(root->Open(root, &file, NULL, READ, 0), EFI_INVALID_PARAMETER);
	end();
}

TEST(a_name_begins_where_the_handle_is)
{
	EFI_FILE_PROTOCOL *directory, *inner;

	start();
	get(u"dir", READ);
	directory = file;
	CHECK_STATUS(directory->Open(directory, &inner, u"inner", READ, 0), EFI_SUCCESS);
	CHECK_STATUS(inner->Close(inner), EFI_SUCCESS);
	CHECK_STATUS(directory->Open(directory, &inner, u"a.txt", READ, 0), EFI_NOT_FOUND);
	CHECK_STATUS(directory->Open(directory, &inner, u"..\\a.txt", READ, 0), EFI_SUCCESS);
	CHECK_STATUS(inner->Close(inner), EFI_SUCCESS);
	CHECK_STATUS(directory->Open(directory, &inner, u"\\a.txt", READ, 0), EFI_SUCCESS);
	CHECK_STATUS(inner->Close(inner), EFI_SUCCESS);
	CHECK_STATUS(directory->Close(directory), EFI_SUCCESS);
	end();
}

TEST(created_files_exist)
{
	start();
	CHECK_STATUS(open(u"dir\\New file.txt", CREATE, EFI_FILE_HIDDEN), EFI_SUCCESS);
	CHECK(info()->Attribute == EFI_FILE_HIDDEN && info()->FileSize == 0);
	close();
	CHECK_STATUS(open(u"Directory", CREATE, EFI_FILE_DIRECTORY), EFI_SUCCESS);
	CHECK_EQUAL(info()->Attribute & EFI_FILE_DIRECTORY, EFI_FILE_DIRECTORY);
	close();
	CHECK_STATUS(open(u"Directory\\x", CREATE, 0), EFI_SUCCESS);
	close();
	get(u"DIR\\NEW FILE.TXT", READ);
	close();
	end();
}

TEST(a_file_is_read_and_written)
{
	UINTN size = 4;
	u64 position = 9;

	start();
	get(u"a.txt", WRITE);
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS);
	CHECK(size == 4 && memcmp(bytes, "0123", 4) == 0);
	CHECK_STATUS(file->GetPosition(file, &position), EFI_SUCCESS);
	CHECK_EQUAL(position, 4);
	size = 100;
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS);
	CHECK(size == 6 && memcmp(bytes, "456789", 6) == 0);
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS); /* at the end: nothing */
	CHECK_EQUAL(size, 0);
	CHECK_STATUS(file->Read(file, &size, NULL), EFI_SUCCESS);
	/* The end is all ones; what is beyond it cannot be read, and a write fills it. */
	CHECK_STATUS(file->SetPosition(file, ~0ull), EFI_SUCCESS);
	CHECK_STATUS(file->GetPosition(file, &position), EFI_SUCCESS);
	CHECK_EQUAL(position, 10);
	CHECK_STATUS(file->SetPosition(file, 12), EFI_SUCCESS);
	size = 1;
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_DEVICE_ERROR);
	size = 2;
	memcpy(bytes, "yz", 2);
	CHECK_STATUS(file->Write(file, &size, bytes), EFI_SUCCESS);
	size = 0;
	CHECK_STATUS(file->Write(file, &size, NULL), EFI_SUCCESS);
	CHECK_STATUS(file->SetPosition(file, 8), EFI_SUCCESS);
	size = 100;
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS);
	CHECK(size == 6 && memcmp(bytes, "89\0\0yz", 6) == 0);
	CHECK_STATUS(file->Flush(file), EFI_SUCCESS);
	CHECK_STATUS(file->Read(NULL, &size, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->Read(file, NULL, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->SetPosition(file, 0), EFI_SUCCESS);
	size = 1;
	CHECK_STATUS(file->Read(file, &size, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->Write(NULL, &size, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->Write(file, NULL, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->Write(file, &size, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->GetPosition(NULL, &position), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->GetPosition(file, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->SetPosition(NULL, 0), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->Flush(NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->Close(NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->Delete(NULL), EFI_INVALID_PARAMETER);
	close();
	end();
}

/* A device that was told to access anything else could damage the machine. */
TEST(only_ram_is_read_into_and_written_from)
{
	static u8 elsewhere[LONG_SIZE];
	u8 *const buffers[] = { elsewhere, (u8 *)UINT64_MAX, (u8 *)(u64)HOST_MEMORY_BASE - 1 };
	u32 reads, writes;
	UINTN size;

	start();
	get(u"Long name.bin", WRITE);
	reads = memory.reads;
	writes = memory.writes;
	for (size_t i = 0; i < ARRAY_SIZE(buffers); i++) {
		size = LONG_SIZE;
		CHECK_STATUS(file->Read(file, &size, buffers[i]), EFI_INVALID_PARAMETER);
		CHECK_STATUS(file->Write(file, &size, buffers[i]), EFI_INVALID_PARAMETER);
		size = 0;
		CHECK_STATUS(file->Read(file, &size, buffers[i]), EFI_SUCCESS);
		CHECK_STATUS(file->Write(file, &size, buffers[i]), EFI_SUCCESS);
	}
	CHECK(memory.reads == reads && memory.writes == writes);
	size = LONG_SIZE;
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS);
	CHECK_EQUAL(size, LONG_SIZE);
	close();
	end();
}

TEST(what_is_open_for_reading_is_not_written)
{
	UINTN size = 1;

	start();
	get(u"a.txt", READ);
	CHECK_STATUS(file->Write(file, &size, bytes), EFI_ACCESS_DENIED);
	CHECK_STATUS(file->Flush(file), EFI_ACCESS_DENIED);
	info()->FileSize = 3;
	CHECK_STATUS(set_info(), EFI_ACCESS_DENIED);
	rename_to(info(), u"b.txt");
	CHECK_STATUS(set_info(), EFI_ACCESS_DENIED);
	info()->ModificationTime = (EFI_TIME){ .Year = 2020, .Month = 1, .Day = 1 };
	CHECK_STATUS(set_info(), EFI_ACCESS_DENIED);
	/* Attributes may change: how else would a read-only file become another? */
	info()->Attribute |= EFI_FILE_HIDDEN;
	CHECK_STATUS(set_info(), EFI_SUCCESS);
	CHECK(info()->Attribute & EFI_FILE_HIDDEN);
	CHECK_STATUS(file->Delete(file), EFI_WARN_DELETE_FAILURE); /* and it is closed */
	get(u"a.txt", READ);
	close();
	get(u"locked", READ);
	info()->Attribute &= ~(u64)EFI_FILE_READ_ONLY;
	CHECK_STATUS(set_info(), EFI_SUCCESS);
	close();
	get(u"locked", WRITE);
	close();
	end();
}

TEST(a_file_that_becomes_read_only_keeps_its_size)
{
	start();
	get(u"a.txt", WRITE);
	info()->Attribute |= EFI_FILE_READ_ONLY;
	CHECK_STATUS(set_info(), EFI_SUCCESS);
	info()->FileSize = 3;
	CHECK_STATUS(set_info(), EFI_WRITE_PROTECTED);
	/* It was opened for writing: it can be removed, as on other firmware. */
	CHECK_STATUS(file->Delete(file), EFI_SUCCESS);
	CHECK_STATUS(open(u"a.txt", READ, 0), EFI_NOT_FOUND);
	end();
}

TEST(a_full_volume_is_reported)
{
	UINTN size;

	start();
	CHECK_STATUS(open(u"large", CREATE, 0), EFI_SUCCESS);
	for (size = BYTES_SIZE; size == BYTES_SIZE;)
		if (file->Write(file, &size, bytes))
			break;
	CHECK_EQUAL(size, 0);
	size = BYTES_SIZE;
	CHECK_STATUS(file->Write(file, &size, bytes), EFI_VOLUME_FULL);
	CHECK_EQUAL(size, 0);
	info()->FileSize += 1 << 20;
	CHECK_STATUS(set_info(), EFI_VOLUME_FULL);
	CHECK_STATUS(file->SetPosition(file, 1ull << 33), EFI_SUCCESS);
	size = 1;
	CHECK_STATUS(file->Write(file, &size, bytes), EFI_VOLUME_FULL); /* beyond FAT's limit */
	CHECK_STATUS(file->Delete(file), EFI_SUCCESS);
	end();
}

TEST(a_directory_is_listed)
{
	static const CHAR16 *const names[] = { u"A.TXT", u"Long name.bin", u"LOCKED", u"DIR",
					       u"FAR" };
	EFI_FILE_INFO *entry = (EFI_FILE_INFO *)bytes;
	UINTN size, needed;
	u64 position;

	start();
	for (u32 round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			/* A buffer that is too short: the size that is needed, and the same again.
			 */
			needed = 1;
			CHECK_STATUS(root->Read(root, &needed, bytes), EFI_BUFFER_TOO_SMALL);
			size = needed - 1;
			CHECK_STATUS(root->Read(root, &size, bytes), EFI_BUFFER_TOO_SMALL);
			CHECK_EQUAL(size, needed);
			CHECK_STATUS(root->Read(root, &size, bytes), EFI_SUCCESS);
			CHECK_EQUAL(size, needed);
			CHECK_EQUAL(entry->Size, size);
			CHECK_OF(is_called(entry->FileName, names[i]), "entry %zu", i);
			CHECK_EQUAL(!(entry->Attribute & EFI_FILE_DIRECTORY), i != 3);
			if (i == 1)
				CHECK(entry->FileSize == LONG_SIZE &&
				      entry->PhysicalSize == align_up(LONG_SIZE, 512));
		}
		size = BYTES_SIZE;
		CHECK_STATUS(root->Read(root, &size, bytes), EFI_SUCCESS);
		CHECK_EQUAL(size, 0);
		/* Only back to the start. */
		CHECK_STATUS(root->SetPosition(root, 1), EFI_UNSUPPORTED);
		CHECK_STATUS(root->SetPosition(root, 0), EFI_SUCCESS);
	}
	CHECK_STATUS(root->GetPosition(root, &position), EFI_UNSUPPORTED);
	size = 1;
	CHECK_STATUS(root->Write(root, &size, bytes), EFI_UNSUPPORTED);
	end();
}

/* Other firmware lists what FAT has there, and file browsers go up by "..". */
TEST(a_directory_starts_with_itself_and_its_parent)
{
	static const CHAR16 *const names[] = { u".", u"..", u"INNER" };
	EFI_FILE_INFO *entry = (EFI_FILE_INFO *)bytes;
	UINTN size;

	start();
	get(u"dir", READ);
	for (u32 round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			size = 0;
			CHECK_STATUS(file->Read(file, &size, NULL), EFI_BUFFER_TOO_SMALL);
			CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS);
			CHECK_OF(is_called(entry->FileName, names[i]), "entry %zu", i);
			CHECK_EQUAL(!(entry->Attribute & EFI_FILE_DIRECTORY), i == 2);
			CHECK_EQUAL(entry->FileSize, i == 2 ? 5 : 0);
		}
		CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS);
		CHECK_EQUAL(size, 0);
		CHECK_STATUS(file->SetPosition(file, 0), EFI_SUCCESS);
	}
	close();
	end();
}

TEST(deleted_files_are_gone)
{
	EFI_FILE_PROTOCOL *other;
	EFI_FILE_INFO *buffer = (EFI_FILE_INFO *)bytes;
	UINTN size = 1;
	u64 position;

	start();
	get(u"a.txt", WRITE);
	other = file;
	get(u"a.txt", WRITE);
	(void)info();
	CHECK_STATUS(other->Delete(other), EFI_SUCCESS);
	CHECK_STATUS(set_info(), EFI_DEVICE_ERROR);
	CHECK_STATUS(file->Read(file, &size, bytes + 2048), EFI_DEVICE_ERROR);
	CHECK_STATUS(file->Write(file, &size, bytes), EFI_DEVICE_ERROR);
	CHECK_STATUS(file->GetPosition(file, &position), EFI_DEVICE_ERROR);
	CHECK_STATUS(file->SetPosition(file, ~0ull), EFI_DEVICE_ERROR);
	size = BYTES_SIZE;
	CHECK_STATUS(file->GetInfo(file, &info_type, &size, buffer), EFI_DEVICE_ERROR);
	CHECK_STATUS(file->Delete(file), EFI_WARN_DELETE_FAILURE);
	CHECK_STATUS(open(u"a.txt", READ, 0), EFI_NOT_FOUND);
	/* What holds something, and the root, stay. */
	get(u"dir", WRITE);
	CHECK_STATUS(file->Delete(file), EFI_WARN_DELETE_FAILURE);
	get(u"dir\\inner", WRITE);
	CHECK_STATUS(file->Delete(file), EFI_SUCCESS);
	get(u"dir", WRITE);
	other = file;
	get(u"dir", READ);
	CHECK_STATUS(other->Delete(other), EFI_SUCCESS);
	size = BYTES_SIZE;
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_DEVICE_ERROR);
	close();
	get(u"\\", WRITE);
	CHECK_STATUS(file->Delete(file), EFI_WARN_DELETE_FAILURE);
	end();
}
