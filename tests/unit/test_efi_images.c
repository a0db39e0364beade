/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services: LoadImage from memory, StartImage, Exit, UnloadImage (UEFI 2.11, 7.4). */
#include "tests/unit/efi_images_run.h"

static bool has_exited_boot_services;

bool efi_boot_services_ended(void)
{
	return has_exited_boot_services;
}

static EFI_STATUS EFIAPI fails(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	(void)handle;
	(void)table;
	return EFI_ABORTED;
}

static EFI_STATUS EFIAPI warns(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	(void)handle;
	(void)table;
	return EFI_WARN_STALE_DATA;
}

TEST(an_application_runs_and_is_unloaded)
{
	EFI_LOADED_IMAGE_PROTOCOL *loaded;
	EFI_HANDLE image = NULL;
	UINTN size = 99;
	CHAR16 *data = (CHAR16 *)program;
	u64 base;

	set_up();
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	loaded = loaded_of(image);
	CHECK_EQUAL(loaded->Revision, 0x1000);
	CHECK(loaded->ParentHandle == efi_firmware_image());
	CHECK(loaded->SystemTable == efi_system_table);
	CHECK(!loaded->DeviceHandle && !loaded->FilePath && !loaded->LoadOptions);
	CHECK_EQUAL(loaded->LoadOptionsSize, 0);
	CHECK_EQUAL(loaded->ImageSize, PE_MEMORY_SIZE);
	CHECK(efi_has_protocol(image, &guid_loaded_image_device_path));
	CHECK(!efi_interface_of(image, &guid_loaded_image_device_path));
	base = (u64)loaded->ImageBase;
	CHECK(memcmp(loaded->ImageBase, "MZ", 2) == 0);
	CHECK_EQUAL(load_le64((u8 *)base + PE_POINTER), base + 0x2020);
	CHECK_STATUS(efi_start_image(image, &size, &data), EFI_SUCCESS);
	CHECK_EQUAL(starts, 1);
	CHECK(seen_handle == image);
	CHECK_EQUAL(size, 0);
	CHECK(!data);
	CHECK(!efi_object_of(image));
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_unload_image(image), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_exit(image, 0, 0, NULL), EFI_INVALID_PARAMETER);
	check_clean();
}

TEST(parameters_of_load_image)
{
	EFI_DEVICE_PATH_PROTOCOL end = { 0x7f, 0xff, { 4, 0 } }, broken = { 0x7f, 0xff, { 3, 0 } };
	EFI_HANDLE firmware = efi_firmware_image(), image = &end;

	set_up();
	CHECK_STATUS(efi_load_image(false, firmware, NULL, program, sizeof(program), NULL),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_load_image(false, NULL, NULL, program, sizeof(program), &image),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_load_image(false, &end, NULL, program, sizeof(program), &image),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_load_image(false, firmware, NULL, NULL, 0, &image), EFI_NOT_FOUND);
	CHECK_STATUS(efi_load_image(false, firmware, NULL, program, 0, &image), EFI_LOAD_ERROR);
	CHECK_STATUS(efi_load_image(false, firmware, &end, NULL, 0, &image), EFI_NOT_FOUND);
	CHECK_STATUS(efi_load_image(false, firmware, &broken, program, sizeof(program), &image),
		     EFI_INVALID_PARAMETER);
	CHECK(image == &end);
	check_clean();
}

