/* SPDX-License-Identifier: Apache-2.0 */
/* Runs all topics, or those named in \selftest.txt, and powers the machine off. */
#include "selftest.h"

static const char *topic;
static u64 count, failed;

static void result(bool passed, const char *what)
{
	count++;
	if (!passed)
		failed++;
	print("%sok %u - %s: %s", passed ? "" : "not ", count, topic, what);
}

bool ok(const char *what, bool condition)
{
	result(condition, what);
	print("\n");
	return condition;
}

bool is(const char *what, EFI_STATUS status, EFI_STATUS wanted)
{
	result(status == wanted, what);
	if (status != wanted) {
		print(" # got %r", status);
		print(", not %r", wanted);
	}
	print("\n");
	return status == wanted;
}

bool is_either(const char *what, EFI_STATUS status, EFI_STATUS one, EFI_STATUS other)
{
	return is(what, status, status == other ? other : one);
}

bool equals(const char *what, u64 value, u64 wanted)
{
	result(value == wanted, what);
	if (value != wanted)
		print(" # got 0x%x, not 0x%x", value, wanted);
	print("\n");
	return value == wanted;
}

void skip(const char *what, const char *why)
{
	result(true, what);
	print(" # SKIP %s\n", why);
}

void *protocol(EFI_GUID guid)
{
	void *interface;

	return EFI_ERROR(boot->LocateProtocol(&guid, NULL, &interface)) ? NULL : interface;
}

void *protocol_on(EFI_HANDLE handle, EFI_GUID guid)
{
	void *interface;

	return EFI_ERROR(boot->HandleProtocol(handle, &guid, &interface)) ? NULL : interface;
}

EFI_LOADED_IMAGE_PROTOCOL *own_image(void)
{
	return protocol_on(image_handle, EFI_LOADED_IMAGE_PROTOCOL_GUID);
}

void *allocate(size_t size)
{
	void *memory;

	if (EFI_ERROR(boot->AllocatePool(EfiLoaderData, size, &memory))) {
		ok("pool memory for the test", false);
		power_off();
	}
	return memset(memory, 0, size);
}

/* Should the topic run: does the file name it, or not exist? */
static bool wanted(const char *name, const char *names, size_t size)
{
	if (!names)
		return true;
	for (size_t at = 0; at < size;) {
		size_t length = 0;

		while (name[length] && at + length < size && names[at + length] == name[length])
			length++;
		if (!name[length] && (at + length == size || names[at + length] <= ' '))
			return true;
		while (at < size && names[at] > ' ')
			at++;
		at++;
	}
	return false;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	UINTN size = 0;
	const char *names;

	support_init(image, table);
	names = read_file(u"\\selftest.txt", &size);
	print("SELFTEST: %S, revision %x\n", table->FirmwareVendor, (u64)table->Hdr.Revision);
	for (size_t i = 0; i < topic_count; i++) {
		topic = topics[i].name;
		if (wanted(topic, names, size)) {
			topics[i].run();
			ok("the TPL is unchanged",
			   boot->RaiseTPL(TPL_HIGH_LEVEL) == TPL_APPLICATION);
			boot->RestoreTPL(TPL_APPLICATION);
		}
	}
	topic = "virtual";
	if (wanted(topic, names, size))
		test_virtual();
	print("1..%u\n", count);
	print("SELFTEST: %u passed, %u failed\n", count - failed, failed);
	power_off();
	return EFI_SUCCESS;
}
