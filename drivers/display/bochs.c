/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Bochs display interface (QEMU, docs/specs/standard-vga.rst; Bochs, iodev/display/vga.h): the
 * screen of QEMU's VGA, bochs-display, secondary-vga, qxl-vga and virtio-vga. BAR 0 is the
 * framebuffer, BAR 2 has the registers:
 *
 *	offset	size
 *	0x000	0x400	EDID
 *	0x400	0x20	the VGA ports 0x3c0 to 0x3df
 *	0x500	0x16	16-bit registers of the interface, by index
 *
 * If BAR 2 is something else (qxl-vga), the registers are accessed through an index port and a data
 * port.
 */
#include "core/log.h"
#include "drivers/display/display.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/util.h"

#include <asm/io.h>

enum {
	VENDOR_QEMU = 0x1234,
	DEVICE_VGA = 0x1111,
	DEVICE_QXL = 0x0100,
	VENDOR_VIRTIO = 0x1af4,
	DEVICE_VIRTIO_GPU = 0x1050,
	CLASS_VGA = 0x030000,

	BAR_FRAMEBUFFER = 0,
	BAR_REGISTERS = 2,
	REGISTERS_SIZE = 0x1000,
	VGA_ATTRIBUTE = 0x400, /* port 0x3c0 */
	VGA_STATUS = 0x41a,    /* port 0x3da: reading it makes the next write to 0x3c0 an index */
	VGA_SCREEN_ON = 0x20,
	INTERFACE = 0x500,

	PORT_INDEX = 0x1ce,
	PORT_DATA = 0x1cf,

	/* Registers. */
	ID = 0,
	WIDTH = 1,
	HEIGHT = 2,
	BITS_PER_PIXEL = 3,
	ENABLE = 4,
	BANK = 5,
	VIRTUAL_WIDTH = 6,
	OFFSET_X = 8,
	OFFSET_Y = 9,
	MEMORY_64K = 10,

	ID_FIRST = 0xb0c2, /* the first with 32 bits per pixel and a linear framebuffer */
	ID_LAST = 0xb0cf,
	ENABLED = 0x01,
	LINEAR_FRAMEBUFFER = 0x40,

	/* None of our modes needs more. */
	MAPPED_MAX = 16 * 1024 * 1024,
};

static struct bochs {
	struct display display;
	volatile u8 *registers; /* NULL: at the ports */
	u64 framebuffer;        /* 0: none was found yet */
} bochs;

static u16 read_register(const struct bochs *device, u16 index)
{
	if (device->registers)
		return mmio_read16(device->registers + INTERFACE + 2 * index);
	port_write16(PORT_INDEX, index);
	return port_read16(PORT_DATA);
}

static void write_register(const struct bochs *device, u16 index, u32 value)
{
	if (device->registers) {
		mmio_write16(device->registers + INTERFACE + 2 * index, (u16)value);
		return;
	}
	port_write16(PORT_INDEX, index);
	port_write16(PORT_DATA, (u16)value);
}

static bool answers(const struct bochs *device)
{
	u16 id = read_register(device, ID);

	return id >= ID_FIRST && id <= ID_LAST;
}

/* Without a VGA BIOS, VGA shows nothing before this. bochs-display has no such register. */
static void unblank(const struct bochs *device)
{
	if (!device->registers)
		return;
	(void)mmio_read8(device->registers + VGA_STATUS);
	mmio_write8(device->registers + VGA_ATTRIBUTE, VGA_SCREEN_ON);
}

static enum status show(struct display *display, u32 mode)
{
	struct bochs *device = container_of(display, struct bochs, display);
	u32 width = display->modes[mode].width, height = display->modes[mode].height;

	write_register(device, ENABLE, 0);
	write_register(device, BANK, 0);
	write_register(device, OFFSET_X, 0);
	write_register(device, OFFSET_Y, 0);
	write_register(device, BITS_PER_PIXEL, 32);
	write_register(device, WIDTH, width);
	write_register(device, HEIGHT, height);
	write_register(device, VIRTUAL_WIDTH, width);
	write_register(device, ENABLE, ENABLED | LINEAR_FRAMEBUFFER);
	unblank(device);
	/*
	 * A device that cannot show the size selects its nearest mode, in which lines start at
	 * other addresses than we expect.
	 */
	if (read_register(device, WIDTH) != width || read_register(device, HEIGHT) != height ||
	    read_register(device, BITS_PER_PIXEL) != 32 ||
	    read_register(device, VIRTUAL_WIDTH) != width)
		return unsupported("%s: cannot show %ux%u", display->name, width, height);
	display->framebuffer = (struct framebuffer){
		.base = device->framebuffer,
		.width = width,
		.height = height,
		.stride = width,
	};
	return OK;
}

static void read_edid(struct bochs *device)
{
	struct display *display = &device->display;

	for (u32 i = 0; i < DISPLAY_EDID_MAX; i += 4)
		store_le32(display->edid + i, mmio_read32(device->registers + i));
	display->edid_size = (u32)edid_check(span_of(display->edid, DISPLAY_EDID_MAX)).size;
}

/* Uses the registers in memory if they exist, otherwise the ports. */
static bool find_registers(struct bochs *device, const struct pci_device *place)
{
	u64 base;

	if (!pci_bar(place, BAR_REGISTERS, &base) &&
	    pci_bar_size(place, BAR_REGISTERS) >= REGISTERS_SIZE)
		device->registers = device_map(device->display.name, base, REGISTERS_SIZE);
	if (device->registers && answers(device)) {
		read_edid(device);
		return true;
	}
	device->registers = NULL;
	return pci_class(place) == CLASS_VGA && answers(device);
}

/* The part of the BAR that is screen memory according to the device. 0: not usable. */
static u64 find_framebuffer(struct bochs *device, const struct pci_device *place)
{
	u64 size = min_u64(pci_bar_size(place, BAR_FRAMEBUFFER),
			   read_register(device, MEMORY_64K) * 0x10000ull);
	u64 base;

	size = min_u64(size, MAPPED_MAX);
	if (size == 0 || pci_bar(place, BAR_FRAMEBUFFER, &base) ||
	    !device_map(device->display.name, base, size))
		return 0;
	device->framebuffer = base;
	return size;
}

static bool matches(const struct pci_device *device)
{
	switch (device->vendor_id) {
	case VENDOR_QEMU:
		return device->device_id == DEVICE_VGA;
	case PCI_VENDOR_REDHAT:
		return device->device_id == DEVICE_QXL && pci_class(device) == CLASS_VGA;
	case VENDOR_VIRTIO:
		return device->device_id == DEVICE_VIRTIO_GPU && pci_class(device) == CLASS_VGA;
	default:
		return false;
	}
}

static void probe(const struct pci_device *place)
{
	struct display *display = &bochs.display;
	u64 size;

	if (bochs.framebuffer)
		return log_debug("PCI %s: another screen, not used", place->name);
	bochs = (struct bochs){ .display.show = show };
	format(display->name, sizeof(display->name), "screen %s", place->name);
	if (IS_ENABLED(CONFIG_EFI))
		display->address = place->address;
	pci_enable(place);
	if (!find_registers(&bochs, place))
		return log_warning("%s: no Bochs display registers", display->name);
	size = find_framebuffer(&bochs, place);
	if (size == 0)
		return log_warning("%s: no usable framebuffer", display->name);
	if (display_start(display, size))
		bochs.framebuffer = 0;
}

const struct pci_driver bochs_driver = {
	.name = "bochs-display",
	.matches = matches,
	.probe = probe,
};
