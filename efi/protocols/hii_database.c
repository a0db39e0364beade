/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_HII_DATABASE_PROTOCOL (UEFI 2.11, 34.8): lists of packages, each a copy of what was given.
 * There are no notifications of changes, for which only setup programs ask.
 */
#include "efi/protocols/hii.h"
#include "efi/protocols/protocols.h"
#include "lib/util.h"

static struct hii_list *lists;

static EFI_GUID current_layout; /* as set; all zero: none */

struct span hii_bytes(const struct hii_package *package)
{
	return span_of(package->bytes, package->size);
}

struct hii_list *hii_list_of(EFI_HII_HANDLE handle)
{
	for (struct hii_list *list = lists; list; list = list->next)
		if (list == handle)
			return list;
	return NULL;
}

static struct span span_of_list(const EFI_HII_PACKAGE_LIST_HEADER *list)
{
	struct span bytes = span_of(list, load_le32((const u8 *)list + sizeof(EFI_GUID)));

	return bytes.size <= HII_LIST_SIZE_MAX ? bytes : (struct span){ 0 };
}

static void free_packages(struct hii_package *packages)
{
	while (packages) {
		struct hii_package *next = packages->next;

		efi_free(packages);
		packages = next;
	}
}

/* Copies of all packages in @list; false: no memory, and nothing is kept. */
static bool copy_packages(struct span list, struct hii_package **out)
{
	struct span rest = span_from(list, HII_LIST_HEADER_SIZE), bytes;
	struct hii_package **end = out;

	*out = NULL;
	while (hii_next_package(&rest, &bytes)) {
		struct hii_package *package = efi_allocate(sizeof(*package) + bytes.size);

		if (!package) {
			free_packages(*out);
			*out = NULL;
			return false;
		}
		package->size = bytes.size;
		memcpy(package->bytes, bytes.data, bytes.size);
		*end = package;
		end = &package->next;
	}
	return true;
}

static EFI_STATUS EFIAPI new_list(const EFI_HII_DATABASE_PROTOCOL *this,
				  const EFI_HII_PACKAGE_LIST_HEADER *packages, EFI_HANDLE driver,
				  EFI_HII_HANDLE *handle)
{
	struct hii_list *list, **end = &lists;

	if (!this || !packages || !handle || !hii_list_check(span_of_list(packages)))
		return EFI_INVALID_PARAMETER;
	list = efi_allocate(sizeof(*list));
	if (!list || !copy_packages(span_of_list(packages), &list->packages)) {
		efi_free(list);
		return EFI_OUT_OF_RESOURCES;
	}
	memcpy(&list->guid, packages, sizeof(list->guid));
	list->driver = driver;
	while (*end)
		end = &(*end)->next;
	*end = list;
	*handle = list;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI remove_list(const EFI_HII_DATABASE_PROTOCOL *this, EFI_HII_HANDLE handle)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	for (struct hii_list **at = &lists; *at; at = &(*at)->next) {
		struct hii_list *list = *at;

		if (list != handle)
			continue;
		*at = list->next;
		free_packages(list->packages);
		efi_free(list);
		return EFI_SUCCESS;
	}
	return EFI_NOT_FOUND;
}

static bool has_type(const struct hii_package *packages, u8 type)
{
	for (; packages; packages = packages->next)
		if (hii_package_type(hii_bytes(packages)) == type)
			return true;
	return false;
}

/* Packages take the place of all those of their type. */
static EFI_STATUS EFIAPI update_list(const EFI_HII_DATABASE_PROTOCOL *this, EFI_HII_HANDLE handle,
				     const EFI_HII_PACKAGE_LIST_HEADER *packages)
{
	struct hii_list *list = hii_list_of(handle);
	struct hii_package *added, **at;

	if (!this || !packages || !hii_list_check(span_of_list(packages)))
		return EFI_INVALID_PARAMETER;
	if (!list)
		return EFI_NOT_FOUND;
	if (!copy_packages(span_of_list(packages), &added))
		return EFI_OUT_OF_RESOURCES;
	/* The allocations may have signalled an event, whose function has removed it. */
	list = hii_list_of(handle);
	if (!list) {
		free_packages(added);
		return EFI_NOT_FOUND;
	}
	for (at = &list->packages; *at;) {
		struct hii_package *package = *at;

		if (!has_type(added, hii_package_type(hii_bytes(package)))) {
			at = &package->next;
			continue;
		}
		*at = package->next;
		efi_free(package);
	}
	*at = added;
	return EFI_SUCCESS;
}

