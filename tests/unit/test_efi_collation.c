/* SPDX-License-Identifier: Apache-2.0 */
/* efi/protocols/collation.c: comparing and matching names (UEFI 2.11, 21.1). */
#include "tests/unit/test.h"

#include "efi/efi.h"
#include "efi/protocols/protocols.h"
#include "efi/spec/misc.h"
#include "lib/util.h"

static EFI_UNICODE_COLLATION_PROTOCOL *collation;

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface)
{
	(void)object;
	CHECK(guid_equals(protocol, &guid_unicode_collation));
	collation = interface;
	return EFI_SUCCESS;
}

static bool match(const CHAR16 *text, const CHAR16 *pattern)
{
	CHECK(!efi_collation_publish(NULL));
	return collation->MetaiMatch(collation, (CHAR16 *)text, (CHAR16 *)pattern);
}

static INTN compare(const CHAR16 *a, const CHAR16 *b)
{
	CHECK(!efi_collation_publish(NULL));
	return collation->StriColl(collation, (CHAR16 *)a, (CHAR16 *)b);
}

TEST(compares_ignoring_case)
{
	CHECK_EQUAL(compare(u"", u""), 0);
	CHECK_EQUAL(compare(u"Shell", u"sHELL"), 0);
	CHECK_EQUAL(compare(u"\u00e4", u"\u00c4"), 0);
	CHECK(compare(u"a", u"b") < 0);
	CHECK(compare(u"b", u"A") > 0);
	CHECK(compare(u"ab", u"a") > 0);
	CHECK(compare(u"", u"a") < 0);
}

TEST(matches_patterns)
{
	CHECK(match(u"", u""));
	CHECK(match(u"", u"**"));
	CHECK(!match(u"", u"?"));
	CHECK(match(u"startup.nsh", u"*.NSH"));
	CHECK(match(u"a.b.nsh", u"*.nsh"));
	CHECK(!match(u"startup.nsh", u"*.efi"));
	CHECK(match(u"abc", u"a?c"));
	CHECK(!match(u"abc", u"a?"));
	CHECK(!match(u"abc", u"abcd"));
	CHECK(match(u"abab", u"*ab"));
	CHECK(match(u"xayb", u"x*y*"));
	CHECK(match(u"*", u"[*]"));
}

TEST(matches_sets)
{
	CHECK(match(u"fs0", u"fs[0-9]"));
	CHECK(!match(u"fsa", u"fs[0-9]"));
	CHECK(match(u"b", u"[abc]"));
	CHECK(match(u"B", u"[a-c]"));
	CHECK(match(u"-", u"[a-]"));
	CHECK(match(u"x1y", u"*[0-9]y"));
	CHECK(match(u"a", u"[a"));
	CHECK(!match(u"b", u"[a"));
	CHECK(!match(u"a", u"["));
	CHECK(!match(u"a", u"[]"));
	CHECK(!match(u"b", u"[a-"));
}

/* The classic worst case, which takes exponential time with backtracking. */
TEST(matching_is_bounded)
{
	CHAR16 text[4096], pattern[64];

	for (size_t i = 0; i + 1 < ARRAY_SIZE(text); i++)
		text[i] = u'a';
	text[ARRAY_SIZE(text) - 1] = 0;
	for (size_t i = 0; i + 2 < ARRAY_SIZE(pattern); i++)
		pattern[i] = i % 2 ? u'a' : u'*';
	pattern[ARRAY_SIZE(pattern) - 2] = u'b';
	pattern[ARRAY_SIZE(pattern) - 1] = 0;
	CHECK(!match(text, pattern));
}

TEST(changes_case)
{
	CHAR16 text[] = u"aZ[\u00e4";

	CHECK(!efi_collation_publish(NULL));
	collation->StrUpr(collation, text);
	CHECK(memcmp(text, u"AZ[\u00c4", sizeof(text)) == 0);
	collation->StrLwr(collation, text);
	CHECK(memcmp(text, u"az[\u00e4", sizeof(text)) == 0);
}

TEST(converts_names_of_fat)
{
	CHAR16 text[9];
	CHAR8 fat[8] = "........";

	CHECK(!efi_collation_publish(NULL));
	collation->FatToStr(collation, 8, "KERNEL\0X", text);
	CHECK(memcmp(text, u"KERNEL", 14) == 0);
	collation->FatToStr(collation, 8, "ABCDEFGHI", text);
	CHECK(memcmp(text, u"ABCDEFGH", 18) == 0);
	CHECK(!collation->StrToFat(collation, (CHAR16 *)u"a. b", 8, fat));
	CHECK(memcmp(fat, "AB......", 8) == 0);
	CHECK(collation->StrToFat(collation, (CHAR16 *)u"x*\u00e4y", 8, fat));
	CHECK(memcmp(fat, "X__Y....", 8) == 0);
	CHECK(!collation->StrToFat(collation, (CHAR16 *)u"123456789", 8, fat));
	CHECK(memcmp(fat, "12345678", 8) == 0);
}
