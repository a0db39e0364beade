/* SPDX-License-Identifier: Apache-2.0 */
/* The calendar, the CMOS clock, and reset, with correct and faulty hardware. */
#include <time.h>

#include "efi/runtime/runtime.h"
#include "efi/spec/guids.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

static struct runtime_data data;

/* A partial model of the MC146818A. */
static struct {
	u8 index, registers[128];
	u32 updating;        /* remaining reads during which an update is in progress */
	bool is_stuck, runs; /* advances a second at each read of the seconds */
	/* A read of register next_at is followed by an update, which takes so many reads. */
	bool has_next;
	u8 next_at, next[10];
	u32 updating_after;
	u32 reads;
} rtc;

static void begin_next_second(void)
{
	memcpy(rtc.registers, rtc.next, sizeof(rtc.next));
}

static void rtc_access(void *context, u64 port, u32 size, bool write, u64 *value)
{
	(void)context;
	CHECK_EQUAL(size, 1);
	if (port == 0x70) {
		rtc.index = (u8)*value & 0x7f;
	} else if (write) {
		rtc.registers[rtc.index] = (u8)*value;
	} else {
		*value = rtc.registers[rtc.index];
		rtc.reads++;
		if (rtc.index == 10 && (rtc.is_stuck || rtc.updating))
			*value |= 0x80;
		else if (rtc.updating && rtc.index)
			*value = 1;
		if (rtc.index == 10 && rtc.updating && --rtc.updating == 0 && rtc.has_next)
			begin_next_second();
		if (rtc.index == 0 && rtc.runs)
			rtc.registers[0] = (u8)((rtc.registers[0] + 1) % 10);
		if (rtc.has_next && !rtc.updating && rtc.index == rtc.next_at) {
			rtc.updating = rtc.updating_after;
			if (!rtc.updating)
				begin_next_second();
			rtc.next_at = 0xff;
		}
	}
}

static void start(void)
{
	memset(&data, 0, sizeof(data));
	memset(&rtc, 0, sizeof(rtc));
	runtime_data = &data;
	data.clock.has_rtc = true;
	data.clock.century_index = 0x32;
	data.clock.time_zone = EFI_UNSPECIFIED_TIMEZONE;
	host_handlers_forget();
	host_port_handler(0x70, 2, rtc_access, NULL);
}

/* 2024-02-29 23:58:57, in BCD, 24 hours. */
static void set_leap_day(void)
{
	rtc.registers[0] = 0x57;
	rtc.registers[2] = 0x58;
	rtc.registers[4] = 0x23;
	rtc.registers[7] = 0x29;
	rtc.registers[8] = 0x02;
	rtc.registers[9] = 0x24;
	rtc.registers[11] = 0x02;
	rtc.registers[0x32] = 0x20;
}

static bool is_time(const EFI_TIME *time, u32 year, u32 month, u32 day, u32 hour, u32 minute,
		    u32 second)
{
	return time->Year == year && time->Month == month && time->Day == day &&
	       time->Hour == hour && time->Minute == minute && time->Second == second;
}

TEST(seconds_agree_with_the_c_library)
{
	static const u64 seconds[] = { 0,          68169600,   951782399,  951868800,  1709164799,
				       2147483647, 2147483648, 4107542400, 16725225600 };

	for (u32 i = 0; i < ARRAY_SIZE(seconds); i++) {
		time_t there = (time_t)seconds[i];
		struct tm tm;
		EFI_TIME time;

		gmtime_r(&there, &tm);
		time_from_seconds(seconds[i], &time);
		CHECK_OF(is_time(&time, (u32)tm.tm_year + 1900, (u32)tm.tm_mon + 1, (u32)tm.tm_mday,
				 (u32)tm.tm_hour, (u32)tm.tm_min, (u32)tm.tm_sec),
			 "second %" PRIu64, seconds[i]);
		CHECK_EQUAL(time_to_seconds(&time), seconds[i]);
		CHECK(time_is_valid(&time));
	}
	for (u64 day = 0; day < 200 * 366; day++) {
		EFI_TIME time;

		time_from_seconds(day * 86400 + 4711, &time);
		if (time_to_seconds(&time) != day * 86400 + 4711 || !time_is_valid(&time))
			CHECK_OF(false, "day %" PRIu64, day);
	}
}

