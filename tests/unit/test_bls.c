/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bls*.c: entries, loader.conf, and the order of attempts. */
#include "tests/unit/bls.h"

TEST(boots_one_entry_with_its_initrd)
{
	static const struct memory_file files[] = {
		{ .path = "efi/boot/bootx64.efi", .bytes = SPAN("MZ") },
		ENTRY("debian.conf",
		      "title Debian\nversion 6.1\nlinux /debian/linux\n"
		      "initrd /debian/initrd\noptions root=/dev/vda1\noptions quiet\n"),
		LINUX("debian/linux"),
		{ .path = "debian/initrd", .bytes = SPAN("070701") },
	};
	struct boot_params *params;

	VOLUME(files);
	boot_info.command_line = SPAN("console=ttyS0");
	CHECK_TEXT(boot(), "root=/dev/vda1 quiet console=ttyS0");
	params = (struct boot_params *)host_kernel.argument;
	CHECK_EQUAL(params->ramdisk_size, 8);
	CHECK(memcmp((void *)(uintptr_t)params->ramdisk_image, "070701\0\0", 8) == 0);
	CHECK_TEXT(console.text, "");
}

TEST(a_disk_without_entries_is_not_found_without_a_message)
{
	static const struct memory_file nothing[] = { { .path = "readme" } };
	static const struct memory_file no_entries[] = {
		{ .path = "loader/loader.conf", .bytes = SPAN("default x\ntimeout bad\n") },
		ENTRY("readme.txt", "linux /a\n"),
		{ .path = "loader/entries/folder.conf/a", .bytes = SPAN("linux /a\n") },
	};
	static const struct memory_file a_file[] = { { .path = "loader/entries",
						       .bytes = SPAN("x") } };

	VOLUME(nothing);
	CHECK_TEXT(boot(), status_name(ERR_NOT_FOUND));
	CHECK_TEXT(console.text, "");
	VOLUME(no_entries);
	CHECK_TEXT(boot(), status_name(ERR_NOT_FOUND));
	CHECK_TEXT(console.text, "");
	VOLUME(a_file);
	CHECK_TEXT(boot(), status_name(ERR_NOT_FOUND));
	CHECK_TEXT(console.text, "");
}

TEST(the_newest_is_booted)
{
	VOLUME(three);
	CHECK_TEXT(boot(), "ten");
}

TEST(the_vmm_chooses)
{
	VOLUME(three);
	boot_info.command_line = SPAN("fatwood.entry=a-9");
	CHECK_TEXT(boot(), "nine");
	VOLUME(three);
	boot_info.command_line = SPAN("fatwood.entry=A-?.conf");
	CHECK_TEXT(boot(), "nine");
	VOLUME(three);
	boot_info.command_line = SPAN("fatwood.entry=b*");
	CHECK_TEXT(boot(), "ten");
	CHECK(said("no entry matches"));
}

TEST(loader_conf_chooses)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		ENTRY("b.conf", "linux linux\noptions b\n"),
		LINUX("linux"),
		{ .path = "loader/loader.conf", .bytes = SPAN("default a*\n") },
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "a");
	VOLUME(files);
	boot_info.command_line = SPAN("fatwood.entry=b");
	CHECK_TEXT(boot(), "b");
}

TEST(errors_in_loader_conf_do_not_stop_the_boot)
{
	static const struct memory_file unreadable[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		LINUX("linux"),
		{ .path = "loader/loader.conf", .size = 10, .status = ERR_IO },
	};
	static const struct memory_file too_large[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		LINUX("linux"),
		{ .path = "loader/loader.conf", .size = 1 << 20 },
	};
	static const struct memory_file folder[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		LINUX("linux"),
		{ .path = "loader/loader.conf/default.conf" },
	};

	VOLUME(unreadable);
	CHECK_TEXT(boot(), "a");
	CHECK(said("loader.conf"));
	VOLUME(too_large);
	CHECK_TEXT(boot(), "a");
	CHECK(said("loader.conf"));
	VOLUME(folder);
	CHECK_TEXT(boot(), "a");
	CHECK_TEXT(console.text, "");
}

