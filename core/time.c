/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines, delays and idle waits. */
#include "core/time.h"

#include "core/arch.h"
#include "lib/config.h"
#include "lib/util.h"

enum {
	POLLS_WITHOUT_CLOCK = 1000,
	REST_MAX_US = 10 * 1000, /* not noticeable for a person at a keyboard */
	WAKE_UP_US = 200,   /* until the processor runs again; for the rest, the clock is polled */
	WAKE_UP_EARLY = 32, /* as a fraction: the possible error of the timer */
};

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

bool deadline_passed(struct deadline *deadline)
{
	arch_relax();
	if (deadline->polls < POLLS_WITHOUT_CLOCK) {
		if (++deadline->polls == POLLS_WITHOUT_CLOCK)
			deadline->start = arch_ticks();
		return false;
	}
	/* Up to 0.1 % too long, which does not matter for a deadline. */
	return arch_ticks() - deadline->start >=
	       deadline->milliseconds * (arch_ticks_per_second() / 1000 + 1);
}

enum { US_PER_SECOND = 1000 * 1000 };

/*
 * Rounded up. Whole seconds are calculated separately, so that nothing wraps at any realistic clock
 * rate.
 */
static u64 ticks_of(u32 microseconds)
{
	u64 rate = arch_ticks_per_second();

	return microseconds / US_PER_SECOND * rate +
	       (microseconds % US_PER_SECOND * rate + US_PER_SECOND - 1) / US_PER_SECOND;
}

void delay_us(u32 microseconds)
{
	u64 start = arch_ticks();
	u64 ticks = ticks_of(microseconds);

	while (arch_ticks() - start < ticks)
		arch_relax();
}

void time_rest(u32 microseconds)
{
	u64 ticks = ticks_of((u32)min_u64(microseconds, REST_MAX_US));

	if (IS_ENABLED(CONFIG_NEED_CLOCK))
		arch_wait(ticks);
	else
		arch_relax();
}

void sleep_us(u32 microseconds)
{
	u64 start = arch_ticks();
	u64 ticks = ticks_of(microseconds);
	u64 wake_up = ticks_of(WAKE_UP_US);
	u64 passed;

	while ((passed = arch_ticks() - start) < ticks) {
		u64 left = ticks - passed;

		if (IS_ENABLED(CONFIG_NEED_CLOCK) && left > 2 * wake_up)
			arch_wait(left - wake_up - left / WAKE_UP_EARLY);
		else
			arch_relax();
	}
}
