/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the first working source. */
#include "core/random.h"

#include "core/arch.h"
#include "core/log.h"
#include "lib/string.h"
#include "lib/util.h"

static struct random_source *first;

void random_register(struct random_source *source)
{
	source->next = first;
	first = source;
}

void random_unregister(struct random_source *source)
{
	for (struct random_source **at = &first; *at; at = &(*at)->next) {
		if (*at == source) {
			*at = source->next;
			return;
		}
	}
}

/*
 * False: no such instruction, or the same value twice in a row, as on some AMD processors after a
 * suspend of the host.
 */
static bool read_processor(u8 *buffer, size_t size)
{
	static u64 last;

	while (size) {
		u64 value;
		size_t part = (size_t)min_u64(size, sizeof(value));

		if (!arch_random(&value) || value == last)
			return false;
		last = value;
		memcpy(buffer, &value, part);
		buffer += part;
		size -= part;
	}
	return true;
}

enum status random_read(void *buffer, size_t size)
{
	/* The processor first, because a device costs several VM exits. */
	if (read_processor(buffer, size))
		return OK;
	for (struct random_source *source = first; source; source = source->next) {
		enum status status = source->read(source, buffer, size);

		if (status == OK)
			return OK;
		log_warning("%s: %s", source->name, status_name(status));
	}
	memset(buffer, 0, size);
	return ERR_NOT_FOUND;
}
