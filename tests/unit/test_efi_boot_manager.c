/* SPDX-License-Identifier: Apache-2.0 */
/*
 * efi/boot_manager.c, efi/boot_list.c: which stored option starts, from where, and the resulting
 * variables. Handles, variables and images are provided by the test.
 */
#include "core/block.h"
#include "core/log.h"
#include "efi/boot.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/efi_variables_model.h"
#include "tests/unit/test.h"

enum { DISKS = 3, NV = 7, NO_DISK = 99 };

struct [[gnu::packed]] partition_path {
	HARDDRIVE_DEVICE_PATH partition;
	EFI_DEVICE_PATH_PROTOCOL end;
};

/* As written by installers: a partition and a file on it. */
struct [[gnu::packed]] option {
	u32 attributes;
	u16 list_size;
	CHAR16 title[2];
	HARDDRIVE_DEVICE_PATH partition;
	EFI_DEVICE_PATH_PROTOCOL file;
	CHAR16 name[3];
	EFI_DEVICE_PATH_PROTOCOL end;
};

static struct efi_object objects[DISKS];
static struct partition_path paths[DISKS];
static struct block_device devices[DISKS];
static u32 with_variables; /* number of the disk with the store */
static char events[1024];
static EFI_STATUS results[DISKS];
static struct span options_run;
static struct memory_console console;

static void event(const char *pattern, u32 number)
{
	size_t used = strlen(events);

	snprintf(events + used, sizeof(events) - used, pattern, number);
}

struct efi_object *efi_next_with(const EFI_GUID *protocol, const struct efi_object *previous)
{
	struct efi_object *next = previous ? (struct efi_object *)previous + 1 : objects;

	CHECK(protocol == &guid_block_io);
	return next < objects + DISKS ? next : NULL;
}

void *efi_interface_of(EFI_HANDLE handle, const EFI_GUID *protocol)
{
	CHECK(protocol == &guid_device_path);
	return &paths[(struct efi_object *)handle - objects];
}

bool efi_has_protocol(EFI_HANDLE handle, const EFI_GUID *protocol)
{
	(void)handle;
	(void)protocol;
	return true;
}

struct efi_object *efi_object_of(EFI_HANDLE handle)
{
	return handle;
}

struct block_device *efi_device_of_handle(EFI_HANDLE handle)
{
	return handle ? &devices[(struct efi_object *)handle - objects] : NULL;
}

/* Paths with the same prefix differ in the partition. */
EFI_HANDLE efi_path_locate(const EFI_GUID *protocol, const EFI_DEVICE_PATH_PROTOCOL *path,
			   const EFI_DEVICE_PATH_PROTOCOL **rest)
{
	(void)protocol;
	*rest = path;
	if (((const HARDDRIVE_DEVICE_PATH *)path)->PartitionStart == NO_DISK)
		return NULL;
	return &objects[((const HARDDRIVE_DEVICE_PATH *)path)->PartitionStart];
}

bool efi_path_ends_with_partition(const EFI_DEVICE_PATH_PROTOCOL *path,
				  const EFI_DEVICE_PATH_PROTOCOL *wanted)
{
	return ((const HARDDRIVE_DEVICE_PATH *)path)->Signature[0] ==
	       ((const HARDDRIVE_DEVICE_PATH *)wanted)->Signature[0];
}

enum status efi_boot_file(struct volume *volume, struct span path, struct span load_options)
{
	(void)volume;
	(void)path;
	(void)load_options;
	return ERR_UNSUPPORTED;
}

bool efi_variables_are_with(const struct block_device *device)
{
	return device == &devices[with_variables];
}

void efi_tell_partition(const struct block_device *partition)
{
	if (partition)
		event("tells %u;", (u32)(partition - devices));
}

EFI_STATUS efi_image_run(const struct efi_start *start)
{
	u32 disk = (u32)((const HARDDRIVE_DEVICE_PATH *)start->path)->PartitionStart;
	u16 current = 0xffff;
	size_t size = sizeof(current);

	CHECK(slot_of(u"BootNext") == VARIABLES);
	CHECK_EQUAL(efi_variable_get(u"BootCurrent", &guid_global_variable, NULL, &size, &current),
		    EFI_SUCCESS);
	event("runs %u ", disk);
	event("as %x;", current);
	options_run = start->load_options;
	return results[disk];
}

static void set_u16(const CHAR16 *name, u16 value)
{
	(void)efi_variable_set(name, &guid_global_variable, NV, sizeof(value), &value);
}

