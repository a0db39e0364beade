/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of LoadImage, StartImage, Exit and UnloadImage against a model, called by the firmware
 * and by the images that it runs, in one another: each status, which image runs, what Exit() hands
 * over, and that nothing of an image is left when it goes.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include <sys/mman.h>

#include "core/log.h"
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "efi/spec/misc.h"
#include "tests/fuzz/check.h"
#include "tests/host/host.h"
#include "tests/unit/pe_image.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum {
	IMAGES = 8,
	NONE = IMAGES,
	DEPTH_MAX = 5, /* images in one another */
	STEPS_MAX = 300,
	LEFT_MAX = 3, /* protocols in an image's own memory */
	CODE = 0x410, /* in the file */
};

enum state { GONE, LOADED, RUNNING, RESIDENT };

static struct {
	EFI_HANDLE handle; /* of the last one, also when it is gone */
	enum state state;
	bool is_application;
	u32 unload; /* index in unloads[] */
	u32 left;
} images[IMAGES];

/* What the image that ended last has said. */
static struct {
	EFI_STATUS status;
	u8 letter; /* of the data of Exit(); 0: none */
} last_end;

static u32 stack[DEPTH_MAX], depth; /* images that run, the innermost last */
static u32 steps_left, unload_calls;
static struct reader input;
static u8 program[PE_FILE_SIZE];
static EFI_GUID left_behind = GUID(0x1ef7, 0, 0, 0);

static EFI_SYSTEM_TABLE system_table;
EFI_SYSTEM_TABLE *efi_system_table = &system_table;

/* The neighbours of images.c that have memory of their own. */

static u32 runtime_images;

EFI_STATUS efi_runtime_image_add(u64 base, u64 size, u64 relocations, u64 relocations_size)
{
	(void)base, (void)size, (void)relocations, (void)relocations_size;
	runtime_images++;
	return EFI_SUCCESS;
}

void efi_runtime_image_remove(u64 base)
{
	(void)base;
	CHECK(runtime_images);
	runtime_images--;
}

void efi_key_notifications_forget(u64 base, u64 size)
{
	(void)base;
	CHECK(size == PE_MEMORY_SIZE);
}

bool efi_boot_services_ended(void)
{
	return false;
}

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

/* The image that has this handle now, as memory is used again. */
static u32 image_of(EFI_HANDLE handle)
{
	for (u32 i = 0; handle && i < IMAGES; i++)
		if (images[i].handle == handle && images[i].state != GONE)
			return i;
	return NONE;
}

static u32 innermost(void)
{
	return depth ? stack[depth - 1] : NONE;
}

/* Unload functions. */

