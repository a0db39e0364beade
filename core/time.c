/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines, delays, and the timing of a boot. */
#include "core/time.h"

#include "core/arch.h"
#include "core/console.h"
#include "lib/config.h"
#include "lib/format.h"

enum { POLLS_WITHOUT_CLOCK = 1000 };

struct deadline deadline_after(u32 milliseconds)
{
	return (struct deadline){ .milliseconds = milliseconds };
}

struct deadline deadline_started(u32 milliseconds)
{
	return (struct deadline){
		.milliseconds = milliseconds,
		.start = arch_ticks(),
		.polls = POLLS_WITHOUT_CLOCK,
	};
}

u64 deadline_waited_ms(const struct deadline *deadline)
{
	if (deadline->polls < POLLS_WITHOUT_CLOCK)
		return 0;
	return (arch_ticks() - deadline->start) / (arch_ticks_per_second() / 1000 + 1);
}

static u64 ticks_of(u64 count, u32 per_second)
{
	/* Rounded up. Below 2^64 for a day in microseconds at any clock rate of this century. */
	return count * (arch_ticks_per_second() / per_second + 1);
}

bool deadline_passed(struct deadline *deadline)
{
	arch_relax();
	if (deadline->polls < POLLS_WITHOUT_CLOCK) {
		if (++deadline->polls == POLLS_WITHOUT_CLOCK)
			deadline->start = arch_ticks();
		return false;
	}
	return arch_ticks() - deadline->start >= ticks_of(deadline->milliseconds, 1000);
}

void delay_us(u32 microseconds)
{
	u64 start = arch_ticks();
	u64 ticks = ticks_of(microseconds, 1000000);

	while (arch_ticks() - start < ticks)
		arch_relax();
}

static struct {
	const char *name;
	u64 ticks; /* without those that printing took */
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
