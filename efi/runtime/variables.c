/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI 2.11, 8.2: variable services. The two stores have their room apart: when the non-volatile
 * one is full, boot loaders can still pass volatile variables to the operating system.
 */
#include "efi/runtime/flash.h"
#include "efi/runtime/host_store.h"
#include "efi/runtime/runtime.h"
#include "lib/config.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	ACCESS = EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS,
	KEPT = EFI_VARIABLE_NON_VOLATILE | ACCESS,
	DEFINED = 0xff,
	NAME_SIZE_MAX = 2048, /* bytes, with the NUL */
	RECORD_HEADER_SIZE = sizeof(struct runtime_variable),
	/* Of name and data: a dump of 64 KiB under any name that is usual. */
	VARIABLE_SIZE_MAX = 64 * 1024 + NAME_SIZE_MAX,
};

static const EFI_GUID own_vendor = FATWOOD_VARIABLE_GUID;

static struct runtime_store *store_of(u32 attributes)
{
	return &runtime_data->stores[attributes & EFI_VARIABLE_NON_VOLATILE ? RUNTIME_NON_VOLATILE :
									      RUNTIME_VOLATILE];
}

static bool is_visible(const struct runtime_variable *record)
{
	return !runtime_data->at_runtime || (record->attributes & EFI_VARIABLE_RUNTIME_ACCESS);
}

/* Sets *@store to the one that holds it. */
static struct runtime_variable *find(const CHAR16 *name, const EFI_GUID *vendor,
				     struct runtime_store **store)
{
	struct runtime_variable *record = NULL;

	for (u32 i = 0; i < ARRAY_SIZE(runtime_data->stores) && !record; i++) {
		*store = &runtime_data->stores[i];
		record = store_find(*store, name, vendor);
	}
	return record;
}

/* Bytes of @name with its NUL; 0 if that is not within @size_max bytes. */
static u32 name_size(const CHAR16 *name, u64 size_max)
{
	for (u32 length = 0; (length + 1) * sizeof(CHAR16) <= size_max; length++)
		if (!name[length])
			return (length + 1) * (u32)sizeof(CHAR16);
	return 0;
}

EFI_STATUS EFIAPI runtime_get_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 *attributes,
				       UINTN *size, VOID *data)
{
	struct runtime_store *non_volatile = &runtime_data->stores[RUNTIME_NON_VOLATILE];
	struct runtime_variable *record;
	struct runtime_store *store;
	bool is_file;
	u64 needed;

	if (!name || !vendor || !size)
		return EFI_INVALID_PARAMETER;
	record = find(name, vendor, &store);
	if (!record || !is_visible(record))
		return EFI_NOT_FOUND;
	if (attributes)
		*attributes = record->attributes & ~(u32)RUNTIME_INTERNAL;
	is_file = record->attributes & RUNTIME_FILE_IMAGE;
	needed = is_file ? store_file_size(non_volatile) : record->data_size;
	if (*size < needed) {
		*size = needed;
		return EFI_BUFFER_TOO_SMALL;
	}
	if (needed && !data)
		return EFI_INVALID_PARAMETER;
	*size = needed;
	if (is_file)
		store_file_seal(non_volatile);
	memcpy(data, is_file ? non_volatile->header : store_data(record), needed);
	return EFI_SUCCESS;
}

/* The first visible record from @offset of store @index on, or of those after it. */
static struct runtime_variable *first_visible(u32 index, u32 offset)
{
	for (; index < ARRAY_SIZE(runtime_data->stores); index++, offset = 0) {
		struct runtime_variable *record;

		while ((record = store_record(&runtime_data->stores[index], offset))) {
			if (is_visible(record))
				return record;
			offset += store_record_size(record);
		}
	}
	return NULL;
}

EFI_STATUS EFIAPI runtime_get_next_variable_name(UINTN *size, CHAR16 *name, EFI_GUID *vendor)
{
	struct runtime_variable *record;
	struct runtime_store *store;
	u32 index = 0, offset = 0;
	UINTN room;

	if (!size || !name || !vendor || !name_size(name, *size))
		return EFI_INVALID_PARAMETER;
	if (name[0]) {
		record = find(name, vendor, &store);
		if (!record || !is_visible(record))
			return EFI_INVALID_PARAMETER;
		index = (u32)(store - runtime_data->stores);
		offset = (u32)((u8 *)record - store->records) + store_record_size(record);
	}
	record = first_visible(index, offset);
	if (!record)
		return EFI_NOT_FOUND;
	room = *size;
	*size = store_name_size(record);
	if (room < *size)
		return EFI_BUFFER_TOO_SMALL;
	memcpy(name, record->name, *size);
	*vendor = record->vendor;
	return EFI_SUCCESS;
}

