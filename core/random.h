/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes: from the processor, otherwise from virtio-rng. */
#pragma once

#include "lib/status.h"
#include "lib/types.h"

struct random_source {
	const char *name;
	enum status (*read)(struct random_source *source, void *buffer, size_t size);
	struct random_source *next; /* random_register()'s */
};

void random_register(struct random_source *source);
void random_unregister(struct random_source *source);

/*
 * Fills @buffer from the processor or the first working source. ERR_NOT_FOUND: there is no source;
 * the buffer is zeroed.
 */
enum status random_read(void *buffer, size_t size);
