/* SPDX-License-Identifier: Apache-2.0 */
/* The Makefile says which: from VERSION, and git where there is one. */
#include "core/release.h"

#ifndef RELEASE
#define RELEASE "host"
#endif

[[gnu::used, gnu::section(".rodata.release")]] const char fatwood_release[] = RELEASE;
