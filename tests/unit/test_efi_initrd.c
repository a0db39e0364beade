/* SPDX-License-Identifier: Apache-2.0 */
/* efi/protocols/initrd.c: the initrd of a kernel that the firmware starts itself. */
#include "core/boot.h"
#include "tests/unit/efi_files.h"

static const EFI_DEVICE_PATH_PROTOCOL no_more =
	EFI_NODE(no_more, END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE);
static struct boot_entry entry;
static EFI_LOAD_FILE2_PROTOCOL *load_file2;

static void add(const char *name)
{
	CHECK_EQUAL(volume_open(disk.volume, span_of_string(name),
				&entry.initrds[entry.initrd_count++]),
		    OK);
}

static EFI_STATUS load(UINTN *size, void *to)
{
	return load_file2->LoadFile(load_file2, (EFI_DEVICE_PATH_PROTOCOL *)&no_more, false, size,
				    to);
}

static void publish(void)
{
	start();
	entry = (struct boot_entry){ .title = "test" };
	add("a.txt");
	add("far");
	CHECK_STATUS(efi_initrd_publish(&entry), EFI_SUCCESS);
	load_file2 = efi_interface_of(efi_next_with(&guid_load_file2, NULL), &guid_load_file2);
	CHECK(load_file2);
}

/* The classes of protocols stay. */
static void withdraw(void)
{
	efi_initrd_withdraw();
	CHECK(!efi_next_with(&guid_load_file2, NULL));
	CHECK_STATUS(root->Close(root), EFI_SUCCESS);
	fat_image_free(&image);
	arena_release(&arena);
}

TEST(files_follow_each_other_at_multiples_of_four)
{
	UINTN size = 0;

	publish();
	CHECK_STATUS(load(&size, NULL), EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, 16);
	size = 15;
	CHECK_STATUS(load(&size, bytes), EFI_BUFFER_TOO_SMALL);
	size = BYTES_SIZE;
	memset(bytes, 0xa5, BYTES_SIZE);
	CHECK_STATUS(load(&size, bytes), EFI_SUCCESS);
	CHECK_EQUAL(size, 16);
	CHECK(memcmp(bytes, "0123456789\0\0far\0\xa5", 17) == 0);
	withdraw();
	CHECK_STATUS(load(&size, bytes), EFI_NOT_FOUND);
}

TEST(arguments_are_checked)
{
	static const EFI_DEVICE_PATH_PROTOCOL more =
		EFI_NODE(more, MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP);
	EFI_DEVICE_PATH_PROTOCOL *end = (EFI_DEVICE_PATH_PROTOCOL *)&no_more;
	UINTN size = BYTES_SIZE;

	publish();
	memset(bytes, 0xa5, BYTES_SIZE);
	CHECK_STATUS(load_file2->LoadFile(NULL, end, false, &size, bytes), EFI_INVALID_PARAMETER);
	CHECK_STATUS(load_file2->LoadFile(load_file2, NULL, false, &size, bytes),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(load_file2->LoadFile(load_file2, end, false, NULL, bytes),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(load_file2->LoadFile(load_file2, end, true, &size, bytes), EFI_UNSUPPORTED);
	CHECK_STATUS(load_file2->LoadFile(load_file2, (EFI_DEVICE_PATH_PROTOCOL *)&more, false,
					  &size, bytes),
		     EFI_NOT_FOUND);
	CHECK_EQUAL(size, BYTES_SIZE);
	CHECK_EQUAL(bytes[0], 0xa5);
	withdraw();
}

TEST(no_initrd_no_protocol)
{
	struct boot_entry none = { .title = "none" };

	CHECK_STATUS(efi_initrd_publish(&none), EFI_SUCCESS);
	CHECK(!efi_next_with(&guid_load_file2, NULL));
	efi_initrd_withdraw();
}

/* The kernel may write to the file before it takes it. */
TEST(a_file_that_has_grown_meanwhile_is_cut_off)
{
	UINTN size = 2000;

	publish();
	get(u"a.txt", WRITE);
	memset(bytes, 0, size);
	CHECK_STATUS(file->Write(file, &size, bytes), EFI_SUCCESS);
	close();
	size = 16;
	memset(bytes, 0xa5, BYTES_SIZE);
	CHECK_STATUS(load(&size, bytes), EFI_SUCCESS);
	CHECK_EQUAL(size, 16);
	CHECK(memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\0\0far\0\xa5", 17) == 0);
	/* From then on its new size is known. */
	CHECK_STATUS(load(&size, NULL), EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, 2004);
	get(u"a.txt", WRITE);
	info()->FileSize = 1;
	CHECK_STATUS(set_info(), EFI_SUCCESS);
	close();
	CHECK(load(&size, bytes));
	withdraw();
}
