/* SPDX-License-Identifier: Apache-2.0 */
/* core/time.c with a clock that advances when it is read. */
#include "tests/unit/test.h"

#include "core/arch.h"
#include "core/time.h"
#include "tests/host/host.h"

static u64 polls_until_passed(u32 milliseconds)
{
	struct deadline deadline = deadline_after(milliseconds);
	u64 polls = 1;

	while (!deadline_passed(&deadline))
		polls++;
	return polls;
}

TEST(a_short_wait_does_not_read_the_clock)
{
	struct deadline deadline = deadline_after(0);
	u64 looks = host_clock_looks, relaxes = host_relaxes;

	for (int i = 0; i < 900; i++)
		CHECK(!deadline_passed(&deadline));
	CHECK_EQUAL(host_clock_looks, looks);
	CHECK_EQUAL(host_relaxes, relaxes + 900);
}

TEST(a_deadline_passes_when_its_time_is_over_and_stays_passed)
{
	struct deadline deadline = deadline_after(10);
	u64 start = host_ticks;

	while (!deadline_passed(&deadline))
		;
	CHECK(host_ticks - start >= HOST_TICKS_PER_SECOND / 100);
	CHECK(host_ticks - start < HOST_TICKS_PER_SECOND / 90);
	CHECK(deadline_passed(&deadline));
	CHECK(deadline_passed(&deadline));
}

TEST(deadlines_grow_with_their_milliseconds)
{
	u64 none = polls_until_passed(0), ten = polls_until_passed(10),
	    second = polls_until_passed(1000);

	CHECK(none < ten);
	CHECK_EQUAL((second - none + 50) / (ten - none), 100);
}

TEST(the_longest_deadline_does_not_wrap)
{
	struct deadline deadline = deadline_after(UINT32_MAX);

	for (int i = 0; i < 5000; i++)
		CHECK(!deadline_passed(&deadline));
	host_ticks += 4294967295ull * (HOST_TICKS_PER_SECOND / 1000) * 2;
	CHECK(deadline_passed(&deadline));
}

TEST(the_clock_may_wrap)
{
	host_ticks = UINT64_MAX - 3 * HOST_TICKS_PER_LOOK;
	CHECK(polls_until_passed(5) > 1000);
	CHECK(host_ticks < HOST_TICKS_PER_SECOND);
}

TEST(delays_last_at_least_the_time_given)
{
	static const u32 delays[] = { 0, 1, 10, 999, 1000000 };

	host_ticks_per_look = 100;
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		u64 start = host_ticks, ticks = delays[i] * (u64)(HOST_TICKS_PER_SECOND / 1000000);
		u64 relaxes = host_relaxes;

		delay_us(delays[i]);
		CHECK_EQUAL(host_relaxes > relaxes, ticks > 0);
		CHECK(host_ticks - start >= ticks);
		CHECK(host_ticks - start <= ticks + ticks / 100 + 1000);
		CHECK_EQUAL(host_waits, 0);
	}
	host_ticks_per_look = HOST_TICKS_PER_LOOK;
}

TEST(sleep_yields_the_processor_and_is_accurate)
{
	static const u32 delays[] = { 0, 1, 100, 1000, 10000, 3000000 };

	host_ticks_per_look = 100;
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		u64 start = host_ticks, ticks = delays[i] * (u64)(HOST_TICKS_PER_SECOND / 1000000);
		u64 waits = host_waits, relaxes = host_relaxes;

		sleep_us(delays[i]);
		CHECK(host_ticks - start >= ticks);
		CHECK(host_ticks - start <= ticks + ticks / 100 + 1000);
		CHECK_EQUAL(host_waits > waits, delays[i] >= 1000);
		/* The last part of the wait polls the clock. */
		CHECK(host_relaxes - relaxes <= 200 * 10 + 2 * 1000);
	}
	host_ticks_per_look = HOST_TICKS_PER_LOOK;
}

TEST(rest_is_short)
{
	u64 start = host_ticks;

	time_rest(500);
	CHECK_EQUAL(host_ticks - start, HOST_TICKS_PER_SECOND / 2000);
	start = host_ticks;
	time_rest(UINT32_MAX);
	CHECK_EQUAL(host_ticks - start, HOST_TICKS_PER_SECOND / 100);
}