static bool list_has(const struct hii_list *list, u8 type, const EFI_GUID *guid)
{
	if (type == EFI_HII_PACKAGE_TYPE_ALL)
		return true;
	for (const struct hii_package *package = list->packages; package; package = package->next) {
		struct span bytes = hii_bytes(package);

		if (hii_package_type(bytes) != type)
			continue;
		if (type != EFI_HII_PACKAGE_TYPE_GUID)
			return true;
		if (bytes.size >= HII_PACKAGE_HEADER_SIZE + sizeof(*guid) &&
		    memcmp(bytes.data + HII_PACKAGE_HEADER_SIZE, guid, sizeof(*guid)) == 0)
			return true;
	}
	return false;
}

static EFI_STATUS EFIAPI list_lists(const EFI_HII_DATABASE_PROTOCOL *this, UINT8 type,
				    const EFI_GUID *guid, UINTN *size, EFI_HII_HANDLE *handles)
{
	UINTN room, needed = 0;

	if (!this || !size || (*size && !handles) || (type == EFI_HII_PACKAGE_TYPE_GUID) != !!guid)
		return EFI_INVALID_PARAMETER;
	room = *size;
	for (struct hii_list *list = lists; list; list = list->next) {
		if (!list_has(list, type, guid))
			continue;
		if (needed + sizeof(*handles) <= room)
			handles[needed / sizeof(*handles)] = list;
		needed += sizeof(*handles);
	}
	*size = needed;
	if (!needed)
		return EFI_NOT_FOUND;
	return needed > room ? EFI_BUFFER_TOO_SMALL : EFI_SUCCESS;
}

static size_t export_size(const struct hii_list *list)
{
	size_t size = HII_LIST_HEADER_SIZE + HII_PACKAGE_HEADER_SIZE;

	for (const struct hii_package *package = list->packages; package; package = package->next)
		size += package->size;
	return size;
}

static void export_list(const struct hii_list *list, u8 *to)
{
	memcpy(to, &list->guid, sizeof(list->guid));
	store_le32(to + sizeof(list->guid), (u32)export_size(list));
	to += HII_LIST_HEADER_SIZE;
	for (const struct hii_package *package = list->packages; package; package = package->next) {
		memcpy(to, package->bytes, package->size);
		to += package->size;
	}
	store_le32(to, HII_PACKAGE_HEADER_SIZE | (u32)EFI_HII_PACKAGE_END << 24);
}

