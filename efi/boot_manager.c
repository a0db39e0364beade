/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot options that an operating system or its installer has stored (UEFI 2.11, 3.1): BootNext,
 * once, then BootOrder. Whatever status a program returns, the next option is tried.
 */
#include "core/boot.h"
#include "core/log.h"
#include "efi/boot.h"
#include "efi/load_option.h"
#include "efi/start.h"
#include "lib/config.h"
#include "lib/format.h"

enum {
	OPTION_NAME_UNITS = sizeof("Boot0000"),
	OPTIONS_MAX = 256,
	/* A search over all disks; builds for size do not give preference among clones. */
	PASSES = IS_ENABLED(CONFIG_OPTIMIZE_SIZE) ? 1 : 2,
};

static void option_name(u16 number, CHAR16 name[OPTION_NAME_UNITS])
{
	static const char digits[] = "0123456789ABCDEF";

	memcpy(name, u"Boot", 4 * sizeof(*name));
	for (u32 i = 0; i < 4; i++)
		name[4 + i] = (CHAR16)digits[number >> (12 - 4 * i) & 0xf];
	name[8] = 0;
}

static void set_boot_current(const u16 *number)
{
	(void)efi_variable_set(u"BootCurrent", &guid_global_variable,
			       EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS |
				       EFI_VARIABLE_READ_ONLY,
			       number ? sizeof(*number) : 0, number);
}

/* What an option without a file refers to: the boot loader at the removable path. */
static bool has_file(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	for (; !efi_path_is_end(path); path = efi_path_next(path))
		if (path->Type == MEDIA_DEVICE_PATH && path->SubType != MEDIA_HARDDRIVE_DP &&
		    path->SubType != MEDIA_CDROM_DP)
			return true;
	return false;
}

/*
 * A kernel that is started without a boot loader finds its root by this variable; boot loaders set
 * it themselves.
 */
static void tell_partition(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	const EFI_DEVICE_PATH_PROTOCOL *rest;

	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE))
		efi_tell_partition(
			path ? efi_device_of_handle(efi_path_locate(&guid_block_io, path, &rest)) :
			       NULL);
}

/* Starts the program at @device followed by @rest. */
static EFI_STATUS run_at(const EFI_DEVICE_PATH_PROTOCOL *device,
			 const EFI_DEVICE_PATH_PROTOCOL *rest, const struct load_option *option)
{
	EFI_DEVICE_PATH_PROTOCOL *path =
		has_file(rest) ? efi_path_append(device, rest) :
				 efi_path_append_file(device ? device : rest,
						      span_of_string(EFI_REMOVABLE_PATH));
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;

	if (path) {
		tell_partition(path);
		status = efi_image_run(&(struct efi_start){
			.path = path,
			.load_options = option->optional_data,
		});
		tell_partition(NULL);
	}
	efi_free(path);
	return status;
}

static bool is_with_variables(const struct efi_object *object)
{
	return IS_ENABLED(CONFIG_EFI_VARIABLES_FILE) && !IS_ENABLED(CONFIG_OPTIMIZE_SIZE) &&
	       efi_variables_are_with(efi_device_of_handle((EFI_HANDLE)object));
}

/* Is it of @disk? NULL: of any disk whose turn the VMM has stated, or has not stated. */
static bool is_of_turn(const struct block_device *device, const struct block_device *disk,
		       bool is_stated)
{
	if (device && device->disk)
		device = device->disk;
	return device && (disk ? device == disk : device->has_turn == is_stated);
}

static bool is_partition(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	return path->Type == MEDIA_DEVICE_PATH && path->SubType == MEDIA_HARDDRIVE_DP;
}

/* Does an option for @path name something of is_of_turn()? A file alone names no disk. */
static bool names_disk(const EFI_DEVICE_PATH_PROTOCOL *path, const struct block_device *disk,
		       bool is_stated)
{
	const EFI_DEVICE_PATH_PROTOCOL *rest;

	if (!is_partition(path))
		return is_of_turn(efi_device_of_handle(efi_path_locate(&guid_block_io, path, &rest)),
				  disk, is_stated);
	for (struct efi_object *object = efi_next_with(&guid_block_io, NULL); object;
	     object = efi_next_with(&guid_block_io, object)) {
		const EFI_DEVICE_PATH_PROTOCOL *own = efi_interface_of(object, &guid_device_path);

		if (is_of_turn(efi_device_of_handle(object), disk, is_stated) && own &&
		    efi_path_ends_with_partition(own, path))
			return true;
	}
	return false;
}

