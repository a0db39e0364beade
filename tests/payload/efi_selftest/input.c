/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 12.2 and 12.3: keys. The other end of the line types them when it receives
 * SELFTEST-KEYS.
 */
#include "selftest.h"

enum { WAIT_SECONDS = 60 };

static const struct {
	const char *name;
	u16 scan, unit;
} keys[] = {
	{ "a", SCAN_NULL, 'a' },       { "Z", SCAN_NULL, 'Z' },    { "up", SCAN_UP, 0 },
	{ "down", SCAN_DOWN, 0 },      { "right", SCAN_RIGHT, 0 }, { "left", SCAN_LEFT, 0 },
	{ "return", SCAN_NULL, '\r' }, { "tab", SCAN_NULL, '\t' }, { "backspace", SCAN_NULL, '\b' },
	{ "home", SCAN_HOME, 0 },      { "end", SCAN_NULL, '.' },
};

static EFI_SIMPLE_TEXT_INPUT_PROTOCOL *in;
static EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *in_ex;
static unsigned notified;
static EFI_TPL notified_at;

static EFI_STATUS EFIAPI notify(EFI_KEY_DATA *key)
{
	notified_at = boot->RaiseTPL(TPL_HIGH_LEVEL);
	boot->RestoreTPL(notified_at);
	notified += key->Key.UnicodeChar == 'a';
	return EFI_SUCCESS;
}

/* Waits for a key, with a deadline. */
static bool wait_for(EFI_EVENT key)
{
	EFI_EVENT events[2] = { key, NULL };
	UINTN index = 1;

	boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[1]);
	boot->SetTimer(events[1], TimerRelative, WAIT_SECONDS * 10000000ull);
	boot->WaitForEvent(2, events, &index);
	boot->CloseEvent(events[1]);
	return index == 0;
}

static void test_typed(void)
{
	EFI_INPUT_KEY key = { 0 };
	EFI_KEY_DATA data = { 0 };
	bool same[ARRAY_SIZE(keys)] = { false };

	print("SELFTEST-KEYS\n");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!wait_for(in->WaitForKey))
			break;
		if (i & 1 && in_ex) {
			if (in_ex->ReadKeyStrokeEx(in_ex, &data))
				break;
			key = data.Key;
		} else if (in->ReadKeyStroke(in, &key)) {
			break;
		}
		print("# read %u\n", (u64)i);
		same[i] = key.ScanCode == keys[i].scan && key.UnicodeChar == keys[i].unit;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		print("# %s\n", keys[i].name);
		ok("the key", same[i]);
	}
}

static void test_extended(void)
{
	EFI_KEY_DATA data = { .Key = { 1, 2 } }, a = { .Key = { SCAN_NULL, 'a' } };
	EFI_KEY_TOGGLE_STATE toggle = EFI_TOGGLE_STATE_VALID | EFI_KEY_STATE_EXPOSED;
	void *registration = NULL;

	is("no key", in_ex->ReadKeyStrokeEx(in_ex, &data), EFI_NOT_READY);
	ok("the key is empty", !data.Key.ScanCode && !data.Key.UnicodeChar);
	is("a key for nobody", in_ex->ReadKeyStrokeEx(in_ex, NULL), EFI_INVALID_PARAMETER);
	is("its event", boot->CheckEvent(in_ex->WaitForKeyEx), EFI_NOT_READY);
	is_either("set the toggles", in_ex->SetState(in_ex, &toggle), EFI_SUCCESS, EFI_UNSUPPORTED);
	is("set no toggles", in_ex->SetState(in_ex, NULL), EFI_INVALID_PARAMETER);
	is("notify of no key", in_ex->RegisterKeyNotify(in_ex, NULL, notify, &registration),
	   EFI_INVALID_PARAMETER);
	is("notify nobody", in_ex->RegisterKeyNotify(in_ex, &a, NULL, &registration),
	   EFI_INVALID_PARAMETER);
	is("notify without a handle", in_ex->RegisterKeyNotify(in_ex, &a, notify, NULL),
	   EFI_INVALID_PARAMETER);
	is("unregister nothing", in_ex->UnregisterKeyNotify(in_ex, NULL), EFI_INVALID_PARAMETER);
	is("notify of a key", in_ex->RegisterKeyNotify(in_ex, &a, notify, &registration),
	   EFI_SUCCESS);
	test_typed();
	equals("its function was called", notified, 1);
	equals("at this level", notified_at, TPL_CALLBACK);
	is("unregister it", in_ex->UnregisterKeyNotify(in_ex, registration), EFI_SUCCESS);
	is("unregister it again", in_ex->UnregisterKeyNotify(in_ex, registration),
	   EFI_INVALID_PARAMETER);
}

void test_text_input(void)
{
	EFI_INPUT_KEY key;

	in = system_table->ConIn;
	if (!ok("there is ConIn", in != NULL))
		return;
	ok("its handle has it", protocol_on(system_table->ConsoleInHandle,
					    (EFI_GUID)EFI_SIMPLE_TEXT_INPUT_PROTOCOL_GUID) == in);
	is("reset", in->Reset(in, false), EFI_SUCCESS);
	is("no key", in->ReadKeyStroke(in, &key), EFI_NOT_READY);
	is("its event", boot->CheckEvent(in->WaitForKey), EFI_NOT_READY);
	in_ex = protocol_on(system_table->ConsoleInHandle,
			    (EFI_GUID)EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID);
	if (ok("there is TextInEx", in_ex != NULL))
		test_extended();
	else
		test_typed();
}
