/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's command line. The VMM's words come last, because for most parameters the last one
 * wins and the owner of the machine is to have the last word; and none but ours is dropped, because
 * some describe hardware ("virtio_mmio.device="). Words are split as the kernel splits them: a
 * double quote hides spaces.
 */
#include "loaders/command_line.h"

#include "lib/text.h"

static bool is_space(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes the next word off @rest. @open: a quote in it is not closed, so it is the last. */
static bool next_word(struct span *rest, struct span *word, bool *open)
{
	bool quoted = false;
	size_t start = 0, end;

	while (start < rest->size && is_space(rest->data[start]))
		start++;
	for (end = start; end < rest->size && (quoted || !is_space(rest->data[end])); end++)
		quoted ^= rest->data[end] == '"';
	*word = span_part(*rest, start, end - start);
	*rest = span_from(*rest, end);
	*open = quoted;
	return end > start;
}

static char *append(char *to, const char *start, struct span word)
{
	if (to != start)
		*to++ = ' ';
	memcpy(to, word.data, word.size);
	return to + word.size;
}

/*
 * Neither our own words are for the kernel nor GRUB's variables, such as Fedora's $tuned_params in
 * entries: those are nothing where GRUB does not set them.
 */
static bool is_for_kernel(struct span word)
{
	return !span_starts_with(word, SPAN("fatwood.")) && word.data[0] != '$';
}

/*
 * Appends words of @from: those for the kernel, up to "--", which is taken off as well; or all,
 * which are for init. A quote left open would hide what the other side says.
 */
static char *append_words(char *to, const char *start, struct span *from, bool for_init)
{
	struct span word;
	bool open;

	while (next_word(from, &word, &open) && (for_init || !text_equals(word, "--"))) {
		if (!for_init && !is_for_kernel(word))
			continue;
		to = append(to, start, word);
		if (open)
			*to++ = '"';
	}
	return to;
}

size_t command_line_join(struct span options, struct span vmm, char *buffer)
{
	char *end = append_words(buffer, buffer, &options, false);

	end = append_words(end, buffer, &vmm, false);
	if (!span_is_empty(text_trim(options)) || !span_is_empty(text_trim(vmm)))
		end = append(end, buffer, SPAN("--"));
	end = append_words(end, buffer, &options, true);
	end = append_words(end, buffer, &vmm, true);
	*end = '\0';
	return (size_t)(end - buffer);
}