/* What is wrong with those of a new variable, or a request. */
static EFI_STATUS check_attributes(u32 attributes)
{
	if (attributes & ~(u32)DEFINED)
		return EFI_INVALID_PARAMETER;
	/* No signatures are verified, and there is no store of error records. */
	if (attributes & ~(u32)(KEPT | EFI_VARIABLE_APPEND_WRITE))
		return EFI_UNSUPPORTED;
	if ((attributes & ACCESS) == EFI_VARIABLE_RUNTIME_ACCESS)
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

/* 8.2.3: after ExitBootServices only what is non-volatile and accessible then can be set. */
static EFI_STATUS check_at_runtime(const struct runtime_variable *old, u32 attributes)
{
	const u32 needed = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_RUNTIME_ACCESS;

	if (!runtime_data->at_runtime)
		return EFI_SUCCESS;
	if (old)
		return (old->attributes & needed) == needed ? EFI_SUCCESS : EFI_WRITE_PROTECTED;
	return (attributes & ACCESS) == 0 || (attributes & needed) == needed ?
		       EFI_SUCCESS :
		       EFI_INVALID_PARAMETER;
}

static EFI_STATUS changed(u32 attributes)
{
	if ((attributes & EFI_VARIABLE_NON_VOLATILE) && runtime_data->on_change &&
	    !runtime_data->in_memory_only)
		return runtime_data->on_change();
	return EFI_SUCCESS;
}

static bool has_host(void)
{
	return IS_ENABLED(CONFIG_EFI_VARIABLES_HOST) && runtime_data->host.registers;
}

static bool has_flash(void)
{
	return IS_ENABLED(CONFIG_EFI_VARIABLES_FLASH) && runtime_data->flash.base;
}

/* Is a change of such a variable written to one of them, before it is made in memory? */
static bool is_kept(u32 attributes)
{
	return (has_host() || has_flash()) && (attributes & EFI_VARIABLE_NON_VOLATILE) &&
	       !runtime_data->in_memory_only;
}

/* Only what will fit into memory, too. */
static EFI_STATUS keep(struct runtime_variable *old, const struct kept_variable *variable)
{
	if (!store_has_room(&runtime_data->stores[RUNTIME_NON_VOLATILE], old, variable->name_size,
			    variable->first_size + variable->second_size))
		return EFI_OUT_OF_RESOURCES;
	if (has_host())
		return host_store_set(&runtime_data->host, variable);
	return has_flash() ? flash_store_put(&runtime_data->flash, variable) : EFI_SUCCESS;
}

static struct kept_variable head_of(const struct runtime_variable *record)
{
	return (struct kept_variable){
		.name = record->name,
		.name_size = store_name_size(record),
		.vendor = &record->vendor,
		.attributes = record->attributes,
	};
}

static EFI_STATUS keep_no_more(const struct runtime_variable *old)
{
	const struct kept_variable variable = head_of(old);

	if (has_host())
		return host_store_set(&runtime_data->host, &variable);
	return has_flash() ? flash_store_remove(&runtime_data->flash, variable.name,
						variable.name_size, variable.vendor) :
			     EFI_SUCCESS;
}

static EFI_STATUS put(struct runtime_variable *old, struct runtime_store *store, const CHAR16 *name,
		      const EFI_GUID *vendor, u32 attributes, u64 size, const void *data)
{
	bool appends = attributes & EFI_VARIABLE_APPEND_WRITE;
	u32 rest = old && appends ? old->data_size : 0;
	u32 size_of_name = name_size(name, NAME_SIZE_MAX);

	attributes &= ~EFI_VARIABLE_APPEND_WRITE;
	if (old && old->attributes != attributes)
		return EFI_INVALID_PARAMETER;
	if (!size_of_name || size > VARIABLE_SIZE_MAX ||
	    size_of_name + rest + size > VARIABLE_SIZE_MAX)
		return EFI_INVALID_PARAMETER;
	if (old && appends ?
		    size == 0 :
		    old && old->data_size == size && memcmp(store_data(old), data, size) == 0)
		return EFI_SUCCESS;
	if (is_kept(attributes)) {
		EFI_STATUS status = keep(old, &(struct kept_variable){
						      .name = name,
						      .name_size = size_of_name,
						      .vendor = vendor,
						      .attributes = attributes,
						      .first = rest ? store_data(old) : NULL,
						      .first_size = rest,
						      .second = data,
						      .second_size = (u32)size,
					      });

		if (status)
			return status;
	}
	if (!store_put(old ? store : store_of(attributes), old, name, size_of_name, vendor,
		       attributes, rest, (u32)size, data))
		return EFI_OUT_OF_RESOURCES;
	return changed(attributes);
}

/*
 * A variable of ours gets other attributes. The VMM refuses that: there it has to be deleted first,
 * and is set again as it was if the new one is refused.
 */
static EFI_STATUS replace_at_host(struct runtime_variable *old, struct runtime_store *store,
				  const CHAR16 *name, const EFI_GUID *vendor, u32 attributes,
				  u64 size, const void *data)
{
	struct kept_variable before = head_of(old);
	EFI_STATUS status = keep_no_more(old);

	if (status && status != EFI_NOT_FOUND)
		return status;
	before.first = store_data(old);
	before.first_size = old->data_size;
	/* A new record comes after all others: the old one stays where it is. */
	status = put(NULL, store_of(attributes), name, vendor, attributes, size, data);
	if (!status)
		store_remove(store, old);
	else
		(void)host_store_set(&runtime_data->host, &before);
	return status;
}

static EFI_STATUS set(const CHAR16 *name, const EFI_GUID *vendor, u32 attributes, u64 size,
		      const void *data, bool is_own)
{
	bool deletes = (size == 0 && !(attributes & EFI_VARIABLE_APPEND_WRITE)) ||
		       (attributes & ACCESS) == 0;
	struct runtime_store *store;
	struct runtime_variable *old;
	EFI_STATUS status;
	u32 old_attributes;

	if (!name || !name[0] || !vendor || (size && !data && !deletes))
		return EFI_INVALID_PARAMETER;
	if (runtime_data->at_runtime && runtime_data->set_variable_refused)
		return EFI_UNSUPPORTED;
	status = check_attributes(is_own ? attributes & ~(u32)RUNTIME_INTERNAL : attributes);
	if (status)
		return status;
	old = find(name, vendor, &store);
	if (!is_own &&
	    (guid_equals(vendor, &own_vendor) || (old && (old->attributes & RUNTIME_READ_ONLY))))
		return EFI_WRITE_PROTECTED;
	status = check_at_runtime(old, attributes);
	if (status)
		return status;
	/* A disk or flash may hold anything under a name of ours, which does not count. */
	if (is_own && old && !deletes && old->attributes != attributes) {
		if (has_host() && is_kept(old->attributes))
			return replace_at_host(old, store, name, vendor, attributes, size, data);
		store_remove(store, old);
		old = NULL;
	}
	if (!old && (deletes || size == 0))
		return EFI_NOT_FOUND;
	if (!deletes)
		return put(old, store, name, vendor, attributes, size, data);
	old_attributes = old->attributes;
	if (is_kept(old_attributes)) {
		/* One that the VMM does not have goes from memory as well. */
		status = keep_no_more(old);
		if (status && status != EFI_NOT_FOUND)
			return status;
	}
	store_remove(store, old);
	return status ? status : changed(old_attributes);
}

EFI_STATUS EFIAPI runtime_set_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 attributes,
				       UINTN size, VOID *data)
{
	return set(name, vendor, attributes, size, data, false);
}