TEST(after_a_failure_the_next_entry_is_tried_and_each_is_logged)
{
	static u8 broken[KERNEL_SIZE];
	static const struct memory_file files[] = {
		ENTRY("9.conf", "linux missing\n"),
		ENTRY("8.conf", "linux linux\ninitrd missing.img\n"),
		ENTRY("7.conf", "linux loader\n"),
		ENTRY("6.conf", "linux broken\n"),
		ENTRY("5.conf", "linux text\n"),
		ENTRY("4.conf", "linux unreadable\n"),
		ENTRY("3.conf", "linux empty\n"),
		ENTRY("2.conf", "linux linux\noptions two\n"),
		ENTRY("1.conf", "linux linux\noptions one\n"),
		LINUX("linux"),
		{ .path = "broken", .bytes = { broken, sizeof(broken) - 16 } },
		{ .path = "text", .bytes = SPAN("not a kernel") },
		{ .path = "unreadable", .size = KERNEL_SIZE, .status = ERR_IO },
		{ .path = "empty" },
	};

	kernel_image_make(broken);
	VOLUME(files);
	CHECK_TEXT(boot(), "two");
	CHECK(said("9.conf: linux missing: not found"));
	CHECK(said("7.conf: linux loader: a directory"));
	CHECK(said("8.conf: initrd missing.img: not found"));
	CHECK(said("cut off?"));
	CHECK(said("esp: 5.conf"));
	CHECK(said("esp: 4.conf"));
	CHECK(said("esp: 3.conf"));
	CHECK(!said("2.conf"));
}

TEST(the_chosen_one_is_tried_first_and_only_once)
{
	static const struct memory_file files[] = {
		ENTRY("2.conf", "linux missing-2\n"),
		ENTRY("1.conf", "linux missing-1\n"),
	};
	const char *first, *second;

	VOLUME(files);
	boot_info.command_line = SPAN("fatwood.entry=1");
	CHECK_TEXT(boot(), status_name(ERR_NOT_FOUND));
	first = strstr(console.text, "linux missing-1");
	second = strstr(console.text, "linux missing-2");
	CHECK(first && second && first < second);
	CHECK(first && strstr(first + 1, "linux missing-1") == NULL);
}

TEST(unreadable_entries_are_skipped)
{
	static const struct memory_file files[] = {
		{ .path = "loader/entries/9.conf", .size = 100, .status = ERR_IO },
		{ .path = "loader/entries/8.conf", .size = 100 * 1024 },
		ENTRY("7.conf", "title nothing else\n"),
		ENTRY("5.conf", ""),
		ENTRY("1.conf", "linux linux\noptions one\n"),
		LINUX("linux"),
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "one");
	CHECK(said("9.conf"));
	CHECK(said("8.conf: an entry of more than 16384 bytes"));
	CHECK(said("7.conf: no \"linux\" line"));
	CHECK(said("5.conf: no \"linux\" line"));
	CHECK(said(" esp: 5.conf: corrupt") && !said("esp: esp:"));
}

TEST(entries_before_a_directory_error_are_used)
{
	VOLUME(three);
	volumes[0].listed_max = 1;
	CHECK_TEXT(boot(), "one");
	CHECK(said("esp: loader/entries: corrupt") && !said("esp: esp:"));
	VOLUME(three);
	volumes[0].listed_max = 0;
	CHECK_TEXT(boot(), "ten");
}

TEST(bad_entries_are_tried_last)
{
	static const struct memory_file files[] = {
		ENTRY("a-3+0-3.conf", "linux linux\noptions three\n"),
		ENTRY("a-2+1-1.conf", "linux linux\noptions two\n"),
		ENTRY("a-1.conf", "linux linux\noptions one\n"),
		LINUX("linux"),
	};
	static const struct memory_file all_bad[] = {
		ENTRY("a-3+0-3.conf", "linux linux\noptions three\n"),
		LINUX("linux"),
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "two");
	VOLUME(all_bad);
	CHECK_TEXT(boot(), "three");
}

