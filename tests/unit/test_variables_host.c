/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables stored by the VMM: starting with different contents, writes by the services before and
 * after the operating system runs, and faulty devices.
 */
#include "core/host_variables.h"
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/variables.h"
#include "lib/util.h"
#include "tests/host/efi_rest.h"
#include "tests/host/fake_host_store.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/host/text_variables.h"
#include "tests/unit/runtime_map.h"
#include "tests/unit/test.h"

enum { STATUS = 32, BODY = 40, DATA_SIZE = BODY + 16, NEXT_NAME_SIZE = BODY + 16, NEXT_NAME = 64 };

static struct fake_host_store fake;

/* Starts a machine with the current device. True: variables are stored there. */
static bool boot(void)
{
	fake_host_store_reset(&fake);
	host_memory_init();
	host_variables = FAKE_HOST_STORE_BASE;
	efi_system_table = &system_table;
	CHECK_EQUAL(efi_runtime_init(&services), EFI_SUCCESS);
	return efi_variables_with_host();
}

static void fresh(void)
{
	fake_host_store_init(&fake);
	CHECK(boot());
}

static void use_and_boot(void)
{
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"A", "three"), EFI_SUCCESS);
	CHECK_EQUAL(services->SetVariable(u"A", &vendor, KEPT | EFI_VARIABLE_APPEND_WRITE, 4,
					  "four"),
		    EFI_SUCCESS);
	CHECK_EQUAL(set(u"B", "two"), EFI_SUCCESS);
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, 0, NULL), EFI_SUCCESS);
	CHECK_EQUAL(set(u"Longer name", "five"), EFI_SUCCESS);
	CHECK(boot());
	CHECK_TEXT(get(u"A"), "threefour");
	CHECK_TEXT(get(u"B"), "(none)");
	CHECK_TEXT(get(u"Longer name"), "five");
}

TEST(variables_survive_a_boot)
{
	fresh();
	use_and_boot();
}

TEST(a_vmm_without_access_to_memory_gets_copies)
{
	fake_host_store_init(&fake);
	fake.wants_copies = true;
	CHECK(boot());
	use_and_boot();
}

TEST(variables_of_the_operating_system_survive_a_boot)
{
	fresh();
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	efi_runtime_enter();
	CHECK(fake.has_ended_boot_services);
	CHECK(properties->RuntimeServicesSupported & EFI_RT_SUPPORTED_SET_VARIABLE);
	CHECK(properties->RuntimeServicesSupported & EFI_RT_SUPPORTED_QUERY_VARIABLE_INFO);
	use_and_boot();
}

TEST(a_boot_that_changes_nothing_writes_nothing)
{
	fresh();
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK(boot());
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	efi_runtime_data->in_memory_only = true;
	CHECK_EQUAL(set(u"B", "default"), EFI_SUCCESS);
	efi_runtime_data->in_memory_only = false;
	CHECK_EQUAL(services->SetVariable(u"V", &vendor, KEPT & ~EFI_VARIABLE_NON_VOLATILE, 1, "v"),
		    EFI_SUCCESS);
	efi_runtime_enter();
	CHECK_EQUAL(fake.changes, 0);
	/* A variable that was only in memory can be deleted. */
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, 0, NULL), EFI_SUCCESS);
	CHECK_TEXT(get(u"B"), "(none)");
}

TEST(authenticated_variables_are_kept_but_not_shown)
{
	const u32 signed_one = KEPT | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS;

	fake_host_store_init(&fake);
	fake_host_store_add(&fake, u"db", &vendor, signed_one, "key");
	fake_host_store_add(&fake, u"A", &vendor, KEPT, "one");
	fake_host_store_add(&fake, u"SetupMode", &vendor, KEPT & ~EFI_VARIABLE_NON_VOLATILE, "1");
	fake_host_store_add(&fake, u"B", &vendor, KEPT & ~EFI_VARIABLE_RUNTIME_ACCESS, "two");
	fake_host_store_add(&fake, u"Empty", &vendor, KEPT, "");
	host_memory_init();
	host_variables = FAKE_HOST_STORE_BASE;
	CHECK_EQUAL(efi_runtime_init(&services), EFI_SUCCESS);
	CHECK(efi_variables_with_host());
	CHECK_TEXT(get(u"db"), "(none)");
	CHECK_TEXT(get(u"Empty"), "(none)");
	CHECK_TEXT(get(u"SetupMode"), "(none)");
	CHECK_TEXT(get(u"A"), "one");
	CHECK_TEXT(get(u"B"), "two");
	CHECK_EQUAL(set(u"db", "other"), EFI_INVALID_PARAMETER);
	CHECK_TEXT(get(u"db"), "(none)");
	CHECK_EQUAL(fake.variables[0].attributes, signed_one);
	CHECK_EQUAL(fake.variables[0].data_size, 3);
	efi_runtime_enter();
	CHECK_TEXT(get(u"B"), "(none)");
}

