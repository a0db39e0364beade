/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services: events, groups, notifications by level (UEFI 2.11, 7.1). */
#include "efi/services/events.h"
#include "tests/unit/efi_services.h"

static char log_text[256]; /* one character for each notification that ran */
static EFI_TPL log_tpl;    /* of the last one */

static void log_clear(void)
{
	log_text[0] = 0;
}

static void EFIAPI note(EFI_EVENT event, void *context)
{
	size_t length = strlen(log_text);

	CHECK(event);
	CHECK(length + 1 < sizeof(log_text));
	log_text[length] = *(const char *)context;
	log_text[length + 1] = 0;
	log_tpl = efi_current_tpl();
}

static EFI_EVENT event_of(u32 type, EFI_TPL tpl, const char *name)
{
	EFI_EVENT event = NULL;

	CHECK_STATUS(efi_create_event(type, tpl, note, (void *)name, &event), EFI_SUCCESS);
	return event;
}

TEST(types_and_levels_of_create_event)
{
	static const struct {
		u32 type;
		EFI_TPL tpl;
		bool has_notify;
		EFI_STATUS status;
	} cases[] = {
		{ 0, 0, false, EFI_SUCCESS },
		{ EVT_TIMER, 0, false, EFI_SUCCESS },
		{ EVT_TIMER, 99, true, EFI_SUCCESS },
		{ EVT_RUNTIME, 0, false, EFI_SUCCESS },
		{ EVT_NOTIFY_SIGNAL, TPL_CALLBACK, true, EFI_SUCCESS },
		{ EVT_NOTIFY_SIGNAL, TPL_NOTIFY, true, EFI_SUCCESS },
		{ EVT_NOTIFY_SIGNAL, TPL_HIGH_LEVEL, true, EFI_SUCCESS },
		{ EVT_NOTIFY_WAIT, TPL_CALLBACK, true, EFI_SUCCESS },
		{ EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, true, EFI_SUCCESS },
		{ EVT_TIMER | EVT_NOTIFY_WAIT, TPL_CALLBACK, true, EFI_SUCCESS },
		{ EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, true, EFI_SUCCESS },
		{ EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, true, EFI_SUCCESS },
		{ EVT_NOTIFY_SIGNAL, TPL_APPLICATION, true, EFI_INVALID_PARAMETER },
		{ EVT_NOTIFY_SIGNAL, 0, true, EFI_INVALID_PARAMETER },
		{ EVT_NOTIFY_SIGNAL, TPL_HIGH_LEVEL + 1, true, EFI_INVALID_PARAMETER },
		{ EVT_NOTIFY_SIGNAL, TPL_CALLBACK, false, EFI_INVALID_PARAMETER },
		{ EVT_NOTIFY_WAIT, TPL_CALLBACK, false, EFI_INVALID_PARAMETER },
		{ EVT_NOTIFY_WAIT | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, true, EFI_INVALID_PARAMETER },
		{ EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, false, EFI_INVALID_PARAMETER },
		{ 0x203, TPL_NOTIFY, true, EFI_INVALID_PARAMETER },
		{ 1, 0, false, EFI_INVALID_PARAMETER },
		{ 0x20000000, 0, false, EFI_INVALID_PARAMETER },
		{ UINT32_MAX, TPL_NOTIFY, true, EFI_INVALID_PARAMETER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		EFI_EVENT_NOTIFY notify = cases[i].has_notify ? note : NULL;
		EFI_EVENT event = NULL;
		EFI_STATUS status =
			efi_create_event(cases[i].type, cases[i].tpl, notify, NULL, &event);

		CHECK_OF(status == cases[i].status, "case %zu", i);
		CHECK_OF(!status == (event != NULL), "case %zu", i);
		if (event)
			CHECK_STATUS(efi_close_event(event), EFI_SUCCESS);
	}
	CHECK_STATUS(efi_create_event(0, 0, NULL, NULL, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(pool_pieces, 0);
}

TEST(types_with_an_implied_group_accept_no_other)
{
	EFI_EVENT event;

	CHECK_STATUS(efi_create_event_ex(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, note, NULL,
					 &guid_event_group_ready_to_boot, &event),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_create_event_ex(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, note, NULL,
					 &guid_event_group_virtual_address_change, &event),
		     EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_create_event_ex(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, note, "e", NULL,
					 &event),
		     EFI_SUCCESS);
	log_clear();
	efi_signal_group(&guid_event_group_exit_boot_services);
	CHECK_TEXT(log_text, "e");
	efi_close_event(event);
}

TEST(invalid_events_are_refused)
{
	EFI_EVENT event = event_of(EVT_TIMER, 0, "x"), kept = event;
	EFI_EVENT bad[] = { NULL, (void *)1, &event, (char *)event + 8 };
	UINTN index = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_STATUS(efi_signal_event(bad[i]), EFI_INVALID_PARAMETER);
		CHECK_STATUS(efi_check_event(bad[i]), EFI_INVALID_PARAMETER);
		CHECK_STATUS(efi_close_event(bad[i]), EFI_INVALID_PARAMETER);
		CHECK_STATUS(efi_set_timer(bad[i], TimerRelative, 0), EFI_INVALID_PARAMETER);
		CHECK_STATUS(efi_wait_for_event(1, &bad[i], &index), EFI_INVALID_PARAMETER);
		CHECK_EQUAL(index, 0);
	}
	CHECK_STATUS(efi_close_event(event), EFI_SUCCESS);
	CHECK_STATUS(efi_signal_event(kept), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_close_event(kept), EFI_INVALID_PARAMETER);
}

TEST(a_plain_event_is_signaled_once)
{
	EFI_EVENT event = event_of(0, 0, "x");

	CHECK_STATUS(efi_check_event(event), EFI_NOT_READY);
	CHECK_STATUS(efi_signal_event(event), EFI_SUCCESS);
	CHECK_STATUS(efi_signal_event(event), EFI_SUCCESS);
	CHECK_STATUS(efi_check_event(event), EFI_SUCCESS);
	CHECK_STATUS(efi_check_event(event), EFI_NOT_READY);
	efi_close_event(event);
}

TEST(notifications_run_at_once_or_when_the_level_falls)
{
	EFI_EVENT callback = event_of(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "c");
	EFI_EVENT high = event_of(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, "n");
	EFI_EVENT second = event_of(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "d");

	log_clear();
	efi_signal_event(callback);
	CHECK_TEXT(log_text, "c");
	CHECK_EQUAL(log_tpl, TPL_CALLBACK);
	CHECK_STATUS(efi_check_event(callback), EFI_INVALID_PARAMETER);

	log_clear();
	CHECK_EQUAL(efi_raise_tpl(TPL_NOTIFY), TPL_APPLICATION);
	efi_signal_event(callback);
	efi_signal_event(second);
	efi_signal_event(high);
	efi_signal_event(callback);
	CHECK_TEXT(log_text, "");
	CHECK_EQUAL(efi_raise_tpl(TPL_HIGH_LEVEL), TPL_NOTIFY);
	efi_restore_tpl(TPL_NOTIFY);
	CHECK_TEXT(log_text, "");
	efi_restore_tpl(TPL_CALLBACK);
	CHECK_TEXT(log_text, "n");
	CHECK_EQUAL(log_tpl, TPL_NOTIFY);
	efi_restore_tpl(TPL_APPLICATION);
	CHECK_TEXT(log_text, "ncd");
	CHECK_EQUAL(efi_current_tpl(), TPL_APPLICATION);
	efi_close_event(callback);
	efi_close_event(high);
	efi_close_event(second);
}

TEST(levels_out_of_range)
{
	CHECK_EQUAL(efi_raise_tpl(TPL_HIGH_LEVEL + 100), TPL_APPLICATION);
	CHECK_EQUAL(efi_current_tpl(), TPL_HIGH_LEVEL);
	CHECK_EQUAL(efi_raise_tpl(TPL_CALLBACK), TPL_HIGH_LEVEL);
	CHECK_EQUAL(efi_current_tpl(), TPL_HIGH_LEVEL);
	efi_restore_tpl(0);
	CHECK_EQUAL(efi_current_tpl(), TPL_APPLICATION);
	efi_restore_tpl(TPL_NOTIFY);
	CHECK_EQUAL(efi_current_tpl(), TPL_APPLICATION);
}

TEST(an_event_closed_before_its_notification_is_not_notified)
{
	EFI_EVENT event = event_of(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "c");
	EFI_TPL old = efi_raise_tpl(TPL_CALLBACK);

	log_clear();
	efi_signal_event(event);
	efi_close_event(event);
	efi_restore_tpl(old);
	CHECK_TEXT(log_text, "");
	CHECK_EQUAL(pool_pieces, 0);
}

static void EFIAPI close_self(EFI_EVENT event, void *context)
{
	CHECK_STATUS(efi_close_event(event), EFI_SUCCESS);
	*(u32 *)context += 1;
}

TEST(an_event_may_close_itself)
{
	EFI_EVENT event;
	u32 calls = 0;

	efi_create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, close_self, &calls, &event);
	CHECK_STATUS(efi_signal_event(event), EFI_SUCCESS);
	CHECK_EQUAL(calls, 1);
	CHECK_STATUS(efi_signal_event(event), EFI_INVALID_PARAMETER);

	efi_create_event(EVT_NOTIFY_WAIT, TPL_CALLBACK, close_self, &calls, &event);
	CHECK_STATUS(efi_check_event(event), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(calls, 2);
	CHECK_EQUAL(pool_pieces, 0);
}

static void EFIAPI signal_self(EFI_EVENT event, void *context)
{
	*(u32 *)context += 1;
	efi_signal_event(event);
}

TEST(an_event_that_signals_itself_does_not_hang)
{
	EFI_EVENT event;
	u32 calls = 0;

	efi_create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, signal_self, &calls, &event);
	efi_signal_event(event);
	CHECK(calls > 1 && calls < 100000);
	efi_close_event(event);
}

static u32 keys;

static void EFIAPI poll_key(EFI_EVENT event, void *context)
{
	(void)context;
	CHECK_EQUAL(efi_current_tpl(), TPL_NOTIFY);
	if (keys)
		efi_signal_event(event);
}

TEST(checking_an_event_calls_its_wait_function)
{
	EFI_EVENT event;
	EFI_TPL old;

	efi_create_event(EVT_NOTIFY_WAIT, TPL_NOTIFY, poll_key, NULL, &event);
	keys = 0;
	CHECK_STATUS(efi_check_event(event), EFI_NOT_READY);
	keys = 1;
	old = efi_raise_tpl(TPL_NOTIFY);
	CHECK_STATUS(efi_check_event(event), EFI_NOT_READY);
	efi_restore_tpl(old);
	CHECK_STATUS(efi_check_event(event), EFI_SUCCESS);
	keys = 0;
	CHECK_STATUS(efi_check_event(event), EFI_NOT_READY);
	efi_close_event(event);
}

TEST(wait_for_event_returns_the_first_that_is_ready)
{
	EFI_EVENT events[] = { event_of(0, 0, "a"), event_of(EVT_TIMER, 0, "b"), NULL };
	EFI_EVENT notified = event_of(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "c");
	UINTN index = 99;
	EFI_TPL old;

	CHECK_STATUS(efi_wait_for_event(0, events, &index), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_wait_for_event(2, NULL, &index), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_wait_for_event(2, events, NULL), EFI_INVALID_PARAMETER);
	old = efi_raise_tpl(TPL_CALLBACK);
	CHECK_STATUS(efi_wait_for_event(2, events, &index), EFI_UNSUPPORTED);
	efi_restore_tpl(old);
	CHECK_EQUAL(index, 99);

	efi_set_timer(events[1], TimerRelative, MS(50));
	CHECK_STATUS(efi_wait_for_event(2, events, &index), EFI_SUCCESS);
	CHECK_EQUAL(index, 1);
	efi_signal_event(events[0]);
	CHECK_STATUS(efi_wait_for_event(2, events, &index), EFI_SUCCESS);
	CHECK_EQUAL(index, 0);
	events[2] = notified;
	CHECK_STATUS(efi_wait_for_event(3, events, &index), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(index, 2);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		efi_close_event(events[i]);
}

TEST(a_group_is_signaled_as_one)
{
	EFI_EVENT events[3], outside = event_of(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "x");
	const EFI_GUID group = GUID(1, 2, 3, 4);

	log_clear();
	efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "1", &group, &events[0]);
	efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note, "2", &group, &events[1]);
	efi_create_event_ex(0, 0, NULL, NULL, &group, &events[2]);
	efi_signal_event(events[0]);
	CHECK_TEXT(log_text, "21");
	CHECK_STATUS(efi_check_event(events[2]), EFI_SUCCESS);
	efi_close_event(events[0]);
	log_clear();
	efi_signal_group(&group);
	CHECK_TEXT(log_text, "2");
	CHECK_STATUS(efi_check_event(events[2]), EFI_SUCCESS);
	efi_signal_group(&guid_event_group_ready_to_boot);
	CHECK_TEXT(log_text, "2");
	efi_close_event(events[1]);
	efi_close_event(events[2]);
	efi_close_event(outside);
	efi_signal_group(&group);
	CHECK_TEXT(log_text, "2");
	CHECK_EQUAL(pool_pieces, 0);
}

