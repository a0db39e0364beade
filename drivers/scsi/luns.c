/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which LUNs a target has: REPORT LUNS (SPC-4, 6.33). Numbers are big endian.
 *
 *	command: 0 0xa0; 6 size of the answer u32
 *	answer: 0 bytes of the list u32; 8 LUNs of 8 bytes each
 *
 *	LUN (SAM-5, 4.7)
 *	0	2	0x0000 to 0x00ff, or with bit 14 up to 0x3fff; others are not disks
 *	2	6	0: no further level
 */
#include "core/log.h"
#include "drivers/scsi/scsi.h"
#include "lib/span.h"
#include "lib/util.h"

enum {
	REPORT_LUNS = 0xa0,
	HEADER_SIZE = 8,
	ENTRY_SIZE = 8,
	FLAT = 1 << 14,
	METHOD_MASK = 3 << 14,
	PERIPHERAL_MAX = 0xff,
	NO_LUN = 1 << 16,
};

static u32 lun_of(const u8 *entry)
{
	u32 lun = load_be16(entry);

	if (load_be16(entry + 2) || load_be32(entry + 4))
		return NO_LUN;
	if ((lun & METHOD_MASK) == FLAT)
		return lun - FLAT;
	return lun <= PERIPHERAL_MAX ? lun : NO_LUN;
}

/* The lowest from @from on. */
static u32 next_lun(struct span list, u32 from)
{
	u32 lowest = NO_LUN;

	for (u32 at = 0; at < list.size; at += ENTRY_SIZE) {
		u32 lun = lun_of(list.data + at);

		if (lun >= from && lun < lowest)
			lowest = lun;
	}
	return lowest;
}

u32 scsi_list_luns(struct scsi_unit *unit, u16 *luns, u32 max)
{
	u8 answer[SCSI_SMALL] = { 0 };
	struct scsi_command command = {
		.cdb = { REPORT_LUNS },
		.data = answer,
		.size = sizeof(answer),
	};
	struct span list = { 0 };
	enum status status;
	u32 count = 0, lun;

	store_be32(command.cdb + 6, sizeof(answer));
	status = scsi_execute(unit, &command);
	if (status == ERR_TIMEOUT)
		return 0;
	if (!status && command.transferred > HEADER_SIZE)
		list = span_of(answer + HEADER_SIZE,
			       min_u64(load_be32(answer), command.transferred - HEADER_SIZE) &
				       ~(ENTRY_SIZE - 1ull));
	for (lun = next_lun(list, 0); lun != NO_LUN && count < max; lun = next_lun(list, lun + 1))
		luns[count++] = (u16)lun;
	if (lun != NO_LUN || load_be32(answer) > list.size)
		log_warning("%s: only %u of its LUNs are used", unit->name, count);
	if (span_is_empty(list))
		luns[count++] = 0;
	return count;
}
