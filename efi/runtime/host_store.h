/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables stored by the VMM: QEMU's device uefi-vars (since QEMU 10). A request is put into a
 * buffer and answered in the same buffer, when a command is written to the device:
 *
 *	register size
 *	0x00	2	0xef1
 *	0x02	2	command; reads as its status: 0 done, 1 busy, otherwise an error
 *	0x04	4	bytes of the buffer: as many as the device grants
 *	0x08	8	address of the buffer, in two halves
 *	0x10	4	next bytes of the buffer, where the VMM cannot access memory of the guest
 *	0x1c	4	bit 0: that way is to be taken
 *
 * The buffer has the format with which EDK2 communicates with System Management Mode (UEFI Platform
 * Initialization 1.8, volume 4, 5.7; EDK2, Guid/SmmVariableCommon.h), little endian:
 *
 *	offset	size
 *	0	16	ed32d533-99e6-4209-9cc0-2d72cdd998a7
 *	16	8	bytes that follow, for request and reply
 *	24	8	function
 *	32	8	of a reply: EFI_STATUS
 *	40		get and set: vendor, u64 data size, u64 name size, u32 attributes,
 *			name, data
 *	40		next: vendor, u64 name size, name
 *	40		room: u64 of all, u64 left, u64 of the largest variable, u32 attributes
 *
 * Nothing in a reply is trusted before it is checked.
 */
#pragma once

#include "efi/runtime/kept.h"

enum {
	HOST_STORE_BUFFER_SIZE = 64 * 1024, /* no device grants more */
	HOST_STORE_NAME_SIZE_MAX = 2048,
	/* The most that the device adds to the size of a variable, besides its name and data. */
	HOST_STORE_OVERHEAD = 128,
};

struct host_store {
	u64 registers; /* in the memory map. 0: there is no device */
	u64 buffer;    /* as mapped for us; the device uses its physical address */
	u32 buffer_size;
	u32 data_size_max; /* of a variable */
	bool is_copied;    /* the VMM cannot access the buffer */
};

/*
 * Makes the device use the HOST_STORE_BUFFER_SIZE bytes at @buffer, which stay reserved for it.
 * False: the device does not respond correctly.
 */
bool host_store_init(struct host_store *store, u64 registers, u64 buffer);

/*
 * Gets the variable after @name, which has room for HOST_STORE_BUFFER_SIZE bytes, and @vendor; an
 * empty name: the first. *@name_size becomes the size of the new name in bytes, with its NUL; the
 * functions below are only for names of up to HOST_STORE_NAME_SIZE_MAX bytes. EFI_NOT_FOUND: it was
 * the last. EFI_DEVICE_ERROR: any other reply.
 */
EFI_STATUS host_store_next(const struct host_store *store, CHAR16 *name, u32 *name_size,
			   EFI_GUID *vendor);

/*
 * Fills in the attributes and the first part of the data, which are valid until the next request.
 * EFI_BUFFER_TOO_SMALL: the data does not fit into the buffer. EFI_DEVICE_ERROR: any other reply.
 */
EFI_STATUS host_store_get(const struct host_store *store, struct kept_variable *variable);

/*
 * Writes the variable, or deletes it if it has no data. Returns the statuses of SetVariable. The
 * device refuses to change the attributes of a variable.
 */
EFI_STATUS host_store_set(const struct host_store *store, const struct kept_variable *variable);

/* The total and the remaining bytes. EFI_DEVICE_ERROR: both are 0. */
EFI_STATUS host_store_room(const struct host_store *store, u64 *size, u64 *left);

/*
 * From now on the device itself refuses changes to variables that the operating system may not
 * access.
 */
void host_store_end_boot_services(const struct host_store *store);