static void set_option(const CHAR16 *name, u32 attributes, u8 signature)
{
	struct option option = {
		.attributes = attributes,
		.list_size = sizeof(option) - offsetof(struct option, partition),
		.title = u"T",
		.partition = {
			.Header = EFI_NODE(HARDDRIVE_DEVICE_PATH, MEDIA_DEVICE_PATH,
					   MEDIA_HARDDRIVE_DP),
			.Signature = { signature },
		},
		.file = { MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, { 4 + 6, 0 } },
		.name = u"\\x",
		.end = EFI_NODE(EFI_DEVICE_PATH_PROTOCOL, END_DEVICE_PATH_TYPE,
				END_ENTIRE_DEVICE_PATH_SUBTYPE),
	};

	(void)efi_variable_set(name, &guid_global_variable, NV, sizeof(option), &option);
}

/* Disks 0 and 1 are clones, signature 1; disk 2 has signature 2. */
static void set_up(void)
{
	memset(variables, 0, sizeof(variables));
	events[0] = 0;
	with_variables = DISKS;
	host_memory_init();
	memory_console_init(&console, "");
	log_set_threshold(LOG_INFO);
	for (u32 i = 0; i < DISKS; i++) {
		results[i] = EFI_NOT_FOUND;
		devices[i].has_turn = false;
		paths[i] = (struct partition_path){
			.partition = {
				.Header = EFI_NODE(HARDDRIVE_DEVICE_PATH, MEDIA_DEVICE_PATH,
						   MEDIA_HARDDRIVE_DP),
				.PartitionStart = i,
				.Signature = { i == 2 ? 2 : 1 },
			},
			.end = EFI_NODE(EFI_DEVICE_PATH_PROTOCOL, END_DEVICE_PATH_TYPE,
					END_ENTIRE_DEVICE_PATH_SUBTYPE),
		};
	}
}

TEST(next_then_order)
{
	static const u16 order[] = { 5, 1, 2, 3 };

	set_up();
	set_u16(u"BootNext", 3);
	set_option(u"Boot0001", 0, 1); /* not active */
	set_option(u"Boot0002", 1, 2);
	set_option(u"Boot0003", 0, 2); /* BootNext uses it nevertheless */
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order), order);
	results[2] = EFI_ABORTED;
	efi_boot_options(NULL);
	CHECK_TEXT(events, "tells 2;runs 2 as 3;tells 2;runs 2 as 2;");
	CHECK(slot_of(u"BootCurrent") == VARIABLES);
	CHECK(memory_console_has(&console, "UEFI: Boot0005: not found"));
}

TEST(applications_in_boot_order_are_skipped)
{
	static const u16 order[] = { 1, 2 };

	set_up();
	set_option(u"Boot0001", LOAD_OPTION_ACTIVE | LOAD_OPTION_CATEGORY_APP, 2);
	set_option(u"Boot0002", LOAD_OPTION_ACTIVE | LOAD_OPTION_HIDDEN, 2);
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order), order);
	efi_boot_options(NULL);
	CHECK_TEXT(events, "tells 2;runs 2 as 2;");
}

TEST(the_clone_with_the_store_is_preferred)
{
	static const u16 order[] = { 1 };

	for (u32 store = 0; store < 2; store++) {
		set_up();
		set_option(u"Boot0001", 1, 1);
		(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order),
				       order);
		with_variables = store;
		efi_boot_options(NULL);
		CHECK_TEXT(events, store ? "tells 1;runs 1 as 1;tells 0;runs 0 as 1;" :
					   "tells 0;runs 0 as 1;tells 1;runs 1 as 1;");
	}
	/* An option that has run and failed is not tried on the clone. */
	events[0] = 0;
	results[1] = EFI_LOAD_ERROR;
	efi_boot_options(NULL);
	CHECK_TEXT(events, "tells 1;runs 1 as 1;");
}

/* Boot0003 begins with a file, so it names no particular disk. */
static void set_options_of_all_disks(void)
{
	static const u16 order[] = { 1, 3, 2 };
	struct option *file;

	set_up();
	set_option(u"Boot0001", 1, 1);
	set_option(u"Boot0002", 1, 2);
	set_option(u"Boot0003", 1, 2);
	file = (struct option *)variables[slot_of(u"Boot0003")].data;
	file->partition.Header.SubType = MEDIA_FILEPATH_DP;
	file->partition.PartitionStart = NO_DISK;
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order), order);
}

