/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/input/keyboard.c on any bytes: what each sends is one key of core/keys.c, or nothing. */
#include "core/keys.h"
#include "drivers/input/input.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct keyboard keyboard = { 0 };

	for (size_t i = 0; i < size; i++) {
		struct key_decoder decoder = { 0 };
		struct key key;
		u32 keys = 0;

		keyboard_take(&keyboard, data[i]);
		CHECK(keyboard.count <= sizeof(keyboard.text));
		for (u32 k = 0; k < keyboard.count; k++)
			keys += key_decode(&decoder, (u8)keyboard.text[k], &key);
		keys += key_decode_pause(&decoder, &key);
		/* Alt with Esc is Esc twice. */
		if (keyboard.count == 2 && keyboard.text[1] == '\x1b')
			keys--;
		CHECK(keys == (keyboard.count != 0));
		/* Shift is in the character. */
		if (keys && key.code != KEY_CHARACTER && key.code != KEY_ESCAPE)
			CHECK(key.modifiers == keyboard.modifiers);
		/* A key that is let go sends nothing. */
		if (data[i] & 0x80)
			CHECK(!keys);
	}
	return 0;
}
