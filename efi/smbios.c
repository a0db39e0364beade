/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMBIOS for the configuration tables: VMMs leave the entry point structures on 16-byte boundaries
 * of 0xf0000 to 0xfffff (DMTF DSP0134 3.7, 5.2). cloud-init and systemd read what the VMM says
 *there.
 *
 *	"_SM3_" at 0, checksum over the length at 6		3.x
 *	"_SM_" at 0, checksum over the length at 5		2.x
 */
#include "core/arch.h"
#include "core/log.h"
#include "efi/tables.h"

enum {
	WINDOW_BASE = 0xf0000,
	WINDOW_SIZE = 0x10000,
	ANCHOR_STEP = 16,
	LENGTH_OFFSET_3 = 6,
	LENGTH_OFFSET_2 = 5,
};

/* Installs the first complete entry point in @window that begins with @anchor. */
static void publish(struct span window, struct span anchor, u32 length_offset,
		    const EFI_GUID *table)
{
	for (size_t at = 0; at + ANCHOR_STEP <= window.size; at += ANCHOR_STEP) {
		struct span entry = span_from(window, at);

		if (!span_starts_with(entry, anchor))
			continue;
		entry = span_part(entry, 0, entry.data[length_offset]);
		if (span_is_empty(entry) || span_sum(entry))
			continue;
		log_debug("SMBIOS: %.*s at 0x%x", (int)anchor.size, (const char *)anchor.data,
			  (u32)(WINDOW_BASE + at));
		(void)efi_set_configuration_table(table, (void *)entry.data);
		return;
	}
}

void efi_smbios_publish(void)
{
	struct span window = arch_memory(WINDOW_BASE, WINDOW_SIZE);

	publish(window, SPAN("_SM3_"), LENGTH_OFFSET_3, &guid_smbios3);
	publish(window, SPAN("_SM_"), LENGTH_OFFSET_2, &guid_smbios);
}
