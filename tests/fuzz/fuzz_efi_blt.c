/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of Blt() with any rectangles against a model that copies pixel by pixel: what is not on
 * the screen is refused, and nothing else changes, neither on the screen nor beside it.
 *
 * Input: calls of 1 operation, then x and y of source and destination, width, height and delta of 1
 * byte each: from 0xf0 on, one of a few large numbers.
 */
#include "efi/protocols/graphics.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { WIDTH = 13, HEIGHT = 9, STRIDE = 16, CALL_SIZE = 8, CALLS_MAX = 16 };
/* What a valid call can reach in the buffer. */
enum { PIXEL = 4, DELTA_MAX = 64 * PIXEL, BUFFER_SIZE = 2 * HEIGHT * DELTA_MAX + 64 * PIXEL };

static u32 video[HEIGHT][STRIDE], video_model[HEIGHT][STRIDE], video_before[HEIGHT][STRIDE];
static u8 buffer[BUFFER_SIZE], buffer_model[BUFFER_SIZE];

static u64 number_of(u8 byte)
{
	static const u64 large[] = {
		UINT64_MAX,       UINT64_MAX - 1, 1ull << 63, (1ull << 63) - 1, UINT32_MAX,
		1ull << 32,       UINT64_MAX / 4, 1ull << 62, UINT16_MAX,       1ull << 31,
		(1ull << 32) + 1, WIDTH,          HEIGHT,     STRIDE,           0,
		1ull << 61,
	};

	return byte < 0xf0 ? byte % 20 : large[byte - 0xf0];
}

static bool is_on_screen(u64 x, u64 y, u64 width, u64 height)
{
	return x <= WIDTH && width <= WIDTH - x && y <= HEIGHT && height <= HEIGHT - y;
}

static u8 *in_buffer(u8 *base, const struct efi_blt *blt, u64 x, u64 y)
{
	u64 delta = blt->delta ? blt->delta : blt->width * PIXEL;

	CHECK(y * delta + x * PIXEL + PIXEL <= BUFFER_SIZE);
	return base + y * delta + x * PIXEL;
}

static bool is_valid(const struct efi_blt *blt)
{
	bool reads = blt->operation == EfiBltVideoToBltBuffer ||
		     blt->operation == EfiBltVideoToVideo;
	bool writes = blt->operation != EfiBltVideoToBltBuffer;

	return (u32)blt->operation < EfiGraphicsOutputBltOperationMax && blt->width &&
	       blt->height && (blt->buffer || blt->operation == EfiBltVideoToVideo) &&
	       (!reads || is_on_screen(blt->source_x, blt->source_y, blt->width, blt->height)) &&
	       (!writes ||
		is_on_screen(blt->destination_x, blt->destination_y, blt->width, blt->height));
}

static void model(const struct efi_blt *blt)
{
	for (u64 y = 0; y < blt->height; y++) {
		for (u64 x = 0; x < blt->width; x++) {
			u64 sx = blt->source_x + x, sy = blt->source_y + y;
			u64 dx = blt->destination_x + x, dy = blt->destination_y + y;

			switch (blt->operation) {
			case EfiBltVideoFill:
				video_model[dy][dx] = load_le32(buffer);
				break;
			case EfiBltVideoToBltBuffer:
				store_le32(in_buffer(buffer_model, blt, dx, dy),
					   video_before[sy][sx]);
				break;
			case EfiBltBufferToVideo:
				video_model[dy][dx] = load_le32(in_buffer(buffer, blt, sx, sy));
				break;
			default:
				video_model[dy][dx] = video_before[sy][sx];
			}
		}
	}
}

/* The guest answers for its buffer: there, a call for the screen gets what it has room for. */
static void keep_to_buffer(struct efi_blt *blt)
{
	if (blt->operation == EfiBltVideoToBltBuffer) {
		blt->destination_x %= 20;
		blt->destination_y %= HEIGHT;
	} else if (blt->operation == EfiBltBufferToVideo) {
		blt->source_x %= 20;
		blt->source_y %= HEIGHT;
	}
	/* Lines may overlap in the buffer; with one written, the later line counts. */
	blt->delta %= DELTA_MAX;
}

static void fill(void)
{
	u32 *pixels = &video[0][0];

	for (u32 i = 0; i < HEIGHT * STRIDE; i++)
		pixels[i] = i * 0x01020305;
	for (u32 i = 0; i < BUFFER_SIZE; i++)
		buffer[i] = (u8)(i * 7 + (i >> 8));
	memcpy(video_model, video, sizeof(video));
	memcpy(buffer_model, buffer, sizeof(buffer));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct framebuffer framebuffer = { (uintptr_t)video, WIDTH, HEIGHT, STRIDE };

	fill();
	for (u32 i = 0; i < CALLS_MAX && size >= CALL_SIZE; i++) {
		struct efi_blt blt = {
			.buffer = data[0] & 0x80 ? NULL : (void *)buffer,
			.operation = data[0] & 7,
			.source_x = number_of(data[1]),
			.source_y = number_of(data[2]),
			.destination_x = number_of(data[3]),
			.destination_y = number_of(data[4]),
			.width = number_of(data[5]),
			.height = number_of(data[6]),
			.delta = number_of(data[7]),
		};
		bool valid;

		data += CALL_SIZE;
		size -= CALL_SIZE;
		keep_to_buffer(&blt);
		valid = is_valid(&blt);
		memcpy(video_before, video, sizeof(video));
		if (valid)
			model(&blt);
		CHECK(efi_blt(&framebuffer, &blt) == (valid ? EFI_SUCCESS : EFI_INVALID_PARAMETER));
		CHECK(!memcmp(video, video_model, sizeof(video)));
		CHECK(!memcmp(buffer, buffer_model, sizeof(buffer)));
	}
	return 0;
}
