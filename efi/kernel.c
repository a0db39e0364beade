/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel of a boot entry that is an EFI program: started by its EFI stub, it finds UEFI's runtime
 * services, random numbers and its initrd by LoadFile2.
 */
#include "core/boot.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "efi/efi.h"
#include "efi/start.h"
#include "lib/utf.h"
#include "lib/util.h"
#include "loaders/command_line.h"
#include "loaders/pe.h"

enum {
	PATH_DEPTH_MAX = 32,
	PATH_SIZE = 4096,
	DOS_PE_OFFSET = 0x3c,
	PE_SIGNATURE = 0x4550, /* "PE", 0, 0 */
};

/* "\a\b\c" of @file, by the names on the way up. Empty: too long. */
static struct span path_of_file(const struct file *file, char buffer[PATH_SIZE])
{
	struct file at = *file;
	size_t start = PATH_SIZE;

	for (u32 depth = 0; depth < PATH_DEPTH_MAX; depth++) {
		char name[FILE_NAME_SIZE];
		size_t size;

		if (file_name(&at, name))
			break;
		size = strlen(name);
		if (size == 0)
			return span_of(buffer + start, PATH_SIZE - start);
		if (size + 1 > start)
			break;
		start -= size + 1;
		buffer[start] = '\\';
		memcpy(buffer + start + 1, name, size);
		if (file_parent(&at, &at))
			break;
	}
	return (struct span){ 0 };
}

/* NULL for a kernel in memory. */
static EFI_DEVICE_PATH_PROTOCOL *path_of_kernel(const struct file *file)
{
	char buffer[PATH_SIZE];
	struct span path = path_of_file(file, buffer);
	const EFI_DEVICE_PATH_PROTOCOL *device;

	if (!path.size)
		return NULL;
	device = efi_interface_of(efi_handle_of_volume(file->volume), &guid_device_path);
	return device ? efi_path_append_file(device, path) : NULL;
}

/* The command line as UTF-16, as EFI stubs take it. */
static struct span load_options_of(const struct boot_entry *entry, struct arena *arena)
{
	char *line = arena_allocate(arena,
				    command_line_size_max(entry->options, boot_info.command_line));
	size_t size, count;
	u16 *units;

	if (!line)
		return (struct span){ 0 };
	size = command_line_join(entry->options, boot_info.command_line, line);
	units = arena_allocate(arena, (size + 1) * sizeof(*units));
	if (!units || size == 0)
		return (struct span){ 0 };
	count = utf16_from_utf8(units, size + 1, span_of(line, size));
	return span_of(units, (count + 1) * sizeof(*units));
}

/* DOS and PE signatures; what else may be wrong with it LoadImage says. */
static bool recognizes(struct span head)
{
	struct reader dos = { .rest = span_from(head, DOS_PE_OFFSET) };
	struct reader pe = { .rest = span_from(head, read_le32(&dos)) };

	return span_starts_with(head, SPAN("MZ")) && read_le32(&pe) == PE_SIGNATURE &&
	       read_le16(&pe) == PE_MACHINE_X86_64;
}

/* What start() needs of the entry, which lives as long. */
struct program {
	struct boot_entry *entry;
	struct efi_start start;
};

static enum status start(const struct kernel *kernel)
{
	struct program *program = (struct program *)kernel->argument;
	EFI_STATUS result = efi_initrd_publish(program->entry);

	if (!result)
		result = efi_image_run(&program->start);
	efi_initrd_withdraw();
	if (!result)
		return ERR_NOT_FOUND;
	log_warning("%s: %s", program->entry->title, efi_status_name(result));
	return status_from_efi(result);
}

static enum status load(struct boot_entry *entry, struct span head, struct arena *arena,
			struct kernel *out)
{
	struct program *program = arena_allocate(arena, sizeof(*program));
	enum status status = program ? efi_start() : ERR_NO_MEMORY;

	(void)head;
	if (status)
		return status;
	program->entry = entry;
	program->start.load_options = load_options_of(entry, arena);
	program->start.path = path_of_kernel(&entry->kernel);
	if (file_address(&entry->kernel))
		program->start.bytes = span_of((const void *)file_address(&entry->kernel),
					       (size_t)entry->kernel.size);
	*out = (struct kernel){ .start = start, .argument = (u64)program };
	return OK;
}

const struct image_loader efi_image_loader = {
	.name = "EFI program",
	.recognizes = recognizes,
	.load = load,
};
