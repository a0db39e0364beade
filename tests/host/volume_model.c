/* SPDX-License-Identifier: Apache-2.0 */
/* A minimal file system model, to be compared with the file system under test. */
#include "tests/host/volume_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

enum { SIZE_STEP_MAX = 6000, SIZE_MAX_BYTES = 60000 };

/* Names that are equal for FAT are in the same row. */
static const char *const names[][2] = {
	{ "A", "a" },
	{ "LOADER.CNF", "loader.cnf" },
	{ "loader.conf", "Loader.Conf" },
	{ "entry+3.conf", "Entry+3.conf" },
	{ "entry+2-1.conf", "ENTRY+2-1.CONF" },
	{ "exactly13char", "EXACTLY13CHAR" },
	{ "debian-6.12.107-amd64.conf", "Debian-6.12.107-amd64.conf" },
	{ "debian-6.12.108-amd64.conf", "Debian-6.12.108-amd64.conf" },
	{ "debian-6.12.109-amd64.conf", "Debian-6.12.109-amd64.conf" },
	{ "\u00fcnic\u00f6d\u00e9 \u03c9", "\u00dcNIC\u00d6D\u00c9 \u03a9" },
	{ "two words", "Two Words" },
	{ "..dots.and.dots", "..Dots.And.Dots" },
	{ "DEBIAN~1.CON", "debian~1.con" },
	{ "a name of more than one hundred and thirty characters, which takes eleven directory entries "
	  "and with others of its kind leaves no room in a block.txt",
	  "A name of more than one hundred and thirty characters, which takes eleven directory entries "
	  "and with others of its kind leaves no room in a block.txt" },
	{ "emoji \U0001f600", "EMOJI \U0001f600" },
};

static void expect(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "volume_model: %s\n", what);
	abort();
}

static u32 take(struct span *choices, u32 count)
{
	u32 value = 0;

	for (u32 i = 0; i < (count > 256 ? 2 : 1); i++) {
		if (span_is_empty(*choices))
			break;
		value = value << 8 | choices->data[0];
		*choices = span_from(*choices, 1);
	}
	return value % count;
}

void model_init(struct model *model, struct volume *volume)
{
	*model = (struct model){ .volume = volume };
	model->nodes[0] = (struct model_node){ .is_used = true, .is_directory = true };
	expect(volume->ops->root(volume, &model->nodes[0].file) == OK, "no root");
}

void model_free(struct model *model)
{
	for (u32 i = 0; i < MODEL_NODES_MAX; i++)
		free(model->nodes[i].content);
}

void model_copy(struct model *copy, const struct model *model)
{
	*copy = *model;
	for (u32 i = 0; i < MODEL_NODES_MAX; i++) {
		const struct model_node *node = &model->nodes[i];

		if (!node->content)
			continue;
		copy->nodes[i].content = malloc(node->size + 1);
		memcpy(copy->nodes[i].content, node->content, node->size);
	}
}

const char *model_name(u32 name, u32 spelling)
{
	static_assert(ARRAY_SIZE(names) == MODEL_NAMES);
	return names[name][spelling];
}

u32 model_free_node(const struct model *model)
{
	u32 i = 1;

	while (i < MODEL_NODES_MAX && model->nodes[i].is_used)
		i++;
	return i;
}

/* Picks a used node: a directory, any node except the root, or a file with content. */
static u32 pick(const struct model *model, struct span *choices, bool directory)
{
	const u32 start = take(choices, MODEL_NODES_MAX);

	for (u32 i = 0; i < MODEL_NODES_MAX; i++) {
		const u32 at = (start + i) % MODEL_NODES_MAX;
		const struct model_node *node = &model->nodes[at];

		if (node->is_used && (directory ? node->is_directory : at != 0))
			return at;
	}
	return 0;
}

u32 model_find_child(const struct model *model, u32 parent, u32 name)
{
	for (u32 i = 1; i < MODEL_NODES_MAX; i++)
		if (model->nodes[i].is_used && model->nodes[i].parent == parent &&
		    model->nodes[i].name == name)
			return i;
	return 0;
}

bool model_is_within(const struct model *model, u32 node, u32 outer)
{
	for (; node; node = model->nodes[node].parent)
		if (node == outer)
			return true;
	return outer == 0;
}

void model_resize(struct model_node *node, u64 size)
{
	node->content = realloc(node->content, size + 1);
	if (size > node->size)
		memset(node->content + node->size, 0, size - node->size);
	node->size = size;
}

