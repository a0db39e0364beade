/* SPDX-License-Identifier: Apache-2.0 */
/* A virtio device without a bus, for a driver that is included in the target. */
#pragma once

#include "drivers/virtio/virtio.h"
#include "tests/host/host.h"

bool acpi_ecam(u32 index, struct ecam *out)
{
	(void)index, (void)out;
	return false;
}

static u8 device_status;

static u8 get_status(struct virtio_device *device)
{
	(void)device;
	return device_status;
}

static void put_status(struct virtio_device *device, u8 value)
{
	(void)device;
	device_status = value;
}

static struct virtqueue *fuzzed;
static u32 queue_size_limit;

[[maybe_unused]] static u32 get_queue_size_max(struct virtio_device *device, u16 index)
{
	(void)device, (void)index;
	return queue_size_limit;
}

[[maybe_unused]] static enum status put_queue(struct virtio_device *device, struct virtqueue *queue)
{
	(void)device;
	fuzzed = queue;
	return OK;
}