TEST(remaining_space_is_correct)
{
	static u8 data[HOST_STORE_BUFFER_SIZE];
	UINT64 size, left, size_max;

	fake_host_store_init(&fake);
	fake.size = 8192;
	CHECK(boot());
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK_EQUAL(services->QueryVariableInfo(KEPT, &size, &left, &size_max), EFI_SUCCESS);
	CHECK_EQUAL(size, 8192);
	CHECK(left < size - FAKE_VARIABLE_OVERHEAD && size_max < left && size_max > 7800);
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, size_max + 40, data),
		    EFI_OUT_OF_RESOURCES);
	CHECK_TEXT(get(u"B"), "(none)");
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, size_max - 4, data), EFI_SUCCESS);
	CHECK_EQUAL(services->QueryVariableInfo(KEPT, &size, &left, &size_max), EFI_SUCCESS);
	CHECK_EQUAL(size_max, 0);
	CHECK_EQUAL(services->SetVariable(u"C", &vendor, KEPT, 64, data), EFI_OUT_OF_RESOURCES);

	/* As much as fits in the buffer. */
	fresh();
	CHECK_EQUAL(services->QueryVariableInfo(KEPT, &size, &left, &size_max), EFI_SUCCESS);
	CHECK_EQUAL(size, RUNTIME_STORE_SIZE);
	CHECK(size_max > 60 * KIB && size_max < 64 * KIB);
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, size_max + 1, data),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, size_max, data), EFI_SUCCESS);
	CHECK(boot());
	CHECK_EQUAL(services->GetVariable(u"B", &vendor, NULL, &(UINTN){ 0 }, NULL),
		    EFI_BUFFER_TOO_SMALL);
	fake.status = 0x10;
	CHECK_EQUAL(services->QueryVariableInfo(KEPT, &size, &left, &size_max), EFI_SUCCESS);
	CHECK_EQUAL(left, 0);
}

static u64 replied;

static void spoil_status(struct fake_host_store *device, u8 *message)
{
	(void)device;
	store_le64(message + STATUS, replied);
}

TEST(a_failed_write_leaves_the_old_value)
{
	static const struct {
		u64 replied;
		EFI_STATUS wanted;
	} rows[] = {
		{ EFI_INVALID_PARAMETER, EFI_INVALID_PARAMETER },
		{ EFI_WRITE_PROTECTED, EFI_WRITE_PROTECTED },
		{ EFI_ACCESS_DENIED, EFI_WRITE_PROTECTED },
		{ EFI_OUT_OF_RESOURCES, EFI_OUT_OF_RESOURCES },
		{ EFI_SECURITY_VIOLATION, EFI_SECURITY_VIOLATION },
		{ EFI_BAD_BUFFER_SIZE, EFI_DEVICE_ERROR },
		{ EFI_UNSUPPORTED, EFI_DEVICE_ERROR },
		{ 1, EFI_DEVICE_ERROR },
		{ UINT64_MAX, EFI_DEVICE_ERROR },
	};

	fresh();
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		replied = rows[i].replied;
		fake.spoil = spoil_status;
		CHECK_EQUAL(set(u"A", "two"), rows[i].wanted);
		CHECK_EQUAL(services->SetVariable(u"A", &vendor, KEPT, 0, NULL), rows[i].wanted);
		CHECK_EQUAL(set(u"B", "two"), rows[i].wanted);
		CHECK_TEXT(get(u"A"), "one");
		CHECK_TEXT(get(u"B"), "(none)");
	}
	fake.spoil = NULL;
	fake.status = 0x10;
	CHECK_EQUAL(set(u"A", "two"), EFI_DEVICE_ERROR);
	fake.status = 1; /* always busy */
	CHECK_EQUAL(set(u"A", "two"), EFI_DEVICE_ERROR);
	CHECK_TEXT(get(u"A"), "one");
}

