/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_SIMPLE_FILE_SYSTEM_PROTOCOL and EFI_FILE_PROTOCOL (UEFI 2.11, 13.4 and 13.5) on
 * core/volume.h.
 */
#include "efi/protocols/file.h"

#include "efi/services/services.h"
#include "lib/config.h"
#include "lib/utf.h"
#include "lib/util.h"

static const EFI_FILE_PROTOCOL file_protocol;

static struct efi_file *file_of(EFI_FILE_PROTOCOL *this)
{
	return container_of(this, struct efi_file, protocol);
}

EFI_STATUS efi_file_status(enum status status)
{
	if (status == ERR_NOT_FOUND)
		status = ERR_IO;
	if (status == ERR_TOO_LARGE)
		status = ERR_FULL;
	return efi_from_status(status);
}

bool efi_file_name_from_guest(const CHAR16 *name, char utf8[EFI_FILE_PATH_SIZE])
{
	size_t count = 0;

	while (count < EFI_FILE_PATH_SIZE && name[count])
		count++;
	return count == 0 ? (utf8[0] = 0, true) :
			    utf8_from_utf16(utf8, EFI_FILE_PATH_SIZE, name, count) != 0;
}

static EFI_STATUS new_file(struct efi_disk *disk, const struct file *file, bool is_writable,
			   EFI_FILE_PROTOCOL **out)
{
	struct efi_file *opened = efi_allocate(sizeof(*opened));

	if (!opened)
		return EFI_OUT_OF_RESOURCES;
	*opened = (struct efi_file){
		.protocol = file_protocol,
		.disk = disk,
		.file = *file,
		.is_writable = is_writable,
	};
	*out = &opened->protocol;
	return EFI_SUCCESS;
}

/* The last name of @path, and the directory that the rest of it leads to. */
static enum status open_parent(struct file *from, struct span path, struct file *directory,
			       struct span *name)
{
	size_t end = path.size;
	enum status status;
	size_t start;

	while (end && (path.data[end - 1] == '\\' || path.data[end - 1] == '/'))
		end--;
	start = end;
	while (start && path.data[start - 1] != '\\' && path.data[start - 1] != '/')
		start--;
	*name = span_part(path, start, end - start);
	status = file_open(from, span_part(path, 0, start), directory);
	return !status && !directory->is_directory ? ERR_NOT_FOUND : status;
}

static enum status create(struct file *from, struct span path, UINT64 attributes, struct file *out)
{
	struct file_info info;
	struct file directory;
	struct span name;
	enum status status = open_parent(from, path, &directory, &name);

	if (status)
		return status;
	status = file_create(&directory, name, attributes & EFI_FILE_DIRECTORY, out);
	if (status || !(attributes & ~(EFI_FILE_DIRECTORY | EFI_FILE_ARCHIVE)))
		return status;
	status = file_info(out, &info);
	if (status)
		return status;
	info.attributes = (u32)attributes;
	return file_set_info(out, &info);
}

static bool mode_is_valid(UINT64 mode, UINT64 attributes)
{
	switch (mode) {
	case EFI_FILE_MODE_READ:
	case EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE:
		return true;
	case EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE:
		return !(attributes & ~EFI_FILE_VALID_ATTR);
	default:
		return false;
	}
}

