/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services: images that end while notifications run, or while others use what is theirs. */
#include "tests/unit/efi_images_run.h"

bool efi_boot_services_ended(void)
{
	return false;
}

static u32 notifications;

static VOID EFIAPI note(EFI_EVENT event, void *context)
{
	(void)event;
	(void)context;
	notifications++;
}

/* A function in the image that calls note(). */
static EFI_EVENT_NOTIFY note_in(u64 base)
{
	u8 *code = (u8 *)base + 0x1020;

	store_le16(code, 0xb848);
	store_le64(code + 2, (uintptr_t)note);
	store_le16(code + 10, 0xe0ff);
	return (EFI_EVENT_NOTIFY)(uintptr_t)code;
}

TEST(nothing_calls_into_an_unloaded_image)
{
	static const EFI_GUID own = GUID(2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
	EFI_HANDLE image, handle = NULL, both = NULL;
	EFI_EVENT event, group, kept;
	VOID *in_image;
	u64 base;

	set_up();
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	base = (u64)loaded_of(image)->ImageBase;
	in_image = (void *)(base + 0x2000);
	CHECK_STATUS(efi_create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note_in(base),
				      NULL, &event),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_set_timer(event, TimerPeriodic, 10000), EFI_SUCCESS);
	CHECK_STATUS(efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note_in(base), NULL, &own,
					 &group),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, NULL, &kept),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_install_protocol_interface(&handle, (EFI_GUID *)&own, 0, in_image),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_install_protocol_interface(&both, (EFI_GUID *)&own, 0, in_image),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_install_protocol_interface(&both, (EFI_GUID *)&guid_rng, 0, program),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_install_protocol_interface(&image, (EFI_GUID *)&own, 0, in_image),
		     EFI_SUCCESS);
	notifications = 0;
	CHECK_STATUS(efi_signal_event(event), EFI_SUCCESS);
	CHECK_EQUAL(notifications, 1);

	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	CHECK_STATUS(efi_signal_event(event), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_signal_event(group), EFI_INVALID_PARAMETER);
	efi_signal_group(&own);
	host_ticks += HOST_TICKS_PER_SECOND;
	efi_poll();
	CHECK_EQUAL(notifications, 1);
	CHECK_STATUS(efi_signal_event(kept), EFI_SUCCESS);
	CHECK_EQUAL(notifications, 2);
	CHECK_STATUS(efi_close_event(kept), EFI_SUCCESS);
	CHECK(!efi_next_with(&own, NULL));
	CHECK(!efi_object_of(handle) && !efi_object_of(image));
	CHECK(efi_object_of(both));
	CHECK_STATUS(efi_uninstall_protocol_interface(both, (EFI_GUID *)&guid_rng, program),
		     EFI_SUCCESS);
	CHECK_EQUAL(forgotten_base, base);
	CHECK_EQUAL(forgotten_size, PE_MEMORY_SIZE);
}

static void EFIAPI unload_new(EFI_EVENT event, void *registration)
{
	UINTN size = sizeof(EFI_HANDLE);
	EFI_HANDLE image;

	(void)event;
	CHECK_STATUS(efi_locate_handle(ByRegisterNotify, NULL, *(void **)registration, &size,
				       &image),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
}

TEST(a_notification_may_unload_the_image)
{
	VOID *registration = NULL;
	EFI_HANDLE image, old;
	UINTN size = sizeof(old);
	EFI_EVENT event;

	set_up();
	CHECK_STATUS(efi_create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, unload_new, &registration,
				      &event),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_register_protocol_notify((EFI_GUID *)&guid_loaded_image, event,
						  &registration),
		     EFI_SUCCESS);
	/* The firmware's own already exists. */
	while (!efi_locate_handle(ByRegisterNotify, NULL, registration, &size, &old))
		;
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(
		efi_image_run(&(struct efi_start){ .bytes = span_of(program, sizeof(program)) }),
		EFI_NOT_FOUND);
	CHECK_STATUS(efi_close_event(event), EFI_SUCCESS);
	check_clean();
}