TEST(our_own_variables_replace_those_in_the_store)
{
	fake_host_store_init(&fake);
	fake_host_store_add(&fake, u"A", &vendor, KEPT & ~EFI_VARIABLE_RUNTIME_ACCESS, "one");
	CHECK(boot());
	CHECK_EQUAL(efi_variable_set(u"A", &vendor, KEPT, 3, "two"), EFI_SUCCESS);
	CHECK(boot());
	CHECK_TEXT(get(u"A"), "two");
}

TEST(a_variable_is_not_lost_if_the_vmm_refuses_the_one_in_its_place)
{
	const u32 others = KEPT & ~EFI_VARIABLE_RUNTIME_ACCESS;

	fake_host_store_init(&fake);
	fake_host_store_add(&fake, u"A", &vendor, others, "one");
	CHECK(boot());
	/* As it is deleted first, there is room for the same again, and for no more. */
	fake.size = FAKE_VARIABLE_OVERHEAD + sizeof(u"A") + 3;
	CHECK_EQUAL(efi_variable_set(u"A", &vendor, KEPT, 4, "two!"), EFI_OUT_OF_RESOURCES);
	CHECK_EQUAL(fake.changes, 3);
	CHECK_TEXT(get(u"A"), "one");
	CHECK(boot());
	CHECK_TEXT(get(u"A"), "one");
	CHECK_EQUAL(fake.variables[0].attributes, others);
	CHECK_EQUAL(efi_variable_set(u"A", &vendor, KEPT, 3, "two"), EFI_SUCCESS);
	CHECK_TEXT(get(u"A"), "two");

	/* What cannot be deleted stays. */
	fake_host_store_init(&fake);
	fake_host_store_add(&fake, u"A", &vendor, others, "one");
	CHECK(boot());
	replied = EFI_WRITE_PROTECTED;
	fake.spoil = spoil_status;
	CHECK_EQUAL(efi_variable_set(u"A", &vendor, KEPT, 3, "two"), EFI_WRITE_PROTECTED);
	fake.spoil = NULL;
	CHECK_TEXT(get(u"A"), "one");
	CHECK_EQUAL(fake.changes, 1);
}

TEST(what_the_vmm_does_not_have_cannot_be_deleted_there)
{
	fresh();
	efi_runtime_data->in_memory_only = true;
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	efi_runtime_data->in_memory_only = false;
	replied = EFI_NOT_FOUND;
	fake.spoil = spoil_status;
	CHECK_EQUAL(services->SetVariable(u"A", &vendor, KEPT, 0, NULL), EFI_NOT_FOUND);
	fake.spoil = NULL;
	CHECK_TEXT(get(u"A"), "(none)");
}

static bool is_clean(void)
{
	return efi_runtime_data->set_variable_refused && !efi_runtime_data->host.registers &&
	       !efi_runtime_data->stores[RUNTIME_NON_VOLATILE].used;
}

static u64 of_function(const u8 *message)
{
	return load_le64(message + 24);
}

static void spoil_length(struct fake_host_store *device, u8 *message)
{
	if (of_function(message) == FAKE_GET && device->requests > 5)
		store_le64(message + DATA_SIZE, HOST_STORE_BUFFER_SIZE);
}

static void spoil_get(struct fake_host_store *device, u8 *message)
{
	if (of_function(message) == FAKE_GET && device->requests > 5)
		store_le64(message + STATUS, EFI_NOT_FOUND);
}

static void spoil_next(struct fake_host_store *device, u8 *message)
{
	(void)device;
	if (of_function(message) == FAKE_NEXT)
		store_le64(message + STATUS, EFI_INVALID_PARAMETER);
}

static void spoil_name_size(struct fake_host_store *device, u8 *message)
{
	(void)device;
	if (of_function(message) == FAKE_NEXT)
		store_le64(message + NEXT_NAME_SIZE, HOST_STORE_BUFFER_SIZE - NEXT_NAME + 2);
}

static void spoil_name_to_odd(struct fake_host_store *device, u8 *message)
{
	(void)device;
	if (of_function(message) == FAKE_NEXT)
		store_le64(message + NEXT_NAME_SIZE, 5);
}

static void spoil_name_to_none(struct fake_host_store *device, u8 *message)
{
	(void)device;
	if (of_function(message) == FAKE_NEXT)
		store_le64(message + NEXT_NAME_SIZE, 2);
}

