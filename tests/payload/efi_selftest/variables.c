/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 8.2: volatile and non-volatile variables, and errors. */
#include "selftest.h"

#define BS EFI_VARIABLE_BOOTSERVICE_ACCESS
#define RT (EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)
#define NV EFI_VARIABLE_NON_VOLATILE

static EFI_GUID guid = TEST_GUID(30), other_guid = TEST_GUID(31), global = EFI_GLOBAL_VARIABLE;

static EFI_STATUS set(CHAR16 *name, u32 attributes, UINTN size, const void *data)
{
	return runtime->SetVariable(name, &guid, attributes, size, (void *)data);
}

/* Does the variable have that text and those attributes? */
static bool has(CHAR16 *name, u32 attributes, const char *text)
{
	char value[64];
	UINTN size = sizeof(value), length = 0;
	UINT32 found = 0;

	while (text[length])
		length++;
	return !runtime->GetVariable(name, &guid, &found, &size, value) && size == length &&
	       found == attributes && !memcmp(value, text, length);
}

static void test_get(void)
{
	char value[8];
	UINTN size = 0;
	UINT32 attributes = 0;

	set(u"Get", BS, 5, "hello");
	is("without a buffer", runtime->GetVariable(u"Get", &guid, &attributes, &size, NULL),
	   EFI_BUFFER_TOO_SMALL);
	equals("the size is returned", size, 5);
	equals("so are the attributes", attributes, BS);
	size = 4;
	is("a byte too small", runtime->GetVariable(u"Get", &guid, NULL, &size, value),
	   EFI_BUFFER_TOO_SMALL);
	equals("the size is returned", size, 5);
	size = sizeof(value);
	is("with room", runtime->GetVariable(u"Get", &guid, NULL, &size, value), EFI_SUCCESS);
	equals("the size is true", size, 5);
	ok("the data is", !memcmp(value, "hello", 5));
	is("no such name", runtime->GetVariable(u"Absent", &guid, NULL, &size, value),
	   EFI_NOT_FOUND);
	is("names have cases", runtime->GetVariable(u"get", &guid, NULL, &size, value),
	   EFI_NOT_FOUND);
	is("another vendor", runtime->GetVariable(u"Get", &other_guid, NULL, &size, value),
	   EFI_NOT_FOUND);
	is("no name", runtime->GetVariable(NULL, &guid, NULL, &size, value), EFI_INVALID_PARAMETER);
	is("no vendor", runtime->GetVariable(u"Get", NULL, NULL, &size, value),
	   EFI_INVALID_PARAMETER);
	is("no size", runtime->GetVariable(u"Get", &guid, NULL, NULL, value),
	   EFI_INVALID_PARAMETER);
	size = sizeof(value);
	is("a size without a buffer", runtime->GetVariable(u"Get", &guid, NULL, &size, NULL),
	   EFI_INVALID_PARAMETER);
	is("the empty name", runtime->GetVariable(u"", &guid, NULL, &size, value), EFI_NOT_FOUND);
	set(u"Get", 0, 0, NULL);
}

static void test_set(void)
{
	static const u32 kinds[] = { BS, RT, NV | BS, NV | RT };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		u32 kind = kinds[i];

		is("create", set(u"Set", kind, 3, "one"), EFI_SUCCESS);
		ok("it is there", has(u"Set", kind, "one"));
		is("write it longer", set(u"Set", kind, 11, "one and two"), EFI_SUCCESS);
		ok("it is longer", has(u"Set", kind, "one and two"));
		is("write it shorter", set(u"Set", kind, 1, "x"), EFI_SUCCESS);
		ok("it is shorter", has(u"Set", kind, "x"));
		is("append", set(u"Set", kind | EFI_VARIABLE_APPEND_WRITE, 2, "yz"), EFI_SUCCESS);
		ok("it has both", has(u"Set", kind, "xyz"));
		is("append nothing", set(u"Set", kind | EFI_VARIABLE_APPEND_WRITE, 0, NULL),
		   EFI_SUCCESS);
		ok("it is unchanged", has(u"Set", kind, "xyz"));
		is("other attributes", set(u"Set", kind ^ EFI_VARIABLE_RUNTIME_ACCESS, 3, "abc"),
		   EFI_INVALID_PARAMETER);
		is("volatile or not, changed", set(u"Set", kind ^ NV, 3, "abc"),
		   EFI_INVALID_PARAMETER);
		ok("it is unchanged", has(u"Set", kind, "xyz"));
		is("no size deletes", set(u"Set", kind, 0, NULL), EFI_SUCCESS);
		is("what is gone", set(u"Set", kind, 0, NULL), EFI_NOT_FOUND);
		is("append creates", set(u"Set", kind | EFI_VARIABLE_APPEND_WRITE, 3, "new"),
		   EFI_SUCCESS);
		ok("it is there", has(u"Set", kind, "new"));
		is("no access deletes", set(u"Set", 0, 3, "old"), EFI_SUCCESS);
		is("what is gone", set(u"Set", 0, 0, NULL), EFI_NOT_FOUND);
	}
}

