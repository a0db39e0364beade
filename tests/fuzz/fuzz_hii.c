/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of HII packages: well-formed lists are walked, and every string must be found again by its
 * number.
 */
#include <stdlib.h>

#include "efi/protocols/hii.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span list = span_of(data, size), rest, package;

	if (size > 4096 || !hii_list_check(list))
		return 0;
	rest = span_from(list, HII_LIST_HEADER_SIZE);
	while (hii_next_package(&rest, &package)) {
		struct hii_walk walk;
		struct hii_item item, found;

		if (hii_package_type(package) != EFI_HII_PACKAGE_STRINGS)
			continue;
		if (hii_language(package).size >= package.size)
			abort();
		walk = hii_walk_start(package);
		while (hii_walk_next(&walk, &item))
			if (item.is_string && (!hii_find_string(package, item.id, &found) ||
					       found.text.data != item.text.data))
				abort();
		if (walk.blocks.overrun)
			abort();
	}
	return 0;
}
