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

static char *append(char *to, const char *start, struct span text)
{
	if (span_is_empty(text))
		return to;
	if (to != start)
		*to++ = ' ';
	memcpy(to, text.data, text.size);
	return to + text.size;
}

/*
 * Neither our own words are for the kernel nor GRUB's variables, such as Fedora's $tuned_params in
 * entries: those are nothing where GRUB does not set them.
 */
static bool is_for_kernel(struct span word)
{
	return !span_starts_with(word, SPAN("fatwood.")) && word.data[0] != '$';
}

/* Appends @from's words up to "--" and leaves in @from what stands behind that. */
static char *append_words(char *to, const char *start, struct span *from)
{
	struct span word;

	while (next_word(from, &word) && !text_equals(word, "--"))
		if (is_for_kernel(word))
			to = append(to, start, word);
	return to;
}

size_t command_line_join(struct span options, struct span vmm, char *buffer)
{
	char *end = append_words(buffer, buffer, &options);

	end = append_words(end, buffer, &vmm);
	options = text_trim(options);
	vmm = text_trim(vmm);
	if (!span_is_empty(options) || !span_is_empty(vmm))
		end = append(end, buffer, SPAN("--"));
	end = append(end, buffer, options);
	end = append(end, buffer, vmm);
	*end = '\0';
	return (size_t)(end - buffer);
}
