/* SPDX-License-Identifier: Apache-2.0 */
/* GetInfo and SetInfo of EFI_FILE_PROTOCOL (UEFI 2.11, 13.5.13, 13.5.14, 13.5.16 to 13.5.18). */
#include "efi/protocols/file.h"
#include "lib/utf.h"
#include "lib/util.h"

enum {
	FILE_INFO_SIZE = offsetof(EFI_FILE_INFO, FileName),
	SYSTEM_INFO_SIZE = offsetof(EFI_FILE_SYSTEM_INFO, VolumeLabel),
};

static struct efi_file *file_of(EFI_FILE_PROTOCOL *this)
{
	return container_of(this, struct efi_file, protocol);
}

static EFI_TIME time_to_guest(const struct file_time *time)
{
	return (EFI_TIME){
		.Year = time->year,
		.Month = time->month,
		.Day = time->day,
		.Hour = time->hour,
		.Minute = time->minute,
		.Second = time->second,
		.TimeZone = time->year ? EFI_UNSPECIFIED_TIMEZONE : 0,
	};
}

/*
 * Room for a structure of @fixed bytes with @text after it? Tells the size that is needed in any
 * case.
 */
static bool has_room(size_t fixed, struct span text, UINTN *size, const void *buffer)
{
	size_t needed = fixed + (utf16_from_utf8(NULL, 0, text) + 1) * sizeof(CHAR16);
	bool fits = *size >= needed && buffer;

	*size = needed;
	return fits;
}

static void put_text(CHAR16 *to, struct span text)
{
	utf16_from_utf8(to, text.size + 1, text);
}

EFI_STATUS efi_file_info_fill(struct file *file, const char *name, UINTN *size, void *buffer)
{
	struct span text = span_of_string(name);
	EFI_FILE_INFO *out = buffer;
	struct file_info info;
	enum status status;

	if (!has_room(FILE_INFO_SIZE, text, size, buffer))
		return EFI_BUFFER_TOO_SMALL;
	status = file_info(file, &info);
	if (status)
		return efi_from_status(status);
	*out = (EFI_FILE_INFO){
		.Size = *size,
		.FileSize = file->size,
		.PhysicalSize = info.allocated_size,
		.CreateTime = time_to_guest(&info.created),
		.LastAccessTime = time_to_guest(&info.accessed),
		.ModificationTime = time_to_guest(&info.modified),
		.Attribute = info.attributes,
	};
	put_text(out->FileName, text);
	return EFI_SUCCESS;
}

static EFI_STATUS get_file_info(struct efi_file *file, UINTN *size, void *buffer)
{
	char name[FILE_NAME_SIZE];
	enum status status = file_name(&file->file, name);

	return status ? efi_file_status(status) :
			efi_file_info_fill(&file->file, name, size, buffer);
}

static EFI_STATUS get_system_info(struct efi_file *file, UINTN *size, void *buffer)
{
	struct volume *volume = file->disk->volume;
	EFI_FILE_SYSTEM_INFO *out = buffer;
	char label[VOLUME_LABEL_SIZE];
	struct volume_space space;
	enum status status = volume_label(volume, label);
	struct span text;

	if (status)
		return efi_from_status(status);
	text = span_of_string(label);
	if (!has_room(SYSTEM_INFO_SIZE, text, size, buffer))
		return EFI_BUFFER_TOO_SMALL;
	status = volume_space(volume, &space);
	if (status)
		return efi_from_status(status);
	*out = (EFI_FILE_SYSTEM_INFO){
		.Size = *size,
		.ReadOnly = volume->read_only,
		.VolumeSize = space.size,
		.FreeSpace = space.free,
		.BlockSize = space.unit,
	};
	put_text(out->VolumeLabel, text);
	return EFI_SUCCESS;
}