static void test_set_errors(void)
{
	is("at runtime only", set(u"Bad", EFI_VARIABLE_RUNTIME_ACCESS, 1, "x"),
	   EFI_INVALID_PARAMETER);
	is_either("non-volatile and no access, absent", set(u"Bad", NV, 1, "x"), EFI_NOT_FOUND,
		  EFI_INVALID_PARAMETER);
	is("an attribute that is none", set(u"Bad", BS | 0x1000, 1, "x"), EFI_INVALID_PARAMETER);
	is_either("a hardware error without the rest",
		  set(u"Bad", BS | EFI_VARIABLE_HARDWARE_ERROR_RECORD, 1, "x"),
		  EFI_INVALID_PARAMETER, EFI_UNSUPPORTED);
	is("the old authentication",
	   set(u"Bad", NV | RT | EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS, 1, "x"), EFI_UNSUPPORTED);
	is("the empty name", set(u"", BS, 1, "x"), EFI_INVALID_PARAMETER);
	is("no name", set(NULL, BS, 1, "x"), EFI_INVALID_PARAMETER);
	is("no vendor", runtime->SetVariable(u"Bad", NULL, BS, 1, "x"), EFI_INVALID_PARAMETER);
	is("no data", set(u"Bad", BS, 1, NULL), EFI_INVALID_PARAMETER);
	is("nothing of it is there", set(u"Bad", 0, 0, NULL), EFI_NOT_FOUND);
}

static void test_sizes(void)
{
	UINT64 maximum = 0, remaining = 0, largest = 0, less = 0;
	u8 *data = allocate(1 << 20);
	static const u32 kinds[] = { RT, NV | RT };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		u32 kind = kinds[i];
		UINTN size = 64 * KIB;

		is("how much there is",
		   runtime->QueryVariableInfo(kind, &maximum, &remaining, &largest), EFI_SUCCESS);
		ok("at least 64 KiB", maximum >= 64 * KIB);
		ok("and for one", largest >= 64 * KIB);
		ok("some is left", remaining && remaining <= maximum);
		if (largest < size)
			size = largest - 100;
		is("the largest", set(u"Large", kind, size, data), EFI_SUCCESS);
		runtime->QueryVariableInfo(kind, &maximum, &less, &largest);
		ok("less is left", less + size <= remaining);
		set(u"Large", 0, 0, NULL);
		runtime->QueryVariableInfo(kind, &maximum, &less, &largest);
		ok("then more", less >= size);
		is_either("larger than all", set(u"Large", kind, 1 << 20, data),
			  EFI_OUT_OF_RESOURCES, EFI_INVALID_PARAMETER);
	}
	is("of no access", runtime->QueryVariableInfo(0, &maximum, &remaining, &largest),
	   EFI_INVALID_PARAMETER);
	is("of runtime only",
	   runtime->QueryVariableInfo(EFI_VARIABLE_RUNTIME_ACCESS, &maximum, &remaining, &largest),
	   EFI_INVALID_PARAMETER);
	is("no maximum", runtime->QueryVariableInfo(RT, NULL, &remaining, &largest),
	   EFI_INVALID_PARAMETER);
	is("no rest", runtime->QueryVariableInfo(RT, &maximum, NULL, &largest),
	   EFI_INVALID_PARAMETER);
	is("no largest", runtime->QueryVariableInfo(RT, &maximum, &remaining, NULL),
	   EFI_INVALID_PARAMETER);
	boot->FreePool(data);
}

static void global_has(CHAR16 *name, u32 attributes, UINTN wanted)
{
	u8 value[256];
	UINTN size = sizeof(value);
	UINT32 found = 0;

	print("# %S\n", name);
	is("the global variable", runtime->GetVariable(name, &global, &found, &size, value),
	   EFI_SUCCESS);
	equals("its attributes", found, attributes);
	if (wanted)
		equals("its size", size, wanted);
}