TEST(memory_types_by_subsystem)
{
	static const struct {
		u16 subsystem;
		u32 code, data;
	} cases[] = {
		{ PE_SUBSYSTEM_EFI_APPLICATION, EfiLoaderCode, EfiLoaderData },
		{ PE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER, EfiBootServicesCode, EfiBootServicesData },
		{ PE_SUBSYSTEM_EFI_RUNTIME_DRIVER, EfiRuntimeServicesCode, EfiRuntimeServicesData },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		bool is_application = i == 0, is_runtime = i == 2;
		EFI_HANDLE image;
		u64 base;

		set_up();
		program_make(cases[i].subsystem, returns);
		CHECK_STATUS(load_program(&image), EFI_SUCCESS);
		base = (u64)loaded_of(image)->ImageBase;
		CHECK_EQUAL(loaded_of(image)->ImageCodeType, cases[i].code);
		CHECK_EQUAL(loaded_of(image)->ImageDataType, cases[i].data);
		CHECK_EQUAL(type_at(base), cases[i].code);
		CHECK_EQUAL(runtime_image, is_runtime ? base : 0);
		CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_SUCCESS);
		CHECK_EQUAL(efi_object_of(image) != NULL, !is_application);
		if (is_application)
			continue;
		/* Drivers stay, start once, and cannot be unloaded without an Unload function. */
		CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_INVALID_PARAMETER);
		CHECK_STATUS(efi_unload_image(image), EFI_UNSUPPORTED);
		CHECK_STATUS(efi_exit(image, EFI_SUCCESS, 0, NULL), EFI_INVALID_PARAMETER);
		loaded_of(image)->Unload = unload_says;
		unload_status = EFI_DEVICE_ERROR;
		CHECK_STATUS(efi_unload_image(image), EFI_DEVICE_ERROR);
		CHECK(efi_object_of(image));
		unload_status = EFI_SUCCESS;
		CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
		CHECK(!efi_object_of(image));
		CHECK_EQUAL(runtime_image, 0);
		check_clean();
	}
}

TEST(drivers_that_fail_are_unloaded_but_not_after_warnings)
{
	EFI_HANDLE image;

	set_up();
	program_make(PE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER, fails);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_ABORTED);
	CHECK(!efi_object_of(image));
	program_make(PE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER, warns);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_WARN_STALE_DATA);
	CHECK(efi_object_of(image));
	loaded_of(image)->Unload = unload_says;
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	check_clean();
}

static EFI_STATUS EFIAPI exits(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	static CHAR16 text[] = u"why";

	(void)table;
	CHECK_EQUAL(efi_raise_tpl(TPL_NOTIFY), TPL_APPLICATION);
	efi_exit(handle, EFI_ABORTED, sizeof(text), text);
	CHECK(false);
	return EFI_SUCCESS;
}

TEST(exit_with_data)
{
	EFI_HANDLE image;
	CHAR16 *data = NULL;
	UINTN size = 0;

	set_up();
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, exits);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_start_image(image, &size, &data), EFI_ABORTED);
	CHECK_EQUAL(size, 8);
	CHECK(data && memcmp(data, u"why", 8) == 0);
	CHECK_EQUAL(efi_current_tpl(), TPL_APPLICATION);
	CHECK_STATUS(efi_free_pool(data), EFI_SUCCESS);
	/* No driver supports it. */
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_ABORTED);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_start_image(image, &size, NULL), EFI_ABORTED);
	check_clean();
}

TEST(exit_of_an_image_that_was_not_started_unloads_it)
{
	EFI_HANDLE image;

	set_up();
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_exit(image, EFI_ABORTED, 0, NULL), EFI_SUCCESS);
	CHECK(!efi_object_of(image));
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	CHECK_EQUAL(starts, 0);
	check_clean();
}

static EFI_HANDLE inner, outer;

