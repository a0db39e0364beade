/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bls*.c: exceeded limits, and out of memory. */
#include "tests/unit/bls.h"

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

TEST(ten_thousand_entries)
{
	enum { COUNT = 10000 };
	struct memory_file *files = calloc(COUNT + 1, sizeof(*files));
	char(*paths)[48] = calloc(COUNT, sizeof(*paths));

	/* One file in ten is an entry, as in a directory with many other files. */
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
	free(paths);
	free(files);
}

/* @count entries with the same text, from "0.conf" on, followed by the kernel. */
static struct memory_file *alike(u32 count, struct span text)
{
	static struct memory_file files[BLS_ENTRIES_MAX + 2];
	static char paths[BLS_ENTRIES_MAX + 1][32];

	for (u32 i = 0; i < count; i++) {
		snprintf(paths[i], sizeof(paths[i]), "loader/entries/%u.conf", i);
		files[i] = (struct memory_file){ .path = paths[i], .bytes = text };
	}
	files[count] = (struct memory_file)LINUX("linux");
	return files;
}

TEST(failed_entries_have_a_limit)
{
	struct memory_file *files = alike(BLS_BEST_MAX + 1, SPAN("linux missing\n"));

	/* The highest number is tried first; number 0 would boot. */
	files[0].bytes = SPAN("linux linux\noptions last\n");
	set_up(files, BLS_BEST_MAX + 2);
	CHECK_TEXT(boot(), status_name(ERR_NOT_FOUND));
	CHECK(said("gave up after 256 entries (0 loaded)"));

	/* With one fewer failure it boots. */
	files[1] = files[BLS_BEST_MAX + 1];
	set_up(files, BLS_BEST_MAX + 1);
	files[1].path = "linux";
	CHECK_TEXT(boot(), "last");
}

/* Files that are read and do not boot cost more than files that are not there. */
TEST(loaded_entries_have_a_lower_limit)
{
	struct memory_file *files = alike(BLS_LOADS_MAX + 1, SPAN("linux linux\ninitrd cut\n"));

	files[0].bytes = SPAN("linux linux\noptions last\n");
	files[BLS_LOADS_MAX + 2] =
		(struct memory_file){ .path = "cut", .bytes = SPAN("cut"), .status = ERR_IO };
	set_up(files, BLS_LOADS_MAX + 3);
	CHECK_TEXT(boot(), status_name(ERR_IO));
	CHECK(said("gave up after 32 entries (32 loaded)"));

	/* With one fewer failure it boots. */
	files[1].bytes = SPAN("linux missing\n");
	set_up(files, BLS_LOADS_MAX + 3);
	CHECK_TEXT(boot(), "last");
}

TEST(the_menu_has_the_best_and_the_default)
{
	enum { COUNT = BLS_BEST_MAX + 10 };
	struct memory_file *files = alike(COUNT, SPAN("linux linux\noptions x\n"));

	files[3].bytes = SPAN("linux linux\noptions 3\n");
	set_up(files, COUNT + 1);
	boot_info.command_line = SPAN("fatwood.timeout=5 fatwood.entry=3");
	console.input = "k\r";
	CHECK_TEXT(boot(), "x");
	CHECK(said(" 255  11\r\n") && said(">256  3\r\n") && said("of 256"));
	set_up(files, COUNT + 1);
	boot_info.command_line = SPAN("fatwood.timeout=5 fatwood.entry=3");
	console.input = "\r";
	CHECK_TEXT(boot(), "3");
}

TEST(more_entries_than_the_limit_are_left_out_with_a_message)
{
	enum { COUNT = BLS_ENTRIES_MAX + 1 };
	struct memory_file *files = alike(COUNT, SPAN("linux linux\noptions x\n"));

	set_up(files, COUNT + 1);
	CHECK_TEXT(boot(), "x");
	CHECK(said("BLS_ENTRIES_MAX"));
	/* The maximum number is accepted without a message. */
	files[0] = files[COUNT];
	set_up(files, COUNT);
	CHECK_TEXT(boot(), "x");
	CHECK_TEXT(console.text, "");
}

TEST(entries_that_cannot_be_read_count_as_well)
{
	enum { COUNT = BLS_ENTRIES_MAX + 1 };
	/* Each costs memory and a line of the log; only the last one has a kernel. */
	struct memory_file *files = alike(COUNT, SPAN("title x\n"));

	files[COUNT - 1].bytes = SPAN("linux linux\noptions last\n");
	set_up(files, COUNT + 1);
	CHECK_TEXT(boot(), status_name(ERR_UNSUPPORTED));
	/* One fewer leaves room for it. */
	files[0] = files[COUNT];
	set_up(files, COUNT);
	CHECK_TEXT(boot(), "last");
}

TEST(an_entry_may_be_as_large_as_the_limit)
{
	static char text[BLS_ENTRY_SIZE_MAX] = "linux linux\noptions large\n#";
	struct memory_file files[] = {
		{ .path = "loader/entries/a.conf", .bytes = { (u8 *)text, sizeof(text) } },
		LINUX("linux"),
	};

	memset(text + strlen(text), '#', sizeof(text) - strlen(text));
	VOLUME(files);
	CHECK_TEXT(boot(), "large");
	CHECK_TEXT(console.text, "");
}

TEST(every_allocation_failure_is_handled)
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

TEST(out_of_memory_within_an_entry)
{
	const size_t entry_size = (size_t)align_up(sizeof(struct bls_entry), 16);

	VOLUME(three);
	CHECK(arena_allocate(&arena, 1));
	while (arena.left > entry_size)
		CHECK(arena_allocate(&arena, (size_t)min_u64(arena.left - entry_size, 4096)));
	host_allocations_left = 0;
	CHECK_TEXT(boot(), status_name(ERR_NO_MEMORY));
}
