/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_FILE_PROTOCOL (UEFI 2.11, 13.5): GetInfo and SetInfo of each type, the calls of revision 2,
 * and what a disk or a volume that refuses makes of all of them.
 */
#include "tests/unit/efi_files.h"

static EFI_GUID other_type = GUID(7, 0, 0, 0);

/* The size that GetInfo() wants, which a buffer one byte shorter does not have. */
static UINTN needed_for(EFI_GUID *type)
{
	UINTN needed = 0, size;

	CHECK_STATUS(file->GetInfo(file, type, &needed, NULL), EFI_BUFFER_TOO_SMALL);
	size = needed - 1;
	memset(bytes, 0xa5, BYTES_SIZE);
	CHECK_STATUS(file->GetInfo(file, type, &size, bytes), EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, needed);
	CHECK_EQUAL(bytes[0], 0xa5);
	size = needed;
	CHECK_STATUS(file->GetInfo(file, type, &size, bytes), EFI_SUCCESS);
	CHECK_EQUAL(size, needed);
	CHECK_EQUAL(bytes[needed], 0xa5);
	size = needed + 1;
	CHECK_STATUS(file->GetInfo(file, type, &size, bytes), EFI_SUCCESS);
	CHECK_EQUAL(size, needed);
	return needed;
}

TEST(information_about_a_file)
{
	const EFI_FILE_INFO *it;

	start();
	it = (EFI_FILE_INFO *)bytes;
	get(u"long NAME.bin", READ);
	CHECK_EQUAL(needed_for(&info_type), INFO_SIZE + sizeof(u"Long name.bin"));
	CHECK(it->FileSize == LONG_SIZE && it->PhysicalSize == align_up(LONG_SIZE, 512));
	CHECK_EQUAL(it->Size, INFO_SIZE + sizeof(u"Long name.bin"));
	CHECK(is_called(it->FileName, u"Long name.bin")); /* as it is on the disk */
	close();
	get(u"dir", READ);
	CHECK_EQUAL(needed_for(&info_type), INFO_SIZE + sizeof(u"DIR"));
	CHECK(it->Attribute & EFI_FILE_DIRECTORY);
	close();
	get(u"locked", READ);
	CHECK_EQUAL(info()->Attribute, EFI_FILE_READ_ONLY);
	close();
	/* The root has no name. */
	get(u"\\", READ);
	CHECK_EQUAL(needed_for(&info_type), INFO_SIZE + sizeof(u""));
	CHECK(it->Attribute & EFI_FILE_DIRECTORY && !it->FileName[0]);
	close();
	end();
}

TEST(information_about_the_volume)
{
	const EFI_FILE_SYSTEM_INFO *it;
	u64 left;

	start();
	it = (EFI_FILE_SYSTEM_INFO *)bytes;
	get(u"a.txt", WRITE);
	CHECK_EQUAL(needed_for(&system_type), SYSTEM_INFO_SIZE + sizeof(u"FIRST LABEL"));
	CHECK(!it->ReadOnly && it->BlockSize == 512 && it->VolumeSize == CLUSTERS * 512);
	left = it->FreeSpace;
	CHECK_STATUS(file->SetPosition(file, 600), EFI_SUCCESS);
	CHECK_STATUS(file->Write(file, &(UINTN){ 1 }, bytes), EFI_SUCCESS);
	(void)needed_for(&system_type);
	CHECK_EQUAL(it->FreeSpace, left - 512);
	close();
	end();
}

