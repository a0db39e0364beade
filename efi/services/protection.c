/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access to memory by its type (UEFI 2.11, 2.3.4), and to images by their sections if they declare
 * that they support it. Other images are readable, writable and executable as a whole, as without
 * EFI_NX. No program can execute memory that it has allocated as data, unless it asks for that
 * (protocols/memory_attribute.c).
 */
#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"
#include "efi/services/memory.h"
#include "lib/util.h"
#include "loaders/pe.h"

/* Each 2 MiB with mixed access needs one, and each GiB with such 2 MiB may need another. */
enum { TABLE_PAGES = 128 };

static bool is_on;

void efi_protection_init(void)
{
	enum status status = arch_restrict_execution(TABLE_PAGES);

	is_on = !status;
	if (is_on)
		return;
	log_warning("UEFI: all memory is executable: %s", status_name(status));
	arch_allow_execution();
}

bool efi_protection_is_on(void)
{
	return is_on;
}

/* Callers have no better status than for a lack of memory: the reason is told once. */
static enum status protect(u64 base, u64 size, u32 access)
{
	static bool is_told;
	enum status status = arch_protect(base, align_up(size, PAGE_SIZE), access);

	if (status == ERR_NO_MEMORY && !is_told) {
		log_warning("UEFI: all %u pages for page tables are used up (EFI_NX)", TABLE_PAGES);
		is_told = true;
	}
	return status;
}

static u32 access_to(u32 type)
{
	switch (type) {
	case MEMORY_LOADER_CODE:
	case MEMORY_BOOT_CODE:
	case MEMORY_RUNTIME_CODE:
		return ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE;
	}
	return ACCESS_READ | ACCESS_WRITE;
}

enum status efi_protect_type(u64 base, u64 size, u32 type)
{
	return is_on ? protect(base, size, access_to(type)) : OK;
}

/* No page may belong to two sections. */
static bool is_compatible(const struct pe_image *pe)
{
	if (!(pe->dll_characteristics & PE_DLL_NX_COMPATIBLE))
		return false;
	for (u32 i = 0; i < pe->section_count; i++)
		if (pe_section(pe, i).address % PAGE_SIZE)
			return false;
	return true;
}

enum status efi_protect_image(const struct pe_image *pe, u64 base)
{
	enum status status;

	if (!is_on || !is_compatible(pe))
		return OK;
	/* The headers, and what lies between sections. */
	status = protect(base, pe->size, ACCESS_READ);
	for (u32 i = 0; i < pe->section_count && !status; i++) {
		struct pe_section section = pe_section(pe, i);
		u32 access = ACCESS_READ;

		if (!section.memory_size)
			continue;
		if (section.characteristics & PE_SECTION_WRITE)
			access |= ACCESS_WRITE;
		if (section.characteristics & PE_SECTION_EXECUTE)
			access |= ACCESS_EXECUTE;
		status = protect(base + section.address, section.memory_size, access);
	}
	return status;
}
