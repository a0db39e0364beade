/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bls.c, down to the kernel's entry */
#include "core/log.h"
#include "loaders/bls.h"
#include "loaders/boot_params.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/kernel_image.h"
#include "tests/unit/test.h"

const struct image_loader *const image_loaders[] = { &bzimage_loader, NULL };

static u8 image[KERNEL_SIZE];
static struct memory_console console;
static struct arena arena;
static struct memory_volume volumes[2];
static struct boot_disk disk;
static enum status status;

#define ENTRY(name, text) { .path = "loader/entries/" name, .bytes = SPAN(text) }
#define LINUX(name)                                           \
	{                                                     \
		.path = name, .bytes = { image, KERNEL_SIZE } \
	}
#define VOLUME(files) set_up((files), ARRAY_SIZE(files))

static void set_up(const struct memory_file *files, u32 count)
{
	kernel_image_make(image);
	arena_release(&arena);
	host_memory_init();
	memory_console_init(&console, "");
	log_set_threshold(LOG_WARNING);
	memory_volume_init(&volumes[0], "esp", files, count);
	disk = (struct boot_disk){ .volumes = { &volumes[0].volume }, .volume_count = 1 };
}

static void add_volume(const struct memory_file *files, u32 count)
{
	memory_volume_init(&volumes[1], "xbootldr", files, count);
	disk.volumes[disk.volume_count++] = &volumes[1].volume;
}

static void run(void *context)
{
	(void)context;
	status = bls_boot.boot(&disk, &arena);
}

/* The command line of the kernel entered, or why none was. */
static const char *boot(void)
{
	enum host_end end = host_run(run, NULL);

	if (end == HOST_ENTERED_KERNEL)
		return (const char *)(uintptr_t)((struct boot_params *)host_kernel.argument)
			->cmd_line_ptr;
	return end == HOST_RETURNED ? status_name(status) : "stopped";
}

static bool said(const char *text)
{
	return memory_console_has(&console, text);
}

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

TEST(a_disk_without_entries_is_not_found_without_a_word)
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

static const struct memory_file three[] = {
	ENTRY("a-1.conf", "sort-key a\nversion 1\nlinux linux\noptions one\n"),
	ENTRY("a-10.conf", "sort-key a\nversion 10\nlinux linux\noptions ten\n"),
	ENTRY("a-9.conf", "sort-key a\nversion 9\nlinux linux\noptions nine\n"),
	LINUX("linux"),
};

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

TEST(trouble_with_loader_conf_is_no_trouble)
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

	VOLUME(unreadable);
	CHECK_TEXT(boot(), "a");
	CHECK(said("loader.conf"));
	VOLUME(too_large);
	CHECK_TEXT(boot(), "a");
	CHECK(said("loader.conf"));
}

TEST(when_an_entry_fails_the_next_is_tried_and_each_says_why)
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
		{ .path = "broken", .bytes = { broken, sizeof(broken) - 1 } },
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

TEST(entries_that_cannot_be_read_cost_themselves)
{
	static const struct memory_file files[] = {
		{ .path = "loader/entries/9.conf", .size = 100, .status = ERR_IO },
		{ .path = "loader/entries/8.conf", .size = 100 * 1024 },
		ENTRY("7.conf", "title nothing else\n"),
		ENTRY("6.conf", "linux linux\noptions a\0b\n"),
		ENTRY("5.conf", ""),
		ENTRY("1.conf", "linux linux\noptions one\n"),
		LINUX("linux"),
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "one");
	CHECK(said("9.conf"));
	CHECK(said("8.conf: an entry of more than 65536 bytes"));
	CHECK(said("7.conf: no \"linux\" line"));
	CHECK(said("6.conf: NUL in its options"));
	CHECK(said("5.conf: no \"linux\" line"));
	CHECK(said(" esp: 5.conf: corrupt") && !said("esp: esp:"));
}

