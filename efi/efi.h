/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of efi/. Nothing else in the tree knows EFI_STATUS; boot/ uses efi/start.h.
 * Our own code calls services by their C names, never through the tables, because shim replaces
 * table entries.
 *
 * Pointers from a guest are checked before use: handles by efi_object_of(), events by their owner,
 * buffers only for NULL, since a guest shares our memory.
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

/* status.c: conversion to the nearest EFI status, and back. */
EFI_STATUS efi_from_status(enum status status);
enum status status_from_efi(EFI_STATUS status);
/* "Not Found", or "error 0x8000000000000063": for messages. Valid until the next call. */
const char *efi_status_name(EFI_STATUS status);

/* tables.c: the one copy of each, in writable memory. */
extern EFI_SYSTEM_TABLE *efi_system_table; /* runtime data; NULL before efi_tables_init() */
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
	struct efi_protocol *protocols; /* installed protocols, newest last; NULL: not a handle */
	struct efi_object *previous;    /* all handles, oldest first */
	struct efi_object *next;
	struct efi_object *next_in_hash;
	u64 serial;        /* order of creation */
	u32 opens;         /* number of open list items that refer to it */
	bool is_allocated; /* made for a guest: freed when its last protocol goes */
};

/*
 * The object of a handle that a guest passed; NULL if it is not a valid handle now. Constant time.
 */
struct efi_object *efi_object_of(EFI_HANDLE handle);

/*
 * Installs @interface on @object, which becomes a handle with its first protocol. Sends
 * notifications, as the service does. EFI_ALREADY_STARTED for a device path that another handle
 * has, EFI_INVALID_PARAMETER if the protocol is already installed there.
 */
EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface);
EFI_STATUS efi_uninstall(struct efi_object *object, const EFI_GUID *protocol, void *interface);

/* The interface on @handle, without tracking its use. NULL: no such handle or protocol. */
void *efi_interface_of(EFI_HANDLE handle, const EFI_GUID *protocol);
bool efi_has_protocol(EFI_HANDLE handle, const EFI_GUID *protocol);

/* Iterates over the handles with @protocol (NULL: all), oldest first: returns the one after
 * @previous (NULL: the first).
 */
struct efi_object *efi_next_with(const EFI_GUID *protocol, const struct efi_object *previous);

/* Has somebody opened the protocol for himself, BY_DRIVER or EXCLUSIVE? */
bool efi_is_claimed(EFI_HANDLE handle, const EFI_GUID *protocol);

/* Closes all protocols that @agent has opened, before its image is unloaded. */
void efi_close_all_of_agent(EFI_HANDLE agent);

/*
 * To be called before the memory of an image is freed: removes interfaces in it, and closes events
 * whose notification function is in it, which the image should have done itself.
 */
void efi_forget_memory(u64 base, u64 size);

/* protocols/text_input.c: the same for key notifications. */
void efi_key_notifications_forget(u64 base, u64 size);

/* services/events.c */

/*
 * Signals due timers and checks the watchdog. Called by every service in which a guest may spend
 * time; costs one read of the clock if nothing is due. Code that must poll input uses a periodic
 * timer.
 */
void efi_poll(void);

/* Like efi_poll(), but also yields the processor to the host until something may have happened. */
void efi_idle(void);

EFI_TPL efi_current_tpl(void);
void efi_signal_group(const EFI_GUID *group);

/*
 * The notification functions that signaling @group would call, oldest first, for those that must be
 * called after events are gone. Returns how many there are, which may be more than were stored.
 */
struct efi_notification {
	EFI_EVENT event;
	EFI_EVENT_NOTIFY notify;
	void *context;
};
u32 efi_group_notifications(const EFI_GUID *group, struct efi_notification *out, u32 count_max);

/* For ExitBootServices: from now on no timer fires. */
void efi_timers_stop(void);

/* Pauses the watchdog while the firmware itself is busy, for example reading a large image. */
void efi_watchdog_pause(void);
void efi_watchdog_resume(void);
u32 efi_watchdog_pauses(void); /* pauses that have not ended */

/* services/memory.c and pool.c. Our own memory has the type EfiBootServicesData and is zeroed. */
void *efi_allocate(size_t size); /* NULL: none left */
void efi_free(void *memory);     /* NULL: does nothing */
/* A copy for a guest, which frees it with FreePool. */
void *efi_copy(const void *from, size_t size);

