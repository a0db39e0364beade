/* SPDX-License-Identifier: Apache-2.0 */
/* GUIDs: read, compared and written as text (UEFI 2.11 appendix A). */
#include "lib/guid.h"

#include "lib/format.h"

bool guid_equals(const struct guid *a, const struct guid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool guid_is_zero(const struct guid *guid)
{
	return guid_equals(guid, &(struct guid){ 0 });
}

struct guid guid_read(struct reader *r)
{
	struct guid guid = { 0 };
	struct span bytes = read_bytes(r, sizeof(guid.bytes));

	if (bytes.size)
		memcpy(guid.bytes, bytes.data, sizeof(guid.bytes));
	return guid;
}

void guid_format(const struct guid *guid, char text[GUID_TEXT_SIZE])
{
	const u8 *b = guid->bytes;

	format(text, GUID_TEXT_SIZE, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	       load_le32(b), load_le16(b + 4), load_le16(b + 6), b[8], b[9], b[10], b[11], b[12],
	       b[13], b[14], b[15]);
}
