/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/command_line.c */
#include "loaders/command_line.h"

#include "core/boot_info.h"

#include "tests/unit/test.h"

/* Uses a buffer of exactly the promised size, so that the sanitizer detects overruns. */
static const char *join(const char *options, const char *vmm)
{
	static char *buffer;
	struct span o = span_of_string(options), v = span_of_string(vmm);
	size_t size;

	free(buffer);
	buffer = malloc(command_line_size_max(o, v));
	size = command_line_join(o, v, buffer);
	CHECK_EQUAL(size, strlen(buffer));
	return buffer;
}

TEST(the_vmm_has_the_last_word)
{
	CHECK_TEXT(join("root=/dev/vda1 quiet", "console=ttyS0"),
		   "root=/dev/vda1 quiet console=ttyS0");
}

TEST(either_may_be_empty)
{
	CHECK_TEXT(join("", ""), "");
	CHECK_TEXT(join("a", ""), "a");
	CHECK_TEXT(join("", "b"), "b");
	CHECK_TEXT(join(" \t", "  "), "");
}

TEST(our_own_words_are_dropped)
{
	CHECK_TEXT(join("a", "fatwood.log=debug b fatwood.timeout=3"), "a b");
	CHECK_TEXT(join("a", "fatwood.log=debug"), "a");
	CHECK_TEXT(join("", "fatwood.x"), "");
	CHECK_TEXT(join("fatwood.log=debug", "a"), "a");
	CHECK_TEXT(join("a", "fatwoodx=1 xfatwood.y=2 fatwood"),
		   "a fatwoodx=1 xfatwood.y=2 fatwood");
}

TEST(a_dollar_is_a_character)
{
	CHECK_TEXT(join("memmap=64M$0x10000000 $a", "b=\"$c\""),
		   "memmap=64M$0x10000000 $a b=\"$c\"");
}

TEST(words_that_describe_devices_survive)
{
	CHECK_TEXT(
		join("root=/dev/vda",
		     "fatwood.log=info virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6"),
		"root=/dev/vda virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6");
}

TEST(white_space_becomes_one_space)
{
	CHECK_TEXT(join("  a \t b\n", "\r\n c   d "), "a b c d");
}

TEST(quotes_hide_spaces)
{
	CHECK_TEXT(join("a=\"b  c\" d", "e"), "a=\"b  c\" d e");
	CHECK_TEXT(join("a", "x=\"y fatwood.log=debug z\" w"), "a x=\"y fatwood.log=debug z\" w");
	CHECK_TEXT(join("a", "fatwood.entry=\"b c\" d"), "a d");
	CHECK_TEXT(join("a=\"-- b\" c", "d"), "a=\"-- b\" c d");
}

/* The firmware's own words are split by the same rules. */
TEST(quoted_text_is_not_an_option_of_ours)
{
	struct span value;

	boot_info.command_line = SPAN("init=\"/x fatwood.log=debug\" \"fatwood.entry=a b\"");
	CHECK(!boot_info_option("fatwood.log", &value));
	CHECK(boot_info_option("fatwood.entry", &value) && span_equals(value, SPAN("a b")));
	CHECK_TEXT(join("", "init=\"/x fatwood.log=debug\" \"fatwood.entry=a b\""),
		   "init=\"/x fatwood.log=debug\"");
	boot_info.command_line = SPAN("fatwood.entry=\"c d\" -- fatwood.log=debug");
	CHECK(!boot_info_option("fatwood.log", &value));
	CHECK(boot_info_option("fatwood.entry", &value) && span_equals(value, SPAN("c d")));
}

TEST(an_open_quote_does_not_affect_the_other_side)
{
	CHECK_TEXT(join("a=\"b", "c"), "a=\"b\" c");
	CHECK_TEXT(join("a quiet\"", "virtio_mmio.device=4K@0xd0000000:5"),
		   "a quiet\"\" virtio_mmio.device=4K@0xd0000000:5");
	CHECK_TEXT(join("a -- b\"c", "d"), "a d -- b\"c\"");
	CHECK_TEXT(join("a -- \"b c", "d -- e"), "a d -- \"b c\" e");
	CHECK_TEXT(join("a -- b", "\"c d"), "a \"c d\" -- b");
	CHECK_TEXT(join("\"a", "\"b"), "\"a\" \"b\"");
	/* Also if the word with the open quote is dropped. */
	CHECK_TEXT(join("a fatwood.b\"c d", "e"), "a e");
}

TEST(words_for_init_stay_after_the_two_dashes)
{
	CHECK_TEXT(join("a -- b", "c"), "a c -- b");
	CHECK_TEXT(join("a", "c -- d"), "a c -- d");
	CHECK_TEXT(join("a -- b", "c -- d"), "a c -- b d");
	CHECK_TEXT(join("-- b", "c"), "c -- b");
	CHECK_TEXT(join("-- b", ""), "-- b");
	CHECK_TEXT(join("a --", "c"), "a c");
	CHECK_TEXT(join("a -- b -- c", "d"), "a d -- b -- c");
	CHECK_TEXT(join("a --b", "c"), "a --b c");
	CHECK_TEXT(join("a", "b -- fatwood.c"), "a b -- fatwood.c");
}

enum { WORDS_MAX = 16, TEXT_SIZE = 24 };

struct words {
	char text[WORDS_MAX][TEXT_SIZE];
	u32 count;
};

/* Splits like the kernel's next_arg(), and closes the quotes of each word. */
static struct words split(const char *text)
{
	struct words words = { 0 };

	while (*(text += strspn(text, " "))) {
		char *word = words.text[words.count++];
		u32 size = 0, quotes = 0;

		for (; *text && (*text != ' ' || quotes % 2); text++) {
			quotes += *text == '"';
			word[size++] = *text;
		}
		if (quotes % 2)
			word[size] = '"';
	}
	return words;
}

static void add_word(struct words *to, const char *word)
{
	strcpy(to->text[to->count++], word);
}

/* Splits @from into the words before "--" and those after it. */
static void share(const struct words *from, struct words *for_kernel, struct words *for_init)
{
	u32 i = 0;

	for (; i < from->count && strcmp(from->text[i], "--") != 0; i++)
		add_word(for_kernel, from->text[i]);
	for (i++; i < from->count; i++)
		add_word(for_init, from->text[i]);
}

static u32 below(u32 limit)
{
	static u32 state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 16) % limit;
}

static struct words make_words(char text[TEXT_SIZE])
{
	static const char characters[] = { 'a', ' ', '"', '-', '-', '$' };
	u32 size = below(12);

	for (u32 i = 0; i < size; i++)
		text[i] = characters[below(sizeof(characters))];
	text[size] = '\0';
	return split(text);
}

TEST(the_kernel_sees_the_words_of_both)
{
	for (u32 round = 0; round < 100000; round++) {
		char options[TEXT_SIZE], vmm[TEXT_SIZE];
		struct words of_options = make_words(options), of_vmm = make_words(vmm);
		struct words expected = { 0 }, for_init = { 0 }, seen;

		share(&of_options, &expected, &for_init);
		share(&of_vmm, &expected, &for_init);
		if (for_init.count)
			add_word(&expected, "--");
		for (u32 i = 0; i < for_init.count; i++)
			add_word(&expected, for_init.text[i]);
		seen = split(join(options, vmm));
		CHECK_OF(memcmp(&seen, &expected, sizeof(seen)) == 0, "<%s> and <%s>: <%s>",
			 options, vmm, join(options, vmm));
	}
}