static enum status create(struct model *model, struct span *choices, bool is_directory)
{
	const u32 parent = pick(model, choices, true), name = take(choices, MODEL_NAMES);
	const char *spelling = names[name][take(choices, 2)];
	const u32 at = model_free_node(model);
	struct file file;
	enum status status;

	if (at == MODEL_NODES_MAX)
		return OK;
	status = file_create(&model->nodes[parent].file, span_of_string(spelling), is_directory,
			     &file);
	if (model_find_child(model, parent, name)) {
		expect(status == ERR_EXISTS, "a name twice");
		return status;
	}
	if (status)
		return status;
	model->last_node = at;
	model->nodes[at] = (struct model_node){ .is_used = true,
						.is_directory = is_directory,
						.parent = parent,
						.name = name,
						.spelling = spelling,
						.file = file };
	return OK;
}

static enum status write_file(struct model *model, u32 at, struct span *choices)
{
	static u8 bytes[SIZE_STEP_MAX];
	struct model_node *node = &model->nodes[at];
	const u64 offset = take(choices, (u32)min_u64(node->size + 2000, 65536));
	const u32 size = take(choices, SIZE_STEP_MAX);
	const u8 seed = (u8)take(choices, 256);
	enum status status;

	if (offset + size > SIZE_MAX_BYTES)
		return OK;
	for (u32 i = 0; i < size; i++)
		bytes[i] = (u8)(seed + i * 7 + (i >> 8));
	status = file_write(&node->file, offset, size, bytes);
	if (node->is_directory) {
		expect(status == ERR_INVALID, "content of a directory");
		return status;
	}
	if (status || size == 0)
		return status;
	if (offset + size > node->size)
		model_resize(node, offset + size);
	memcpy(node->content + offset, bytes, size);
	return OK;
}

static enum status resize_file(struct model *model, u32 at, struct span *choices)
{
	struct model_node *node = &model->nodes[at];
	const u64 size = take(choices, (u32)min_u64(node->size * 2 + 1000, SIZE_MAX_BYTES));
	enum status status = file_resize(&node->file, size);

	if (node->is_directory)
		expect(status == ERR_INVALID, "size of a directory");
	else if (!status)
		model_resize(node, size);
	return status;
}

static enum status move(struct model *model, u32 at, struct span *choices)
{
	struct model_node *node = &model->nodes[at];
	const u32 parent = pick(model, choices, true), name = take(choices, MODEL_NAMES);
	const char *spelling = names[name][take(choices, 2)];
	const u32 other = model_find_child(model, parent, name);
	enum status status =
		file_move(&node->file, &model->nodes[parent].file, span_of_string(spelling));

	if (model_is_within(model, parent, at)) {
		expect(status == ERR_INVALID, "a directory in itself");
		return status;
	}
	if (other && other != at) {
		expect(status == ERR_EXISTS, "moved over another");
		return status;
	}
	if (status)
		return status;
	node->parent = parent;
	node->name = name;
	node->spelling = spelling;
	return OK;
}

static enum status remove_file(struct model *model, u32 at)
{
	struct model_node *node = &model->nodes[at];
	struct file copy = node->file;
	bool is_empty = true;
	enum status status = file_remove(&node->file);
	u8 byte;

	for (u32 i = 1; i < MODEL_NODES_MAX; i++)
		is_empty = is_empty && !(model->nodes[i].is_used && model->nodes[i].parent == at);
	if (!is_empty) {
		expect(status == ERR_DENIED, "removed with all that is in it");
		return status;
	}
	if (status)
		return status;
	expect(file_read(&copy, 0, 1, &byte) == ERR_NOT_FOUND, "read after it was removed");
	free(node->content);
	*node = (struct model_node){ 0 };
	return OK;
}

static enum status change_info(struct model *model, u32 at, struct span *choices)
{
	struct model_node *node = &model->nodes[at];
	struct file_info info;
	enum status status = file_info(&node->file, &info);

	if (status)
		return status;
	info.attributes ^= take(choices, 2) ? FILE_HIDDEN : FILE_SYSTEM;
	info.modified = (struct file_time){ 2024, 2, 29, 23, 59, (u8)(take(choices, 30) * 2) };
	status = file_set_info(&node->file, &info);
	if (!status) {
		struct file_info again;

		expect(file_info(&node->file, &again) == OK, "information once, not twice");
		expect(again.attributes == info.attributes &&
			       memcmp(&again.modified, &info.modified, sizeof(info.modified)) == 0,
		       "other information than set");
	}
	return status;
}

