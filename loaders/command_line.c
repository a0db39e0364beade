/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's command line. The VMM's words come last, because the last occurrence of most
 * parameters wins and the owner of the machine must be able to override the disk. Only our own
 * words are dropped, because some of the others describe hardware ("virtio_mmio.device=").
 */
#include "loaders/command_line.h"

#include "core/boot_info.h"
#include "lib/text.h"

/* An open quote would change the meaning of the other side's words. */
static char *append(char *to, const char *start, struct span word)
{
	bool open = false;

	if (to != start)
		*to++ = ' ';
	for (size_t i = 0; i < word.size; i++) {
		open ^= word.data[i] == '"';
		*to++ = (char)word.data[i];
	}
	if (open)
		*to++ = '"';
	return to;
}

/*
 * Appends words of @from: those for the kernel, up to "--", which is removed, too; or all words,
 * for init.
 */
static char *append_words(char *to, const char *start, struct span *from, bool for_init)
{
	struct span word;

	while (text_next_word(from, &word) && (for_init || !text_equals(word, "--")))
		if (for_init || !boot_info_word_is_ours(word))
			to = append(to, start, word);
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
