/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of text with editing keys (BOOT_MENU_EDITOR). It may contain any bytes, which are kept
 * unchanged until deleted, however they are displayed.
 */
#pragma once

#include "core/keys.h"
#include "lib/types.h"

struct line_editor {
	u8 *text;
	size_t size; /* of it; room_size at most */
	size_t room_size;
	size_t cursor;   /* bytes before the cursor */
	bool is_changed; /* something was inserted or deleted */
};

enum line_editor_result {
	LINE_IGNORED, /* not a key of the editor: noise */
	LINE_EDITED,  /* changed the text or the cursor, or reached a limit */
	LINE_ACCEPTED,
	LINE_CANCELLED,
};

/*
 * Arrows, Home, End, Backspace, Delete and characters edit; Ctrl-A, Ctrl-E, Ctrl-K and Ctrl-U do
 * what they do in a shell. Enter accepts, Esc cancels.
 */
enum line_editor_result line_editor_handle(struct line_editor *editor, const struct key *key);

/*
 * Draws it over the terminal's current line. Of a long line, shows the part around the cursor, with
 * "<" and ">" where there is more.
 */
void line_editor_draw(const struct line_editor *editor);