static EFI_STATUS check_writable(struct efi_file *from, struct file *file)
{
	struct file_info info;
	enum status status;

	if (from->disk->volume->read_only)
		return EFI_WRITE_PROTECTED;
	status = file_info(file, &info);
	if (status)
		return efi_from_status(status);
	if (!file->is_directory && (info.attributes & FILE_READ_ONLY))
		return EFI_ACCESS_DENIED;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI open(EFI_FILE_PROTOCOL *this, EFI_FILE_PROTOCOL **new_handle, CHAR16 *name,
			      UINT64 mode, UINT64 attributes)
{
	char path[EFI_FILE_PATH_SIZE];
	struct efi_file *from;
	struct file file;
	struct span span;
	enum status status;

	if (!this || !new_handle || !name || !mode_is_valid(mode, attributes))
		return EFI_INVALID_PARAMETER;
	if (!efi_file_name_from_guest(name, path))
		return EFI_NOT_FOUND;
	efi_poll();
	from = file_of(this);
	span = span_of_string(path);
	status = file_open(&from->file, span, &file);
	if (status == ERR_NOT_FOUND && (mode & EFI_FILE_MODE_CREATE)) {
		if (from->disk->volume->read_only)
			return EFI_WRITE_PROTECTED;
		status = create(&from->file, span, attributes, &file);
	} else if (!status && (mode & EFI_FILE_MODE_CREATE) && (attributes & EFI_FILE_DIRECTORY) &&
		   !file.is_directory) {
		return EFI_INVALID_PARAMETER;
	} else if (!status && (mode & EFI_FILE_MODE_WRITE)) {
		EFI_STATUS refused = check_writable(from, &file);

		if (refused)
			return refused;
	}
	if (status)
		return efi_from_status(status);
	return new_file(from->disk, &file, mode & EFI_FILE_MODE_WRITE, new_handle);
}

static EFI_STATUS EFIAPI close(EFI_FILE_PROTOCOL *this)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	efi_free(file_of(this));
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI delete(EFI_FILE_PROTOCOL *this)
{
	enum status status = ERR_DENIED;
	struct efi_file *file;

	if (!this)
		return EFI_INVALID_PARAMETER;
	file = file_of(this);
	if (file->is_writable)
		status = file_remove(&file->file);
	(void)close(this);
	return status ? EFI_WARN_DELETE_FAILURE : EFI_SUCCESS;
}

/*
 * Every directory but the root starts with "." and "..", as on FAT: file browsers have no other way
 * up. Volumes do not list them.
 */
static const u64 dots = IS_ENABLED(CONFIG_OPTIMIZE_SIZE) ? 0 : 2;

static enum status next_entry(struct efi_file *file, u64 *position, struct directory_entry *entry)
{
	u64 cursor = *position < dots ? 0 : *position - dots;
	enum status status;

	if (*position < dots) {
		status = file_name(&file->file, entry->name);
		if (status)
			return status;
		if (entry->name[0]) {
			memcpy(entry->name, "..", 3);
			entry->name[++*position] = 0;
			return file_open(&file->file, span_of_string(entry->name), &entry->file);
		}
	}
	status = directory_next(&file->file, &cursor, entry);
	*position = cursor + dots;
	return status;
}

/* The position moves only past what was delivered. */
static EFI_STATUS read_directory(struct efi_file *file, UINTN *size, void *buffer)
{
	struct directory_entry entry;
	u64 position = file->position;
	enum status status = next_entry(file, &position, &entry);
	EFI_STATUS result;

	if (status == ERR_NOT_FOUND) {
		*size = 0;
		return EFI_SUCCESS;
	}
	if (status)
		return efi_from_status(status);
	result = efi_file_info_fill(&entry.file, entry.name, size, buffer);
	if (!result)
		file->position = position;
	return result;
}

static EFI_STATUS EFIAPI read(EFI_FILE_PROTOCOL *this, UINTN *size, VOID *buffer)
{
	struct efi_file *file;
	enum status status;

	if (!this || !size)
		return EFI_INVALID_PARAMETER;
	efi_poll();
	file = file_of(this);
	/* A directory that was removed has no end to come to. */
	if (file_refresh(&file->file))
		return EFI_DEVICE_ERROR;
	if (file->file.is_directory)
		return read_directory(file, size, buffer);
	if (file->position > file->file.size)
		return EFI_DEVICE_ERROR;
	*size = min_u64(*size, file->file.size - file->position);
	if (!efi_can_transfer(buffer, *size))
		return EFI_INVALID_PARAMETER;
	status = file_read(&file->file, file->position, *size, buffer);
	if (status)
		return efi_from_status(status);
	file->position += *size;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI write(EFI_FILE_PROTOCOL *this, UINTN *size, VOID *buffer)
{
	struct efi_file *file;
	enum status status;

	if (!this || !size || !efi_can_transfer(buffer, *size))
		return EFI_INVALID_PARAMETER;
	efi_poll();
	file = file_of(this);
	if (file->file.is_directory)
		return EFI_UNSUPPORTED;
	if (!file->is_writable)
		return EFI_ACCESS_DENIED;
	if (*size == 0)
		return EFI_SUCCESS;
	status = file_write(&file->file, file->position, *size, buffer);
	if (status) {
		*size = 0;
		return efi_file_status(status);
	}
	file->position += *size;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_position(EFI_FILE_PROTOCOL *this, UINT64 *position)
{
	if (!this || !position)
		return EFI_INVALID_PARAMETER;
	if (file_of(this)->file.is_directory)
		return EFI_UNSUPPORTED;
	if (file_refresh(&file_of(this)->file))
		return EFI_DEVICE_ERROR;
	*position = file_of(this)->position;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_position(EFI_FILE_PROTOCOL *this, UINT64 position)
{
	struct efi_file *file;

	if (!this)
		return EFI_INVALID_PARAMETER;
	file = file_of(this);
	/* In a directory, only the start can be set as the position. */
	if (file->file.is_directory && position != 0)
		return EFI_UNSUPPORTED;
	if (file_refresh(&file->file))
		return EFI_DEVICE_ERROR;
	file->position = position == UINT64_MAX ? file->file.size : position;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI flush(EFI_FILE_PROTOCOL *this)
{
	struct efi_file *file;

	if (!this)
		return EFI_INVALID_PARAMETER;
	file = file_of(this);
	if (!file->is_writable)
		return EFI_ACCESS_DENIED;
	return efi_from_status(volume_flush(file->disk->volume));
}

/*
 * The asynchronous calls are done when they return: the token's event, if there is one, is
 * signalled at once, unless the call itself returns an error.
 */
static EFI_STATUS complete(EFI_FILE_IO_TOKEN *token, EFI_STATUS status)
{
	if (!token->Event)
		return status;
	token->Status = status;
	return status ? status : efi_signal_event(token->Event);
}

static EFI_STATUS EFIAPI open_ex(EFI_FILE_PROTOCOL *this, EFI_FILE_PROTOCOL **new_handle,
				 CHAR16 *name, UINT64 mode, UINT64 attributes,
				 EFI_FILE_IO_TOKEN *token)
{
	return token ? complete(token, open(this, new_handle, name, mode, attributes)) :
		       EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI read_ex(EFI_FILE_PROTOCOL *this, EFI_FILE_IO_TOKEN *token)
{
	return token ? complete(token, read(this, &token->BufferSize, token->Buffer)) :
		       EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI write_ex(EFI_FILE_PROTOCOL *this, EFI_FILE_IO_TOKEN *token)
{
	return token ? complete(token, write(this, &token->BufferSize, token->Buffer)) :
		       EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI flush_ex(EFI_FILE_PROTOCOL *this, EFI_FILE_IO_TOKEN *token)
{
	return token ? complete(token, flush(this)) : EFI_INVALID_PARAMETER;
}

static const EFI_FILE_PROTOCOL file_protocol = {
	.Revision = EFI_FILE_PROTOCOL_REVISION2,
	.Open = open,
	.Close = close,
	.Delete = delete,
	.Read = read,
	.Write = write,
	.GetPosition = get_position,
	.SetPosition = set_position,
	.GetInfo = efi_file_get_info,
	.SetInfo = efi_file_set_info,
	.Flush = flush,
	.OpenEx = open_ex,
	.ReadEx = read_ex,
	.WriteEx = write_ex,
	.FlushEx = flush_ex,
};

static EFI_STATUS EFIAPI open_volume(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *this,
				     EFI_FILE_PROTOCOL **root)
{
	struct efi_disk *disk;
	struct file file;
	enum status status;

	if (!this || !root)
		return EFI_INVALID_PARAMETER;
	disk = container_of(this, struct efi_disk, file_system);
	status = volume_open(disk->volume, (struct span){ 0 }, &file);
	if (status)
		return efi_from_status(status);
	return new_file(disk, &file, !disk->volume->read_only, root);
}

void efi_file_system_init(struct efi_disk *disk)
{
	disk->file_system = (EFI_SIMPLE_FILE_SYSTEM_PROTOCOL){
		.Revision = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_REVISION,
		.OpenVolume = open_volume,
	};
}
