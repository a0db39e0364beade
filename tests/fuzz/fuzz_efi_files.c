/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of EFI_FILE_PROTOCOL calls against a model: each status, all content, sizes,
 * attributes, times and positions, and the content of the volume when it is mounted again.
 *
 * Input: 2 bytes for the layout of the volume, then steps of 1 operation and its arguments.
 */
#include "efi/protocols/file.h"
#include "tests/fuzz/efi_files_model.h"
#include "tests/fuzz/fat_volume.h"
#include "tests/host/efi_pool.h"
#include "tests/host/fat_check.h"

enum {
	STEPS_MAX = 200,
	DEEP_MAX = 12, /* nested directories; fewer than a path may have */
	SIZE_STEP_MAX = 4096,
	CONTENT_SIZE_MAX = 60000,
	INFO_SIZE = offsetof(EFI_FILE_INFO, FileName),
};

static u8 *bytes; /* RAM, as far as the firmware knows */

static struct handle *take_handle(void)
{
	u32 first = take(HANDLES);

	for (u32 i = 0; i < HANDLES; i++)
		if (handles[(first + i) % HANDLES].file)
			return &handles[(first + i) % HANDLES];
	return NULL;
}

static void open_file(void)
{
	static struct path path;
	static const u64 modes[] = {
		EFI_FILE_MODE_READ,
		EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE,
		EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE,
		EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE,
		0,
		EFI_FILE_MODE_WRITE,
		EFI_FILE_MODE_READ | EFI_FILE_MODE_CREATE,
		EFI_FILE_MODE_READ | 4,
	};
	struct handle *from = take_handle(), *slot = &handles[take(HANDLES)];
	u64 mode = modes[take(32) < 24 ? take(4) : take(8)];
	u32 kind = take(8), node = NOWHERE;
	u64 attributes = kind < 3  ? 0 :
			 kind < 6  ? EFI_FILE_DIRECTORY :
			 kind == 6 ? take(0x80) :
				     ~0ull;
	EFI_FILE_PROTOCOL *opened = NULL;
	EFI_FILE_IO_TOKEN token = { 0 };
	EFI_STATUS status, wanted;

	take_path(&path);
	if (model_free_node(&model) == NOWHERE || depth_of(from->node) > DEEP_MAX)
		mode &= ~EFI_FILE_MODE_CREATE;
	status = take(2) ? from->file->Open(from->file, &opened, path.text, mode, attributes) :
			   from->file->OpenEx(from->file, &opened, path.text, mode, attributes,
					      &token);
	wanted = model_open(from, &path, mode, attributes, &node);
	if (status == EFI_VOLUME_FULL && !wanted && mode & EFI_FILE_MODE_CREATE && node &&
	    resolve(&path, path.count, from->node) == node) {
		/* Only the new file may have found no room. */
		model.nodes[node].is_used = false;
		CHECK(!opened);
		return;
	}
	CHECK(status == wanted);
	CHECK(!status == (opened != NULL));
	if (status)
		return;
	if (slot->file)
		CHECK(!slot->file->Close(slot->file));
	*slot = (struct handle){ .file = opened,
				 .node = node,
				 .is_directory = model.nodes[node].is_directory,
				 .is_writable = mode & EFI_FILE_MODE_WRITE };
}

static void close_file(void)
{
	struct handle *handle = take_handle();

	CHECK(!handle->file->Close(handle->file));
	handle->file = NULL;
}

static void delete_file(void)
{
	struct handle *handle = take_handle();
	u32 node = handle->node;
	bool may_go = handle->is_writable && !handle->is_stale && node;

	for (u32 i = 1; i < MODEL_NODES_MAX; i++)
		may_go = may_go && !(model.nodes[i].is_used && model.nodes[i].parent == node);
	CHECK(handle->file->Delete(handle->file) ==
	      (may_go ? EFI_SUCCESS : EFI_WARN_DELETE_FAILURE));
	handle->file = NULL;
	if (!may_go)
		return;
	node_is_gone(node, handle);
	free(model.nodes[node].content);
	model.nodes[node] = (struct model_node){ 0 };
}

/*
 * Reads one entry with Read() into a buffer that may be too small. Returns its name; NULL at the
 * end.
 */