TEST(options_of_a_disk_with_a_turn_are_tried_in_that_turn)
{
	set_options_of_all_disks();
	set_u16(u"BootNext", 1);
	devices[2].has_turn = true;
	results[0] = EFI_ABORTED;
	efi_boot_options(&devices[2]);
	CHECK_TEXT(events, "tells 0;runs 0 as 1;tells 2;runs 2 as 2;");
	events[0] = 0;
	efi_boot_options(NULL);
	CHECK_TEXT(events, "tells 0;runs 0 as 1;tells 0;runs 0 as 3;");
}

TEST(the_clone_with_a_turn_is_preferred)
{
	set_options_of_all_disks();
	with_variables = 0;
	devices[1].has_turn = true;
	efi_boot_options(&devices[1]);
	CHECK_TEXT(events, "tells 1;runs 1 as 1;");
	/* Its clone, which has no turn, follows, and is not tried twice. */
	events[0] = 0;
	results[0] = results[1] = results[2] = EFI_ABORTED;
	efi_boot_options(NULL);
	CHECK_TEXT(events, "tells 0;runs 0 as 1;tells 0;runs 0 as 3;tells 2;runs 2 as 2;");
	/* If each has a turn, none is left for the end. */
	devices[0].has_turn = true;
	events[0] = 0;
	efi_boot_options(&devices[1]);
	efi_boot_options(&devices[0]);
	CHECK_TEXT(events, "tells 1;runs 1 as 1;tells 0;runs 0 as 1;");
	events[0] = 0;
	efi_boot_options(NULL);
	CHECK_TEXT(events, "tells 0;runs 0 as 3;tells 2;runs 2 as 2;");
}

/* BootNext is for one boot and ignores the VMM's order. */
TEST(boot_next_prefers_the_clone_with_the_store)
{
	set_options_of_all_disks();
	set_u16(u"BootNext", 1);
	with_variables = 0;
	devices[0].has_turn = true;
	results[0] = EFI_ABORTED;
	efi_boot_options(&devices[2]);
	CHECK_TEXT(events, "tells 0;runs 0 as 1;tells 2;runs 2 as 2;");
}

TEST(unreadable_options_are_reported_once)
{
	static const u16 order[] = { 7 };

	set_up();
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order), order);
	devices[0].has_turn = true;
	efi_boot_options(&devices[0]);
	CHECK(!memory_console_has(&console, "Boot0007"));
	efi_boot_options(NULL);
	CHECK(memory_console_has(&console, "UEFI: Boot0007: not found"));
}

TEST(choices_of_a_disk_with_a_turn)
{
	struct arena arena = { 0 };
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };

	set_options_of_all_disks();
	set_u16(u"BootNext", 1);
	devices[2].has_turn = true;
	efi_list_options(&choices, &devices[2]);
	CHECK_EQUAL(choices.count, 2); /* BootNext, and its own */
	efi_list_options(&choices, NULL);
	CHECK_EQUAL(choices.count, 3); /* BootNext is already listed */
	arena_release(&arena);
}

/* With -boot strict=on nothing is listed after the disks with a turn. */
TEST(a_consumed_boot_next_is_an_ordinary_option)
{
	static const u16 order[] = { 1 };
	struct arena arena = { 0 };
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };

	set_options_of_all_disks();
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order), order);
	set_u16(u"BootNext", 1);
	devices[1].has_turn = true;
	efi_list_options(&choices, &devices[1]);
	CHECK_EQUAL(choices.count, 1);
	choices = (struct boot_choices){ .arena = &arena, .end = &choices.first };
	efi_list_options(&choices, &devices[1]);
	CHECK_EQUAL(choices.count, 1);
	arena_release(&arena);
}

TEST(damaged_options_are_skipped)
{
	static const u16 order[] = { 1, 2 };

	set_up();
	(void)efi_variable_set(u"Boot0001", &guid_global_variable, NV, 5, "abcde");
	(void)efi_variable_set(u"BootNext", &guid_global_variable, NV, 1, "x");
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, 3, order);
	efi_boot_options(NULL);
	CHECK_TEXT(events, "");
	CHECK(memory_console_has(&console, "UEFI: Boot0001: "));
}

TEST(requests_for_the_menu)
{
	u64 indications = 5;
	size_t size = sizeof(indications);

	set_up();
	CHECK_EQUAL(efi_menu_seconds(), MENU_NEVER);
	set_u16(u"Timeout", 7);
	CHECK_EQUAL(efi_menu_seconds(), 7);
	set_u16(u"Timeout", 0xfffe);
	CHECK_EQUAL(efi_menu_seconds(), LOADER_TIMEOUT_MAX);
	set_u16(u"Timeout", 0xffff);
	CHECK_EQUAL(efi_menu_seconds(), MENU_FOREVER);
	set_u16(u"Timeout", 0);
	(void)efi_variable_set(u"OsIndications", &guid_global_variable, NV, size, &indications);
	CHECK_EQUAL(efi_menu_seconds(), MENU_FOREVER);
	CHECK_EQUAL(efi_variable_get(u"OsIndications", &guid_global_variable, NULL, &size,
				     &indications),
		    EFI_SUCCESS);
	CHECK_EQUAL(indications, 4);
	/* Once. */
	CHECK_EQUAL(efi_menu_seconds(), MENU_NEVER);
}

