/* SPDX-License-Identifier: Apache-2.0 */
/* The variable services: the result of each call (UEFI 2.11, 8.2) and the resulting state. */
#include "efi/runtime/runtime.h"
#include "lib/crc32.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum {
	NV = EFI_VARIABLE_NON_VOLATILE,
	BS = EFI_VARIABLE_BOOTSERVICE_ACCESS,
	RT = EFI_VARIABLE_RUNTIME_ACCESS,
	APPEND = EFI_VARIABLE_APPEND_WRITE,
};

static struct runtime_data data;
static EFI_GUID vendor = { { 1, 2, 3 } }, other_vendor = { { 1, 2, 4 } };
static u32 changes;
static EFI_STATUS change_result;

static EFI_STATUS on_change(void)
{
	changes++;
	return change_result;
}

static void start(void)
{
	memset(&data, 0, sizeof(data));
	data.on_change = on_change;
	runtime_data = &data;
	changes = 0;
	change_result = EFI_SUCCESS;
}

static EFI_STATUS set(CHAR16 *name, u32 attributes, const char *text)
{
	return runtime_set_variable(name, &vendor, attributes, strlen(text), (void *)text);
}

static bool holds(CHAR16 *name, u32 attributes, const char *text)
{
	char buffer[256];
	UINTN size = sizeof(buffer);
	UINT32 there = 0xdddd;

	return !runtime_get_variable(name, &vendor, &there, &size, buffer) && there == attributes &&
	       size == strlen(text) && memcmp(buffer, text, size) == 0;
}

static bool is_missing(CHAR16 *name)
{
	UINTN size = 0;

	return runtime_get_variable(name, &vendor, NULL, &size, NULL) == EFI_NOT_FOUND;
}

TEST(variables_that_were_set_exist)
{
	start();
	CHECK_EQUAL(set(u"A", NV | BS | RT, "one"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"B", BS, "two"), EFI_SUCCESS);
	CHECK(holds(u"A", NV | BS | RT, "one"));
	CHECK(holds(u"B", BS, "two"));
	CHECK(is_missing(u"C"));
	CHECK(is_missing(u"AB"));
	CHECK(is_missing(u""));
	CHECK_EQUAL(set(u"A", NV | BS | RT, "longer than before"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"B", BS, ""), EFI_SUCCESS);
	CHECK(holds(u"A", NV | BS | RT, "longer than before"));
	CHECK(is_missing(u"B"));
	CHECK_EQUAL(data.stores[RUNTIME_VOLATILE].used, 0);
}

TEST(a_name_belongs_to_its_vendor)
{
	UINTN size = 0;

	start();
	CHECK_EQUAL(set(u"A", BS, "one"), EFI_SUCCESS);
	CHECK_EQUAL(runtime_get_variable(u"A", &other_vendor, NULL, &size, NULL), EFI_NOT_FOUND);
	CHECK_EQUAL(runtime_set_variable(u"A", &other_vendor, NV | BS, 1, "2"), EFI_SUCCESS);
	CHECK(holds(u"A", BS, "one"));
}

