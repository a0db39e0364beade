/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives the runtime program (efi/runtime/) its memory, its data and its place, and tells the
 * operating system about it: runtime services table, RT properties, memory attributes, conformance
 * profiles (UEFI 2.11, 4.5, 4.6).
 */
#include "efi/runtime/runtime.h"

#include "core/arch.h"
#include "core/console.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/power.h"
#include "core/volume.h"
#include "efi/efi.h"
#include "efi/services/memory.h"
#include "efi/variables.h"
#include "lib/config.h"
#include "lib/util.h"

enum {
	REGION_ALIGNMENT = PAGE_SIZE, /* kernels of arm64 with larger pages need 64 KiB */
	MEMORY_ATTRIBUTES_MAX = 64,
	RTC_CENTURY = 0x32, /* in all VMMs, whether or not the FADT says so */
};

struct runtime_data *efi_runtime_data;

static void *entries[RUNTIME_ENTRY_COUNT];
static EFI_MEMORY_ATTRIBUTES_TABLE *memory_attributes;

void *efi_runtime_entry(enum runtime_entry entry)
{
	return entries[entry];
}

static void on_reset(EFI_RESET_TYPE type)
{
	(void)type;
	efi_signal_group(&guid_event_group_reset_system);
	console_flush();
}

static const struct runtime_writes x86_reset = {
	.count = 3,
	.writes = {
		{ .address = 0xcf9, .value = 0x02, .size = 1 }, /* PIIX and ICH: a hard reset ... */
		{ .address = 0xcf9, .value = 0x06, .size = 1 }, /* ... starts */
		{ .address = 0x64, .value = 0xfe, .size = 1 },  /* i8042: pulse on the reset line */
	},
};

static const struct runtime_writes x86_power_off = {
	.count = 3,
	.writes = {
		/* Cloud Hypervisor and Alioth: sleep control, type 5, enable. */
		{ .address = 0x600, .value = 0x34, .size = 1 },
		/* QEMU pc and q35: PM1a control, type 0, enable. */
		{ .address = 0x604, .value = 0x2000, .size = 2 },
		/* Firecracker has no power off: its VM ends at a reset. */
		{ .address = 0x64, .value = 0xfe, .size = 1 },
	},
};

/*
 * First the registers that the VMM has described, then those that work on VMMs that describe none.
 */
static struct runtime_writes writes_for(enum power_action action,
					const struct runtime_writes *fallback)
{
	struct register_write described = power_description(action);
	bool is_port = described.kind == REGISTER_PORT;
	struct runtime_writes out = { 0 };

	/* Registers in memory must be mapped, by us and by the operating system. */
	if (described.size &&
	    (is_port ? described.address <= UINT16_MAX :
		       !arch_map(described.address, described.size, MAP_DEVICE) &&
			       !memory_add_device(described.address, described.size)))
		out.writes[out.count++] = (struct runtime_write){
			.address = described.address,
			.value = described.value,
			.space = is_port ? RUNTIME_PORT : RUNTIME_MEMORY,
			.size = described.size,
		};
	for (u32 i = 0; i < fallback->count; i++)
		out.writes[out.count++] = fallback->writes[i];
	return out;
}

static void services_fill(EFI_RUNTIME_SERVICES *table)
{
	u8 *first = (u8 *)table + sizeof(table->Hdr);

	static_assert(sizeof(*table) == sizeof(table->Hdr) + RUNTIME_SERVICE_COUNT * sizeof(void *));
	table->Hdr = (EFI_TABLE_HEADER){
		.Signature = EFI_RUNTIME_SERVICES_SIGNATURE,
		.Revision = EFI_2_110_REVISION,
		.HeaderSize = sizeof(*table),
	};
	memcpy(first, entries, RUNTIME_SERVICE_COUNT * sizeof(void *));
	efi_table_update_crc(&table->Hdr);
}

/* Increases across resets because the clock does: nothing has to be stored. */
static u32 monotonic_start(const EFI_TIME *now)
{
	u32 months = (now->Year - 2000u) * 12 + now->Month;

	return ((months * 31 + now->Day) * 24 + now->Hour) * 3600 + now->Minute * 60u + now->Second;
}

