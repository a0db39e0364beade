/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI 2.11, 8.4 and 7.4.6: the end of boot services, and runtime services at other virtual
 * addresses. From then on output goes to COM1.
 */
#include "selftest.h"

#define OFFSET 0xffff800000000000ull

enum {
	TABLE_ENTRIES = 512,
	GIB_MAPPED = 64, /* covers all runtime memory, in 2 MiB pages */
	PRESENT_AND_WRITABLE = 3,
	LARGE = 0x80,
	CR4_LA57 = 1 << 12,
	PAGES_FREE = 66,
	MAP_SIZE = 64 * 1024,
};

static u8 map[MAP_SIZE], runtime_map[MAP_SIZE];
static UINTN map_size, stride, runtime_size, key;
static UINT32 version;

/* Results of the notification function. */
static struct {
	unsigned calls;
	EFI_STATUS converted, null, null_optional, nowhere, no_address;
	void *pointer;
} seen;

static EFI_STATUS read_map(void)
{
	map_size = sizeof(map);
	return boot->GetMemoryMap(&map_size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version);
}

static EFI_MEMORY_DESCRIPTOR *descriptor(u8 *of, UINTN offset)
{
	return (EFI_MEMORY_DESCRIPTOR *)(of + offset);
}

/* The map of runtime memory with new addresses. */
static void make_runtime_map(void)
{
	runtime_size = 0;
	for (UINTN offset = 0; offset < map_size; offset += stride) {
		EFI_MEMORY_DESCRIPTOR *to = descriptor(runtime_map, runtime_size);

		if (!(descriptor(map, offset)->Attribute & EFI_MEMORY_RUNTIME))
			continue;
		memcpy(to, map + offset, stride);
		to->VirtualStart = to->PhysicalStart + OFFSET;
		runtime_size += stride;
	}
}

static void EFIAPI addresses_change(EFI_EVENT event, void *context)
{
	void *nothing = NULL, *nowhere = &seen;

	(void)event;
	(void)context;
	seen.calls++;
	seen.pointer = (void *)runtime->GetTime;
	seen.converted = runtime->ConvertPointer(0, &seen.pointer);
	seen.null = runtime->ConvertPointer(0, &nothing);
	seen.null_optional = runtime->ConvertPointer(EFI_OPTIONAL_PTR, &nothing);
	/* An address in an application, which is not runtime memory. */
	seen.nowhere = runtime->ConvertPointer(0, &nowhere);
	seen.no_address = runtime->ConvertPointer(0, NULL);
}

