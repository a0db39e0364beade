/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 7.5, 8.5, 21.1, 37.5: counters, checksums, memory, capsules, collation, random
 * numbers. */
#include "selftest.h"

static void test_crc(void)
{
	UINT32 crc = 0;

	is("CRC-32", boot->CalculateCrc32("123456789", 9, &crc), EFI_SUCCESS);
	equals("its check value", crc, 0xcbf43926);
	is("of no data", boot->CalculateCrc32(NULL, 9, &crc), EFI_INVALID_PARAMETER);
	is("of no size", boot->CalculateCrc32("1", 0, &crc), EFI_INVALID_PARAMETER);
	is("for nobody", boot->CalculateCrc32("1", 1, NULL), EFI_INVALID_PARAMETER);
}

static void test_copy(void)
{
	u8 data[32], wanted[32];

	for (u8 i = 0; i < sizeof(data); i++)
		data[i] = wanted[i] = i;
	boot->CopyMem(data + 3, data, 20);
	for (u8 i = 0; i < 20; i++)
		wanted[3 + i] = i;
	ok("copy upwards over itself", !memcmp(data, wanted, sizeof(data)));
	boot->CopyMem(data, data + 5, 20);
	for (u8 i = 0; i < 20; i++)
		wanted[i] = wanted[i + 5];
	ok("copy downwards over itself", !memcmp(data, wanted, sizeof(data)));
	boot->SetMem(data + 1, 5, 0xee);
	for (u8 i = 1; i < 6; i++)
		wanted[i] = 0xee;
	ok("set", !memcmp(data, wanted, sizeof(data)));
	boot->SetMem(data, 0, 0x11);
	boot->CopyMem(data, data + 9, 0);
	ok("set and copy nothing", !memcmp(data, wanted, sizeof(data)));
}

static void test_counters(void)
{
	UINT64 first = 0, second = 0;
	UINT32 high = 0;

	is("count", boot->GetNextMonotonicCount(&first), EFI_SUCCESS);
	is("count on", boot->GetNextMonotonicCount(&second), EFI_SUCCESS);
	ok("it grew", second > first);
	is("count for nobody", boot->GetNextMonotonicCount(NULL), EFI_INVALID_PARAMETER);
	is("the high half", runtime->GetNextHighMonotonicCount(&high), EFI_SUCCESS);
	ok("it grew", high > second >> 32);
	is("the high half for nobody", runtime->GetNextHighMonotonicCount(NULL),
	   EFI_INVALID_PARAMETER);
}

static void test_runtime(void)
{
	EFI_MEMORY_DESCRIPTOR map = { .Type = EfiRuntimeServicesData };
	EFI_CAPSULE_HEADER capsule = { .HeaderSize = sizeof(capsule),
				       .CapsuleImageSize = sizeof(capsule) };
	EFI_CAPSULE_HEADER *capsules[] = { &capsule };

	is("a virtual map, before the end of boot services",
	   runtime->SetVirtualAddressMap(sizeof(map), sizeof(map), 1, &map), EFI_UNSUPPORTED);
	is_either("a capsule of none", runtime->UpdateCapsule(NULL, 0, 0), EFI_INVALID_PARAMETER,
		  EFI_UNSUPPORTED);
	capsule.Flags = CAPSULE_FLAGS_PERSIST_ACROSS_RESET;
	is("a capsule that is kept nowhere", runtime->UpdateCapsule(capsules, 1, 0),
	   EFI_INVALID_PARAMETER);
	capsule.Flags = CAPSULE_FLAGS_POPULATE_SYSTEM_TABLE;
	is("a capsule for a table, which is not kept", runtime->UpdateCapsule(capsules, 1, 0),
	   EFI_INVALID_PARAMETER);
	capsule.Flags = CAPSULE_FLAGS_INITIATE_RESET;
	is("a capsule that resets, and is not kept", runtime->UpdateCapsule(capsules, 1, 0),
	   EFI_INVALID_PARAMETER);
}

void test_misc(void)
{
	test_crc();
	test_copy();
	test_counters();
	test_runtime();
}

