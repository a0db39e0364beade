/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_SIMPLE_TEXT_INPUT_PROTOCOL and EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL (UEFI 2.11, 12.2 and 12.3):
 * from the bytes of a terminal to keys, their events, and the functions that are called for them.
 */
#include "core/console.h"
#include "efi/protocols/console.h"
#include "tests/host/memory_console.h"
#include "tests/unit/efi_services.h"

enum {
	QUEUE_SIZE = 64,
	NOTIFY_MAX = 64,
	SHIFT = EFI_SHIFT_STATE_VALID | EFI_LEFT_SHIFT_PRESSED,
	ALT = EFI_SHIFT_STATE_VALID | EFI_LEFT_ALT_PRESSED,
	CONTROL = EFI_SHIFT_STATE_VALID | EFI_LEFT_CONTROL_PRESSED,
};

static struct memory_console console;
static EFI_SIMPLE_TEXT_INPUT_PROTOCOL *const in = &efi_text_input;
static EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *const in_ex = &efi_text_input_ex;

/* Nothing is typed, and nothing is kept from before. */
static void fresh(void)
{
	static bool has_events;

	if (!has_events)
		CHECK_STATUS(efi_text_input_init(), EFI_SUCCESS);
	has_events = true;
	memory_console_init(&console, "");
	pass_ms(200); /* an incomplete key ends, and devices are looked at again */
	CHECK_STATUS(in->Reset(in, false), EFI_SUCCESS);
	pass_ms(10);
}

static void type(const char *text)
{
	fresh();
	console.input = text;
}

static EFI_STATUS read_key(EFI_INPUT_KEY *key)
{
	pass_ms(10);
	return in->ReadKeyStroke(in, key);
}

static EFI_STATUS read_key_ex(EFI_KEY_DATA *key)
{
	pass_ms(10);
	return in_ex->ReadKeyStrokeEx(in_ex, key);
}

