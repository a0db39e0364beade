/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime program as linked for the firmware, run at other addresses: code and data at
 * unrelated addresses, before and after SetVirtualAddressMap, after which the old addresses no
 * longer exist.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <sys/mman.h>
#include <unistd.h>

#include "efi/runtime/runtime.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum {
	CODE_SIZE = 16 * 1024,
	KEPT = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS |
	       EFI_VARIABLE_RUNTIME_ACCESS,
};

static EFI_GUID vendor = { { 1 } };

static void *map_at(u64 address, int file, u64 size, int protection)
{
	void *there = mmap((void *)address, size, protection, MAP_SHARED | MAP_FIXED, file, 0);

	if (there == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return there;
}

/* Memory that can be mapped twice. */
static int memory_file(u64 size)
{
	int file = memfd_create("runtime", 0);

	if (file < 0 || ftruncate(file, (off_t)size)) {
		perror("memfd_create");
		exit(1);
	}
	return file;
}

static size_t load_program(void *code)
{
	FILE *file = fopen(RUNTIME_PROGRAM, "rb");
	size_t size = file ? fread(code, 1, CODE_SIZE, file) : 0;

	if (!size) {
		perror(RUNTIME_PROGRAM);
		exit(1);
	}
	fclose(file);
	return size;
}

static void place(u8 *code, struct runtime_data *data)
{
	struct runtime_head *head = (struct runtime_head *)code;
	u8 *entries = (u8 *)&data->services + sizeof(data->services.Hdr);

	head->data = data;
	data->services.Hdr.HeaderSize = sizeof(data->services);
	data->code = (uintptr_t)code;
	data->code_size = CODE_SIZE;
	data->data = (uintptr_t)data;
	data->data_size = sizeof(*data);
	for (u32 i = 0; i < RUNTIME_SERVICE_COUNT; i++)
		store_le64(entries + 8 * i, (uintptr_t)code + head->entries[i]);
}

/* Sets, lists, reads and deletes; only "A" is left. */
static void use_variables(const EFI_RUNTIME_SERVICES *services)
{
	CHAR16 name[8] = { 0 };
	char text[8];
	EFI_GUID found;
	UINTN size = sizeof(text);
	UINT64 numbers[3];

	CHECK_EQUAL(services->SetVariable(u"A", &vendor, KEPT, 4, "text"), EFI_SUCCESS);
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, 1, "b"), EFI_SUCCESS);
	CHECK_EQUAL(services->GetVariable(u"A", &vendor, NULL, &size, text), EFI_SUCCESS);
	CHECK(size == 4 && memcmp(text, "text", 4) == 0);
	size = sizeof(name);
	CHECK_EQUAL(services->GetNextVariableName(&size, name, &found), EFI_SUCCESS);
	CHECK(name[0] == 'A' && name[1] == 0);
	CHECK_EQUAL(services->SetVariable(u"B", &vendor, KEPT, 0, NULL), EFI_SUCCESS);
	size = sizeof(name);
	CHECK_EQUAL(services->GetNextVariableName(&size, name, &found), EFI_NOT_FOUND);
	CHECK_EQUAL(services->QueryVariableInfo(KEPT, &numbers[0], &numbers[1], &numbers[2]),
		    EFI_SUCCESS);
	CHECK_EQUAL(numbers[0], RUNTIME_STORE_SIZE);
	CHECK_EQUAL(services->SetVariable(u"A", &vendor, 4, 1, "x"), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(services->UpdateCapsule(NULL, 0, 0), EFI_INVALID_PARAMETER);
}

static void run_at(u64 code_address, u64 data_address, u64 code_virtual, u64 data_virtual)
{
	u64 data_size = align_up(sizeof(struct runtime_data), PAGE_SIZE);
	int code_file = memory_file(CODE_SIZE), data_file = memory_file(data_size);
	u8 *code = map_at(code_address, code_file, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC);
	struct runtime_data *data =
		map_at(data_address, data_file, data_size, PROT_READ | PROT_WRITE);
	EFI_MEMORY_DESCRIPTOR map[2] = {
		{ .Type = EfiRuntimeServicesCode,
		  .PhysicalStart = code_address,
		  .VirtualStart = code_virtual,
		  .NumberOfPages = CODE_SIZE / PAGE_SIZE,
		  .Attribute = EFI_MEMORY_RUNTIME },
		{ .Type = EfiRuntimeServicesData,
		  .PhysicalStart = data_address,
		  .VirtualStart = data_virtual,
		  .NumberOfPages = data_size / PAGE_SIZE,
		  .Attribute = EFI_MEMORY_RUNTIME },
	};
	EFI_SYSTEM_TABLE table = { .Hdr.HeaderSize = sizeof(table),
				   .RuntimeServices = &data->services };
	size_t size = load_program(code);

	CHECK(size <= 16 * 1024);
	place(code, data);
	data->system_table = &table;
	use_variables(&data->services);
	data->at_runtime = true;
	use_variables(&data->services);

	(void)map_at(code_virtual, code_file, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC);
	(void)map_at(data_virtual, data_file, data_size, PROT_READ | PROT_WRITE);
	CHECK_EQUAL(data->services.SetVirtualAddressMap(sizeof(map), sizeof(map[0]), 1, map),
		    EFI_SUCCESS);
	munmap(code, CODE_SIZE);
	munmap(data, data_size);
	/* As the kernel does, according to the memory attributes table. */
	mprotect((void *)code_virtual, CODE_SIZE, PROT_READ | PROT_EXEC);

	CHECK_EQUAL((u64)table.RuntimeServices, data_virtual);
	use_variables(table.RuntimeServices);
	CHECK_EQUAL(table.RuntimeServices->SetVirtualAddressMap(sizeof(map), sizeof(map[0]), 1, map),
		    EFI_UNSUPPORTED);
	munmap((void *)code_virtual, CODE_SIZE);
	munmap((void *)data_virtual, data_size);
	close(code_file);
	close(data_file);
}

TEST(code_and_data_may_be_anywhere)
{
	run_at(0x30000000, 0x30010000, 0x210000000000, 0x220000000000);
	run_at(0x250000000000, 0x30000000, 0x31000000, 0x32000000);
}

TEST(addresses_may_stay_the_same)
{
	u64 size = align_up(sizeof(struct runtime_data), PAGE_SIZE);

	run_at(0x230000000000, 0x240000000000, 0x230000000000 + size, 0x240000000000 + size);
}
