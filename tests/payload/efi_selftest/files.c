/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 13.4 and 13.5: files and directories, which are created below \selftest. */
#include "selftest.h"

#define READ EFI_FILE_MODE_READ
#define WRITE (EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE)
#define CREATE (WRITE | EFI_FILE_MODE_CREATE)

enum { FILE_SIZE = 256 * 300 };

static EFI_FILE_PROTOCOL *root;
static u8 info_space[1024] __attribute__((aligned(8)));
static EFI_GUID file_info = EFI_FILE_INFO_ID;

static EFI_STATUS open(const CHAR16 *name, u64 mode, u64 attributes, EFI_FILE_PROTOCOL **file)
{
	*file = NULL;
	return root->Open(root, file, (CHAR16 *)name, mode, attributes);
}

static EFI_FILE_INFO *info_of(EFI_FILE_PROTOCOL *file)
{
	UINTN size = sizeof(info_space);

	memset(info_space, 0, sizeof(info_space));
	is("its information", file->GetInfo(file, &file_info, &size, info_space), EFI_SUCCESS);
	return (EFI_FILE_INFO *)info_space;
}

static void test_volume(void)
{
	EFI_GUID guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID, system_info = EFI_FILE_SYSTEM_INFO_ID;
	EFI_GUID label = EFI_FILE_SYSTEM_VOLUME_LABEL_ID, nonsense = TEST_GUID(40);
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume = protocol_on(own_image()->DeviceHandle, guid);
	EFI_FILE_SYSTEM_INFO *system = (EFI_FILE_SYSTEM_INFO *)info_space;
	UINTN size = 0;

	is("open the volume", volume->OpenVolume(volume, &root), EFI_SUCCESS);
	equals("revision", volume->Revision, EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_REVISION);
	is("open it for nobody", volume->OpenVolume(volume, NULL), EFI_INVALID_PARAMETER);
	is("its information without a buffer", root->GetInfo(root, &system_info, &size, NULL),
	   EFI_BUFFER_TOO_SMALL);
	ok("the size is returned", size >= 36 + 2);
	is("its information", root->GetInfo(root, &system_info, &size, system), EFI_SUCCESS);
	ok("it can be written", !system->ReadOnly);
	ok("it has room",
	   system->VolumeSize > MIB && system->FreeSpace && system->FreeSpace < system->VolumeSize);
	ok("its label", equal16(system->VolumeLabel, u"ESP"));
	size = sizeof(info_space);
	is("the label alone", root->GetInfo(root, &label, &size, info_space), EFI_SUCCESS);
	ok("is the same", equal16((CHAR16 *)info_space, u"ESP"));
	is("information that is none", root->GetInfo(root, &nonsense, &size, info_space),
	   EFI_UNSUPPORTED);
}