/*
 * Options for a disk with a turn wait for it, all others for the end, where @disk is NULL: then
 * also those for a clone of that disk without a turn.
 */
static bool has_its_turn(const struct load_option *option, const struct block_device *disk)
{
	if (!IS_ENABLED(CONFIG_BOOT_ORDER))
		return true;
	return names_disk(option->path, disk, true) == (disk != NULL) ||
	       (!disk && names_disk(option->path, NULL, false));
}

/*
 * The first disk with the file, among those with the store of variables, or among the others; with
 * @disk only that one, and without it none whose turn has been, unless the option was chosen.
 */
static EFI_STATUS run_on_disks(const struct load_option *option, bool by_partition,
			       bool with_variables, bool is_chosen, const struct block_device *disk)
{
	const EFI_DEVICE_PATH_PROTOCOL *path = option->path;
	EFI_STATUS status = EFI_NOT_FOUND;

	for (struct efi_object *object = efi_next_with(&guid_block_io, NULL); object;
	     object = efi_next_with(&guid_block_io, object)) {
		const EFI_DEVICE_PATH_PROTOCOL *own = efi_interface_of(object, &guid_device_path);

		/* A driver may have installed arbitrary bytes as a device path. */
		if (!own || !efi_path_size(own, EFI_PATH_SIZE_MAX) ||
		    (!by_partition && !efi_has_protocol(object, &guid_simple_file_system)))
			continue;
		if (is_with_variables(object) != with_variables)
			continue;
		if (IS_ENABLED(CONFIG_BOOT_ORDER) && (disk || (by_partition && !is_chosen)) &&
		    !is_of_turn(efi_device_of_handle(object), disk, false))
			continue;
		if (by_partition && !efi_path_ends_with_partition(own, path))
			continue;
		status = run_at(own, by_partition ? efi_path_next(path) : path, option);
		/*
		 * If a file is missing, another disk may have it. A program that ran and returned
		 * this status may have removed the handle.
		 */
		if (status != EFI_NOT_FOUND || efi_object_of(object) != object)
			break;
	}
	return status;
}

/*
 * Short forms (UEFI 2.11, 3.1.2) begin with the partition or with the file; the full path begins
 * with the machine.
 */
static EFI_STATUS run_option(const struct load_option *option, bool is_chosen,
			     const struct block_device *disk)
{
	const EFI_DEVICE_PATH_PROTOCOL *path = option->path;
	EFI_STATUS status = EFI_NOT_FOUND;
	bool by_partition = is_partition(path);
	bool is_file = path->Type == MEDIA_DEVICE_PATH && path->SubType == MEDIA_FILEPATH_DP;

	if (!by_partition && !is_file)
		return run_at(NULL, path, option);
	/* Clones share GUIDs: an option refers to the disk that it is stored on. */
	for (u32 pass = 0; pass < PASSES && status == EFI_NOT_FOUND; pass++)
		status = run_on_disks(option, by_partition, pass + 1 < PASSES, is_chosen, disk);
	return status;
}

/* 3.1.3: applications and reserved categories are not started through BootOrder. */
static bool boots_by_itself(const struct load_option *option)
{
	return (option->attributes & (LOAD_OPTION_ACTIVE | LOAD_OPTION_CATEGORY)) ==
	       (LOAD_OPTION_ACTIVE | LOAD_OPTION_CATEGORY_BOOT);
}

/*
 * Returns the reason why it did not boot. ERR_NOT_FOUND may also come from the program itself, or
 * it is not the turn of the option (@disk: see efi_boot_options()); what is chosen boots anyway.
 * @edited: optional data in place of its own; NULL: none.
 */
static enum status boot_option(u16 number, bool is_chosen, const struct span *edited,
			       const struct block_device *disk)
{
	CHAR16 name[OPTION_NAME_UNITS];
	struct load_option option;
	char label[sizeof("Boot0000")];
	enum status status = ERR_NOT_FOUND;
	EFI_STATUS result;
	size_t size;
	void *bytes;

	option_name(number, name);
	format(label, sizeof(label), "Boot%04x", number);
	bytes = efi_variable_load(name, &guid_global_variable, &size);
	if (!bytes || load_option_read(span_of(bytes, size), &option)) {
		if (bytes)
			status = ERR_CORRUPT;
		/* Reported once: an unreadable option belongs to no disk. */
		if (!disk)
			boot_tried("UEFI", label, status);
	} else if (is_chosen || (boots_by_itself(&option) && has_its_turn(&option, disk))) {
		if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && edited)
			option.optional_data = *edited;
		log_info("%s: %s", label, option.title);
		set_boot_current(&number);
		result = run_option(&option, is_chosen, disk);
		set_boot_current(NULL);
		log_warning("%s: %s: %s", label, option.title, efi_status_name(result));
		if (result)
			status = status_from_efi(result);
		boot_tried(label, option.title, status);
	}
	efi_free(bytes);
	return status;
}

