/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of text, edited by keys (BOOT_MENU_EDITOR). It may hold any bytes: they stay as they are
 * until they are deleted, whatever is shown for them.
 */
#pragma once

#include "core/keys.h"
#include "lib/types.h"

struct line_editor {
	u8 *text;
	size_t size; /* of it; room_size at most */
	size_t room_size;
	size_t cursor;   /* bytes of it that are before the cursor */
	bool is_changed; /* something was inserted or deleted */
};

enum line_editor_result {
	LINE_IGNORED, /* not a key of the editor: noise */
	LINE_EDITED,  /* the text, the cursor, or neither at the end of the line or of the room */
	LINE_ACCEPTED,
	LINE_CANCELLED,
};

/*
 * Arrows, Home, End, Backspace, Delete and characters edit; Ctrl-A, Ctrl-E, Ctrl-K and Ctrl-U do
 * what they do in a shell. Enter accepts, Esc cancels.
 */
enum line_editor_result line_editor_handle(struct line_editor *editor, const struct key *key);

/*
 * Draws it over the line of the terminal that the cursor is in: the part of a long line that the
 * cursor is in, with "<" and ">" where there is more.
 */
void line_editor_draw(const struct line_editor *editor);
