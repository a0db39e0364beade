/* SPDX-License-Identifier: Apache-2.0 */
/* Which Fatwood this is. */
#pragma once

#define FATWOOD_VERSION "0.2.0"

/* As UEFI's FirmwareRevision: major in the upper 16 bits, minor in the lower. */
#define FATWOOD_REVISION 0x00000002
