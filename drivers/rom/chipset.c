/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two chipsets of QEMU: i440FX with PIIX3 and PIIX4 (pc), MCH with ICH9 (q35). Memory instead
 * of ROM below 1 MiB, configuration space in memory, the ACPI registers' ports, interrupt routing
 * (Intel 290549, 290562, 316966 chapter 5, 316972 chapter 13).
 */
#include <asm/io.h>

#include "core/log.h"
#include "drivers/pci/pci.h"
#include "drivers/rom/rom.h"
#include "lib/util.h"

enum {
	ID_I440FX = 0x12378086,
	ID_MCH = 0x29c08086,
	ID_PIIX3 = 0x70008086,
	ID_PIIX4_POWER = 0x71138086,
	ID_ICH9 = 0x29188086,

	I440FX_PAM = 0x58, /* the first register is byte 1 */
	MCH_PAM = 0x90,
	MCH_ECAM = 0x60,
	ECAM_ENABLE = 1,

	POWER_PORT = 0x600,      /* as in SeaBIOS; also used as the last way to power off */
	PIIX3_IDE_TIMING = 0x40, /* of both channels */
	PIIX4_POWER_BASE = 0x40,
	PIIX4_POWER_ENABLE = 0x80,
	ICH9_SLOT_FIRST = 25,
	ICH9_POWER_BASE = 0x40,
	ICH9_ACPI_CONTROL = 0x44,
	ICH9_ACPI_ENABLE = 0x80,
	ICH9_ROOT_COMPLEX = 0xf0,
	INTERRUPT_ROUTES = 0x60,      /* of INTA to INTD */
	ICH9_INTERRUPT_ROUTES = 0x68, /* of INTE to INTH */
	PORT_LEVEL_TRIGGERED = 0x4d1, /* a bit for each of IRQ 8 to 15 */
	LEVEL_TRIGGERED = 1 << (10 - 8) | 1 << (11 - 8),
};

/* The ports of both channels are decoded: otherwise Linux does not look at them. */
#define IDE_IS_DECODED 0x80008000u
#define ROUTES 0x0b0b0a0au /* IRQ 10, 10, 11, 11 */
#define ROOT_COMPLEX_BASE 0xfed1c000u

static struct pci_device at(u8 device, u8 function)
{
	return (struct pci_device){ .device = device, .function = function };
}

static u32 read(u8 device, u8 function, u32 offset)
{
	const struct pci_device chip = at(device, function);

	return pci_ports_read32(&chip, offset);
}

static void write(u8 device, u8 function, u32 offset, u32 value)
{
	const struct pci_device chip = at(device, function);

	pci_ports_write32(&chip, offset, value);
}

static u8 line_of_route(u8 route)
{
	return (u8)(ROUTES >> 8 * (route & 3));
}

/* As in the _PRT of QEMU's DSDT: slot 1 begins with the first. */
static u8 pc_line(u8 slot, u8 pin)
{
	return line_of_route((u8)(slot + pin - 1));
}

/*
 * The pins of ICH9's own devices are not rotated: a register routes each device, and maps INTA to A
 * by default.
 */
static u8 q35_line(u8 slot, u8 pin)
{
	return line_of_route((u8)(slot < ICH9_SLOT_FIRST ? slot + pin : pin));
}

static void pc_init(void)
{
	/* Byte 0 of the first word is another register. */
	write(0, 0, I440FX_PAM, (read(0, 0, I440FX_PAM) & 0xff) | 0x33333000);
	write(0, 0, I440FX_PAM + 4, 0x33333333);
	for (u8 slot = 1; slot < PCI_DEVICES_PER_BUS; slot++) {
		u32 id = read(slot, 0, PCI_ID);

		if (id != ID_PIIX3)
			continue;
		write(slot, 0, INTERRUPT_ROUTES, ROUTES);
		write(slot, 1, PIIX3_IDE_TIMING, IDE_IS_DECODED);
		if (read(slot, 3, PCI_ID) != ID_PIIX4_POWER)
			return;
		write(slot, 3, PIIX4_POWER_BASE, POWER_PORT | 1);
		write(slot, 3, PIIX4_POWER_ENABLE, read(slot, 3, PIIX4_POWER_ENABLE) | 1);
		return;
	}
}

static void q35_init(u64 ecam_base)
{
	write(0, 0, MCH_PAM, 0x33333330);
	write(0, 0, MCH_PAM + 4, (read(0, 0, MCH_PAM + 4) & 0xff000000) | 0x00333333);
	write(0, 0, MCH_ECAM + 4, (u32)(ecam_base >> 32));
	write(0, 0, MCH_ECAM, (u32)ecam_base | ECAM_ENABLE);
	if (read(31, 0, PCI_ID) != ID_ICH9)
		return;
	write(31, 0, INTERRUPT_ROUTES, ROUTES);
	write(31, 0, ICH9_INTERRUPT_ROUTES, ROUTES);
	write(31, 0, ICH9_POWER_BASE, POWER_PORT | 1);
	write(31, 0, ICH9_ACPI_CONTROL, ICH9_ACPI_ENABLE);
	write(31, 0, ICH9_ROOT_COMPLEX, ROOT_COMPLEX_BASE | 1);
}

static const struct chipset pc = { .name = "i440FX", .interrupt_line = pc_line };
static const struct chipset q35 = { .name = "Q35", .has_ecam = true, .interrupt_line = q35_line };

const struct chipset *chipset_find(void)
{
	u32 id = pci_ports_exist() ? read(0, 0, PCI_ID) : 0;

	return id == ID_MCH ? &q35 : id == ID_I440FX ? &pc : NULL;
}

void chipset_init(const struct chipset *chipset, u64 ecam_base)
{
	if (chipset->has_ecam)
		q35_init(ecam_base);
	else
		pc_init();
	port_write8(PORT_LEVEL_TRIGGERED, LEVEL_TRIGGERED);
}
