/* SPDX-License-Identifier: Apache-2.0 */
/* The version of Fatwood. */
#pragma once

/* "0.2.0", or "0.2.0-g1234567" for a build from a git checkout. In every image. */
extern const char fatwood_release[];

/* As UEFI's FirmwareRevision: major in the upper 16 bits, minor in the lower. */
#define FATWOOD_REVISION 0x00000002