TEST(invalid_times_are_refused)
{
	static const EFI_TIME valid = { .Year = 2024, .Month = 2, .Day = 29, .TimeZone = 0x7ff };
	struct {
		const char *what;
		EFI_TIME time;
	} cases[] = {
		{ "year 1899", { .Year = 1899, .Month = 1, .Day = 1 } },
		{ "year 10000", { .Year = 10000, .Month = 1, .Day = 1 } },
		{ "month 0", { .Year = 2024, .Month = 0, .Day = 1 } },
		{ "month 13", { .Year = 2024, .Month = 13, .Day = 1 } },
		{ "day 0", { .Year = 2024, .Month = 1, .Day = 0 } },
		{ "31 April", { .Year = 2024, .Month = 4, .Day = 31 } },
		{ "30 February", { .Year = 2024, .Month = 2, .Day = 30 } },
		{ "29 February 2023", { .Year = 2023, .Month = 2, .Day = 29 } },
		{ "29 February 2100", { .Year = 2100, .Month = 2, .Day = 29 } },
		{ "hour", { .Year = 2024, .Month = 1, .Day = 1, .Hour = 24 } },
		{ "minute", { .Year = 2024, .Month = 1, .Day = 1, .Minute = 60 } },
		{ "second", { .Year = 2024, .Month = 1, .Day = 1, .Second = 60 } },
		{ "nanosecond", { .Year = 2024, .Month = 1, .Day = 1, .Nanosecond = 1000000000 } },
		{ "zone", { .Year = 2024, .Month = 1, .Day = 1, .TimeZone = 1441 } },
		{ "zone", { .Year = 2024, .Month = 1, .Day = 1, .TimeZone = -1441 } },
		{ "daylight", { .Year = 2024, .Month = 1, .Day = 1, .Daylight = 4 } },
	};
	EFI_TIME time = valid;

	start();
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_OF(runtime_set_time(&cases[i].time) == EFI_INVALID_PARAMETER, "%s",
			 cases[i].what);
		CHECK_OF(runtime_set_wakeup_time(true, &cases[i].time) == EFI_INVALID_PARAMETER,
			 "%s", cases[i].what);
	}
	CHECK_EQUAL(runtime_set_time(NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_get_time(NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_set_time(&time), EFI_SUCCESS);
}

TEST(the_clock_is_read)
{
	EFI_TIME_CAPABILITIES capabilities = { 0 };
	EFI_TIME time;

	start();
	set_leap_day();
	CHECK_EQUAL(runtime_get_time(&time, &capabilities), EFI_SUCCESS);
	CHECK(is_time(&time, 2024, 2, 29, 23, 58, 57));
	CHECK_EQUAL(time.TimeZone, EFI_UNSPECIFIED_TIMEZONE);
	CHECK_EQUAL(capabilities.Resolution, 1);
	/* Binary, as Alioth's; then 12 hours; then without a century. */
	memcpy(rtc.registers, (u8[]){ 57, 0, 58, 0, 0x80 | 11, 0, 0, 29, 2, 24, 0, 0x04 }, 12);
	rtc.registers[0x32] = 20;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK(is_time(&time, 2024, 2, 29, 23, 58, 57));
	rtc.registers[4] = 0x80 | 12;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK_EQUAL(time.Hour, 12);
	/* Cloud Hypervisor's hours are 0 to 23 whatever register B says. */
	rtc.registers[4] = 15;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK_EQUAL(time.Hour, 15);
	rtc.registers[0x32] = 0;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK_EQUAL(time.Year, 2024);
	/* No year of a century, in binary and in BCD. */
	rtc.registers[9] = 96;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK_EQUAL(time.Year, 2096);
	rtc.registers[9] = 100;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_DEVICE_ERROR);
	set_leap_day();
	rtc.registers[9] = 0xa0;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_DEVICE_ERROR);
}

/* After a reset, of the clock's data only the variable is left. */
static EFI_TIME time_after_reset(void)
{
	EFI_TIME time = { 0 };

	data.clock.zone_is_set = false;
	data.clock.time_zone = EFI_UNSPECIFIED_TIMEZONE;
	data.clock.daylight = 0;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	return time;
}

