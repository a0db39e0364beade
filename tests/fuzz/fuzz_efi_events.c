/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of event, timer and TPL services against a model: which notifications run, in which
 * order, and each status.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/string.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

enum { EVENTS = 6, GROUPS = 2, RUNS_MAX = 256, STEPS_MAX = 2000 };

static struct {
	EFI_EVENT event; /* kept when it is closed */
	bool is_open;
	u32 type;
	EFI_TPL tpl;
	u32 group; /* GROUPS: none */
	u64 created;
	bool is_signaled;
	u64 queued; /* when queued; 0: not queued */
	bool is_armed;
	u64 due, period, armed;
} model[EVENTS];

static const EFI_GUID groups[GROUPS] = { GUID(1, 0, 0, 0), GUID(2, 0, 0, 0) };
static u32 runs[RUNS_MAX], expected_runs[RUNS_MAX];
static u32 run_count, expected_count;
static EFI_TPL tpl;
static u64 serial;
static struct reader input;

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

static void EFIAPI note(EFI_EVENT event, void *context)
{
	CHECK(run_count < RUNS_MAX);
	CHECK(event == model[(uintptr_t)context].event);
	runs[run_count++] = (u32)(uintptr_t)context;
	/* A service called in a notification must find a consistent state. */
	CHECK(efi_signal_event(NULL) == EFI_INVALID_PARAMETER);
}

/* The event with the lowest nonzero @key. */
#define FIRST(key, condition)                                                     \
	({                                                                        \
		u32 first = EVENTS;                                               \
		for (u32 e = 0; e < EVENTS; e++)                                  \
			if (model[e].is_open && (condition) &&                    \
			    (first == EVENTS || model[e].key < model[first].key)) \
				first = e;                                        \
		first;                                                            \
	})

static void model_dispatch(void)
{
	for (;;) {
		EFI_TPL highest = 0;
		u32 n;

		for (u32 e = 0; e < EVENTS; e++)
			if (model[e].is_open && model[e].queued && model[e].tpl > highest)
				highest = model[e].tpl;
		if (highest <= tpl)
			return;
		n = FIRST(queued, model[e].queued && model[e].tpl == highest);
		model[n].queued = 0;
		if (model[n].type & EVT_NOTIFY_SIGNAL)
			model[n].is_signaled = false;
		CHECK(expected_count < RUNS_MAX);
		expected_runs[expected_count++] = n;
	}
}

static void model_signal_one(u32 n)
{
	if (model[n].is_signaled)
		return;
	model[n].is_signaled = true;
	if (model[n].type & EVT_NOTIFY_SIGNAL && !model[n].queued)
		model[n].queued = ++serial;
}

static void model_signal_group(u32 group)
{
	u64 done = 0;

	for (;;) {
		u32 n = FIRST(created, model[e].group == group && model[e].created > done);

		if (n == EVENTS)
			return;
		done = model[n].created;
		model_signal_one(n);
	}
}

static void model_signal(u32 n)
{
	if (model[n].group < GROUPS)
		model_signal_group(model[n].group);
	else
		model_signal_one(n);
}

static void model_poll(void)
{
	u64 now = host_ticks;

	if (tpl == TPL_HIGH_LEVEL)
		return;
	for (;;) {
		u32 n = EVENTS;

		for (u32 e = 0; e < EVENTS; e++)
			if (model[e].is_open && model[e].is_armed && model[e].due <= now &&
			    (n == EVENTS || model[e].due < model[n].due ||
			     (model[e].due == model[n].due && model[e].armed < model[n].armed)))
				n = e;
		if (n == EVENTS)
			break;
		model[n].is_armed = model[n].period != 0;
		model[n].due += model[n].period;
		if (model[n].due <= now)
			model[n].due = now + model[n].period;
		model[n].armed = ++serial;
		model_signal(n);
	}
	model_dispatch();
}

