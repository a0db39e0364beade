/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists boot entries as read and sorted by loaders/bls*.c, for comparison with another reader
 * (tests/scripts/test_bls_difference.py). bls_list FILE... prints a line for each entry of the
 * menu, with fields separated by tabs and bytes in hexadecimal: file name, title, version,
 * machine-id, sort-key, linux, then each value of options and of initrd as "options=..." and
 * "initrd=...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "loaders/bls.h"

static void print_hex(const char *name, struct span bytes)
{
	printf("\t%s=", name);
	for (size_t i = 0; i < bytes.size; i++)
		printf("%02x", bytes.data[i]);
}

static void print_values(const struct bls_entry *entry, const char *key)
{
	struct span rest = entry->text, value;

	while (bls_entry_next_value(&rest, key, &value))
		print_hex(key, text_unquote(value));
}

static struct span read_all(const char *path)
{
	FILE *file = fopen(path, "rb");
	u8 *bytes = malloc(BLS_ENTRY_SIZE_MAX);
	size_t size;

	if (!file || !bytes) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size = fread(bytes, 1, BLS_ENTRY_SIZE_MAX, file);
	fclose(file);
	return span_of(bytes, size);
}

int main(int argc, char **argv)
{
	struct bls_entries entries = { 0 };

	for (int i = 1; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		struct span text = read_all(argv[i]);
		struct bls_entry *entry = calloc(1, sizeof(*entry));

		if (!entry)
			return EXIT_FAILURE;
		entry->file = slash ? slash + 1 : argv[i];
		if (!bls_entry_name(span_of_string(entry->file), entry) ||
		    bls_entry_parse(text, entry)) {
			free((void *)text.data);
			free(entry);
			continue;
		}
		entry->next = entries.first;
		entries.first = entry;
		entries.count++;
	}
	bls_entries_sort(&entries);
	for (const struct bls_entry *entry = entries.first; entry; entry = entry->next) {
		if (entry->unusable)
			continue;
		printf("%s", entry->file);
		print_hex("title", entry->title);
		print_hex("version", entry->version);
		print_hex("machine-id", entry->machine_id);
		print_hex("sort-key", entry->sort_key);
		print_hex("linux", entry->path);
		print_values(entry, "options");
		print_values(entry, "initrd");
		printf("\n");
	}
	return EXIT_SUCCESS;
}
