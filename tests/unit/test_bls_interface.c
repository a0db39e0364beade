/* SPDX-License-Identifier: Apache-2.0 */
/* The use of the Boot Loader Interface by loaders/bls.c: what it reads and reports. */
#include "tests/unit/bls.h"

#include "lib/util.h"

static struct boot_wishes wishes;
static char told[1024];
static u32 reads;

static void read_wishes(struct boot_wishes *out)
{
	reads++;
	*out = wishes;
}

static void tell(const char *what, struct span text)
{
	size_t used = strlen(told);

	snprintf(told + used, sizeof(told) - used, "%s %.*s;", what, (int)text.size,
		 (const char *)text.data);
}

static void list(const struct span *ids, u32 count)
{
	for (u32 i = 0; i < count; i++)
		tell("has", ids[i]);
}

static void start(const struct boot_selection *selection)
{
	CHECK(selection->volume == &volumes[0].volume);
	tell("starts", span_of_string(selection->id));
	CHECK_TEXT(selection->counted_path, "");
}

static void give_up(void)
{
	tell("gives up", SPAN(""));
}

static const struct boot_interface interface = {
	.read_wishes = read_wishes,
	.list = list,
	.start = start,
	.give_up = give_up,
};

const struct boot_interface *const boot_interface = &interface;

static const char *boot_with(struct boot_wishes asked)
{
	wishes = asked;
	told[0] = 0;
	reads = 0;
	VOLUME(three);
	return boot();
}

TEST(entries_are_reported)
{
	CHECK_TEXT(boot_with((struct boot_wishes){ 0 }), "ten");
	CHECK_TEXT(told, "has a-10.conf;has a-9.conf;has a-1.conf;starts a-10.conf;");
	CHECK_EQUAL(reads, 1);
}

TEST(the_requested_entry_boots)
{
	CHECK_TEXT(boot_with((struct boot_wishes){ .by_default = SPAN("a-9.conf") }), "nine");
	CHECK_TEXT(told, "has a-9.conf;has a-10.conf;has a-1.conf;starts a-9.conf;");
	CHECK_TEXT(boot_with((struct boot_wishes){ .once = SPAN("A-1.conf"),
						   .by_default = SPAN("a-9.conf") }),
		   "one");
	CHECK_TEXT(boot_with((struct boot_wishes){ .once = SPAN("gone.conf"),
						   .by_default = SPAN("a-9.conf") }),
		   "nine");
	CHECK_TEXT(boot_with((struct boot_wishes){ .once = SPAN("gone.conf") }), "ten");
}

/* The order of systemd 260: one shot, preferred if it is good, default, each before loader.conf's.
 */
TEST(the_preferred_entry)
{
	static const struct memory_file files[] = {
		ENTRY("a+0-3.conf", "linux linux\noptions bad\n"),
		ENTRY("b.conf", "linux linux\noptions b\n"),
		ENTRY("c.conf", "linux linux\noptions c\n"),
		ENTRY("d.conf", "linux linux\noptions d\n"),
		LINUX("linux"),
		{ .path = "loader/loader.conf", .bytes = SPAN("preferred b\ndefault c\n") },
	};
	static const struct {
		struct boot_wishes wishes;
		const char *boots, *command_line;
	} rows[] = {
		{ { .preferred = SPAN("c.conf") }, "c", "" },
		{ { .preferred = SPAN("c.conf"), .by_default = SPAN("d.conf") }, "c", "" },
		{ { .preferred = SPAN("c.conf"), .once = SPAN("d.conf") }, "d", "" },
		{ { .preferred = SPAN("gone.conf"), .by_default = SPAN("d.conf") }, "b", "" },
		{ { .preferred = SPAN("a.conf"), .by_default = SPAN("d.conf") }, "b", "" },
		{ { .once = SPAN("a.conf") }, "bad", "" },
		{ { .by_default = SPAN("d.conf") }, "b", "" },
		{ { .preferred = SPAN("c.conf") }, "d", "fatwood.entry=d.conf" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		wishes = rows[i].wishes;
		told[0] = 0;
		VOLUME(files);
		boot_info.command_line = span_of_string(rows[i].command_line);
		CHECK_TEXT(boot(), rows[i].boots);
	}
	boot_info.command_line = (struct span){ 0 };
}

TEST(no_entry_boots)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "linux gone\n"),
		ENTRY("b.conf", "uki-url http://b\n"),
	};

	told[0] = 0;
	wishes = (struct boot_wishes){ 0 };
	VOLUME(files);
	CHECK_TEXT(boot(), "not found");
	CHECK_TEXT(told, "has a.conf;gives up ;");
}
