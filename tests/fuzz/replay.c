/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target on files instead of fuzzing it, so that the corpus can be used as a regression
 * test without libFuzzer: replay_<target> FILE-OR-FOLDER...
 *
 * Prints the name of each input before running it, so the last name printed is the one that
 * crashed. The empty input always comes first.
 */
#include <dirent.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int passed, failed;

static void replay_bytes(const char *name, const uint8_t *data, size_t size)
{
	printf("%s: %zu bytes\n", name, size);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	passed++;
}

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	long size = -1;

	if (file && !fseek(file, 0, SEEK_END))
		size = ftell(file);
	if (size < 0) {
		perror(path);
		failed++;
	} else {
		/* Exact size, so that the sanitizer detects overruns. */
		uint8_t *data = malloc((size_t)size);

		rewind(file);
		if (fread(data, 1, (size_t)size, file) == (size_t)size) {
			replay_bytes(path, data, (size_t)size);
		} else {
			perror(path);
			failed++;
		}
		free(data);
	}
	if (file)
		fclose(file);
}

static void replay_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0) {
		perror(path);
		failed++;
		return;
	}
	for (int i = 0; i < count; i++) {
		char file[PATH_MAX];

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			replay_file(file);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	replay_bytes("(empty)", (const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		struct stat info;

		if (!stat(argv[i], &info) && S_ISDIR(info.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
