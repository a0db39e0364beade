/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/host/fake_host_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm/cpu.h>

#include "lib/span.h"
#include "tests/host/host.h"

enum { MESSAGE_SIZE = 16, FUNCTION = 24, STATUS = 32, BODY = 40, NAME = 76, NEXT_NAME = 64 };

static struct fake_host_store *started;

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "uefi-vars: %s\n", what);
	abort();
}

static u64 variable_size(const struct fake_variable *variable)
{
	return FAKE_VARIABLE_OVERHEAD + variable->name_size + variable->data_size;
}

static u64 used(const struct fake_host_store *fake)
{
	u64 sum = 0;

	for (u32 i = 0; i < fake->count; i++)
		sum += variable_size(&fake->variables[i]);
	return sum;
}

static struct fake_variable *find(struct fake_host_store *fake, const u8 *vendor, const u8 *name,
				  u64 name_size)
{
	for (u32 i = 0; i < fake->count; i++)
		if (fake->variables[i].name_size == name_size &&
		    memcmp(fake->variables[i].name, name, name_size) == 0 &&
		    memcmp(&fake->variables[i].vendor, vendor, sizeof(EFI_GUID)) == 0)
			return &fake->variables[i];
	return NULL;
}

static bool is_accessible(const struct fake_host_store *fake, u32 attributes)
{
	return attributes & (fake->has_ended_boot_services ? EFI_VARIABLE_RUNTIME_ACCESS :
							     EFI_VARIABLE_BOOTSERVICE_ACCESS);
}

static void must_be_name(const u8 *name, u64 size, u64 size_max)
{
	must(size >= 2 && size % 2 == 0 && size <= size_max, "size of a name");
	for (u64 i = 0; i < size; i += 2)
		must((load_le16(name + i) == 0) == (i == size - 2), "end of a name");
}

static u64 get(struct fake_host_store *fake, u8 *message)
{
	u64 room = load_le64(message + BODY + 16), name_size = load_le64(message + BODY + 24);
	struct fake_variable *variable;

	must_be_name(message + NAME, name_size, HOST_STORE_NAME_SIZE_MAX);
	must(NAME + name_size + room <= fake->buffer_size, "a get for more than the buffer");
	if (room > fake->size)
		return EFI_OUT_OF_RESOURCES;
	variable = find(fake, message + BODY, message + NAME, name_size);
	if (!variable)
		return EFI_NOT_FOUND;
	if (!is_accessible(fake, variable->attributes))
		return EFI_ACCESS_DENIED;
	store_le32(message + BODY + 32, variable->attributes);
	store_le64(message + BODY + 16, variable->data_size);
	if (room < variable->data_size)
		return EFI_BUFFER_TOO_SMALL;
	memcpy(message + NAME + name_size, variable->data, variable->data_size);
	return EFI_SUCCESS;
}

static u64 next(struct fake_host_store *fake, u8 *message)
{
	u64 name_size = load_le64(message + BODY + 16);
	struct fake_variable *variable;
	u32 index = 0;

	must_be_name(message + NEXT_NAME, name_size, FAKE_NAME_SIZE_MAX);
	if (name_size > 2) {
		variable = find(fake, message + BODY, message + NEXT_NAME, name_size);
		if (!variable)
			return EFI_INVALID_PARAMETER;
		index = (u32)(variable - fake->variables) + 1;
	}
	while (index < fake->count && !is_accessible(fake, fake->variables[index].attributes))
		index++;
	if (index == fake->count)
		return EFI_NOT_FOUND;
	variable = &fake->variables[index];
	memcpy(message + BODY, &variable->vendor, sizeof(variable->vendor));
	store_le64(message + BODY + 16, variable->name_size);
	memcpy(message + NEXT_NAME, variable->name, variable->name_size);
	return EFI_SUCCESS;
}

static void delete(struct fake_host_store *fake, struct fake_variable *variable)
{
	u32 index = (u32)(variable - fake->variables);

	fake->count--;
	memmove(variable, variable + 1, (fake->count - index) * sizeof(*variable));
}

static u64 set(struct fake_host_store *fake, const u8 *message)
{
	u64 size = load_le64(message + BODY + 16), name_size = load_le64(message + BODY + 24);
	u32 attributes = load_le32(message + BODY + 32);
	struct fake_variable *old, *variable = &fake->variables[fake->count];

	must_be_name(message + NAME, name_size, HOST_STORE_NAME_SIZE_MAX);
	must(NAME + name_size + size <= fake->buffer_size, "a set of more than the buffer");
	fake->changes++;
	if (size > fake->size)
		return EFI_OUT_OF_RESOURCES;
	old = find(fake, message + BODY, message + NAME, name_size);
	if (old && !is_accessible(fake, old->attributes))
		return EFI_ACCESS_DENIED;
	if (size == 0) {
		if (old)
			delete (fake, old);
		return EFI_SUCCESS;
	}
	must(!(attributes & ~(u32)KEPT_ATTRIBUTES), "attributes");
	if (!is_accessible(fake, attributes))
		return EFI_ACCESS_DENIED;
	if (old && old->attributes != attributes)
		return EFI_INVALID_PARAMETER;
	if (used(fake) - (old ? variable_size(old) : 0) + FAKE_VARIABLE_OVERHEAD + name_size + size >
	    fake->size)
		return EFI_OUT_OF_RESOURCES;
	if (old)
		delete (fake, old);
	variable = &fake->variables[fake->count++];
	must(fake->count < FAKE_VARIABLES_MAX, "FAKE_VARIABLES_MAX");
	memcpy(&variable->vendor, message + BODY, sizeof(variable->vendor));
	memcpy(variable->name, message + NAME, name_size);
	memcpy(variable->data, message + NAME + name_size, size);
	variable->name_size = name_size;
	variable->data_size = size;
	variable->attributes = attributes;
	return EFI_SUCCESS;
}

