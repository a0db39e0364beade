/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 37.7: EFI_MEMORY_ATTRIBUTE_PROTOCOL. */
#include "selftest.h"

static EFI_MEMORY_ATTRIBUTE_PROTOCOL *attribute;

static u64 attributes_at(u64 base, u64 pages)
{
	UINT64 attributes = 0;

	if (attribute->GetMemoryAttributes(attribute, base, pages * PAGE, &attributes))
		return UINT64_MAX;
	return attributes;
}

static void test_defaults(void)
{
	static u8 writable[PAGE];
	EFI_PHYSICAL_ADDRESS code, data;
	u64 text = (u64)test_protection & ~(PAGE - 1);

	boot->AllocatePages(AllocateAnyPages, EfiLoaderCode, 2, &code);
	boot->AllocatePages(AllocateAnyPages, EfiLoaderData, 2, &data);
	equals("memory for code", attributes_at(code, 2), 0);
	equals("memory for data", attributes_at(data, 2), EFI_MEMORY_XP);
	boot->FreePages(code, 2);
	boot->FreePages(data, 2);
	equals("code of this image", attributes_at(text, 1), EFI_MEMORY_RO);
	equals("data of this image", attributes_at((u64)writable & ~(PAGE - 1), 1), EFI_MEMORY_XP);
	equals("the stack", attributes_at((u64)&code & ~(PAGE - 1), 1), EFI_MEMORY_XP);
}

static void test_changes(u64 memory)
{
	is("read-only", attribute->SetMemoryAttributes(attribute, memory, PAGE, EFI_MEMORY_RO),
	   EFI_SUCCESS);
	equals("it is, and still not code", attributes_at(memory, 1),
	       EFI_MEMORY_RO | EFI_MEMORY_XP);
	equals("its neighbour is as before", attributes_at(memory + PAGE, 1), EFI_MEMORY_XP);
	equals("both are not the same", attributes_at(memory, 2), UINT64_MAX);
	is("both as code",
	   attribute->ClearMemoryAttributes(attribute, memory, 2 * PAGE, EFI_MEMORY_XP),
	   EFI_SUCCESS);
	equals("the first one", attributes_at(memory, 1), EFI_MEMORY_RO);
	equals("the second one", attributes_at(memory + PAGE, 1), 0);
	is("not to be read", attribute->SetMemoryAttributes(attribute, memory, PAGE, EFI_MEMORY_RP),
	   EFI_SUCCESS);
	equals("and the rest is remembered", attributes_at(memory, 1),
	       EFI_MEMORY_RP | EFI_MEMORY_RO);
	is("back",
	   attribute->ClearMemoryAttributes(attribute, memory, PAGE, EFI_MEMORY_RP | EFI_MEMORY_RO),
	   EFI_SUCCESS);
	*(volatile u8 *)memory = 1;
	equals("all of it as code", attributes_at(memory, 2), 0);
}

static void test_errors(u64 memory)
{
	UINT64 attributes;

	is("attributes for nobody", attribute->GetMemoryAttributes(attribute, memory, PAGE, NULL),
	   EFI_INVALID_PARAMETER);
	is("of nothing", attribute->GetMemoryAttributes(attribute, memory, 0, &attributes),
	   EFI_INVALID_PARAMETER);
	is("of half a page", attribute->GetMemoryAttributes(attribute, memory, 100, &attributes),
	   EFI_UNSUPPORTED);
	is("of what is no memory",
	   attribute->GetMemoryAttributes(attribute, 1ull << 60, PAGE, &attributes),
	   EFI_UNSUPPORTED);
	is("set nothing", attribute->SetMemoryAttributes(attribute, memory, PAGE, 0),
	   EFI_INVALID_PARAMETER);
	is("set what is none of the three",
	   attribute->SetMemoryAttributes(attribute, memory, PAGE, EFI_MEMORY_WB),
	   EFI_INVALID_PARAMETER);
	is("set for no page", attribute->SetMemoryAttributes(attribute, memory, 0, EFI_MEMORY_XP),
	   EFI_INVALID_PARAMETER);
	is("set from within a page",
	   attribute->SetMemoryAttributes(attribute, memory + 1, PAGE, EFI_MEMORY_XP),
	   EFI_UNSUPPORTED);
	is("clear nothing", attribute->ClearMemoryAttributes(attribute, memory, PAGE, 0),
	   EFI_INVALID_PARAMETER);
	is("clear past the end of all",
	   attribute->ClearMemoryAttributes(attribute, -PAGE, 2 * PAGE, EFI_MEMORY_XP),
	   EFI_UNSUPPORTED);
}

void test_protection(void)
{
	EFI_PHYSICAL_ADDRESS memory;

	attribute = protocol((EFI_GUID)EFI_MEMORY_ATTRIBUTE_PROTOCOL_GUID);
	if (!attribute) {
		skip("memory protection", "this firmware does not offer it");
		return;
	}
	is("pages", boot->AllocatePages(AllocateAnyPages, EfiLoaderData, 2, &memory), EFI_SUCCESS);
	test_defaults();
	test_changes(memory);
	test_errors(memory);
	is("free them", boot->FreePages(memory, 2), EFI_SUCCESS);
	is("and take them again", boot->AllocatePages(AllocateAddress, EfiLoaderData, 2, &memory),
	   EFI_SUCCESS);
	equals("they are data again", attributes_at(memory, 2), EFI_MEMORY_XP);
	boot->FreePages(memory, 2);
	is("change what is free",
	   attribute->SetMemoryAttributes(attribute, memory, PAGE, EFI_MEMORY_RO), EFI_UNSUPPORTED);
}
