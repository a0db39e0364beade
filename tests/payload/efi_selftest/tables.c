/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 4: the tables, their checksums, the configuration tables. */
#include "selftest.h"

static u32 crc32_of(const u8 *data, size_t size)
{
	u32 crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static bool crc_is_right(const EFI_TABLE_HEADER *header)
{
	static u8 copy[1024];

	if (header->HeaderSize > sizeof(copy))
		return false;
	memcpy(copy, header, header->HeaderSize);
	((EFI_TABLE_HEADER *)copy)->CRC32 = 0;
	return crc32_of(copy, header->HeaderSize) == header->CRC32;
}

static void test_header(const char *what, const EFI_TABLE_HEADER *header, u64 signature,
			size_t size)
{
	print("# %s\n", what);
	equals("signature", header->Signature, signature);
	ok("revision 2.x", header->Revision >> 16 == 2);
	ok("size", header->HeaderSize >= size);
	ok("checksum", crc_is_right(header));
	equals("reserved", header->Reserved, 0);
}

static bool all_are_there(const void *table, size_t size)
{
	for (size_t at = sizeof(EFI_TABLE_HEADER); at < size; at += sizeof(void *))
		if (!*(void *const *)((const u8 *)table + at) &&
		    at != offsetof(EFI_BOOT_SERVICES, Reserved))
			return false;
	return true;
}

static void *configuration(EFI_GUID guid)
{
	for (UINTN i = 0; i < system_table->NumberOfTableEntries; i++)
		if (!memcmp(&system_table->ConfigurationTable[i].VendorGuid, &guid, sizeof(guid)))
			return system_table->ConfigurationTable[i].VendorTable;
	return NULL;
}

static void test_install(void)
{
	static u32 data[2];
	EFI_GUID guid = TEST_GUID(50);
	UINTN before = system_table->NumberOfTableEntries;

	is("install a table", boot->InstallConfigurationTable(&guid, &data[0]), EFI_SUCCESS);
	ok("it is there", configuration(guid) == &data[0]);
	equals("one more", system_table->NumberOfTableEntries, before + 1);
	ok("checksum of the system table", crc_is_right(&system_table->Hdr));
	is("replace it", boot->InstallConfigurationTable(&guid, &data[1]), EFI_SUCCESS);
	ok("it is replaced", configuration(guid) == &data[1]);
	equals("no more of them", system_table->NumberOfTableEntries, before + 1);
	is("delete it", boot->InstallConfigurationTable(&guid, NULL), EFI_SUCCESS);
	ok("it is gone", !configuration(guid));
	equals("as many as before", system_table->NumberOfTableEntries, before);
	is("delete it again", boot->InstallConfigurationTable(&guid, NULL), EFI_NOT_FOUND);
	is("no GUID", boot->InstallConfigurationTable(NULL, &data[0]), EFI_INVALID_PARAMETER);
	for (u8 i = 100; i < 140; i++)
		boot->InstallConfigurationTable(&TEST_GUID(i), &data[0]);
	equals("forty more", system_table->NumberOfTableEntries, before + 40);
	for (u8 i = 100; i < 140; i++)
		boot->InstallConfigurationTable(&TEST_GUID(i), NULL);
	equals("and gone", system_table->NumberOfTableEntries, before);
}

static void test_configuration(void)
{
	const u8 *rsdp = configuration((EFI_GUID)EFI_ACPI_20_TABLE_GUID);
	EFI_MEMORY_ATTRIBUTES_TABLE *attributes =
		configuration((EFI_GUID)EFI_MEMORY_ATTRIBUTES_TABLE_GUID);
	bool aligned = true;

	if (rsdp)
		ok("ACPI's is an RSDP", !memcmp(rsdp, "RSD PTR ", 8));
	else
		skip("ACPI", "this machine may have none");
	if (!ok("there are memory attributes", attributes != NULL))
		return;
	ok("their version", attributes->Version == 1 || attributes->Version == 2);
	for (u32 i = 0; i < attributes->NumberOfEntries; i++) {
		EFI_MEMORY_DESCRIPTOR *d =
			(EFI_MEMORY_DESCRIPTOR *)((u8 *)attributes->Entry +
						  (size_t)i * attributes->DescriptorSize);

		aligned &=
			!(d->PhysicalStart & (PAGE - 1)) && d->NumberOfPages &&
			(d->Type == EfiRuntimeServicesCode || d->Type == EfiRuntimeServicesData) &&
			d->Attribute & EFI_MEMORY_RUNTIME;
	}
	ok("each is runtime memory", aligned && attributes->NumberOfEntries >= 2);
}

void test_tables(void)
{
	test_header("system table", &system_table->Hdr, EFI_SYSTEM_TABLE_SIGNATURE,
		    sizeof(EFI_SYSTEM_TABLE));
	test_header("boot services", &boot->Hdr, EFI_BOOT_SERVICES_SIGNATURE,
		    sizeof(EFI_BOOT_SERVICES));
	test_header("runtime services", &runtime->Hdr, EFI_RUNTIME_SERVICES_SIGNATURE,
		    sizeof(EFI_RUNTIME_SERVICES));
	ok("no boot service is missing", all_are_there(boot, sizeof(*boot)));
	ok("no runtime service is missing", all_are_there(runtime, sizeof(*runtime)));
	ok("the vendor has a name", system_table->FirmwareVendor && *system_table->FirmwareVendor);
	test_configuration();
	test_install();
}