void test_random(void)
{
	EFI_GUID raw = EFI_RNG_ALGORITHM_RAW, absent = TEST_GUID(60);
	EFI_RNG_PROTOCOL *random = protocol((EFI_GUID)EFI_RNG_PROTOCOL_GUID);
	EFI_GUID list[8];
	UINTN size = 0;
	u8 first[32] = { 0 }, second[32] = { 0 };
	bool has_raw = false;

	if (!random) {
		skip("random numbers", "this machine has no source of them");
		return;
	}
	is("algorithms without a buffer", random->GetInfo(random, &size, NULL),
	   EFI_BUFFER_TOO_SMALL);
	ok("the size is returned", size && size % sizeof(EFI_GUID) == 0 && size <= sizeof(list));
	is("algorithms", random->GetInfo(random, &size, list), EFI_SUCCESS);
	for (UINTN i = 0; i < size / sizeof(EFI_GUID); i++)
		has_raw |= !memcmp(&list[i], &raw, sizeof(raw));
	is("no size", random->GetInfo(random, NULL, list), EFI_INVALID_PARAMETER);
	is("numbers", random->GetRNG(random, NULL, sizeof(first), first), EFI_SUCCESS);
	is("more of them", random->GetRNG(random, NULL, sizeof(second), second), EFI_SUCCESS);
	ok("they differ", memcmp(first, second, sizeof(first)));
	is("raw ones", random->GetRNG(random, &raw, 8, first),
	   has_raw ? EFI_SUCCESS : EFI_UNSUPPORTED);
	is("of no such algorithm", random->GetRNG(random, &absent, 8, first), EFI_UNSUPPORTED);
	is("none", random->GetRNG(random, NULL, 0, first), EFI_INVALID_PARAMETER);
	is("for nobody", random->GetRNG(random, NULL, 8, NULL), EFI_INVALID_PARAMETER);
}

static const struct {
	CHAR16 *text, *pattern;
	bool match;
} patterns[] = {
	{ u"abc", u"abc", true },
	{ u"abc", u"ABC", true },
	{ u"abc", u"a*", true },
	{ u"abc", u"*c", true },
	{ u"abc", u"a?c", true },
	{ u"abc", u"a?", false },
	{ u"abc", u"*", true },
	{ u"", u"*", true },
	{ u"", u"?", false },
	{ u"abc", u"[a-c]bc", true },
	{ u"abc", u"[d-f]bc", false },
	{ u"abc", u"a[bx]c", true },
	{ u"abcabc", u"*abc", true },
	{ u"abcab", u"*abc", false },
	{ u"aaaaaaab", u"a*a*a*b", true },
};

void test_collation(void)
{
	EFI_UNICODE_COLLATION_PROTOCOL *collation =
		protocol((EFI_GUID)EFI_UNICODE_COLLATION_PROTOCOL2_GUID);
	CHAR16 text[16] = u"MiXed 1";
	CHAR8 fat[16] = { 0 };

	if (!ok("there is UnicodeCollation2", collation != NULL))
		return;
	ok("it has languages", collation->SupportedLanguages && *collation->SupportedLanguages);
	equals("equal but for case", (u64)collation->StriColl(collation, u"abc", u"ABC"), 0);
	ok("less", collation->StriColl(collation, u"abc", u"ABD") < 0);
	ok("more", collation->StriColl(collation, u"abcd", u"ABC") > 0);
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		print("# %S\n", patterns[i].pattern);
		ok("a pattern", !!collation->MetaiMatch(collation, patterns[i].text,
							patterns[i].pattern) == patterns[i].match);
	}
	collation->StrUpr(collation, text);
	ok("upper case", equal16(text, u"MIXED 1"));
	collation->StrLwr(collation, text);
	ok("lower case", equal16(text, u"mixed 1"));
	ok("to a short name",
	   !collation->StrToFat(collation, u"autoexec", 8, fat) && !memcmp(fat, "AUTOEXEC", 8));
	ok("a space is removed",
	   !collation->StrToFat(collation, u"a b", 8, fat) && !memcmp(fat, "AB", 2));
	ok("a character without an equivalent becomes _",
	   collation->StrToFat(collation, u"a+b", 8, fat) && !memcmp(fat, "A_B", 3));
	collation->FatToStr(collation, 3, "ABC", text);
	ok("from a short name", equal16(text, u"ABC"));
}
