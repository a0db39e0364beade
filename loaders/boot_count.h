/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot counting (UAPI.1, section "Boot counting"): a file called NAME+LEFT-DONE.conf has LEFT tries
 * left, after DONE failed ones. The boot loader decrements LEFT and increments DONE by renaming the
 * file; a system that has booted successfully removes the counters.
 */
#pragma once

#include "core/volume.h"

/*
 * The new name of @name for the next try. False, with an empty @next: it has no counters, or no
 * tries left. @name may have any suffix, or none.
 */
bool boot_count_next_name(struct span name, char next[FILE_NAME_SIZE]);

/*
 * Counts the try that is about to start: renames the file @name in the path @directory if it has
 * counters. Errors are logged and must not stop the boot. @next is the file's new name, or empty if
 * it keeps its name; @out is the file.
 */
void boot_count(struct volume *volume, struct span directory, struct span name,
		char next[FILE_NAME_SIZE], struct file *out);
