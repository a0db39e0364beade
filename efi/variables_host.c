/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The non-volatile variables that the VMM keeps (efi/runtime/host_store.h): they are loaded when
 * UEFI starts. From then on the runtime program writes each change.
 */
#include "core/arch.h"
#include "core/arena.h"
#include "core/host_variables.h"
#include "core/log.h"
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/runtime/host_store.h"
#include "efi/variables.h"
#include "lib/utf.h"
#include "lib/util.h"

enum {
	REGISTERS_SIZE = 0x20,
	VARIABLES_MAX = 4096, /* a device could name new ones forever */
	NAME_SHOWN_MAX = 40,
	NAME_SHOWN_SIZE = 3 * NAME_SHOWN_MAX + 1, /* as UTF-8 */
};

/* Variables that our services do not support, such as signed ones, stay with the VMM. */
static bool is_offered(const struct kept_variable *variable)
{
	return !(variable->attributes & ~(u32)KEPT_ATTRIBUTES) &&
	       (variable->attributes & KEPT_ATTRIBUTES_NEEDED) == KEPT_ATTRIBUTES_NEEDED &&
	       variable->first_size;
}

static void leave_out(const CHAR16 *name)
{
	char text[NAME_SHOWN_SIZE];
	size_t length = 0;

	while (length < NAME_SHOWN_MAX && name[length])
		length++;
	(void)utf8_from_utf16(text, sizeof(text), name, length);
	log_error("UEFI variables of the VMM: %s is not visible: too large", text);
}

/* NULL: loaded or left out, otherwise what is wrong with the device. */
static const char *load_one(const struct host_store *host, struct kept_variable *variable)
{
	struct runtime_store *store = &efi_runtime_data->stores[RUNTIME_NON_VOLATILE];
	EFI_STATUS status = host_store_get(host, variable);

	if (status && status != EFI_BUFFER_TOO_SMALL)
		return "the device does not return one of them";
	if (!status && !is_offered(variable))
		return NULL;
	if (store_find(store, variable->name, variable->vendor))
		return "the device lists one of them twice";
	/* The others are still used. */
	if (status || !store_put(store, NULL, variable->name, variable->name_size, variable->vendor,
				 variable->attributes, 0, variable->first_size, variable->first))
		leave_out(variable->name);
	return NULL;
}

/* @name: empty, with room for HOST_STORE_BUFFER_SIZE bytes. */
static const char *load_all(const struct host_store *host, CHAR16 *name)
{
	struct kept_variable variable = { .name = name };
	EFI_GUID vendor = { 0 };
	const char *problem;

	variable.vendor = &vendor;
	for (u32 i = 0; i < VARIABLES_MAX; i++) {
		EFI_STATUS status = host_store_next(host, name, &variable.name_size, &vendor);

		if (status)
			return status == EFI_NOT_FOUND ? NULL : "the device does not list them";
		if (variable.name_size > HOST_STORE_NAME_SIZE_MAX) {
			leave_out(name);
			continue;
		}
		problem = load_one(host, &variable);
		if (problem)
			return problem;
	}
	return "there are too many of them";
}

static const char *load(const struct host_store *host)
{
	struct arena arena = { 0 };
	CHAR16 *name = arena_allocate(&arena, HOST_STORE_BUFFER_SIZE);
	const char *problem = name ? load_all(host, name) : "there is no memory for their names";

	arena_release(&arena);
	return problem;
}

/* NULL: the device is in use, otherwise why not. */
static const char *start(struct host_store *host, u64 registers, u64 buffer)
{
	const char *problem;

	if (!host_store_init(host, registers, buffer))
		return "the device does not answer";
	problem = load(host);
	if (problem)
		return problem;
	if (memory_add_device(registers, REGISTERS_SIZE))
		return "there is no room in the memory map";
	return NULL;
}

bool efi_variables_with_host(void)
{
	struct runtime_data *data = efi_runtime_data;
	u64 registers = host_variables, buffer;
	struct host_store host;
	const char *problem;

	if (!registers)
		return false;
	if (registers % REGISTERS_SIZE || registers > UINT64_MAX - REGISTERS_SIZE ||
	    memory_has_ram(registers, REGISTERS_SIZE) ||
	    arch_map(registers, REGISTERS_SIZE, MAP_DEVICE) ||
	    memory_allocate(HOST_STORE_BUFFER_SIZE, PAGE_SIZE, MEMORY_BELOW_4_GIB,
			    MEMORY_RUNTIME_DATA, &buffer)) {
		log_error("UEFI variables of the VMM: not used: no memory for the device");
		return false;
	}
	problem = start(&host, registers, buffer);
	if (problem) {
		log_error("UEFI variables of the VMM: not used: %s", problem);
		data->stores[RUNTIME_NON_VOLATILE].used = 0;
		(void)memory_free(buffer, HOST_STORE_BUFFER_SIZE); /* if the ledger is full, it
								      stays allocated */
		return false;
	}
	log_debug("UEFI variables are stored by the VMM, at most %u KiB each",
		  host.data_size_max / 1024);
	data->host = host;
	data->set_variable_refused = false;
	return true;
}
