/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Performs operations on a FAT image with the firmware's own code on the host;
 * tests/scripts/test_fat_write.py checks the result with fsck.vfat.
 *
 *	fat_session run IMAGE SEED STEPS		changes IMAGE
 *	fat_session count IMAGE SEED STEPS		prints how many blocks that writes
 *	fat_session cut IMAGE OUT SEED STEPS BLOCKS	the same up to a loss of power after so many
 *							blocks, into OUT
 *	fat_session verify IMAGE OUT SEED STEPS BLOCKS	OUT holds what it must after that
 *	fat_session label IMAGE OUT LABEL BLOCKS	sets the label, up to a loss of power after
 *so many blocks, into OUT; prints how many were written
 *
 * When the power fails, an unflushed block may or may not have been written; SEED decides.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "fs/fat/fat.h"
#include "tests/host/fat_check.h"
#include "tests/host/host.h"
#include "tests/host/volume_model.h"

enum { UNFLUSHED_MAX = 4096, CHOICES_SIZE = 1 << 16 };

/* A disk that loses power. */
static struct power_disk {
	struct block_device device;
	u8 *bytes;
	u64 blocks_left, blocks_written;
	u32 unflushed_count;
	struct {
		u64 block;
		u8 before[BLOCK_SIZE_MAX];
	} unflushed[UNFLUSHED_MAX];
} power;

static enum status power_read(struct block_device *device, u64 first, u64 count, void *buffer)
{
	memcpy(buffer, power.bytes + first * device->block_size, count * device->block_size);
	return OK;
}

static enum status power_write(struct block_device *device, u64 first, u64 count,
			       const void *buffer)
{
	for (u64 i = 0; i < count; i++) {
		u8 *at = power.bytes + (first + i) * device->block_size;

		if (power.blocks_left == 0)
			return ERR_IO;
		power.blocks_left--;
		power.blocks_written++;
		if (power.unflushed_count < UNFLUSHED_MAX) {
			power.unflushed[power.unflushed_count].block = first + i;
			memcpy(power.unflushed[power.unflushed_count++].before, at,
			       device->block_size);
		}
		memcpy(at, (const u8 *)buffer + i * device->block_size, device->block_size);
	}
	return OK;
}

static enum status power_flush(struct block_device *device)
{
	(void)device;
	if (power.blocks_left == 0)
		return ERR_IO;
	power.unflushed_count = 0;
	return OK;
}

static u32 random_state;

static u32 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	return random_state ^= random_state << 5;
}

/* Reverts some of the unflushed blocks to their state at the previous flush. */
static void lose_unflushed(u32 seed)
{
	random_state = seed * 2654435761u + 1;
	for (u32 i = power.unflushed_count; i-- > 0;) {
		bool is_first = true;

		for (u32 j = 0; j < i; j++)
			is_first = is_first && power.unflushed[j].block != power.unflushed[i].block;
		if (is_first && next_random() & 0x10)
			memcpy(power.bytes + power.unflushed[i].block * power.device.block_size,
			       power.unflushed[i].before, power.device.block_size);
	}
}

static void give_up(const char *what)
{
	fprintf(stderr, "fat_session: %s\n", what);
	exit(1);
}

static size_t load(const char *path, u8 **bytes)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file || fseek(file, 0, SEEK_END))
		give_up(path);
	size = (size_t)ftell(file);
	*bytes = malloc(size);
	rewind(file);
	if (fread(*bytes, 1, size, file) != size)
		give_up(path);
	fclose(file);
	return size;
}

static void store(const char *path, const u8 *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		give_up(path);
}

static struct volume *mount(u8 *bytes, size_t size, struct arena *arena)
{
	static const struct block_ops ops = { .read = power_read,
					      .write = power_write,
					      .flush = power_flush };
	const char *block_size = getenv("BLOCK_SIZE");
	struct volume *volume;

	power.device = (struct block_device){
		.name = "power", .ops = &ops, .block_size = block_size ? (u32)atoi(block_size) : 512
	};
	power.device.block_count = size / power.device.block_size;
	power.bytes = bytes;
	power.blocks_left = UINT64_MAX;
	power.unflushed_count = 0;
	block_cache_invalidate(&power.device);
	if (fat_ops.mount(&power.device, arena, &volume))
		give_up("no FAT");
	return volume;
}

/* Depends only on the seed. */
static struct span choices_of(u32 seed)
{
	static u8 bytes[CHOICES_SIZE];

