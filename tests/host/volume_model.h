/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arbitrary operations on a volume, compared with a model in memory. The operations are chosen by
 * bytes from a fuzzer or a random number generator.
 */
#pragma once

#include "core/volume.h"

enum {
	MODEL_NODES_MAX = 24,
	MODEL_NAMES = 15,
	MODEL_NAME_OF_ALIAS = 12, /* a short name that FAT may have generated for another name */
};

struct model_node {
	bool is_used, is_directory;
	u32 parent; /* index of a node; node 0 is the root */
	u32 name;   /* number of a name: names that differ only in case have the same number */
	const char *spelling;
	u8 *content;
	u64 size;
	struct file file; /* as opened or changed last; clear: not by model_step() */
};

struct model {
	struct volume *volume;
	struct model_node nodes[MODEL_NODES_MAX];
	/* The nodes of the last operation; 0: none */
	u32 last_node;
	enum status last_status;
};

/* @volume must be empty; the caller keeps it. */
void model_init(struct model *model, struct volume *volume);
void model_free(struct model *model);

/* Copies the model, to keep an earlier state. */
void model_copy(struct model *copy, const struct model *model);

/*
 * Takes one operation from @choices, or zeroes at its end, and performs it on both. Aborts if the
 * result differs from the model's. ERR_FULL may occur at any time and changes nothing. After ERR_IO
 * the model is unchanged.
 */
enum status model_step(struct model *model, struct span *choices);

/* For code that changes the volume and the model without model_step(). */
const char *model_name(u32 name, u32 spelling);                        /* two spellings of each */
u32 model_free_node(const struct model *model);                        /* MODEL_NODES_MAX: none */
u32 model_find_child(const struct model *model, u32 parent, u32 name); /* 0: none */
bool model_is_within(const struct model *model, u32 node, u32 outer);
void model_resize(struct model_node *node, u64 size);

/* Aborts unless the volume contains exactly what the model does, under the same names. */
void model_check(struct model *model);

/* Does the file or directory of @node exist on @volume with the same content? */
bool model_has(const struct model *model, u32 node, struct volume *volume);

/* The path of @node, from the root; empty for the root. */
void model_path(const struct model *model, u32 node, char *path, size_t size);