TEST(the_time_zone_outlives_a_reset)
{
	static const struct {
		UINT32 stored;
		INT16 zone;
		UINT8 daylight;
	} rows[] = {
		{ 0x0003ffc4, -60, 3 },
		{ 0x000005a0, 1440, 0 },
		{ 0x000007ff, EFI_UNSPECIFIED_TIMEZONE, 0 },
		{ 0x000005a1, EFI_UNSPECIFIED_TIMEZONE, 0 }, /* 1441 minutes */
		{ 0x00040000, EFI_UNSPECIFIED_TIMEZONE, 0 }, /* an unknown bit */
	};
	EFI_GUID edk2 = EDK2_CLOCK_GUID;
	EFI_TIME time;
	UINT32 stored, attributes;
	UINTN size = sizeof(stored);

	start();
	set_leap_day();
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK_EQUAL(runtime_set_time(&time), EFI_SUCCESS);
	/* Nothing is stored as long as there is no time zone. */
	CHECK_EQUAL(runtime_get_variable(u"RTC", &edk2, NULL, &size, &stored), EFI_NOT_FOUND);
	time.TimeZone = -60;
	time.Daylight = EFI_TIME_ADJUST_DAYLIGHT | EFI_TIME_IN_DAYLIGHT;
	CHECK_EQUAL(runtime_set_time(&time), EFI_SUCCESS);
	CHECK_EQUAL(runtime_get_variable(u"RTC", &edk2, &attributes, &size, &stored), EFI_SUCCESS);
	CHECK(size == 4 && stored == 0x0003ffc4 && attributes == 7);
	time = time_after_reset();
	CHECK(time.TimeZone == -60 && time.Daylight == 3);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		stored = rows[i].stored;
		CHECK_EQUAL(runtime_set_variable(u"RTC", &edk2, 7, sizeof(stored), &stored),
			    EFI_SUCCESS);
		time = time_after_reset();
		CHECK_OF(time.TimeZone == rows[i].zone && time.Daylight == rows[i].daylight,
			 "row %zu", i);
	}
	CHECK_EQUAL(runtime_set_variable(u"RTC", &edk2, 7, 3, &stored), EFI_SUCCESS);
	CHECK_EQUAL(time_after_reset().TimeZone, EFI_UNSPECIFIED_TIMEZONE);
	/* What cannot be stored is known until the reset. */
	data.at_runtime = data.set_variable_refused = true;
	time.TimeZone = 60;
	CHECK_EQUAL(runtime_set_time(&time), EFI_SUCCESS);
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK_EQUAL(time.TimeZone, 60);
	CHECK_EQUAL(time_after_reset().TimeZone, EFI_UNSPECIFIED_TIMEZONE);
}

TEST(the_century_counts)
{
	EFI_TIME time;

	start();
	set_leap_day();
	rtc.registers[0x32] = 0x21;
	rtc.registers[7] = 0x28;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK_EQUAL(time.Year, 2124);
}

TEST(updates_are_waited_for)
{
	EFI_TIME time;

	start();
	set_leap_day();
	rtc.updating = 100;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK(is_time(&time, 2024, 2, 29, 23, 58, 57));
	rtc.is_stuck = true;
	rtc.reads = 0;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_DEVICE_ERROR);
	CHECK(rtc.reads < 100000);
	CHECK_EQUAL(runtime_set_time(&time), EFI_DEVICE_ERROR);
	rtc.is_stuck = false;
	rtc.runs = true;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_DEVICE_ERROR);
}

/* Wherever in a read the year ends, and whether the update is still going on afterwards. */
TEST(a_second_that_ends_during_a_read_is_noticed)
{
	static const u8 year_end[] = { 0x59, 0, 0x59, 0, 0x23, 0, 0, 0x31, 0x12, 0x24 };
	static const u8 year_start[] = { 0, 0, 0, 0, 0, 0, 0, 0x01, 0x01, 0x25 };
	static const u8 registers[] = { 0, 2, 4, 7, 8, 9, 0x32 };

	for (u32 i = 0; i < 2 * ARRAY_SIZE(registers); i++) {
		EFI_TIME time;

		start();
		set_leap_day();
		memcpy(rtc.registers, year_end, sizeof(year_end));
		memcpy(rtc.next, year_start, sizeof(year_start));
		rtc.has_next = true;
		rtc.next_at = registers[i / 2];
		rtc.updating_after = i % 2 * 5;
		CHECK(rtc_read(&time));
		CHECK(is_time(&time, 2024, 12, 31, 23, 59, 59) ||
		      is_time(&time, 2025, 1, 1, 0, 0, 0));
	}
}