static void spoil_name_end(struct fake_host_store *device, u8 *message)
{
	(void)device;
	if (of_function(message) == FAKE_NEXT)
		store_le64(message + NEXT_NAME_SIZE, 4); /* of "Name" */
}

static void spoil_name_early_end(struct fake_host_store *device, u8 *message)
{
	(void)device;
	if (of_function(message) == FAKE_NEXT)
		store_le16(message + NEXT_NAME + 2, 0);
}

static void spoil_room(struct fake_host_store *device, u8 *message)
{
	(void)device;
	if (of_function(message) == FAKE_ROOM)
		store_le64(message + STATUS, EFI_UNSUPPORTED);
}

/* Always the same one. */
static void spoil_order(struct fake_host_store *device, u8 *message)
{
	const struct fake_variable *variable = &device->variables[0];

	if (of_function(message) != FAKE_NEXT)
		return;
	store_le64(message + STATUS, EFI_SUCCESS);
	store_le64(message + NEXT_NAME_SIZE, variable->name_size);
	memcpy(message + BODY, &variable->vendor, sizeof(variable->vendor));
	memcpy(message + NEXT_NAME, variable->name, variable->name_size);
}

/* The longest that we use, one more character, and the longest that the device can name. */
TEST(a_variable_with_a_long_name_is_left_out)
{
	static const u32 sizes[] = { HOST_STORE_NAME_SIZE_MAX, HOST_STORE_NAME_SIZE_MAX + 2,
				     FAKE_NAME_SIZE_MAX };
	static CHAR16 name[FAKE_NAME_SIZE_MAX / sizeof(CHAR16)];

	for (u32 i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		const u32 length = sizes[i / 2] / sizeof(CHAR16) - 1;

		for (u32 j = 0; j < length; j++)
			name[j] = u'N';
		fake_host_store_init(&fake);
		fake.wants_copies = i % 2;
		fake_host_store_add(&fake, u"A", &vendor, KEPT, "one");
		fake_host_store_add(&fake, name, &vendor, KEPT, "long");
		fake_host_store_add(&fake, u"B", &vendor, KEPT, "two");
		CHECK(boot());
		CHECK_TEXT(get(u"A"), "one");
		CHECK_TEXT(get(u"B"), "two");
		CHECK_TEXT(get(name), i / 2 == 0 ? "long" : "(none)");
		CHECK_EQUAL(fake.count, 3);
		CHECK_EQUAL(fake.changes, 0);
	}
}

TEST(a_faulty_device_is_not_used)
{
	static void (*const spoilers[])(struct fake_host_store *, u8 *) = {
		spoil_length,      spoil_get,          spoil_next,     spoil_name_size,
		spoil_name_to_odd, spoil_name_to_none, spoil_name_end, spoil_name_early_end,
		spoil_room,        spoil_order,
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(spoilers); i++) {
		fake_host_store_init(&fake);
		fake.wants_copies = i % 2;
		for (u32 k = 0; k < 3; k++)
			fake_host_store_add(&fake, (CHAR16[]){ 'N', 'a', 'm', 'e', '0' + k, 0 },
					    &vendor, KEPT, "text");
		CHECK(boot());
		fake.spoil = spoilers[i / 2];
		CHECK(!boot());
		CHECK(is_clean());
		CHECK_TEXT(get(u"Name0"), "(none)");
		CHECK_EQUAL(fake.changes, 0);
	}
}

/* It keeps listing variables that are not loaded. */
TEST(an_endless_list_is_bounded)
{
	fake_host_store_init(&fake);
	fake_host_store_add(&fake, u"db", &vendor,
			    KEPT | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS, "key");
	fake.spoil = spoil_order;
	CHECK(!boot());
	CHECK(is_clean());
	CHECK(fake.requests < 10000);
}

TEST(variables_that_memory_has_no_room_for_are_left_out)
{
	fake_host_store_init(&fake);
	for (u32 i = 0; i < 4; i++) {
		fake_host_store_add(&fake, (CHAR16[]){ 'A' + i, 0 }, &vendor, KEPT, "text");
		if (i < 3)
			fake.variables[i].data_size = 60 * 1024;
	}
	CHECK(boot());
	CHECK_EQUAL(services->GetVariable(u"A", &vendor, NULL, &(UINTN){ 0 }, NULL),
		    EFI_BUFFER_TOO_SMALL);
	CHECK_TEXT(get(u"C"), "(none)");
	CHECK_TEXT(get(u"D"), "text");
	CHECK_EQUAL(fake.changes, 0);
}