static void test_read(void)
{
	static u8 data[4096];
	EFI_FILE_PROTOCOL *file;
	EFI_FILE_INFO *info;
	UINTN size = 0;
	UINT64 position = 9;
	bool same = true;

	if (!is("open a file", open(u"\\selftest\\file.bin", READ, 0, &file), EFI_SUCCESS))
		return;
	ok("revision", file->Revision >= EFI_FILE_PROTOCOL_REVISION);
	is("information without a buffer", file->GetInfo(file, &file_info, &size, NULL),
	   EFI_BUFFER_TOO_SMALL);
	equals("the size is returned", size, sizeof(EFI_FILE_INFO) + sizeof(u"file.bin"));
	info = info_of(file);
	equals("its own size", info->Size, size);
	equals("the file's size", info->FileSize, FILE_SIZE);
	ok("the size on the disk", info->PhysicalSize >= FILE_SIZE);
	ok("its name", equal16(info->FileName, u"file.bin"));
	ok("no directory", !(info->Attribute & EFI_FILE_DIRECTORY));
	ok("its time", info->ModificationTime.Year == 2020 && info->ModificationTime.Month == 9);
	is("where it stands", file->GetPosition(file, &position), EFI_SUCCESS);
	equals("at the start", position, 0);
	for (UINTN read = 0; read < FILE_SIZE; read += size) {
		size = 1000;
		if (file->Read(file, &size, data) || !size)
			break;
		for (UINTN i = 0; i < size; i++)
			same &= data[i] == (u8)(read + i);
		position = read + size;
	}
	ok("what it has", same);
	equals("all of it", position, FILE_SIZE);
	size = 10;
	is("read at its end", file->Read(file, &size, data), EFI_SUCCESS);
	equals("gives nothing", size, 0);
	is("go to its end", file->SetPosition(file, ~0ull), EFI_SUCCESS);
	file->GetPosition(file, &position);
	equals("that is its size", position, FILE_SIZE);
	is("go into the middle", file->SetPosition(file, 70001), EFI_SUCCESS);
	size = 1;
	is("read there", file->Read(file, &size, data), EFI_SUCCESS);
	equals("it is the byte", data[0], (u8)70001);
	is("go beyond its end", file->SetPosition(file, FILE_SIZE + 1), EFI_SUCCESS);
	size = 1;
	is("read there", file->Read(file, &size, data), EFI_DEVICE_ERROR);
	is("write what is read", file->Write(file, &size, data), EFI_ACCESS_DENIED);
	is("close it", file->Close(file), EFI_SUCCESS);
}

static void test_create(void)
{
	static u8 data[70000], back[70000];
	EFI_FILE_PROTOCOL *file;
	UINTN size;
	UINT64 position;

	is("no such file", open(u"\\selftest\\new", READ, 0, &file), EFI_NOT_FOUND);
	is("to write neither", open(u"\\selftest\\new", WRITE, 0, &file), EFI_NOT_FOUND);
	is("create without writing",
	   open(u"\\selftest\\new", READ | EFI_FILE_MODE_CREATE, 0, &file), EFI_INVALID_PARAMETER);
	is("write without reading", open(u"\\selftest\\new", EFI_FILE_MODE_WRITE & ~1ull, 0, &file),
	   EFI_INVALID_PARAMETER);
	is("create with an attribute that is none", open(u"\\selftest\\new", CREATE, 0x100, &file),
	   EFI_INVALID_PARAMETER);
	is("create in a directory that is not there",
	   open(u"\\selftest\\absent\\new", CREATE, 0, &file), EFI_NOT_FOUND);
	if (!is("create", open(u"\\selftest\\new", CREATE, 0, &file), EFI_SUCCESS))
		return;
	for (UINTN i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 13 + i / 256);
	size = sizeof(data);
	is("write", file->Write(file, &size, data), EFI_SUCCESS);
	equals("all of it", size, sizeof(data));
	file->GetPosition(file, &position);
	equals("the position is behind it", position, sizeof(data));
	is("flush", file->Flush(file), EFI_SUCCESS);
	file->SetPosition(file, 100);
	size = 5;
	is("write into the middle", file->Write(file, &size, "abcde"), EFI_SUCCESS);
	memcpy(data + 100, "abcde", 5);
	is("close", file->Close(file), EFI_SUCCESS);
	is("open it again", open(u"\\selftest\\NEW", READ, 0, &file), EFI_SUCCESS);
	size = sizeof(back);
	is("read it", file->Read(file, &size, back), EFI_SUCCESS);
	ok("it is the same", size == sizeof(data) && !memcmp(data, back, sizeof(data)));
	file->Close(file);
	is("create what is there", open(u"\\selftest\\new", CREATE, 0, &file), EFI_SUCCESS);
	equals("it stays", info_of(file)->FileSize, sizeof(data));
	file->Close(file);
}

