/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel of a boot entry that is an EFI program: started by its EFI stub, it finds UEFI's runtime
 * services, random numbers and its initrd by LoadFile2.
 */
#include "core/boot.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "efi/efi.h"
#include "efi/load_option.h"
#include "efi/start.h"
#include "lib/format.h"
#include "lib/util.h"
#include "loaders/command_line.h"
#include "loaders/pe.h"
#include "loaders/uki.h"

enum {
	PATH_DEPTH_MAX = 32,
	PATH_SIZE = 4096,
	DOS_PE_OFFSET = 0x3c,
	PE_SIGNATURE = 0x4550, /* "PE", 0, 0 */
};

/* The path "\a\b\c" of @file, built from the file upwards. Empty: too long. */
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

static const struct [[gnu::packed]] {
	VENDOR_DEVICE_PATH vendor;
	EFI_DEVICE_PATH_PROTOCOL end;
} vmm_path = {
	.vendor = {
		.Header = EFI_NODE(VENDOR_DEVICE_PATH, MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP),
		.Guid = QEMU_KERNEL_LOADER_FS_MEDIA_GUID,
	},
	.end = EFI_NODE(EFI_DEVICE_PATH_PROTOCOL, END_DEVICE_PATH_TYPE,
			END_ENTIRE_DEVICE_PATH_SUBTYPE),
};

/*
 * systemd-boot looks for its files on all disks if it comes from a device of this path, which is
 * EDK2's for the kernel of QEMU's command line (OvmfPkg/QemuKernelLoaderFsDxe; systemd,
 * src/boot/boot.c, is_direct_boot()). NULL: no memory.
 */
static EFI_DEVICE_PATH_PROTOCOL *path_in_vmm(void)
{
	static struct efi_object device;

	if (!device.protocols && efi_install(&device, &guid_device_path, (void *)&vmm_path))
		return NULL;
	return efi_path_append_file(&vmm_path.vendor.Header, SPAN("\\kernel"));
}

/* NULL for a kernel in memory, except in a ROM. */
static EFI_DEVICE_PATH_PROTOCOL *path_of_kernel(const struct file *file)
{
	char buffer[PATH_SIZE];
	struct span path = path_of_file(file, buffer);
	const EFI_DEVICE_PATH_PROTOCOL *device;

	if (IS_ENABLED(CONFIG_ENTRY_RESET) && file_address(file))
		return path_in_vmm();
	if (!path.size)
		return NULL;
	device = efi_interface_of(efi_handle_of_volume(file->volume), &guid_device_path);
	return device ? efi_path_append_file(device, path) : NULL;
}

/* The command line of an image that has one, so that the VMM's words do not take its place. */
static struct span own_options(const struct boot_entry *entry, struct arena *arena)
{
	struct file file = entry->kernel;
	struct uki *uki = arena_allocate(arena, sizeof(*uki));
	struct span options = { 0 };

	if (!uki || uki_read(entry->title, &file, arena, uki) || entry->profile >= uki->count)
		return options;
	if (uki_text(&file, &uki->profiles[entry->profile], UKI_COMMAND_LINE, arena, &options))
		log_warning("%s: its command line cannot be read", entry->title);
	return options;
}

/* NULL: nothing to pass, or no memory. */
static char *join(struct span options, struct span vmm, struct arena *arena)
{
	char *line = arena_allocate(arena, command_line_size_max(options, vmm));

	return line && command_line_join(options, vmm, line) ? line : NULL;
}

/* systemd's stub is told which of its profiles to start by "@2" before everything else. */
static char *with_profile(char *line, u32 profile, struct arena *arena)
{
	size_t size = (line ? strlen(line) : 0) + sizeof("@4294967295 ");
	char *prefixed = arena_allocate(arena, size);

	if (prefixed)
		format(prefixed, size, line ? "@%u %s" : "@%u", profile, line);
	return prefixed;
}

/* The options of a program that is not a kernel come only from its entry. */
static char *command_line_of(const struct boot_entry *entry, struct arena *arena)
{
	bool is_for_kernel = !entry->is_efi || entry->is_uki;
	struct span vmm = is_for_kernel ? boot_info.command_line : (struct span){ 0 };
	char *line = join(entry->options, vmm, arena);

	if (IS_ENABLED(CONFIG_BOOT_UKI) && entry->is_uki) {
		if (line && span_is_empty(entry->options))
			line = join(own_options(entry, arena), vmm, arena);
		if (entry->profile)
			line = with_profile(line, entry->profile, arena);
	}
	return line;
}

/* The command line in UTF-16, as EFI stubs expect it. Size 0 if there is none. */
static struct span load_options_of(const struct boot_entry *entry, struct arena *arena)
{
	const char *line = command_line_of(entry, arena);
	struct span options = { 0 };

	if (line)
		(void)load_options_from_text(span_of_string(line), arena, &options);
	return options;
}

/* DOS and PE signatures; LoadImage reports any other error. */
static bool recognizes(struct span head)
{
	struct reader dos = { .rest = span_from(head, DOS_PE_OFFSET) };
	struct reader pe = { .rest = span_from(head, read_le32(&dos)) };

	return span_starts_with(head, SPAN("MZ")) && read_le32(&pe) == PE_SIGNATURE &&
	       read_le16(&pe) == PE_MACHINE_X86_64;
}

/* What start() needs from the entry, which lives as long. */
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
	/* A stub that has its own initrd and accepts no other. */
	if (IS_ENABLED(CONFIG_BOOT_EXTRA) && result == EFI_ALREADY_STARTED &&
	    program->entry->initrd_count) {
		log_warning("%s: accepts no more initrds, started without them",
			    program->entry->title);
		efi_initrd_withdraw();
		result = efi_image_run(&program->start);
	}
	efi_initrd_withdraw();
	efi_free((void *)program->start.path);
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
	.is_efi = true,
	.recognizes = recognizes,
	.load = load,
};