static const char *read_entry(struct handle *handle, u32 *node)
{
	static u8 buffer[INFO_SIZE + FILE_NAME_SIZE * 2];
	static char name[FILE_NAME_SIZE];
	EFI_FILE_INFO *info = (EFI_FILE_INFO *)buffer;
	UINTN size = take(200), needed;
	EFI_STATUS status = handle->file->Read(handle->file, &size, buffer);

	if (status == EFI_BUFFER_TOO_SMALL) {
		needed = size;
		CHECK(needed <= sizeof(buffer));
		status = handle->file->Read(handle->file, &size, buffer);
		CHECK(size == needed);
	}
	CHECK(!status);
	if (!size)
		return NULL;
	CHECK(info->Size == size);
	CHECK(utf8_from_utf16(name, sizeof(name), info->FileName,
			      (size - INFO_SIZE) / sizeof(CHAR16) - 1));
	for (u32 i = 1; i < MODEL_NODES_MAX; i++)
		if (model.nodes[i].is_used && model.nodes[i].parent == handle->node &&
		    !strcmp(model.nodes[i].spelling, name))
			*node = i;
	CHECK(*node);
	CHECK(info->FileSize == model.nodes[*node].size);
	return name;
}

/* The next entry is the directory itself, or its parent. */
static void check_dots(struct handle *handle, const CHAR16 *name)
{
	u64 buffer[16];
	const EFI_FILE_INFO *info = (const EFI_FILE_INFO *)buffer;
	UINTN size = sizeof(buffer);

	CHECK(!handle->file->Read(handle->file, &size, buffer));
	CHECK(info->Size == size && info->Attribute & EFI_FILE_DIRECTORY && !info->FileSize);
	for (u32 i = 0; i == 0 || name[i - 1]; i++)
		CHECK(info->FileName[i] == name[i]);
}

static void read_directory(struct handle *handle)
{
	UINTN size = 0;
	u32 listed = 0;

	if (handle->is_stale) {
		CHECK(handle->file->Read(handle->file, &size, NULL) == EFI_DEVICE_ERROR);
		return;
	}
	CHECK(!handle->file->SetPosition(handle->file, 0));
	if (handle->node) {
		check_dots(handle, u".");
		check_dots(handle, u"..");
	}
	for (u32 node = 0; read_entry(handle, &node); node = 0) {
		CHECK(!(listed & 1u << node));
		listed |= 1u << node;
	}
	for (u32 i = 1; i < MODEL_NODES_MAX; i++)
		if (model.nodes[i].is_used && model.nodes[i].parent == handle->node)
			CHECK(listed & 1u << i);
}

static void read_file(void)
{
	struct handle *handle = take_handle();
	const struct model_node *node = &model.nodes[handle->node];
	UINTN size = take(SIZE_STEP_MAX), wanted;
	EFI_FILE_IO_TOKEN token = { .BufferSize = size, .Buffer = bytes };
	EFI_STATUS status;

	if (handle->is_directory) {
		read_directory(handle);
		return;
	}
	wanted = size;
	if (take(2)) {
		status = handle->file->Read(handle->file, &size, bytes);
	} else {
		status = handle->file->ReadEx(handle->file, &token);
		size = token.BufferSize;
	}
	if (handle->is_stale || handle->position > node->size) {
		CHECK(status == EFI_DEVICE_ERROR);
		return;
	}
	wanted = min_u64(wanted, node->size - handle->position);
	CHECK(!status && size == wanted);
	CHECK(!size || !memcmp(bytes, node->content + handle->position, size));
	handle->position += size;
}

static void write_file(void)
{
	struct handle *handle = take_handle();
	struct model_node *node = &model.nodes[handle->node];
	UINTN size = take(SIZE_STEP_MAX), written;
	u8 seed = (u8)take(256);
	EFI_FILE_IO_TOKEN token = { .BufferSize = size, .Buffer = bytes };
	EFI_STATUS status;
	u64 end;

	if (handle->position <= UINT32_MAX && handle->position + size > CONTENT_SIZE_MAX)
		return;
	for (u32 i = 0; i < size; i++)
		bytes[i] = (u8)(seed + i * 7 + (i >> 8));
	written = size;
	if (take(2)) {
		status = handle->file->Write(handle->file, &written, bytes);
	} else {
		status = handle->file->WriteEx(handle->file, &token);
		written = token.BufferSize;
	}
	if (handle->is_directory) {
		CHECK(status == EFI_UNSUPPORTED);
	} else if (!handle->is_writable) {
		CHECK(status == EFI_ACCESS_DENIED);
	} else if (!size) {
		CHECK(!status);
	} else if (handle->is_stale) {
		CHECK(status == EFI_DEVICE_ERROR);
	} else if (more[handle->node].attributes & FILE_READ_ONLY) {
		CHECK(status == EFI_WRITE_PROTECTED);
	} else if (add_overflows(handle->position, size, &end) || end > UINT32_MAX) {
		CHECK(status == EFI_VOLUME_FULL);
	} else if (status) {
		CHECK(status == EFI_VOLUME_FULL && end > node->size && !written);
	} else {
		CHECK(written == size);
		if (end > node->size)
			model_resize(node, end);
		memcpy(node->content + handle->position, bytes, size);
		handle->position = end;
	}
}