static void test_set_info(void)
{
	EFI_FILE_PROTOCOL *file;
	EFI_FILE_INFO *info = (EFI_FILE_INFO *)info_space;
	UINTN size;
	u8 tail[10];

	if (open(u"\\selftest\\new", WRITE, 0, &file))
		return;
	info_of(file);
	info->FileSize = 1000;
	is("make it shorter", file->SetInfo(file, &file_info, info->Size, info), EFI_SUCCESS);
	equals("it is shorter", info_of(file)->FileSize, 1000);
	info->FileSize = 5000;
	is("make it longer", file->SetInfo(file, &file_info, info->Size, info), EFI_SUCCESS);
	equals("it is longer", info_of(file)->FileSize, 5000);
	file->SetPosition(file, 4990);
	size = sizeof(tail);
	is("read what is new", file->Read(file, &size, tail), EFI_SUCCESS);
	equals("as much as there is", size, sizeof(tail));
	info_of(file);
	info->ModificationTime = (EFI_TIME){
		.Year = 2031, .Month = 5, .Day = 6, .Hour = 7, .Minute = 8, .Second = 10
	};
	info->Attribute |= EFI_FILE_HIDDEN;
	is("another time, and hidden", file->SetInfo(file, &file_info, info->Size, info),
	   EFI_SUCCESS);
	info_of(file);
	ok("the time is kept",
	   info->ModificationTime.Year == 2031 && info->ModificationTime.Second == 10);
	ok("so is the attribute", info->Attribute & EFI_FILE_HIDDEN);
	info->Attribute |= EFI_FILE_DIRECTORY;
	is("no file becomes a directory", file->SetInfo(file, &file_info, info->Size, info),
	   EFI_ACCESS_DENIED);
	info_of(file);
	is("information that is too short", file->SetInfo(file, &file_info, 10, info),
	   EFI_BAD_BUFFER_SIZE);
	memcpy(info->FileName, u"renamed file.text", sizeof(u"renamed file.text"));
	info->Size = sizeof(EFI_FILE_INFO) + sizeof(u"renamed file.text");
	is("rename it", file->SetInfo(file, &file_info, info->Size, info), EFI_SUCCESS);
	ok("that is its name", equal16(info_of(file)->FileName, u"renamed file.text"));
	memcpy(info->FileName, u"file.bin", sizeof(u"file.bin"));
	info->Size = sizeof(EFI_FILE_INFO) + sizeof(u"file.bin");
	is("rename it to one that is there", file->SetInfo(file, &file_info, info->Size, info),
	   EFI_ACCESS_DENIED);
	file->Close(file);
	is("the old name is gone", open(u"\\selftest\\new", READ, 0, &file), EFI_NOT_FOUND);
	is("the new one is there", open(u"\\selftest\\Renamed File.TEXT", WRITE, 0, &file),
	   EFI_SUCCESS);
	is("delete it", file->Delete(file), EFI_SUCCESS);
	is("it is gone", open(u"\\selftest\\renamed file.text", READ, 0, &file), EFI_NOT_FOUND);
	open(u"\\selftest\\file.bin", READ, 0, &file);
	is("delete what is opened to read", file->Delete(file), EFI_WARN_DELETE_FAILURE);
	is("it is still there", open(u"\\selftest\\file.bin", READ, 0, &file), EFI_SUCCESS);
	file->Close(file);
}

/* Counts the entries of a directory, except itself and its parent, and those with that name. */
static unsigned list(EFI_FILE_PROTOCOL *directory, const CHAR16 *name, unsigned *found)
{
	EFI_FILE_INFO *info = (EFI_FILE_INFO *)info_space;
	unsigned count = 0;

	*found = 0;
	directory->SetPosition(directory, 0);
	for (;;) {
		UINTN size = sizeof(info_space);

		if (directory->Read(directory, &size, info) || !size)
			return count;
		*found += equal16(info->FileName, name);
		count += !equal16(info->FileName, u".") && !equal16(info->FileName, u"..");
	}
}

