/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_SIMPLE_TEXT_INPUT_PROTOCOL and EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL (UEFI 2.11, 12.2 and 12.3)
 * on core/keys.h. Both take keys from one queue. Loaders ask for keys in tight loops, and each look
 * at a device is a VM exit, so devices are looked at LOOKS_PER_SECOND times a second at most.
 */
#include "core/arch.h"
#include "core/keys.h"
#include "efi/protocols/console.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum {
	LOOKS_PER_SECOND = 200,
	QUEUE_SIZE = 64, /* keys; more are lost, as on real keyboards */
	NOTIFY_MAX = 64,
	NOTIFY_PERIOD = 10 * 10000, /* 10 ms, in units of 100 ns */
};

struct registration {
	bool is_used;
	EFI_KEY_DATA key;
	EFI_KEY_NOTIFY_FUNCTION notify;
};

static EFI_KEY_DATA queue[QUEUE_SIZE];
static u32 queue_first, queue_count;
static struct registration registrations[NOTIFY_MAX];
static EFI_EVENT notify_timer;

static EFI_KEY_DATA to_guest(const struct key *key)
{
	EFI_KEY_DATA data = { .Key = { key->code, (CHAR16)key->unicode } };
	UINT32 state = 0;

	if (key->modifiers & KEY_SHIFT)
		state |= EFI_LEFT_SHIFT_PRESSED;
	if (key->modifiers & KEY_ALT)
		state |= EFI_LEFT_ALT_PRESSED;
	if (key->modifiers & KEY_CONTROL) {
		state |= EFI_LEFT_CONTROL_PRESSED;
		/* The letter, as a keyboard has it: ReadKeyStroke() makes the control character. */
		if (key->unicode >= 1 && key->unicode <= 26)
			data.Key.UnicodeChar = (CHAR16)(key->unicode + 'a' - 1);
	}
	if (state)
		data.KeyState.KeyShiftState = EFI_SHIFT_STATE_VALID | state;
	return data;
}

/* 12.2.5: a shift state of zero in what was registered stands for any. */
static bool matches(const EFI_KEY_DATA *wanted, const EFI_KEY_DATA *key)
{
	const EFI_KEY_STATE *state = &wanted->KeyState;

	if (wanted->Key.ScanCode != key->Key.ScanCode ||
	    wanted->Key.UnicodeChar != key->Key.UnicodeChar)
		return false;
	if (state->KeyShiftState && state->KeyShiftState != key->KeyState.KeyShiftState)
		return false;
	return !state->KeyToggleState || state->KeyToggleState == key->KeyState.KeyToggleState;
}

/* Each function gets a copy, which it may change. */
static void notify(EFI_KEY_DATA key)
{
	for (u32 i = 0; i < NOTIFY_MAX; i++) {
		EFI_KEY_DATA copy = key;

		if (registrations[i].is_used && matches(&registrations[i].key, &key))
			(void)registrations[i].notify(&copy);
	}
}

/*
 * Takes what was typed into the queue. 12.2.5: functions are called at TPL_CALLBACK, so at other
 * levels looking is left to the timer once there may be any. One of them may end the image by
 * Exit(): nothing is half done while it runs.
 */
static void look(void)
{
	static u64 next_look;
	struct key key;
	u64 now = arch_ticks();

	if (now < next_look || (notify_timer && efi_current_tpl() != TPL_CALLBACK))
		return;
	next_look = now + arch_ticks_per_second() / LOOKS_PER_SECOND;
	for (u32 i = 0; i < QUEUE_SIZE && queue_count < QUEUE_SIZE && keys_poll(&key); i++) {
		EFI_KEY_DATA *place = &queue[(queue_first + queue_count) % QUEUE_SIZE];

		/* Without a scan code and a character it would be none. */
		if (key.unicode > UINT16_MAX)
			continue;
		queue_count++;
		*place = to_guest(&key);
		notify(*place);
	}
}

static bool take(EFI_KEY_DATA *key)
{
	look();
	if (!queue_count)
		return false;
	*key = queue[queue_first];
	queue_first = (queue_first + 1) % QUEUE_SIZE;
	queue_count--;
	return true;
}

static void forget_keys(void)
{
	struct key key;

	for (u32 i = 0; i < QUEUE_SIZE && keys_poll(&key); i++)
		;
	queue_count = 0;
}