TEST(unusable_entries_are_named_whatever_boots)
{
	static const struct memory_file files[] = {
		ENTRY("9.conf", "efi /shell.efi\n"),
		ENTRY("8.conf", "linux linux\narchitecture aa64\n"),
		ENTRY("1.conf", "linux linux\noptions one\n"),
		LINUX("linux"),
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "one");
	CHECK(said("9.conf: left out: its efi or uki key needs EFI"));
	CHECK(said("8.conf: left out: it is for another architecture"));
	set_up(files, 2);
	CHECK_TEXT(boot(), status_name(ERR_UNSUPPORTED));
	CHECK(said("9.conf: left out: its efi or uki key needs EFI"));
	CHECK(said("8.conf: left out: it is for another architecture"));
}

TEST(volumes_form_one_set_but_paths_are_per_volume)
{
	static const struct memory_file esp[] = {
		ENTRY("a.conf", "sort-key a\nversion 1\nlinux linux\noptions esp\n"),
		LINUX("linux"),
		{ .path = "loader/loader.conf", .bytes = SPAN("default b\n") },
	};
	static const struct memory_file xbootldr[] = {
		ENTRY("b.conf", "sort-key a\nversion 2\nlinux kernel\noptions xbootldr\n"),
		ENTRY("c.conf", "sort-key a\nversion 3\nlinux linux\n"),
		LINUX("kernel"),
		{ .path = "loader/loader.conf", .bytes = SPAN("default a\n") },
	};

	VOLUME(esp);
	add_volume(xbootldr, ARRAY_SIZE(xbootldr));
	CHECK_TEXT(boot(), "xbootldr");
	VOLUME(esp);
	add_volume(xbootldr, ARRAY_SIZE(xbootldr));
	boot_info.command_line = SPAN("fatwood.entry=c");
	CHECK_TEXT(boot(), "xbootldr");
	CHECK(said("xbootldr: c.conf: linux linux: not found"));
	/* Only the second one, after an empty first one. */
	set_up(esp, 0);
	add_volume(xbootldr, ARRAY_SIZE(xbootldr));
	boot_info.command_line = SPAN("fatwood.entry=b");
	CHECK_TEXT(boot(), "xbootldr");
}

TEST(the_vmms_initrd_is_passed_on_if_the_entry_has_none)
{
	static const struct memory_file files[] = {
		ENTRY("b.conf", "linux linux\noptions b\n"),
		ENTRY("a.conf", "linux linux\ninitrd own\noptions a\n"),
		LINUX("linux"),
		{ .path = "own", .bytes = SPAN("own!") },
	};
	struct boot_params *params;

	VOLUME(files);
	boot_info.modules[0] = SPAN("from the VMM");
	boot_info.module_count = 1;
	CHECK_TEXT(boot(), "b");
	params = (struct boot_params *)host_kernel.argument;
	CHECK_EQUAL(params->ramdisk_size, 12);
	CHECK(memcmp((void *)(uintptr_t)params->ramdisk_image, "from the VMM", 12) == 0);

	VOLUME(files);
	boot_info.modules[0] = SPAN("from the VMM");
	boot_info.module_count = 1;
	boot_info.command_line = SPAN("fatwood.entry=a");
	CHECK_TEXT(boot(), "a");
	params = (struct boot_params *)host_kernel.argument;
	CHECK_EQUAL(params->ramdisk_size, 4);
	CHECK(memcmp((void *)(uintptr_t)params->ramdisk_image, "own!", 4) == 0);
}

/* A name may be 255 characters long; the reason why it was not booted must still be shown. */
TEST(the_reason_is_logged_whatever_the_name)
{
	static const struct memory_file files[] = {
		ENTRY("0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef-"
		      "0123456789abcdef0123456789abcdef-6.12.0-1+2-0.conf",
		      "efi /c.efi\n"),
	};

	VOLUME(files);
	CHECK_TEXT(boot(), status_name(ERR_UNSUPPORTED));
	CHECK(said("warning: esp: 0123456789abcdef"));
	CHECK_TEXT(console.text + console.size - 17, ": not supported\r\n");
}

