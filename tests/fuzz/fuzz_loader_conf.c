/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader.conf, and the same bytes as the VMM's command line: parsed, matched, joined for a kernel.
 */
#include <stdlib.h>

#include "core/boot_info.h"
#include "loaders/bls.h"
#include "loaders/command_line.h"
#include "loaders/loader_conf.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span text = span_of(data, size);
	struct bls_entry second = { .file = "b.conf", .name = SPAN("debian-6.1.0-18-amd64") };
	struct bls_entry first = { .file = "a.conf",
				   .name = SPAN("Fedora-[x]-39"),
				   .next = &second };
	struct loader_conf conf = { 0 };
	size_t joined_size;
	char *joined;

	loader_conf_parse(text, &conf);
	(void)bls_entries_best(&first, conf.default_pattern);
	boot_info.command_line = text;
	loader_conf_apply_command_line(&conf);
	(void)bls_entries_best(&first, conf.default_pattern);

	joined = malloc(command_line_size_max(text, text));
	joined_size = command_line_join(text, text, joined);
	if (joined[joined_size] != '\0')
		abort();
	free(joined);
	return 0;
}