TEST(a_directory_that_breaks_off_gives_what_it_gave)
{
	VOLUME(three);
	volumes[0].listed_max = 1;
	CHECK_TEXT(boot(), "one");
	CHECK(said("esp: loader/entries: corrupt"));
	VOLUME(three);
	volumes[0].listed_max = 0;
	CHECK_TEXT(boot(), "ten");
}

TEST(bad_entries_are_tried_last_but_tried)
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

TEST(unusable_entries_are_spoken_of_only_when_nothing_else_is_left)
{
	static const struct memory_file files[] = {
		ENTRY("9.conf", "efi /shell.efi\n"),
		ENTRY("8.conf", "linux linux\narchitecture aa64\n"),
		ENTRY("1.conf", "linux linux\noptions one\n"),
		LINUX("linux"),
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "one");
	CHECK_TEXT(console.text, "");
	set_up(files, 2);
	CHECK_TEXT(boot(), status_name(ERR_UNSUPPORTED));
	CHECK(said("9.conf: its efi, uki or extra key needs EFI"));
	CHECK(said("8.conf: it is for another architecture"));
}

TEST(volumes_are_one_set_and_paths_belong_to_their_own)
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
	/* The second alone, after a first without anything. */
	set_up(esp, 0);
	add_volume(xbootldr, ARRAY_SIZE(xbootldr));
	boot_info.command_line = SPAN("fatwood.entry=b");
	CHECK_TEXT(boot(), "xbootldr");
}

TEST(sixteen_initrds_boot_and_seventeen_do_not)
{
	static char text[1024];
	static struct memory_file files[] = {
		{ .path = "loader/entries/a.conf" },
		LINUX("linux"),
		{ .path = "i", .bytes = SPAN("0123") },
	};

	strcpy(text, "linux linux\noptions yes\n");
	for (int i = 0; i < BOOT_INITRDS_MAX; i++)
		strcat(text, "initrd i\n");
	files[0].bytes = span_of_string(text);
	VOLUME(files);
	CHECK_TEXT(boot(), "yes");
	CHECK_EQUAL(((struct boot_params *)host_kernel.argument)->ramdisk_size, 64);
	strcat(text, "initrd i\n");
	files[0].bytes = span_of_string(text);
	VOLUME(files);
	CHECK_TEXT(boot(), status_name(ERR_UNSUPPORTED));
	CHECK(said("BOOT_INITRDS_MAX"));
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
	CHECK(memcmp((void *)(uintptr_t)params->ramdisk_image, "own!", 4) == 0);
}

