/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface between mmio_windows.c, which finds the windows, and mmio.c, which drives the
 * devices in them.
 */
#pragma once

#include "lib/status.h"
#include "lib/types.h"

/*
 * Initializes the device in the window, if we have a driver for it; logs why it cannot.
 * ERR_NOT_FOUND, which is not logged: there is no virtio device.
 */
enum status virtio_mmio_probe_window(u64 base, u64 size);
