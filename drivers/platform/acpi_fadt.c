/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers that the FADT describes (ACPI 6.5, 5.2.9): power off, reset, the PM timer. The sleep
 * types, which only AML states, are the same in all VMMs of a kind, and known.
 */
#include "core/power.h"
#include "drivers/platform/acpi_tables.h"

#include <asm/timer.h>

enum {
	FADT_PM1A_CONTROL = 64,
	FADT_PM_TIMER = 76,
	FADT_FLAGS = 112,
	FADT_RESET = 116,
	FADT_RESET_VALUE = 128,
	FADT_X_PM1A_CONTROL = 172,
	FADT_X_PM_TIMER = 208,
	FADT_SLEEP_CONTROL = 244,
	FLAG_RESET = 1 << 10,
	FLAG_HARDWARE_REDUCED = 1 << 20,

	SPACE_MEMORY = 0,
	SPACE_PORTS = 1,
	/* Type 5, enable: S5 on Cloud Hypervisor, Alioth and QEMU microvm. */
	SLEEP_CONTROL_OFF = 5 << 2 | 1 << 5,
	/* Type 0, enable: S5 on QEMU pc and q35, and crosvm. */
	PM1A_CONTROL_OFF = 1 << 13,
};

/* Address 0: no such register. */
struct generic_register {
	u8 space;
	u64 address;
};

static struct generic_register field_register(struct span table, u32 offset)
{
	struct span space = span_part(table, offset, 1);

	return (struct generic_register){ .space = span_is_empty(space) ? 0 : space.data[0],
					  .address = acpi_field_u64(table, offset + 4) };
}

/*
 * The newer field ("X_...") of a register if it is present, otherwise the older, which is a port.
 */
static struct generic_register field_register_x(struct span table, u32 offset, u32 port_offset)
{
	struct generic_register reg = field_register(table, offset);

	if (reg.address == 0)
		reg = (struct generic_register){ SPACE_PORTS, acpi_field_u32(table, port_offset) };
	return reg;
}

static void describe(enum power_action action, struct generic_register reg, u16 value, u8 size)
{
	if (reg.address && (reg.space == SPACE_PORTS || reg.space == SPACE_MEMORY))
		power_describe(action, (struct register_write){
					       .address = reg.address,
					       .value = value,
					       .size = size,
					       .kind = reg.space == SPACE_PORTS ? REGISTER_PORT :
										  REGISTER_MEMORY,
				       });
}

void acpi_fadt_read(struct span fadt)
{
	struct generic_register timer = field_register_x(fadt, FADT_X_PM_TIMER, FADT_PM_TIMER);
	u32 flags = acpi_field_u32(fadt, FADT_FLAGS);

	power_describe(POWER_OFF, (struct register_write){ 0 });
	power_describe(POWER_RESET, (struct register_write){ 0 });
	if (timer.space == SPACE_PORTS && timer.address <= UINT16_MAX)
		timer_set_pm_port((u16)timer.address);
	if (flags & FLAG_HARDWARE_REDUCED)
		describe(POWER_OFF, field_register(fadt, FADT_SLEEP_CONTROL), SLEEP_CONTROL_OFF, 1);
	else
		describe(POWER_OFF, field_register_x(fadt, FADT_X_PM1A_CONTROL, FADT_PM1A_CONTROL),
			 PM1A_CONTROL_OFF, 2);
	if (flags & FLAG_RESET)
		describe(POWER_RESET, field_register(fadt, FADT_RESET),
			 (u8)acpi_field_u32(fadt, FADT_RESET_VALUE), 1);
}
