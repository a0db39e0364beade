/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 12.9: the screen, its modes and drawing. */
#include "selftest.h"

enum { SIDE = 16 };

typedef EFI_GRAPHICS_OUTPUT_BLT_PIXEL pixel;

static EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics;
static pixel drawn[SIDE * SIDE], back[SIDE * SIDE];

static EFI_STATUS blt(pixel *buffer, unsigned operation, UINTN from_x, UINTN from_y, UINTN to_x,
		      UINTN to_y, UINTN width, UINTN height, UINTN delta)
{
	return graphics->Blt(graphics, buffer, (EFI_GRAPHICS_OUTPUT_BLT_OPERATION)operation, from_x,
			     from_y, to_x, to_y, width, height, delta);
}

static bool same(const pixel *a, const pixel *b)
{
	return a->Red == b->Red && a->Green == b->Green && a->Blue == b->Blue;
}

/* Does the square of the screen at those coordinates show the drawing from (x, y) on? */
static bool shows(UINTN at_x, UINTN at_y, UINTN x, UINTN y, UINTN width, UINTN height)
{
	memset(back, 0x55, sizeof(back));
	if (blt(back, EfiBltVideoToBltBuffer, at_x, at_y, 0, 0, width, height, SIDE * sizeof(pixel)))
		return false;
	for (UINTN row = 0; row < height; row++)
		for (UINTN column = 0; column < width; column++)
			if (!same(&back[row * SIDE + column], &drawn[(y + row) * SIDE + x + column]))
				return false;
	return true;
}

/*
 * Draws a part of the picture, or copies it from elsewhere on the screen, and checks the result.
 * Prints nothing meanwhile, because text may scroll the screen.
 */
static void draws(const char *what, const char *result, unsigned operation, UINTN from_x,
		  UINTN from_y, UINTN to_x, UINTN to_y, UINTN width, UINTN height)
{
	bool is_copy = operation == EfiBltVideoToVideo, is_there;
	EFI_STATUS status = EFI_SUCCESS;

	if (is_copy)
		status = blt(drawn, EfiBltBufferToVideo, 0, 0, from_x, from_y, width, height,
			     SIDE * sizeof(pixel));
	if (!status)
		status = blt(is_copy ? NULL : drawn, operation, from_x, from_y, to_x, to_y, width,
			     height, is_copy ? 0 : SIDE * sizeof(pixel));
	is_there = shows(to_x, to_y, is_copy ? 0 : from_x, is_copy ? 0 : from_y, width, height);
	is(what, status, EFI_SUCCESS);
	ok(result, is_there);
}

static void test_draw(void)
{
	pixel red = { .Red = 0xff };
	EFI_STATUS fill, read;
	bool filled = true;

	for (unsigned i = 0; i < SIDE * SIDE; i++)
		drawn[i] = (pixel){ (u8)i, (u8)(i * 7), (u8)(i * 13), 0 };
	fill = blt(&red, EfiBltVideoFill, 0, 0, 3, 5, SIDE, SIDE, 0);
	read = blt(back, EfiBltVideoToBltBuffer, 3, 5, 0, 0, SIDE, SIDE, 0);
	for (unsigned i = 0; i < SIDE * SIDE; i++)
		filled &= same(&back[i], &red);
	is("fill", fill, EFI_SUCCESS);
	is("read", read, EFI_SUCCESS);
	ok("it is filled", filled);
	draws("draw", "it is drawn", EfiBltBufferToVideo, 0, 0, 100, 100, SIDE, SIDE);
	draws("draw a part", "the part is drawn", EfiBltBufferToVideo, 4, 6, 200, 100, 8, 9);
	draws("copy", "it is copied", EfiBltVideoToVideo, 100, 100, 300, 200, SIDE, SIDE);
	draws("copy over itself, downwards", "it is copied downwards", EfiBltVideoToVideo, 300, 200,
	      303, 205, SIDE, SIDE);
	draws("copy over itself, upwards", "it is copied upwards", EfiBltVideoToVideo, 303, 205,
	      298, 203, SIDE, SIDE);
}

