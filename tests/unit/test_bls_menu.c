/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bls*.c: when the menu is shown, and its content. */
#include "loaders/loader_conf.h"
#include "tests/unit/bls.h"

TEST(without_a_timeout_no_console_is_read)
{
	u64 looks = host_clock_looks;

	VOLUME(three);
	console.input = "k\r";
	CHECK_TEXT(boot(), "ten");
	CHECK_EQUAL(console.reads, 0);
	/* Only the milestones of fatwood.log=timing read the clock. */
	CHECK(host_clock_looks - looks < 8);
}

TEST(the_menu_shows_titles_and_the_choice_is_tried_first)
{
	VOLUME(three);
	console.input = "j\r";
	boot_info.command_line = SPAN("fatwood.timeout=5");
	CHECK_TEXT(boot(), "nine");
	CHECK(said("a-10") && said("a-9") && said("a-1"));
}

TEST(a_hidden_menu_needs_a_key)
{
	VOLUME(three);
	boot_info.command_line = SPAN("fatwood.timeout=menu-hidden");
	CHECK_TEXT(boot(), "ten");
	CHECK_EQUAL(console.reads, 1);
	CHECK_TEXT(console.text, "");
	VOLUME(three);
	boot_info.command_line = SPAN("fatwood.timeout=menu-hidden");
	console.input = " jj\r";
	CHECK_TEXT(boot(), "one");
}

TEST(without_a_keyboard_there_is_no_menu)
{
	VOLUME(three);
	console.console.read = NULL;
	boot_info.command_line = SPAN("fatwood.timeout=menu-force");
	CHECK_TEXT(boot(), "ten");
	CHECK_TEXT(console.text, "");
}

TEST(menu_titles_are_distinct)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "title Debian\nversion 1\nsort-key d\nlinux linux\noptions a\n"),
		ENTRY("b.conf", "title Debian\nversion 2\nsort-key d\nlinux linux\noptions b\n"),
		ENTRY("c.conf", "efi /c.efi\ntitle Shell\n"),
		LINUX("linux"),
	};

	VOLUME(files);
	console.input = "2\r";
	boot_info.command_line = SPAN("fatwood.timeout=menu-force");
	CHECK_TEXT(boot(), "a");
	CHECK(said("1  Debian (2)") && said("2  Debian (1)") && !said("Shell"));
}

TEST(when_the_choice_fails_the_others_are_tried)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		ENTRY("b.conf", "linux linux\noptions b\n"),
		ENTRY("c.conf", "linux missing\n"),
		LINUX("linux"),
	};

	VOLUME(files);
	console.input = "1\r";
	boot_info.command_line = SPAN("fatwood.timeout=menu-force");
	CHECK_TEXT(boot(), "b");
	CHECK(said("c.conf: linux missing: not found"));
}

TEST(entries_as_choices_of_a_menu_of_all_disks)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "title A\nlinux missing\n"),
		ENTRY("b.conf", "title B\nlinux linux\n"),
		ENTRY("c.conf", "title C\nefi /c.efi\n"),
		{ .path = "loader/loader.conf", .bytes = SPAN("default a\ntimeout 5\n") },
		LINUX("linux"),
	};
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };

	VOLUME(files);
	bls_list(&disk, &choices);
	CHECK_EQUAL(choices.count, 2);
	CHECK_TEXT(choices.first->title, "esp: A");
	CHECK_TEXT(choices.first->next->title, "esp: B");
	CHECK_EQUAL(console.reads, 0);
	CHECK_EQUAL(choices.first->start(choices.first, &arena), ERR_NOT_FOUND);
	CHECK(said("a.conf: linux missing: not found"));
}

TEST(a_menu_of_nothing_usable_is_not_shown)
{
	static const struct memory_file files[] = { ENTRY("c.conf", "efi /c.efi\ntitle Shell\n") };

	VOLUME(files);
	boot_info.command_line = SPAN("fatwood.timeout=menu-force");
	CHECK_TEXT(boot(), status_name(ERR_UNSUPPORTED));
	CHECK_EQUAL(console.reads, 0);
}

