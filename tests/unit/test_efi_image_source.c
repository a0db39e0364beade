/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/image_source.c: LoadImage with a path (UEFI 2.11, 7.4.1), and files that are not
 * images.
 */
#include "tests/unit/efi_images.h"

bool efi_boot_services_ended(void)
{
	return false;
}

/* A device with a file system, LoadFile2 and LoadFile, each if the test requires it. */
static struct efi_object device;
static struct [[gnu::packed]] {
	VENDOR_DEVICE_PATH vendor;
	EFI_DEVICE_PATH_PROTOCOL end;
} device_path = {
	.vendor.Header = { HARDWARE_DEVICE_PATH, HW_VENDOR_DP, { sizeof(VENDOR_DEVICE_PATH), 0 } },
	.end = { 0x7f, 0xff, { 4, 0 } },
};

static struct {
	CHAR16 name[64]; /* opened last */
	UINT64 attribute, said_size;
	EFI_STATUS open, get_info, read;
	UINTN read_size; /* bytes returned by a read; UINT64_MAX: all */
	s32 open_files;
	u32 reads, largest_read;
	u32 load_file_calls;
	bool boot_policy;
	EFI_STATUS load_file;
	UINTN load_file_size;
	u8 rest[64];
} fake;

static EFI_FILE_PROTOCOL root, opened;