TEST(a_read_takes_few_accesses)
{
	EFI_TIME time;

	start();
	set_leap_day();
	CHECK(rtc_read(&time));
	CHECK(rtc.reads <= 12);
}

TEST(there_is_no_clock)
{
	EFI_TIME time;

	start();
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_DEVICE_ERROR); /* reads give zeros */
	CHECK_EQUAL(rtc.reads, 1);
	memset(rtc.registers, 0xff, sizeof(rtc.registers));
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_DEVICE_ERROR);
	CHECK_EQUAL(rtc.reads, 2);
	host_handlers_forget(); /* reads give ones */
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_DEVICE_ERROR);
	data.clock.has_rtc = false;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_UNSUPPORTED);
	time = (EFI_TIME){ .Year = 2024, .Month = 1, .Day = 1 };
	CHECK_EQUAL(runtime_set_time(&time), EFI_UNSUPPORTED);
}

TEST(without_an_rtc_processor_ticks_are_used)
{
	EFI_TIME time;

	start();
	data.clock.has_rtc = false;
	data.clock.seconds = 1709251137; /* 2024-02-29 23:58:57 */
	data.clock.ticks = host_ticks;
	data.clock.ticks_per_second = HOST_TICKS_PER_SECOND;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK(is_time(&time, 2024, 2, 29, 23, 58, 57));
	CHECK_EQUAL(time.TimeZone, EFI_UNSPECIFIED_TIMEZONE);
	host_ticks += 64ull * HOST_TICKS_PER_SECOND;
	CHECK_EQUAL(runtime_get_time(&time, NULL), EFI_SUCCESS);
	CHECK(is_time(&time, 2024, 3, 1, 0, 0, 1));
	CHECK_EQUAL(runtime_set_time(&time), EFI_UNSUPPORTED);
}

TEST(a_time_that_was_set_is_read)
{
	EFI_TIME time = { .Year = 2038,
			  .Month = 1,
			  .Day = 19,
			  .Hour = 15,
			  .Minute = 14,
			  .Second = 8,
			  .TimeZone = -120,
			  .Daylight = EFI_TIME_ADJUST_DAYLIGHT };
	EFI_TIME found;

	for (u32 format = 0; format < 8; format += 2) {
		start();
		rtc.registers[11] = (u8)format;
		CHECK_EQUAL(runtime_set_time(&time), EFI_SUCCESS);
		CHECK_EQUAL(rtc.registers[11], format | 2);
		CHECK_EQUAL(runtime_get_time(&found, NULL), EFI_SUCCESS);
		CHECK(is_time(&found, 2038, 1, 19, 15, 14, 8));
		CHECK_EQUAL((u64)(INTN)found.TimeZone, (u64)(INTN)-120);
		CHECK_EQUAL(found.Daylight, EFI_TIME_ADJUST_DAYLIGHT);
	}
	CHECK_EQUAL(rtc.registers[4], 15);
}