TEST(one_that_is_larger_than_the_buffer_is_left_out)
{
	struct memory_console console;

	fake_host_store_init(&fake);
	fake_host_store_add(&fake, u"Before", &vendor, KEPT, "one");
	fake_host_store_add(&fake, u"Large", &vendor, KEPT, "text");
	fake_host_store_add(&fake, u"After", &vendor, KEPT, "two");
	fake.variables[1].data_size = HOST_STORE_BUFFER_SIZE;
	memory_console_log(&console, LOG_WARNING);
	CHECK(boot());
	CHECK(memory_console_has(&console, "Large is not visible: too large"));
	console_unregister(&console.console);
	CHECK_TEXT(get(u"Before"), "one");
	CHECK_TEXT(get(u"Large"), "(none)");
	CHECK_TEXT(get(u"After"), "two");
	/* What is set under its name is in its place. */
	CHECK_EQUAL(services->SetVariable(u"Large", &vendor, KEPT, 0, NULL), EFI_NOT_FOUND);
	CHECK_EQUAL(set(u"Large", "small"), EFI_SUCCESS);
	CHECK(boot());
	CHECK_TEXT(get(u"Large"), "small");
}

TEST(a_device_that_does_not_answer_is_not_used)
{
	static const u64 wrong[] = { 0, FAKE_HOST_STORE_BASE + 4, HOST_MEMORY_BASE,
				     UINT64_MAX - 31 };
	static CHAR16 longest[HOST_STORE_NAME_SIZE_MAX / sizeof(CHAR16)];
	static u8 data[4096];

	for (size_t i = 0; i + 1 < ARRAY_SIZE(longest); i++)
		longest[i] = 'x';
	fresh();
	fake.magic = 0xef2;
	CHECK(!boot());
	CHECK(is_clean());
	fresh();
	fake.told = HOST_STORE_BUFFER_SIZE + 4;
	CHECK(!boot());
	CHECK(is_clean());
	fresh();
	fake.granted = 4095;
	CHECK(!boot());
	/* The smallest, with bytes at its end that are not used. */
	fake.granted = 4099;
	for (u32 i = 0; i < 2; i++) {
		fake.wants_copies = i;
		CHECK(boot());
		CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
		CHECK_EQUAL(services->SetVariable(longest, &vendor, KEPT,
						  efi_runtime_data->host.data_size_max, data),
			    EFI_SUCCESS);
		CHECK(boot());
		CHECK_TEXT(get(u"A"), "one");
	}
	fresh();
	fake.status = 0x11;
	CHECK(!boot());
	CHECK(is_clean());
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		fresh();
		host_memory_init();
		CHECK_EQUAL(efi_runtime_init(&services), EFI_SUCCESS);
		host_variables = wrong[i];
		CHECK(!efi_variables_with_host());
		CHECK(is_clean());
	}
}

/* Maps the device and the buffer to these addresses. 0: not mapped. */
static void map(u64 device, u64 buffer)
{
	const struct runtime_mapping more[] = {
		{ EfiMemoryMappedIO, FAKE_HOST_STORE_BASE, device, 1 },
		{ EfiRuntimeServicesData, efi_runtime_data->host.buffer, buffer,
		  HOST_STORE_BUFFER_SIZE / PAGE_SIZE },
	};

	runtime_map(more, ARRAY_SIZE(more));
}

TEST(the_operating_system_maps_the_device_elsewhere)
{
	u64 buffer;

	fresh();
	efi_runtime_enter();
	buffer = efi_runtime_data->host.buffer;
	map(0x210000000000, 0x220000000000);
	CHECK_EQUAL(efi_runtime_data->host.registers, 0x210000000000);
	CHECK_EQUAL(efi_runtime_data->host.buffer, 0x220000000000);
	CHECK_EQUAL(fake.address, buffer);

	fresh();
	efi_runtime_enter();
	map(0, 0x220000000000);
	CHECK_EQUAL(set(u"A", "one"), EFI_UNSUPPORTED);
	fresh();
	efi_runtime_enter();
	map(0x210000000000, 0);
	CHECK_EQUAL(set(u"A", "one"), EFI_UNSUPPORTED);
}
