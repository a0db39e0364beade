/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Behaves like QEMU's device uefi-vars, but stricter: a driver error ends the test. Its variables
 * survive a reset.
 */
#pragma once

#include "efi/runtime/host_store.h"

enum {
	FAKE_HOST_STORE_BASE = 0xfef10000,
	FAKE_VARIABLES_MAX = 16,
	FAKE_VARIABLE_OVERHEAD = 104, /* QEMU's, for each */
	FAKE_NAME_SIZE_MAX = HOST_STORE_BUFFER_SIZE - 64,
};

struct fake_variable {
	EFI_GUID vendor;
	CHAR16 name[FAKE_NAME_SIZE_MAX / sizeof(CHAR16)];
	u64 name_size, data_size;
	u32 attributes;
	u8 data[HOST_STORE_BUFFER_SIZE];
};

struct fake_host_store {
	/* Set by the test: */
	u64 size;          /* of the store */
	u32 granted;       /* bytes of a message */
	u32 told;          /* and what it says about that; 0: the same */
	u16 magic, status; /* status is returned for all requests */
	bool wants_copies;
	/* Damages a reply: called with the message before the guest gets it. */
	void (*spoil)(struct fake_host_store *fake, u8 *message);

	struct fake_variable variables[FAKE_VARIABLES_MAX];
	u32 count;
	u64 requests, changes; /* since the reset */
	bool has_ended_boot_services;

	/* Registers. */
	u16 result;
	u32 buffer_size, place;
	u64 address;
	/* The message at the driver's last barrier. */
	u8 published[HOST_STORE_BUFFER_SIZE];
	bool is_unseen; /* a reply, until the driver's next barrier */
	u8 copy[HOST_STORE_BUFFER_SIZE];
};

/* Function numbers in messages. */
enum { FAKE_GET = 1, FAKE_NEXT = 2, FAKE_SET = 3, FAKE_ROOM = 4, FAKE_END_BOOT_SERVICES = 6 };

/* Makes an empty store at FAKE_HOST_STORE_BASE and removes all other devices. */
void fake_host_store_init(struct fake_host_store *fake);

/* Resets the device, like a machine reset. */
void fake_host_store_reset(struct fake_host_store *fake);

/* Adds a variable as EDK2 or the host would. */
void fake_host_store_add(struct fake_host_store *fake, const CHAR16 *name, const EFI_GUID *vendor,
			 u32 attributes, const char *text);
