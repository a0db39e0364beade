/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any operations on a volume, compared with a model of it in memory. Bytes choose what is done, so
 * that a fuzzer or a random number generator may.
 */
#pragma once

#include "core/volume.h"

enum {
	MODEL_NODES_MAX = 24,
	MODEL_NAMES = 15,
	MODEL_NAME_OF_ALIAS = 12, /* which FAT may have made itself for one of the others */
};

struct model_node {
	bool is_used, is_directory;
	u32 parent; /* index of a node; node 0 is the root */
	u32 name;   /* number of a name: two that differ in case alone have the same */
	const char *spelling;
	u8 *content;
	u64 size;
	struct file file; /* as it was opened or changed last; clear: not by model_step() */
};

struct model {
	struct volume *volume;
	struct model_node nodes[MODEL_NODES_MAX];
	/* What the last operation was about; 0: nothing */
	u32 last_node;
	enum status last_status;
};

/* An empty volume; it stays the caller's. */
void model_init(struct model *model, struct volume *volume);
void model_free(struct model *model);

/* A copy of what the model knows, for a look back. */
void model_copy(struct model *copy, const struct model *model);

/*
 * Takes one operation off @choices and does it on both; at the end of @choices zeroes are taken.
 * Aborts if its result is another than the model's. ERR_FULL may come at any time and changes
 * nothing. After ERR_IO the model is left as it was before.
 */
enum status model_step(struct model *model, struct span *choices);

/* For those who change the volume by other calls than model_step()'s, and the model with it. */
const char *model_name(u32 name, u32 spelling);                        /* two spellings of each */
u32 model_free_node(const struct model *model);                        /* MODEL_NODES_MAX: none */
u32 model_find_child(const struct model *model, u32 parent, u32 name); /* 0: none */
bool model_is_within(const struct model *model, u32 node, u32 outer);
void model_resize(struct model_node *node, u64 size);

/* Aborts unless the volume contains exactly what the model does, under the same names. */
void model_check(struct model *model);

/* Does the file or directory of @node exist on @volume, with the same content? */
bool model_has(const struct model *model, u32 node, struct volume *volume);

/* The path of @node, from the root; empty for the root. */
void model_path(const struct model *model, u32 node, char *path, size_t size);