TEST(get_checks_its_parameters)
{
	char buffer[8];
	UINT32 attributes = 0;
	UINTN size = 0;

	start();
	CHECK_EQUAL(set(u"A", BS | RT, "four"), EFI_SUCCESS);
	CHECK_EQUAL(runtime_get_variable(NULL, &vendor, NULL, &size, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_get_variable(u"A", NULL, NULL, &size, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_get_variable(u"A", &vendor, NULL, NULL, buffer), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_get_variable(u"A", &vendor, &attributes, &size, NULL),
		    EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, 4);
	CHECK_EQUAL(attributes, BS | RT);
	CHECK_EQUAL(runtime_get_variable(u"A", &vendor, NULL, &size, NULL), EFI_INVALID_PARAMETER);
	size = 3;
	CHECK_EQUAL(runtime_get_variable(u"A", &vendor, NULL, &size, buffer), EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, 4);
}

TEST(set_checks_its_parameters)
{
	static const struct {
		CHAR16 *name;
		u32 attributes;
		UINTN size;
		const char *data;
		EFI_STATUS status;
	} cases[] = {
		{ NULL, BS, 1, "x", EFI_INVALID_PARAMETER },
		{ u"", BS, 1, "x", EFI_INVALID_PARAMETER },
		{ u"A", BS, 1, NULL, EFI_INVALID_PARAMETER },
		{ u"A", RT, 1, "x", EFI_INVALID_PARAMETER },
		{ u"A", NV | RT, 1, "x", EFI_INVALID_PARAMETER },
		{ u"A", BS | 0x100, 1, "x", EFI_INVALID_PARAMETER },
		{ u"A", BS | RUNTIME_READ_ONLY, 1, "x", EFI_INVALID_PARAMETER },
		{ u"A", BS | RUNTIME_FILE_IMAGE, 1, "x", EFI_INVALID_PARAMETER },
		{ u"A", NV | BS | EFI_VARIABLE_HARDWARE_ERROR_RECORD, 1, "x", EFI_UNSUPPORTED },
		{ u"A", BS | EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS, 1, "x", EFI_UNSUPPORTED },
		{ u"A", BS | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS, 1, "x",
		  EFI_UNSUPPORTED },
		{ u"A", BS | EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS, 1, "x", EFI_UNSUPPORTED },
		{ u"A", BS, UINT64_MAX, "x", EFI_INVALID_PARAMETER },
		{ u"A", BS, 1ull << 32, "x", EFI_INVALID_PARAMETER },
		{ u"A", BS, 67 * 1024, "x", EFI_INVALID_PARAMETER },
		{ u"A", BS, 0, NULL, EFI_NOT_FOUND },
		{ u"A", NV, 1, "x", EFI_NOT_FOUND },
		{ u"A", 0, 1, "x", EFI_NOT_FOUND },
		{ u"A", 0, 0, NULL, EFI_NOT_FOUND },
		{ u"A", BS | APPEND, 0, NULL, EFI_NOT_FOUND },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		CHECK_OF(runtime_set_variable(cases[i].name, &vendor, cases[i].attributes,
					      cases[i].size,
					      (void *)cases[i].data) == cases[i].status,
			 "case %u", i);
		CHECK_EQUAL(data.stores[0].used + data.stores[1].used, 0);
		CHECK_EQUAL(changes, 0);
	}
	CHECK_EQUAL(runtime_set_variable(u"A", NULL, BS, 1, "x"), EFI_INVALID_PARAMETER);
}

TEST(attributes_do_not_change)
{
	start();
	CHECK_EQUAL(set(u"A", NV | BS, "one"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"A", BS, "two"), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(set(u"A", NV | BS | RT, "two"), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(set(u"A", BS | APPEND, "two"), EFI_INVALID_PARAMETER);
	CHECK(holds(u"A", NV | BS, "one"));
	/* Deletion works with any attributes. */
	CHECK_EQUAL(set(u"A", 0, ""), EFI_SUCCESS);
	CHECK_EQUAL(set(u"A", BS, "two"), EFI_SUCCESS);
	CHECK(holds(u"A", BS, "two"));
}

TEST(appending)
{
	start();
	CHECK_EQUAL(set(u"A", NV | BS | APPEND, "one"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"B", NV | BS, "next"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"A", NV | BS | APPEND, " and two"), EFI_SUCCESS);
	CHECK(holds(u"A", NV | BS, "one and two"));
	CHECK(holds(u"B", NV | BS, "next"));
	changes = 0;
	CHECK_EQUAL(set(u"A", NV | BS | APPEND, ""), EFI_SUCCESS);
	CHECK(holds(u"A", NV | BS, "one and two"));
	CHECK_EQUAL(changes, 0);
}

TEST(only_changes_of_non_volatile_variables_are_reported)
{
	start();
	(void)set(u"A", BS | RT, "volatile");
	CHECK_EQUAL(changes, 0);
	(void)set(u"B", NV | BS, "one");
	CHECK_EQUAL(changes, 1);
	(void)set(u"B", NV | BS, "one");
	CHECK_EQUAL(changes, 1);
	(void)set(u"B", NV | BS, "two");
	CHECK_EQUAL(changes, 2);
	(void)set(u"B", 0, "");
	CHECK_EQUAL(changes, 3);
	change_result = EFI_DEVICE_ERROR;
	CHECK_EQUAL(set(u"B", NV | BS, "one"), EFI_DEVICE_ERROR);
}

TEST(read_only_variables_are_the_firmwares)
{
	static const EFI_GUID own = FATWOOD_VARIABLE_GUID;

	start();
	CHECK_EQUAL(runtime_set_own_variable(u"A", &vendor, BS | RT | RUNTIME_READ_ONLY, 1, "1"),
		    EFI_SUCCESS);
	CHECK(holds(u"A", BS | RT, "1"));
	CHECK_EQUAL(set(u"A", BS | RT, "2"), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(set(u"A", BS | RT | APPEND, "2"), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(set(u"A", 0, ""), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(runtime_set_variable(u"B", (EFI_GUID *)&own, BS, 1, "x"), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(runtime_set_own_variable(u"A", &vendor, BS | RT | RUNTIME_READ_ONLY, 1, "3"),
		    EFI_SUCCESS);
	CHECK(holds(u"A", BS | RT, "3"));
	CHECK_EQUAL(runtime_set_own_variable(u"A", &vendor, 0, 0, NULL), EFI_SUCCESS);
	CHECK(is_missing(u"A"));
}

TEST(names_are_listed)
{
	CHAR16 name[16] = { 0 };
	EFI_GUID found = { 0 };
	UINTN size = sizeof(name);

	start();
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_NOT_FOUND);
	(void)set(u"Volatile", BS | RT, "1");
	(void)set(u"Kept", NV | BS | RT, "1");
	(void)set(u"Boot", NV | BS, "1");

	size = 2;
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, sizeof(u"Kept"));
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_SUCCESS);
	CHECK(memcmp(name, u"Kept", sizeof(u"Kept")) == 0);
	CHECK(guid_equals(&found, &vendor));
	size = sizeof(name);
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_SUCCESS);
	CHECK(memcmp(name, u"Boot", sizeof(u"Boot")) == 0);
	size = sizeof(name);
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_SUCCESS);
	CHECK(memcmp(name, u"Volatile", sizeof(u"Volatile")) == 0);
	CHECK_EQUAL(size, sizeof(u"Volatile"));
	size = sizeof(name);
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_NOT_FOUND);

	/* At runtime, boot services variables are not visible. */
	data.at_runtime = true;
	memcpy(name, u"Kept", sizeof(u"Kept"));
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_SUCCESS);
	CHECK(memcmp(name, u"Volatile", sizeof(u"Volatile")) == 0);
}

TEST(listing_checks_its_parameters)
{
	CHAR16 name[4] = { 0 };
	EFI_GUID found = { 0 };
	UINTN size = sizeof(name);

	start();
	(void)set(u"A", BS, "1");
	CHECK_EQUAL(runtime_get_next_variable_name(NULL, name, &found), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_get_next_variable_name(&size, NULL, &found), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, NULL), EFI_INVALID_PARAMETER);
	size = 0;
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_INVALID_PARAMETER);
	size = sizeof(name);
	memset(name, 'x', sizeof(name));
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_INVALID_PARAMETER);
	memcpy(name, u"Z", sizeof(u"Z"));
	CHECK_EQUAL(runtime_get_next_variable_name(&size, name, &found), EFI_INVALID_PARAMETER);
}

