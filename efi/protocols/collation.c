/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_UNICODE_COLLATION_PROTOCOL (UEFI 2.11, 21.1) by the simple cases of lib/utf.h, which is also
 * how names on FAT are compared. The OEM character set of FAT is taken for ASCII.
 */
#include "efi/protocols/protocols.h"
#include "efi/spec/misc.h"
#include "lib/utf.h"

static INTN EFIAPI compare(EFI_UNICODE_COLLATION_PROTOCOL *this, CHAR16 *first, CHAR16 *second)
{
	(void)this;
	while (*first && ucs2_to_upper(*first) == ucs2_to_upper(*second)) {
		first++;
		second++;
	}
	return (INTN)ucs2_to_upper(*first) - ucs2_to_upper(*second);
}

/*
 * Does @character match the element that *@pattern begins with, a set or a single character? Leaves
 * there what follows the element. A set that is not closed ends with the pattern.
 */
static bool element_matches(const CHAR16 **pattern, CHAR16 character)
{
	const CHAR16 *at = *pattern;
	u16 wanted = ucs2_to_upper(character);
	bool found = false;

	if (*at != u'[') {
		*pattern = at + 1;
		return *at == u'?' || ucs2_to_upper(*at) == wanted;
	}
	for (at++; *at && *at != u']'; at++) {
		u16 first = ucs2_to_upper(*at), last = first;

		if (at[1] == u'-' && at[2] && at[2] != u']') {
			at += 2;
			last = ucs2_to_upper(*at);
		}
		found = found || (wanted >= first && wanted <= last);
	}
	*pattern = *at ? at + 1 : at;
	return found;
}

/*
 * Only the last '*' ever needs to take more: what stood before it has matched as early as it can.
 * So the work is bounded by the product of both lengths.
 */
static BOOLEAN EFIAPI matches(EFI_UNICODE_COLLATION_PROTOCOL *this, CHAR16 *string, CHAR16 *pattern)
{
	const CHAR16 *at = pattern, *after_star = NULL, *star_end = NULL;

	(void)this;
	while (*string) {
		if (*at == u'*') {
			after_star = ++at;
			star_end = string;
		} else if (*at && element_matches(&at, *string)) {
			string++;
		} else if (after_star) {
			at = after_star;
			string = (CHAR16 *)++star_end;
		} else {
			return false;
		}
	}
	while (*at == u'*')
		at++;
	return !*at;
}

static VOID EFIAPI to_lower(EFI_UNICODE_COLLATION_PROTOCOL *this, CHAR16 *string)
{
	(void)this;
	for (; *string; string++)
		*string = ucs2_to_lower(*string);
}

static VOID EFIAPI to_upper(EFI_UNICODE_COLLATION_PROTOCOL *this, CHAR16 *string)
{
	(void)this;
	for (; *string; string++)
		*string = ucs2_to_upper(*string);
}

static VOID EFIAPI from_fat(EFI_UNICODE_COLLATION_PROTOCOL *this, UINTN size, CHAR8 *fat,
			    CHAR16 *string)
{
	(void)this;
	for (; size && *fat; size--)
		*string++ = (UINT8)*fat++;
	*string = 0;
}

static bool is_fat_character(CHAR16 character)
{
	static const char forbidden[] = "\"*+,/:;<=>?[\\]|";

	if (character <= 0x20 || character >= 0x7f)
		return false;
	for (const char *c = forbidden; *c; c++)
		if (character == (UINT8)*c)
			return false;
	return true;
}

static BOOLEAN EFIAPI to_fat(EFI_UNICODE_COLLATION_PROTOCOL *this, CHAR16 *string, UINTN size,
			     CHAR8 *fat)
{
	BOOLEAN is_changed = false;

	(void)this;
	for (; size && *string; string++) {
		if (*string == u'.' || *string == u' ')
			continue;
		if (is_fat_character(*string)) {
			*fat++ = (CHAR8)ucs2_to_upper(*string);
		} else {
			*fat++ = '_';
			is_changed = true;
		}
		size--;
	}
	return is_changed;
}

static EFI_UNICODE_COLLATION_PROTOCOL collation = {
	.StriColl = compare,
	.MetaiMatch = matches,
	.StrLwr = to_lower,
	.StrUpr = to_upper,
	.FatToStr = from_fat,
	.StrToFat = to_fat,
	.SupportedLanguages = "en",
};

EFI_STATUS efi_collation_publish(struct efi_object *object)
{
	return efi_install(object, &guid_unicode_collation, &collation);
}