static EFI_STATUS EFIAPI fake_open(EFI_FILE_PROTOCOL *this, EFI_FILE_PROTOCOL **file, CHAR16 *name,
				   UINT64 mode, UINT64 attributes)
{
	size_t count = 0;

	(void)attributes;
	CHECK(this == &root);
	CHECK_EQUAL(mode, EFI_FILE_MODE_READ);
	while (name[count] && count + 1 < ARRAY_SIZE(fake.name)) {
		fake.name[count] = name[count];
		count++;
	}
	fake.name[count] = 0;
	if (fake.open)
		return fake.open;
	fake.open_files++;
	*file = &opened;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_close(EFI_FILE_PROTOCOL *this)
{
	(void)this;
	fake.open_files--;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_get_info(EFI_FILE_PROTOCOL *this, EFI_GUID *type, UINTN *size,
				       VOID *buffer)
{
	EFI_FILE_INFO *info = buffer;

	CHECK(this == &opened && guid_equals(type, &guid_file_info));
	if (fake.get_info)
		return fake.get_info;
	if (*size < sizeof(*info) + 2) {
		*size = sizeof(*info) + 2;
		return EFI_BUFFER_TOO_SMALL;
	}
	*info = (EFI_FILE_INFO){ .FileSize = fake.said_size, .Attribute = fake.attribute };
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_read(EFI_FILE_PROTOCOL *this, UINTN *size, VOID *buffer)
{
	CHECK(this == &opened);
	fake.reads++;
	*size = min_u64(min_u64(*size, sizeof(program)), fake.read_size);
	memcpy(buffer, program, *size);
	return fake.read;
}

static EFI_FILE_PROTOCOL root = { .Open = fake_open, .Close = fake_close };
static EFI_FILE_PROTOCOL opened = {
	.Close = fake_close,
	.GetInfo = fake_get_info,
	.Read = fake_read,
};

static EFI_STATUS EFIAPI open_volume(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *this, EFI_FILE_PROTOCOL **out)
{
	(void)this;
	fake.open_files++;
	*out = &root;
	return EFI_SUCCESS;
}

static EFI_SIMPLE_FILE_SYSTEM_PROTOCOL file_system = { 0x10000, open_volume };

static EFI_STATUS EFIAPI load_file(EFI_LOAD_FILE_PROTOCOL *this, EFI_DEVICE_PATH_PROTOCOL *path,
				   BOOLEAN boot_policy, UINTN *size, VOID *buffer)
{
	(void)this;
	fake.load_file_calls++;
	fake.boot_policy = boot_policy;
	memcpy(fake.rest, path, min_u64(efi_path_size(path, 1024), sizeof(fake.rest)));
	if (!buffer || *size < sizeof(program)) {
		*size = fake.load_file_size;
		return fake.load_file ? fake.load_file : EFI_BUFFER_TOO_SMALL;
	}
	memcpy(buffer, program, sizeof(program));
	*size = sizeof(program);
	return EFI_SUCCESS;
}

static EFI_LOAD_FILE_PROTOCOL loader = { load_file };

static void install(const EFI_GUID *protocol, void *interface)
{
	CHECK_STATUS(efi_install(&device, protocol, interface), EFI_SUCCESS);
}

static void set_up(bool has_files, bool has_load_file2, bool has_load_file)
{
	memset(&fake, 0, sizeof(fake));
	fake.said_size = fake.load_file_size = sizeof(program);
	fake.read_size = UINT64_MAX;
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, NULL);
	install(&guid_device_path, &device_path);
	if (has_files)
		install(&guid_simple_file_system, &file_system);
	if (has_load_file2)
		install(&guid_load_file2, &loader);
	if (has_load_file)
		install(&guid_load_file, &loader);
}

static void tear_down(void)
{
	CHECK_EQUAL(fake.open_files, 0);
	(void)efi_uninstall(&device, &guid_simple_file_system, &file_system);
	(void)efi_uninstall(&device, &guid_load_file2, &loader);
	(void)efi_uninstall(&device, &guid_load_file, &loader);
	CHECK_STATUS(efi_uninstall(&device, &guid_device_path, &device_path), EFI_SUCCESS);
}

/* The device's path followed by these names as file nodes. */
static EFI_DEVICE_PATH_PROTOCOL *path_of(const char *first, const char *second)
{
	EFI_DEVICE_PATH_PROTOCOL *path = efi_path_copy(&device_path.vendor.Header), *longer = path;

	if (first)
		longer = efi_path_append_file(path, span_of_string(first));
	if (first)
		efi_free(path);
	path = longer;
	if (second)
		longer = efi_path_append_file(path, span_of_string(second));
	if (second)
		efi_free(path);
	return longer;
}

static EFI_STATUS load(bool boot_policy, EFI_DEVICE_PATH_PROTOCOL *path, EFI_HANDLE *image)
{
	return efi_load_image(boot_policy, efi_firmware_image(), path, NULL, 0, image);
}

/* Loads @first/@second, which must fail. */
static EFI_STATUS load_status(const char *first, const char *second)
{
	EFI_DEVICE_PATH_PROTOCOL *path = path_of(first, second);
	u64 free_size = memory_free_size();
	EFI_HANDLE image = NULL;
	EFI_STATUS status = load(false, path, &image);

	CHECK_EQUAL(memory_free_size(), free_size);
	CHECK(!image);
	efi_free(path);
	return status;
}

static bool is_name(const CHAR16 *name)
{
	size_t i = 0;

	while (name[i] && name[i] == fake.name[i])
		i++;
	return name[i] == fake.name[i];
}

TEST(a_file_of_a_file_system)
{
	EFI_DEVICE_PATH_PROTOCOL *path = path_of("\\EFI\\BOOT\\BOOTX64.EFI", NULL);
	EFI_LOADED_IMAGE_PROTOCOL *loaded;
	const char *name;
	EFI_HANDLE image;
	u64 offset;

	set_up(true, true, true);
	CHECK_STATUS(load(true, path, &image), EFI_SUCCESS);
	CHECK(is_name(u"\\EFI\\BOOT\\BOOTX64.EFI"));
	CHECK_EQUAL(fake.reads, 1);
	CHECK_EQUAL(fake.load_file_calls, 0);
	loaded = loaded_of(image);
	CHECK(loaded->DeviceHandle == &device);
	/* shim finds GRUB in its own folder by this path, which consists only of file nodes. */
	CHECK(loaded->FilePath != path);
	CHECK_EQUAL(efi_path_size(loaded->FilePath, 1024),
		    efi_path_size(path, 1024) - sizeof(device_path.vendor));
	CHECK(memcmp(loaded->FilePath, (u8 *)path + sizeof(device_path.vendor),
		     efi_path_size(loaded->FilePath, 1024)) == 0);
	CHECK(memcmp(efi_interface_of(image, &guid_loaded_image_device_path), path,
		     efi_path_size(path, 1024)) == 0);
	CHECK(efi_image_at((u64)loaded->ImageBase, &name, &offset));
	CHECK_TEXT(name, "\\EFI\\BOOT\\BOOTX64.EFI");
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	tear_down();
	efi_free(path);
}

TEST(names_in_several_nodes)
{
	static const struct {
		const char *first, *second;
		const CHAR16 *name;
	} cases[] = {
		{ "a", "b", u"a\\b" },         { "\\a\\", "b", u"\\a\\b" },
		{ "\\a", "\\b", u"\\a\\b" },   { "a.efi", NULL, u"a.efi" },
		{ "\\", "a.efi", u"\\a.efi" },
	};

	set_up(true, false, false);
	fake.open = EFI_NOT_FOUND;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_STATUS(load_status(cases[i].first, cases[i].second), EFI_NOT_FOUND);
		CHECK(is_name(cases[i].name));
	}
	tear_down();
}

TEST(reasons_for_not_loading_a_file)
{
	set_up(true, false, false);
	fake.open = EFI_DEVICE_ERROR;
	CHECK_STATUS(load_status("a", NULL), EFI_DEVICE_ERROR);
	fake.open = EFI_SUCCESS;
	fake.get_info = EFI_VOLUME_CORRUPTED;
	CHECK_STATUS(load_status("a", NULL), EFI_VOLUME_CORRUPTED);
	fake.get_info = EFI_SUCCESS;
	fake.read = EFI_DEVICE_ERROR;
	CHECK_STATUS(load_status("a", NULL), EFI_DEVICE_ERROR);
	fake.read = EFI_SUCCESS;
	fake.read_size = sizeof(program) - 1;
	CHECK_STATUS(load_status("a", NULL), EFI_DEVICE_ERROR);
	fake.read_size = UINT64_MAX;
	fake.said_size = 0;
	CHECK_STATUS(load_status("a", NULL), EFI_LOAD_ERROR);
	/* Larger than memory; than a program can be; overflowing. */
	fake.said_size = HOST_MEMORY_SIZE;
	CHECK_STATUS(load_status("a", NULL), EFI_OUT_OF_RESOURCES);
	fake.said_size = UINT32_MAX;
	CHECK_STATUS(load_status("a", NULL), EFI_OUT_OF_RESOURCES);
	fake.said_size = UINT32_MAX + 1ull;
	CHECK_STATUS(load_status("a", NULL), EFI_LOAD_ERROR);
	fake.said_size = UINT64_MAX;
	CHECK_STATUS(load_status("a", NULL), EFI_LOAD_ERROR);
	fake.said_size = sizeof(program);
	fake.attribute = EFI_FILE_DIRECTORY;
	CHECK(EFI_ERROR(load_status("a", NULL)));
	fake.attribute = 0;
	/* The device is not a file. */
	CHECK_STATUS(load_status(NULL, NULL), EFI_NOT_FOUND);
	tear_down();
}

TEST(load_file_protocols)
{
	static const struct {
		bool has_load_file2, has_load_file, boot_policy, policy_passed;
		EFI_STATUS status;
	} cases[] = {
		{ true, false, false, false, EFI_SUCCESS },
		{ true, false, true, false, EFI_NOT_FOUND }, /* LoadFile2 is not for booting */
		{ false, true, true, true, EFI_SUCCESS },
		{ false, true, false, false, EFI_SUCCESS },
		{ true, true, false, false, EFI_SUCCESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		EFI_DEVICE_PATH_PROTOCOL *path = path_of("x", NULL);
		EFI_HANDLE image;

		set_up(false, cases[i].has_load_file2, cases[i].has_load_file);
		CHECK_STATUS(load(cases[i].boot_policy, path, &image), cases[i].status);
		if (!cases[i].status) {
			CHECK_EQUAL(fake.boot_policy, cases[i].policy_passed);
			CHECK_EQUAL(fake.load_file_calls, 2);
			CHECK(loaded_of(image)->DeviceHandle == &device);
			CHECK(memcmp(fake.rest, (u8 *)path + sizeof(device_path.vendor), 8) == 0);
			CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
		}
		tear_down();
		efi_free(path);
	}
	set_up(false, false, true);
	fake.load_file = EFI_NO_RESPONSE;
	CHECK_STATUS(load_status("x", NULL), EFI_NO_RESPONSE);
	fake.load_file = EFI_SUCCESS;
	fake.load_file_size = 0;
	CHECK_STATUS(load_status("x", NULL), EFI_LOAD_ERROR);
	fake.load_file_size = HOST_MEMORY_SIZE;
	CHECK_STATUS(load_status("x", NULL), EFI_OUT_OF_RESOURCES);
	/* It grows between the calls. */
	fake.load_file_size = sizeof(program) - 1;
	CHECK(EFI_ERROR(load_status("x", NULL)));
	tear_down();
}

/* systemd's stub: bytes in memory, and a path without a device. */
TEST(bytes_with_a_path)
{
	EFI_DEVICE_PATH_PROTOCOL *path = path_of("a.efi", NULL);
	EFI_HANDLE image;

	set_up(true, true, true);
	CHECK_STATUS(efi_load_image(false, efi_firmware_image(), path, program, sizeof(program),
				    &image),
		     EFI_SUCCESS);
	CHECK(loaded_of(image)->DeviceHandle == &device);
	CHECK_EQUAL(fake.reads + fake.load_file_calls, 0);
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	tear_down();
	CHECK_STATUS(efi_load_image(false, efi_firmware_image(), path, program, sizeof(program),
				    &image),
		     EFI_SUCCESS);
	CHECK(!loaded_of(image)->DeviceHandle);
	CHECK(loaded_of(image)->FilePath);
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	efi_free(path);
}

static EFI_STATUS load_bytes(size_t size)
{
	u64 free_size = memory_free_size();
	EFI_HANDLE image = NULL;
	EFI_STATUS status =
		efi_load_image(false, efi_firmware_image(), NULL, program, size, &image);

	if (!status)
		CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	CHECK_EQUAL(memory_free_size(), free_size);
	return status;
}

TEST(invalid_images)
{
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, NULL);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_SUCCESS);
	CHECK_STATUS(load_bytes(1), EFI_UNSUPPORTED);
	CHECK_STATUS(load_bytes(0x700), EFI_LOAD_ERROR);
	store_le16(program + PE_P + 4, 0x14c);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_UNSUPPORTED);
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, NULL);
	program[0] = 0x7f;
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_UNSUPPORTED);
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, NULL);
	store_le32(program + PE_P + 80, 0x3fff0000);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_OUT_OF_RESOURCES);
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, NULL);
	store_le32(program + PE_P + 56, 1u << 31);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_OUT_OF_RESOURCES);
	/* Relocations are only checked after the image is placed. */
	program_make(PE_SUBSYSTEM_EFI_APPLICATION, NULL);
	store_le32(program + 0x804, 0);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_LOAD_ERROR);
}

