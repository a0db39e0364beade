/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version order of the UAPI Group Version Format Specification, which the Boot Loader Specification
 * sorts by.
 */
#pragma once

#include "lib/span.h"

/* Below 0, 0, above 0 as @a is older than, the same as, newer than @b. Any bytes are allowed. */
int version_compare(struct span a, struct span b);
