/* SPDX-License-Identifier: Apache-2.0 */
/* The serial port that was found. */
#include "core/serial.h"

static const struct serial_port *found;
static bool (*lent)(void);

void serial_register(const struct serial_port *port)
{
	found = port;
}

const struct serial_port *serial_port(void)
{
	return found;
}

void serial_lend_input(bool (*is_lent)(void))
{
	lent = is_lent;
}

bool serial_input_is_lent(void)
{
	return lent && lent();
}