/* Each of three is the first to go. */
TEST(events_leave_a_group_in_any_order)
{
	static const char *const names[] = { "1", "2", "3" };
	static const char *const left[] = { "234", "134", "124", "123" };
	const EFI_GUID group = GUID(1, 2, 3, 4);

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		EFI_EVENT events[4];

		for (size_t k = 0; k < 3; k++)
			efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, (void *)names[k],
					    &group, &events[k]);
		if (i < 3)
			efi_close_event(events[i]);
		/* One more comes after the last that is there. */
		efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "4", &group, &events[3]);
		if (i == 3)
			efi_close_event(events[3]);
		log_clear();
		efi_signal_group(&group);
		CHECK_TEXT(log_text, left[i]);
		for (size_t k = 0; k < 4; k++)
			if (k != i)
				efi_close_event(events[k]);
	}
	CHECK_EQUAL(pool_pieces, 0);
}

TEST(many_events_are_told_apart)
{
	static EFI_EVENT events[500];

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		events[i] = event_of(0, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(events); i += 3)
		CHECK_STATUS(efi_close_event(events[i]), EFI_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		CHECK_STATUS(efi_signal_event(events[i]),
			     i % 3 ? EFI_SUCCESS : EFI_INVALID_PARAMETER);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		CHECK_STATUS(efi_close_event(events[i]),
			     i % 3 ? EFI_SUCCESS : EFI_INVALID_PARAMETER);
	CHECK_EQUAL(pool_pieces, 0);
}

static void EFIAPI replace(EFI_EVENT event, void *context)
{
	EFI_EVENT *other = context;

	pool_keeps = true;
	efi_close_event(event);
	efi_create_event(0, 0, NULL, NULL, other);
	efi_signal_event(*other);
}

/* A notification closes its event, and creates another one where that was. */
TEST(an_event_in_the_place_of_another_is_not_that)
{
	EFI_EVENT event, other = NULL;

	efi_create_event(EVT_NOTIFY_WAIT, TPL_CALLBACK, replace, &other, &event);
	CHECK_STATUS(efi_check_event(event), EFI_INVALID_PARAMETER);
	CHECK(other == event);
	CHECK_STATUS(efi_check_event(other), EFI_SUCCESS);
	efi_close_event(other);
	CHECK_EQUAL(pool_pieces, 0);
}

TEST(notifications_of_a_group)
{
	const EFI_GUID *group = &guid_event_group_virtual_address_change;
	EFI_EVENT first = event_of(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, "1");
	EFI_EVENT second = event_of(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, "2");
	EFI_EVENT other = event_of(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, "3");
	struct efi_notification list[2] = { 0 };

	CHECK_EQUAL(efi_group_notifications(group, list, 1), 2);
	CHECK(list[0].event == first);
	CHECK(list[0].notify == note);
	CHECK_TEXT(list[0].context, "1");
	CHECK(!list[1].event);
	CHECK_EQUAL(efi_group_notifications(group, list, 2), 2);
	CHECK(list[1].event == second);
	efi_close_event(first);
	efi_close_event(second);
	efi_close_event(other);
	CHECK_EQUAL(efi_group_notifications(group, list, 2), 0);
}

TEST(no_memory_for_an_event)
{
	EFI_EVENT event;

	pool_left = 0;
	CHECK_STATUS(efi_create_event(0, 0, NULL, NULL, &event), EFI_OUT_OF_RESOURCES);
	pool_left = UINT64_MAX;
}

/* Memory that ends where a notification function begins, as of two images side by side. */
TEST(events_of_a_range_of_memory)
{
	const u64 function = (uintptr_t)note;
	EFI_EVENT event = event_of(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "x");
	EFI_EVENT plain = NULL;

	CHECK_STATUS(efi_create_event(0, 0, NULL, NULL, &plain), EFI_SUCCESS);
	CHECK(efi_event_within(function, 1) == event);
	CHECK(efi_event_within(function - 64, 65) == event);
	CHECK(!efi_event_within(function - 64, 64));
	CHECK(!efi_event_within(function + 1, 64));
	CHECK(!efi_event_within(function, 0));
	CHECK(!efi_event_within(0, 64)); /* a plain event has no function */
	efi_close_event(event);
	efi_close_event(plain);
	CHECK(!efi_event_within(0, UINT64_MAX));
}
