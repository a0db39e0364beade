/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes the expected results of EFI_FILE_PROTOCOL from a model of the volume and of open files.
 */
#pragma once

#include "efi/spec/media.h"
#include "fs/fat/fat.h"
#include "tests/fuzz/model_paths.h"

enum {
	HANDLES = 6,
	/* Files that were removed or moved are remembered until this many others were. */
	STALE_FOR_MAX = FAT_GONE_MAX - 4,
};

/* An open file. */
struct handle {
	EFI_FILE_PROTOCOL *file; /* NULL: the slot is free */
	u32 node;
	bool is_directory, is_writable;
	bool is_stale; /* removed, or moved through another handle */
	u32 stale_for;
	u64 position;
};

static struct handle handles[HANDLES];
/* Data that struct model_node does not have. */
static struct {
	u32 attributes;
	EFI_TIME modified;
} more[MODEL_NODES_MAX];

/* All other handles to @node become stale. */
static void node_is_gone(u32 node, const struct handle *but)
{
	for (u32 i = 0; i < HANDLES; i++) {
		struct handle *handle = &handles[i];

		if (!handle->file)
			continue;
		if (handle != but && !handle->is_stale && handle->node == node)
			handle->is_stale = true;
		if (handle->is_stale && handle->stale_for++ == STALE_FOR_MAX) {
			CHECK(!handle->file->Close(handle->file));
			handle->file = NULL;
		}
	}
}

static void name_node(u32 node, u32 parent, u32 name, const char *spelling)
{
	model.nodes[node].parent = parent;
	model.nodes[node].name = name;
	model.nodes[node].spelling = spelling;
}

static EFI_STATUS model_create(const struct path *path, u32 from, u64 attributes, u32 *node)
{
	u32 parent = path->count ? resolve(path, path->count - 1, from) : NOWHERE;

	if (parent == NOWHERE || !model.nodes[parent].is_directory)
		return EFI_NOT_FOUND;
	if (path->names[path->count - 1] >= MODEL_NAMES)
		return EFI_INVALID_PARAMETER;
	*node = model_free_node(&model);
	model.nodes[*node] = (struct model_node){ .is_used = true,
						  .is_directory = attributes & EFI_FILE_DIRECTORY };
	name_node(*node, parent, path->names[path->count - 1], path->parts[path->count - 1]);
	more[*node].attributes = (u32)attributes;
	more[*node].modified = (EFI_TIME){ .Year = 1980, .Month = 1, .Day = 1 };
	return EFI_SUCCESS;
}

static EFI_STATUS model_open(const struct handle *from, const struct path *path, u64 mode,
			     u64 attributes, u32 *node)
{
	bool is_new = mode & EFI_FILE_MODE_CREATE;

	if ((mode != EFI_FILE_MODE_READ && mode != (EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE) &&
	     mode != (EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE)) ||
	    (is_new && attributes & ~EFI_FILE_VALID_ATTR))
		return EFI_INVALID_PARAMETER;
	if (from->is_stale && !path->is_absolute)
		return EFI_NOT_FOUND;
	*node = resolve(path, path->count, from->node);
	if (*node == NOWHERE)
		return is_new ? model_create(path, from->node, attributes, node) : EFI_NOT_FOUND;
	if (is_new && attributes & EFI_FILE_DIRECTORY && !model.nodes[*node].is_directory)
		return EFI_INVALID_PARAMETER;
	if (mode & EFI_FILE_MODE_WRITE && !model.nodes[*node].is_directory &&
	    more[*node].attributes & FILE_READ_ONLY)
		return EFI_ACCESS_DENIED;
	return EFI_SUCCESS;
}

/* Applies a rename to the model. */
static EFI_STATUS model_rename(struct handle *handle, const struct path *path)
{
	struct model_node *node = &model.nodes[handle->node];
	u32 last = path->is_closed ? path->count : path->count - 1;
	u32 parent = path->count ? resolve(path, last, node->parent) : 0;
	u32 name = path->is_closed || !path->count ? (u32)NAME_BAD : path->names[last], other;

	if (parent == NOWHERE)
		return EFI_NOT_FOUND;
	if (!model.nodes[parent].is_directory || !handle->node ||
	    model_is_within(&model, parent, handle->node) || name >= MODEL_NAMES)
		return EFI_INVALID_PARAMETER;
	other = model_find_child(&model, parent, name);
	if (other && other != handle->node)
		return EFI_ACCESS_DENIED;
	return EFI_SUCCESS;
}

/* The expected status of SetInfo(), unless the volume is full. */
static EFI_STATUS model_set_info(struct handle *handle, const EFI_FILE_INFO *info,
				 const struct path *path, bool is_renamed, bool is_new_time)
{
	const struct model_node *node = &model.nodes[handle->node];

	if (info->Attribute & ~EFI_FILE_VALID_ATTR)
		return EFI_INVALID_PARAMETER;
	if (!(info->Attribute & EFI_FILE_DIRECTORY) == node->is_directory ||
	    (node->is_directory && info->FileSize) ||
	    (!handle->is_writable && (is_renamed || info->FileSize != node->size || is_new_time)))
		return EFI_ACCESS_DENIED;
	if (info->FileSize != node->size && more[handle->node].attributes & FILE_READ_ONLY)
		return EFI_WRITE_PROTECTED;
	if (info->FileSize > UINT32_MAX)
		return EFI_VOLUME_FULL;
	if (is_renamed) {
		EFI_STATUS refused = model_rename(handle, path);

		if (refused)
			return refused;
	}
	return handle->node ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}
