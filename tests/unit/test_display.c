/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/display/: working, faulty and missing screens. */
#include <sys/mman.h>

#include "tests/unit/test.h"

#include "core/console.h"
#include "core/display.h"
#include "core/memory.h"
#include "drivers/display/display.h"
#include "loaders/boot_params.h"
#include "tests/host/fake_virtio.h"
#include "tests/host/host.h"
#include "tests/unit/edid.h"
#include "tests/unit/machine.h"

/* Pixels are written directly, so there is memory at this address. */
#define FRAMEBUFFER 0x40000000ull
#define REGISTERS 0x50000000ull

enum { FRAMEBUFFER_SIZE = 16 << 20, ENABLE = 4, MEMORY_64K = 10 };

static struct screen {
	struct fake_function function;
	u8 edid[2 * EDID_BLOCK];
	u16 registers[11];
	u32 width_max; /* larger values are reduced */
} screen;

static void screen_handle(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u64 offset = address - REGISTERS, index = (offset - 0x500) / 2;

	(void)context;
	if (offset < 0x400) {
		*value = offset + size <= sizeof(screen.edid) ? load_le32(screen.edid + offset) :
								UINT64_MAX;
	} else if (offset >= 0x500 && index < ARRAY_SIZE(screen.registers)) {
		CHECK_EQUAL(size, 2);
		if (write && index == 1)
			*value = min_u64(*value, screen.width_max);
		if (write)
			screen.registers[index] = (u16)*value;
		else
			*value = screen.registers[index];
	} else if (!write) {
		*value = 0;
	}
}

static void start(void)
{
	static bool mapped;

	if (!mapped)
		CHECK(mmap((void *)FRAMEBUFFER, FRAMEBUFFER_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			   0) == (void *)FRAMEBUFFER);
	mapped = true;
	machine_start_pci();
	host_mmio_handler(REGISTERS, 0x1000, screen_handle, NULL);
	screen = (struct screen){
		.function = { .device = 1, .bar_sizes = { FRAMEBUFFER_SIZE, 0, 0x1000 } },
		.registers = { 0xb0c5, [MEMORY_64K] = FRAMEBUFFER_SIZE >> 16 },
		.width_max = 4096,
	};
	store_le32(screen.function.config, 0x11111234);
	store_le32(screen.function.config + PCI_BAR0, (u32)FRAMEBUFFER);
	store_le32(screen.function.config + PCI_BAR0 + 8, (u32)REGISTERS);
	fake_machine_add(&machine, &screen.function);
	edid_make(screen.edid, 1280, 800);
}

static void probe(void)
{
	const struct pci_device device = {
		.name = "00:01.0",
		.config = (volatile u8 *)(MACHINE_ECAM + 0x8000),
		.vendor_id = 0x1234,
		.device_id = 0x1111,
		.device = 1,
	};

	CHECK(bochs_driver.matches(&device));
	bochs_driver.probe(&device);
}

static void check_refused(const char *message)
{
	probe();
	CHECK_OF(was_logged(message), "%s", message);
	CHECK(!display_first());
	CHECK(!console_present() || machine_log.console.next == NULL);
}

TEST(unusable_devices_are_refused)
{
	start();
	screen.registers[0] = 0xffff;
	check_refused("no Bochs display registers");
	start();
	screen.registers[MEMORY_64K] = 0;
	check_refused("no usable framebuffer");
	start();
	screen.registers[MEMORY_64K] = 16; /* the smallest mode needs 1.2 MiB */
	check_refused("no mode fits in 1048576 bytes");
	start();
	screen.function.bar_sizes[0] = 0x100000;
	check_refused("no mode fits in 1048576 bytes");
	start();
	store_le32(screen.function.config + PCI_BAR0, HOST_MEMORY_BASE);
	check_refused("that is RAM");
	start();
	screen.width_max = 600;
	check_refused("cannot show 640x480");
}