TEST(a_device_path_that_is_in_use_stays)
{
	EFI_DEVICE_PATH_PROTOCOL *path = efi_path_append_file(NULL, SPAN("\\x.efi"));
	EFI_HANDLE image, agent;
	VOID *kept;

	set_up();
	CHECK_STATUS(load_program(&agent), EFI_SUCCESS);
	CHECK_STATUS(efi_load_image(false, efi_firmware_image(), path, program, sizeof(program),
				    &image),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_open_protocol(image, (EFI_GUID *)&guid_loaded_image_device_path, &kept,
				       agent, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	CHECK(efi_interface_of(image, &guid_loaded_image_device_path) == kept);
	CHECK_STATUS(efi_unload_image(agent), EFI_SUCCESS);
	CHECK_STATUS(efi_uninstall_protocol_interface(
			     image, (EFI_GUID *)&guid_loaded_image_device_path, kept),
		     EFI_SUCCESS);
	CHECK(!efi_object_of(image));
	/* Not freed before. */
	CHECK_STATUS(efi_free_pool(kept), EFI_SUCCESS);
	CHECK_STATUS(efi_free_pool(path), EFI_SUCCESS);
}

static EFI_EVENT at_end;
static u32 ends;

static VOID EFIAPI unload_ending(EFI_EVENT event, void *handle)
{
	(void)event;
	ends++;
	CHECK(!efi_current_image());
	CHECK_STATUS(efi_unload_image(*(EFI_HANDLE *)handle), EFI_UNSUPPORTED);
	CHECK_STATUS(efi_start_image(*(EFI_HANDLE *)handle, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_exit(*(EFI_HANDLE *)handle, EFI_SUCCESS, 0, NULL), EFI_INVALID_PARAMETER);
}

/* Its level keeps the notification until StartImage() restores that of its caller. */
static EFI_STATUS EFIAPI ends_at_a_high_level(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	(void)table;
	loaded_of(handle)->Unload = unload_says;
	(void)efi_raise_tpl(TPL_NOTIFY);
	CHECK_STATUS(efi_signal_event(at_end), EFI_SUCCESS);
	return efi_exit(handle, EFI_SUCCESS, sizeof(u"end"), (CHAR16 *)u"end");
}

/* StartImage() still reads what is its own. */
TEST(a_notification_cannot_unload_an_image_that_is_ending)
{
	static const u16 kinds[] = { PE_SUBSYSTEM_EFI_APPLICATION,
				     PE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER };
	EFI_HANDLE image;

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		UINTN size = 0;
		CHAR16 *data = NULL;

		set_up();
		program_make(kinds[i], ends_at_a_high_level);
		CHECK_STATUS(efi_create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, unload_ending,
					      &image, &at_end),
			     EFI_SUCCESS);
		ends = 0;
		CHECK_STATUS(load_program(&image), EFI_SUCCESS);
		CHECK_STATUS(efi_start_image(image, &size, &data), EFI_SUCCESS);
		CHECK_EQUAL(ends, 1);
		CHECK(size == sizeof(u"end") && memcmp(data, u"end", size) == 0);
		CHECK_STATUS(efi_free_pool(data), EFI_SUCCESS);
		CHECK_STATUS(efi_close_event(at_end), EFI_SUCCESS);
		/* A driver stays, and can be unloaded from now on. */
		CHECK_STATUS(efi_unload_image(image), i ? EFI_SUCCESS : EFI_INVALID_PARAMETER);
		check_clean();
	}
}

static u32 map_changes, unload_at;
static u8 *filled[8];

/* Unloads the program as soon as it can, and takes the memory that this has freed. */
static VOID EFIAPI unload_loaded(EFI_EVENT event, void *context)
{
	static bool is_nested;
	EFI_HANDLE handles[4];
	UINTN size = sizeof(handles);

	(void)event, (void)context;
	if (is_nested || ++map_changes < unload_at ||
	    efi_locate_handle(ByProtocol, (EFI_GUID *)&guid_loaded_image, NULL, &size, handles) ||
	    size < 2 * sizeof(*handles))
		return;
	is_nested = true;
	CHECK_STATUS(efi_unload_image(handles[1]), EFI_SUCCESS);
	for (u32 i = 0; i < ARRAY_SIZE(filled); i++)
		if (!efi_allocate_pool(EfiBootServicesData, 512, (VOID **)&filled[i]))
			memset(filled[i], 0xa5, 512);
	is_nested = false;
}

/* Whenever the map changes meanwhile. */
TEST(a_notification_may_unload_the_image_before_it_starts)
{
	static u8 options[64 * 1024];
	const struct efi_start start = { .bytes = span_of(program, sizeof(program)),
					 .load_options = span_of(options, sizeof(options)) };
	EFI_EVENT event;

	for (unload_at = 1; unload_at < 8; unload_at++) {
		set_up();
		map_changes = 0;
		memset(filled, 0, sizeof(filled));
		CHECK_STATUS(efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, unload_loaded,
						 NULL, &guid_event_group_memory_map_change, &event),
			     EFI_SUCCESS);
		(void)efi_image_run(&start);
		CHECK_STATUS(efi_close_event(event), EFI_SUCCESS);
		for (u32 i = 0; i < ARRAY_SIZE(filled); i++) {
			for (u32 k = 0; filled[i] && k < 512; k++)
				CHECK_EQUAL(filled[i][k], 0xa5);
			efi_free(filled[i]);
		}
		check_clean();
	}
}
