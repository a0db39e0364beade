/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_UNICODE_COLLATION_PROTOCOL: a pattern and a text are matched as by a table of all their
 * parts, in bounded work; comparing, changing the case, and names of FAT keep to their rules. The
 * input is the pattern, up to a NUL, and the text; bytes from 0xe0 on are Greek letters.
 */
#include "efi/efi.h"
#include "efi/protocols/protocols.h"
#include "efi/spec/misc.h"
#include "lib/utf.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { UNITS_MAX = 128, GREEK = 0x3b1, STEPS = 32 };

static EFI_UNICODE_COLLATION_PROTOCOL *collation;

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface)
{
	(void)object, (void)protocol;
	collation = interface;
	return EFI_SUCCESS;
}

static size_t take(const u8 *data, size_t size, CHAR16 out[UNITS_MAX + 1])
{
	size_t count = 0;

	for (; count < size && count < UNITS_MAX && data[count]; count++)
		out[count] = data[count] < 0xe0 ? data[count] : GREEK + (data[count] - 0xe0);
	out[count] = 0;
	return count;
}

/* Elements of a pattern that begin at @at: how many units the first has, and what it matches. */
static size_t element_size(const CHAR16 *at)
{
	size_t size = 1;

	if (*at != u'[')
		return 1;
	while (at[size] && at[size] != u']')
		size++;
	return size + (at[size] == u']');
}

static bool is_in_set(const CHAR16 *set, size_t size, CHAR16 unit)
{
	size_t end = size > 1 && set[size - 1] == u']' ? size - 1 : size;
	u16 wanted = ucs2_to_upper(unit);

	for (size_t i = 1; i < end; i++) {
		u16 first = ucs2_to_upper(set[i]), last = first;

		if (i + 2 < end && set[i + 1] == u'-') {
			last = ucs2_to_upper(set[i + 2]);
			i += 2;
		}
		if (wanted >= first && wanted <= last)
			return true;
	}
	return false;
}

static bool element_matches(const CHAR16 *at, CHAR16 unit)
{
	if (*at == u'[')
		return is_in_set(at, element_size(at), unit);
	return *at == u'?' || ucs2_to_upper(*at) == ucs2_to_upper(unit);
}

/* Row by row: does what comes from there on in the pattern match the text from there on? */
static bool model_matches(const CHAR16 *pattern, size_t pattern_count, const CHAR16 *text,
			  size_t count)
{
	static bool table[UNITS_MAX + 1][UNITS_MAX + 1];

	for (size_t p = pattern_count + 1; p--;) {
		for (size_t t = count + 1; t--;) {
			bool *out = &table[p][t];

			if (p == pattern_count)
				*out = t == count;
			else if (pattern[p] == u'*')
				*out = table[p + 1][t] || (t < count && table[p][t + 1]);
			else
				*out = t < count && element_matches(pattern + p, text[t]) &&
				       table[p + element_size(pattern + p)][t + 1];
		}
	}
	return table[0][0];
}

static void check_matching(CHAR16 *pattern, size_t pattern_count, CHAR16 *text, size_t count)
{
	u64 steps = host_steps;
	bool found = collation->MetaiMatch(collation, text, pattern);

	CHECK(host_steps - steps <= STEPS * (count + 2) * (pattern_count + 2));
	CHECK(found == model_matches(pattern, pattern_count, text, count));
}

static int sign(INTN number)
{
	return (number > 0) - (number < 0);
}

static void check_case(CHAR16 *a, CHAR16 *b, size_t count)
{
	CHAR16 upper[UNITS_MAX + 1], lower[UNITS_MAX + 1];

	CHECK(sign(collation->StriColl(collation, a, b)) ==
	      -sign(collation->StriColl(collation, b, a)));
	memcpy(upper, b, sizeof(upper));
	memcpy(lower, b, sizeof(lower));
	collation->StrUpr(collation, upper);
	collation->StrLwr(collation, lower);
	CHECK(!upper[count] && !lower[count]);
	CHECK(collation->StriColl(collation, upper, b) == 0);
	CHECK(collation->StriColl(collation, lower, b) == 0);
}

/* @size: of the FAT name, which has no NUL. */
static void check_fat(CHAR16 *text, size_t count, size_t size)
{
	char fat[UNITS_MAX + 1];
	CHAR16 back[UNITS_MAX + 1];
	size_t kept = 0, made = 0;
	bool is_changed;

	memset(fat, 0, sizeof(fat));
	is_changed = collation->StrToFat(collation, text, size, fat);
	while (made <= size && fat[made])
		made++;
	for (size_t i = 0; i < count; i++)
		kept += text[i] != u'.' && text[i] != u' ';
	CHECK(made == min_u64(kept, size));
	collation->FatToStr(collation, size, fat, back);
	for (size_t i = 0, at = 0; at < made; i++) {
		if (text[i] == u'.' || text[i] == u' ')
			continue;
		CHECK(back[at] == ucs2_to_upper(text[i]) || (back[at] == u'_' && is_changed));
		at++;
	}
	CHECK(!back[made]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	CHAR16 pattern[UNITS_MAX + 1] = { 0 }, text[UNITS_MAX + 1] = { 0 };
	size_t pattern_count = take(data, size, pattern), skipped, count;

	skipped = min_u64(pattern_count + 1, size);
	count = take(data + skipped, size - skipped, text);
	if (!collation)
		CHECK(!efi_collation_publish(NULL));
	check_matching(pattern, pattern_count, text, count);
	check_case(pattern, text, count);
	check_fat(text, count, pattern_count);
	return 0;
}
