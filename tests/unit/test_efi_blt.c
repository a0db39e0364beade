/* SPDX-License-Identifier: Apache-2.0 */
/* efi/protocols/blt.c against a model that copies pixel by pixel. */
#include "tests/unit/efi_services.h"

#include "efi/protocols/graphics.h"

enum { WIDTH = 23, HEIGHT = 17, STRIDE = 29, BUFFER_WIDTH = 40, BUFFER_HEIGHT = 31 };

static u32 video[HEIGHT][STRIDE], video_model[HEIGHT][STRIDE], video_before[HEIGHT][STRIDE];
static u32 buffer[BUFFER_HEIGHT][BUFFER_WIDTH], buffer_model[BUFFER_HEIGHT][BUFFER_WIDTH];
static u32 seed = 1;

static u32 random_below(u32 end)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % end;
}

static struct framebuffer framebuffer(void)
{
	return (struct framebuffer){ (uintptr_t)video, WIDTH, HEIGHT, STRIDE };
}

static void fill_with_noise(void)
{
	for (u32 y = 0; y < HEIGHT; y++)
		for (u32 x = 0; x < STRIDE; x++)
			video[y][x] = random_below(1 << 24);
	for (u32 y = 0; y < BUFFER_HEIGHT; y++)
		for (u32 x = 0; x < BUFFER_WIDTH; x++)
			buffer[y][x] = random_below(1 << 24);
	memcpy(video_model, video, sizeof(video));
	memcpy(video_before, video, sizeof(video));
	memcpy(buffer_model, buffer, sizeof(buffer));
}

static void model(const struct efi_blt *blt)
{
	for (u64 y = 0; y < blt->height; y++) {
		for (u64 x = 0; x < blt->width; x++) {
			u64 sx = blt->source_x + x, sy = blt->source_y + y;
			u64 dx = blt->destination_x + x, dy = blt->destination_y + y;

			switch (blt->operation) {
			case EfiBltVideoFill:
				video_model[dy][dx] = buffer[0][0];
				break;
			case EfiBltVideoToBltBuffer:
				buffer_model[dy][dx] = video_before[sy][sx];
				break;
			case EfiBltBufferToVideo:
				video_model[dy][dx] = buffer[sy][sx];
				break;
			default:
				video_model[dy][dx] = video_before[sy][sx];
			}
		}
	}
}

static struct efi_blt call_of(EFI_GRAPHICS_OUTPUT_BLT_OPERATION operation)
{
	return (struct efi_blt){
		.buffer = (EFI_GRAPHICS_OUTPUT_BLT_PIXEL *)buffer,
		.operation = operation,
		.width = 1,
		.height = 1,
		.delta = sizeof(buffer[0]),
	};
}

TEST(every_operation_matches_the_model)
{
	struct framebuffer f = framebuffer();

	for (u32 round = 0; round < 4000; round++) {
		struct efi_blt blt = call_of(round % EfiGraphicsOutputBltOperationMax);

		fill_with_noise();
		blt.width = 1 + random_below(WIDTH);
		blt.height = 1 + random_below(HEIGHT);
		blt.source_x = random_below(WIDTH + 1 - (u32)blt.width);
		blt.source_y = random_below(HEIGHT + 1 - (u32)blt.height);
		blt.destination_x = random_below(WIDTH + 1 - (u32)blt.width);
		blt.destination_y = random_below(HEIGHT + 1 - (u32)blt.height);
		model(&blt);
		CHECK_STATUS(efi_blt(&f, &blt), EFI_SUCCESS);
		CHECK_OF(!memcmp(video, video_model, sizeof(video)), "round %u", round);
		CHECK_OF(!memcmp(buffer, buffer_model, sizeof(buffer)), "round %u", round);
	}
}

TEST(without_a_delta_the_buffer_is_the_rectangle)
{
	struct framebuffer f = framebuffer();
	struct efi_blt blt = call_of(EfiBltBufferToVideo);
	const u32 *pixels = buffer[0];

	fill_with_noise();
	blt.width = 5;
	blt.height = 4;
	blt.delta = 0;
	CHECK_STATUS(efi_blt(&f, &blt), EFI_SUCCESS);
	for (u32 y = 0; y < 4; y++)
		for (u32 x = 0; x < 5; x++)
			CHECK_EQUAL(video[y][x], pixels[y * 5 + x]);
	/* An odd delta is in bytes. */
	blt.delta = 21;
	CHECK_STATUS(efi_blt(&f, &blt), EFI_SUCCESS);
	CHECK(!memcmp(&video[3][0], (u8 *)buffer + 63, 20));
}

TEST(rectangles_outside_the_screen_are_refused)
{
	static const struct {
		u64 x, y, width, height;
	} outside[] = {
		{ 0, 0, 0, 1 },          { 0, 0, 1, 0 },          { WIDTH, 0, 1, 1 },
		{ 0, HEIGHT, 1, 1 },     { 1, 0, WIDTH, 1 },      { 0, 1, 1, HEIGHT },
		{ UINT64_MAX, 0, 1, 1 }, { 0, UINT64_MAX, 1, 1 }, { 1, 0, UINT64_MAX, 1 },
		{ 0, 1, 1, UINT64_MAX }, { 1ull << 32, 0, 1, 1 }, { 0, 0, 1ull << 32, 1 },
	};
	struct framebuffer f = framebuffer();

	fill_with_noise();
	for (u32 i = 0; i < ARRAY_SIZE(outside); i++) {
		for (u32 operation = 0; operation < EfiGraphicsOutputBltOperationMax; operation++) {
			struct efi_blt blt = call_of(operation);

			blt.width = outside[i].width;
			blt.height = outside[i].height;
			if (operation != EfiBltVideoToBltBuffer) {
				blt.destination_x = outside[i].x;
				blt.destination_y = outside[i].y;
				CHECK_STATUS(efi_blt(&f, &blt), EFI_INVALID_PARAMETER);
				blt.destination_x = blt.destination_y = 0;
			}
			if (operation == EfiBltVideoToBltBuffer ||
			    operation == EfiBltVideoToVideo) {
				blt.source_x = outside[i].x;
				blt.source_y = outside[i].y;
				CHECK_STATUS(efi_blt(&f, &blt), EFI_INVALID_PARAMETER);
			}
		}
	}
	CHECK(!memcmp(video, video_model, sizeof(video)));
	CHECK(!memcmp(buffer, buffer_model, sizeof(buffer)));
}

TEST(other_bad_parameters)
{
	struct framebuffer f = framebuffer();

	for (u32 operation = 0; operation < EfiBltVideoToVideo; operation++) {
		struct efi_blt blt = call_of(operation);

		blt.buffer = NULL;
		CHECK_STATUS(efi_blt(&f, &blt), EFI_INVALID_PARAMETER);
	}
	struct efi_blt blt = call_of(EfiGraphicsOutputBltOperationMax);

	CHECK_STATUS(efi_blt(&f, &blt), EFI_INVALID_PARAMETER);
	blt = call_of((EFI_GRAPHICS_OUTPUT_BLT_OPERATION)-1);
	CHECK_STATUS(efi_blt(&f, &blt), EFI_INVALID_PARAMETER);
	blt = call_of(EfiBltVideoToVideo);
	blt.buffer = NULL;
	CHECK_STATUS(efi_blt(&f, &blt), EFI_SUCCESS);
}