static void go_to(void)
{
	static const u64 far[] = { UINT64_MAX, UINT64_MAX - 1, UINT32_MAX, 1ull << 63 };
	struct handle *handle = take_handle();
	const struct model_node *node = &model.nodes[handle->node];
	u32 kind = take(8);
	u64 position = kind < 4 ? take(CONTENT_SIZE_MAX) :
		       kind < 6 ? 0 :
				  far[take(ARRAY_SIZE(far))];
	EFI_STATUS status = handle->file->SetPosition(handle->file, position);

	if (handle->is_directory && position) {
		CHECK(status == EFI_UNSUPPORTED);
	} else if (handle->is_stale) {
		CHECK(status == EFI_DEVICE_ERROR);
	} else {
		CHECK(!status);
		handle->position = position == UINT64_MAX ? node->size : position;
	}
}

static void ask_position(void)
{
	struct handle *handle = take_handle();
	u64 position = 1234;
	EFI_STATUS status = handle->file->GetPosition(handle->file, &position);

	if (handle->is_directory)
		CHECK(status == EFI_UNSUPPORTED);
	else if (handle->is_stale)
		CHECK(status == EFI_DEVICE_ERROR);
	else
		CHECK(!status && position == handle->position);
}

/* Gets the handle's information and checks it against the model. NULL: its file was removed. */
static EFI_FILE_INFO *get_info(const struct handle *handle)
{
	static u8 buffer[INFO_SIZE + sizeof(((struct path *)0)->text)];
	const struct model_node *node = &model.nodes[handle->node];
	EFI_FILE_INFO *info = (EFI_FILE_INFO *)buffer;
	EFI_GUID guid = guid_file_info;
	UINTN size = take(200), needed;
	char name[FILE_NAME_SIZE] = "";
	EFI_STATUS status = handle->file->GetInfo(handle->file, &guid, &size, buffer);

	if (status == EFI_BUFFER_TOO_SMALL) {
		needed = size;
		status = handle->file->GetInfo(handle->file, &guid, &size, buffer);
		CHECK(size == needed);
	}
	if (handle->is_stale) {
		CHECK(status == EFI_DEVICE_ERROR);
		return NULL;
	}
	CHECK(!status && info->Size == size && info->FileSize == node->size);
	utf8_from_utf16(name, sizeof(name), info->FileName,
			(size - INFO_SIZE) / sizeof(CHAR16) - 1);
	CHECK(!strcmp(name, handle->node ? node->spelling : ""));
	CHECK(info->PhysicalSize >= info->FileSize);
	CHECK(!(info->Attribute & EFI_FILE_DIRECTORY) == !node->is_directory);
	if (!handle->node)
		return info;
	/* A change of the content sets the archive bit, but not every write changes the content. */
	CHECK(!((info->Attribute ^ more[handle->node].attributes) & ~EFI_FILE_ARCHIVE));
	CHECK(info->ModificationTime.Day == more[handle->node].modified.Day &&
	      info->ModificationTime.Minute == more[handle->node].modified.Minute);
	return info;
}

static void ask_info(void)
{
	(void)get_info(take_handle());
}

static void set_info(void)
{
	static struct path path;
	struct handle *handle = take_handle();
	struct model_node *node = &model.nodes[handle->node];
	EFI_FILE_INFO *info = get_info(handle);
	u32 change = take(256);
	bool is_renamed = false, is_new_time = false;
	EFI_GUID guid = guid_file_info;
	UINTN size;
	EFI_STATUS status, wanted;

	if (!info)
		return;
	size = info->Size;
	if ((change & 3) == 3) {
		take_path(&path);
		memcpy(info->FileName, path.text, sizeof(path.text));
		size = INFO_SIZE + sizeof(path.text);
		is_renamed = path.text[0] &&
			     (path.count != 1 || path.is_absolute || path.is_closed ||
			      !handle->node || strcmp(path.parts[0], node->spelling) != 0);
	}
	if ((change & 0xc) == 0xc) {
		EFI_TIME time = {
			.Year = 2024, .Month = 2, .Day = (u8)(2 + take(20)), .Minute = (u8)take(60)
		};

		is_new_time = memcmp(&info->ModificationTime, &time, offsetof(EFI_TIME, Pad1)) != 0;
		info->ModificationTime = time;
	}
	if (change & 0x10)
		info->Attribute ^= 1u << take(8);
	if ((change & 0x60) == 0x60)
		info->FileSize = take(8) ? take(CONTENT_SIZE_MAX) : UINT32_MAX + 1ull;
	if (change & 0x80 && take(8) == 0) {
		CHECK(handle->file->SetInfo(handle->file, &guid, take(INFO_SIZE + 2), info) ==
		      EFI_BAD_BUFFER_SIZE);
		return;
	}
	wanted = model_set_info(handle, info, &path, is_renamed, is_new_time);
	status = handle->file->SetInfo(handle->file, &guid, size, info);
	/* If there was no room, nothing has changed. */
	if (status == EFI_VOLUME_FULL && (is_renamed || info->FileSize > node->size))
		return;
	CHECK(status == wanted);
	if (status)
		return;
	if (is_renamed) {
		u32 last = path.count - 1, parent = resolve(&path, last, node->parent);

		if (parent != node->parent || strcmp(path.parts[last], node->spelling) != 0) {
			name_node(handle->node, parent, path.names[last], path.parts[last]);
			node_is_gone(handle->node, handle);
		}
	}
	if (!node->is_directory)
		model_resize(node, info->FileSize);
	more[handle->node].attributes = (u32)info->Attribute;
	more[handle->node].modified = info->ModificationTime;
}