/* services/images.c */

/*
 * Used by boot_manager.c and boot/: LoadImage and StartImage with load options and watchdog; the
 * caller sets BootCurrent. @file may be NULL: then @path says where it is. Returns the image's
 * status, or why it did not start; the image is then unloaded.
 */
struct efi_start {
	const EFI_DEVICE_PATH_PROTOCOL *path; /* of the device and the file */
	struct span bytes;                    /* the image itself; empty: read it by @path */
	struct span load_options;
};
EFI_STATUS efi_image_run(const struct efi_start *start);

/* The firmware's own handle, the parent of the images that it loads. */
EFI_HANDLE efi_firmware_image(void);

/* The innermost running image; NULL: our own code. */
EFI_HANDLE efi_current_image(void);

/* For fault dumps: "\EFI\BOOT\BOOTX64.EFI" and the offset in it, if the address is in a loaded
 * image.
 */
bool efi_image_at(u64 address, const char **name, u64 *offset);

/* services/configuration_tables.c */
EFI_STATUS efi_set_configuration_table(const EFI_GUID *guid, void *table);
void *efi_configuration_table(const EFI_GUID *guid);

/* services/exit.c */
bool efi_boot_services_ended(void);

/*
 * paths/: device paths are byte strings. Every path from a guest or a variable is checked once by
 * efi_path_size() when it comes in; the other functions trust it.
 */

/*
 * The size in bytes, including the end node; 0 if it is malformed within @size_max (a node shorter
 * than 4, or no end).
 */
size_t efi_path_size(const void *path, size_t size_max);
enum { EFI_PATH_SIZE_MAX = 16 * 1024 };

const EFI_DEVICE_PATH_PROTOCOL *efi_path_next(const EFI_DEVICE_PATH_PROTOCOL *node);
bool efi_path_is_end(const EFI_DEVICE_PATH_PROTOCOL *node);
u16 efi_node_length(const EFI_DEVICE_PATH_PROTOCOL *node);

/* The header of a node that consists of a @type. */
#define EFI_NODE(type, kind, subtype)                          \
	{                                                      \
		(kind), (subtype),                             \
		{                                              \
			sizeof(type) & 0xff, sizeof(type) >> 8 \
		}                                              \
	}

/* These return new paths from efi_allocate(); NULL: no memory. A NULL @path is an empty path. */
EFI_DEVICE_PATH_PROTOCOL *efi_path_copy(const EFI_DEVICE_PATH_PROTOCOL *path);
EFI_DEVICE_PATH_PROTOCOL *efi_path_append(const EFI_DEVICE_PATH_PROTOCOL *path,
					  const EFI_DEVICE_PATH_PROTOCOL *more);
EFI_DEVICE_PATH_PROTOCOL *efi_path_append_node(const EFI_DEVICE_PATH_PROTOCOL *path,
					       const void *node);
/* Appends a FilePath node with UTF-8 text, in which '/' is replaced by '\\'. */
EFI_DEVICE_PATH_PROTOCOL *efi_path_append_file(const EFI_DEVICE_PATH_PROTOCOL *path,
					       struct span utf8);

/*
 * The handle with @protocol whose device path is the longest prefix of @path; @rest is the rest of
 * @path. NULL: none.
 */
EFI_HANDLE efi_path_locate(const EFI_GUID *protocol, const EFI_DEVICE_PATH_PROTOCOL *path,
			   const EFI_DEVICE_PATH_PROTOCOL **rest);

/*
 * Is the last node of @path the partition of the HD node @wanted? They are compared by signature
 * and, for MBR partitions, whose signature is the disk's, also by number.
 */
bool efi_path_ends_with_partition(const EFI_DEVICE_PATH_PROTOCOL *path,
				  const EFI_DEVICE_PATH_PROTOCOL *wanted);

/* device.c: the path to a device. NULL: no memory. */
struct device_address;
EFI_DEVICE_PATH_PROTOCOL *efi_path_of_address(const struct device_address *address);
/* The same for a PCI function, regardless of the device behind it; depth 0: for its root bridge. */
EFI_DEVICE_PATH_PROTOCOL *efi_path_of_pci(const struct device_address *address);

