/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data about runtime services published by efi/runtime.c: table, properties, memory attributes.
 */
#include "core/power.h"
#include "efi/efi.h"
#include "efi/variables.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

/* The other parts of UEFI that are needed here. */
EFI_SYSTEM_TABLE *efi_system_table;
static EFI_SYSTEM_TABLE system_table;
static EFI_RT_PROPERTIES_TABLE *properties;
static EFI_MEMORY_ATTRIBUTES_TABLE *attributes;
static EFI_CONFORMANCE_PROFILES_TABLE *profiles;
static u32 crcs, resets;

EFI_STATUS efi_set_configuration_table(const EFI_GUID *guid, void *table)
{
	if (guid_equals(guid, &guid_rt_properties))
		properties = table;
	if (guid_equals(guid, &guid_memory_attributes))
		attributes = table;
	if (guid_equals(guid, &guid_conformance_profiles))
		profiles = table;
	return EFI_SUCCESS;
}

void efi_table_update_crc(EFI_TABLE_HEADER *header)
{
	(void)header;
	crcs++;
}

void efi_signal_group(const EFI_GUID *group)
{
	resets += guid_equals(group, &guid_event_group_reset_system);
}

static void EFIAPI on_virtual(EFI_EVENT event, VOID *context)
{
	(void)event, (void)context;
}

u32 efi_group_notifications(const EFI_GUID *group, struct efi_notification *out, u32 count_max)
{
	CHECK(guid_equals(group, &guid_event_group_virtual_address_change));
	CHECK(count_max >= 2);
	out[0] = (struct efi_notification){ &crcs, on_virtual, &resets };
	return 1;
}

static u8 memory[4096];

void *efi_allocate(size_t size)
{
	CHECK(size <= sizeof(memory));
	return memset(memory, 0, size);
}

void efi_free(void *of)
{
	(void)of;
}

static EFI_RUNTIME_SERVICES *start(void)
{
	EFI_RUNTIME_SERVICES *services = NULL;

	host_memory_init();
	efi_system_table = &system_table;
	CHECK_EQUAL(efi_runtime_init(&services), EFI_SUCCESS);
	return services;
}

enum {
	ALWAYS = EFI_RT_SUPPORTED_GET_VARIABLE | EFI_RT_SUPPORTED_GET_NEXT_VARIABLE_NAME |
		 EFI_RT_SUPPORTED_QUERY_VARIABLE_INFO | EFI_RT_SUPPORTED_SET_VIRTUAL_ADDRESS_MAP |
		 EFI_RT_SUPPORTED_CONVERT_POINTER | EFI_RT_SUPPORTED_RESET_SYSTEM |
		 EFI_RT_SUPPORTED_GET_NEXT_HIGH_MONOTONIC_COUNT,
};

TEST(the_table_is_complete)
{
	EFI_RUNTIME_SERVICES *services = start();
	const u8 *entries = (u8 *)services + sizeof(services->Hdr);

	CHECK_EQUAL(services->Hdr.Signature, EFI_RUNTIME_SERVICES_SIGNATURE);
	CHECK_EQUAL(services->Hdr.HeaderSize, sizeof(*services));
	CHECK(crcs > 0);
	for (u32 i = 0; i < RUNTIME_SERVICE_COUNT; i++)
		CHECK(load_le64(entries + i * sizeof(void *)) != 0);
	CHECK(services->QueryVariableInfo == runtime_query_variable_info);
	CHECK(services->SetVirtualAddressMap == runtime_set_virtual_address_map);
	CHECK(profiles && profiles->Version == 1 && profiles->NumberOfProfiles == 1);
	CHECK(guid_equals(&profiles->ConformanceProfiles[0], &guid_conformance_profile_ebbr_2_4));
}

TEST(properties_are_exact)
{
	EFI_TIME time;

	host_wall_clock = 0;
	start();
	CHECK_EQUAL(properties->Version, 1);
	CHECK_EQUAL(properties->Length, 8);
	/* Neither a clock nor a store for variables. */
	CHECK_EQUAL(properties->RuntimeServicesSupported, ALWAYS);
	CHECK_EQUAL(efi_get_time(&time), EFI_UNSUPPORTED);

	host_wall_clock = 1709251137;
	start();
	CHECK_EQUAL(properties->RuntimeServicesSupported, ALWAYS | EFI_RT_SUPPORTED_GET_TIME);
	CHECK_EQUAL(efi_get_time(&time), EFI_SUCCESS);
	CHECK(time.Year == 2024 && time.Month == 2 && time.Day == 29);
	host_wall_clock = 0;

	efi_runtime_data->set_variable_refused = false;
	efi_runtime_enter();
	CHECK_EQUAL(properties->RuntimeServicesSupported,
		    ALWAYS | EFI_RT_SUPPORTED_GET_TIME | EFI_RT_SUPPORTED_SET_VARIABLE);
}

