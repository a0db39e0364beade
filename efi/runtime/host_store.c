/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the device by which the VMM keeps variables: see efi/runtime/host_store.h. */
#include "efi/runtime/host_store.h"

#include <asm/cpu.h>
#include <asm/io.h>

#include "lib/span.h"
#include "lib/util.h"

enum {
	REGISTER_MAGIC = 0x00,
	REGISTER_COMMAND = 0x02,
	REGISTER_SIZE = 0x04,
	REGISTER_ADDRESS_LOW = 0x08,
	REGISTER_ADDRESS_HIGH = 0x0c,
	REGISTER_TRANSFER = 0x10,
	REGISTER_FLAGS = 0x1c,

	MAGIC = 0xef1,
	FLAG_COPY = 1,

	COMMAND_RESET = 1,
	COMMAND_REQUEST = 2,
	COMMAND_REQUEST_COPIED = 3,
	COMMAND_REWIND = 4, /* back to the first byte of the buffer */

	STATUS_DONE = 0,
	STATUS_BUSY = 1,
	POLLS_MAX = 1000000, /* QEMU is done when the write of the command returns */

	BUFFER_SIZE_MIN = 4096,
	TRANSFER_SIZE = 4,
};

enum function {
	FUNCTION_GET = 1,
	FUNCTION_NEXT = 2,
	FUNCTION_SET = 3,
	FUNCTION_ROOM = 4,
	FUNCTION_END_BOOT_SERVICES = 6,
};

/* Offsets in a message. */
enum {
	MESSAGE_SIZE = 16,
	MESSAGE_FUNCTION = 24,
	MESSAGE_STATUS = 32,
	MESSAGE_BODY = 40,

	VARIABLE_VENDOR = MESSAGE_BODY,
	VARIABLE_DATA_SIZE = MESSAGE_BODY + 16,
	VARIABLE_NAME_SIZE = MESSAGE_BODY + 24,
	VARIABLE_ATTRIBUTES = MESSAGE_BODY + 32,
	VARIABLE_NAME = MESSAGE_BODY + 36,

	NEXT_VENDOR = MESSAGE_BODY,
	NEXT_NAME_SIZE = MESSAGE_BODY + 16,
	NEXT_NAME = MESSAGE_BODY + 24,

	ROOM_SIZE = MESSAGE_BODY,
	ROOM_LEFT = MESSAGE_BODY + 8,
	ROOM_ATTRIBUTES = MESSAGE_BODY + 24,
	ROOM_END = MESSAGE_BODY + 28,
};

static const EFI_GUID variable_protocol =
	GUID(0xed32d533, 0x99e6, 0x4209, 0x9c, 0xc0, 0x2d, 0x72, 0xcd, 0xd9, 0x98, 0xa7);

static volatile u8 *at(const struct host_store *store, u32 offset)
{
	return (volatile u8 *)(uintptr_t)(store->registers + offset);
}

static u8 *message(const struct host_store *store)
{
	return (u8 *)(uintptr_t)store->buffer;
}

/* False: the device refuses. */
static bool command(const struct host_store *store, u16 value)
{
	memory_barrier_full();
	mmio_write16(at(store, REGISTER_COMMAND), value);
	for (u32 i = 0; i < POLLS_MAX; i++) {
		u16 status = mmio_read16(at(store, REGISTER_COMMAND));

		memory_barrier_read();
		if (status != STATUS_BUSY)
			return status == STATUS_DONE;
	}
	return false;
}

/* Sends the first @size bytes of the message with the request. */
static bool send(const struct host_store *store, u32 size)
{
	if (!store->is_copied)
		return command(store, COMMAND_REQUEST);
	if (!command(store, COMMAND_REWIND))
		return false;
	for (u32 i = 0; i < size; i += TRANSFER_SIZE)
		mmio_write32(at(store, REGISTER_TRANSFER), load_le32(message(store) + i));
	return command(store, COMMAND_REQUEST_COPIED) && command(store, COMMAND_REWIND);
}

/* Makes the reply's bytes from @from up to @end, the next ones, be in the buffer. */
static void receive(const struct host_store *store, u32 from, u32 end)
{
	if (!store->is_copied)
		return;
	for (u32 i = from; i < end; i += TRANSFER_SIZE)
		store_le32(message(store) + i, mmio_read32(at(store, REGISTER_TRANSFER)));
}

/*
 * A request whose first @size bytes are written but for what all have in common, and whose reply
 * may be as long as the buffer. Then the first @reply_size bytes, a multiple of TRANSFER_SIZE, of
 * the reply are there.
 */
static EFI_STATUS request(const struct host_store *store, enum function function, u32 size,
			  u32 reply_size)
{
	u8 *bytes = message(store);

	memcpy(bytes, &variable_protocol, sizeof(variable_protocol));
	store_le64(bytes + MESSAGE_SIZE, store->buffer_size - MESSAGE_FUNCTION);
	store_le64(bytes + MESSAGE_FUNCTION, function);
	store_le64(bytes + MESSAGE_STATUS, EFI_DEVICE_ERROR); /* unless somebody replies */
	if (!send(store, size))
		return EFI_DEVICE_ERROR;
	receive(store, 0, reply_size);
	return load_le64(bytes + MESSAGE_STATUS);
}

