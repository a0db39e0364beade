/* SPDX-License-Identifier: Apache-2.0 */
/* PCI configuration space in memory, from the MCFG (PCI Firmware Specification 3.3, 4.1.2). */
#include "core/log.h"
#include "drivers/platform/acpi.h"
#include "drivers/platform/acpi_tables.h"
#include "lib/util.h"

enum {
	MCFG_WINDOWS = 44,
	MCFG_WINDOW_SIZE = 16,
	ECAM_MAX = 16, /* Cloud Hypervisor's number of segments */
};

static struct ecam windows[ECAM_MAX];
static u32 window_count;

void acpi_mcfg_read(struct span mcfg)
{
	struct reader r = { .rest = span_from(mcfg, MCFG_WINDOWS) };

	window_count = 0;
	while (r.rest.size >= MCFG_WINDOW_SIZE && window_count < ECAM_MAX) {
		struct ecam window = { .base = read_le64(&r), .segment = read_le16(&r) };
		u64 end;

		window.bus_first = read_u8(&r);
		window.bus_last = read_u8(&r);
		read_le32(&r);
		if (window.base == 0 || window.base % MIB != 0 ||
		    window.bus_first > window.bus_last ||
		    add_overflows(window.base, (window.bus_last + 1ull) * MIB, &end))
			log_warning("ACPI: MCFG: window at 0x%lx of buses %u to %u ignored",
				    window.base, window.bus_first, window.bus_last);
		else
			windows[window_count++] = window;
	}
	if (r.rest.size >= MCFG_WINDOW_SIZE)
		log_warning("ACPI: MCFG: more than %d windows (ECAM_MAX)", ECAM_MAX);
}

bool acpi_ecam(u32 index, struct ecam *out)
{
	if (index >= window_count)
		return false;
	*out = windows[index];
	return true;
}
