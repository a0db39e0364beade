/* SPDX-License-Identifier: Apache-2.0 */
/* Of fatwood.rom, for C, assembler and linker scripts. */
#pragma once

#define ROM_SIZE 0x40000 /* bytes, up to 4 GiB */
