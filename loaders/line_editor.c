/* SPDX-License-Identifier: Apache-2.0 */
/* A line editor that needs only CR and "clear the line" from the terminal.
 */
#include "loaders/line_editor.h"

#include "core/console.h"
#include "lib/utf.h"
#include "lib/util.h"

enum {
	COLUMNS = 77,       /* of text: a terminal has 80, and there is a mark on each side */
	STEP = COLUMNS / 2, /* a long line scrolls by this much */
	CHARACTER_SIZE_MAX = 4,
	CONTROL_A = 1,
	CONTROL_E = 5,
	CONTROL_K = 11,
	CONTROL_U = 21,
};

/* The bytes of the character at @offset, which is not the end; of a malformed byte, 1. */
static size_t size_at(const struct line_editor *editor, size_t offset)
{
	struct span rest = span_of(editor->text + offset, editor->size - offset);
	size_t size = rest.size;

	(void)utf8_next(&rest);
	return size - rest.size;
}

/* The start of the character before the cursor; characters can only be parsed from the start.
 */
static size_t previous(const struct line_editor *editor)
{
	size_t at = 0, next = 0;

	for (; next < editor->cursor; next += size_at(editor, next))
		at = next;
	return at;
}

static size_t next(const struct line_editor *editor)
{
	if (editor->cursor == editor->size)
		return editor->size;
	return editor->cursor + size_at(editor, editor->cursor);
}

/* Deletes from @first up to @end; the cursor is then at @first. */
static void cut(struct line_editor *editor, size_t first, size_t end)
{
	memmove(editor->text + first, editor->text + end, editor->size - end);
	editor->size -= end - first;
	editor->cursor = first;
	editor->is_changed |= end != first;
}

static void insert(struct line_editor *editor, u32 unicode)
{
	u16 units[] = { (u16)unicode, 0 };
	char bytes[CHARACTER_SIZE_MAX + 1];
	size_t size;

	if (unicode > UINT16_MAX) {
		units[0] = (u16)(0xd800 + ((unicode - 0x10000) >> 10));
		units[1] = (u16)(0xdc00 + (unicode & 0x3ff));
	}
	size = utf8_from_utf16(bytes, sizeof(bytes), units, unicode > UINT16_MAX ? 2 : 1);
	if (size > editor->room_size - editor->size)
		return;
	memmove(editor->text + editor->cursor + size, editor->text + editor->cursor,
		editor->size - editor->cursor);
	memcpy(editor->text + editor->cursor, bytes, size);
	editor->size += size;
	editor->cursor += size;
	editor->is_changed = true;
}

static enum line_editor_result handle_control(struct line_editor *editor, u32 unicode)
{
	switch (unicode) {
	case CONTROL_A:
		editor->cursor = 0;
		return LINE_EDITED;
	case CONTROL_E:
		editor->cursor = editor->size;
		return LINE_EDITED;
	case CONTROL_K:
		cut(editor, editor->cursor, editor->size);
		return LINE_EDITED;
	case CONTROL_U:
		cut(editor, 0, editor->cursor);
		return LINE_EDITED;
	default:
		return LINE_IGNORED;
	}
}

static enum line_editor_result handle_character(struct line_editor *editor, u32 unicode)
{
	switch (unicode) {
	case '\r':
		return LINE_ACCEPTED;
	case '\b':
		cut(editor, previous(editor), editor->cursor);
		return LINE_EDITED;
	case '\t':
		return LINE_IGNORED;
	default:
		insert(editor, unicode);
		return LINE_EDITED;
	}
}

enum line_editor_result line_editor_handle(struct line_editor *editor, const struct key *key)
{
	if (key->modifiers == KEY_CONTROL && key->code == KEY_CHARACTER)
		return handle_control(editor, key->unicode);
	if (key->modifiers)
		return LINE_IGNORED;
	switch (key->code) {
	case KEY_CHARACTER:
		return handle_character(editor, key->unicode);
	case KEY_LEFT:
		editor->cursor = previous(editor);
		return LINE_EDITED;
	case KEY_RIGHT:
		editor->cursor = next(editor);
		return LINE_EDITED;
	case KEY_HOME:
		editor->cursor = 0;
		return LINE_EDITED;
	case KEY_END:
		editor->cursor = editor->size;
		return LINE_EDITED;
	case KEY_DELETE:
		cut(editor, editor->cursor, next(editor));
		return LINE_EDITED;
	case KEY_ESCAPE:
		return LINE_CANCELLED;
	default:
		return LINE_IGNORED;
	}
}

/* Advances @offset by @count characters, at most to the end; returns how many there were. */
static size_t skip(const struct line_editor *editor, size_t *offset, size_t end, size_t count)
{
	size_t skipped = 0;

	for (; skipped < count && *offset < end; skipped++)
		*offset += size_at(editor, *offset);
	return skipped;
}

/* Prints at most COLUMNS characters. */
static void print(const struct line_editor *editor, size_t first, size_t end)
{
	char text[COLUMNS * CHARACTER_SIZE_MAX];

	memcpy(text, editor->text + first, end - first);
	console_write(text, utf8_make_printable(text, end - first));
}

void line_editor_draw(const struct line_editor *editor)
{
	const char *mark = ":";
	size_t first = 0, end, before, hidden = 0;

	before = skip(editor, &first, editor->cursor, SIZE_MAX);
	if (before >= COLUMNS)
		hidden = (before - COLUMNS) / STEP * STEP + STEP;
	if (hidden)
		mark = "<";
	first = 0;
	(void)skip(editor, &first, editor->size, hidden);
	end = first;
	(void)skip(editor, &end, editor->size, COLUMNS);
	console_write("\r\x1b[K", strlen("\r\x1b[K"));
	console_write(mark, 1);
	print(editor, first, end);
	if (end < editor->size)
		console_write(">", 1);
	/*
	 * Printed again up to the cursor, because only the terminal knows the width of a character.
	 */
	console_write("\r", 1);
	console_write(mark, 1);
	print(editor, first, editor->cursor);
}
