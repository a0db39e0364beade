/* SPDX-License-Identifier: Apache-2.0 */
/* The device by which the VMM keeps UEFI variables for the guest: QEMU's uefi-vars. */
#pragma once

#include "lib/types.h"

/* Of its registers in the memory map, as a driver has found it before UEFI starts. 0: none. */
extern u64 host_variables;
