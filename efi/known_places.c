/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot loaders that a disk has neither at the removable path nor in a variable: its boot entries
 * were in another machine's variables. What an installer left for shim's fallback tells where they
 * are, \EFI\<vendor>\BOOTX64.CSV in UCS-2, a boot entry a line:
 *
 *	shimx64.efi,debian,options,This is the boot entry for debian
 *
 * After that come the names that operating systems use. \EFI\BOOT is skipped: its loader has been
 * tried.
 */
#include "core/log.h"
#include "efi/boot.h"
#include "lib/text.h"
#include "lib/utf.h"
#include "lib/util.h"

enum {
	FOLDERS_MAX = 64,     /* in \EFI; there are two or three */
	STARTS_MAX = 16,      /* from a volume */
	TRIES_MAX = 256,      /* files looked for on it */
	CSV_SIZE_MAX = 16384, /* a larger one is ignored with a message */
	PATH_SIZE = 1024,
	OPTIONS_UNITS_MAX = 1024,
};

struct search {
	struct volume *volume;
	struct arena *arena;
	u32 starts, tries;
	struct boot_choices *choices; /* they are added to these instead of started */
	enum status result;
};

static void start(struct search *search, struct span path, struct span options)
{
	struct file file;

	if (search->starts == STARTS_MAX || search->tries++ >= TRIES_MAX ||
	    volume_open(search->volume, path, &file) || file.is_directory)
		return;
	search->starts++;
	if (IS_ENABLED(CONFIG_EFI_BOOT_MENU) && search->choices)
		return efi_list_loader(search->choices, search->volume, path, options);
	search->result = efi_boot_file(search->volume, path, options);
}

/* "\EFI\folder\name"; empty if it is too long. */
static struct span path_of(struct span folder, struct span name, char buffer[PATH_SIZE])
{
	static const char efi[] = "\\EFI\\";
	size_t size = sizeof(efi) - 1 + folder.size + 1 + name.size;
	char *to = buffer + sizeof(efi) - 1;

	if (size > PATH_SIZE)
		return (struct span){ 0 };
	memcpy(buffer, efi, sizeof(efi) - 1);
	memcpy(to, folder.data, folder.size);
	to[folder.size] = '\\';
	memcpy(to + folder.size + 1, name.data, name.size);
	return span_of(buffer, size);
}

static struct span next_field(struct span *line)
{
	struct span field = *line, rest = *line;

	if (!span_skip_past(&rest, SPAN(","))) {
		*line = (struct span){ 0 };
		return text_trim(field);
	}
	field.size -= rest.size + 1;
	*line = rest;
	return text_trim(field);
}

bool efi_csv_next(struct span *rest, struct efi_csv_line *out)
{
	struct span line;

	while (text_next_line(rest, &line)) {
		out->file = next_field(&line);
		out->title = next_field(&line);
		out->options = next_field(&line);
		if (!span_is_empty(out->file))
			return true;
	}
	return false;
}

/* Converts it to UTF-8 up to its first NUL, without the byte order mark. */
static enum status load_csv(struct search *search, struct span folder, struct span *out)
{
	char path[PATH_SIZE];
	struct file file;
	struct span bytes;
	size_t count;
	u16 *units;
	char *text;
	enum status status =
		volume_open(search->volume, path_of(folder, SPAN("BOOTX64.CSV"), path), &file);

	if (!status && file.is_directory)
		status = ERR_NOT_FOUND;
	if (!status)
		status = file_load(&file, search->arena, CSV_SIZE_MAX, &bytes);
	if (status)
		return status;
	count = bytes.size / sizeof(u16);
	units = arena_allocate(search->arena, (count + 1) * sizeof(u16));
	text = arena_allocate(search->arena, 3 * count + 1);
	if (!units || !text)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		units[i] = load_le16(bytes.data + i * sizeof(u16));
	*out = text_of_file(span_of(text, utf8_from_utf16(text, 3 * count + 1, units, count)));
	return OK;
}

static void try_csv(struct search *search, struct span folder)
{
	struct efi_csv_line line;
	struct span text;
	enum status status = load_csv(search, folder, &text);

	if (status && status != ERR_NOT_FOUND)
		log_warning("%s: EFI/%.*s/BOOTX64.CSV: %s", search->volume->device->name,
			    (int)folder.size, (const char *)folder.data, status_name(status));
	while (!status && efi_csv_next(&text, &line)) {
		u16 units[OPTIONS_UNITS_MAX];
		struct span options = { 0 };
		char path[PATH_SIZE];
		size_t count = utf16_from_utf8(units, OPTIONS_UNITS_MAX, line.options);

		if (count && count < OPTIONS_UNITS_MAX)
			options = span_of(units, (count + 1) * sizeof(*units));
		start(search, path_of(folder, line.file, path), options);
	}
}

static void try_names(struct search *search, struct span folder)
{
	static const char *const names[] = {
		"shimx64.efi",
		"grubx64.efi",
		"systemd-bootx64.efi",
		"Boot\\bootmgfw.efi",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[PATH_SIZE];

		start(search, path_of(folder, span_of_string(names[i]), path), (struct span){ 0 });
	}
}

static void search_folders(struct search *search)
{
	struct directory_entry found;
	struct file directory;
	u64 cursor = 0;

	if (volume_open(search->volume, SPAN("EFI"), &directory) || !directory.is_directory)
		return;
	for (u32 i = 0; i < FOLDERS_MAX && !directory_next(&directory, &cursor, &found); i++) {
		struct span folder = span_of_string(found.name);
		u32 starts = search->starts;

		if (!found.file.is_directory || text_equals_ignoring_case(folder, "BOOT"))
			continue;
		try_csv(search, folder);
		/* None is added twice. */
		if (search->starts == starts)
			try_names(search, folder);
	}
}

enum status efi_boot_known_places(struct volume *volume, struct arena *arena)
{
	struct search search = { .volume = volume, .arena = arena, .result = ERR_NOT_FOUND };

	search_folders(&search);
	return search.result;
}

void efi_list_known_places(struct volume *volume, struct boot_choices *choices)
{
	struct search search = { .volume = volume, .arena = choices->arena, .choices = choices };

	search_folders(&search);
}