static u64 read_cr3(void)
{
	u64 value;

	asm volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

static u64 read_cr4(void)
{
	u64 value;

	asm volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

/* The current page tables, with all memory mapped again at OFFSET. */
static void map_at_offset(u64 *tables)
{
	u64 *root = tables, *gib = tables + TABLE_ENTRIES, *pages = gib + TABLE_ENTRIES;
	u64 address = 0;

	memcpy(root, (void *)(UINTN)(read_cr3() & ~0xfffull), PAGE);
	root[OFFSET >> 39 & (TABLE_ENTRIES - 1)] = (UINTN)gib | PRESENT_AND_WRITABLE;
	for (unsigned i = 0; i < GIB_MAPPED; i++)
		gib[i] = (UINTN)(pages + (size_t)i * TABLE_ENTRIES) | PRESENT_AND_WRITABLE;
	for (size_t i = 0; i < (size_t)GIB_MAPPED * TABLE_ENTRIES; i++, address += 2 * MIB)
		pages[i] = address | PRESENT_AND_WRITABLE | LARGE;
	asm volatile("mov %0, %%cr3" : : "r"((u64)(UINTN)root) : "memory");
}

static EFI_STATUS set_map(UINTN size)
{
	return runtime->SetVirtualAddressMap(size, stride, version,
					     (EFI_MEMORY_DESCRIPTOR *)runtime_map);
}

static bool is_virtual(const void *address)
{
	return (u64)(UINTN)address >= OFFSET;
}

static void test_map(void)
{
	void *pointer = (void *)runtime->GetTime;
	void *before = pointer;

	is("convert a pointer before that", runtime->ConvertPointer(0, &pointer), EFI_UNSUPPORTED);
	ok("it stays", pointer == before);
	is("another version of descriptors",
	   runtime->SetVirtualAddressMap(runtime_size, stride, version + 1,
					 (EFI_MEMORY_DESCRIPTOR *)runtime_map),
	   EFI_INVALID_PARAMETER);
	is("descriptors that are too small",
	   runtime->SetVirtualAddressMap(runtime_size, 8, version,
					 (EFI_MEMORY_DESCRIPTOR *)runtime_map),
	   EFI_INVALID_PARAMETER);
	is("the virtual map", set_map(runtime_size), EFI_SUCCESS);
	equals("the event was signaled", seen.calls, 1);
	is("there a pointer is converted", seen.converted, EFI_SUCCESS);
	equals("by the map", (UINTN)seen.pointer, (UINTN)before + OFFSET);
	is("but not NULL", seen.null, EFI_INVALID_PARAMETER);
	is("unless that is optional", seen.null_optional, EFI_SUCCESS);
	is("nor what is not of the runtime", seen.nowhere, EFI_NOT_FOUND);
	is("nor nothing", seen.no_address, EFI_INVALID_PARAMETER);
}

static void test_tables_moved(void)
{
	const EFI_RUNTIME_SERVICES *moved = system_table->RuntimeServices;
	void *const *entry = (void *const *)&moved->GetTime;
	bool all = true;

	ok("the runtime services have moved", is_virtual(moved));
	ok("so have the configuration tables", is_virtual(system_table->ConfigurationTable));
	ok("and the vendor's name", is_virtual(system_table->FirmwareVendor));
	for (; (const void *)entry < (const void *)(moved + 1); entry++)
		/* SetVirtualAddressMap and ConvertPointer can no longer be used. */
		all &= is_virtual(*entry) || *entry == (void *)moved->SetVirtualAddressMap ||
		       *entry == (void *)moved->ConvertPointer;
	ok("each service is virtual", all);
}

static void test_services(void)
{
	EFI_GUID guid = TEST_GUID(70);
	UINT64 maximum, remaining, largest;
	UINTN size = 8;
	UINT32 high = 0, higher = 0, attributes;
	EFI_TIME time = { 0 };
	u8 value[8];
	CHAR16 name[4] = u"";
	EFI_CAPSULE_HEADER capsule = { .HeaderSize = sizeof(capsule),
				       .CapsuleImageSize = sizeof(capsule) };
	EFI_CAPSULE_HEADER *capsules[] = { &capsule };

	is("the time", runtime->GetTime(&time, NULL), EFI_SUCCESS);
	ok("it is one", time.Year >= 1998 && time.Month >= 1 && time.Month <= 12);
	show_time(&time);
	is("the time for nobody", runtime->GetTime(NULL, NULL), EFI_INVALID_PARAMETER);
	is("a variable", runtime->GetVariable(u"SelftestRuntime", &guid, &attributes, &size, value),
	   EFI_SUCCESS);
	ok("it is unchanged", size == 3 && !memcmp(value, "abc", 3));
	size = 8;
	is("one of boot services", runtime->GetVariable(u"SelftestBoot", &guid, NULL, &size, value),
	   EFI_NOT_FOUND);
	size = sizeof(name);
	is("names", runtime->GetNextVariableName(&size, name, &guid), EFI_BUFFER_TOO_SMALL);
	is("how much there is",
	   runtime->QueryVariableInfo(EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS,
				      &maximum, &remaining, &largest),
	   EFI_SUCCESS);
	is("write one that nobody may see now",
	   runtime->SetVariable(u"SelftestNew", &guid, EFI_VARIABLE_BOOTSERVICE_ACCESS, 1, "x"),
	   EFI_INVALID_PARAMETER);
	is("count", runtime->GetNextHighMonotonicCount(&high), EFI_SUCCESS);
	is("count on", runtime->GetNextHighMonotonicCount(&higher), EFI_SUCCESS);
	ok("it grew", higher > high);
	is("a capsule", runtime->UpdateCapsule(capsules, 1, 0), EFI_UNSUPPORTED);
	is("a second map", set_map(runtime_size), EFI_UNSUPPORTED);
}

void test_virtual(void)
{
	EFI_GUID guid = TEST_GUID(70);
	EFI_PHYSICAL_ADDRESS tables = 4 * GIB - 1, more = 0;
	EFI_STATUS stale, ended;
	EFI_EVENT event;

	if (read_cr4() & CR4_LA57) {
		skip("runtime services", "page tables of five levels");
		return;
	}
	runtime->SetVariable(u"SelftestRuntime", &guid,
			     EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS, 3,
			     "abc");
	runtime->SetVariable(u"SelftestBoot", &guid, EFI_VARIABLE_BOOTSERVICE_ACCESS, 1, "x");
	is("an event of changing addresses",
	   boot->CreateEvent(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, addresses_change, NULL,
			     &event),
	   EFI_SUCCESS);
	if (!is("pages for tables",
		boot->AllocatePages(AllocateMaxAddress, EfiLoaderData, PAGES_FREE, &tables),
		EFI_SUCCESS))
		return;
	read_map();
	boot->AllocatePages(AllocateAnyPages, EfiLoaderData, 1, &more);
	/* There must be no output between the two calls. */
	stale = boot->ExitBootServices(image_handle, key);
	read_map();
	ended = boot->ExitBootServices(image_handle, key);
	if (!ended)
		support_boot_services_ended();
	is("end boot services by an old map", stale, EFI_INVALID_PARAMETER);
	if (!is("end boot services", ended, EFI_SUCCESS))
		return;
	make_runtime_map();
	map_at_offset((u64 *)(UINTN)tables);
	test_map();
	/* At the operating system's addresses. */
	system_table = (EFI_SYSTEM_TABLE *)((UINTN)system_table + OFFSET);
	runtime = system_table->RuntimeServices;
	test_tables_moved();
	test_services();
}