TEST(what_is_asked_for_and_set_is_checked)
{
	UINTN size = BYTES_SIZE;

	start();
	get(u"a.txt", WRITE);
	CHECK_STATUS(file->GetInfo(NULL, &info_type, &size, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->GetInfo(file, NULL, &size, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->GetInfo(file, &info_type, NULL, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->GetInfo(file, &info_type, &size, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->GetInfo(file, &other_type, &size, bytes), EFI_UNSUPPORTED);
	CHECK_STATUS(file->SetInfo(NULL, &info_type, size, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->SetInfo(file, NULL, size, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->SetInfo(file, &info_type, size, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->SetInfo(file, &other_type, size, bytes), EFI_UNSUPPORTED);
	/* Shorter than a structure with an empty name, or than it says of itself. */
	CHECK_STATUS(file->SetInfo(file, &info_type, INFO_SIZE + 1, info()), EFI_BAD_BUFFER_SIZE);
	CHECK_STATUS(file->SetInfo(file, &info_type, 0, info()), EFI_BAD_BUFFER_SIZE);
	CHECK_STATUS(file->SetInfo(file, &info_type, info()->Size - 1, bytes), EFI_BAD_BUFFER_SIZE);
	CHECK_STATUS(file->SetInfo(file, &system_type, SYSTEM_INFO_SIZE, bytes),
		     EFI_BAD_BUFFER_SIZE);
	CHECK_STATUS(file->SetInfo(file, &label_type, 0, bytes), EFI_BAD_BUFFER_SIZE);
	memset(bytes, 'x', BYTES_SIZE);
	CHECK_STATUS(file->SetInfo(file, &label_type, 8, bytes), EFI_BAD_BUFFER_SIZE);
	info()->Attribute |= 0x40;
	CHECK_STATUS(set_info(), EFI_INVALID_PARAMETER);
	info()->Attribute |= EFI_FILE_DIRECTORY;
	CHECK_STATUS(set_info(), EFI_ACCESS_DENIED);
	close();
	get(u"dir", WRITE);
	info()->Attribute &= ~(u64)EFI_FILE_DIRECTORY;
	CHECK_STATUS(set_info(), EFI_ACCESS_DENIED);
	info()->FileSize = 100;
	CHECK_STATUS(set_info(), EFI_ACCESS_DENIED);
	close();
	end();
}

TEST(a_file_gets_another_size)
{
	UINTN size = 100;

	start();
	get(u"a.txt", WRITE);
	info()->FileSize = 600;
	CHECK_STATUS(set_info(), EFI_SUCCESS);
	CHECK(info()->FileSize == 600 && info()->PhysicalSize == 1024);
	info()->FileSize = 4;
	CHECK_STATUS(set_info(), EFI_SUCCESS);
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS);
	CHECK(size == 4 && memcmp(bytes, "0123", 4) == 0);
	close();
	end();
}

TEST(a_file_gets_another_name)
{
	static const struct {
		const CHAR16 *name;
		EFI_STATUS status;
		CHAR16 *path; /* where it is then */
	} rows[] = {
		{ u"Another name.text", EFI_SUCCESS, u"\\another name.text" },
		{ u"A.TXT", EFI_SUCCESS, u"\\a.txt" },
		{ u"a.txt", EFI_SUCCESS, u"\\a.txt" },
		{ u"", EFI_SUCCESS, u"\\a.txt" }, /* the name stays */
		{ u"locked", EFI_ACCESS_DENIED, u"\\a.txt" },
		{ u"dir", EFI_ACCESS_DENIED, u"\\a.txt" },
		{ u"nobody\\b.txt", EFI_NOT_FOUND, u"\\a.txt" },
		{ u"dir\\b.txt", EFI_SUCCESS, u"\\dir\\b.txt" },
		{ u"c.txt", EFI_SUCCESS, u"\\dir\\c.txt" }, /* from where the file is */
		{ u"\\a.txt", EFI_SUCCESS, u"\\a.txt" },
	};

	start();
	get(u"a.txt", WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EFI_FILE_PROTOCOL *found = NULL;
		EFI_STATUS status;

		rename_to(info(), rows[i].name);
		status = set_info();
		CHECK_OF(status == rows[i].status, "row %zu: %#" PRIx64, i, status);
		status = root->Open(root, &found, rows[i].path, READ, 0);
		CHECK_OF(!status, "row %zu: %#" PRIx64, i, status);
		if (found)
			CHECK_STATUS(found->Close(found), EFI_SUCCESS);
	}
	close();
	/* A directory does not go into itself. */
	get(u"dir", WRITE);
	rename_to(info(), u"\\dir\\within");
	CHECK(set_info() != EFI_SUCCESS);
	close();
	end();
}

/* The size that GetInfo() gave, with a longer name: only its NUL says how long it is. */
TEST(a_longer_name_may_be_in_the_old_structure)
{
	UINTN size;

	start();
	get(u"a.txt", WRITE);
	size = info()->Size;
	rename_to((EFI_FILE_INFO *)bytes, u"a much longer name.txt");
	((EFI_FILE_INFO *)bytes)->Size = size;
	CHECK_STATUS(file->SetInfo(file, &info_type, size, bytes), EFI_SUCCESS);
	close();
	get(u"A much longer name.txt", READ);
	close();
	end();
}

/* What is refused changes nothing, though a part of it could be. */
TEST(a_change_is_made_whole_or_not_at_all)
{
	EFI_FILE_INFO *it;

	start();
	get(u"a.txt", WRITE);
	it = info();
	it->FileSize = 600;
	it->Attribute |= EFI_FILE_HIDDEN;
	rename_to(it, u"locked");
	CHECK_STATUS(set_info(), EFI_ACCESS_DENIED);
	it = info();
	CHECK(it->FileSize == 10 && !(it->Attribute & EFI_FILE_HIDDEN));
	CHECK(is_called(it->FileName, u"A.TXT"));
	close();
	end();
}

TEST(times_are_set_one_by_one)
{
	const EFI_TIME time = {
		.Year = 2024, .Month = 2, .Day = 29, .Hour = 13, .Minute = 14, .Second = 16
	};
	EFI_FILE_INFO *it;

	start();
	get(u"a.txt", WRITE);
	info()->ModificationTime = time;
	CHECK_STATUS(set_info(), EFI_SUCCESS);
	it = info();
	CHECK(memcmp(&it->ModificationTime, &time, offsetof(EFI_TIME, Pad1)) == 0);
	CHECK_EQUAL(it->ModificationTime.TimeZone, EFI_UNSPECIFIED_TIMEZONE);
	/* All zero: as it was. */
	it->ModificationTime = (EFI_TIME){ 0 };
	it->CreateTime = time;
	it->CreateTime.Year = 1999;
	CHECK_STATUS(set_info(), EFI_SUCCESS);
	it = info();
	CHECK(it->ModificationTime.Year == 2024 && it->CreateTime.Year == 1999);
	close();
	end();
}

TEST(the_label_of_a_volume)
{
	start();
	get(u"a.txt", WRITE);
	CHECK_EQUAL(needed_for(&label_type), sizeof(u"FIRST LABEL"));
	CHECK(is_called((CHAR16 *)bytes, u"FIRST LABEL"));
	(void)needed_for(&system_type);
	CHECK_STATUS(file->SetInfo(file, &system_type, BYTES_SIZE, bytes), EFI_SUCCESS);
	CHECK_EQUAL(memory.writes, 0); /* nothing else in that structure can be set */
	((EFI_FILE_SYSTEM_INFO *)bytes)->VolumeLabel[0] = u'T';
	CHECK_STATUS(file->SetInfo(file, &system_type, BYTES_SIZE, bytes), EFI_SUCCESS);
	(void)needed_for(&label_type);
	CHECK(is_called((CHAR16 *)bytes, u"TIRST LABEL"));
	CHECK_STATUS(file->SetInfo(file, &label_type, sizeof(u"x 1"), u"x 1"), EFI_SUCCESS);
	(void)needed_for(&label_type);
	CHECK(is_called((CHAR16 *)bytes, u"X 1"));
	CHECK_STATUS(file->SetInfo(file, &label_type, sizeof(u"a.b"), u"a.b"),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->SetInfo(file, &label_type, sizeof(u"TWELVE CHARS"), u"TWELVE CHARS"),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(file->SetInfo(file, &label_type, sizeof(u""), u""), EFI_SUCCESS);
	CHECK_EQUAL(needed_for(&label_type), sizeof(u""));
	close();
	end();
}

/* Builds without FAT_LABEL, and file systems without labels. */
TEST(a_label_that_cannot_be_changed)
{
	struct fs_ops ops;

	start();
	ops = *disk.volume->ops;
	ops.set_label = NULL;
	disk.volume->ops = &ops;
	CHECK_STATUS(root->SetInfo(root, &label_type, sizeof(u"X"), u"X"), EFI_UNSUPPORTED);
	CHECK_EQUAL(memory.writes, 0);
	disk.volume->ops = &fat_ops;
	end();
}

static void refuses_all_changes(EFI_STATUS wanted)
{
	CHECK_STATUS(open(u"a.txt", WRITE, 0), wanted);
	CHECK_STATUS(open(u"new", CREATE, 0), wanted);
	get(u"a.txt", READ);
	info()->Attribute |= EFI_FILE_HIDDEN;
	CHECK_STATUS(set_info(), wanted);
	CHECK_STATUS(file->SetInfo(file, &label_type, sizeof(u"X"), u"X"), wanted);
	CHECK_STATUS(file->Write(file, &(UINTN){ 1 }, bytes), EFI_ACCESS_DENIED);
	close();
}

TEST(a_volume_that_cannot_be_written)
{
	UINTN size = BYTES_SIZE;

	start();
	disk.volume->read_only = true;
	refuses_all_changes(EFI_WRITE_PROTECTED);
	CHECK_STATUS(root->Close(root), EFI_SUCCESS);
	CHECK_STATUS(disk.file_system.OpenVolume(&disk.file_system, &root), EFI_SUCCESS);
	CHECK_STATUS(root->GetInfo(root, &system_type, &size, bytes), EFI_SUCCESS);
	CHECK(((EFI_FILE_SYSTEM_INFO *)bytes)->ReadOnly);
	CHECK_STATUS(root->Flush(root), EFI_ACCESS_DENIED);
	CHECK_EQUAL(memory.writes, 0);
	end();
}

TEST(a_disk_that_fails)
{
	UINTN size = 10;

	start();
	memory.bad_block = image.data / 512 + FAR_CLUSTER - 2; /* of its one cluster */
	get(u"far", WRITE);
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_DEVICE_ERROR);
	memory.bad_block = UINT64_MAX;
	size = 10;
	CHECK_STATUS(file->Read(file, &size, bytes), EFI_SUCCESS);
	CHECK(size == 3 && memcmp(bytes, "far", 3) == 0);
	close();
	end();
}

/* Revision 2. A call is done when it returns; a token without an event waits anyway. */

static u32 signals;

static VOID EFIAPI count_signal(EFI_EVENT event, VOID *context)
{
	(void)event, (void)context;
	signals++;
}

TEST(calls_with_a_token)
{
	EFI_FILE_IO_TOKEN token = { .Status = 0x55, .BufferSize = 4 };
	EFI_FILE_PROTOCOL *opened = NULL;
	UINTN size = 5;

	start();
	token.Buffer = bytes;
	CHECK_STATUS(efi_create_event(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, count_signal, NULL,
				      &token.Event),
		     EFI_SUCCESS);
	CHECK_STATUS(root->OpenEx(root, &opened, u"a.txt", WRITE, 0, &token), EFI_SUCCESS);
	CHECK(opened && token.Status == EFI_SUCCESS && signals == 1);
	CHECK_STATUS(opened->ReadEx(opened, &token), EFI_SUCCESS);
	CHECK(token.Status == EFI_SUCCESS && token.BufferSize == 4 && signals == 2);
	CHECK(memcmp(bytes, "0123", 4) == 0);
	CHECK_STATUS(opened->WriteEx(opened, &token), EFI_SUCCESS);
	CHECK(token.Status == EFI_SUCCESS && signals == 3);
	CHECK_STATUS(opened->FlushEx(opened, &token), EFI_SUCCESS);
	CHECK(token.Status == EFI_SUCCESS && signals == 4);
	CHECK_STATUS(opened->SetPosition(opened, 3), EFI_SUCCESS);
	CHECK_STATUS(opened->Read(opened, &size, bytes), EFI_SUCCESS);
	CHECK(size == 5 && memcmp(bytes, "30123", 5) == 0);

	/* The call returns the error, and no event comes. */
	opened->SetPosition(opened, 100);
	CHECK_STATUS(opened->ReadEx(opened, &token), EFI_DEVICE_ERROR);
	CHECK(token.Status == EFI_DEVICE_ERROR && signals == 4);
	CHECK_STATUS(opened->Close(opened), EFI_SUCCESS);
	CHECK_STATUS(root->OpenEx(root, &opened, u"nobody", READ, 0, &token), EFI_NOT_FOUND);
	CHECK(token.Status == EFI_NOT_FOUND && signals == 4);
	CHECK_STATUS(efi_close_event(token.Event), EFI_SUCCESS);

	token = (EFI_FILE_IO_TOKEN){ .BufferSize = 4, .Buffer = bytes };
	CHECK_STATUS(root->OpenEx(root, &opened, u"nobody", READ, 0, &token), EFI_NOT_FOUND);
	CHECK_STATUS(root->OpenEx(root, &opened, u"a.txt", READ, 0, &token), EFI_SUCCESS);
	CHECK_STATUS(opened->WriteEx(opened, &token), EFI_ACCESS_DENIED);
	CHECK_STATUS(opened->FlushEx(opened, &token), EFI_ACCESS_DENIED);
	CHECK_STATUS(opened->ReadEx(opened, &token), EFI_SUCCESS);
	CHECK_EQUAL(token.BufferSize, 4);
	CHECK_STATUS(opened->OpenEx(root, &opened, u"a.txt", READ, 0, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(opened->ReadEx(opened, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(opened->WriteEx(opened, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(opened->FlushEx(opened, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(signals, 4);
	CHECK_STATUS(opened->Close(opened), EFI_SUCCESS);
	end();
}
