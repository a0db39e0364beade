/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes keys from the bytes that a terminal sends.
 *
 *	ESC						Esc, after a pause
 *	ESC character					Alt
 *	ESC O letter					arrows, Home, End, F1 to F4
 *	ESC [ letter, ESC [ 1 ; modifiers letter	the same
 *	ESC [ number ~, ESC [ number ; modifiers ~	Home to Page Down, F1 to F12
 *	ESC [ [ letter					F1 to F5 of the Linux console
 *	ESC [ Z						Shift and Tab
 */
#include "core/keys.h"

#include "core/arch.h"
#include "core/console.h"
#include "lib/utf.h"
#include "lib/util.h"

enum { STATE_GROUND, STATE_ESCAPE, STATE_SS3, STATE_CSI, STATE_LINUX, STATE_UTF8 };

enum {
	ESC = 0x1b,
	DEL = 0x7f,
	READ_BYTES_MAX = 64, /* per call: bytes that do not form keys may arrive endlessly */
};

static bool give(struct key *out, enum key_code code, u32 unicode, u32 modifiers)
{
	*out = (struct key){ .code = (u16)code, .modifiers = (u16)modifiers, .unicode = unicode };
	return true;
}

/* xterm counts modifiers from 1: Shift 1, Alt 2, Control 4, Meta 8. */
static u32 modifiers_of(const struct key_decoder *decoder)
{
	u32 number = decoder->parameters[1];

	return number ? (number - 1) & (KEY_SHIFT | KEY_ALT | KEY_CONTROL) : 0;
}

static enum key_code code_of_letter(u8 letter)
{
	switch (letter) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	case 'F':
		return KEY_END;
	case 'H':
		return KEY_HOME;
	case 'P':
	case 'Q':
	case 'R':
	case 'S':
		return (enum key_code)(KEY_F1 + (letter - 'P'));
	default:
		return KEY_CHARACTER;
	}
}

static enum key_code code_of_number(u8 number)
{
	static const u8 codes[] = {
		[1] = KEY_HOME,    [2] = KEY_INSERT,    [3] = KEY_DELETE, [4] = KEY_END,
		[5] = KEY_PAGE_UP, [6] = KEY_PAGE_DOWN, [7] = KEY_HOME,   [8] = KEY_END,
		[11] = KEY_F1,     [12] = KEY_F2,       [13] = KEY_F3,    [14] = KEY_F4,
		[15] = KEY_F5,     [17] = KEY_F6,       [18] = KEY_F7,    [19] = KEY_F8,
		[20] = KEY_F9,     [21] = KEY_F10,      [23] = KEY_F11,   [24] = KEY_F12,
	};

	return number < ARRAY_SIZE(codes) ? (enum key_code)codes[number] : KEY_CHARACTER;
}

/* @final ends a sequence that started with ESC [. */
static bool end_sequence(struct key_decoder *decoder, u8 final, struct key *out)
{
	enum key_code code;

	decoder->state = STATE_GROUND;
	if (decoder->is_private)
		return false;
	if (final == 'Z')
		return give(out, KEY_CHARACTER, '\t', KEY_SHIFT);
	/* With a letter, the first number is 1: ESC [ 24 ; 80 R is a cursor position report. */
	if (final == '~')
		code = code_of_number(decoder->parameters[0]);
	else
		code = decoder->parameters[0] <= 1 ? code_of_letter(final) : KEY_CHARACTER;
	return code != KEY_CHARACTER && give(out, code, 0, modifiers_of(decoder));
}

static bool decode_sequence(struct key_decoder *decoder, u8 byte, struct key *out)
{
	if (byte >= '0' && byte <= '9') {
		u8 *parameter = &decoder->parameters[decoder->parameter_count != 0];

		if (decoder->parameter_count < ARRAY_SIZE(decoder->parameters))
			*parameter = (u8)min_u64(*parameter * 10u + (byte - '0'), UINT8_MAX);
	} else if (byte == ';') {
		if (decoder->parameter_count < UINT8_MAX)
			decoder->parameter_count++;
	} else if (byte == '[' && !decoder->parameters[0] && !decoder->parameter_count) {
		decoder->state = STATE_LINUX;
	} else if (byte >= 0x40) {
		return end_sequence(decoder, byte, out);
	} else {
		decoder->is_private = true;
	}
	return false;
}

static bool decode_control(struct key_decoder *decoder, u8 byte, struct key *out)
{
	u32 alt = decoder->had_escape ? KEY_ALT : 0;

	switch (byte) {
	case 0:
		return false;
	case '\n':
		byte = '\r';
		break;
	case DEL:
		byte = '\b';
		break;
	case '\b':
	case '\t':
	case '\r':
		break;
	default:
		alt |= KEY_CONTROL;
		break;
	}
	return give(out, KEY_CHARACTER, byte, alt);
}

/* The size of a UTF-8 character that starts with @byte; 0 if none does. */
static u8 utf8_size(u8 byte)
{
	if (byte < 0xc2 || byte > 0xf4)
		return 0;
	return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/* @byte starts a key. */
static bool decode_first(struct key_decoder *decoder, u8 byte, struct key *out)
{
	if (byte == ESC) {
		*decoder = (struct key_decoder){ .state = STATE_ESCAPE };
		return false;
	}
	decoder->state = STATE_GROUND;
	if (byte < 0x20 || byte == DEL)
		return decode_control(decoder, byte, out);
	if (byte < 0x80)
		return give(out, KEY_CHARACTER, byte, decoder->had_escape ? KEY_ALT : 0);
	if (utf8_size(byte)) {
		decoder->state = STATE_UTF8;
		decoder->bytes[0] = byte;
		decoder->byte_count = 1;
	}
	return false;
}

static bool decode_utf8(struct key_decoder *decoder, u8 byte, struct key *out)
{
	struct span character;
	u32 unicode;

	if ((byte & 0xc0) != 0x80) {
		decoder->had_escape = false;
		return decode_first(decoder, byte, out);
	}
	decoder->bytes[decoder->byte_count++] = byte;
	if (decoder->byte_count < utf8_size(decoder->bytes[0]))
		return false;
	decoder->state = STATE_GROUND;
	character = span_of(decoder->bytes, decoder->byte_count);
	unicode = utf8_next(&character);
	return span_is_empty(character) && !unicode_is_control(unicode) &&
	       unicode != UNICODE_REPLACEMENT &&
	       give(out, KEY_CHARACTER, unicode, decoder->had_escape ? KEY_ALT : 0);
}

static bool decode_function_key(struct key_decoder *decoder, u8 byte, struct key *out)
{
	enum key_code code = KEY_CHARACTER;

	if (decoder->state == STATE_CSI)
		return decode_sequence(decoder, byte, out);
	if (decoder->state == STATE_SS3)
		code = code_of_letter(byte);
	else if (byte >= 'A' && byte <= 'E')
		code = (enum key_code)(KEY_F1 + (byte - 'A'));
	decoder->state = STATE_GROUND;
	return code != KEY_CHARACTER && give(out, code, 0, 0);
}

bool key_decode(struct key_decoder *decoder, u8 byte, struct key *out)
{
	switch (decoder->state) {
	case STATE_ESCAPE:
		if (byte == ESC)
			return give(out, KEY_ESCAPE, 0, 0); /* the first; the second is pending */
		if (byte == '[' || byte == 'O') {
			decoder->state = byte == '[' ? STATE_CSI : STATE_SS3;
			return false;
		}
		decoder->had_escape = true;
		return decode_first(decoder, byte, out);
	case STATE_UTF8:
		return decode_utf8(decoder, byte, out);
	case STATE_CSI:
	case STATE_SS3:
	case STATE_LINUX:
		if (byte >= 0x20 && byte < DEL)
			return decode_function_key(decoder, byte, out);
		break; /* aborted by a byte that cannot be in a sequence */
	default:
		break;
	}
	decoder->had_escape = false;
	return decode_first(decoder, byte, out);
}

bool key_decoder_is_waiting(const struct key_decoder *decoder)
{
	return decoder->state != STATE_GROUND;
}

bool key_decode_pause(struct key_decoder *decoder, struct key *out)
{
	u8 state = decoder->state;

	decoder->state = STATE_GROUND;
	if (state == STATE_ESCAPE)
		return give(out, KEY_ESCAPE, 0, 0);
	if (state == STATE_SS3)
		return give(out, KEY_CHARACTER, 'O', KEY_ALT);
	if (state == STATE_CSI && !decoder->parameters[0] && !decoder->parameter_count &&
	    !decoder->is_private)
		return give(out, KEY_CHARACTER, '[', KEY_ALT);
	return false;
}

static struct key_decoder decoder;
static u64 last_byte; /* ticks */
static u64 last_look; /* 0: none yet */

bool keys_are_incomplete(void)
{
	return key_decoder_is_waiting(&decoder);
}

bool keys_read(struct key *out)
{
	for (u32 i = 0; i < READ_BYTES_MAX; i++) {
		int byte = console_read();

		if (byte < 0)
			break;
		last_byte = arch_ticks();
		if (key_decode(&decoder, (u8)byte, out))
			return true;
	}
	/*
	 * Only the end of a sequence needs a clock, whose rate may have to be measured.
	 */
	return keys_are_incomplete() &&
	       arch_ticks() - last_byte >= KEYS_PAUSE_MS * (arch_ticks_per_second() / 1000) &&
	       key_decode_pause(&decoder, out);
}

bool keys_poll(struct key *out)
{
	u64 now = arch_ticks();

	if (last_look && now - last_look < arch_ticks_per_second() / 1000)
		return false;
	/* After one key there may be more: the next call polls at once. */
	last_look = 0;
	if (keys_read(out))
		return true;
	last_look = now;
	return false;
}