static EFI_STATUS EFIAPI reset(EFI_SIMPLE_TEXT_INPUT_PROTOCOL *this, BOOLEAN extended)
{
	(void)extended;
	if (!this)
		return EFI_INVALID_PARAMETER;
	forget_keys();
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_key(EFI_SIMPLE_TEXT_INPUT_PROTOCOL *this, EFI_INPUT_KEY *key)
{
	EFI_KEY_DATA data;

	if (!this || !key)
		return EFI_INVALID_PARAMETER;
	efi_poll();
	if (!take(&data))
		return EFI_NOT_READY;
	*key = data.Key;
	if ((data.KeyState.KeyShiftState & EFI_LEFT_CONTROL_PRESSED) && key->UnicodeChar >= u'a' &&
	    key->UnicodeChar <= u'z')
		key->UnicodeChar = (CHAR16)(key->UnicodeChar - u'a' + 1);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI reset_ex(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *this, BOOLEAN extended)
{
	(void)extended;
	if (!this)
		return EFI_INVALID_PARAMETER;
	forget_keys();
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_key_ex(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *this, EFI_KEY_DATA *key)
{
	if (!this || !key)
		return EFI_INVALID_PARAMETER;
	efi_poll();
	if (take(key))
		return EFI_SUCCESS;
	/* 12.2.3: then it tells the state, of which a terminal knows nothing. */
	*key = (EFI_KEY_DATA){ 0 };
	return EFI_NOT_READY;
}

/* A terminal has no lights, and keys are not exposed by themselves. */
static EFI_STATUS EFIAPI set_state(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *this,
				   EFI_KEY_TOGGLE_STATE *state)
{
	if (!this || !state)
		return EFI_INVALID_PARAMETER;
	return EFI_UNSUPPORTED;
}

static VOID EFIAPI look_for_notify(EFI_EVENT event, VOID *context)
{
	(void)event;
	(void)context;
	look();
}

/* Registered functions are called for a key even if nothing reads it. */
static EFI_STATUS start_notify_timer(void)
{
	EFI_STATUS status;

	if (notify_timer)
		return EFI_SUCCESS;
	status = efi_create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, look_for_notify,
				  NULL, &notify_timer);
	return status ? status : efi_set_timer(notify_timer, TimerPeriodic, NOTIFY_PERIOD);
}

static EFI_STATUS EFIAPI register_key_notify(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *this,
					     EFI_KEY_DATA *key, EFI_KEY_NOTIFY_FUNCTION function,
					     VOID **handle)
{
	struct registration *unused = NULL;
	EFI_STATUS status;

	if (!this || !key || !function || !handle)
		return EFI_INVALID_PARAMETER;
	for (u32 i = 0; i < NOTIFY_MAX; i++) {
		struct registration *at = &registrations[i];

		if (at->is_used && at->notify == function &&
		    memcmp(&at->key, key, sizeof(*key)) == 0) {
			*handle = at;
			return EFI_SUCCESS;
		}
		if (!at->is_used && !unused)
			unused = at;
	}
	if (!unused)
		return EFI_OUT_OF_RESOURCES;
	status = start_notify_timer();
	if (status)
		return status;
	*unused = (struct registration){ .is_used = true, .key = *key, .notify = function };
	*handle = unused;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI unregister_key_notify(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *this,
					       VOID *handle)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	for (u32 i = 0; i < NOTIFY_MAX; i++) {
		if (handle != &registrations[i] || !registrations[i].is_used)
			continue;
		registrations[i].is_used = false;
		return EFI_SUCCESS;
	}
	return EFI_INVALID_PARAMETER;
}

void efi_key_notifications_forget(u64 base, u64 size)
{
	for (u32 i = 0; i < NOTIFY_MAX; i++)
		if ((uintptr_t)registrations[i].notify - base < size)
			registrations[i].is_used = false;
}

EFI_SIMPLE_TEXT_INPUT_PROTOCOL efi_text_input = {
	.Reset = reset,
	.ReadKeyStroke = read_key,
};

EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL efi_text_input_ex = {
	.Reset = reset_ex,
	.ReadKeyStrokeEx = read_key_ex,
	.SetState = set_state,
	.RegisterKeyNotify = register_key_notify,
	.UnregisterKeyNotify = unregister_key_notify,
};

static VOID EFIAPI signal_if_typed(EFI_EVENT event, VOID *context)
{
	(void)context;
	look();
	if (queue_count)
		(void)efi_signal_event(event);
}

EFI_STATUS efi_text_input_init(void)
{
	EFI_STATUS status = efi_create_event(EVT_NOTIFY_WAIT, TPL_NOTIFY, signal_if_typed, NULL,
					     &efi_text_input.WaitForKey);

	return status ? status :
			efi_create_event(EVT_NOTIFY_WAIT, TPL_NOTIFY, signal_if_typed, NULL,
					 &efi_text_input_ex.WaitForKeyEx);
}
