/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader.conf, and the same bytes as the VMM's command line: they are parsed, matched, and joined
 * for a kernel.
 */
#include <stdlib.h>

#include "core/boot_info.h"
#include "lib/glob.h"
#include "loaders/command_line.h"
#include "loaders/loader_conf.h"
#include "tests/host/host.h"

/*
 * The work must be proportional to the input. The inputs in the corpus take less than a third of
 * this limit.
 */
enum { STEPS_MAX = 4096, STEPS_PER_BYTE_MAX = 1000 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void match(struct span pattern)
{
	static struct glob glob;

	if (glob_compile(pattern, &glob))
		(void)glob_matches(&glob, SPAN("debian-6.1.0-18-amd64"));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span text = span_of(data, size);
	struct loader_conf conf = { 0 };
	u64 before = host_steps;
	size_t joined_size;
	char *joined;

	loader_conf_parse(text, &conf);
	match(conf.preferred);
	match(conf.default_pattern);
	boot_info.command_line = text;
	loader_conf_apply_command_line(&conf);
	match(conf.default_pattern);
	boot_info_check_options();

	joined = malloc(command_line_size_max(text, text));
	joined_size = command_line_join(text, text, joined);
	if (joined[joined_size] != '\0')
		abort();
	free(joined);
	if (host_steps - before > STEPS_MAX + size * STEPS_PER_BYTE_MAX)
		abort();
	return 0;
}
