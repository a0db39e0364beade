/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of efi/. Nothing else in the tree knows EFI_STATUS; the way in from boot/ is
 * efi/start.h. Our own code calls services by their C name, never through the tables: shim replaces
 * entries there.
 *
 * Pointers from a guest are checked before use: a handle by efi_object_of(), an event by its owner,
 * a buffer only against NULL, since a guest shares our memory.
 */
#pragma once

#include "core/arena.h"
#include "core/block.h"
#include "core/volume.h"
#include "efi/guids.h"
#include "efi/spec/device_path.h"
#include "efi/spec/tables.h"
#include "efi/spec/types.h"
#include "lib/span.h"
#include "lib/status.h"

/* status.c: to the nearest EFI status, and back. */
EFI_STATUS efi_from_status(enum status status);
enum status status_from_efi(EFI_STATUS status);
/* "Not Found", or "error 0x8000000000000063": for messages. Valid until the next call. */
const char *efi_status_name(EFI_STATUS status);

/* tables.c: the one copy of each, in writable memory. */
extern EFI_SYSTEM_TABLE *efi_system_table; /* runtime services data; NULL before efi_tables_init()
					    */
extern EFI_BOOT_SERVICES efi_boot_services;
EFI_STATUS efi_tables_init(void);
/* After a change of a table: its checksum (UEFI 2.11, 4.2). */
void efi_table_update_crc(EFI_TABLE_HEADER *header);

/*
 * services/handles.c. A handle is the address of a struct efi_object, embedded in what it stands
 * for and reached back with container_of().
 */
struct efi_protocol;

struct efi_object {
	struct efi_protocol *protocols; /* what is installed, newest last; NULL: not a handle */
	struct efi_object *previous;    /* all handles, oldest first */
	struct efi_object *next;
	struct efi_object *next_in_hash;
	u64 serial;        /* order of creation */
	u32 opens;         /* how many items of open lists name it */
	bool is_allocated; /* made for a guest: freed when its last protocol goes */
};

/* The object of a handle that a guest passed; NULL if it is not one now. Constant time. */
struct efi_object *efi_object_of(EFI_HANDLE handle);

/*
 * Installs @interface on @object, which becomes a handle by its first one. Notifies, as the service
 * does. EFI_ALREADY_STARTED for a device path that another handle has, EFI_INVALID_PARAMETER if the
 * protocol is installed there already.
 */
EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface);
EFI_STATUS efi_uninstall(struct efi_object *object, const EFI_GUID *protocol, void *interface);

/* The interface on @handle, without bookkeeping. NULL: no such handle or protocol. */
void *efi_interface_of(EFI_HANDLE handle, const EFI_GUID *protocol);
bool efi_has_protocol(EFI_HANDLE handle, const EFI_GUID *protocol);

/* The handles with @protocol (NULL: all), oldest first: the one after @previous (NULL: the first).
 */
struct efi_object *efi_next_with(const EFI_GUID *protocol, const struct efi_object *previous);

/* Closes what @agent has opened, before its image is unloaded. */
void efi_close_all_of_agent(EFI_HANDLE agent);

/*
 * Before the memory of an image is freed: removes the interfaces that lie in it and closes the
 * events whose notification does, which the image should have done itself.
 */
void efi_forget_memory(u64 base, u64 size);

/* protocols/text_input.c: the same for notifications of keys. */
void efi_key_notifications_forget(u64 base, u64 size);

/* services/events.c */

/*
 * Lets time pass: due timers are signaled, the watchdog resets. Called by every service in which a
 * guest may spend its time; costs one look at the clock when nothing is due. Code that must poll
 * input uses a periodic timer.
 */
void efi_poll(void);

/* As efi_poll(), and gives the processor to the host until something may have happened. */
void efi_idle(void);

EFI_TPL efi_current_tpl(void);
void efi_signal_group(const EFI_GUID *group);

/*
 * What signaling @group would call, oldest first: for those that must be called when events are
 * gone. Returns how many there are, which may be more than were stored.
 */
struct efi_notification {
	EFI_EVENT event;
	EFI_EVENT_NOTIFY notify;
	void *context;
};
u32 efi_group_notifications(const EFI_GUID *group, struct efi_notification *out, u32 count_max);

