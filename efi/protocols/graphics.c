/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_GRAPHICS_OUTPUT_PROTOCOL (UEFI 2.11, 12.9) on each screen, and what the monitor says of
 * itself. GRUB and Linux read Mode themselves and draw into the framebuffer.
 */
#include "efi/protocols/graphics.h"
#include "lib/config.h"
#include "lib/util.h"

struct efi_screen {
	struct efi_object object;
	struct display *display;
	EFI_DEVICE_PATH_PROTOCOL *path;
	EFI_GRAPHICS_OUTPUT_PROTOCOL graphics;
	EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE mode;
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION information;
	EFI_EDID_DISCOVERED_PROTOCOL edid; /* one monitor: what is discovered is active */
};

static struct efi_screen *console_screen;

static struct efi_screen *screen_of(EFI_GRAPHICS_OUTPUT_PROTOCOL *this)
{
	return container_of(this, struct efi_screen, graphics);
}

static EFI_GRAPHICS_OUTPUT_MODE_INFORMATION information_of(const struct display_mode *mode,
							   u32 stride)
{
	return (EFI_GRAPHICS_OUTPUT_MODE_INFORMATION){
		.HorizontalResolution = mode->width,
		.VerticalResolution = mode->height,
		.PixelFormat = PixelBlueGreenRedReserved8BitPerColor,
		.PixelsPerScanLine = stride,
	};
}

static EFI_STATUS EFIAPI query_mode(EFI_GRAPHICS_OUTPUT_PROTOCOL *this, UINT32 number, UINTN *size,
				    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION **out)
{
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION information;
	const struct display *display;

	if (!this || !size || !out)
		return EFI_INVALID_PARAMETER;
	display = screen_of(this)->display;
	if (number >= display->mode_count)
		return EFI_INVALID_PARAMETER;
	information = information_of(&display->modes[number], display->modes[number].width);
	*out = efi_copy(&information, sizeof(information));
	if (!*out)
		return EFI_OUT_OF_RESOURCES;
	*size = sizeof(information);
	return EFI_SUCCESS;
}

static void take_mode(struct efi_screen *screen)
{
	const struct display *display = screen->display;
	const struct framebuffer *framebuffer = &display->framebuffer;

	screen->information = information_of(&display->modes[display->mode], framebuffer->stride);
	screen->mode.Mode = display->mode;
	screen->mode.FrameBufferBase = framebuffer->base;
	screen->mode.FrameBufferSize = framebuffer_size(framebuffer);
}

static EFI_STATUS EFIAPI set_mode(EFI_GRAPHICS_OUTPUT_PROTOCOL *this, UINT32 number)
{
	struct efi_screen *screen;

	if (!this)
		return EFI_INVALID_PARAMETER;
	screen = screen_of(this);
	if (number >= screen->display->mode_count)
		return EFI_UNSUPPORTED;
	if (display_set_mode(screen->display, number))
		return EFI_DEVICE_ERROR;
	take_mode(screen);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI blt(EFI_GRAPHICS_OUTPUT_PROTOCOL *this,
			     EFI_GRAPHICS_OUTPUT_BLT_PIXEL *buffer,
			     EFI_GRAPHICS_OUTPUT_BLT_OPERATION operation, UINTN source_x,
			     UINTN source_y, UINTN destination_x, UINTN destination_y, UINTN width,
			     UINTN height, UINTN delta)
{
	const struct efi_blt call = {
		.buffer = buffer,
		.operation = operation,
		.source_x = source_x,
		.source_y = source_y,
		.destination_x = destination_x,
		.destination_y = destination_y,
		.width = width,
		.height = height,
		.delta = delta,
	};

	if (!this)
		return EFI_INVALID_PARAMETER;
	return efi_blt(&screen_of(this)->display->framebuffer, &call);
}

/* The device and its output (10.3.3.3). */
static EFI_DEVICE_PATH_PROTOCOL *path_of(const struct display *display)
{
	const ACPI_ADR_DEVICE_PATH output = {
		.Header = EFI_NODE(ACPI_ADR_DEVICE_PATH, ACPI_DEVICE_PATH, ACPI_ADR_DP),
		.ADR = ACPI_DISPLAY_ADR(ACPI_ADR_DISPLAY_TYPE_VGA, 0, 0),
	};
	EFI_DEVICE_PATH_PROTOCOL *device = efi_path_of_address(&display->address);
	EFI_DEVICE_PATH_PROTOCOL *path = device ? efi_path_append_node(device, &output) : NULL;

	efi_free(device);
	return path;
}

/* The screen that text goes to is marked as such: Linux prefers it. */
static EFI_STATUS install(struct efi_screen *screen, bool is_console)
{
	const struct {
		bool is_there;
		const EFI_GUID *protocol;
		void *interface;
	} protocols[] = {
		{ true, &guid_device_path, screen->path },
		{ true, &guid_graphics_output, &screen->graphics },
		{ screen->edid.SizeOfEdid, &guid_edid_discovered, &screen->edid },
		{ screen->edid.SizeOfEdid, &guid_edid_active, &screen->edid },
		{ is_console, &guid_console_out_device, NULL },
	};
	EFI_STATUS status = EFI_SUCCESS;

	for (u32 i = 0; !status && i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].is_there)
			status = efi_install(&screen->object, protocols[i].protocol,
					     protocols[i].interface);
	return status;
}

static EFI_STATUS publish(struct display *display)
{
	struct efi_screen *screen = efi_allocate(sizeof(*screen));
	bool is_console = IS_ENABLED(CONFIG_DISPLAY_CONSOLE) && !console_screen;

	if (!screen)
		return EFI_OUT_OF_RESOURCES;
	*screen = (struct efi_screen){
		.display = display,
		.path = path_of(display),
		.graphics = { query_mode, set_mode, blt, &screen->mode },
		.mode = {
			.MaxMode = display->mode_count,
			.Info = &screen->information,
			.SizeOfInfo = sizeof(screen->information),
		},
		.edid = { display->edid_size, display->edid },
	};
	if (!screen->path)
		return EFI_OUT_OF_RESOURCES;
	take_mode(screen);
	if (is_console)
		console_screen = screen;
	return install(screen, is_console);
}

EFI_STATUS efi_graphics_publish(void)
{
	EFI_STATUS status = EFI_SUCCESS;

	for (struct display *display = display_first(); !status && display; display = display->next)
		status = publish(display);
	return status;
}

const EFI_DEVICE_PATH_PROTOCOL *efi_graphics_console_path(void)
{
	return console_screen ? console_screen->path : NULL;
}
