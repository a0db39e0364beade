/* SPDX-License-Identifier: Apache-2.0 */
/* The Makefile passes it: from VERSION, and from git where there is a repository. */
#include "core/release.h"

#ifndef RELEASE
#define RELEASE "host"
#endif

[[gnu::used, gnu::section(".rodata.release")]] const char fatwood_release[] = RELEASE;
