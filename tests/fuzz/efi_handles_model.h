/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the handle database: handles, their protocols in the order of installation, open
 * lists, and what each registration has yet to locate.
 */
#pragma once

#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum {
	HANDLES = 6,
	GUIDS = 3,
	DEVICE_PATH = 0, /* the first of the GUIDs */
	VALUES = 3,
	OPENS_MAX = 24,
	REGISTRATIONS = 3,
};

struct open {
	u32 agent, controller; /* HANDLES: none */
	u32 attributes, count;
};

static struct {
	EFI_HANDLE handle; /* kept after it is removed */
	u64 serial;        /* 0: it was removed */
	struct {
		u64 serial; /* 0: not installed */
		u32 value;
		struct open opens[OPENS_MAX];
		u32 open_count;
	} protocols[GUIDS];
} model[HANDLES];

static struct {
	void *registration;
	u32 guid;
	u64 position;
	bool is_signaled; /* its event */
} registrations[REGISTRATIONS];

static EFI_EVENT events[REGISTRATIONS];
static EFI_GUID guids[GUIDS];
static u8 paths[VALUES][20]; /* the interfaces: device paths, of which the second begins with the
				first */
static u64 last_serial;
static struct reader input;

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

static void *value_of(u32 value)
{
	return paths[value];
}

static bool is_alive(u32 h)
{
	return h < HANDLES && model[h].serial;
}

/* A former handle, unless its memory has become a handle again. */
static EFI_HANDLE handle_of(u32 h)
{
	if (h == HANDLES)
		return NULL;
	for (u32 i = 0; i < HANDLES; i++)
		if (i != h && !is_alive(h) && is_alive(i) && model[i].handle == model[h].handle)
			return NULL;
	return model[h].handle;
}

static void drop_opens(u32 gone)
{
	for (u32 h = 0; h < HANDLES; h++) {
		for (u32 g = 0; g < GUIDS; g++) {
			u32 kept = 0;

			for (u32 i = 0; i < model[h].protocols[g].open_count; i++) {
				struct open open = model[h].protocols[g].opens[i];

				if (open.agent != gone && open.controller != gone)
					model[h].protocols[g].opens[kept++] = open;
			}
			model[h].protocols[g].open_count = kept;
		}
	}
}

/* Notifies all registrations for @g. */
static void model_signal(u32 g)
{
	for (u32 n = 0; n < REGISTRATIONS; n++)
		if (registrations[n].registration && registrations[n].guid == g)
			registrations[n].is_signaled = true;
}

static void model_install(u32 h, u32 g, u32 value)
{
	if (!is_alive(h))
		model[h].serial = ++last_serial;
	model[h].protocols[g].serial = ++last_serial;
	model[h].protocols[g].value = value;
	model[h].protocols[g].open_count = 0;
	model_signal(g);
}

static void model_remove(u32 h, u32 g)
{
	bool has_any = false;

	model[h].protocols[g].serial = 0;
	model[h].protocols[g].open_count = 0;
	for (u32 i = 0; i < GUIDS; i++)
		has_any |= model[h].protocols[i].serial != 0;
	if (!has_any) {
		model[h].serial = 0;
		drop_opens(h);
	}
}

/* The expected status of Uninstall and Reinstall; removes opens that do not block them. */
static EFI_STATUS model_release(u32 h, u32 g, u32 value)
{
	u32 kept = 0;

	if (!is_alive(h))
		return EFI_INVALID_PARAMETER;
	if (!model[h].protocols[g].serial || model[h].protocols[g].value != value)
		return EFI_NOT_FOUND;
	for (u32 i = 0; i < model[h].protocols[g].open_count; i++)
		if (model[h].protocols[g].opens[i].attributes > EFI_OPEN_PROTOCOL_TEST_PROTOCOL)
			model[h].protocols[g].opens[kept++] = model[h].protocols[g].opens[i];
	model[h].protocols[g].open_count = kept;
	return kept ? EFI_ACCESS_DENIED : EFI_SUCCESS;
}

static EFI_STATUS model_open(u32 h, u32 g, u32 agent, u32 controller, u32 attributes)
{
	bool is_driver = attributes & EFI_OPEN_PROTOCOL_BY_DRIVER;
	bool is_exclusive = attributes & EFI_OPEN_PROTOCOL_EXCLUSIVE;
	bool is_child = attributes == EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER;
	struct open *opens, *same = NULL;
	u32 count;

	if (!is_alive(h) || attributes == 0 || attributes > 0x30 ||
	    (!is_power_of_two(attributes) && attributes != 0x30) ||
	    ((is_driver || is_exclusive || is_child) && !is_alive(agent)) ||
	    ((is_driver || is_child) && !is_alive(controller)) || (is_child && h == controller))
		return EFI_INVALID_PARAMETER;
	if (!model[h].protocols[g].serial)
		return EFI_UNSUPPORTED;
	if (!is_alive(agent))
		return EFI_SUCCESS;
	opens = model[h].protocols[g].opens;
	count = model[h].protocols[g].open_count;
	if (!is_alive(controller))
		controller = HANDLES;
	for (u32 i = 0; i < count; i++)
		if (opens[i].agent == agent && opens[i].controller == controller &&
		    opens[i].attributes == attributes)
			same = &opens[i];
	if (same && is_driver)
		return EFI_ALREADY_STARTED;
	for (u32 i = 0; i < count && (is_driver || is_exclusive); i++)
		if (opens[i].attributes >= EFI_OPEN_PROTOCOL_BY_DRIVER)
			return EFI_ACCESS_DENIED;
	if (same) {
		same->count++;
		return EFI_SUCCESS;
	}
	opens[model[h].protocols[g].open_count++] =
		(struct open){ agent, controller, attributes, 1 };
	return EFI_SUCCESS;
}

/*
 * The installed interface with the lowest serial above @serial; HANDLES: none. @g == GUIDS: the
 * same for handles.
 */
static u32 next_after(u32 g, u64 serial)
{
	u64 best = UINT64_MAX;
	u32 found = HANDLES;

	for (u32 h = 0; h < HANDLES; h++) {
		u64 own = g == GUIDS ? model[h].serial : model[h].protocols[g].serial;

		if (own > serial && own < best) {
			best = own;
			found = h;
		}
	}
	return found;
}

/* Does any handle have the device path? */
static bool model_has_path(u32 value)
{
	for (u32 h = 0; h < HANDLES; h++)
		if (model[h].protocols[DEVICE_PATH].serial &&
		    model[h].protocols[DEVICE_PATH].value == value)
			return true;
	return false;
}