static void test_globals(void)
{
	u8 one = 1;
	UINTN size = 0;

	/* It is only set by a boot option. */
	if (runtime->GetVariable(u"BootCurrent", &global, NULL, &size, NULL) != EFI_NOT_FOUND)
		global_has(u"BootCurrent", RT, 2);
	global_has(u"OsIndicationsSupported", RT, 8);
	global_has(u"PlatformLang", NV | RT, 0);
	global_has(u"PlatformLangCodes", RT, 0);
	global_has(u"ConOut", NV | RT, 0);
	global_has(u"ConIn", NV | RT, 0);
	global_has(u"SecureBoot", RT, 1);
	global_has(u"SetupMode", RT, 1);
	is("SecureBoot is read-only", runtime->SetVariable(u"SecureBoot", &global, RT, 1, &one),
	   EFI_WRITE_PROTECTED);
	is("so is SetupMode", runtime->SetVariable(u"SetupMode", &global, RT, 1, &one),
	   EFI_WRITE_PROTECTED);
}

/* Many variables, changed in turn, keep their values: no gap or move in the store loses one. */
static void test_many(void)
{
	enum { COUNT = 60, ROUNDS = 3 };
	CHAR16 name[] = u"Many00";
	bool written = true, kept = true, deleted = true;
	u8 value[300];

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < COUNT; i++) {
			UINTN size = 1 + (i * 37 + round * 91) % sizeof(value);

			name[4] = (CHAR16)('0' + i / 10);
			name[5] = (CHAR16)('0' + i % 10);
			memset(value, (int)(i ^ round), size);
			written &= !set(name, i & 1 ? RT : NV | RT, size, value);
		}
		for (unsigned i = 0; i < COUNT; i++) {
			UINTN size = sizeof(value),
			      wanted = 1 + (i * 37 + round * 91) % sizeof(value);

			name[4] = (CHAR16)('0' + i / 10);
			name[5] = (CHAR16)('0' + i % 10);
			kept &= !runtime->GetVariable(name, &guid, NULL, &size, value) &&
				size == wanted;
			for (UINTN k = 0; k < size; k++)
				kept &= value[k] == (u8)(i ^ round);
		}
	}
	for (unsigned i = 0; i < COUNT; i++) {
		name[4] = (CHAR16)('0' + i / 10);
		name[5] = (CHAR16)('0' + i % 10);
		deleted &= !set(name, 0, 0, NULL);
	}
	ok("60 variables are written, three times", written);
	ok("each keeps its own", kept);
	ok("all are deleted", deleted);
}

void test_variables(void)
{
	test_get();
	test_set();
	test_set_errors();
	test_sizes();
	test_many();
	test_globals();
}

static void test_next_errors(void)
{
	CHAR16 name[64] = u"";
	EFI_GUID vendor = TEST_GUID(30);
	UINTN size = 2;

	is("room for nothing", runtime->GetNextVariableName(&size, name, &vendor),
	   EFI_BUFFER_TOO_SMALL);
	ok("the size is returned", size > 2);
	size = sizeof(name);
	memcpy(name, u"Absent", sizeof(u"Absent"));
	is("after one that is not there", runtime->GetNextVariableName(&size, name, &vendor),
	   EFI_INVALID_PARAMETER);
	size = 4;
	memcpy(name, u"abcdef", sizeof(u"abcdef"));
	is("a name without an end", runtime->GetNextVariableName(&size, name, &vendor),
	   EFI_INVALID_PARAMETER);
	size = sizeof(name);
	is("no size", runtime->GetNextVariableName(NULL, name, &vendor), EFI_INVALID_PARAMETER);
	is("no name", runtime->GetNextVariableName(&size, NULL, &vendor), EFI_INVALID_PARAMETER);
	is("no vendor", runtime->GetNextVariableName(&size, name, NULL), EFI_INVALID_PARAMETER);
}

void test_variable_names(void)
{
	static CHAR16 name[256];
	EFI_GUID vendor = { 0 };
	unsigned count = 0, ours = 0;
	EFI_STATUS status;

	set(u"First", BS, 1, "1");
	set(u"Second", NV | RT, 1, "2");
	runtime->SetVariable(u"First", &other_guid, RT, 1, "3");
	do {
		UINTN size = sizeof(name);

		status = runtime->GetNextVariableName(&size, name, &vendor);
		if (EFI_ERROR(status))
			break;
		count++;
		if (!equals("the size is the name's", size, (length16(name) + 1) * 2))
			break;
		if (!memcmp(&vendor, &guid, sizeof(guid)) &&
		    (equal16(name, u"First") || equal16(name, u"Second")))
			ours++;
		if (!memcmp(&vendor, &other_guid, sizeof(guid)) && equal16(name, u"First"))
			ours++;
	} while (count < 1000);
	is("after the last", status, EFI_NOT_FOUND);
	equals("ours are among them, each once", ours, 3);
	test_next_errors();
	set(u"First", 0, 0, NULL);
	set(u"Second", 0, 0, NULL);
	runtime->SetVariable(u"First", &other_guid, 0, 0, NULL);
}