enum status model_step(struct model *model, struct span *choices)
{
	enum { CREATE, CREATE_DIRECTORY, WRITE, WRITE_MORE, RESIZE, MOVE, REMOVE, INFO, KINDS };
	const u32 kind = take(choices, KINDS);
	u32 at;
	enum status status;

	model->last_node = 0;
	if (kind == CREATE || kind == CREATE_DIRECTORY) {
		status = create(model, choices, kind == CREATE_DIRECTORY);
	} else {
		at = pick(model, choices, false);
		if (at == 0)
			return OK;
		model->last_node = at;
		status = kind == WRITE || kind == WRITE_MORE ? write_file(model, at, choices) :
			 kind == RESIZE                      ? resize_file(model, at, choices) :
			 kind == MOVE                        ? move(model, at, choices) :
			 kind == REMOVE                      ? remove_file(model, at) :
							       change_info(model, at, choices);
	}
	expect(status == OK || status == ERR_EXISTS || status == ERR_INVALID ||
		       status == ERR_DENIED || status == ERR_FULL || status == ERR_IO,
	       "an unexpected status");
	model->last_status = status;
	return status;
}

void model_path(const struct model *model, u32 node, char *path, size_t size)
{
	char parent[4096] = "";

	*path = 0;
	if (node == 0)
		return;
	if (model->nodes[node].parent)
		model_path(model, model->nodes[node].parent, parent, sizeof(parent));
	snprintf(path, size, "%s/%s", parent, model->nodes[node].spelling);
}

static bool has_content(struct file *file, const struct model_node *node)
{
	u8 *bytes;
	bool same;

	if (file->is_directory != node->is_directory || file->size != node->size)
		return false;
	if (node->is_directory)
		return true;
	bytes = malloc(node->size + 1);
	same = file_read(file, 0, node->size, bytes) == OK &&
	       (node->size == 0 || memcmp(bytes, node->content, node->size) == 0);
	free(bytes);
	return same;
}

bool model_has(const struct model *model, u32 node, struct volume *volume)
{
	char path[4096];
	struct file file;

	model_path(model, node, path, sizeof(path));
	return volume_open(volume, span_of_string(path), &file) == OK &&
	       has_content(&file, &model->nodes[node]);
}

static void check_directory(struct model *model, u32 at)
{
	static struct directory_entry entry;
	struct file directory;
	char path[4096];
	u32 listed = 0, expected = 0;
	u64 cursor = 0;
	enum status status;

	model_path(model, at, path, sizeof(path));
	expect(volume_open(model->volume, span_of_string(path), &directory) == OK,
	       "a directory that is not there");
	while ((status = directory_next(&directory, &cursor, &entry)) == OK) {
		bool known = false;

		listed++;
		for (u32 i = 1; i < MODEL_NODES_MAX; i++)
			known = known || (model->nodes[i].is_used && model->nodes[i].parent == at &&
					  strcmp(model->nodes[i].spelling, entry.name) == 0);
		expect(known, "a file that nobody has made");
	}
	expect(status == ERR_NOT_FOUND, "a directory that cannot be listed");
	for (u32 i = 1; i < MODEL_NODES_MAX; i++)
		expected += model->nodes[i].is_used && model->nodes[i].parent == at;
	expect(listed == expected, "a file that is lost");
}

void model_check(struct model *model)
{
	for (u32 i = 0; i < MODEL_NODES_MAX; i++) {
		struct model_node *node = &model->nodes[i];
		struct file parent;
		char name[FILE_NAME_SIZE];

		if (!node->is_used)
			continue;
		if (node->is_directory)
			check_directory(model, i);
		if (i == 0)
			continue;
		expect(model_has(model, i, model->volume), "another content");
		if (!node->file.volume)
			continue;
		expect(has_content(&node->file, node), "another content of an open file");
		expect(file_name(&node->file, name) == OK && strcmp(name, node->spelling) == 0,
		       "another name");
		expect(file_parent(&node->file, &parent) == OK, "no parent");
		expect(memcmp(parent.state, model->nodes[node->parent].file.state, 16) == 0,
		       "another parent");
	}
}