/* The command line and the size of the initrds of an entry with @text. */
static const char *boot_text(const char *text)
{
	static struct memory_file files[] = {
		{ .path = "loader/entries/a.conf" },
		LINUX("linux"),
		{ .path = "1.img", .bytes = SPAN("0123") },
		{ .path = "2.img", .bytes = SPAN("01234567") },
		{ .path = "a b.img", .bytes = SPAN("0123456789abcdef") },
		{ .path = "srv$a.img", .bytes = SPAN("01234567") },
	};
	static char result[128];
	const char *command_line;

	files[0].bytes = span_of_string(text);
	VOLUME(files);
	status = OK;
	command_line = boot();
	snprintf(result, sizeof(result), "%s|%u", command_line,
		 host_kernel.argument && !status ?
			 ((struct boot_params *)(uintptr_t)host_kernel.argument)->ramdisk_size :
			 0);
	return result;
}

TEST(quotes_and_variables_in_options_are_removed)
{
	CHECK_TEXT(boot_text("linux \"/linux\"\noptions \"root=/dev/vda x\"\n"),
		   "root=/dev/vda x|0");
	CHECK_TEXT(boot_text("linux linux\noptions \"a b\" c\noptions \"d  e\"\n"),
		   "\"a b\" c d e|0");
	CHECK_TEXT(boot_text("linux linux\roptions ro $tuned_params x${y}z\r"), "ro xz|0");
	CHECK_TEXT(boot_text("linux linux\noptions memmap=1G$4G\n"), "memmap=1G$4G|0");
	CHECK_TEXT(
		boot_text("title 'x'\nlinux '/linux'\noptions 'root=/dev/vda x'\ninitrd '/1.img'\n"),
		"root=/dev/vda x|4");
}

/* GRUB removes them, systemd-boot does not: a file of that name is meant, if there is one. */
TEST(variables_in_paths_are_removed_unless_they_are_names)
{
	CHECK_TEXT(boot_text("linux $boot/linux\ninitrd ${boot}/1.img\noptions x\n"), "x|4");
	CHECK_TEXT(boot_text("linux linux$a\noptions x\n"), "x|0");
	CHECK_TEXT(boot_text("linux linux\ninitrd /srv$a.img\n"), "|8");
	boot_text("linux /srv$a/missing\n");
	CHECK(said("a.conf: linux /srv/missing: not found"));
}

TEST(initrds_are_lists_or_names_with_white_space)
{
	CHECK_TEXT(boot_text("linux linux\ninitrd /1.img /2.img\n"), "|12");
	CHECK_TEXT(boot_text("linux linux\ninitrd /1.img\t2.img \ninitrd /1.img\n"), "|16");
	CHECK_TEXT(boot_text("linux linux\ninitrd \"/1.img\" \"/a b.img\"\n"), "|20");
	CHECK_TEXT(boot_text("linux linux\ninitrd /a b.img\n"), "|16");
	CHECK_TEXT(boot_text("linux linux\ninitrd \"/a b.img\"\n"), "|16");
	CHECK_TEXT(boot_text("linux linux\ninitrd /1.img $tuned_initrd\ninitrd $other\n"), "|4");
	CHECK_TEXT(boot_text("linux linux\ninitrd \\2.img${x}\n"), "|8");
	CHECK_TEXT(boot_text("linux linux\ninitrd \"\"\ninitrd /1.img \"\"\n"), "|4");
	boot_text("linux linux\ninitrd /1.img /missing.img\n");
	CHECK(said("a.conf: initrd /missing.img: not found"));
}

TEST(the_preferred_entry_precedes_the_default_unless_bad)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		ENTRY("b.conf", "linux linux\noptions b\n"),
		ENTRY("c+0-3.conf", "linux linux\noptions c\n"),
		LINUX("linux"),
		{ .path = "loader/loader.conf", .bytes = SPAN("default a\npreferred \"b*\"\n") },
	};
	static const struct memory_file bad[] = {
		ENTRY("a.conf", "linux linux\noptions a\n"),
		ENTRY("b.conf", "linux linux\noptions b\n"),
		ENTRY("c+0-3.conf", "linux linux\noptions c\n"),
		LINUX("linux"),
		{ .path = "loader/loader.conf", .bytes = SPAN("default a\npreferred c\n") },
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "b");
	VOLUME(bad);
	CHECK_TEXT(boot(), "a");
	VOLUME(files);
	boot_info.command_line = SPAN("fatwood.entry=c+0-3");
	CHECK_TEXT(boot(), "c");
}