bool host_store_init(struct host_store *store, u64 registers, u64 buffer)
{
	u64 size, left;

	*store = (struct host_store){ .registers = registers, .buffer = buffer };
	if (mmio_read16(at(store, REGISTER_MAGIC)) != MAGIC || !command(store, COMMAND_RESET))
		return false;
	store->is_copied = mmio_read32(at(store, REGISTER_FLAGS)) & FLAG_COPY;
	mmio_write32(at(store, REGISTER_SIZE), HOST_STORE_BUFFER_SIZE);
	store->buffer_size = mmio_read32(at(store, REGISTER_SIZE)) & ~(u32)(TRANSFER_SIZE - 1);
	if (store->buffer_size < BUFFER_SIZE_MIN || store->buffer_size > HOST_STORE_BUFFER_SIZE)
		return false;
	mmio_write32(at(store, REGISTER_ADDRESS_LOW), (u32)buffer);
	mmio_write32(at(store, REGISTER_ADDRESS_HIGH), (u32)(buffer >> 32));
	if (host_store_room(store, &size, &left))
		return false;
	/* QEMU refuses what asks for more than its store is large, even to read. */
	store->data_size_max =
		(u32)min_u64(size, store->buffer_size - VARIABLE_NAME - HOST_STORE_NAME_SIZE_MAX);
	return true;
}

EFI_STATUS host_store_next(const struct host_store *store, CHAR16 *name, u32 *name_size,
			   EFI_GUID *vendor)
{
	u8 *bytes = message(store);
	u32 length = 0;
	EFI_STATUS status;
	u64 size;

	while (name[length])
		length++;
	size = (length + 1) * sizeof(CHAR16);
	memcpy(bytes + NEXT_VENDOR, vendor, sizeof(*vendor));
	store_le64(bytes + NEXT_NAME_SIZE, size);
	memcpy(bytes + NEXT_NAME, name, size);
	status = request(store, FUNCTION_NEXT, NEXT_NAME + (u32)size, NEXT_NAME);
	if (status)
		return status == EFI_NOT_FOUND ? status : EFI_DEVICE_ERROR;
	size = load_le64(bytes + NEXT_NAME_SIZE);
	if (size > store->buffer_size - NEXT_NAME || size < 2 * sizeof(CHAR16) ||
	    size % sizeof(CHAR16))
		return EFI_DEVICE_ERROR;
	receive(store, NEXT_NAME, NEXT_NAME + (u32)size);
	memcpy(vendor, bytes + NEXT_VENDOR, sizeof(*vendor));
	/* The device can change the buffer at any time: what was copied is checked. */
	memcpy(name, bytes + NEXT_NAME, size);
	for (length = 0; length < size / sizeof(CHAR16) && name[length];)
		length++;
	*name_size = (u32)size;
	return (length + 1) * sizeof(CHAR16) == size ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

/* Writes all of a variable but its data. */
static void put_head(u8 *bytes, const struct kept_variable *variable, u32 data_size)
{
	memcpy(bytes + VARIABLE_VENDOR, variable->vendor, sizeof(*variable->vendor));
	store_le64(bytes + VARIABLE_DATA_SIZE, data_size);
	store_le64(bytes + VARIABLE_NAME_SIZE, variable->name_size);
	store_le32(bytes + VARIABLE_ATTRIBUTES, variable->attributes);
	memcpy(bytes + VARIABLE_NAME, variable->name, variable->name_size);
}

EFI_STATUS host_store_get(const struct host_store *store, struct kept_variable *variable)
{
	u32 data = VARIABLE_NAME + variable->name_size;
	u8 *bytes = message(store);
	EFI_STATUS status;
	u64 size;

	put_head(bytes, variable, store->data_size_max);
	status = request(store, FUNCTION_GET, data, VARIABLE_NAME);
	if (status)
		return status == EFI_BUFFER_TOO_SMALL ? status : EFI_DEVICE_ERROR;
	size = load_le64(bytes + VARIABLE_DATA_SIZE);
	if (size > store->data_size_max)
		return EFI_DEVICE_ERROR;
	receive(store, VARIABLE_NAME, data + (u32)size);
	variable->attributes = load_le32(bytes + VARIABLE_ATTRIBUTES);
	variable->first = bytes + data;
	variable->first_size = (u32)size;
	return EFI_SUCCESS;
}

EFI_STATUS host_store_set(const struct host_store *store, const struct kept_variable *variable)
{
	u8 *bytes = message(store);
	u8 *data = bytes + VARIABLE_NAME + variable->name_size;
	u32 size = variable->first_size + variable->second_size;
	EFI_STATUS status;

	if (size > store->data_size_max)
		return EFI_INVALID_PARAMETER;
	put_head(bytes, variable, size);
	if (variable->first_size)
		memcpy(data, variable->first, variable->first_size);
	if (variable->second_size)
		memcpy(data + variable->first_size, variable->second, variable->second_size);
	status = request(store, FUNCTION_SET, VARIABLE_NAME + variable->name_size + size,
			 MESSAGE_BODY);
	switch (status) {
	case EFI_SUCCESS:
	case EFI_NOT_FOUND:
	case EFI_INVALID_PARAMETER: /* a variable that we do not offer has that name */
	case EFI_WRITE_PROTECTED:
	case EFI_OUT_OF_RESOURCES:
	case EFI_SECURITY_VIOLATION:
		return status;
	case EFI_ACCESS_DENIED:
		return EFI_WRITE_PROTECTED;
	default:
		return EFI_DEVICE_ERROR;
	}
}

EFI_STATUS host_store_room(const struct host_store *store, u64 *size, u64 *left)
{
	u8 *bytes = message(store);

	*size = 0;
	*left = 0;
	store_le32(bytes + ROOM_ATTRIBUTES, KEPT_ATTRIBUTES);
	if (request(store, FUNCTION_ROOM, ROOM_END, ROOM_END))
		return EFI_DEVICE_ERROR;
	*size = load_le64(bytes + ROOM_SIZE);
	*left = load_le64(bytes + ROOM_LEFT);
	return EFI_SUCCESS;
}

void host_store_end_boot_services(const struct host_store *store)
{
	(void)request(store, FUNCTION_END_BOOT_SERVICES, MESSAGE_BODY, MESSAGE_BODY);
}