static void clock_init(struct runtime_data *data)
{
	EFI_STATUS(EFIAPI * get_time)
	(EFI_TIME *, EFI_TIME_CAPABILITIES *) = efi_runtime_entry(RUNTIME_GET_TIME);
	EFI_TIME now;

	data->clock = (struct runtime_clock){
		.has_rtc = true,
		.century_index = RTC_CENTURY,
		.time_zone = EFI_UNSPECIFIED_TIMEZONE,
	};
	if (get_time(&now, NULL)) {
		data->clock.has_rtc = false;
		if (arch_wall_clock(&data->clock.seconds, &data->clock.ticks))
			data->clock.ticks_per_second = arch_ticks_per_second();
		if (get_time(&now, NULL)) {
			log_debug("UEFI: no time-of-day clock");
			return;
		}
	}
	data->monotonic_high = monotonic_start(&now);
}

/* For files written from now on. */
static struct file_time file_clock(void)
{
	EFI_TIME now;

	if (efi_get_time(&now))
		return (struct file_time){ 0 };
	return (struct file_time){ now.Year, now.Month, now.Day, now.Hour, now.Minute, now.Second };
}

EFI_STATUS efi_get_time(EFI_TIME *time)
{
	EFI_STATUS(EFIAPI * get_time)
	(EFI_TIME *, EFI_TIME_CAPABILITIES *) = efi_runtime_entry(RUNTIME_GET_TIME);

	return get_time(time, NULL);
}

static void write_properties(struct runtime_data *data)
{
	u32 supported = EFI_RT_SUPPORTED_GET_VARIABLE | EFI_RT_SUPPORTED_GET_NEXT_VARIABLE_NAME |
			EFI_RT_SUPPORTED_QUERY_VARIABLE_INFO | EFI_RT_SUPPORTED_SET_VARIABLE |
			EFI_RT_SUPPORTED_SET_VIRTUAL_ADDRESS_MAP |
			EFI_RT_SUPPORTED_CONVERT_POINTER | EFI_RT_SUPPORTED_RESET_SYSTEM |
			EFI_RT_SUPPORTED_GET_NEXT_HIGH_MONOTONIC_COUNT;

	if (data->set_variable_refused)
		supported &= ~EFI_RT_SUPPORTED_SET_VARIABLE;
	if (data->clock.has_rtc)
		supported |= EFI_RT_SUPPORTED_GET_TIME | EFI_RT_SUPPORTED_SET_TIME;
	else if (data->clock.ticks_per_second)
		supported |= EFI_RT_SUPPORTED_GET_TIME;
	data->properties = (EFI_RT_PROPERTIES_TABLE){
		.Version = EFI_RT_PROPERTIES_TABLE_VERSION,
		.Length = sizeof(data->properties),
		.RuntimeServicesSupported = supported,
	};
}

/*
 * One entry for each range of the memory map, none across two. It is unknown what a runtime driver
 * does with its code: no restriction is reported for it.
 */
static void write_memory_attributes(void)
{
	EFI_MEMORY_ATTRIBUTES_TABLE *table = memory_attributes;
	const struct runtime_data *data = efi_runtime_data;
	u32 count;
	const struct memory_range *ranges = memory_map(&count);

	table->NumberOfEntries = 0;
	for (u32 i = 0; i < count; i++) {
		bool is_ours = data->code >= ranges[i].base && data->code < ranges[i].end;
		bool is_code = ranges[i].type == MEMORY_RUNTIME_CODE;
		EFI_MEMORY_DESCRIPTOR *entry = &table->Entry[table->NumberOfEntries];

		if (!is_code && ranges[i].type != MEMORY_RUNTIME_DATA)
			continue;
		if (table->NumberOfEntries == MEMORY_ATTRIBUTES_MAX)
			break;
		*entry = (EFI_MEMORY_DESCRIPTOR){
			.Type = is_code ? EfiRuntimeServicesCode : EfiRuntimeServicesData,
			.PhysicalStart = is_ours ? data->code : ranges[i].base,
			.NumberOfPages =
				(is_ours ? data->code_size : ranges[i].end - ranges[i].base) /
				PAGE_SIZE,
			.Attribute = EFI_MEMORY_RUNTIME | (is_ours ? EFI_MEMORY_RO :
							   is_code ? 0 :
								     EFI_MEMORY_XP),
		};
		table->NumberOfEntries++;
	}
}