TEST(edited_options_still_come_before_the_vmms_words)
{
	VOLUME(three);
	boot_info.command_line = SPAN("fatwood.timeout=5 console=ttyS0");
	console.input = "je| single|\r";
	console.pause = '|';
	CHECK_TEXT(boot(), "nine single console=ttyS0");
	VOLUME(three);
	boot_info.command_line = SPAN("fatwood.timeout=5");
	console.input = "je|\x15|\r";
	console.pause = '|';
	CHECK_TEXT(boot(), "");
}

/* GRUB's variables are removed from the edited text, as from the booted one. */
TEST(the_edited_options_are_those_that_would_boot)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "linux linux\noptions \"a $tuned_params b\"\noptions c\n"),
		LINUX("linux"),
	};

	VOLUME(files);
	boot_info.command_line = SPAN("fatwood.timeout=5");
	console.input = "e|d|\r";
	console.pause = '|';
	CHECK_TEXT(boot(), "a b cd");
	CHECK(said(":a  b c\r"));
}

TEST(editor_no_is_obeyed)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		{ .path = "loader/loader.conf", .bytes = SPAN("editor no\ntimeout 5\n") },
		LINUX("linux"),
	};
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };

	VOLUME(files);
	console.input = "e| x\r";
	console.pause = '|';
	CHECK_TEXT(boot(), "a");
	CHECK(!said("edit"));
	VOLUME(files);
	bls_list(&disk, &choices);
	CHECK(choices.is_editor_off);
	VOLUME(files);
	boot_info.command_line = SPAN("fatwood.editor=yes");
	console.input = "e|x|\r";
	console.pause = '|';
	CHECK_TEXT(boot(), "ax");
}

/* What it says about the editor is not known. */
TEST(a_loader_conf_that_cannot_be_read_forbids_the_editor)
{
	static u8 large[LOADER_CONF_SIZE_MAX + 1];
	struct memory_file files[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		{ .path = "loader/loader.conf", .bytes = SPAN("editor yes\n"), .status = ERR_IO },
		LINUX("linux"),
	};

	for (u32 i = 0; i < 2; i++) {
		struct boot_choices choices = { .arena = &arena, .end = &choices.first };

		VOLUME(files);
		boot_info.command_line = SPAN("fatwood.timeout=5");
		console.input = "e| x|\r";
		console.pause = '|';
		CHECK_TEXT(boot(), "a");
		CHECK(!said("edit"));
		VOLUME(files);
		bls_list(&disk, &choices);
		CHECK(choices.is_editor_off);
		files[1].status = OK;
		files[1].bytes = span_of(large, sizeof(large));
	}
	/* The VMM's word counts. */
	VOLUME(files);
	boot_info.command_line = SPAN("fatwood.timeout=5 fatwood.editor=yes");
	console.input = "e|x|\r";
	console.pause = '|';
	CHECK_TEXT(boot(), "ax");
}

/* A disk without entries may have the program of a stored boot option. */
TEST(editor_no_is_obeyed_without_entries)
{
	static const struct memory_file files[] = { { .path = "loader/loader.conf",
						      .bytes = SPAN("editor no\n") } };
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };

	VOLUME(files);
	bls_list(&disk, &choices);
	CHECK(!choices.first && choices.is_editor_off);
}

TEST(an_edited_choice_of_the_menu_of_all_disks)
{
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };
	struct boot_choice *second;
	struct span options;

	VOLUME(three);
	bls_list(&disk, &choices);
	CHECK(!choices.is_editor_off);
	second = choices.first->next;
	CHECK_EQUAL(second->read_options(second, &arena, &options), OK);
	CHECK(span_equals(options, SPAN("nine")));
}
