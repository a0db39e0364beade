/* SPDX-License-Identifier: Apache-2.0 */
/* Ports and MMIO on the host: accesses go to the handlers that a test registered. */
#include <stdio.h>
#include <stdlib.h>

#include <asm/cpu.h>
#include <asm/io.h>
#include <asm/timer.h>

#include "tests/host/host.h"

enum { HANDLERS_MAX = 64 };

struct window {
	u64 base, size;
	host_handler *handler;
	void *context;
};

struct windows {
	struct window windows[HANDLERS_MAX];
	u32 count;
};

u64 host_port_accesses, host_mmio_accesses;
u16 host_pm_port;
void (*host_on_barrier)(enum host_barrier kind);

static struct windows port_windows, mmio_windows;

static void add(struct windows *all, u64 base, u64 size, host_handler *handler, void *context)
{
	if (all->count == HANDLERS_MAX) {
		fprintf(stderr, "host: more handlers than HANDLERS_MAX\n");
		abort();
	}
	all->windows[all->count++] = (struct window){ base, size, handler, context };
}

void host_port_handler(u16 base, u32 size, host_handler *handler, void *context)
{
	add(&port_windows, base, size, handler, context);
}

void host_mmio_handler(u64 base, u64 size, host_handler *handler, void *context)
{
	add(&mmio_windows, base, size, handler, context);
}

void host_handlers_forget(void)
{
	port_windows.count = 0;
	mmio_windows.count = 0;
}

static u64 access_window(struct windows *all, u64 address, u32 size, bool write, u64 value)
{
	u64 mask = UINT64_MAX >> (64 - 8 * size);

	for (u32 i = all->count; i--;) {
		struct window *window = &all->windows[i];

		if (address >= window->base && address - window->base < window->size) {
			window->handler(window->context, address, size, write, &value);
			return value & mask;
		}
	}
	return mask;
}

u64 host_port_read(u16 port, u32 size)
{
	host_port_accesses++;
	return access_window(&port_windows, port, size, false, 0);
}

void host_port_write(u16 port, u32 size, u64 value)
{
	host_port_accesses++;
	access_window(&port_windows, port, size, true, value);
}

u64 host_mmio_read(const volatile void *address, u32 size)
{
	host_mmio_accesses++;
	return access_window(&mmio_windows, (uintptr_t)address, size, false, 0);
}

void host_mmio_write(volatile void *address, u32 size, u64 value)
{
	host_mmio_accesses++;
	access_window(&mmio_windows, (uintptr_t)address, size, true, value);
}

void timer_set_pm_port(u16 port)
{
	host_pm_port = port;
}