TEST(options_as_choices)
{
	static const u16 order[] = { 2, 9, 1, 3 };
	struct arena arena = { 0 };
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };

	set_up();
	set_option(u"Boot0001", 1, 1);
	set_option(u"Boot0002", 1, 2);
	set_option(u"Boot0003", 0, 2);
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order), order);
	efi_list_options(&choices, NULL);
	CHECK_EQUAL(choices.count, 2);
	CHECK_TEXT(choices.first->title, "T");
	CHECK_EQUAL(choices.first->start(choices.first, &arena), ERR_NOT_FOUND);
	CHECK_TEXT(events, "tells 2;runs 2 as 2;");
	results[2] = EFI_ACCESS_DENIED;
	CHECK_EQUAL(choices.first->start(choices.first, &arena),
		    status_from_efi(EFI_ACCESS_DENIED));
	arena_release(&arena);
}

/* Without a key, the menu boots what would boot without the menu. */
TEST(the_next_option_is_the_first_choice)
{
	static const u16 order[] = { 2, 4, 1, 3, 5 };
	struct arena arena = { 0 };
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };

	set_up();
	set_u16(u"BootNext", 1);
	set_option(u"Boot0001", 0, 1);
	set_option(u"Boot0002", LOAD_OPTION_ACTIVE, 2);
	set_option(u"Boot0003", LOAD_OPTION_ACTIVE | LOAD_OPTION_HIDDEN, 2);
	set_option(u"Boot0004", LOAD_OPTION_ACTIVE | LOAD_OPTION_CATEGORY_APP, 2);
	set_option(u"Boot0005", LOAD_OPTION_ACTIVE | 0x200, 2); /* of a reserved category */
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order), order);
	efi_list_options(&choices, NULL);
	CHECK_EQUAL(choices.count, 3);
	for (struct boot_choice *choice = choices.first; choice; choice = choice->next)
		(void)choice->start(choice, &arena);
	CHECK_TEXT(events, "tells 0;runs 0 as 1;tells 1;runs 1 as 1;tells 2;runs 2 as 2;"
			   "tells 2;runs 2 as 4;");
	arena_release(&arena);
}

/* Its optional data as text, and the text typed instead; the stored option is unchanged. */
TEST(options_of_a_choice_are_edited_for_one_boot)
{
	static const u16 order[] = { 1 };
	struct arena arena = { 0 };
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };
	struct span text;
	u32 slot;

	set_up();
	set_option(u"Boot0001", 1, 2);
	slot = slot_of(u"Boot0001");
	memcpy(variables[slot].data + variables[slot].size, u"old", 8);
	variables[slot].size += 8;
	(void)efi_variable_set(u"BootOrder", &guid_global_variable, NV, sizeof(order), order);
	efi_list_options(&choices, NULL);
	CHECK_EQUAL(choices.first->read_options(choices.first, &arena, &text), OK);
	CHECK(span_equals(text, SPAN("old")));
	CHECK_EQUAL(choices.first->start(choices.first, &arena), ERR_NOT_FOUND);
	CHECK_EQUAL(options_run.size, 8);
	choices.first->edited = SPAN("newer");
	CHECK_EQUAL(choices.first->start(choices.first, &arena), ERR_NOT_FOUND);
	CHECK(span_equals(options_run, span_of(u"newer", 12)));
	choices.first->edited = SPAN("");
	CHECK_EQUAL(choices.first->start(choices.first, &arena), ERR_NOT_FOUND);
	CHECK(span_is_empty(options_run));
	CHECK(memcmp(variables[slot].data + variables[slot].size - 8, u"old", 8) == 0);
	/* Optional data that is not text cannot be edited. */
	variables[slot].size--;
	CHECK_EQUAL(choices.first->read_options(choices.first, &arena, &text), ERR_UNSUPPORTED);
	variables[slot].size = 0;
	CHECK_EQUAL(choices.first->read_options(choices.first, &arena, &text), ERR_NOT_FOUND);
	arena_release(&arena);
}
