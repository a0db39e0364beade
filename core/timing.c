/* SPDX-License-Identifier: Apache-2.0 */
/* The milestones of a boot. */
#include "core/timing.h"

#include "core/arch.h"
#include "core/console.h"
#include "lib/config.h"
#include "lib/format.h"

static struct {
	const char *name;
	u64 ticks; /* excluding the time that printing took */
	bool is_printed;
} marks[TIMING_MARKS_MAX];
static u32 mark_count;
static u64 printing_ticks;
static bool print_wanted;

void timing_mark(const char *name)
{
	if (!IS_ENABLED(CONFIG_BOOT_TIMING))
		return;
	for (u32 i = 0; i < mark_count; i++)
		if (marks[i].name == name)
			mark_count = i;
	if (mark_count == TIMING_MARKS_MAX)
		return;
	marks[mark_count].name = name;
	marks[mark_count].ticks = arch_ticks() - printing_ticks;
	marks[mark_count++].is_printed = false;
}

void timing_enable(void)
{
	print_wanted = true;
}

void timing_print(void)
{
	u64 start, ticks_per_us;

	if (!IS_ENABLED(CONFIG_BOOT_TIMING) || !print_wanted)
		return;
	start = arch_ticks();
	ticks_per_us = arch_ticks_per_second() / 1000000;
	for (u32 i = 0; i < mark_count; i++) {
		u64 since_entry = marks[i].ticks - marks[0].ticks;
		u64 since_last = marks[i].ticks - marks[i ? i - 1 : 0].ticks;
		char line[80];
		size_t size;

		if (marks[i].is_printed)
			continue;
		marks[i].is_printed = true;
		size = format(line, sizeof(line), "timing: %8lu us  +%8lu us  %.40s\n",
			      since_entry / ticks_per_us, since_last / ticks_per_us, marks[i].name);
		console_write(line, size);
	}
	printing_ticks += arch_ticks() - start;
}