static EFI_STATUS EFIAPI unload_works(EFI_HANDLE handle)
{
	CHECK(image_of(handle) < NONE);
	unload_calls++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI unload_fails(EFI_HANDLE handle)
{
	CHECK(image_of(handle) < NONE);
	unload_calls++;
	return EFI_ACCESS_DENIED;
}

static EFI_STATUS EFIAPI unload_warns(EFI_HANDLE handle)
{
	CHECK(image_of(handle) < NONE);
	unload_calls++;
	/* It no longer runs, so that it cannot exit. */
	CHECK(efi_exit(handle, EFI_SUCCESS, 0, NULL) == EFI_INVALID_PARAMETER);
	return EFI_WARN_STALE_DATA;
}

static EFI_STATUS(EFIAPI *const unloads[])(EFI_HANDLE handle) = { NULL, unload_works, unload_fails,
								  unload_warns };

static EFI_LOADED_IMAGE_PROTOCOL *loaded_of(u32 i)
{
	return efi_interface_of(images[i].handle, &guid_loaded_image);
}

static void goes(u32 i)
{
	images[i].state = GONE;
	images[i].left = 0;
}

/* The steps. */

static EFI_STATUS EFIAPI run(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table);

static void make_program(u32 kind)
{
	u8 *code = program + CODE;

	pe_image_make(program);
	store_le16(program + PE_P + 92, (u16)(kind == 0 ? PE_SUBSYSTEM_EFI_APPLICATION :
					      kind == 1 ? PE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER :
							  PE_SUBSYSTEM_EFI_RUNTIME_DRIVER));
	/* mov $run, %rax; jmp *%rax */
	store_le16(code, 0xb848);
	store_le64(code + 2, (uintptr_t)run);
	store_le16(code + 10, 0xe0ff);
}

static void load(void)
{
	u32 i = 0, kind = take(3), from = take(IMAGES + 2), fault = take(16), unload = take(4);
	EFI_HANDLE parent = efi_firmware_image(), image = &input;
	EFI_STATUS wanted = EFI_SUCCESS;
	void *source = program;
	UINTN size = sizeof(program);

	while (i < IMAGES && images[i].state != GONE)
		i++;
	if (i == IMAGES)
		return;
	make_program(kind);
	if (from < IMAGES)
		parent = images[from].handle;
	if (fault == 0)
		source = NULL, wanted = EFI_NOT_FOUND;
	else if (fault == 1)
		size = 0, wanted = EFI_LOAD_ERROR;
	else if (fault == 2)
		program[0] = 'X', wanted = EFI_UNSUPPORTED; /* not a program */
	else if (fault == 3)
		host_allocations_left = 0, wanted = EFI_OUT_OF_RESOURCES;
	if (from < IMAGES && image_of(parent) == NONE)
		wanted = EFI_INVALID_PARAMETER;
	CHECK(efi_load_image(take(2), parent, NULL, source, size, &image) == wanted);
	host_allocations_left = UINT64_MAX;
	if (wanted) {
		CHECK(image == &input);
		return;
	}
	CHECK(image_of(image) == NONE);
	images[i].handle = image;
	images[i].state = LOADED;
	images[i].is_application = kind == 0;
	images[i].unload = unload;
	loaded_of(i)->Unload = unloads[unload];
	CHECK(loaded_of(i)->ParentHandle == parent);
}

static void start(void)
{
	EFI_HANDLE handle = images[take(IMAGES)].handle;
	u32 i = image_of(handle);
	bool wants_data = take(2), has_ended = false;
	EFI_TPL tpl = efi_current_tpl();
	UINTN size = 99;
	CHAR16 *exit_data = NULL;
	EFI_STATUS status;

	if (depth == DEPTH_MAX)
		return;
	if (i < NONE && images[i].state == LOADED) {
		images[i].state = RUNNING;
		stack[depth++] = i;
		has_ended = true;
	}
	status = efi_start_image(handle, wants_data ? &size : NULL, wants_data ? &exit_data : NULL);
	if (!has_ended) {
		CHECK(status == EFI_INVALID_PARAMETER && size == 99 && !exit_data);
		return;
	}
	CHECK(innermost() == i && images[i].state == RUNNING);
	depth--;
	CHECK(status == last_end.status);
	if (wants_data && last_end.letter) {
		CHECK(size == 2 * sizeof(CHAR16) && exit_data[0] == last_end.letter);
		CHECK(!efi_free_pool(exit_data));
	} else if (wants_data) {
		CHECK(size == 0 && !exit_data);
	}
	CHECK(efi_current_tpl() == tpl);
	if (images[i].is_application || EFI_ERROR(status))
		goes(i);
	else
		images[i].state = RESIDENT;
}

static void unload(void)
{
	EFI_HANDLE handle = images[take(IMAGES)].handle;
	u32 i = image_of(handle), calls = unload_calls;
	EFI_STATUS wanted = EFI_SUCCESS;

	if (i == NONE)
		wanted = EFI_INVALID_PARAMETER;
	else if (images[i].state == RUNNING)
		wanted = EFI_UNSUPPORTED;
	else if (images[i].state == RESIDENT && !images[i].unload)
		wanted = EFI_UNSUPPORTED;
	else if (images[i].state == RESIDENT && unloads[images[i].unload] == unload_fails)
		wanted = EFI_ACCESS_DENIED;
	/* The function of one that was not started is not called. */
	if (i < NONE && images[i].state == RESIDENT && images[i].unload)
		calls++;
	CHECK(efi_unload_image(handle) == wanted);
	CHECK(unload_calls == calls);
	if (!wanted)
		goes(i);
}

/* Returns unless it ends the image that runs. */
static void leave(void)
{
	static CHAR16 data[2];
	EFI_HANDLE handle = images[take(IMAGES)].handle;
	u32 i = image_of(handle);
	EFI_STATUS status = take(2) ? EFI_SUCCESS : EFI_ABORTED;
	bool has_data = take(2), is_loaded = i < NONE && images[i].state == LOADED;

	if (i < NONE && i == innermost()) {
		data[0] = (CHAR16)('a' + take(26));
		last_end.status = status;
		last_end.letter = has_data ? (u8)data[0] : 0;
	}
	CHECK(efi_exit(handle, status, has_data ? sizeof(data) : 0, has_data ? data : NULL) ==
	      (is_loaded ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	CHECK(i == NONE || i != innermost());
	if (is_loaded)
		goes(i);
}

/* A protocol whose interface lies in the image, on a handle of its own. */
static void leave_protocol_behind(void)
{
	u32 i = innermost();
	EFI_HANDLE handle = NULL;

	if (i == NONE || images[i].left == LEFT_MAX)
		return;
	CHECK(!efi_install_protocol_interface(&handle, &left_behind, EFI_NATIVE_INTERFACE,
					      (u8 *)loaded_of(i)->ImageBase + images[i].left));
	images[i].left++;
}

static void raise_level(void)
{
	if (depth && efi_current_tpl() < TPL_NOTIFY)
		(void)efi_raise_tpl(TPL_NOTIFY);
}

static void compare(void)
{
	u32 left = 0, found = 0, drivers = 0;

	for (u32 i = 0; i < IMAGES; i++) {
		left += images[i].left;
		drivers += images[i].state != GONE;
		if (images[i].state != GONE)
			CHECK(loaded_of(i));
	}
	for (struct efi_object *o = NULL; (o = efi_next_with(&left_behind, o));)
		found++;
	CHECK(found == left);
	CHECK(runtime_images <= drivers);
	CHECK(efi_current_image() == (depth ? images[innermost()].handle : NULL));
}

/* The steps of one program. False: it returns. */
static bool step(void)
{
	static void (*const steps[])(void) = { load,       load,  start, start,
					       unload,     leave, leave, leave_protocol_behind,
					       raise_level };
	u32 next = take(ARRAY_SIZE(steps) + 1);

	if (input.overrun || !steps_left || next == ARRAY_SIZE(steps))
		return false;
	steps_left--;
	steps[next]();
	compare();
	return true;
}

static EFI_STATUS EFIAPI run(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	static const EFI_STATUS statuses[] = { EFI_SUCCESS, EFI_SUCCESS, EFI_WARN_STALE_DATA,
					       EFI_NOT_FOUND };
	EFI_STATUS status;

	CHECK(table == efi_system_table && image_of(handle) == innermost());
	compare();
	while (step())
		;
	status = statuses[take(ARRAY_SIZE(statuses))];
	last_end.status = status;
	last_end.letter = 0;
	return status;
}

static void tidy_up(void)
{
	for (u32 i = 0; i < IMAGES; i++) {
		if (images[i].state == RESIDENT)
			loaded_of(i)->Unload = unload_works;
		if (images[i].state != GONE)
			CHECK(!efi_unload_image(images[i].handle));
		goes(i);
	}
	compare();
	CHECK(!runtime_images);
}

/* The firmware's handle, the stack and the first pages of the pool stay. */
static void set_up(void)
{
	static bool is_done;
	EFI_HANDLE image;

	if (is_done)
		return;
	is_done = true;
	log_set_threshold(LOG_NONE);
	host_memory_init();
	CHECK(!mprotect((void *)HOST_MEMORY_BASE, HOST_MEMORY_SIZE,
			PROT_READ | PROT_WRITE | PROT_EXEC));
	make_program(0);
	CHECK(!efi_load_image(false, efi_firmware_image(), NULL, program, sizeof(program), &image));
	images[0].handle = image;
	images[0].state = RUNNING;
	stack[depth++] = 0;
	CHECK(!efi_start_image(image, NULL, NULL));
	depth = 0;
	goes(0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 memory;

	input = (struct reader){ 0 };
	set_up();
	memory = memory_free_size();
	memset(images, 0, sizeof(images));
	input = (struct reader){ .rest = span_of(data, size) };
	steps_left = STEPS_MAX;
	/* The firmware goes on where a program would return. */
	for (u32 i = 0; i < STEPS_MAX && !input.overrun; i++)
		(void)step();
	tidy_up();
	CHECK(memory_free_size() == memory);
	return 0;
}
