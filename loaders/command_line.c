/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's command line. The VMM's words come last, because for most parameters the last one wins and
 * the owner of the machine is to have the last word; and none is dropped, because some describe hardware
 * ("virtio_mmio.device="). Words are split as the kernel splits them: a double quote hides spaces.
 */
#include "loaders/command_line.h"

#include "lib/text.h"

static bool is_space(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes the next word off @rest. */
static bool next_word(struct span *rest, struct span *word)
{
	bool quoted = false;
	size_t start = 0, end;

	while (start < rest->size && is_space(rest->data[start]))
		start++;
	for (end = start; end < rest->size && (quoted || !is_space(rest->data[end])); end++)
		quoted ^= rest->data[end] == '"';
	*word = span_part(*rest, start, end - start);
	*rest = span_from(*rest, end);
	return end > start;
}

/* Appends @from's words up to "--" and leaves in @from what stands behind that. */
static char *append_words(char *to, const char *start, struct span *from, bool drop_ours)
{
	struct span word;

	while (next_word(from, &word)) {
		if (text_equals(word, "--"))
			break;
		if (drop_ours && span_starts_with(word, SPAN("fatwood.")))
			continue;
		if (to != start)
			*to++ = ' ';
		memcpy(to, word.data, word.size);
		to += word.size;
	}
	return to;
}

size_t command_line_join(struct span options, struct span vmm, char *buffer)
{
	char *end = append_words(buffer, buffer, &options, false);

	end = append_words(end, buffer, &vmm, true);
	if (!span_is_empty(options) || !span_is_empty(vmm)) {
		if (end != buffer)
			*end++ = ' ';
		*end++ = '-';
		*end++ = '-';
		end = append_words(end, buffer, &options, false);
		end = append_words(end, buffer, &vmm, false);
	}
	*end = '\0';
	return (size_t)(end - buffer);
}
