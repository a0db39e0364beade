/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 8.3: the clock. */
#include "selftest.h"

static bool is_valid(const EFI_TIME *time)
{
	return time->Year >= 1998 && time->Year <= 9999 && time->Month >= 1 && time->Month <= 12 &&
	       time->Day >= 1 && time->Day <= 31 && time->Hour <= 23 && time->Minute <= 59 &&
	       time->Second <= 59 && time->Nanosecond <= 999999999 && !(time->Daylight & ~3) &&
	       (time->TimeZone == EFI_UNSPECIFIED_TIMEZONE ||
		(time->TimeZone >= -1440 && time->TimeZone <= 1440));
}

void show_time(const EFI_TIME *time)
{
	print("# the time is %u-%u-%u %u:%u:%u\n", (u64)time->Year, (u64)time->Month,
	      (u64)time->Day, (u64)time->Hour, (u64)time->Minute, (u64)time->Second);
}

/* Sets a valid time; a second may pass before it is read. */
static void round_trip(const char *what, EFI_TIME time)
{
	EFI_TIME read = { 0 };

	is(what, runtime->SetTime(&time), EFI_SUCCESS);
	is("read it", runtime->GetTime(&read, NULL), EFI_SUCCESS);
	ok("its date", read.Year == time.Year && read.Month == time.Month && read.Day == time.Day);
	ok("its time",
	   read.Hour == time.Hour && read.Minute == time.Minute && read.Second - time.Second <= 30);
	equals("its zone", (u16)read.TimeZone, (u16)time.TimeZone);
	equals("its daylight", read.Daylight, time.Daylight);
}

static void test_set_and_read(void)
{
	EFI_TIME now = { 0 }, unspecified;

	runtime->GetTime(&now, NULL);
	if (runtime->SetTime(&now) == EFI_UNSUPPORTED) {
		skip("set the clock", "it cannot be set");
		return;
	}
	round_trip("a leap day",
		   (EFI_TIME){ .Year = 2032, .Month = 2, .Day = 29, .Hour = 12, .Minute = 30 });
	round_trip("after 2038", (EFI_TIME){ .Year = 2040,
					     .Month = 12,
					     .Day = 31,
					     .Hour = 1,
					     .TimeZone = 60,
					     .Daylight = 1 });
	round_trip(
		"west of Greenwich",
		(EFI_TIME){ .Year = 2029, .Month = 7, .Day = 4, .TimeZone = -480, .Daylight = 3 });
	unspecified = (EFI_TIME){
		.Year = 2028, .Month = 2, .Day = 28, .Hour = 23, .TimeZone = EFI_UNSPECIFIED_TIMEZONE
	};
	round_trip("without a zone", unspecified);
	is("what it was", runtime->SetTime(&now), EFI_SUCCESS);
}

static void test_set(void)
{
	static const struct {
		const char *what;
		EFI_TIME time;
	} rows[] = {
		{ "month 0", { .Year = 2030, .Month = 0, .Day = 1 } },
		{ "month 13", { .Year = 2030, .Month = 13, .Day = 1 } },
		{ "day 0", { .Year = 2030, .Month = 1, .Day = 0 } },
		{ "day 32", { .Year = 2030, .Month = 1, .Day = 32 } },
		{ "31 April", { .Year = 2030, .Month = 4, .Day = 31 } },
		{ "29 February of no leap year", { .Year = 2030, .Month = 2, .Day = 29 } },
		{ "hour 24", { .Year = 2030, .Month = 1, .Day = 1, .Hour = 24 } },
		{ "minute 60", { .Year = 2030, .Month = 1, .Day = 1, .Minute = 60 } },
		{ "second 60", { .Year = 2030, .Month = 1, .Day = 1, .Second = 60 } },
		{ "a thousand million nanoseconds",
		  { .Year = 2030, .Month = 1, .Day = 1, .Nanosecond = 1000000000 } },
		{ "zone 1441", { .Year = 2030, .Month = 1, .Day = 1, .TimeZone = 1441 } },
		{ "zone -1441", { .Year = 2030, .Month = 1, .Day = 1, .TimeZone = -1441 } },
		{ "daylight 4", { .Year = 2030, .Month = 1, .Day = 1, .Daylight = 4 } },
		{ "year 1899", { .Year = 1899, .Month = 1, .Day = 1 } },
	};

	test_set_and_read();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EFI_TIME time = rows[i].time;

		is(rows[i].what, runtime->SetTime(&time), EFI_INVALID_PARAMETER);
	}
	is("no time", runtime->SetTime(NULL), EFI_INVALID_PARAMETER);
}

static void test_wakeup(void)
{
	EFI_TIME time = { 0 };
	BOOLEAN enabled, pending;
	EFI_STATUS status = runtime->GetWakeupTime(&enabled, &pending, &time);

	if (status == EFI_UNSUPPORTED) {
		skip("the alarm", "there is none");
		return;
	}
	is("the alarm", status, EFI_SUCCESS);
	is("the alarm, without whether", runtime->GetWakeupTime(NULL, &pending, &time),
	   EFI_INVALID_PARAMETER);
	is("an alarm at no time", runtime->SetWakeupTime(true, NULL), EFI_INVALID_PARAMETER);
	is("no alarm", runtime->SetWakeupTime(false, NULL), EFI_SUCCESS);
}

void test_time(void)
{
	EFI_TIME time = { 0 };
	EFI_TIME_CAPABILITIES capabilities = { 0 };

	is("the time", runtime->GetTime(&time, &capabilities), EFI_SUCCESS);
	ok("it is one", is_valid(&time));
	show_time(&time);
	ok("the clock ticks at least once a second", capabilities.Resolution >= 1);
	equals("nothing is in the gaps", time.Pad1 | time.Pad2, 0);
	is("for nobody", runtime->GetTime(NULL, NULL), EFI_INVALID_PARAMETER);
	test_set();
	test_wakeup();
}