TEST(calls_without_hardware)
{
	EFI_TIME time = { .Year = 2024, .Month = 1, .Day = 1 };
	EFI_CAPSULE_HEADER header = { 0 }, *capsule = &header, *none = NULL;
	EFI_RESET_TYPE type;
	BOOLEAN flag;
	UINT32 high, next;
	UINT64 size;

	start();
	CHECK_EQUAL(runtime_get_wakeup_time(&flag, &flag, &time), EFI_UNSUPPORTED);
	CHECK_EQUAL(runtime_get_wakeup_time(NULL, &flag, &time), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_set_wakeup_time(true, &time), EFI_UNSUPPORTED);
	CHECK_EQUAL(runtime_set_wakeup_time(true, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_set_wakeup_time(false, NULL), EFI_UNSUPPORTED);
	CHECK_EQUAL(runtime_update_capsule(NULL, 1, 0), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_update_capsule(&capsule, 0, 0), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_update_capsule(&none, 1, 0), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_update_capsule(&capsule, 1, 0), EFI_UNSUPPORTED);
	header.Flags = CAPSULE_FLAGS_POPULATE_SYSTEM_TABLE;
	CHECK_EQUAL(runtime_update_capsule(&capsule, 1, 0x1000), EFI_INVALID_PARAMETER);
	header.Flags = CAPSULE_FLAGS_INITIATE_RESET;
	CHECK_EQUAL(runtime_update_capsule(&capsule, 1, 0x1000), EFI_INVALID_PARAMETER);
	header.Flags |= CAPSULE_FLAGS_PERSIST_ACROSS_RESET;
	CHECK_EQUAL(runtime_update_capsule(&capsule, 1, 0), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_update_capsule(&capsule, 1, 0x1000), EFI_UNSUPPORTED);
	CHECK_EQUAL(runtime_query_capsule_capabilities(&capsule, 1, NULL, &type),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_query_capsule_capabilities(&capsule, 1, &size, &type), EFI_UNSUPPORTED);
	CHECK_EQUAL(runtime_get_next_high_monotonic_count(NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_get_next_high_monotonic_count(&high), EFI_SUCCESS);
	CHECK_EQUAL(runtime_get_next_high_monotonic_count(&next), EFI_SUCCESS);
	CHECK_EQUAL(next, high + 1);
}

static struct {
	u64 address, value;
	u32 size;
} writes[8];
static u32 write_count, reset_calls;

static void note_write(void *context, u64 address, u32 size, bool write, u64 *value)
{
	(void)context;
	CHECK(write);
	if (write_count < ARRAY_SIZE(writes)) {
		writes[write_count].address = address;
		writes[write_count].value = *value;
		writes[write_count++].size = size;
	}
}

static void on_reset(EFI_RESET_TYPE type)
{
	CHECK_EQUAL(write_count, 0);
	reset_calls += 1 + type;
}

static void reset(void *type)
{
	runtime_reset_system(*(EFI_RESET_TYPE *)type, EFI_SUCCESS, 0, NULL);
}

TEST(reset_writes_its_list_in_order)
{
	EFI_RESET_TYPE type = EfiResetWarm;

	start();
	data.on_reset = on_reset;
	data.reset = (struct runtime_writes){
		.count = 3,
		.writes = { { .address = 0xcf9, .value = 6, .size = 1 },
			    { .address = 0, .value = 9, .size = 1, .space = RUNTIME_MEMORY },
			    { .address = 0xfee1000,
			      .value = 5,
			      .size = 1,
			      .space = RUNTIME_MEMORY } },
	};
	data.power_off = (struct runtime_writes){
		.count = 2,
		.writes = { { .address = 0x604, .value = 0x2000, .size = 2 },
			    { .address = 0xfee1002,
			      .value = 0x1234,
			      .size = 2,
			      .space = RUNTIME_MEMORY } },
	};
	host_port_handler(0xcf9, 1, note_write, NULL);
	host_port_handler(0x604, 2, note_write, NULL);
	host_mmio_handler(0xfee1000, 16, note_write, NULL);
	write_count = reset_calls = 0;
	CHECK_EQUAL(host_run(reset, &type), HOST_RESET);
	CHECK_EQUAL(reset_calls, 1 + EfiResetWarm);
	CHECK_EQUAL(write_count, 2);
	CHECK(writes[0].address == 0xcf9 && writes[0].value == 6 && writes[0].size == 1);
	CHECK(writes[1].address == 0xfee1000 && writes[1].value == 5 && writes[1].size == 1);

	type = EfiResetShutdown;
	data.on_reset = NULL;
	write_count = 0;
	CHECK_EQUAL(host_run(reset, &type), HOST_HALTED);
	CHECK_EQUAL(write_count, 2);
	CHECK(writes[0].address == 0x604 && writes[0].value == 0x2000 && writes[0].size == 2);
	CHECK(writes[1].address == 0xfee1002 && writes[1].value == 0x1234 && writes[1].size == 2);
}
