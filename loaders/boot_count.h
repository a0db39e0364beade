/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot counting (UAPI.1, section "Boot counting"): a file called NAME+LEFT-DONE.conf has LEFT tries
 * left, after DONE that have failed. The boot loader takes one from LEFT and adds one to DONE, by
 * renaming the file; the system that has come up removes the counters.
 */
#pragma once

#include "core/volume.h"

/*
 * The name that @name has for the next try. False, and @next empty: it has no counters, or no tries
 * left. @name may end in any suffix, or none.
 */
bool boot_count_next_name(struct span name, char next[FILE_NAME_SIZE]);

/*
 * Counts the try that is about to start: renames the file @name in @directory, a path, if it is
 * counted. Errors are logged; they must not stop the boot. @next is the file's new name, and @out
 * the file; @next is empty if it keeps its name.
 */
void boot_count(struct volume *volume, struct span directory, struct span name,
		char next[FILE_NAME_SIZE], struct file *out);
