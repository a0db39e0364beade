/* SPDX-License-Identifier: Apache-2.0 */
/* Access to device registers with exactly the stated width, which VMMs require. */
#pragma once

#include "lib/types.h"

static inline u8 port_read8(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u16 port_read16(u16 port)
{
	u16 value;

	asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u32 port_read32(u16 port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void port_write8(u16 port, u8 value)
{
	asm volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void port_write16(u16 port, u16 value)
{
	asm volatile("outw %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void port_write32(u16 port, u32 value)
{
	asm volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

/* Writes @count bytes to one port, in a single VM exit if the VMM supports string I/O. */
static inline void port_write_block8(u16 port, const void *from, size_t count)
{
	asm volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(port) : "memory");
}

/* Reads @count units of 16 bits from one port, in the same way. */
static inline void port_read_block16(u16 port, void *to, size_t count)
{
	asm volatile("rep insw" : "+D"(to), "+c"(count) : "d"(port) : "memory");
}

/*
 * Assembly rather than a volatile access, so that the compiler neither splits it nor uses an
 * instruction that a VMM cannot decode.
 */
static inline u8 mmio_read8(const volatile void *address)
{
	u8 value;

	asm volatile("movb %1, %0" : "=q"(value) : "m"(*(const volatile u8 *)address) : "memory");
	return value;
}

static inline u16 mmio_read16(const volatile void *address)
{
	u16 value;

	asm volatile("movw %1, %0" : "=r"(value) : "m"(*(const volatile u16 *)address) : "memory");
	return value;
}

static inline u32 mmio_read32(const volatile void *address)
{
	u32 value;

	asm volatile("movl %1, %0" : "=r"(value) : "m"(*(const volatile u32 *)address) : "memory");
	return value;
}

static inline void mmio_write8(volatile void *address, u8 value)
{
	asm volatile("movb %1, %0" : "=m"(*(volatile u8 *)address) : "q"(value) : "memory");
}

static inline void mmio_write16(volatile void *address, u16 value)
{
	asm volatile("movw %1, %0" : "=m"(*(volatile u16 *)address) : "r"(value) : "memory");
}

static inline void mmio_write32(volatile void *address, u32 value)
{
	asm volatile("movl %1, %0" : "=m"(*(volatile u32 *)address) : "r"(value) : "memory");
}
