// SPDX-License-Identifier: Apache-2.0
/*
 * Ports whose output goes to the VMM's log. Both return 0xe9 when read, so on a machine without the
 * device they cost one access. The device has no FIFO, but accepts string output.
 */
#include "core/console.h"
#include "drivers/serial/serial.h"
#include "lib/config.h"
#include "lib/util.h"

#include <asm/io.h>

enum { DEBUG_PORT_ANSWER = 0xe9 };

struct debug_port {
	struct console console;
	u16 port;
};

static void debug_port_write(struct console *console, const char *text, size_t size)
{
	port_write_block8(container_of(console, struct debug_port, console)->port, text, size);
}

static struct debug_port ports[] = {
	IF_ENABLED(CONFIG_CONSOLE_DEBUG_PORT_402,
		   { { .name = "debug port 0x402", .write = debug_port_write }, 0x402 }, )
		IF_ENABLED(CONFIG_CONSOLE_DEBUG_PORT_E9,
			   { { .name = "debug port 0xe9", .write = debug_port_write }, 0xe9 }, )
};

void debug_port_probe(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (port_read8(ports[i].port) == DEBUG_PORT_ANSWER)
			console_register(&ports[i].console);
}