TEST(without_a_timeout_no_console_is_read_and_no_time_passes)
{
	u64 looks = host_clock_looks;

	VOLUME(three);
	console.input = "k\r";
	CHECK_TEXT(boot(), "ten");
	CHECK_EQUAL(console.reads, 0);
	/* The milestones of fatwood.log=timing are all that asks. */
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

/* A name may be 255 characters long; why it was not booted must still be seen. */
TEST(the_reason_is_said_whatever_the_name)
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

TEST(without_a_keyboard_there_is_no_menu)
{
	VOLUME(three);
	console.console.read = NULL;
	boot_info.command_line = SPAN("fatwood.timeout=menu-force");
	CHECK_TEXT(boot(), "ten");
	CHECK_TEXT(console.text, "");
}

TEST(menu_titles_tell_entries_apart)
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

TEST(a_menu_of_nothing_usable_is_not_shown)
{
	static const struct memory_file files[] = { ENTRY("c.conf", "efi /c.efi\ntitle Shell\n") };

	VOLUME(files);
	boot_info.command_line = SPAN("fatwood.timeout=menu-force");
	CHECK_TEXT(boot(), status_name(ERR_UNSUPPORTED));
	CHECK_EQUAL(console.reads, 0);
}

TEST(ten_thousand_entries)
{
	enum { COUNT = 10000 };
	struct memory_file *files = calloc(COUNT + 1, sizeof(*files));
	char(*paths)[48] = calloc(COUNT, sizeof(*paths));
	u64 used;

	/* One in ten is an entry, as in a directory full of other things. */
	for (int i = 0; i < COUNT; i++) {
		snprintf(paths[i], sizeof(paths[i]), "loader/entries/linux-6.%d.%s", i,
			 i % 10 ? "bak" : "conf");
		files[i].path = paths[i];
		files[i].bytes = i == 9990 ? SPAN("linux linux\noptions newest\n") :
					     SPAN("linux linux\noptions older\n");
	}
	files[COUNT] = (struct memory_file)LINUX("linux");
	set_up(files, COUNT + 1);
	CHECK_TEXT(boot(), "newest");
	/* Each entry once, the kernel's head and the kernel; no loader.conf. */
	CHECK_EQUAL(volumes[0].reads, COUNT / 10 + 2);
	arena_release(&arena);

	/* All of them: memory is as many times as much. */
	for (int i = 0; i < COUNT; i++)
		strcpy(strrchr(paths[i], '.'), ".conf");
	files[9999].bytes = SPAN("linux linux\noptions newest\n");
	set_up(files, COUNT + 1);
	CHECK_TEXT(boot(), "newest");
	used = HOST_MEMORY_SIZE - HOST_IMAGE_SIZE - memory_free_size();
	CHECK(used < COUNT * 512 + KERNEL_INIT_SIZE + 256 * 1024);
	free(paths);
	free(files);
}

TEST(entries_in_vain_have_a_limit)
{
	struct memory_file files[BLS_BEST_MAX + 2];
	char paths[BLS_BEST_MAX + 1][32];

	/* The highest number is tried first; number 0 would boot. */
	for (int i = 0; i <= BLS_BEST_MAX; i++) {
		snprintf(paths[i], sizeof(paths[i]), "loader/entries/%d.conf", i);
		files[i] = (struct memory_file){ .path = paths[i],
						 .bytes = i ? SPAN("linux missing\n") :
							      SPAN("linux linux\noptions last\n") };
	}
	files[BLS_BEST_MAX + 1] = (struct memory_file)LINUX("linux");
	set_up(files, BLS_BEST_MAX + 2);
	CHECK_TEXT(boot(), status_name(ERR_NOT_FOUND));
	CHECK(said("BLS_BEST_MAX"));

	/* One fewer in vain, and it does. */
	files[1] = files[BLS_BEST_MAX + 1];
	set_up(files, BLS_BEST_MAX + 1);
	files[1].path = "linux";
	CHECK_TEXT(boot(), "last");
}

TEST(more_entries_than_the_limit_are_left_out_with_a_message)
{
	enum { COUNT = 16 * 1024 + 1 };
	struct memory_file *files = calloc(COUNT + 1, sizeof(*files));
	char(*paths)[48] = calloc(COUNT, sizeof(*paths));

	for (int i = 0; i < COUNT; i++) {
		snprintf(paths[i], sizeof(paths[i]), "loader/entries/%d.conf", i);
		files[i] = (struct memory_file){ .path = paths[i],
						 .bytes = SPAN("linux linux\noptions x\n") };
	}
	files[COUNT] = (struct memory_file)LINUX("linux");
	set_up(files, COUNT + 1);
	CHECK_TEXT(boot(), "x");
	CHECK(said("BLS_ENTRIES_MAX"));
	free(paths);
	free(files);
}

TEST(every_failing_allocation_is_survived)
{
	enum host_end end = HOST_RETURNED;
	u64 failures = 0;

	for (; end == HOST_RETURNED && failures < 1000; failures++) {
		VOLUME(three);
		boot_info.command_line = SPAN("fatwood.timeout=1");
		console.input = "\r";
		host_allocations_left = failures;
		end = host_run(run, NULL);
		CHECK(end == HOST_ENTERED_KERNEL || status == ERR_NO_MEMORY);
	}
	CHECK(failures > 3 && failures < 1000);
	arena_release(&arena);
}