/* ExitBootServices: from now on no timer fires. */
void efi_timers_stop(void);

/* The firmware's own time, such as for reading a large image, does not count for the watchdog. */
void efi_watchdog_pause(void);
void efi_watchdog_resume(void);
u32 efi_watchdog_pauses(void); /* that have not ended */

/* services/memory.c and pool.c. Memory of our own has type EfiBootServicesData, zeroed. */
void *efi_allocate(size_t size); /* NULL: none left */
void efi_free(void *memory);     /* NULL: does nothing */
/* A copy for a guest that will free it by FreePool. */
void *efi_copy(const void *from, size_t size);

/* services/images.c */

/*
 * What boot_manager.c and boot/ start: LoadImage and StartImage with what belongs around it (load
 * options, watchdog, BootCurrent is the caller's). @file may be NULL: then @path tells where it is.
 * Returns what the image returned, or why it did not start; it is unloaded then.
 */
struct efi_start {
	const EFI_DEVICE_PATH_PROTOCOL *path; /* of the device and the file */
	struct span bytes;                    /* the image itself; empty: read it by @path */
	struct span load_options;
};
EFI_STATUS efi_image_run(const struct efi_start *start);

/* The handle that stands for the firmware as parent of what it loads. */
EFI_HANDLE efi_firmware_image(void);

/* The innermost running image; NULL: our own code. */
EFI_HANDLE efi_current_image(void);

/* "\EFI\BOOT\BOOTX64.EFI" and the offset in it, if the address is in a loaded image: fault dumps.
 */
bool efi_image_at(u64 address, const char **name, u64 *offset);

/* services/configuration_tables.c */
EFI_STATUS efi_set_configuration_table(const EFI_GUID *guid, void *table);
void *efi_configuration_table(const EFI_GUID *guid);

/* services/exit.c */
bool efi_boot_services_ended(void);

/*
 * paths/: device paths are bytes. Everything that a guest or a variable brings is checked by
 * efi_path_size() once, at the door; the others trust it.
 */

/* Bytes with the end node; 0 if it is not well-formed within @size_max (nodes shorter than 4, no
 * end). */
size_t efi_path_size(const void *path, size_t size_max);
enum { EFI_PATH_SIZE_MAX = 16 * 1024 };

const EFI_DEVICE_PATH_PROTOCOL *efi_path_next(const EFI_DEVICE_PATH_PROTOCOL *node);
bool efi_path_is_end(const EFI_DEVICE_PATH_PROTOCOL *node);
u16 efi_node_length(const EFI_DEVICE_PATH_PROTOCOL *node);

/* The header of a node that is a whole @type. */
#define EFI_NODE(type, kind, subtype)                          \
	{                                                      \
		(kind), (subtype),                             \
		{                                              \
			sizeof(type) & 0xff, sizeof(type) >> 8 \
		}                                              \
	}

/* New paths, from efi_allocate(); NULL: no memory. @path may be NULL: empty. */
EFI_DEVICE_PATH_PROTOCOL *efi_path_copy(const EFI_DEVICE_PATH_PROTOCOL *path);
EFI_DEVICE_PATH_PROTOCOL *efi_path_append(const EFI_DEVICE_PATH_PROTOCOL *path,
					  const EFI_DEVICE_PATH_PROTOCOL *more);
EFI_DEVICE_PATH_PROTOCOL *efi_path_append_node(const EFI_DEVICE_PATH_PROTOCOL *path,
					       const void *node);
/* A FilePath node of UTF-8 text is appended, '/' becomes '\\'. */
EFI_DEVICE_PATH_PROTOCOL *efi_path_append_file(const EFI_DEVICE_PATH_PROTOCOL *path,
					       struct span utf8);

/*
 * The handle with @protocol whose device path is the longest prefix of @path; @rest is what follows
 * in @path. NULL: none.
 */
EFI_HANDLE efi_path_locate(const EFI_GUID *protocol, const EFI_DEVICE_PATH_PROTOCOL *path,
			   const EFI_DEVICE_PATH_PROTOCOL **rest);

/*
 * Is the last node of @path the partition that the HD node @wanted means? The signature decides; of
 * an MBR partition, whose signature is the disk's, the number too.
 */