TEST(at_runtime)
{
	start();
	(void)set(u"Volatile", BS | RT, "1");
	(void)set(u"Kept", NV | BS | RT, "1");
	(void)set(u"Boot", NV | BS, "1");
	data.at_runtime = true;
	data.on_change = NULL;
	CHECK(is_missing(u"Boot"));
	CHECK_EQUAL(set(u"Boot", NV | BS | RT, "2"), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(set(u"Boot", 0, ""), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(set(u"Volatile", BS | RT, "2"), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(set(u"New", BS | RT, "1"), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(set(u"New", NV | BS, "1"), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(set(u"New", NV | BS | RT, "1"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"Kept", NV | BS | RT, "2"), EFI_SUCCESS);
	CHECK(holds(u"Kept", NV | BS | RT, "2"));
	CHECK_EQUAL(set(u"New", 0, ""), EFI_SUCCESS);
	/* As Linux does after checking for room. */
	CHECK_EQUAL(set(u"DUMMY", NV | BS | RT, ""), EFI_NOT_FOUND);

	data.set_variable_refused = true;
	CHECK_EQUAL(set(u"Kept", NV | BS | RT, "3"), EFI_UNSUPPORTED);
	CHECK(holds(u"Kept", NV | BS | RT, "2"));
}

TEST(room_is_separate)
{
	static u8 large[64 * 1024];
	u64 size, left, size_max, left_after;

	start();
	memset(large, 'x', sizeof(large));
	CHECK_EQUAL(runtime_set_variable(u"A", &vendor, NV | BS, sizeof(large), large),
		    EFI_SUCCESS);
	CHECK_EQUAL(runtime_query_variable_info(NV | BS, &size, &left, &size_max), EFI_SUCCESS);
	CHECK_EQUAL(size, RUNTIME_STORE_SIZE);
	CHECK_EQUAL(runtime_set_variable(u"B", &vendor, NV | BS, sizeof(large), large),
		    EFI_OUT_OF_RESOURCES);
	CHECK(is_missing(u"B"));
	/* The reported size fits, but one byte more does not. */
	CHECK_EQUAL(runtime_set_variable(u"B", &vendor, NV | BS, size_max - sizeof(u"B") + 8, large),
		    EFI_OUT_OF_RESOURCES);
	CHECK_EQUAL(runtime_set_variable(u"B", &vendor, NV | BS, size_max - sizeof(u"B"), large),
		    EFI_SUCCESS);
	CHECK_EQUAL(runtime_query_variable_info(NV | BS, &size, &left_after, &size_max),
		    EFI_SUCCESS);
	CHECK_EQUAL(left_after, 0);
	CHECK_EQUAL(size_max, 0);
	CHECK_EQUAL(runtime_set_variable(u"B", &vendor, NV | BS | APPEND, 8, large),
		    EFI_OUT_OF_RESOURCES);

	CHECK_EQUAL(runtime_set_variable(u"C", &vendor, BS | RT, sizeof(large), large),
		    EFI_SUCCESS);
	CHECK_EQUAL(set(u"A", 0, ""), EFI_SUCCESS);
	CHECK_EQUAL(runtime_set_variable(u"D", &vendor, NV | BS, sizeof(large), large),
		    EFI_SUCCESS);
}

TEST(query_checks_its_parameters)
{
	u64 size, left, size_max;

	start();
	CHECK_EQUAL(runtime_query_variable_info(0, &size, &left, &size_max), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_query_variable_info(NV, &size, &left, &size_max),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(
		runtime_query_variable_info(NV | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS,
					    &size, &left, &size_max),
		EFI_UNSUPPORTED);
	CHECK_EQUAL(runtime_query_variable_info(RT, &size, &left, &size_max),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_query_variable_info(BS, NULL, &left, &size_max), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_query_variable_info(BS, &size, NULL, &size_max), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_query_variable_info(BS, &size, &left, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_query_variable_info(NV | BS | EFI_VARIABLE_HARDWARE_ERROR_RECORD, &size,
						&left, &size_max),
		    EFI_UNSUPPORTED);
	CHECK_EQUAL(runtime_query_variable_info(BS | RT, &size, &left, &size_max), EFI_SUCCESS);
	CHECK_EQUAL(left, RUNTIME_STORE_SIZE);
	CHECK(size_max >= 64 * 1024);
	data.at_runtime = true;
	CHECK_EQUAL(runtime_query_variable_info(BS, &size, &left, &size_max),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_query_variable_info(NV | BS | RT, &size, &left, &size_max),
		    EFI_SUCCESS);
}

TEST(a_variable_can_be_the_file)
{
	u8 file[512];
	UINTN size = 0;

	start();
	(void)set(u"A", NV | BS, "one");
	(void)runtime_set_own_variable(u"File", &vendor,
				       BS | RT | RUNTIME_READ_ONLY | RUNTIME_FILE_IMAGE, 1, "");
	CHECK_EQUAL(runtime_get_variable(u"File", &vendor, NULL, &size, NULL),
		    EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, 24 + 40);
	CHECK_EQUAL(runtime_get_variable(u"File", &vendor, NULL, &size, file), EFI_SUCCESS);
	CHECK(memcmp(file, "\0\0\0\0\0\0\0\0UbEfiVa\1", 16) == 0);
	CHECK_EQUAL(load_le32(file + 16), 24 + 40);
	CHECK_EQUAL(load_le32(file + 20), crc32(0, span_of(file + 24, 40)));
	CHECK_EQUAL(load_le32(file + 24), 3);
	CHECK_EQUAL(load_le32(file + 28), NV | BS);
	CHECK(memcmp(file + 40, &vendor, 16) == 0);
	CHECK(memcmp(file + 56, "A\0\0\0one\0", 8) == 0);
}

TEST(our_own_variables_override_those_from_the_disk)
{
	start();
	CHECK_EQUAL(set(u"SecureBoot", NV | BS | RT, "yes"), EFI_SUCCESS);
	changes = 0;
	CHECK_EQUAL(runtime_set_own_variable(u"SecureBoot", &vendor, BS | RT | RUNTIME_READ_ONLY, 2,
					     "no"),
		    EFI_SUCCESS);
	CHECK(holds(u"SecureBoot", BS | RT, "no"));
	CHECK_EQUAL(data.stores[RUNTIME_NON_VOLATILE].used, 0);
	/* That must not cause a disk write. */
	CHECK_EQUAL(changes, 0);
	CHECK_EQUAL(set(u"SecureBoot", BS | RT, "yes"), EFI_WRITE_PROTECTED);
	CHECK_EQUAL(set(u"SecureBoot", BS | RT, ""), EFI_WRITE_PROTECTED);
	CHECK(holds(u"SecureBoot", BS | RT, "no"));
}