static void test_directories(void)
{
	EFI_FILE_PROTOCOL *directory, *file, *again;
	UINTN size = 0;
	UINT64 position;
	unsigned found;

	is("make a directory", open(u"\\selftest\\made", CREATE, EFI_FILE_DIRECTORY, &directory),
	   EFI_SUCCESS);
	if (!directory)
		return;
	ok("it is one", info_of(directory)->Attribute & EFI_FILE_DIRECTORY);
	is("a file in it", directory->Open(directory, &file, u"inner", CREATE, 0), EFI_SUCCESS);
	is("write to a directory", directory->Write(directory, &size, info_space), EFI_UNSUPPORTED);
	is("delete one that is not empty",
	   (open(u"\\selftest\\made", WRITE, 0, &again), again->Delete(again)),
	   EFI_WARN_DELETE_FAILURE);
	equals("it has one entry", list(directory, u"inner", &found), 1);
	equals("the file once", found, 1);
	directory->SetPosition(directory, 0);
	size = 0;
	is("an entry without a buffer", directory->Read(directory, &size, NULL),
	   EFI_BUFFER_TOO_SMALL);
	ok("its size is returned", size > sizeof(EFI_FILE_INFO));
	is("the entry is still next", directory->Read(directory, &size, info_space), EFI_SUCCESS);
	is("a position in a directory", directory->SetPosition(directory, 1), EFI_UNSUPPORTED);
	is("tell the position", directory->GetPosition(directory, &position), EFI_UNSUPPORTED);
	is("delete the file", file->Delete(file), EFI_SUCCESS);
	is("delete the directory", directory->Delete(directory), EFI_SUCCESS);
	is("it is gone", open(u"\\selftest\\made", READ, 0, &file), EFI_NOT_FOUND);
	is("a file is no directory", open(u"\\selftest\\file.bin\\x", READ, 0, &file),
	   EFI_NOT_FOUND);
}

/* A handle opened for reading can change only the attributes. */
static void test_read_only(void)
{
	const CHAR16 *name = u"\\selftest\\kept";
	EFI_FILE_INFO *info = (EFI_FILE_INFO *)info_space;
	EFI_FILE_PROTOCOL *file;
	u64 size;

	if (!is("create another", open(name, CREATE, 0, &file), EFI_SUCCESS))
		return;
	info_of(file);
	info->Attribute = EFI_FILE_READ_ONLY;
	is("make it read-only", file->SetInfo(file, &file_info, info->Size, info), EFI_SUCCESS);
	equals("it is that, and nothing else", info_of(file)->Attribute, EFI_FILE_READ_ONLY);
	file->Close(file);
	is("open it to write", open(name, WRITE, 0, &file), EFI_ACCESS_DENIED);
	if (!is("open it to read", open(name, READ, 0, &file), EFI_SUCCESS))
		return;
	is("flush it", file->Flush(file), EFI_ACCESS_DENIED);
	size = info_of(file)->FileSize;
	info->FileSize = size + 1;
	is("make it longer", file->SetInfo(file, &file_info, info->Size, info), EFI_ACCESS_DENIED);
	info->FileSize = size;
	info->Attribute = 0;
	is("let it be written", file->SetInfo(file, &file_info, info->Size, info), EFI_SUCCESS);
	equals("it has no attributes", info_of(file)->Attribute, 0);
	file->Close(file);
	is("open it to write now", open(name, WRITE, 0, &file), EFI_SUCCESS);
	is("delete it", file->Delete(file), EFI_SUCCESS);
	if (!is("create one more", open(name, CREATE, 0, &file), EFI_SUCCESS))
		return;
	info_of(file);
	info->Attribute = EFI_FILE_READ_ONLY;
	is("make it read-only", file->SetInfo(file, &file_info, info->Size, info), EFI_SUCCESS);
	is("delete it through what could write", file->Delete(file), EFI_SUCCESS);
	is("it is gone", open(name, READ, 0, &file), EFI_NOT_FOUND);
	is("open the root", open(u"\\", WRITE, 0, &file), EFI_SUCCESS);
	is("delete the root", file->Delete(file), EFI_WARN_DELETE_FAILURE);
}

