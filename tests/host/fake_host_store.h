/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's device uefi-vars as it behaves, but stricter: what a driver must not do ends the test.
 * What it holds survives a reset.
 */
#pragma once

#include "efi/runtime/host_store.h"

enum {
	FAKE_HOST_STORE_BASE = 0xfef10000,
	FAKE_VARIABLES_MAX = 16,
	FAKE_VARIABLE_OVERHEAD = 104, /* QEMU's, for each */
};

struct fake_variable {
	EFI_GUID vendor;
	CHAR16 name[HOST_STORE_NAME_SIZE_MAX / sizeof(CHAR16)];
	u64 name_size, data_size;
	u32 attributes;
	u8 data[HOST_STORE_BUFFER_SIZE];
};

struct fake_host_store {
	/* For the test to set. */
	u64 size; /* of the store */
	u32 granted;
	u16 magic, status; /* the latter of all requests */
	bool wants_copies;
	/* What is wrong with a reply: called with the message before the guest gets it. */
	void (*spoil)(struct fake_host_store *fake, u8 *message);

	struct fake_variable variables[FAKE_VARIABLES_MAX];
	u32 count;
	u64 requests, changes; /* since the reset */
	bool has_ended_boot_services;

	/* Of the registers. */
	u16 result;
	u32 buffer_size, place;
	u64 address;
	u8 copy[HOST_STORE_BUFFER_SIZE];
};

/* The functions of messages. */
enum { FAKE_GET = 1, FAKE_NEXT = 2, FAKE_SET = 3, FAKE_ROOM = 4, FAKE_END_BOOT_SERVICES = 6 };

/* At FAKE_HOST_STORE_BASE, empty; all other devices are gone. */
void fake_host_store_init(struct fake_host_store *fake);

/* As after a reset of the machine. */
void fake_host_store_reset(struct fake_host_store *fake);

/* As EDK2 or the host has left it there. */
void fake_host_store_add(struct fake_host_store *fake, const CHAR16 *name, const EFI_GUID *vendor,
			 u32 attributes, const char *text);
