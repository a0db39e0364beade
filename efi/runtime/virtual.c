/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI 2.11, 8.4: the operating system tells where it has mapped what is to stay. It calls once,
 * with our memory still at its physical addresses. Everything that holds an address of memory that
 * stays, and that is used afterwards, is converted here and nowhere else:
 *
 *	system table		FirmwareVendor, RuntimeServices, ConfigurationTable
 *	runtime services	all entries
 *	registers in memory	of the lists of struct runtime_data
 *	flash			that variables are kept in, or the registers and the buffer of
 *				the device by which the VMM keeps them
 *	runtime drivers		what their base relocations name, and by themselves what they
 *				convert when their events are signalled
 *	runtime_data		last, as from then on it names a page that is not mapped yet
 *
 * Nothing else in struct runtime_data is used afterwards.
 */
#include "efi/runtime/runtime.h"
#include "lib/config.h"
#include "lib/crc32.h"
#include "lib/util.h"

enum {
	RELOCATION_BLOCK_HEADER_SIZE = 8,
	RELOCATION_DIR64 = 10,
};

/* False: the operating system has not mapped that address. */
static bool convert(u64 *address)
{
	const struct runtime_data *data = runtime_data;

	for (u64 offset = 0; data->map_size - offset >= data->descriptor_size;
	     offset += data->descriptor_size) {
		EFI_MEMORY_DESCRIPTOR part;

		memcpy(&part, data->map + offset, sizeof(part));
		if ((part.Attribute & EFI_MEMORY_RUNTIME) && *address >= part.PhysicalStart &&
		    (*address - part.PhysicalStart) / PAGE_SIZE < part.NumberOfPages) {
			*address += part.VirtualStart - part.PhysicalStart;
			return true;
		}
	}
	return false;
}

static bool convert_field(void *field)
{
	u64 address = load_le64(field);

	if (address && !convert(&address))
		return false;
	store_le64(field, address);
	return true;
}

static bool is_mapped(u64 base, u64 size)
{
	u64 first = base, last = base + size - 1;

	/* Each of the two regions is one descriptor. */
	return convert(&first) && convert(&last) && last - first == size - 1;
}

EFI_STATUS EFIAPI runtime_convert_pointer(UINTN debug_disposition, VOID **address)
{
	if (!runtime_data->map)
		return EFI_UNSUPPORTED;
	if (!address || (!*address && !(debug_disposition & EFI_OPTIONAL_PTR)))
		return EFI_INVALID_PARAMETER;
	return convert_field(address) ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static void update_crc(EFI_TABLE_HEADER *header)
{
	header->CRC32 = 0;
	header->CRC32 = crc32(0, span_of(header, header->HeaderSize));
}

/*
 * PE/COFF, 5.6: blocks of u32 address of a page, u32 size, and u16 of 4 bits type and 12 bits
 * offset. What the driver has stored in such a place since, or converted by itself, no longer
 * points into the image as it lies here.
 */
static void relocate(const struct runtime_image *image)
{
	struct reader r = { .rest = span_of((const void *)(image->base + image->relocations),
					    image->relocations_size) };
	u64 base = image->base;

	if (!convert(&base))
		return;
	while (r.rest.size >= RELOCATION_BLOCK_HEADER_SIZE) {
		u32 page = read_le32(&r);
		u32 size = read_le32(&r);
		struct reader block = { .rest = read_bytes(&r,
							   size - RELOCATION_BLOCK_HEADER_SIZE) };

		while (block.rest.size >= 2) {
			u16 entry = read_le16(&block);
			u64 offset = (u64)page + (entry & 0xfff);
			u64 value;

			if (entry >> 12 != RELOCATION_DIR64 || offset + 8 > image->size)
				continue;
			value = load_le64((void *)(image->base + offset));
			if (value - image->base <= image->size)
				store_le64((void *)(image->base + offset),
					   value - image->base + base);
		}
	}
}

static void convert_writes(struct runtime_writes *writes)
{
	for (u32 i = 0; i < writes->count; i++) {
		struct runtime_write *write = &writes->writes[i];

		if (write->space == RUNTIME_MEMORY && !convert(&write->address))
			write->address = 0;
	}
}

static void convert_flash(void)
{
	struct runtime_data *data = runtime_data;

	if (!IS_ENABLED(CONFIG_EFI_VARIABLES_FLASH) || !data->flash.base ||
	    (is_mapped(data->flash.base, data->flash.size) && convert(&data->flash.base)))
		return;
	data->flash.base = 0;
	data->set_variable_refused = true;
}

static void convert_host(void)
{
	struct host_store *host = &runtime_data->host;

	if (!IS_ENABLED(CONFIG_EFI_VARIABLES_HOST) || !host->registers)
		return;
	if (is_mapped(host->buffer, HOST_STORE_BUFFER_SIZE) && convert(&host->buffer) &&
	    convert(&host->registers))
		return;
	host->registers = 0;
	runtime_data->set_variable_refused = true;
}

static void convert_services(void)
{
	struct runtime_data *data = runtime_data;
	/* Pointers follow the header without a gap. */
	u8 *entries = (u8 *)&data->services + sizeof(data->services.Hdr);

	for (u32 i = 0; i < RUNTIME_SERVICE_COUNT; i++)
		(void)convert_field(entries + i * sizeof(void *));
	update_crc(&data->services.Hdr);
}

static bool convert_system_table(void)
{
	EFI_SYSTEM_TABLE *table = runtime_data->system_table;

	if (!convert_field(&table->FirmwareVendor) || !convert_field(&table->ConfigurationTable) ||
	    !convert_field(&table->RuntimeServices))
		return false;
	update_crc(&table->Hdr);
	return true;
}

EFI_STATUS EFIAPI runtime_set_virtual_address_map(UINTN map_size, UINTN descriptor_size,
						  UINT32 descriptor_version,
						  EFI_MEMORY_DESCRIPTOR *map)
{
	struct runtime_data *data = runtime_data;
	EFI_SYSTEM_TABLE copy;
	u64 address;

	if (!data->at_runtime || data->is_virtual || data->map)
		return EFI_UNSUPPORTED;
	if (!map || descriptor_version != EFI_MEMORY_DESCRIPTOR_VERSION ||
	    descriptor_size < sizeof(*map) || descriptor_size > map_size)
		return EFI_INVALID_PARAMETER;
	data->map = (const u8 *)map;
	data->map_size = map_size;
	data->descriptor_size = descriptor_size;

	address = (u64)data;
	copy = *data->system_table;
	if (!is_mapped(data->code, data->code_size) || !is_mapped(data->data, data->data_size) ||
	    !convert_system_table()) {
		*data->system_table = copy;
		data->map = NULL;
		return EFI_NO_MAPPING;
	}

	for (u32 i = 0; i < RUNTIME_EVENTS_MAX; i++)
		if (data->events[i].event && data->events[i].notify)
			data->events[i].notify(data->events[i].event, data->events[i].context);
	for (u32 i = 0; i < RUNTIME_IMAGES_MAX; i++)
		if (data->images[i].base)
			relocate(&data->images[i]);
	convert_writes(&data->reset);
	convert_writes(&data->power_off);
	convert_flash();
	convert_host();
	convert_services();
	(void)convert(&address);
	data->map = NULL;
	data->is_virtual = true;
	runtime_data = (struct runtime_data *)address;
	return EFI_SUCCESS;
}
