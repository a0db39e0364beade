/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle database (UEFI 2.11, 7.3), shared by handles.c, locate.c, open.c and drivers.c. An
 * interface is in two lists: that of its handle, and that of all interfaces with its GUID, in order
 * of installation. So neither lookup iterates over all handles.
 */
#pragma once

#include "efi/efi.h"

/* An item of the open list (7.3.9): one agent's use of an interface. */
struct efi_open {
	struct efi_open *next;
	EFI_HANDLE agent;
	EFI_HANDLE controller; /* may be NULL */
	u32 attributes;
	u32 count;
};

/* An interface on a handle. */
struct efi_protocol {
	struct efi_object *object;
	struct efi_protocol *next_on_object;
	struct efi_class *class;
	struct efi_protocol *previous, *next; /* of the class, oldest first */
	void *interface;                      /* may be NULL */
	struct efi_open *opens;
};

/*
 * A GUID that was installed or registered for notification. Never freed, because
 * ProtocolsPerHandle() returns its address.
 */
struct efi_class {
	EFI_GUID guid;
	struct efi_class *next_in_hash;
	struct efi_protocol *first, *last;
	struct efi_registration *registrations;
};

/* RegisterProtocolNotify(). */
struct efi_registration {
	struct efi_registration *next;
	struct efi_class *class;
	EFI_EVENT event;
	struct efi_protocol *position; /* last one located; NULL: none yet */
};

/* handles.c */
struct efi_class *efi_class_of(const EFI_GUID *guid);   /* NULL: never seen */
struct efi_class *efi_class_make(const EFI_GUID *guid); /* NULL: no memory */
struct efi_protocol *efi_protocol_of(EFI_HANDLE handle, const EFI_GUID *guid);
struct efi_object *efi_oldest_object(void);

/*
 * Installs an interface without the check for equal device paths, like InstallProtocolInterface().
 */
EFI_STATUS efi_install_on(EFI_HANDLE *handle, const EFI_GUID *guid, void *interface);
EFI_STATUS efi_uninstall_from(EFI_HANDLE handle, const EFI_GUID *guid, void *interface);

/* The handle with an identical device path, or NULL. */
struct efi_object *efi_object_at(const EFI_DEVICE_PATH_PROTOCOL *path);

/* Removes the interface, even if it is in use. */
void efi_protocol_remove(struct efi_protocol *protocol);

/* registrations.c */
struct efi_registration *efi_registration_of(const void *registration); /* NULL: unknown */
void efi_registrations_notify(const struct efi_class *class);
void efi_registrations_skip(const struct efi_protocol *gone);
void efi_registrations_remove(EFI_EVENT event); /* it is closed */

/* open.c */

/*
 * Makes drivers and others close the interface. EFI_ACCESS_DENIED if one does not; EFI_NOT_FOUND if
 * the interface does not exist, or no longer exists.
 */
EFI_STATUS efi_opens_release(EFI_HANDLE handle, const EFI_GUID *guid, void *interface);

/* Clears the open list. */
void efi_opens_clear(struct efi_protocol *protocol);

/* Removes all items opened by or for the handle, which is about to be removed. */
void efi_opens_forget(struct efi_object *gone);
