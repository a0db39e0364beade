/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unified kernel images: only the headers and the requested sections are read, because the kernel
 * in the image may be large, and another entry may boot.
 */
#include "loaders/uki.h"

#include "core/log.h"
#include "lib/text.h"
#include "lib/util.h"
#include "loaders/pe.h"

enum { HEADERS_SIZE = 4096 }; /* of nearly all */

static enum status check(const char *name, struct file *file, size_t size, struct arena *arena,
			 struct pe_image *out)
{
	u8 *start = arena_allocate(arena, size);
	enum status status = start ? file_read(file, 0, size, start) : ERR_NO_MEMORY;

	return status ? status : pe_check(name, span_of(start, size), file->size, out);
}

/* The kind of section; UKI_SECTIONS: none of ours. */
static enum uki_section kind_of(const struct pe_section *section)
{
	static const char *const names[] = {
		[UKI_OS_RELEASE] = ".osrel",
		[UKI_COMMAND_LINE] = ".cmdline",
		[UKI_PROFILE] = ".profile",
	};
	u32 kind = 0;

	while (kind < UKI_SECTIONS && !text_equals(span_of_string(section->name), names[kind]))
		kind++;
	return (enum uki_section)kind;
}

enum status uki_read(const char *name, struct file *file, struct arena *arena, struct uki *out)
{
	size_t size = (size_t)min_u64(file->size, HEADERS_SIZE);
	struct uki_profile base = { 0 }, *into = &base;
	struct pe_image image;
	enum status status = check(name, file, size, arena, &image);

	if (status == ERR_TOO_LARGE) {
		size = (size_t)min_u64(file->size, UKI_HEADERS_SIZE_MAX);
		status = check(name, file, size, arena, &image);
	}
	if (status)
		return status;
	out->count = 0;
	for (u32 i = 0; i < image.section_count; i++) {
		struct pe_section section = pe_section(&image, i);
		enum uki_section kind = kind_of(&section);

		if (kind == UKI_SECTIONS)
			continue;
		if (kind == UKI_PROFILE) {
			if (out->count == UKI_PROFILES_MAX) {
				log_warning("%s: more than %d profiles (UKI_PROFILES_MAX)", name,
					    UKI_PROFILES_MAX);
				return OK;
			}
			into = &out->profiles[out->count++];
			*into = base;
		}
		into->sections[kind].offset = section.file_offset;
		into->sections[kind].size = section.file_size;
	}
	if (out->count == 0)
		out->profiles[out->count++] = base;
	return OK;
}

enum status uki_text(struct file *file, const struct uki_profile *profile, enum uki_section section,
		     struct arena *arena, struct span *out)
{
	u32 size = profile->sections[section].size;
	enum status status;
	u8 *bytes;

	*out = (struct span){ 0 };
	if (size == 0)
		return OK;
	if (size > UKI_SECTION_SIZE_MAX)
		return unsupported("a section of %u bytes (UKI_SECTION_SIZE_MAX)", size);
	bytes = arena_allocate(arena, size);
	if (!bytes)
		return ERR_NO_MEMORY;
	status = file_read(file, profile->sections[section].offset, size, bytes);
	if (!status)
		*out = text_of_file(span_of(bytes, size));
	return status;
}
