/* SPDX-License-Identifier: Apache-2.0 */
/* Keyboards: input-only consoles that send the same bytes as the keys of a VT100 (core/keys.h). */
#pragma once

#include "lib/types.h"

/* Looks for the PC's keyboard controller if there is a screen. */
void i8042_probe(void);

/* The state of a PC keyboard with the US layout. All zero: no key is pressed. */
struct keyboard {
	u8 prefix;    /* 0xe0 or 0xe1, 0: none */
	u8 skip;      /* remaining bytes of the Pause key */
	u8 modifiers; /* of enum key_modifiers */
	bool caps_lock, num_lock;
	u8 count;     /* bytes in text */
	char text[8]; /* what the key sends */
};

/* Handles the next byte of scan code set 1; text and count become the key's bytes, usually none. */
void keyboard_take(struct keyboard *keyboard, u8 byte);