static void flush(void)
{
	struct handle *handle = take_handle();

	CHECK(handle->file->Flush(handle->file) ==
	      (handle->is_writable ? EFI_SUCCESS : EFI_ACCESS_DENIED));
}

/* None of these calls changes anything. */
static void call_wrongly(void)
{
	EFI_FILE_PROTOCOL *file = take_handle()->file, *opened;
	EFI_GUID guid = guid_file_info, unknown = GUID(1, 2, 3, 4);
	UINTN size = 8;
	u64 position;

	CHECK(file->Open(NULL, &opened, u"\\", 1, 0) == EFI_INVALID_PARAMETER);
	CHECK(file->Open(file, NULL, u"\\", 1, 0) == EFI_INVALID_PARAMETER);
	CHECK(file->Open(file, &opened, NULL, 1, 0) == EFI_INVALID_PARAMETER);
	CHECK(file->Close(NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->Delete(NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->Read(file, NULL, bytes) == EFI_INVALID_PARAMETER);
	CHECK(file->Write(file, NULL, bytes) == EFI_INVALID_PARAMETER);
	CHECK(file->Write(file, &size, NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->GetPosition(NULL, &position) == EFI_INVALID_PARAMETER);
	CHECK(file->GetPosition(file, NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->SetPosition(NULL, 0) == EFI_INVALID_PARAMETER);
	CHECK(file->GetInfo(file, NULL, &size, bytes) == EFI_INVALID_PARAMETER);
	CHECK(file->GetInfo(file, &guid, NULL, bytes) == EFI_INVALID_PARAMETER);
	CHECK(file->GetInfo(file, &unknown, &size, bytes) == EFI_UNSUPPORTED);
	CHECK(file->SetInfo(file, NULL, size, bytes) == EFI_INVALID_PARAMETER);
	CHECK(file->SetInfo(file, &guid, size, NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->SetInfo(file, &unknown, size, bytes) == EFI_UNSUPPORTED);
	CHECK(file->Flush(NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->ReadEx(file, NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->WriteEx(file, NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->FlushEx(file, NULL) == EFI_INVALID_PARAMETER);
	CHECK(file->Read(file, &size, NULL) || size == 0);
}

static void run(struct efi_disk *disk)
{
	static void (*const steps[])(void) = {
		open_file, open_file,  open_file,    open_file,   write_file, write_file,
		read_file, read_file,  go_to,        set_info,    set_info,   ask_info,
		flush,     close_file, ask_position, delete_file,
	};

	for (u32 i = 0; i < STEPS_MAX && !input.overrun; i++) {
		u32 step = take(ARRAY_SIZE(steps) + 1);

		/* There is always a handle with which to open others. */
		if (!take_handle()) {
			handles[0] = (struct handle){ .is_directory = true, .is_writable = true };
			CHECK(!disk->file_system.OpenVolume(&disk->file_system, &handles[0].file));
		}
		if (step < ARRAY_SIZE(steps))
			steps[step]();
		else
			call_wrongly();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fat_volume fat;
	struct efi_disk disk = { 0 };

	if (size < 2)
		return 0;
	fat_volume_make(&fat, data[0], data[1]);
	bytes = arena_allocate(&fat.arena, SIZE_STEP_MAX);
	disk.volume = fat.volume;
	efi_file_system_init(&disk);
	model_init(&model, fat.volume);
	model.nodes[0].file = (struct file){ 0 };
	input = (struct reader){ .rest = span_of(data + 2, size - 2) };
	run(&disk);
	for (u32 i = 0; i < HANDLES; i++)
		if (handles[i].file)
			CHECK(!handles[i].file->Close(handles[i].file));
	memset(handles, 0, sizeof(handles));
	CHECK(pool_pieces == 0);
	fat_check(fat.volume);
	fat_volume_mount(&fat);
	model.volume = fat.volume;
	model_check(&model);
	model_free(&model);
	fat_volume_free(&fat);
	return 0;
}
