/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from whoever has some. */
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

static bool read_processor(u8 *buffer, size_t size)
{
	while (size) {
		u64 value;
		size_t part = (size_t)min_u64(size, sizeof(value));

		if (!arch_random(&value))
			return false;
		memcpy(buffer, &value, part);
		buffer += part;
		size -= part;
	}
	return true;
}

enum status random_read(void *buffer, size_t size)
{
	for (struct random_source *source = first; source; source = source->next) {
		enum status status = source->read(source, buffer, size);

		if (status == OK)
			return OK;
		log_warning("%s: %s", source->name, status_name(status));
	}
	if (read_processor(buffer, size))
		return OK;
	memset(buffer, 0, size);
	return ERR_NOT_FOUND;
}
