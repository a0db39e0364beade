/* SPDX-License-Identifier: Apache-2.0 */
/* The Gregorian calendar, counted in seconds since 1970. */
#include "efi/runtime/runtime.h"

enum {
	SECONDS_PER_DAY = 24 * 60 * 60,
	DAYS_PER_ERA = 146097, /* of 400 years */
	DAYS_TO_1970 = 719468, /* from the first of March of the year 0 */
	TIME_ZONE_MAX = 24 * 60,
};

static bool is_leap_year(u32 year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static u32 days_of_month(u32 year, u32 month)
{
	if (month == 2)
		return is_leap_year(year) ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool time_is_valid(const EFI_TIME *time)
{
	return time->Year >= 1900 && time->Year <= 9999 && time->Month >= 1 && time->Month <= 12 &&
	       time->Day >= 1 && time->Day <= days_of_month(time->Year, time->Month) &&
	       time->Hour <= 23 && time->Minute <= 59 && time->Second <= 59 &&
	       time->Nanosecond <= 999999999 &&
	       (time->TimeZone == EFI_UNSPECIFIED_TIMEZONE ||
		(time->TimeZone >= -TIME_ZONE_MAX && time->TimeZone <= TIME_ZONE_MAX)) &&
	       (time->Daylight & ~(EFI_TIME_ADJUST_DAYLIGHT | EFI_TIME_IN_DAYLIGHT)) == 0;
}

/* Years that begin in March have their leap day at the end. */
u64 time_to_seconds(const EFI_TIME *time)
{
	u32 year = time->Month > 2 ? time->Year : time->Year - 1u;
	u32 month = time->Month > 2 ? time->Month - 3u : time->Month + 9u;
	u32 days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
		   time->Day - 1u;

	return (u64)(days - DAYS_TO_1970) * SECONDS_PER_DAY + time->Hour * 3600u +
	       time->Minute * 60u + time->Second;
}

void time_from_seconds(u64 seconds, EFI_TIME *time)
{
	u32 days = (u32)(seconds / SECONDS_PER_DAY) + DAYS_TO_1970;
	u32 second = (u32)(seconds % SECONDS_PER_DAY);
	u32 era = days / DAYS_PER_ERA, day = days % DAYS_PER_ERA;
	u32 year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	u32 month;

	day -= year * 365 + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	*time = (EFI_TIME){
		.Year = (UINT16)(era * 400 + year + (month >= 10)),
		.Month = (UINT8)(month < 10 ? month + 3 : month - 9),
		.Day = (UINT8)(day - (153 * month + 2) / 5 + 1),
		.Hour = (UINT8)(second / 3600),
		.Minute = (UINT8)(second / 60 % 60),
		.Second = (UINT8)(second % 60),
	};
}