/* A directory that needs several clusters, with long names. */
static void test_many(void)
{
	enum { COUNT = 100 };
	CHAR16 name[] = u"\\selftest\\many\\A rather long file name, number 000.text";
	const size_t digits = ARRAY_SIZE(name) - 9;
	EFI_FILE_PROTOCOL *directory, *file;
	bool created = true, deleted = true;
	unsigned found;

	open(u"\\selftest\\many", CREATE, EFI_FILE_DIRECTORY, &directory);
	if (!ok("create a directory for many files", directory != NULL))
		return;
	for (unsigned i = 0; i < COUNT; i++) {
		name[digits + 1] = (CHAR16)('0' + i / 10);
		name[digits + 2] = (CHAR16)('0' + i % 10);
		created &= !open(name, CREATE, 0, &file) && !file->Close(file);
	}
	ok("100 files", created);
	equals("are listed", list(directory, u"A rather long file name, number 042.text", &found),
	       COUNT);
	equals("each once", found, 1);
	for (unsigned i = 0; i < COUNT; i++) {
		name[digits + 1] = (CHAR16)('0' + i / 10);
		name[digits + 2] = (CHAR16)('0' + i % 10);
		deleted &= !open(name, WRITE, 0, &file) && !file->Delete(file);
	}
	ok("all are deleted", deleted);
	is("with the directory", directory->Delete(directory), EFI_SUCCESS);
}

void test_files(void)
{
	test_volume();
	if (!root)
		return;
	test_read();
	test_create();
	test_set_info();
	test_read_only();
	test_directories();
	test_many();
	root->Close(root);
}

void test_file_names(void)
{
	static const struct {
		const CHAR16 *name;
		EFI_STATUS status;
	} rows[] = {
		{ u"\\selftest\\file.bin", EFI_SUCCESS },
		{ u"selftest\\file.bin", EFI_SUCCESS },
		{ u"\\SELFTEST\\FILE.BIN", EFI_SUCCESS },
		{ u"\\selftest\\Long file name.text", EFI_SUCCESS },
		{ u"\\selftest\\LONG FILE NAME.TEXT", EFI_SUCCESS },
		{ u"\\selftest\\.\\file.bin", EFI_SUCCESS },
		{ u"\\selftest\\folder\\..\\file.bin", EFI_SUCCESS },
		{ u"\\selftest\\folder\\", EFI_SUCCESS },
		{ u"\\selftest\\\\file.bin", EFI_SUCCESS },
		{ u"\\", EFI_SUCCESS },
		{ u".", EFI_SUCCESS },
		{ u"\\selftest", EFI_SUCCESS },
		{ u"\\selftest\\absent", EFI_NOT_FOUND },
		{ u"\\absent\\file.bin", EFI_NOT_FOUND },
	};
	EFI_FILE_PROTOCOL *file, *folder;
	EFI_GUID guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume = protocol_on(own_image()->DeviceHandle, guid);

	volume->OpenVolume(volume, &root);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print("# %S\n", rows[i].name);
		is("open that name", open(rows[i].name, READ, 0, &file), rows[i].status);
		if (file)
			file->Close(file);
	}
	open(u"\\selftest\\folder", READ, 0, &folder);
	is("from a directory", folder->Open(folder, &file, u"inner", READ, 0), EFI_SUCCESS);
	file->Close(file);
	is("to its parent", folder->Open(folder, &file, u"..\\file.bin", READ, 0), EFI_SUCCESS);
	file->Close(file);
	is("from the root, for all that",
	   folder->Open(folder, &file, u"\\selftest\\empty", READ, 0), EFI_SUCCESS);
	equals("an empty file", info_of(file)->FileSize, 0);
	file->Close(file);
	folder->Close(folder);
	root->Close(root);
}