static void test_draw_errors(void)
{
	UINTN width = graphics->Mode->Info->HorizontalResolution;
	UINTN height = graphics->Mode->Info->VerticalResolution;

	is("the last pixel", blt(drawn, EfiBltVideoFill, 0, 0, width - 1, height - 1, 1, 1, 0),
	   EFI_SUCCESS);
	is("no such operation", blt(drawn, EfiGraphicsOutputBltOperationMax, 0, 0, 0, 0, 1, 1, 0),
	   EFI_INVALID_PARAMETER);
	is("no width", blt(drawn, EfiBltVideoFill, 0, 0, 0, 0, 0, 1, 0), EFI_INVALID_PARAMETER);
	is("no height", blt(drawn, EfiBltVideoFill, 0, 0, 0, 0, 1, 0, 0), EFI_INVALID_PARAMETER);
	is("fill past the right edge", blt(drawn, EfiBltVideoFill, 0, 0, width - 1, 0, 2, 1, 0),
	   EFI_INVALID_PARAMETER);
	is("fill past the bottom", blt(drawn, EfiBltVideoFill, 0, 0, 0, height - 1, 1, 2, 0),
	   EFI_INVALID_PARAMETER);
	is("read past the right edge", blt(back, EfiBltVideoToBltBuffer, width, 0, 0, 0, 1, 1, 0),
	   EFI_INVALID_PARAMETER);
	is("draw past the bottom", blt(drawn, EfiBltBufferToVideo, 0, 0, 0, height, 1, 1, 0),
	   EFI_INVALID_PARAMETER);
	is("copy from where no screen is", blt(NULL, EfiBltVideoToVideo, width, 0, 0, 0, 1, 1, 0),
	   EFI_INVALID_PARAMETER);
	is("copy to where no screen is", blt(NULL, EfiBltVideoToVideo, 0, 0, 0, height, 1, 1, 0),
	   EFI_INVALID_PARAMETER);
	is("a sum that wraps around", blt(drawn, EfiBltVideoFill, 0, 0, ~0ull, 0, 2, 1, 0),
	   EFI_INVALID_PARAMETER);
}

static bool information_is_good(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *information)
{
	return information->Version == 0 && information->HorizontalResolution >= 320 &&
	       information->VerticalResolution >= 200 &&
	       information->PixelFormat < PixelFormatMax &&
	       information->PixelsPerScanLine >= information->HorizontalResolution;
}

static void test_modes(void)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode = graphics->Mode;
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *information;
	UINT32 before = mode->Mode, other = before ? before - 1 : mode->MaxMode - 1;
	bool good = true, black;
	EFI_STATUS status;
	UINTN size;

	ok("the mode is one of them", before < mode->MaxMode);
	ok("its information", mode->Info && mode->SizeOfInfo >= sizeof(*mode->Info) &&
				      information_is_good(mode->Info));
	ok("it is in the framebuffer",
	   mode->Info->PixelFormat == PixelBltOnly ||
		   (mode->FrameBufferBase &&
		    mode->FrameBufferSize >=
			    4ull * mode->Info->PixelsPerScanLine * mode->Info->VerticalResolution));
	for (UINT32 i = 0; i < mode->MaxMode; i++) {
		good &= !graphics->QueryMode(graphics, i, &size, &information) &&
			size >= sizeof(*information) && information_is_good(information);
		if (good)
			boot->FreePool(information);
	}
	ok("all modes have information", good);
	is("of no such mode", graphics->QueryMode(graphics, mode->MaxMode, &size, &information),
	   EFI_INVALID_PARAMETER);
	is("no size", graphics->QueryMode(graphics, 0, NULL, &information), EFI_INVALID_PARAMETER);
	is("no information", graphics->QueryMode(graphics, 0, &size, NULL), EFI_INVALID_PARAMETER);
	is("set no such mode", graphics->SetMode(graphics, mode->MaxMode), EFI_UNSUPPORTED);
	equals("the mode stays", mode->Mode, before);
	status = graphics->SetMode(graphics, other);
	black = !blt(back, EfiBltVideoToBltBuffer, 0, 0, 0, 0, SIDE, SIDE, 0);
	for (unsigned i = 0; i < SIDE * SIDE; i++)
		black &= same(&back[i], &(pixel){ 0 });
	is("set another", status, EFI_SUCCESS);
	equals("it is the mode", mode->Mode, other);
	ok("the screen is black", black);
	is("and back", graphics->SetMode(graphics, before), EFI_SUCCESS);
	equals("it is the mode", mode->Mode, before);
}

void test_graphics(void)
{
	graphics = protocol((EFI_GUID)EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID);
	if (!graphics) {
		skip("graphics", "this machine has no screen");
		return;
	}
	test_modes();
	test_draw();
	test_draw_errors();
	/* Restores the console's text. */
	system_table->ConOut->ClearScreen(system_table->ConOut);
}
