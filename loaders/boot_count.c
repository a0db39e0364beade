/* SPDX-License-Identifier: Apache-2.0 */
/* Boot counting, one try at a time. */
#include "loaders/boot_count.h"

#include "core/log.h"
#include "lib/format.h"
#include "loaders/bls.h"

bool boot_count_next_name(struct span name, char next[FILE_NAME_SIZE])
{
	struct span suffix = { 0 }, rest = name;
	u32 left, done;

	next[0] = '\0';
	for (size_t i = 1; i < name.size; i++) {
		if (name.data[i] == '.') {
			suffix = span_from(name, i);
			rest = span_part(name, 0, i);
		}
	}
	if (!bls_cut_counters(&rest, &left, &done) || left == 0 ||
	    name.size > FILE_NAME_SIZE - sizeof("-4294967295"))
		return false;
	done += done < UINT32_MAX;
	format(next, FILE_NAME_SIZE, "%.*s+%u-%u%.*s", (int)rest.size, (const char *)rest.data,
	       left - 1, done, (int)suffix.size, (const char *)suffix.data);
	return true;
}

static enum status rename_file(struct volume *volume, struct span path, struct span name,
			       const char *next, struct file *out)
{
	struct file directory;
	enum status status = volume_open(volume, path, &directory);

	if (!status)
		status = file_open(&directory, name, out);
	if (!status)
		status = file_move(out, &directory, span_of_string(next));
	return status ? status : volume_flush(volume);
}

void boot_count(struct volume *volume, struct span directory, struct span name,
		char next[FILE_NAME_SIZE], struct file *out)
{
	enum log_level level;
	enum status status;

	if (!boot_count_next_name(name, next))
		return;
	status = rename_file(volume, directory, name, next, out);
	if (!status)
		return log_info("%s", next);
	/* A read-only disk is not an error. */
	level = status == ERR_DENIED ? LOG_INFO : LOG_WARNING;
	LOG_AT(level, "%.*s: not counted: %s", (int)name.size, (const char *)name.data,
	       status_name(status));
	next[0] = '\0';
}
