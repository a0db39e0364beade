/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/loader_conf.c */
#include "loaders/loader_conf.h"

#include "core/boot_info.h"
#include "core/log.h"
#include "lib/util.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

static struct loader_conf parse(const char *text)
{
	struct loader_conf conf = { 0 };

	loader_conf_parse(span_of_string(text), &conf);
	return conf;
}

static bool is(struct span span, const char *text)
{
	return span_equals(span, span_of_string(text));
}

TEST(an_empty_file_means_no_menu_and_no_default)
{
	struct loader_conf conf = parse("");

	CHECK(span_is_empty(conf.default_pattern));
	CHECK_EQUAL(conf.timeout_seconds, MENU_NEVER);
}

TEST(default_and_timeout_are_read)
{
	struct loader_conf conf = parse("# comment\ntimeout 5\r\nconsole-mode keep\n"
					"default  debian-*.conf \nauto-entries no\n");

	CHECK(is(conf.default_pattern, "debian-*.conf"));
	CHECK_EQUAL(conf.timeout_seconds, 5);
}

TEST(the_last_setting_counts)
{
	struct loader_conf conf = parse("default a\ntimeout 5\ndefault b\ntimeout 6");

	CHECK(is(conf.default_pattern, "b"));
	CHECK_EQUAL(conf.timeout_seconds, 6);
}

TEST(quotes_and_line_ends)
{
	struct loader_conf conf = parse("\xef\xbb\xbf"
					"default \"a b*\"\r\t timeout \"5\"\r\npreferred \"c\"");

	CHECK(is(conf.default_pattern, "a b*") && is(conf.preferred, "c"));
	CHECK_EQUAL(conf.timeout_seconds, 5);
}

TEST(only_the_vmm_can_set_a_longer_timeout)
{
	struct loader_conf conf = { 0 };

	loader_conf_set_timeout(SPAN("3601"), &conf);
	CHECK_EQUAL(conf.timeout_seconds, LOADER_TIMEOUT_MAX);
	conf.is_timeout_vmms = true;
	loader_conf_set_timeout(SPAN("3601"), &conf);
	CHECK_EQUAL(conf.timeout_seconds, 3601);
	/* The number is not one of those that have a meaning of their own. */
	loader_conf_set_timeout(SPAN("4294967294"), &conf);
	CHECK_EQUAL(conf.timeout_seconds, UINT32_MAX - 2);
	loader_conf_set_timeout(SPAN("4294967295"), &conf);
	CHECK_EQUAL(conf.timeout_seconds, MENU_FOREVER);
}

TEST(timeouts_in_words)
{
	CHECK_EQUAL(parse("timeout 0").timeout_seconds, MENU_IF_KEY);
	CHECK_EQUAL(parse("timeout menu-hidden").timeout_seconds, MENU_IF_KEY);
	CHECK_EQUAL(parse("timeout menu-disabled").timeout_seconds, MENU_NEVER);
	CHECK_EQUAL(parse("timeout menu-force").timeout_seconds, MENU_FOREVER);
	CHECK_EQUAL(parse("timeout infinity").timeout_seconds, MENU_FOREVER);
	CHECK_EQUAL(parse("timeout 4294967295").timeout_seconds, MENU_FOREVER);
	CHECK_EQUAL(parse("timeout 4294967294").timeout_seconds, LOADER_TIMEOUT_MAX);
	CHECK_EQUAL(parse("timeout 00").timeout_seconds, MENU_IF_KEY);
	CHECK_EQUAL(parse("timeout 4294967293").timeout_seconds, LOADER_TIMEOUT_MAX);
	CHECK_EQUAL(parse("timeout 3599").timeout_seconds, 3599);
}

TEST(invalid_timeouts_are_ignored)
{
	static const char *const bad[] = { "timeout",
					   "timeout -1",
					   "timeout soon",
					   "timeout 5s",
					   "timeout 4294967296",
					   "timeout 18446744073709551615",
					   "timeout 99999999999999999999",
					   "timeout 1 2" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct loader_conf conf = { .timeout_seconds = 7 };

		loader_conf_parse(span_of_string(bad[i]), &conf);
		CHECK_EQUAL(conf.timeout_seconds, 7);
	}
}

TEST(empty_lines_and_comments_are_ignored)
{
	static struct memory_console console;

	memory_console_log(&console, LOG_WARNING);
	CHECK_EQUAL(parse("\n \t\r\ntimeout 5\n\n#timeout x\n # timeout y\n\n").timeout_seconds, 5);
	CHECK_TEXT(console.text, "");
	CHECK_EQUAL(parse("timeout x").timeout_seconds, MENU_NEVER);
	CHECK(memory_console_has(&console, "timeout x: not a number"));
	console_unregister(&console.console);
}

TEST(choices_kept_in_variables_are_ignored)
{
	CHECK(span_is_empty(parse("default @saved\n").default_pattern));
	CHECK(span_is_empty(parse("default @SAVED\n").default_pattern));
	CHECK(is(parse("default a\ndefault @oneshot\ndefault\n").default_pattern, "a"));
}

TEST(any_bytes_are_accepted)
{
	struct loader_conf conf = { 0 };

	loader_conf_parse(span_of("\xff\ndefault \1[\n\xfe timeout\t3\0\ndefault x", 33), &conf);
	CHECK(span_equals(conf.default_pattern, span_of("\1[", 2)));
}

TEST(the_vmm_overrides_the_file)
{
	struct loader_conf conf = parse("default a\ntimeout 9\n");

	boot_info.command_line = SPAN("quiet fatwood.entry=b* fatwood.timeout=menu-force");
	loader_conf_apply_command_line(&conf);
	CHECK(is(conf.default_pattern, "b*"));
	CHECK_EQUAL(conf.timeout_seconds, MENU_FOREVER);

	conf = parse("default a\ntimeout 9\n");
	boot_info.command_line = SPAN("fatwood.timeout=menu-disabled fatwood.entry=");
	loader_conf_apply_command_line(&conf);
	CHECK(is(conf.default_pattern, "a"));
	CHECK_EQUAL(conf.timeout_seconds, MENU_NEVER);

	conf = parse("default a\ntimeout 9\n");
	boot_info.command_line = SPAN("");
	loader_conf_apply_command_line(&conf);
	CHECK_EQUAL(conf.timeout_seconds, 9);
}

TEST(the_editor_is_forbidden_by_any_word_for_no)
{
	static const struct {
		const char *text;
		bool is_off;
	} rows[] = {
		{ "", false },
		{ "editor no", true },
		{ "editor 0", true },
		{ "editor FALSE", true },
		{ "editor off", true },
		{ "editor \"n\"", true },
		{ "editor f", true },
		{ "editor yes", false },
		{ "editor no\neditor 1", false },
		{ "editor", false },
		{ "editor 2", false },
		{ "editor no\neditor maybe", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_OF(parse(rows[i].text).is_editor_off == rows[i].is_off, "row %zu", i);
}

TEST(the_vmm_decides_about_the_editor)
{
	struct loader_conf conf = parse("editor no");

	boot_info.command_line = SPAN("fatwood.editor=yes");
	loader_conf_apply_command_line(&conf);
	CHECK(!conf.is_editor_off);
	boot_info.command_line = SPAN("fatwood.editor=no");
	loader_conf_apply_editor(&conf);
	CHECK(conf.is_editor_off);
	boot_info.command_line = SPAN("fatwood.editor=perhaps");
	loader_conf_apply_editor(&conf);
	CHECK(conf.is_editor_off);
	boot_info.command_line = SPAN("");
}