static EFI_STATUS publish_tables(struct runtime_data *data)
{
	u64 size =
		sizeof(*memory_attributes) + MEMORY_ATTRIBUTES_MAX * sizeof(EFI_MEMORY_DESCRIPTOR);
	EFI_STATUS status;

	memory_attributes = efi_allocate(size);
	if (!memory_attributes)
		return EFI_OUT_OF_RESOURCES;
	*memory_attributes = (EFI_MEMORY_ATTRIBUTES_TABLE){
		.Version = EFI_MEMORY_ATTRIBUTES_TABLE_VERSION,
		.DescriptorSize = sizeof(EFI_MEMORY_DESCRIPTOR),
	};
	write_memory_attributes();
	write_properties(data);
	data->profiles.version = EFI_CONFORMANCE_PROFILES_TABLE_VERSION;
	data->profiles.count = 1;
	data->profiles.profile = EFI_CONFORMANCE_PROFILE_EBBR_2_4_GUID;

	status = efi_set_configuration_table(&guid_rt_properties, &data->properties);
	if (!status)
		status = efi_set_configuration_table(&guid_memory_attributes, memory_attributes);
	if (!status)
		status = efi_set_configuration_table(&guid_conformance_profiles, &data->profiles);
	return status;
}

EFI_STATUS efi_runtime_init(EFI_RUNTIME_SERVICES **out)
{
	u64 data_size = align_up(sizeof(struct runtime_data), REGION_ALIGNMENT);
	u64 code_size = align_up(runtime_program_size(), REGION_ALIGNMENT);
	struct runtime_data *data;
	u64 code, base;

	if (memory_allocate(code_size, REGION_ALIGNMENT, MEMORY_BELOW_4_GIB, MEMORY_RUNTIME_CODE,
			    &code) ||
	    memory_allocate(data_size, REGION_ALIGNMENT, MEMORY_BELOW_4_GIB, MEMORY_RUNTIME_DATA,
			    &base))
		return EFI_OUT_OF_RESOURCES;
	data = (struct runtime_data *)base;
	memset((void *)code, 0, code_size);
	memset(data, 0, data_size);
	data->code = code;
	data->code_size = code_size;
	data->data = base;
	data->data_size = data_size;
	data->system_table = efi_system_table;
	data->reset = writes_for(POWER_RESET, &x86_reset);
	data->power_off = writes_for(POWER_OFF, &x86_power_off);
	data->on_reset = on_reset;
	data->set_variable_refused = true; /* until there is a place to store them */
	efi_runtime_data = data;
	runtime_program_place((void *)code, data, entries);
	if (IS_ENABLED(CONFIG_EFI_NX) && efi_protection_is_on() &&
	    arch_protect(code, code_size, ACCESS_READ | ACCESS_EXECUTE))
		return EFI_OUT_OF_RESOURCES;
	services_fill(&data->services);
	clock_init(data);
	if (IS_ENABLED(CONFIG_FILE_WRITE))
		volume_clock = file_clock;
	*out = &data->services;
	return publish_tables(data);
}

EFI_STATUS efi_runtime_image_add(u64 base, u64 size, u64 relocations, u64 relocations_size)
{
	for (u32 i = 0; i < RUNTIME_IMAGES_MAX; i++) {
		if (efi_runtime_data->images[i].base)
			continue;
		efi_runtime_data->images[i] =
			(struct runtime_image){ base, size, relocations, relocations_size };
		return EFI_SUCCESS;
	}
	return EFI_OUT_OF_RESOURCES;
}

void efi_runtime_image_remove(u64 base)
{
	for (u32 i = 0; i < RUNTIME_IMAGES_MAX; i++)
		if (efi_runtime_data->images[i].base == base)
			efi_runtime_data->images[i].base = 0;
}

void efi_runtime_enter(void)
{
	struct runtime_data *data = efi_runtime_data;
	struct efi_notification found[RUNTIME_EVENTS_MAX];
	u32 count = efi_group_notifications(&guid_event_group_virtual_address_change, found,
					    RUNTIME_EVENTS_MAX);

	for (u32 i = 0; i < count && i < RUNTIME_EVENTS_MAX; i++)
		data->events[i] =
			(struct runtime_event){ found[i].event, found[i].notify, found[i].context };
	write_properties(data);
	write_memory_attributes();
	data->on_change = NULL;
	data->on_reset = NULL;
	if (IS_ENABLED(CONFIG_EFI_VARIABLES_HOST) && data->host.registers)
		host_store_end_boot_services(&data->host);
	data->at_runtime = true;
}
