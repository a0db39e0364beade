/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real time clock in CMOS memory (Motorola MC146818A): an index is written to port 0x70, the
 * register is at 0x71.
 *
 *	index	register
 *	0	second; minute at 2, hour at 4, day of the month at 7, month at 8, year at 9
 *	10	A: bit 7 while the clock counts on
 *	11	B: bit 7 stops it, bit 2 binary numbers instead of BCD, bit 1 hours from 0 to 23
 *	13	D: bit 7 while the battery is good
 */
#include "efi/runtime/runtime.h"
#include "lib/config.h"

#include <asm/io.h>

enum {
	PORT_INDEX = 0x70,
	PORT_DATA = 0x71,
	NMI_DISABLED = 0x80, /* as it is left by firmware in general */
	SECOND = 0,
	MINUTE = 2,
	HOUR = 4,
	DAY = 7,
	MONTH = 8,
	YEAR = 9,
	STATUS_A = 10,
	STATUS_B = 11,
	UPDATING = 0x80,
	STOPPED = 0x80,
	BINARY = 0x04,
	HOURS_24 = 0x02,
	AFTERNOON = 0x80, /* of an hour from 1 to 12 */

	/* An update takes 2 ms, and a read at least 100 ns. */
	POLLS_MAX = 20000,
	READS_MAX = 8, /* until no second begins during one */
};

static u8 read_register(u8 index)
{
	port_write8(PORT_INDEX, index);
	return port_read8(PORT_DATA);
}

static void write_register(u8 index, u8 value)
{
	port_write8(PORT_INDEX, index);
	port_write8(PORT_DATA, value);
}

/* No month has such a day: where nobody answers, there are zeros (Firecracker) or ones (QEMU). */
static bool is_present(void)
{
	u8 day = read_register(DAY);

	return day && day != 0xff;
}

static bool is_updating(void)
{
	return read_register(STATUS_A) & UPDATING;
}

/* False: there is no clock. */
static bool wait_for_update(void)
{
	for (u32 i = 0; i < POLLS_MAX; i++)
		if (!is_updating())
			return true;
	return false;
}

struct registers {
	u8 second, minute, hour, day, month, year, century;
};

static struct registers read_registers(void)
{
	u8 century = runtime_data->clock.century_index;

	return (struct registers){
		.second = read_register(SECOND),
		.minute = read_register(MINUTE),
		.hour = read_register(HOUR),
		.day = read_register(DAY),
		.month = read_register(MONTH),
		.year = read_register(YEAR),
		.century = century ? read_register(century) : 0,
	};
}

static u32 from_format(u8 value, u8 format)
{
	return format & BINARY ? value : (value >> 4) * 10u + (value & 15u);
}

static u8 to_format(u32 value, u8 format)
{
	return (u8)(format & BINARY ? value : value / 10 << 4 | value % 10);
}

/*
 * Cloud Hypervisor counts to 23 but does not say so. Therefore an hour without bit 7 is taken as it
 * is: a clock of 12 hours, which no VMM has unless a guest chose it, is wrong between midnight and
 * one o'clock.
 */
static u32 hour_from_format(u8 value, u8 format)
{
	if (!(format & HOURS_24) && (value & AFTERNOON))
		return from_format(value & (u8)~AFTERNOON, format) % 12 + 12;
	return from_format(value, format);
}

bool rtc_read(EFI_TIME *time)
{
	struct registers now;
	u32 century, year;
	u8 format;

	if (!IS_ENABLED(CONFIG_OPTIMIZE_SIZE) && !is_present())
		return false;
	for (u32 i = 0;; i++) {
		if (i == READS_MAX || !wait_for_update())
			return false;
		now = read_registers();
		/* The host may have stopped us for longer than an update takes. */
		if (!is_updating() && read_register(SECOND) == now.second)
			break;
	}
	format = read_register(STATUS_B);
	century = from_format(now.century, format);
	if (century < 19 || century > 99)
		century = 20;
	year = from_format(now.year, format);
	/* Not another century: that would be lost when the time is set. */
	if (year > 99)
		return false;
	*time = (EFI_TIME){
		.Year = (UINT16)(century * 100 + year),
		.Month = (UINT8)from_format(now.month, format),
		.Day = (UINT8)from_format(now.day, format),
		.Hour = (UINT8)hour_from_format(now.hour, format),
		.Minute = (UINT8)from_format(now.minute, format),
		.Second = (UINT8)from_format(now.second, format),
	};
	return time_is_valid(time);
}

bool rtc_write(const EFI_TIME *time)
{
	u8 century = runtime_data->clock.century_index;
	u8 format;

	if (!wait_for_update())
		return false;
	format = read_register(STATUS_B) | HOURS_24;
	write_register(STATUS_B, format | STOPPED);
	write_register(SECOND, to_format(time->Second, format));
	write_register(MINUTE, to_format(time->Minute, format));
	write_register(HOUR, to_format(time->Hour, format));
	write_register(DAY, to_format(time->Day, format));
	write_register(MONTH, to_format(time->Month, format));
	write_register(YEAR, to_format(time->Year % 100u, format));
	if (century)
		write_register(century, to_format(time->Year / 100u, format));
	write_register(STATUS_B, format & (u8)~STOPPED);
	return true;
}