TEST(the_mode_that_the_monitor_prefers)
{
	struct display *display;
	struct screen_info info = { 0 };

	screen_info_fill(&info);
	CHECK_EQUAL(info.type, 0);
	start();
	probe();
	display = display_first();
	CHECK(display != NULL);
	if (!display)
		return;
	CHECK_EQUAL(display->framebuffer.width, 1280);
	CHECK_EQUAL(display->framebuffer.height, 800);
	CHECK_EQUAL(display->framebuffer.base, FRAMEBUFFER);
	CHECK_EQUAL(display->edid_size, EDID_BLOCK);
	CHECK_EQUAL(screen.registers[ENABLE], 0x41);
	CHECK_EQUAL(load_le32(screen.function.config + PCI_BAR0), FRAMEBUFFER);
	screen_info_fill(&info);
	CHECK_EQUAL(info.type, SCREEN_TYPE_EFI);
	CHECK_EQUAL(info.base, FRAMEBUFFER);
	CHECK_EQUAL(info.size, 1280 * 800 * 4);
	CHECK_EQUAL(info.width, 1280);
	CHECK_EQUAL(info.height, 800);
	CHECK_EQUAL(info.line_length, 1280 * 4);
	CHECK_EQUAL(info.depth, 32);
	CHECK_EQUAL(info.capabilities, 0);
	/* A second one is not used. */
	probe();
	CHECK(was_logged("another screen"));
	CHECK(!display->next);
}

static u32 pixel(u32 x, u32 y)
{
	return *framebuffer_at(&display_first()->framebuffer, x, y);
}

/* The number of pixels of a cell in the text colour. */
static u32 ink(u32 column, u32 row, u32 scale, u32 left, u32 top)
{
	u32 count = 0;

	for (u32 y = 0; y < 16 * scale; y++)
		for (u32 x = 0; x < 8 * scale; x++)
			count += pixel(left + column * 8 * scale + x, top + row * 16 * scale + y) ==
				 0xaaaaaa;
	return count;
}

TEST(text_is_drawn_at_double_size_if_it_fits)
{
	console_write_raw("\x1b[2J\x1b[H\x1b[?25lI\xe2\x96\x88", 17);
	CHECK(ink(0, 0, 2, 0, 0) > 20);
	CHECK_EQUAL(ink(0, 0, 2, 0, 0) % 4, 0);
	CHECK_EQUAL(ink(1, 0, 2, 0, 0), 16 * 32);
	CHECK_EQUAL(ink(2, 0, 2, 0, 0), 0);
	console_write_raw("\x1b[?25h", 6);
	CHECK_EQUAL(ink(2, 0, 2, 0, 0), 16 * 4); /* the cursor: two lines */
	console_write_raw("\x1b[44m\x1b[2J", 9);
	CHECK_EQUAL(pixel(1279, 799), 0x0000aa);
}

TEST(another_mode_is_blank_and_has_the_text_in_its_middle)
{
	struct display *display = display_first();
	u32 mode = 0;

	while (display->modes[mode].width != 1024)
		mode++;
	CHECK_EQUAL(display_set_mode(display, display->mode_count), ERR_INVALID);
	console_write_raw("\x1b[0m\x1b[2J\x1b[Hold", 14);
	CHECK_EQUAL(display_set_mode(display, mode), OK);
	CHECK_EQUAL(display->mode, mode);
	console_write_raw("\x1b[2;1H\xe2\x96\x88", 9);
	CHECK_EQUAL(ink(0, 0, 1, 192, 184), 0);
	CHECK_EQUAL(ink(0, 1, 1, 192, 184), 128);
	/* A mode that the device does not support leaves the old mode number. */
	screen.width_max = 100;
	CHECK_EQUAL(display_set_mode(display, 0), ERR_UNSUPPORTED);
	CHECK_EQUAL(display->mode, mode);
}

static enum status show_whole_bytes(struct display *display, u32 mode)
{
	if (display->modes[mode].width % 8)
		return ERR_UNSUPPORTED;
	display->framebuffer = (struct framebuffer){
		.base = FRAMEBUFFER,
		.width = display->modes[mode].width,
		.height = display->modes[mode].height,
		.stride = display->modes[mode].width,
	};
	return OK;
}

/* QEMU: -device VGA,xres=1366,yres=768. */
TEST(a_preferred_mode_that_the_device_does_not_show)
{
	static struct display odd = { .name = "odd", .show = show_whole_bytes };

	edid_make(odd.edid, 1366, 768);
	odd.edid_size = EDID_BLOCK;
	CHECK_EQUAL(display_start(&odd, FRAMEBUFFER_SIZE), OK);
	CHECK_EQUAL(odd.framebuffer.width, 1024);
	CHECK_EQUAL(odd.modes[odd.mode].width, 1024);
	CHECK_EQUAL(odd.mode_count, 10);
	for (u32 i = 0; i < odd.mode_count; i++)
		CHECK(odd.modes[i].width != 1366);
}
