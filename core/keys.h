/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes keys from the bytes that a terminal sends: VT100 and xterm sequences (ECMA-48, 5.4;
 * xterm's "PC-Style Function Keys"), the Linux console's function keys, UTF-8.
 */
#pragma once

#include "lib/types.h"

/* Keys without a character. The numbers are UEFI's scan codes (UEFI 2.10, table 12.1.1). */
enum key_code {
	KEY_CHARACTER,
	KEY_UP,
	KEY_DOWN,
	KEY_RIGHT,
	KEY_LEFT,
	KEY_HOME,
	KEY_END,
	KEY_INSERT,
	KEY_DELETE,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_F1,
	KEY_F2,
	KEY_F3,
	KEY_F4,
	KEY_F5,
	KEY_F6,
	KEY_F7,
	KEY_F8,
	KEY_F9,
	KEY_F10,
	KEY_F11,
	KEY_F12,
	KEY_ESCAPE,
};

/* As far as a terminal reports them. Shift is not reported with characters. */
enum key_modifiers { KEY_SHIFT = 1, KEY_ALT = 2, KEY_CONTROL = 4 };

struct key {
	u16 code;      /* enum key_code */
	u16 modifiers; /* of enum key_modifiers */
	/*
	 * With KEY_CHARACTER, otherwise 0. Enter is '\r', Backspace '\b' whichever of 0x08 and 0x7f
	 * was sent, Tab '\t'. Other control characters are their byte, with KEY_CONTROL: Ctrl-C is
	 * 3.
	 */
	u32 unicode;
};

/* The state of one byte stream. Zero it to initialize it. */
struct key_decoder {
	u8 state;
	u8 bytes[4]; /* of one UTF-8 character */
	u8 byte_count;
	u8 parameter_count; /* of a sequence; only the first two are kept */
	u8 parameters[2];   /* at most 255 */
	bool is_private;    /* not the sequence of a key, whatever its last byte */
	bool had_escape;    /* an ESC came before the character: Alt */
};

/*
 * Takes the next byte. True when it completes a key, stored in @out. Everything else (answers to
 * queries, unknown sequences, NUL, bytes that are not UTF-8) is dropped.
 */
bool key_decode(struct key_decoder *decoder, u8 byte, struct key *out);

/* Is a sequence incomplete? The next byte may continue it, or a pause end it. */
bool key_decoder_is_waiting(const struct key_decoder *decoder);

/*
 * Called when nothing has arrived for a while: ends an incomplete sequence. True if that makes a
 * key: Esc, or Alt with '[' or 'O'.
 */
bool key_decode_pause(struct key_decoder *decoder, struct key *out);

/* After this time without another byte, an ESC is the key Esc. */
enum { KEYS_PAUSE_MS = 100 };

/* The next key typed on any console. False if there is none yet. Does not wait. */
bool keys_read(struct key *out);

/* Has a key started to arrive? Then keys_read() returns it within KEYS_PAUSE_MS. */
bool keys_are_incomplete(void);

/*
 * Like keys_read(), but checks the consoles at most once a millisecond, as each check costs VM
 * exits. For callers that poll continuously.
 */
bool keys_poll(struct key *out);