static EFI_STATUS EFIAPI tries_others(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	(void)table;
	CHECK(handle == inner);
	CHECK(efi_current_image() == inner);
	CHECK_STATUS(efi_exit(outer, EFI_SUCCESS, 0, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_exit(efi_firmware_image(), EFI_SUCCESS, 0, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_exit(NULL, EFI_SUCCESS, 0, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_start_image(outer, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_start_image(inner, NULL, NULL), EFI_INVALID_PARAMETER);
	/* Not even one with an Unload function. */
	loaded_of(inner)->Unload = loaded_of(outer)->Unload = unload_says;
	CHECK_STATUS(efi_unload_image(outer), EFI_UNSUPPORTED);
	CHECK_STATUS(efi_unload_image(inner), EFI_UNSUPPORTED);
	efi_exit(handle, EFI_TIMEOUT, 0, NULL);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI starts_another(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	(void)table;
	outer = handle;
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, tries_others);
	CHECK_STATUS(efi_load_image(false, handle, NULL, program, sizeof(program), &inner),
		     EFI_SUCCESS);
	CHECK(loaded_of(inner)->ParentHandle == handle);
	CHECK_STATUS(efi_start_image(inner, NULL, NULL), EFI_TIMEOUT);
	CHECK(efi_current_image() == handle);
	return EFI_CRC_ERROR;
}

TEST(starts_nest)
{
	EFI_HANDLE image;

	set_up();
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, starts_another);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_CRC_ERROR);
	check_clean();
}

/* shim and systemd's stub write to it. */
TEST(what_a_guest_writes_to_its_protocol_is_not_trusted)
{
	EFI_LOADED_IMAGE_PROTOCOL *loaded;
	EFI_HANDLE image;

	set_up();
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	loaded = loaded_of(image);
	memset(loaded, 0xee, offsetof(EFI_LOADED_IMAGE_PROTOCOL, Unload));
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_SUCCESS);
	CHECK_EQUAL(starts, 1);
	check_clean();
}

TEST(what_an_image_opened_is_closed_and_what_it_installed_stays)
{
	static const EFI_GUID own = GUID(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries;
	EFI_HANDLE image, other = NULL;
	VOID *interface;
	UINTN count;

	set_up();
	CHECK_STATUS(efi_install_protocol_interface(&other, (EFI_GUID *)&own, 0, program),
		     EFI_SUCCESS);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_open_protocol(other, (EFI_GUID *)&own, &interface, image, NULL,
				       EFI_OPEN_PROTOCOL_EXCLUSIVE),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_install_protocol_interface(&image, (EFI_GUID *)&own, 0, program),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	CHECK_STATUS(efi_open_protocol_information(other, (EFI_GUID *)&own, &entries, &count),
		     EFI_SUCCESS);
	CHECK_EQUAL(count, 0);
	CHECK_STATUS(efi_free_pool(entries), EFI_SUCCESS);
	/* It is still a handle, but no longer an image. */
	CHECK(efi_object_of(image));
	CHECK(!loaded_of(image));
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_unload_image(image), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_uninstall_protocol_interface(image, (EFI_GUID *)&own, program),
		     EFI_SUCCESS);
	CHECK_STATUS(efi_uninstall_protocol_interface(other, (EFI_GUID *)&own, program),
		     EFI_SUCCESS);
}

static EFI_STATUS EFIAPI exits_while_it_serves_a_file(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	(void)table;
	efi_watchdog_pause();
	return efi_exit(handle, EFI_ABORTED, 0, NULL);
}

TEST(the_watchdog_continues_after_an_image)
{
	EFI_HANDLE image;

	set_up();
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, exits_while_it_serves_a_file);
	efi_watchdog_pause();
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_ABORTED);
	CHECK_EQUAL(efi_watchdog_pauses(), 1);
	efi_watchdog_resume();
}

TEST(images_at_addresses)
{
	const char *name = NULL;
	EFI_HANDLE image;
	u64 base, offset = 0;

	set_up();
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	base = (u64)loaded_of(image)->ImageBase;
	CHECK(efi_image_at(base + 0x1234, &name, &offset));
	CHECK_EQUAL(offset, 0x1234);
	CHECK(name && name[0]);
	CHECK(efi_image_at(base, &name, &offset));
	CHECK(efi_image_at(base + PE_MEMORY_SIZE - 1, &name, &offset));
	CHECK(!efi_image_at(base - 1, &name, &offset));
	CHECK(!efi_image_at(base + PE_MEMORY_SIZE, &name, &offset));
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	CHECK(!efi_image_at(base, &name, &offset));
}

static void come_back(void *image)
{
	(void)efi_start_image(image, NULL, NULL);
}

TEST(nothing_continues_with_stopped_devices)
{
	EFI_HANDLE image;

	set_up();
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	has_exited_boot_services = true;
	CHECK_EQUAL(host_run(come_back, image), HOST_HALTED);
	has_exited_boot_services = false;
}
