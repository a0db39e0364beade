/* SPDX-License-Identifier: Apache-2.0 */
/* Passed by the Makefile, from VERSION and, if there is a repository, from git. */
#include "core/release.h"

#ifndef RELEASE
#define RELEASE "host"
#endif

[[gnu::used, gnu::section(".rodata.release")]] const char fatwood_release[] = RELEASE;