static EFI_STATUS get_label(struct efi_file *file, UINTN *size, void *buffer)
{
	char label[VOLUME_LABEL_SIZE];
	enum status status = volume_label(file->disk->volume, label);

	if (status)
		return efi_from_status(status);
	if (!has_room(0, span_of_string(label), size, buffer))
		return EFI_BUFFER_TOO_SMALL;
	put_text(buffer, span_of_string(label));
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_file_get_info(EFI_FILE_PROTOCOL *this, EFI_GUID *type, UINTN *size,
				    VOID *buffer)
{
	if (!this || !type || !size || (*size && !buffer))
		return EFI_INVALID_PARAMETER;
	efi_poll();
	if (guid_equals(type, &guid_file_info))
		return get_file_info(file_of(this), size, buffer);
	if (guid_equals(type, &guid_file_system_info))
		return get_system_info(file_of(this), size, buffer);
	if (guid_equals(type, &guid_file_system_volume_label))
		return get_label(file_of(this), size, buffer);
	return EFI_UNSUPPORTED;
}

/*
 * A name with separators is a path: from the root if it begins with one, otherwise from the
 * directory of the file.
 */
static EFI_STATUS rename(struct efi_file *file, const char *path)
{
	struct span name = span_of_string(path);
	struct file parent, directory;
	enum status status = file_parent(&file->file, &parent);
	size_t start = name.size;

	if (status)
		return efi_from_status(status);
	while (start && name.data[start - 1] != '\\' && name.data[start - 1] != '/')
		start--;
	status = file_open(&parent, span_part(name, 0, start), &directory);
	if (!status)
		status = file_move(&file->file, &directory, span_from(name, start));
	return status == ERR_EXISTS ? EFI_ACCESS_DENIED : efi_from_status(status);
}

/* Takes the time that a guest has set; one that is all zero changes nothing. True if it differs. */
static bool change_time(struct file_time *time, const EFI_TIME *wanted)
{
	enum { SIZE = offsetof(EFI_TIME, Pad1) };

	/* From the year to the second both are the same bytes. */
	static_assert(offsetof(EFI_TIME, Month) == offsetof(struct file_time, month));
	static_assert(offsetof(EFI_TIME, Second) == offsetof(struct file_time, second));
	if (!wanted->Year || memcmp(time, wanted, SIZE) == 0)
		return false;
	memcpy(time, wanted, SIZE);
	return true;
}

/* Nothing changes unless all of it may. */
static EFI_STATUS check_changes(struct efi_file *file, const EFI_FILE_INFO *info,
				const struct file_info *old, bool is_renamed, bool is_new_time)
{
	if (info->Attribute & ~EFI_FILE_VALID_ATTR)
		return EFI_INVALID_PARAMETER;
	if ((info->Attribute ^ old->attributes) & EFI_FILE_DIRECTORY)
		return EFI_ACCESS_DENIED;
	if (file->disk->volume->read_only)
		return EFI_WRITE_PROTECTED;
	if (file->file.is_directory && info->FileSize != file->file.size && info->FileSize != 0)
		return EFI_ACCESS_DENIED;
	if (!file->is_writable && (is_renamed || is_new_time || info->FileSize != file->file.size))
		return EFI_ACCESS_DENIED;
	if (old->attributes & FILE_READ_ONLY && info->FileSize != file->file.size)
		return EFI_WRITE_PROTECTED;
	return EFI_SUCCESS;
}

/* The name of a guest's structure ends within it, or the structure is too short. */
static bool name_ends_within(const CHAR16 *name, size_t size)
{
	for (size_t i = 0; i < size / sizeof(CHAR16); i++)
		if (!name[i])
			return true;
	return false;
}

static EFI_STATUS set_file_info(struct efi_file *file, UINTN size, const EFI_FILE_INFO *info)
{
	char old_name[FILE_NAME_SIZE], name[EFI_FILE_PATH_SIZE];
	struct file_info change;
	EFI_STATUS refused;
	enum status status;
	bool is_renamed, is_new_time;
	u64 old_size;

	/*
	 * The size may be that of the old name: systemd-boot writes a longer one into the buffer
	 * that GetInfo() filled. How long the name is only its NUL says.
	 */
	if (size < FILE_INFO_SIZE + sizeof(CHAR16) || info->Size > size)
		return EFI_BAD_BUFFER_SIZE;
	if (!efi_file_name_from_guest(info->FileName, name))
		return EFI_INVALID_PARAMETER;
	status = file_name(&file->file, old_name);
	if (!status)
		status = file_info(&file->file, &change);
	if (status)
		return efi_file_status(status);
	is_renamed = name[0] && strcmp(name, old_name) != 0;
	is_new_time = change_time(&change.created, &info->CreateTime);
	is_new_time |= change_time(&change.accessed, &info->LastAccessTime);
	is_new_time |= change_time(&change.modified, &info->ModificationTime);
	refused = check_changes(file, info, &change, is_renamed, is_new_time);
	if (refused)
		return refused;

	/* What may fail comes first, and can be undone: growing, then the name. */
	old_size = file->file.size;
	if (info->FileSize > old_size) {
		status = file_resize(&file->file, info->FileSize);
		if (status)
			return efi_file_status(status);
	}
	if (is_renamed) {
		refused = rename(file, name);
		if (refused && info->FileSize > old_size)
			(void)file_resize(&file->file, old_size);
		if (refused)
			return refused;
	}
	if (info->FileSize < old_size) {
		status = file_resize(&file->file, info->FileSize);
		if (status)
			return efi_file_status(status);
	}
	change.attributes = (u32)info->Attribute;
	return efi_from_status(file_set_info(&file->file, &change));
}

static EFI_STATUS set_label(struct efi_file *file, const CHAR16 *label, size_t size)
{
	char text[EFI_FILE_PATH_SIZE];

	if (!name_ends_within(label, size))
		return EFI_BAD_BUFFER_SIZE;
	if (!efi_file_name_from_guest(label, text))
		return EFI_INVALID_PARAMETER;
	if (file->disk->volume->read_only)
		return EFI_WRITE_PROTECTED;
	return efi_from_status(volume_set_label(file->disk->volume, span_of_string(text)));
}

EFI_STATUS EFIAPI efi_file_set_info(EFI_FILE_PROTOCOL *this, EFI_GUID *type, UINTN size,
				    VOID *buffer)
{
	struct efi_file *file;

	if (!this || !type || !buffer)
		return EFI_INVALID_PARAMETER;
	efi_poll();
	file = file_of(this);
	if (guid_equals(type, &guid_file_info))
		return set_file_info(file, size, buffer);
	if (guid_equals(type, &guid_file_system_info)) {
		if (size < SYSTEM_INFO_SIZE + sizeof(CHAR16))
			return EFI_BAD_BUFFER_SIZE;
		return set_label(file, ((EFI_FILE_SYSTEM_INFO *)buffer)->VolumeLabel,
				 size - SYSTEM_INFO_SIZE);
	}
	if (guid_equals(type, &guid_file_system_volume_label))
		return set_label(file, buffer, size);
	return EFI_UNSUPPORTED;
}
