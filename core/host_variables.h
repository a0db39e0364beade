/* SPDX-License-Identifier: Apache-2.0 */
/* The device through which the VMM stores UEFI variables for the guest: QEMU's uefi-vars. */
#pragma once

#include "lib/types.h"

/* The address of its registers, set by a driver before UEFI starts. 0: there is no such device. */
extern u64 host_variables;
