/* SPDX-License-Identifier: Apache-2.0 */
/* core/keys.c on any bytes: each byte makes at most one key, and a pause ends any incomplete
 * sequence.
 */
#include <stdlib.h>

#include "core/keys.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(const struct key *key)
{
	if ((key->code == KEY_CHARACTER) != (key->unicode != 0) || key->code > KEY_ESCAPE ||
	    key->unicode > 0x10ffff || (key->unicode >= 0x7f && key->unicode < 0xa0))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct key_decoder decoder = { 0 };
	struct key key;

	for (size_t i = 0; i < size; i++)
		if (key_decode(&decoder, data[i], &key))
			check(&key);
	if (key_decode_pause(&decoder, &key))
		check(&key);
	if (key_decoder_is_waiting(&decoder))
		abort();
	return 0;
}