static EFI_STATUS EFIAPI export_lists(const EFI_HII_DATABASE_PROTOCOL *this, EFI_HII_HANDLE handle,
				      UINTN *size, EFI_HII_PACKAGE_LIST_HEADER *buffer)
{
	UINTN room, needed = 0;
	u8 *to = (u8 *)buffer;

	if (!this || !size || (*size && !buffer))
		return EFI_INVALID_PARAMETER;
	if (handle && !hii_list_of(handle))
		return EFI_NOT_FOUND;
	room = *size;
	for (struct hii_list *list = lists; list; list = list->next) {
		if (handle && list != handle)
			continue;
		if (needed + export_size(list) <= room)
			export_list(list, to + needed);
		needed += export_size(list);
	}
	*size = needed;
	return needed > room ? EFI_BUFFER_TOO_SMALL : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI register_notify(const EFI_HII_DATABASE_PROTOCOL *this, UINT8 type,
					 const EFI_GUID *guid, EFI_HII_DATABASE_NOTIFY function,
					 EFI_HII_DATABASE_NOTIFY_TYPE notify_type,
					 EFI_HANDLE *handle)
{
	(void)notify_type;
	if (!this || !function || !handle || (type == EFI_HII_PACKAGE_TYPE_GUID) != !!guid)
		return EFI_INVALID_PARAMETER;
	return EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI unregister_notify(const EFI_HII_DATABASE_PROTOCOL *this, EFI_HANDLE handle)
{
	(void)handle;
	return this ? EFI_NOT_FOUND : EFI_INVALID_PARAMETER;
}

/*
 * Keyboard layouts are listed and chosen, but no keyboard of ours uses them. A package of them
 * (33.3.9):
 *
 *	offset	size
 *	4	2	number of layouts, which follow
 *	0	2	of each: its bytes
 *	2	16	its GUID
 */
enum { LAYOUTS = 6, LAYOUT_GUID = 2, LAYOUT_SIZE_MIN = LAYOUT_GUID + sizeof(EFI_GUID) };

/* Calls @visit for each layout until it returns true. */
static bool visit_layouts(bool (*visit)(struct span layout, void *context), void *context)
{
	for (struct hii_list *list = lists; list; list = list->next)
		for (struct hii_package *package = list->packages; package;
		     package = package->next) {
			struct span rest = span_from(hii_bytes(package), LAYOUTS), layout;

			if (hii_package_type(hii_bytes(package)) != EFI_HII_PACKAGE_KEYBOARD_LAYOUT)
				continue;
			for (; rest.size >= LAYOUT_SIZE_MIN; rest = span_from(rest, layout.size)) {
				layout = span_part(rest, 0, load_le16(rest.data));
				if (layout.size < LAYOUT_SIZE_MIN)
					break;
				if (visit(layout, context))
					return true;
			}
		}
	return false;
}

struct layout_guids {
	EFI_GUID *guids;
	size_t room, needed; /* bytes */
};

static bool list_layout(struct span layout, void *context)
{
	struct layout_guids *to = context;

	if (to->needed + sizeof(*to->guids) <= to->room)
		memcpy((u8 *)to->guids + to->needed, layout.data + LAYOUT_GUID, sizeof(*to->guids));
	to->needed += sizeof(*to->guids);
	return false;
}

static EFI_STATUS EFIAPI find_layouts(const EFI_HII_DATABASE_PROTOCOL *this, UINT16 *size,
				      EFI_GUID *guids)
{
	struct layout_guids found = { .guids = guids };

	if (!this || !size || (*size && !guids))
		return EFI_INVALID_PARAMETER;
	found.room = *size;
	(void)visit_layouts(list_layout, &found);
	if (found.needed > UINT16_MAX)
		return EFI_OUT_OF_RESOURCES;
	*size = (UINT16)found.needed;
	return found.needed > found.room ? EFI_BUFFER_TOO_SMALL : EFI_SUCCESS;
}

struct wanted_layout {
	const EFI_GUID *guid;
	struct span layout;
};

static bool is_wanted(struct span layout, void *context)
{
	struct wanted_layout *wanted = context;

	wanted->layout = layout;
	return memcmp(layout.data + LAYOUT_GUID, wanted->guid, sizeof(*wanted->guid)) == 0;
}

static EFI_STATUS EFIAPI get_layout(const EFI_HII_DATABASE_PROTOCOL *this, const EFI_GUID *guid,
				    UINT16 *size, EFI_HII_KEYBOARD_LAYOUT *layout)
{
	struct wanted_layout wanted = { .guid = guid ? guid : &current_layout };
	u16 room;

	if (!this || !size || (*size && !layout))
		return EFI_INVALID_PARAMETER;
	if (!visit_layouts(is_wanted, &wanted))
		return EFI_NOT_FOUND;
	room = *size;
	*size = (u16)wanted.layout.size;
	if (room < *size)
		return EFI_BUFFER_TOO_SMALL;
	memcpy(layout, wanted.layout.data, *size);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_layout(const EFI_HII_DATABASE_PROTOCOL *this, const EFI_GUID *guid)
{
	static const EFI_GUID event = EFI_HII_SET_KEYBOARD_LAYOUT_EVENT_GUID;
	struct wanted_layout wanted = { .guid = guid };

	if (!this || !guid)
		return EFI_INVALID_PARAMETER;
	if (!visit_layouts(is_wanted, &wanted))
		return EFI_NOT_FOUND;
	if (!guid_equals(&current_layout, guid)) {
		current_layout = *guid;
		efi_signal_group(&event);
	}
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_driver(const EFI_HII_DATABASE_PROTOCOL *this, EFI_HII_HANDLE handle,
				    EFI_HANDLE *driver)
{
	struct hii_list *list = hii_list_of(handle);

	if (!this || !driver || !list)
		return EFI_INVALID_PARAMETER;
	*driver = list->driver;
	return EFI_SUCCESS;
}

EFI_STATUS efi_hii_publish(struct efi_object *object)
{
	static EFI_HII_DATABASE_PROTOCOL database = {
		.NewPackageList = new_list,
		.RemovePackageList = remove_list,
		.UpdatePackageList = update_list,
		.ListPackageLists = list_lists,
		.ExportPackageLists = export_lists,
		.RegisterPackageNotify = register_notify,
		.UnregisterPackageNotify = unregister_notify,
		.FindKeyboardLayouts = find_layouts,
		.GetKeyboardLayout = get_layout,
		.SetKeyboardLayout = set_layout,
		.GetPackageListHandle = get_driver,
	};
	EFI_STATUS status = efi_install(object, &guid_hii_database, &database);

	return status ? status : efi_install(object, &guid_hii_string, (void *)&hii_string);
}
