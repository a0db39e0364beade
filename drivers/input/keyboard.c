/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scan code set 1 (IBM PS/2 technical reference, keyboards; Microsoft's Keyboard Scan Code
 * Specification): a byte with bit 7 clear is a key press, with bit 7 set a release; 0xe0 precedes
 * keys that the first PC did not have, 0xe1 the 5 bytes of Pause.
 */
#include "core/keys.h"
#include "drivers/input/input.h"
#include "lib/text.h"
#include "lib/util.h"

enum {
	RELEASED = 0x80,
	PREFIX_EXTENDED = 0xe0,
	PREFIX_PAUSE = 0xe1,
	PAUSE_BYTES = 5,

	CODE_TAB = 0x0f,
	CODE_ENTER = 0x1c,
	CODE_CONTROL = 0x1d,
	CODE_LEFT_SHIFT = 0x2a,
	CODE_SLASH = 0x35,
	CODE_RIGHT_SHIFT = 0x36,
	CODE_ALT = 0x38,
	CODE_CAPS_LOCK = 0x3a,
	CODE_F1 = 0x3b,
	CODE_F10 = 0x44,
	CODE_NUM_LOCK = 0x45,
	CODE_HOME = 0x47,
	CODE_DELETE = 0x53,
	CODE_F11 = 0x57,
	CODE_F12 = 0x58,
	ESC = 0x1b,
};

/* By scan code; NUL: no character. */
static const char plain[] = "\0\x1b"
			    "1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\x1b"
			      "!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
static const char keypad[] = "789-456+1230."; /* from CODE_HOME on */

/* From CODE_HOME on: the final letter or the number of the sequence. */
static const char navigation[] = "HA\5\0D\0C\0FB\6\2\3";

static void put(struct keyboard *keyboard, char c)
{
	keyboard->text[keyboard->count++] = c;
}

static void send_character(struct keyboard *keyboard, char c)
{
	if (keyboard->modifiers & KEY_ALT)
		put(keyboard, ESC);
	if ((keyboard->modifiers & KEY_CONTROL) && text_is_letter((u8)c))
		c &= 0x1f;
	put(keyboard, c);
}

static void put_modifiers(struct keyboard *keyboard)
{
	put(keyboard, ';');
	put(keyboard, (char)('1' + keyboard->modifiers));
}

/* ESC [ A, or with modifiers ESC [ 1 ; 2 A: xterm's "PC-Style Function Keys". */
static void send_letter(struct keyboard *keyboard, char start, char letter)
{
	put(keyboard, ESC);
	if (keyboard->modifiers) {
		put(keyboard, '[');
		put(keyboard, '1');
		put_modifiers(keyboard);
	} else {
		put(keyboard, start);
	}
	put(keyboard, letter);
}

/* ESC [ 15 ~, or with modifiers ESC [ 15 ; 2 ~. */
static void send_number(struct keyboard *keyboard, u32 number)
{
	put(keyboard, ESC);
	put(keyboard, '[');
	if (number >= 10)
		put(keyboard, (char)('0' + number / 10));
	put(keyboard, (char)('0' + number % 10));
	if (keyboard->modifiers)
		put_modifiers(keyboard);
	put(keyboard, '~');
}

static void send_back_tab(struct keyboard *keyboard)
{
	put(keyboard, ESC);
	put(keyboard, '[');
	put(keyboard, 'Z');
}

static void send_function_key(struct keyboard *keyboard, u32 index)
{
	static const u8 numbers[] = { 15, 17, 18, 19, 20, 21, 23, 24 };

	if (index < 4)
		send_letter(keyboard, 'O', (char)('P' + index));
	else
		send_number(keyboard, numbers[index - 4]);
}

static void send_navigation(struct keyboard *keyboard, u8 code)
{
	char key = navigation[code - CODE_HOME];

	if (key >= 'A')
		send_letter(keyboard, '[', key);
	else if (key)
		send_number(keyboard, (u32)key);
}

static void send_key(struct keyboard *keyboard, u8 code)
{
	bool shift = keyboard->modifiers & KEY_SHIFT;

	if (code >= CODE_F1 && code <= CODE_F10)
		send_function_key(keyboard, code - CODE_F1);
	else if (code == CODE_F11 || code == CODE_F12)
		send_function_key(keyboard, 10u + code - CODE_F11);
	else if (code >= CODE_HOME && code <= CODE_DELETE &&
		 (keyboard->num_lock || !navigation[code - CODE_HOME]))
		send_character(keyboard, keypad[code - CODE_HOME]);
	else if (code >= CODE_HOME && code <= CODE_DELETE)
		send_navigation(keyboard, code);
	else if (code == CODE_TAB && shift)
		send_back_tab(keyboard);
	else if (code < sizeof(plain) - 1 && plain[code])
		send_character(keyboard,
			       (shift != (keyboard->caps_lock && text_is_letter((u8)plain[code])) ?
					shifted :
					plain)[code]);
}

static void send_extended_key(struct keyboard *keyboard, u8 code)
{
	if (code == CODE_ENTER)
		send_character(keyboard, '\r');
	else if (code == CODE_SLASH)
		send_character(keyboard, '/');
	else if (code >= CODE_HOME && code <= CODE_DELETE)
		send_navigation(keyboard, code);
}

static u8 modifier_of(u8 code, bool is_extended)
{
	switch (code) {
	case CODE_CONTROL:
		return KEY_CONTROL;
	case CODE_ALT:
		return KEY_ALT;
	case CODE_LEFT_SHIFT:
	case CODE_RIGHT_SHIFT:
		/* Keyboards send shift codes around extended keys although Shift is not pressed. */
		return is_extended ? 0 : KEY_SHIFT;
	}
	return 0;
}

void keyboard_take(struct keyboard *keyboard, u8 byte)
{
	bool is_extended = keyboard->prefix == PREFIX_EXTENDED;
	bool is_released = byte & RELEASED;
	u8 code = byte & (u8)~RELEASED;
	u8 modifier = modifier_of(code, is_extended);

	keyboard->count = 0;
	keyboard->prefix = 0;
	if (keyboard->skip) {
		keyboard->skip--;
	} else if (byte == PREFIX_EXTENDED) {
		keyboard->prefix = byte;
	} else if (byte == PREFIX_PAUSE) {
		keyboard->skip = PAUSE_BYTES;
	} else if (is_released) {
		keyboard->modifiers &= (u8)~modifier;
	} else if (modifier) {
		keyboard->modifiers |= modifier;
	} else if (is_extended) {
		send_extended_key(keyboard, code);
	} else if (code == CODE_CAPS_LOCK) {
		keyboard->caps_lock = !keyboard->caps_lock;
	} else if (code == CODE_NUM_LOCK) {
		keyboard->num_lock = !keyboard->num_lock;
	} else {
		send_key(keyboard, code);
	}
}