TEST(keys_of_a_terminal)
{
	static const struct {
		const char *typed;
		u16 scan, unit;
		u32 state;
	} rows[] = {
		{ "a", SCAN_NULL, 'a', 0 },
		{ "Z", SCAN_NULL, 'Z', 0 },
		{ " ", SCAN_NULL, ' ', 0 },
		{ "\r", SCAN_NULL, '\r', 0 },
		{ "\n", SCAN_NULL, '\r', 0 },
		{ "\t", SCAN_NULL, '\t', 0 },
		{ "\b", SCAN_NULL, '\b', 0 },
		{ "\x7f", SCAN_NULL, '\b', 0 },
		{ "ä", SCAN_NULL, 0xe4, 0 },
		{ "€", SCAN_NULL, 0x20ac, 0 },
		{ "\x1b[A", SCAN_UP, 0, 0 },
		{ "\x1bOB", SCAN_DOWN, 0, 0 },
		{ "\x1b[C", SCAN_RIGHT, 0, 0 },
		{ "\x1b[D", SCAN_LEFT, 0, 0 },
		{ "\x1b[H", SCAN_HOME, 0, 0 },
		{ "\x1b[4~", SCAN_END, 0, 0 },
		{ "\x1b[2~", SCAN_INSERT, 0, 0 },
		{ "\x1b[3~", SCAN_DELETE, 0, 0 },
		{ "\x1b[5~", SCAN_PAGE_UP, 0, 0 },
		{ "\x1b[6~", SCAN_PAGE_DOWN, 0, 0 },
		{ "\x1bOP", SCAN_F1, 0, 0 },
		{ "\x1b[21~", SCAN_F10, 0, 0 },
		{ "\x1b[24~", SCAN_F12, 0, 0 },
		{ "\x1b[1;2A", SCAN_UP, 0, SHIFT },
		{ "\x1b[1;3B", SCAN_DOWN, 0, ALT },
		{ "\x1b[1;5C", SCAN_RIGHT, 0, CONTROL },
		{ "\x1b[3;8~", SCAN_DELETE, 0, SHIFT | ALT | CONTROL },
		{ "\x1b[Z", SCAN_NULL, '\t', SHIFT },
		{ "\x1bx", SCAN_NULL, 'x', ALT },
		{ "\x03", SCAN_NULL, 'c', CONTROL },
		{ "\x1a", SCAN_NULL, 'z', CONTROL },
		{ "\x1b\x03", SCAN_NULL, 'c', ALT | CONTROL },
		{ "\x1c", SCAN_NULL, 0x1c, CONTROL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EFI_KEY_DATA data = { 0 };
		EFI_INPUT_KEY key = { 9, 9 };
		u16 unit = rows[i].unit;

		type(rows[i].typed);
		CHECK_STATUS(read_key_ex(&data), EFI_SUCCESS);
		CHECK_OF(data.Key.ScanCode == rows[i].scan && data.Key.UnicodeChar == unit,
			 "row %zu: %#x %#x", i, data.Key.ScanCode, data.Key.UnicodeChar);
		CHECK_OF(data.KeyState.KeyShiftState == rows[i].state &&
				 data.KeyState.KeyToggleState == 0,
			 "row %zu: %#x", i, data.KeyState.KeyShiftState);
		CHECK_STATUS(read_key_ex(&data), EFI_NOT_READY);
		/* The same by the other protocol, which has control characters. */
		if (rows[i].state & EFI_LEFT_CONTROL_PRESSED && unit >= 'a' && unit <= 'z')
			unit = (u16)(unit - 'a' + 1);
		type(rows[i].typed);
		CHECK_STATUS(read_key(&key), EFI_SUCCESS);
		CHECK_OF(key.ScanCode == rows[i].scan && key.UnicodeChar == unit,
			 "row %zu: %#x %#x", i, key.ScanCode, key.UnicodeChar);
		CHECK_STATUS(read_key(&key), EFI_NOT_READY);
	}
}

TEST(escape_is_a_key_after_a_pause)
{
	EFI_INPUT_KEY key;

	type("\x1b");
	CHECK_STATUS(read_key(&key), EFI_NOT_READY);
	pass_ms(100);
	CHECK_STATUS(read_key(&key), EFI_SUCCESS);
	CHECK(key.ScanCode == SCAN_ESC && key.UnicodeChar == 0);
}

/* A key without a scan code and without a character would be none. */
TEST(a_character_beyond_char16_is_not_a_key)
{
	EFI_INPUT_KEY key;

	type("\xf0\x9f\x98\x80z");
	CHECK_STATUS(read_key(&key), EFI_SUCCESS);
	CHECK_EQUAL(key.UnicodeChar, 'z');
	CHECK_STATUS(read_key(&key), EFI_NOT_READY);
}

TEST(no_key_is_returned_without_input)
{
	EFI_KEY_DATA data = { { 1, 2 }, { 3, 4 } };
	EFI_INPUT_KEY key;

	fresh();
	CHECK_STATUS(read_key(&key), EFI_NOT_READY);
	CHECK_STATUS(read_key_ex(&data), EFI_NOT_READY);
	CHECK(data.Key.ScanCode == 0 && data.Key.UnicodeChar == 0 &&
	      data.KeyState.KeyShiftState == 0 && data.KeyState.KeyToggleState == 0);
	CHECK_STATUS(in->ReadKeyStroke(NULL, &key), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in->ReadKeyStroke(in, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in->Reset(NULL, true), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->ReadKeyStrokeEx(NULL, &data), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->ReadKeyStrokeEx(in_ex, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->Reset(NULL, true), EFI_INVALID_PARAMETER);
}

TEST(a_terminal_has_no_toggles)
{
	EFI_KEY_TOGGLE_STATE state = EFI_TOGGLE_STATE_VALID;

	CHECK_STATUS(in_ex->SetState(NULL, &state), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->SetState(in_ex, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->SetState(in_ex, &state), EFI_UNSUPPORTED);
}

TEST(more_keys_than_the_queue_holds_wait_in_the_device)
{
	char text[3 * QUEUE_SIZE + 1] = { 0 };
	EFI_INPUT_KEY key;

	memset(text, 'x', sizeof(text) - 1);
	text[2 * QUEUE_SIZE] = 'y';
	type(text);
	for (u32 i = 0; i < 3 * QUEUE_SIZE; i++) {
		CHECK_STATUS(read_key(&key), EFI_SUCCESS);
		CHECK_EQUAL(key.UnicodeChar, i == 2 * QUEUE_SIZE ? 'y' : 'x');
	}
	CHECK_STATUS(read_key(&key), EFI_NOT_READY);
}

TEST(devices_are_not_looked_at_each_time)
{
	EFI_INPUT_KEY key;
	u64 reads;

	fresh();
	CHECK_STATUS(read_key(&key), EFI_NOT_READY);
	reads = console.reads;
	for (u32 i = 0; i < 10; i++)
		CHECK_STATUS(in->ReadKeyStroke(in, &key), EFI_NOT_READY);
	CHECK_EQUAL(console.reads, reads);
}

TEST(a_reset_drops_what_was_typed)
{
	EFI_INPUT_KEY key;

	type("abc");
	CHECK_STATUS(read_key(&key), EFI_SUCCESS);
	CHECK_STATUS(in_ex->Reset(in_ex, true), EFI_SUCCESS);
	CHECK_STATUS(read_key(&key), EFI_NOT_READY);
	type("abc");
	pass_ms(10);
	CHECK_STATUS(in->Reset(in, true), EFI_SUCCESS);
	CHECK_STATUS(read_key(&key), EFI_NOT_READY);
}

TEST(events_tell_of_a_key_and_leave_it)
{
	EFI_EVENT events[] = { in->WaitForKey, in_ex->WaitForKeyEx };
	EFI_INPUT_KEY key;
	UINTN index = 9;

	fresh();
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		type("");
		CHECK_STATUS(efi_check_event(events[i]), EFI_NOT_READY);
		console.input = "q";
		pass_ms(10);
		CHECK_STATUS(efi_check_event(events[i]), EFI_SUCCESS);
		CHECK_STATUS(efi_wait_for_event(1, &events[i], &index), EFI_SUCCESS);
		CHECK_EQUAL(index, 0);
		CHECK_STATUS(read_key(&key), EFI_SUCCESS);
		CHECK_EQUAL(key.UnicodeChar, 'q');
		pass_ms(10);
		CHECK_STATUS(efi_check_event(events[i]), EFI_NOT_READY);
	}
}

/* Functions that are called for keys. From here on a timer looks for keys. */

static u32 calls, others_calls;
static EFI_KEY_DATA called_with;
static EFI_TPL called_at;

static EFI_STATUS EFIAPI notify(EFI_KEY_DATA *key)
{
	calls++;
	called_with = *key;
	called_at = efi_current_tpl();
	key->Key.UnicodeChar = 0; /* the function's own copy */
	return EFI_DEVICE_ERROR;
}

static EFI_STATUS EFIAPI notify_other(EFI_KEY_DATA *key)
{
	(void)key;
	others_calls++;
	return EFI_SUCCESS;
}

static void *registered(EFI_KEY_DATA key, EFI_KEY_NOTIFY_FUNCTION function)
{
	void *handle = NULL;

	CHECK_STATUS(in_ex->RegisterKeyNotify(in_ex, &key, function, &handle), EFI_SUCCESS);
	CHECK(handle != NULL);
	return handle;
}

static void unregister(void *handle)
{
	CHECK_STATUS(in_ex->UnregisterKeyNotify(in_ex, handle), EFI_SUCCESS);
}

/* Types and lets the timer run: nobody reads. Returns how often the function was called. */
static u32 calls_for(const char *text)
{
	type(text);
	calls = 0;
	pass_ms(20);
	efi_poll();
	return calls;
}

TEST(a_registration_without_memory)
{
	EFI_KEY_DATA key = { .Key.UnicodeChar = 'a' };
	void *handle = NULL;

	pool_left = 0;
	CHECK_STATUS(in_ex->RegisterKeyNotify(in_ex, &key, notify, &handle), EFI_OUT_OF_RESOURCES);
	pool_left = UINT64_MAX;
	CHECK(handle == NULL);
	CHECK_EQUAL(calls_for("a"), 0);
}

TEST(a_key_notification_is_called_even_if_nobody_reads)
{
	void *handle = registered((EFI_KEY_DATA){ .Key.UnicodeChar = 'a' }, notify);
	EFI_INPUT_KEY key;

	CHECK_EQUAL(calls_for("b"), 0);
	CHECK_EQUAL(calls_for("xaa"), 2);
	CHECK(called_with.Key.UnicodeChar == 'a' && called_with.Key.ScanCode == 0);
	CHECK_EQUAL(called_at, TPL_CALLBACK);
	/* The keys are still to be read, as they were typed. */
	for (const char *c = "xaa"; *c; c++) {
		CHECK_STATUS(read_key(&key), EFI_SUCCESS);
		CHECK_EQUAL(key.UnicodeChar, *c);
	}
	unregister(handle);
	CHECK_EQUAL(calls_for("a"), 0);
}

TEST(a_function_is_not_called_above_its_level)
{
	void *handle = registered((EFI_KEY_DATA){ .Key.UnicodeChar = 'a' }, notify);
	EFI_TPL old = efi_raise_tpl(TPL_CALLBACK + 1);
	EFI_INPUT_KEY key;

	CHECK_EQUAL(calls_for("a"), 0);
	/* Nor is the key read without the call. */
	CHECK_STATUS(read_key(&key), EFI_NOT_READY);
	CHECK_EQUAL(calls, 0);
	efi_restore_tpl(old);
	pass_ms(20);
	efi_poll();
	CHECK_EQUAL(calls, 1);
	CHECK_STATUS(read_key(&key), EFI_SUCCESS);
	unregister(handle);
}

TEST(a_registration_without_a_state_is_for_any)
{
	static const struct {
		const char *typed;
		bool is_any, is_shift, is_control, is_toggle;
	} rows[] = {
		{ "\x1b[A", true, false, false, false },
		{ "\x1b[1;2A", true, true, false, false },
		{ "\x1b[1;5A", true, false, true, false },
		{ "\x1b[1;6A", true, false, false, false },
		{ "\x1b[B", false, false, false, false },
	};
	const EFI_KEY_STATE states[] = {
		{ 0, 0 }, { SHIFT, 0 }, { CONTROL, 0 }, { 0, EFI_TOGGLE_STATE_VALID | 1 }
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const bool wanted[] = { rows[i].is_any, rows[i].is_shift, rows[i].is_control,
					rows[i].is_toggle };

		for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
			void *handle = registered((EFI_KEY_DATA){ .Key.ScanCode = SCAN_UP,
								  .KeyState = states[k] },
						  notify);

			CHECK_OF(calls_for(rows[i].typed) == wanted[k], "row %zu, state %zu", i, k);
			unregister(handle);
		}
	}
}

TEST(the_letter_of_a_control_key_is_registered)
{
	void *handle = registered((EFI_KEY_DATA){ { 0, 'c' }, { CONTROL, 0 } }, notify);

	CHECK_EQUAL(calls_for("c"), 0);
	CHECK_EQUAL(calls_for("\x03"), 1);
	unregister(handle);
}

TEST(registrations_are_apart)
{
	EFI_KEY_DATA key = { .Key.UnicodeChar = 'a' };
	void *handle = registered(key, notify), *other = registered(key, notify_other);
	void *again = registered(key, notify);

	CHECK(handle != other);
	CHECK(again == handle); /* 12.3.5: the same registration has one handle */
	others_calls = 0;
	CHECK_EQUAL(calls_for("a"), 1);
	CHECK_EQUAL(others_calls, 1);
	unregister(handle);
	CHECK_STATUS(in_ex->UnregisterKeyNotify(in_ex, handle), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(calls_for("a"), 0);
	CHECK_EQUAL(others_calls, 2);
	unregister(other);
}

TEST(what_cannot_be_registered)
{
	EFI_KEY_DATA key = { .Key.UnicodeChar = 'a' };
	void *handles[NOTIFY_MAX], *handle = NULL;

	CHECK_STATUS(in_ex->RegisterKeyNotify(NULL, &key, notify, &handle), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->RegisterKeyNotify(in_ex, NULL, notify, &handle), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->RegisterKeyNotify(in_ex, &key, NULL, &handle), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->RegisterKeyNotify(in_ex, &key, notify, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->UnregisterKeyNotify(NULL, &key), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->UnregisterKeyNotify(in_ex, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->UnregisterKeyNotify(in_ex, &key), EFI_INVALID_PARAMETER);
	CHECK_STATUS(in_ex->UnregisterKeyNotify(in_ex, (void *)~0ull), EFI_INVALID_PARAMETER);
	for (u32 i = 0; i < NOTIFY_MAX; i++)
		handles[i] =
			registered((EFI_KEY_DATA){ .Key.UnicodeChar = (CHAR16)(i + 1) }, notify);
	CHECK_STATUS(in_ex->RegisterKeyNotify(in_ex, &(EFI_KEY_DATA){ .Key.ScanCode = SCAN_UP },
					      notify, &handle),
		     EFI_OUT_OF_RESOURCES);
	for (u32 i = 0; i < NOTIFY_MAX; i++)
		unregister(handles[i]);
}

/* An image goes that has not unregistered its functions. */
TEST(functions_go_with_their_image)
{
	EFI_KEY_DATA key = { .Key.UnicodeChar = 'a' };
	void *handle = registered(key, notify), *other = registered(key, notify_other);

	efi_key_notifications_forget((uintptr_t)notify, 1);
	others_calls = 0;
	CHECK_EQUAL(calls_for("a"), 0);
	CHECK_EQUAL(others_calls, 1);
	CHECK_STATUS(in_ex->UnregisterKeyNotify(in_ex, handle), EFI_INVALID_PARAMETER);
	unregister(other);
}