/* protocols/: publish the machine's devices; start.c calls each once, in this order. */
EFI_STATUS efi_console_publish(void);
EFI_STATUS efi_graphics_publish(void);
/* Opens all disks, and makes handles of them, their partitions and their file systems. */
EFI_STATUS efi_disks_publish(void);
EFI_STATUS efi_pci_publish(void);  /* PCI functions and root bridges */
EFI_STATUS efi_misc_publish(void); /* random numbers, collation, HII, path utilities, ... */

/* Is it the handle of the serial port, and does the text console have it to itself? */
bool efi_console_drives(EFI_HANDLE handle);

/* Called when a program has returned: restores the default colours and starts a new line. */
void efi_console_returns(void);

/* graphics.c: the path of the text console's screen. NULL: there is no screen. */
const EFI_DEVICE_PATH_PROTOCOL *efi_graphics_console_path(void);

/* The handle of a disk or partition, and of the volume on it. NULL: it has none. */
EFI_HANDLE efi_handle_of_device(const struct block_device *device);
EFI_HANDLE efi_handle_of_volume(const struct volume *volume);
struct block_device *efi_device_of_handle(EFI_HANDLE handle);
struct volume *efi_volume_of_handle(EFI_HANDLE handle);

/*
 * protocols/initrd.c: the LoadFile2 protocol from which Linux gets its initrd. The parts are read
 * one after the other when Linux requests it, each padded to 4 bytes. Removed after the image has
 * returned.
 */
struct boot_entry;
EFI_STATUS efi_initrd_publish(struct boot_entry *entry);
void efi_initrd_withdraw(void);

/*
 * variables.c: access to variables for the firmware itself. In addition to UEFI's attributes,
 * @attributes may have EFI_VARIABLE_READ_ONLY: guests that set such a variable get
 * EFI_WRITE_PROTECTED.
 */
enum { EFI_VARIABLE_READ_ONLY = 1u << 31 };
EFI_STATUS efi_variable_get(const CHAR16 *name, const EFI_GUID *vendor, u32 *attributes,
			    size_t *size, void *data);
EFI_STATUS efi_variable_set(const CHAR16 *name, const EFI_GUID *vendor, u32 attributes, size_t size,
			    const void *data);
/*
 * The complete value, from efi_allocate(), followed by two zero bytes that are not part of it.
 * NULL: no such variable.
 */
void *efi_variable_load(const CHAR16 *name, const EFI_GUID *vendor, size_t *size);

/*
 * The stores of non-volatile variables, tried in this order. Each loads the stored variables and
 * arranges for later changes to be stored. variables_host.c: false if there is no usable device.
 */
bool efi_variables_with_host(void);
/* variables_flash.c: false if there is no usable flash. */
bool efi_variables_in_flash(void);
/* variables_file.c: to be called after the disks are published. */
EFI_STATUS efi_variables_init(void);
/* Is the store on the same disk as @device? */
bool efi_variables_are_with(const struct block_device *device);

/* runtime.c: copies the runtime program to its place and fills in the runtime services table. */
EFI_STATUS efi_runtime_init(EFI_RUNTIME_SERVICES **out);
/* Called when ExitBootServices has succeeded and its events were signaled. */
void efi_runtime_enter(void);
EFI_STATUS efi_get_time(EFI_TIME *time);

/*
 * Registers a runtime driver of @size bytes at @base: SetVirtualAddressMap relocates it with the
 * base relocation table at the offset @relocations of the image, which must stay there.
 */
EFI_STATUS efi_runtime_image_add(u64 base, u64 size, u64 relocations, u64 relocations_size);
void efi_runtime_image_remove(u64 base); /* unloaded */

/*
 * random_seed.c: renews the random seed on the system partition @partition, and passes what is
 * derived from it to the kernel that starts next. Does nothing where there is no seed; any other
 * reason why it is not used is logged.
 */
void efi_random_seed_pass(struct block_device *partition);

/* loader_interface.c: sets LoaderDevicePartUUID for a kernel without a boot loader; NULL: none. */
void efi_tell_partition(const struct block_device *partition);

/* boot_variables.c */

/* Sets the variables that the firmware itself owns (UEFI 2.11, 3.3). */
EFI_STATUS efi_boot_variables_init(void);
