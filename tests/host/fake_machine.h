/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by fake_machine.c, which has the devices' addresses, fake_virtio.c, which has their
 * registers, and fake_virtqueue.c, which has their behaviour.
 */
#pragma once

#include <asm/cpu.h>

#include "tests/host/fake_virtio.h"

/* Counts and prints a driver error. */
[[gnu::format(printf, 2, 3)]] void fake_violation(u32 *counter, const char *pattern, ...);
#define violation(of, ...) fake_violation(&(of)->violations, __VA_ARGS__)

/* Device status bits. */
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, FAILED = 128 };

void fake_virtio_bar_access(struct fake_virtio *device, u64 offset, u32 size, bool write,
			    u64 *value);
void fake_virtio_mmio_access(struct fake_virtio *device, u64 offset, u32 size, bool write,
			     u64 *value);
/* Informs the device's queues of a barrier in the driver. */
void fake_virtio_barrier(struct fake_virtio *device, enum host_barrier kind);
void fake_virtio_notify(struct fake_virtio *device, u32 size, u32 size_wanted, u64 queue);
