/* SPDX-License-Identifier: Apache-2.0 */
/* The size of fatwood.rom, for C, assembly and linker scripts. */
#pragma once

#include "lib/config.h"

#define ROM_SIZE (CONFIG_ROM_SIZE_KIB * 1024) /* bytes, up to 4 GiB */

#if ROM_SIZE % 0x10000
#error "ROM_SIZE_KIB is not a multiple of 64, which VMMs demand of a ROM"
#endif
