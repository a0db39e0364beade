/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_GRAPHICS_OUTPUT_PROTOCOL.Blt() (UEFI 2.11, 12.9.2.3): copies of rectangles between the screen
 * and a buffer of the guest's.
 */
#include "efi/protocols/graphics.h"
#include "lib/util.h"

enum { PIXEL_SIZE = sizeof(EFI_GRAPHICS_OUTPUT_BLT_PIXEL) };

static_assert(sizeof(EFI_GRAPHICS_OUTPUT_BLT_PIXEL) == DISPLAY_PIXEL_SIZE);

/* Line @line of the rectangle in the buffer. A delta may be no multiple of a pixel. */
static u8 *buffer_line(const struct efi_blt *blt, u64 x, u64 y, u64 line)
{
	u64 delta = blt->delta ? blt->delta : blt->width * PIXEL_SIZE;

	return (u8 *)blt->buffer + (y + line) * delta + x * PIXEL_SIZE;
}

static void video_to_buffer(const struct framebuffer *framebuffer, const struct efi_blt *blt)
{
	for (u32 line = 0; line < blt->height; line++) {
		volatile u32 *from =
			framebuffer_at(framebuffer, (u32)blt->source_x, (u32)blt->source_y + line);
		u8 *to = buffer_line(blt, blt->destination_x, blt->destination_y, line);

		for (u32 i = 0; i < blt->width; i++)
			store_le32(to + (size_t)i * PIXEL_SIZE, from[i]);
	}
}

static void buffer_to_video(const struct framebuffer *framebuffer, const struct efi_blt *blt)
{
	for (u32 line = 0; line < blt->height; line++) {
		volatile u32 *to = framebuffer_at(framebuffer, (u32)blt->destination_x,
						  (u32)blt->destination_y + line);
		const u8 *from = buffer_line(blt, blt->source_x, blt->source_y, line);

		for (u32 i = 0; i < blt->width; i++)
			to[i] = load_le32(from + (size_t)i * PIXEL_SIZE);
	}
}

/* The rectangles may overlap: what is overwritten was read before. */
static void video_to_video(const struct framebuffer *framebuffer, const struct efi_blt *blt)
{
	bool down = blt->destination_y > blt->source_y;
	bool right = blt->destination_x > blt->source_x;

	for (u32 count = 0; count < blt->height; count++) {
		u32 line = down ? (u32)blt->height - 1 - count : count;
		volatile u32 *from =
			framebuffer_at(framebuffer, (u32)blt->source_x, (u32)blt->source_y + line);
		volatile u32 *to = framebuffer_at(framebuffer, (u32)blt->destination_x,
						  (u32)blt->destination_y + line);

		for (u32 i = 0; i < blt->width; i++) {
			u32 x = right ? (u32)blt->width - 1 - i : i;

			to[x] = from[x];
		}
	}
}

static EFI_STATUS check(const struct framebuffer *framebuffer, const struct efi_blt *blt)
{
	bool reads_video = blt->operation == EfiBltVideoToBltBuffer ||
			   blt->operation == EfiBltVideoToVideo;
	bool writes_video = blt->operation != EfiBltVideoToBltBuffer;

	if ((u32)blt->operation >= EfiGraphicsOutputBltOperationMax || blt->width == 0 ||
	    blt->height == 0)
		return EFI_INVALID_PARAMETER;
	if (blt->operation != EfiBltVideoToVideo && !blt->buffer)
		return EFI_INVALID_PARAMETER;
	if (reads_video && !framebuffer_contains(framebuffer, blt->source_x, blt->source_y,
						 blt->width, blt->height))
		return EFI_INVALID_PARAMETER;
	if (writes_video && !framebuffer_contains(framebuffer, blt->destination_x,
						  blt->destination_y, blt->width, blt->height))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

EFI_STATUS efi_blt(const struct framebuffer *framebuffer, const struct efi_blt *blt)
{
	EFI_STATUS status = check(framebuffer, blt);

	if (status)
		return status;
	switch (blt->operation) {
	case EfiBltVideoFill:
		framebuffer_fill(framebuffer, (u32)blt->destination_x, (u32)blt->destination_y,
				 (u32)blt->width, (u32)blt->height,
				 load_le32((const u8 *)blt->buffer));
		break;
	case EfiBltVideoToBltBuffer:
		video_to_buffer(framebuffer, blt);
		break;
	case EfiBltBufferToVideo:
		buffer_to_video(framebuffer, blt);
		break;
	default:
		video_to_video(framebuffer, blt);
	}
	return EFI_SUCCESS;
}
