/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of any form, chosen by bytes of the input, and their targets in the model. */
#pragma once

#include "efi/spec/types.h"
#include "lib/utf.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/volume_model.h"

enum { PARTS_MAX = 4 };

/* Names of a path, and what separates them. */
struct path {
	const char *parts[MODEL_NODES_MAX + PARTS_MAX];
	u32 names[MODEL_NODES_MAX + PARTS_MAX]; /* in the model; or one of: */
	u32 count;
	bool is_absolute, is_closed; /* starts, ends with a separator */
	CHAR16 text[4096];
};

enum { NAME_DOT = MODEL_NAMES, NAME_DOT_DOT, NAME_BAD };
enum { NOWHERE = MODEL_NODES_MAX };

static struct model model;
static struct reader input;

static u32 take(u32 count)
{
	return (count > 256 ? read_le16(&input) : read_u8(&input)) % count;
}

static void add_part(struct path *path, const char *part, u32 name)
{
	path->parts[path->count] = part;
	path->names[path->count++] = name;
}

static void add_way_to(struct path *path, u32 node)
{
	if (!node)
		return;
	add_way_to(path, model.nodes[node].parent);
	add_part(path, model_name(model.nodes[node].name, take(2)), model.nodes[node].name);
}

static void add_any(struct path *path)
{
	static const char *const bad[] = { "a:b", "what?", "dot.", "blank ", "\x01", "*", "<", "|" };
	u32 kind = take(16), name = take(MODEL_NAMES - 1);

	/* Whether this name exists depends on the other names in the directory. */
	name += name >= MODEL_NAME_OF_ALIAS;
	if (kind == 0)
		add_part(path, ".", NAME_DOT);
	else if (kind <= 2)
		add_part(path, "..", NAME_DOT_DOT);
	else if (kind == 3)
		add_part(path, bad[take(ARRAY_SIZE(bad))], NAME_BAD);
	else
		add_part(path, model_name(name, take(2)), name);
}

static size_t put(struct path *path, size_t at, const char *text)
{
	return at +
	       utf16_from_utf8(path->text + at, ARRAY_SIZE(path->text) - at, span_of_string(text));
}

/* A path of any form, which often exists. */
static void take_path(struct path *path)
{
	static const char *const separators[] = { "\\", "/", "\\\\", "/\\/" };
	u32 form = take(256), node = take(MODEL_NODES_MAX);
	size_t at = 0;

	path->count = 0;
	path->is_absolute = form & 1;
	path->is_closed = (form >> 1 & 7) == 0;
	if (form & 0x10 && path->is_absolute && model.nodes[node].is_used)
		add_way_to(path, node);
	for (u32 more_parts = form >> 5; more_parts && path->count < ARRAY_SIZE(path->parts);
	     more_parts >>= 1)
		if (more_parts & 1)
			add_any(path);
	if (path->is_absolute)
		at = put(path, at, separators[take(ARRAY_SIZE(separators))]);
	for (u32 i = 0; i < path->count; i++) {
		if (i)
			at = put(path, at, separators[take(ARRAY_SIZE(separators))]);
		at = put(path, at, path->parts[i]);
	}
	if (path->is_closed)
		at = put(path, at, separators[take(ARRAY_SIZE(separators))]);
	/* A single separator is both. */
	if (path->is_closed && !path->count)
		path->is_absolute = true;
	CHECK(at < ARRAY_SIZE(path->text));
	path->text[at] = 0;
}

/* The target of the first @count names. */
static u32 resolve(const struct path *path, u32 count, u32 node)
{
	if (path->is_absolute)
		node = 0;
	for (u32 i = 0; i < count; i++) {
		if (!model.nodes[node].is_directory)
			return NOWHERE;
		if (path->names[i] == NAME_DOT_DOT)
			node = model.nodes[node].parent;
		else if (path->names[i] == NAME_BAD)
			return NOWHERE;
		else if (path->names[i] != NAME_DOT &&
			 !(node = model_find_child(&model, node, path->names[i])))
			return NOWHERE;
	}
	return node;
}

static u32 depth_of(u32 node)
{
	u32 depth = 0;

	for (; node; node = model.nodes[node].parent)
		depth++;
	return depth;
}
