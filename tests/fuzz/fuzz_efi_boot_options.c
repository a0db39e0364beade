/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot options with any content: BootNext, BootOrder and the options, as a guest stored them. Only
 * valid options start, BootNext first and once; no other variable is left or changed.
 *
 * Input: 1 flags, 1 size of BootOrder, its bytes, and then for each option 1 size and its bytes.
 * Numbers of BootOrder are of the options, and sometimes one beyond.
 */
#include <stdlib.h>

#include "core/block.h"
#include "core/boot.h"
#include "core/log.h"
#include "efi/boot.h"
#include "efi/efi.h"
#include "efi/load_option.h"
#include "efi/start.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { OPTIONS = 4, ORDER_MAX = 40, HAS_NEXT = 1, NEXT_SHIFT = 1, LISTS = 8, RUNS_MAX = 1024 };

static struct span options[OPTIONS];
static u8 order[2 * ORDER_MAX];
static size_t order_size;
static bool has_next;
static u16 next, current;
static bool has_current, is_edited;
static u32 runs;
static s64 pieces;

static struct efi_object disk;
static struct block_device device;

static struct {
	HARDDRIVE_DEVICE_PATH partition;
	EFI_DEVICE_PATH_PROTOCOL end;
} disk_path = {
	.partition.Header = EFI_NODE(HARDDRIVE_DEVICE_PATH, MEDIA_DEVICE_PATH, MEDIA_HARDDRIVE_DP),
	.end = EFI_NODE(EFI_DEVICE_PATH_PROTOCOL, END_DEVICE_PATH_TYPE,
			END_ENTIRE_DEVICE_PATH_SUBTYPE),
};

void *efi_allocate(size_t size)
{
	pieces++;
	return calloc(1, size);
}

void efi_free(void *memory)
{
	pieces -= memory != NULL;
	free(memory);
}

enum status efi_start(void)
{
	return OK;
}

static bool is_named(const CHAR16 *name, const CHAR16 *other)
{
	while (*name && *name == *other) {
		name++;
		other++;
	}
	return *name == *other;
}

EFI_STATUS efi_variable_get(const CHAR16 *name, const EFI_GUID *vendor, u32 *attributes,
			    size_t *size, void *data)
{
	(void)attributes;
	CHECK(vendor == &guid_global_variable);
	if (!is_named(name, u"BootNext") || !has_next)
		return EFI_NOT_FOUND;
	CHECK(*size >= sizeof(next));
	*size = sizeof(next);
	memcpy(data, &next, sizeof(next));
	return EFI_SUCCESS;
}

EFI_STATUS efi_variable_set(const CHAR16 *name, const EFI_GUID *vendor, u32 attributes, size_t size,
			    const void *data)
{
	(void)attributes;
	CHECK(vendor == &guid_global_variable);
	if (is_named(name, u"BootNext")) {
		CHECK(size == 0 && has_next);
		has_next = false;
		return EFI_SUCCESS;
	}
	CHECK(is_named(name, u"BootCurrent") && (size == 0 || size == sizeof(current)));
	has_current = size != 0;
	if (has_current)
		memcpy(&current, data, sizeof(current));
	return EFI_SUCCESS;
}

void *efi_variable_load(const CHAR16 *name, const EFI_GUID *vendor, size_t *size)
{
	const u8 *bytes = order;
	u8 *copy;

	CHECK(vendor == &guid_global_variable);
	*size = order_size;
	if (!is_named(name, u"BootOrder")) {
		CHECK(name[0] == 'B' && name[4] && name[7] && !name[8]);
		if (name[4] != '0' || name[5] != '0' || name[6] != '0' ||
		    (u32)(name[7] - u'0') >= OPTIONS || !options[name[7] - u'0'].size)
			return NULL;
		bytes = options[name[7] - u'0'].data;
		*size = options[name[7] - u'0'].size;
	}
	/* Exact size, so that the sanitizer detects overruns. */
	copy = efi_allocate(*size);
	memcpy(copy, bytes, *size);
	return copy;
}

struct efi_object *efi_next_with(const EFI_GUID *protocol, const struct efi_object *previous)
{
	(void)protocol;
	return previous ? NULL : &disk;
}

void *efi_interface_of(EFI_HANDLE handle, const EFI_GUID *protocol)
{
	CHECK(handle == &disk && protocol == &guid_device_path);
	return &disk_path;
}

bool efi_has_protocol(EFI_HANDLE handle, const EFI_GUID *protocol)
{
	(void)handle, (void)protocol;
	return true;
}

struct efi_object *efi_object_of(EFI_HANDLE handle)
{
	return handle;
}

struct block_device *efi_device_of_handle(EFI_HANDLE handle)
{
	return handle ? &device : NULL;
}

bool efi_variables_are_with(const struct block_device *other)
{
	return other != NULL;
}

void efi_tell_partition(const struct block_device *partition)
{
	(void)partition;
}

enum status efi_boot_file(struct volume *volume, struct span path, struct span load_options)
{
	(void)volume, (void)path, (void)load_options;
	return ERR_UNSUPPORTED;
}

/* Reads all that a program may read. */
EFI_STATUS efi_image_run(const struct efi_start *start)
{
	size_t size = efi_path_size(start->path, 2 * EFI_PATH_SIZE_MAX);
	struct load_option option;
	volatile u8 sum = 0;

	CHECK(!has_next && has_current && current < OPTIONS && size);
	CHECK(!load_option_read(options[current], &option));
	CHECK(is_edited || start->load_options.size == option.optional_data.size);
	for (size_t i = 0; i < start->load_options.size; i++)
		sum = (u8)(sum + start->load_options.data[i]);
	runs++;
	return option.title[0] & 1 ? EFI_NOT_FOUND : EFI_ABORTED;
}

static struct span take(struct span *input, size_t size)
{
	struct span taken = span_of(input->data, min_u64(size, input->size));

	*input = span_from(*input, taken.size);
	return taken;
}

static u8 take_byte(struct span *input)
{
	struct span byte = take(input, 1);

	return byte.size ? byte.data[0] : 0;
}

static void list(void)
{
	struct arena arena = { 0 };
	struct boot_choices choices = { .arena = &arena };

	choices.end = &choices.first;
	efi_list_options(&choices, NULL);
	for (struct boot_choice *choice = choices.first; choice; choice = choice->next) {
		struct span text;

		if (choice->read_options && !choice->read_options(choice, &arena, &text))
			choice->edited = text;
		is_edited = choice->edited.data != NULL;
		(void)choice->start(choice, &arena);
	}
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span input = span_of(data, size), bytes;
	u8 flags = take_byte(&input);

	host_memory_init();
	log_set_threshold(LOG_NONE);
	has_next = flags & HAS_NEXT;
	next = flags >> NEXT_SHIFT & 3;
	bytes = take(&input, take_byte(&input) % sizeof(order));
	order_size = bytes.size;
	for (size_t i = 0; i < bytes.size; i++)
		order[i] = i % 2 ? 0 : bytes.data[i] % (OPTIONS + 1);
	for (u32 i = 0; i < OPTIONS; i++)
		options[i] = take(&input, 2 * take_byte(&input));
	runs = 0;
	is_edited = false;
	if (flags & LISTS)
		list();
	else
		efi_boot_options(NULL);
	CHECK(!has_next && !has_current && runs <= RUNS_MAX && pieces == 0);
	return 0;
}