	random_state = seed * 2654435761u + 12345;
	for (u32 i = 0; i < CHOICES_SIZE; i++)
		bytes[i] = (u8)(next_random() >> 11);
	return span_of(bytes, sizeof(bytes));
}

/*
 * Performs up to @steps operations and returns their number; @before is the model before the last
 * one.
 */
static u32 run(struct model *model, u32 seed, u32 steps, struct model *before)
{
	struct span choices = choices_of(seed);
	u32 done = 0;

	for (; done < steps && power.blocks_left; done++) {
		model_free(before);
		model_copy(before, model);
		(void)model_step(model, &choices);
		if (power.blocks_left)
			(void)volume_flush(model->volume);
	}
	return done;
}

/*
 * A file that was being written has either the old or the new size; its content may be a mix of
 * both.
 */
static bool is_written(const struct model *before, const struct model *after, u32 node,
		       struct volume *volume)
{
	char path[4096];
	struct file file;

	model_path(before, node, path, sizeof(path));
	return volume_open(volume, span_of_string(path), &file) == OK &&
	       (file.size == before->nodes[node].size || file.size == after->nodes[node].size);
}

/*
 * Everything that the last operation did not touch must exist. What it touched must be in the old
 * or the new state, unless it was removed. Files in a directory that was moved may have either
 * path.
 */
static void verify(const struct model *before, const struct model *after, u32 last,
		   struct volume *volume)
{
	for (u32 i = 1; i < MODEL_NODES_MAX; i++) {
		char path[4096];

		if (!before->nodes[i].is_used || (i == last && !after->nodes[i].is_used))
			continue;
		if (model_has(before, i, volume) ||
		    (after->nodes[i].is_used && model_has(after, i, volume)))
			continue;
		if (i == last && is_written(before, after, i, volume))
			continue;
		model_path(before, i, path, sizeof(path));
		give_up(path);
	}
}

static void set_label(char **argv)
{
	struct arena arena = { 0 };
	struct volume *volume;
	u8 *bytes;
	size_t size = load(argv[2], &bytes);

	volume = mount(bytes, size, &arena);
	power.blocks_left = (u64)atoll(argv[5]);
	if ((volume_set_label(volume, span_of_string(argv[4])) || volume_flush(volume)) &&
	    power.blocks_left)
		give_up("no label");
	lose_unflushed((u32)power.blocks_written);
	store(argv[3], bytes, size);
	printf("%llu\n", (unsigned long long)power.blocks_written);
	arena_release(&arena);
	free(bytes);
}

int main(int argc, char **argv)
{
	static struct model model, before;
	struct arena arena = { 0 };
	const char *what = argc > 1 ? argv[1] : "";
	const bool cuts = strcmp(what, "cut") == 0, verifies = strcmp(what, "verify") == 0;
	const int numbers = cuts || verifies ? 4 : 3;
	struct volume *volume;
	u32 seed, steps, last;
	size_t size;
	u8 *bytes;

	if (argc == 6 && strcmp(what, "label") == 0) {
		set_label(argv);
		return 0;
	}
	if (argc != numbers + (cuts || verifies ? 3 : 2))
		give_up("see tests/tools/fat_session.c");
	seed = (u32)atoi(argv[numbers]);
	steps = (u32)atoi(argv[numbers + 1]);
	log_set_threshold(LOG_NONE);
	size = load(argv[2], &bytes);
	volume = mount(bytes, size, &arena);
	if (cuts || verifies)
		power.blocks_left = (u64)atoll(argv[numbers + 2]);
	model_init(&model, volume);
	steps = run(&model, seed, steps, &before);
	last = model.last_node;
	if (cuts) {
		lose_unflushed(seed + (u32)power.blocks_written);
		store(argv[3], bytes, size);
	} else if (verifies) {
		/* The result of the operation without the power failure. */
		static struct model after;
		u8 *again;
		struct span choices = choices_of(seed);

		power.blocks_left = UINT64_MAX;
		free(bytes);
		size = load(argv[2], &bytes);
		volume = mount(bytes, size, &arena);
		model_init(&after, volume);
		for (u32 i = 0; i < steps; i++)
			(void)model_step(&after, &choices);
		size = load(argv[3], &again);
		verify(&before, &after, last, mount(again, size, &arena));
		model_free(&after);
		free(again);
	} else if (strcmp(what, "run") == 0) {
		model_check(&model);
		fat_check(volume);
		store(argv[2], bytes, size);
	} else {
		printf("%llu\n", (unsigned long long)power.blocks_written);
	}
	model_free(&model);
	model_free(&before);
	arena_release(&arena);
	free(bytes);
	return 0;
}
