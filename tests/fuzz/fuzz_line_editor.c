/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loaders/line_editor.c with any line and any keys. The first byte gives the length of the line;
 * the rest is typed. The output must fit the terminal and contain only the expected control
 * sequences.
 */
#include "core/console.h"
#include "lib/utf.h"
#include "loaders/line_editor.h"
#include "tests/fuzz/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { ROOM = 200, COLUMNS = 80 };

static size_t column;
static u32 clears;

static void write_text(struct console *it, const char *text, size_t size)
{
	struct span rest = span_of(text, size);

	(void)it;
	if (size == 4 && memcmp(text, "\r\x1b[K", 4) == 0) {
		clears++;
		column = 0;
		return;
	}
	while (rest.size) {
		u32 character = utf8_next(&rest);

		CHECK(character == '\r' ||
		      (character >= 0x20 && (character < 0x7f || character >= 0xa0)));
		column = character == '\r' ? 0 : column + 1;
		CHECK(column < COLUMNS);
	}
}

static void draw(const struct line_editor *editor)
{
	static struct console console = { .name = "fuzz", .write = write_text };

	clears = 0;
	console_register(&console);
	line_editor_draw(editor);
	console_unregister(&console);
	CHECK(clears == 1 && column >= 1);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct key_decoder decoder = { 0 };
	struct line_editor editor = { .room_size = ROOM };
	u8 text[ROOM];
	struct key key;

	if (size == 0)
		return 0;
	editor.text = text;
	editor.size = data[0] < size - 1 ? data[0] : size - 1;
	if (editor.size > ROOM)
		editor.size = ROOM;
	editor.cursor = editor.size;
	memcpy(text, data + 1, editor.size);
	for (size_t i = 1 + editor.size; i < size; i++) {
		size_t before = editor.size;
		bool was_changed = editor.is_changed;

		editor.is_changed = false;
		if (!key_decode(&decoder, data[i], &key))
			continue;
		if (line_editor_handle(&editor, &key) != LINE_EDITED)
			CHECK(!editor.is_changed);
		CHECK(editor.cursor <= editor.size && editor.size <= ROOM);
		CHECK(editor.is_changed || editor.size == before);
		editor.is_changed |= was_changed;
		draw(&editor);
	}
	return 0;
}
