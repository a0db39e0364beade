/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device registers on the host: every access goes to the handler that a test registered
 * (tests/host/host.h).
 */
#pragma once

#include "lib/types.h"

u64 host_port_read(u16 port, u32 size);
void host_port_write(u16 port, u32 size, u64 value);
u64 host_mmio_read(const volatile void *address, u32 size);
void host_mmio_write(volatile void *address, u32 size, u64 value);

static inline u8 port_read8(u16 port)
{
	return (u8)host_port_read(port, 1);
}

static inline u16 port_read16(u16 port)
{
	return (u16)host_port_read(port, 2);
}

static inline u32 port_read32(u16 port)
{
	return (u32)host_port_read(port, 4);
}

static inline void port_write8(u16 port, u8 value)
{
	host_port_write(port, 1, value);
}

static inline void port_write16(u16 port, u16 value)
{
	host_port_write(port, 2, value);
}

static inline void port_write32(u16 port, u32 value)
{
	host_port_write(port, 4, value);
}

static inline void port_write_block8(u16 port, const void *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		host_port_write(port, 1, ((const u8 *)from)[i]);
}

static inline void port_read_block16(u16 port, void *to, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		u16 value = port_read16(port);

		((u8 *)to)[2 * i] = (u8)value;
		((u8 *)to)[2 * i + 1] = (u8)(value >> 8);
	}
}

static inline u8 mmio_read8(const volatile void *address)
{
	return (u8)host_mmio_read(address, 1);
}

static inline u16 mmio_read16(const volatile void *address)
{
	return (u16)host_mmio_read(address, 2);
}

static inline u32 mmio_read32(const volatile void *address)
{
	return (u32)host_mmio_read(address, 4);
}

static inline void mmio_write8(volatile void *address, u8 value)
{
	host_mmio_write(address, 1, value);
}

static inline void mmio_write16(volatile void *address, u16 value)
{
	host_mmio_write(address, 2, value);
}

static inline void mmio_write32(volatile void *address, u32 value)
{
	host_mmio_write(address, 4, value);
}