static u64 tell_room(const struct fake_host_store *fake, u8 *message)
{
	must(load_le32(message + BODY + 24) == KEPT_ATTRIBUTES, "room for other attributes");
	store_le64(message + BODY, fake->size);
	store_le64(message + BODY + 8, fake->size - used(fake));
	store_le64(message + BODY + 16, fake->size / 4);
	return EFI_SUCCESS;
}

static u64 perform(struct fake_host_store *fake, u8 *message)
{
	switch (load_le64(message + FUNCTION)) {
	case FAKE_GET:
		return get(fake, message);
	case FAKE_NEXT:
		return next(fake, message);
	case FAKE_SET:
		return set(fake, message);
	case FAKE_ROOM:
		return tell_room(fake, message);
	case FAKE_END_BOOT_SERVICES:
		fake->has_ended_boot_services = true;
		return EFI_SUCCESS;
	default:
		abort();
	}
}

static u16 request(struct fake_host_store *fake, u8 *message)
{
	static const EFI_GUID protocol =
		GUID(0xed32d533, 0x99e6, 0x4209, 0x9c, 0xc0, 0x2d, 0x72, 0xcd, 0xd9, 0x98, 0xa7);

	must(fake->buffer_size, "a request without a buffer");
	must(memcmp(message, &protocol, sizeof(protocol)) == 0, "another protocol");
	must(load_le64(message + MESSAGE_SIZE) <= fake->buffer_size - FUNCTION, "a long message");
	fake->requests++;
	if (fake->status)
		return fake->status;
	store_le64(message + STATUS, perform(fake, message));
	if (fake->spoil)
		fake->spoil(fake, message);
	return 0;
}

static void command(struct fake_host_store *fake, u64 value)
{
	fake->result = 0;
	switch (value) {
	case 1:
		fake->buffer_size = 0;
		fake->address = 0;
		break;
	case 2:
		must(!fake->wants_copies, "access to the guest's memory");
		fake->result = request(fake, fake->published);
		fake->is_unseen = !fake->result;
		break;
	case 3:
		fake->result = request(fake, fake->copy);
		break;
	case 4:
		fake->place = 0;
		break;
	default:
		abort();
	}
}

/* The device sees the message only as it was at a barrier, and so does the driver the reply. */
static void pass_barrier(enum host_barrier kind)
{
	u8 *message = (u8 *)started->address;

	if (!started->buffer_size || !message || started->wants_copies)
		return;
	if (kind != HOST_BARRIER_WRITE && started->is_unseen) {
		memcpy(message, started->published, started->buffer_size);
		started->is_unseen = false;
	}
	if (kind == HOST_BARRIER_FULL)
		memcpy(started->published, message, started->buffer_size);
}

static void transfer(struct fake_host_store *fake, bool write, u64 *value)
{
	must(fake->place + 4 <= fake->buffer_size, "a transfer past the end");
	if (write)
		store_le32(fake->copy + fake->place, (u32)*value);
	else
		*value = load_le32(fake->copy + fake->place);
	fake->place += 4;
}

static void on_access(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_host_store *fake = context;
	u32 offset = (u32)(address - FAKE_HOST_STORE_BASE);

	must(size == (offset < 4 ? 2 : 4), "the size of an access");
	if (offset == 0x10)
		return transfer(fake, write, value);
	if (write) {
		if (offset == 0x02)
			command(fake, *value);
		else if (offset == 0x04)
			fake->buffer_size = *value < fake->granted ? (u32)*value : fake->granted;
		else if (offset == 0x08)
			fake->address = (fake->address & ~(u64)UINT32_MAX) | *value;
		else if (offset == 0x0c)
			fake->address = (fake->address & UINT32_MAX) | *value << 32;
		else
			must(false, "a write to a read-only register");
		return;
	}
	*value = offset == 0x00 ? fake->magic :
		 offset == 0x02 ? fake->result :
		 offset == 0x04 ? (fake->told ? fake->told : fake->buffer_size) :
		 offset == 0x1c ? fake->wants_copies :
				  UINT64_MAX;
}

void fake_host_store_reset(struct fake_host_store *fake)
{
	for (u32 i = 0; i < fake->count;)
		if (fake->variables[i].attributes & EFI_VARIABLE_NON_VOLATILE)
			i++;
		else
			delete (fake, &fake->variables[i]);
	fake->has_ended_boot_services = false;
	fake->buffer_size = 0;
	fake->address = 0;
	fake->requests = 0;
	fake->changes = 0;
}

void fake_host_store_init(struct fake_host_store *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->size = 256 * 1024;
	fake->granted = HOST_STORE_BUFFER_SIZE;
	fake->magic = 0xef1;
	started = fake;
	host_on_barrier = pass_barrier;
	host_handlers_forget();
	host_mmio_handler(FAKE_HOST_STORE_BASE, 0x20, on_access, fake);
}

void fake_host_store_add(struct fake_host_store *fake, const CHAR16 *name, const EFI_GUID *vendor,
			 u32 attributes, const char *text)
{
	struct fake_variable *variable = &fake->variables[fake->count++];

	must(fake->count < FAKE_VARIABLES_MAX, "FAKE_VARIABLES_MAX");
	*variable = (struct fake_variable){
		.vendor = *vendor,
		.attributes = attributes,
		.data_size = strlen(text),
		.name_size = 2,
	};
	for (; name[variable->name_size / 2 - 1]; variable->name_size += 2)
		variable->name[variable->name_size / 2 - 1] = name[variable->name_size / 2 - 1];
	memcpy(variable->data, text, strlen(text));
}