bool efi_path_ends_with_partition(const EFI_DEVICE_PATH_PROTOCOL *path,
				  const EFI_DEVICE_PATH_PROTOCOL *wanted);

/* device.c: the path to a device. NULL: no memory. */
struct device_address;
EFI_DEVICE_PATH_PROTOCOL *efi_path_of_address(const struct device_address *address);
/* The same for a PCI function, whatever is behind it; depth 0: for its root bridge. */
EFI_DEVICE_PATH_PROTOCOL *efi_path_of_pci(const struct device_address *address);

/* protocols/: publish what the machine has; each is called once by start.c, in this order. */
EFI_STATUS efi_console_publish(void);
EFI_STATUS efi_graphics_publish(void);
EFI_STATUS efi_disks_publish(void); /* opens all disks; handles of partitions, file systems too */
EFI_STATUS efi_pci_publish(void);   /* PCI functions and root bridges */
EFI_STATUS efi_misc_publish(void);  /* random numbers, collation, HII, path utilities, ... */

/* A program has returned: what follows is in the usual colours, on a line of its own. */
void efi_console_returns(void);

/* graphics.c: the path of the screen that text goes to. NULL: there is no screen. */
const EFI_DEVICE_PATH_PROTOCOL *efi_graphics_console_path(void);

/* The handle of a disk or partition, and of the volume on it. NULL: it has none. */
EFI_HANDLE efi_handle_of_device(const struct block_device *device);
EFI_HANDLE efi_handle_of_volume(const struct volume *volume);
struct block_device *efi_device_of_handle(EFI_HANDLE handle);
struct volume *efi_volume_of_handle(EFI_HANDLE handle);

/*
 * protocols/initrd.c: LoadFile2 by which Linux takes its initrd. The parts are read one after the
 * other when Linux asks, each padded to 4 bytes. Withdrawn after the image returned.
 */
struct boot_entry;
EFI_STATUS efi_initrd_publish(struct boot_entry *entry);
void efi_initrd_withdraw(void);

/*
 * variables.c: variables for the firmware itself. Setting, @attributes may have
 * EFI_VARIABLE_READ_ONLY besides UEFI's: guests get EFI_WRITE_PROTECTED when they try.
 */
enum { EFI_VARIABLE_READ_ONLY = 1u << 31 };
EFI_STATUS efi_variable_get(const CHAR16 *name, const EFI_GUID *vendor, u32 *attributes,
			    size_t *size, void *data);
EFI_STATUS efi_variable_set(const CHAR16 *name, const EFI_GUID *vendor, u32 attributes, size_t size,
			    const void *data);
/* All of it, from efi_allocate(), with two zero bytes after it that do not count. NULL: none. */
void *efi_variable_load(const CHAR16 *name, const EFI_GUID *vendor, size_t *size);

/*
 * The stores of non-volatile variables, tried in this order: each loads what is stored, and sees to
 * it that what changes from now on is. variables_host.c: true unless there is no device to use.
 */
bool efi_variables_with_host(void);
/* variables_flash.c: true unless there is no flash to use. */
bool efi_variables_in_flash(void);
/* variables_file.c: after the disks. */
EFI_STATUS efi_variables_init(void);
/* Is the store on the same disk as @device? */
bool efi_variables_are_with(const struct block_device *device);

/* runtime.c: copies the runtime blob to its place, fills in the runtime services table. */
EFI_STATUS efi_runtime_init(EFI_RUNTIME_SERVICES **out);
/* ExitBootServices has succeeded, and its events were signaled. */
void efi_runtime_enter(void);
EFI_STATUS efi_get_time(EFI_TIME *time);

/*
 * A runtime driver of @size bytes at @base: SetVirtualAddressMap will relocate it by its base
 * relocation table at the offset @relocations of the image, which stays there.
 */
EFI_STATUS efi_runtime_image_add(u64 base, u64 size, u64 relocations, u64 relocations_size);
void efi_runtime_image_remove(u64 base); /* unloaded */

/* loader_interface.c: LoaderDevicePartUUID of a kernel without a boot loader; NULL: none. */
void efi_tell_partition(const struct block_device *partition);

/* boot_variables.c */

/* Sets the variables that the firmware itself owns (UEFI 2.11, 3.3). */
EFI_STATUS efi_boot_variables_init(void);
