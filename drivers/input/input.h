/* SPDX-License-Identifier: Apache-2.0 */
/* Keyboards: consoles with input alone, which send what the keys of a VT100 send (core/keys.h). */
#pragma once

#include "lib/types.h"

/* Looks for the PC's keyboard controller if there is a screen. */
void i8042_probe(void);

/* The keys of a PC keyboard with the US layout. Zeroed, none is pressed. */
struct keyboard {
	u8 prefix;    /* 0xe0 or 0xe1, 0: none */
	u8 skip;      /* bytes of the Pause key that are to come */
	u8 modifiers; /* of enum key_modifiers */
	bool caps_lock, num_lock;
	u8 count;     /* bytes in text */
	char text[8]; /* what the key sends */
};

/* Takes the next byte of scan code set 1; text and count are what it has sent, usually nothing. */
void keyboard_take(struct keyboard *keyboard, u8 byte);