TEST(memory_attributes_agree_with_the_map)
{
	u32 count, code = 0, data = 0;
	const struct memory_range *map;
	u64 driver;

	start();
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, 16 * MIB, MEMORY_BELOW_4_GIB, MEMORY_RUNTIME_CODE,
				    &driver),
		    OK);
	efi_runtime_enter();
	map = memory_map(&count);
	CHECK_EQUAL(attributes->Version, 2);
	CHECK_EQUAL(attributes->DescriptorSize, sizeof(EFI_MEMORY_DESCRIPTOR));
	CHECK_EQUAL(attributes->NumberOfEntries, 3);
	for (u32 i = 0; i < attributes->NumberOfEntries; i++) {
		const EFI_MEMORY_DESCRIPTOR *entry = &attributes->Entry[i];
		bool found = false;

		for (u32 k = 0; k < count; k++)
			found |= map[k].type == entry->Type &&
				 map[k].base <= entry->PhysicalStart &&
				 entry->PhysicalStart + entry->NumberOfPages * PAGE_SIZE <=
					 map[k].end;
		CHECK(found);
		if (entry->PhysicalStart == driver)
			CHECK_EQUAL(entry->Attribute, EFI_MEMORY_RUNTIME);
		else if (entry->Type == EfiRuntimeServicesCode)
			code += entry->Attribute == (EFI_MEMORY_RUNTIME | EFI_MEMORY_RO);
		else
			data += entry->Attribute == (EFI_MEMORY_RUNTIME | EFI_MEMORY_XP);
	}
	CHECK_EQUAL(code, 1);
	CHECK_EQUAL(data, 1);
}

TEST(described_registers_come_first)
{
	struct runtime_data *data;

	power_describe(POWER_RESET,
		       (struct register_write){
			       .address = 0x601, .value = 1, .size = 1, .kind = REGISTER_PORT });
	power_describe(POWER_OFF, (struct register_write){ .address = 0xfea00200,
							   .value = 0x34,
							   .size = 1,
							   .kind = REGISTER_MEMORY });
	start();
	data = efi_runtime_data;
	CHECK_EQUAL(data->reset.count, 4);
	CHECK_EQUAL(data->reset.writes[0].address, 0x601);
	CHECK_EQUAL(data->reset.writes[0].space, RUNTIME_PORT);
	CHECK_EQUAL(data->power_off.writes[0].address, 0xfea00200);
	CHECK_EQUAL(data->power_off.writes[0].space, RUNTIME_MEMORY);
	CHECK_EQUAL(data->power_off.writes[1].address, 0x600);
	/* Not in RAM, whatever the VMM says. */
	power_describe(POWER_OFF, (struct register_write){ .address = HOST_MEMORY_BASE + 2 * MIB,
							   .size = 1,
							   .kind = REGISTER_MEMORY });
	start();
	CHECK_EQUAL(efi_runtime_data->power_off.writes[0].address, 0x600);
	power_describe(POWER_OFF, (struct register_write){ 0 });
	power_describe(POWER_RESET, (struct register_write){ 0 });
}

TEST(boot_services_end)
{
	struct runtime_data *data;

	start();
	data = efi_runtime_data;
	resets = 0;
	CHECK(data->on_reset != NULL);
	data->on_reset(EfiResetCold);
	CHECK_EQUAL(resets, 1);
	CHECK_EQUAL(efi_runtime_image_add(0x5000, 0x2000, 0x1000, 12), EFI_SUCCESS);
	CHECK_EQUAL(data->images[0].base, 0x5000);
	for (u32 i = 1; i < RUNTIME_IMAGES_MAX; i++)
		CHECK_EQUAL(efi_runtime_image_add(0x10000 * i, 0x2000, 0, 0), EFI_SUCCESS);
	CHECK_EQUAL(efi_runtime_image_add(0x5000, 0x2000, 0, 0), EFI_OUT_OF_RESOURCES);
	efi_runtime_image_remove(0x5000);
	CHECK_EQUAL(data->images[0].base, 0);
	efi_runtime_enter();
	CHECK(data->at_runtime && !data->on_reset && !data->on_change);
	CHECK(data->events[0].event == &crcs && data->events[0].notify == on_virtual);
	CHECK(!data->events[1].event);
}