/* It is used once, and deleted before its option can fail. False: it is not set. */
static bool take_boot_next(u16 *number)
{
	size_t size = sizeof(*number);

	if (efi_variable_get(u"BootNext", &guid_global_variable, NULL, &size, number) ||
	    size != sizeof(*number))
		return false;
	if (efi_variable_set(u"BootNext", &guid_global_variable, 0, 0, NULL))
		log_warning("BootNext cannot be deleted");
	return true;
}

static enum status start_option(struct boot_choice *choice, struct arena *arena)
{
	u16 number = (u16)(uintptr_t)choice->argument;
	struct span edited;
	enum status status;

	if (!IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) || !choice->edited.data)
		return boot_option(number, true, NULL, NULL);
	status = load_options_from_text(choice->edited, arena, &edited);
	return status ? status : boot_option(number, true, &edited, NULL);
}

static enum status read_options(const struct boot_choice *choice, struct arena *arena,
				struct span *out)
{
	CHAR16 name[OPTION_NAME_UNITS];
	struct load_option option;
	enum status status = ERR_NOT_FOUND;
	size_t size;
	void *bytes;

	option_name((u16)(uintptr_t)choice->argument, name);
	bytes = efi_variable_load(name, &guid_global_variable, &size);
	if (bytes)
		status = load_option_read(span_of(bytes, size), &option);
	if (!status)
		status = load_options_to_text(option.optional_data, arena, out);
	efi_free(bytes);
	return status;
}

/* 3.1.3: options that are active, not hidden and not of a reserved category. */
static bool is_for_menu(const struct load_option *option)
{
	return (option->attributes & (LOAD_OPTION_ACTIVE | LOAD_OPTION_HIDDEN)) ==
		       LOAD_OPTION_ACTIVE &&
	       (option->attributes & LOAD_OPTION_CATEGORY) <= LOAD_OPTION_CATEGORY_APP;
}

static void list_option(struct boot_choices *choices, u16 number, bool is_next,
			const struct block_device *disk)
{
	struct boot_choice *choice = NULL;
	CHAR16 name[OPTION_NAME_UNITS];
	struct load_option option;
	size_t size;
	void *bytes;

	option_name(number, name);
	bytes = efi_variable_load(name, &guid_global_variable, &size);
	if (bytes && !load_option_read(span_of(bytes, size), &option) &&
	    (is_next || (is_for_menu(&option) && has_its_turn(&option, disk))))
		choice = boot_choice_add(choices, option.title, start_option,
					 (const void *)(uintptr_t)number);
	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && choice)
		choice->read_options = read_options;
	efi_free(bytes);
}

/* BootNext is listed first; it is often in BootOrder, too. */
static bool is_listed(const struct boot_choices *choices, u16 number)
{
	for (const struct boot_choice *choice = choices->first; choice; choice = choice->next)
		if (choice->start == start_option && (uintptr_t)choice->argument == number)
			return true;
	return false;
}

void efi_list_options(struct boot_choices *choices, const struct block_device *disk)
{
	u16 next, *order;
	size_t size;

	if (efi_start())
		return;
	if (take_boot_next(&next))
		list_option(choices, next, true, NULL);
	order = efi_variable_load(u"BootOrder", &guid_global_variable, &size);
	for (size_t i = 0; order && i < size / sizeof(*order) && i < OPTIONS_MAX; i++)
		if (!is_listed(choices, load_le16(&order[i])))
			list_option(choices, load_le16(&order[i]), false, disk);
	efi_free(order);
}

void efi_boot_options(const struct block_device *disk)
{
	u16 next, *order;
	size_t size;

	if (efi_start())
		return;
	if (take_boot_next(&next))
		(void)boot_option(next, true, NULL, NULL);
	order = efi_variable_load(u"BootOrder", &guid_global_variable, &size);
	for (size_t i = 0; order && i < size / sizeof(*order) && i < OPTIONS_MAX; i++)
		(void)boot_option(load_le16(&order[i]), false, NULL, disk);
	efi_free(order);
}