TEST(images_that_run_at_one_place)
{
	EFI_HANDLE image;

	program_make(PE_SUBSYSTEM_EFI_APPLICATION, NULL);
	store_le16(program + PE_P + 22, 0x222f);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_OUT_OF_RESOURCES); /* no RAM there */
	store_le64(program + PE_P + 48, 0x12340000);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK((u64)loaded_of(image)->ImageBase == 0x12340000);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_OUT_OF_RESOURCES); /* taken */
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
	store_le64(program + PE_P + 48, 0x12340800);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_OUT_OF_RESOURCES);
	store_le64(program + PE_P + 48, 0);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_OUT_OF_RESOURCES);
	/* Without relocations, but not marked as stripped: at its base, or anywhere. */
	store_le16(program + PE_P + 22, 0x222e);
	store_le64(program + PE_P + 176, 0);
	store_le64(program + PE_P + 48, 0x12340000);
	CHECK_STATUS(load_program(&image), EFI_SUCCESS);
	CHECK((u64)loaded_of(image)->ImageBase == 0x12340000);
	CHECK_STATUS(load_bytes(sizeof(program)), EFI_SUCCESS);
	CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
}

TEST(out_of_memory_at_any_allocation)
{
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;
	EFI_DEVICE_PATH_PROTOCOL *path;
	u32 failures = 0;

	set_up(true, false, false);
	/* Each copy of a long name needs whole pages. */
	path = path_of("a.efi", NULL);
	for (u32 left = 0; left < 20 && status; left++) {
		u64 free_size = memory_free_size();
		EFI_HANDLE image;

		host_allocations_left = left;
		status = load(false, path, &image);
		host_allocations_left = UINT64_MAX;
		if (status) {
			CHECK_STATUS(status, EFI_OUT_OF_RESOURCES);
			failures++;
		} else {
			CHECK_STATUS(efi_unload_image(image), EFI_SUCCESS);
		}
		CHECK_EQUAL(memory_free_size(), free_size);
	}
	CHECK_STATUS(status, EFI_SUCCESS);
	CHECK(failures >= 2);
	efi_free(path);
	tear_down();
}
