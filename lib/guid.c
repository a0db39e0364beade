/* SPDX-License-Identifier: Apache-2.0 */
/* GUIDs, compared (UEFI 2.11 appendix A). */
#include "lib/guid.h"

#include "lib/string.h"

bool guid_equals(const struct guid *a, const struct guid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool guid_is_zero(const struct guid *guid)
{
	return guid_equals(guid, &(struct guid){ 0 });
}