static void create(void)
{
	static const u32 types[] = { 0,
				     EVT_TIMER,
				     EVT_NOTIFY_SIGNAL,
				     EVT_NOTIFY_WAIT,
				     EVT_TIMER | EVT_NOTIFY_SIGNAL,
				     EVT_TIMER | EVT_NOTIFY_WAIT,
				     EVT_NOTIFY_SIGNAL | EVT_NOTIFY_WAIT };
	u32 n = take(EVENTS), type = types[take(ARRAY_SIZE(types))], level = take(34);
	u32 group = take(GROUPS + 1), notify = type & (EVT_NOTIFY_SIGNAL | EVT_NOTIFY_WAIT);
	bool is_good = !notify || (level > TPL_APPLICATION && level <= TPL_HIGH_LEVEL &&
				   notify != (EVT_NOTIFY_SIGNAL | EVT_NOTIFY_WAIT));
	EFI_EVENT event = NULL;

	if (model[n].is_open)
		return;
	CHECK(efi_create_event_ex(type, level, note, (void *)(uintptr_t)n,
				  group < GROUPS ? &groups[group] : NULL,
				  &event) == (is_good ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	if (!is_good)
		return;
	memset(&model[n], 0, sizeof(model[n]));
	model[n].event = event;
	model[n].is_open = true;
	model[n].type = type;
	model[n].tpl = notify ? level : TPL_APPLICATION;
	model[n].group = group;
	model[n].created = ++serial;
}

/* The address must not be that of an open event. */
static EFI_EVENT event_of(u32 n)
{
	for (u32 i = 0; i < EVENTS; i++)
		if (!model[n].is_open && model[i].is_open && model[i].event == model[n].event)
			return NULL;
	return model[n].event;
}

static void close_one(void)
{
	u32 n = take(EVENTS);

	CHECK(efi_close_event(event_of(n)) ==
	      (model[n].is_open ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	model[n].is_open = false;
}

static void signal_one(void)
{
	u32 n = take(EVENTS);

	CHECK(efi_signal_event(event_of(n)) ==
	      (model[n].is_open ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	if (model[n].is_open)
		model_signal(n);
	if (model[n].is_open)
		model_dispatch();
}

static void signal_group(void)
{
	u32 group = take(GROUPS);

	efi_signal_group(&groups[group]);
	model_signal_group(group);
	model_dispatch();
}

static void check(void)
{
	u32 n = take(EVENTS);
	EFI_STATUS status = efi_check_event(event_of(n)), expected = EFI_NOT_READY;

	model_poll();
	if (!model[n].is_open || model[n].type & EVT_NOTIFY_SIGNAL) {
		CHECK(status == EFI_INVALID_PARAMETER);
		return;
	}
	if (!model[n].is_signaled && model[n].type & EVT_NOTIFY_WAIT) {
		if (!model[n].queued)
			model[n].queued = ++serial;
		model_dispatch();
	}
	if (model[n].is_signaled)
		expected = EFI_SUCCESS;
	model[n].is_signaled = false;
	CHECK(status == expected);
}

static void set_timer(void)
{
	u32 n = take(EVENTS), type = take(4);
	u64 units = (u64)take(32) * 100000; /* 10 ms each */
	bool is_good = model[n].is_open && model[n].type & EVT_TIMER && type <= TimerRelative;

	CHECK(efi_set_timer(event_of(n), (EFI_TIMER_DELAY)type, units) ==
	      (is_good ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
	if (!is_good)
		return;
	model[n].is_armed = type != TimerCancel;
	if (type == TimerPeriodic)
		model[n].period = units ? units * 100 : HOST_TICKS_PER_SECOND / 1000;
	else
		model[n].period = 0;
	model[n].due = host_ticks + (type == TimerPeriodic ? model[n].period : units * 100);
	model[n].armed = ++serial;
}

static void change_tpl(void)
{
	static const EFI_TPL levels[] = { TPL_APPLICATION, TPL_CALLBACK, TPL_NOTIFY, TPL_HIGH_LEVEL,
					  12 };
	EFI_TPL level = levels[take(ARRAY_SIZE(levels))];

	if (level > tpl) {
		CHECK(efi_raise_tpl(level) == tpl);
		tpl = level;
		return;
	}
	efi_restore_tpl(level);
	tpl = level;
	model_poll();
	model_dispatch();
}

static void pass_time(void)
{
	host_ticks += (u64)take(100) * 7 * 1000 * 1000;
	efi_poll();
	/* Events that were held up by a higher level are handled when time passes. */
	model_poll();
}

static void compare(void)
{
	CHECK(run_count == expected_count);
	CHECK(!memcmp(runs, expected_runs, run_count * sizeof(*runs)));
	CHECK(efi_current_tpl() == tpl);
	run_count = expected_count = 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const steps[])(void) = {
		create, create, close_one, signal_one, signal_one, signal_group,
		check,  check,  set_timer, set_timer,  change_tpl, pass_time,
	};

	tpl = TPL_APPLICATION;
	host_ticks_per_look = 0;
	input = (struct reader){ .rest = span_of(data, size) };
	for (u32 i = 0; i < STEPS_MAX; i++) {
		u32 step = take(ARRAY_SIZE(steps));

		if (input.overrun)
			break;
		steps[step]();
		compare();
	}
	for (u32 n = 0; n < EVENTS; n++)
		if (model[n].is_open)
			CHECK(!efi_close_event(model[n].event));
	efi_restore_tpl(TPL_APPLICATION);
	CHECK(run_count == 0);
	CHECK(pool_pieces == 0);
	memset(model, 0, sizeof(model));
	return 0;
}
