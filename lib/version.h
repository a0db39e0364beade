/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version order of the UAPI Group Version Format Specification, used by the Boot Loader
 * Specification.
 */
#pragma once

#include "lib/span.h"

/*
 * Negative, 0 or positive if @a is older than, the same as or newer than @b. Any bytes are allowed.
 */
int version_compare(struct span a, struct span b);