EFI_STATUS EFIAPI runtime_set_own_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 attributes,
					   UINTN size, VOID *data)
{
	return set(name, vendor, attributes, size, data, true);
}

/* What there is besides memory: less may fit there, and as headers are larger, less is left. */
static void limit_to_kept(u64 *size, u64 *left)
{
	u64 kept_size = 0, kept_left = 0, header = FLASH_RECORD_HEADER_SIZE;

	if (has_host()) {
		(void)host_store_room(&runtime_data->host, &kept_size, &kept_left);
		header = HOST_STORE_OVERHEAD;
	} else if (has_flash()) {
		kept_size = flash_store_room(&runtime_data->flash);
		kept_left = kept_size - flash_store_used(&runtime_data->flash);
	}
	kept_left -= min_u64(kept_left, header - RECORD_HEADER_SIZE);
	*size = min_u64(*size, kept_size);
	*left = min_u64(*left, kept_left);
}

EFI_STATUS EFIAPI runtime_query_variable_info(UINT32 attributes, UINT64 *store_size, UINT64 *left,
					      UINT64 *size_max)
{
	EFI_STATUS status = check_attributes(attributes);
	const struct runtime_store *store = store_of(attributes);
	u64 largest = VARIABLE_SIZE_MAX;

	if (!store_size || !left || !size_max)
		return EFI_INVALID_PARAMETER;
	/* An attribute that is not supported is more than one that is missing. */
	if (status)
		return status;
	if ((attributes & ACCESS) == 0 ||
	    (runtime_data->at_runtime && !(attributes & EFI_VARIABLE_RUNTIME_ACCESS)))
		return EFI_INVALID_PARAMETER;
	*store_size = RUNTIME_STORE_SIZE;
	*left = RUNTIME_STORE_SIZE - store->used;
	if (is_kept(attributes)) {
		limit_to_kept(store_size, left);
		if (has_host())
			largest = runtime_data->host.data_size_max;
	}
	/* Of one more variable, with its name. */
	*size_max = *left < RECORD_HEADER_SIZE ? 0 : min_u64(*left - RECORD_HEADER_SIZE, largest);
	return EFI_SUCCESS;
}
