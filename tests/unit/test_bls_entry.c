/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bls_entry.c */
#include "core/log.h"
#include "loaders/bls.h"

#include "tests/unit/test.h"

static bool is(struct span span, const char *text)
{
	return span_equals(span, span_of_string(text));
}

static enum status parse_bytes(const char *bytes, size_t size, struct bls_entry *out)
{
	static char *copy;
	enum status status;

	*out = (struct bls_entry){ .file = "test.conf" };
	free(copy);
	copy = malloc(size);
	if (size)
		memcpy(copy, bytes, size);
	status = bls_entry_parse(span_of(copy, size), out);
	return status;
}

static enum status parse(const char *text, struct bls_entry *out)
{
	return parse_bytes(text, strlen(text), out);
}

static struct bls_entry named(const char *file_name)
{
	struct bls_entry entry = { 0 };

	if (!bls_entry_name(span_of_string(file_name), &entry))
		entry.name = (struct span){ 0 };
	return entry;
}

TEST(names_end_in_conf)
{
	CHECK(is(named("a.conf").name, "a"));
	CHECK(is(named("debian-6.1.0-18.conf").name, "debian-6.1.0-18"));
	CHECK(is(named("A.CONF").name, "A"));
	CHECK(is(named("a.b.conf").name, "a.b"));
	CHECK(is(named("a+b.conf").name, "a+b"));
	CHECK(is(named("a-1.conf").name, "a-1"));
	CHECK(!named("a-1.conf").counted);
	CHECK_EQUAL(named("a-1.conf").tries_done, 0);

	struct bls_entry entry = { 0 };

	CHECK(!bls_entry_name(SPAN(""), &entry));
	CHECK(!bls_entry_name(SPAN(".conf"), &entry));
	CHECK(!bls_entry_name(SPAN(".hidden.conf"), &entry));
	CHECK(!bls_entry_name(SPAN("a.conf~"), &entry));
	CHECK(!bls_entry_name(SPAN("a.cfg"), &entry));
	CHECK(!bls_entry_name(SPAN("aconf"), &entry));
	CHECK(!bls_entry_name(SPAN("conf"), &entry));
}

TEST(names_hold_counters)
{
	struct bls_entry entry = named("a+3.conf");

	CHECK(entry.counted && is(entry.name, "a"));
	CHECK_EQUAL(entry.tries_left, 3);
	CHECK_EQUAL(entry.tries_done, 0);

	entry = named("debian-6.1.0-18+2-1.conf");
	CHECK(entry.counted && is(entry.name, "debian-6.1.0-18"));
	CHECK_EQUAL(entry.tries_left, 2);
	CHECK_EQUAL(entry.tries_done, 1);

	entry = named("a+0-3.conf");
	CHECK(entry.counted);
	CHECK_EQUAL(entry.tries_left, 0);
	CHECK_EQUAL(entry.tries_done, 3);

	CHECK(named("a+4294967295-4294967295.conf").counted);
	CHECK(is(named("a+1+2.conf").name, "a+1"));
}

TEST(what_only_looks_like_counters_is_part_of_the_name)
{
	static const char *const names[] = {
		"a+",
		"a+-1",
		"a+x",
		"a+1-",
		"a+0x3",
		"a+1-2-3",
		"a+4294967296",
		"a+1-4294967296",
		"a+99999999999999999999999",
		"a+1.",
		"a-2",
		"a+1 ",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char file_name[64];
		struct bls_entry entry;

		snprintf(file_name, sizeof(file_name), "%s.conf", names[i]);
		entry = named(file_name);
		CHECK_OF(!entry.counted && is(entry.name, names[i]) && !entry.tries_left &&
				 !entry.tries_done,
			 "%s", file_name);
	}
}

TEST(all_keys_are_read)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("# a comment\n"
			  "title        Fedora 19 (Rawhide)\n"
			  "sort-key     fedora\n"
			  "machine-id   6a9857a393724b7a981ebb5b8495b9ea\n"
			  "version      3.8.0-2.fc19.x86_64\n"
			  "options      root=UUID=6d3376e4-fc93-4509-95ec-a21d68011da2 quiet\n"
			  "architecture x64\n"
			  "linux        /6a98/3.8.0-2.fc19.x86_64/linux\n"
			  "initrd       /6a98/3.8.0-2.fc19.x86_64/initrd\n",
			  &entry),
		    OK);
	CHECK(is(entry.title, "Fedora 19 (Rawhide)"));
	CHECK(is(entry.sort_key, "fedora"));
	CHECK(is(entry.machine_id, "6a9857a393724b7a981ebb5b8495b9ea"));
	CHECK(is(entry.version, "3.8.0-2.fc19.x86_64"));
	CHECK(!entry.unusable);
}

TEST(lines_may_end_in_cr_lf_or_not_at_all)
{
	struct bls_entry entry;
	struct span rest, value;

	CHECK_EQUAL(parse("title A\r\n\r\n  linux\t/a  \r\nversion 1.0", &entry), OK);
	CHECK(is(entry.title, "A"));
	CHECK(is(entry.version, "1.0"));
	CHECK(is(entry.path, "/a"));

	CHECK_EQUAL(parse("linux /a\ninitrd /b", &entry), OK);
	CHECK(is(entry.path, "/a"));
	rest = entry.text;
	CHECK(bls_entry_next_value(&rest, "initrd", &value) && is(value, "/b"));
	CHECK(!bls_entry_next_value(&rest, "initrd", &value));
}

TEST(keys_are_whole_words)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("linuxefi /a\n", &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse("linux\n", &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse("linux \t \n", &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse("#linux /a\n", &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse("# linux /a\n", &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse("LINUX /a\n", &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse("titles x\nlinux /a\n", &entry), OK);
	CHECK(span_is_empty(entry.title));
}

TEST(repeated_values_come_in_order)
{
	struct bls_entry entry;
	struct span rest, value;

	CHECK_EQUAL(parse("initrd /1\nlinux /a\noptions x\ninitrd\ninitrd   /2\n", &entry), OK);
	rest = entry.text;
	CHECK(bls_entry_next_value(&rest, "initrd", &value) && is(value, "/1"));
	CHECK(bls_entry_next_value(&rest, "initrd", &value) && is(value, "/2"));
	CHECK(!bls_entry_next_value(&rest, "initrd", &value));

	CHECK_EQUAL(parse("version 1\nlinux /a\nversion 2\nlinux /b\nversion\nlinux \n", &entry),
		    OK);
	CHECK(is(entry.version, "2"));
	CHECK(is(entry.path, "/b"));
}

TEST(unknown_keys_and_device_trees_are_ignored)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("grub_class debian\nlinux /a\ndevicetree /b.dtb\n"
			  "devicetree-overlay /c.dtbo /d.dtbo\nid x\n",
			  &entry),
		    OK);
	CHECK(!entry.unusable);
}

TEST(other_architectures_are_unusable)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("linux /a\narchitecture aa64\n", &entry), OK);
	CHECK(entry.unusable);
	CHECK_EQUAL(parse("linux /a\narchitecture x64x\n", &entry), OK);
	CHECK(entry.unusable);
	CHECK_EQUAL(parse("linux /a\narchitecture X64\n", &entry), OK);
	CHECK(!entry.unusable);
}

TEST(entries_that_need_efi_are_unusable)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("title Shell\nefi /shell.efi\n", &entry), OK);
	CHECK(entry.unusable);
	CHECK_EQUAL(parse("title UKI\nuki /a.efi\n", &entry), OK);
	CHECK(entry.unusable);
	CHECK_EQUAL(parse("linux /a\nextra /a.cred\n", &entry), OK);
	CHECK(!entry.unusable);
}

/* As written by RHEL 8 and Fedora 30: GRUB takes the value from grubenv. */
TEST(entries_whose_options_are_kept_elsewhere_are_unusable)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("linux /a\noptions $kernelopts $tuned_params\n", &entry), OK);
	CHECK(entry.unusable && strstr(entry.unusable, "$kernelopts"));
	CHECK_EQUAL(parse("linux /a\noptions root=/dev/vda2 ro $tuned_params\n", &entry), OK);
	CHECK(!entry.unusable);
}

TEST(bytes_that_are_not_text)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse_bytes("", 0, &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse_bytes("\n\n\n", 3, &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse_bytes("\0", 1, &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse_bytes("linux\0/a\n", 9, &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse_bytes("linux /a\0b\n", 11, &entry), OK);
	CHECK(span_equals(entry.path, SPAN("/a")));
	CHECK_EQUAL(parse("title \xff\xfe\x80\nlinux /\xc3\n", &entry), OK);
	CHECK(is(entry.title, "\xff\xfe\x80"));
	CHECK_EQUAL(parse("\xef\xbb\xbftitle a\nlinux /a\n", &entry), OK);
}

TEST(long_lines_are_lines)
{
	enum { SIZE = BLS_ENTRY_SIZE_MAX };
	char *text = malloc(SIZE + 1);
	struct bls_entry entry;

	memset(text, 'x', SIZE);
	text[SIZE] = '\0';
	CHECK_EQUAL(parse(text, &entry), ERR_CORRUPT);
	memcpy(text, "linux /", 7);
	CHECK_EQUAL(parse(text, &entry), OK);
	memset(text, '\n', SIZE);
	memcpy(text + SIZE - 8, "linux /a", 8);
	CHECK_EQUAL(parse(text, &entry), OK);
	free(text);
}

TEST(quotes_around_a_value_are_removed)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("title \"Server (a)\"\nlinux \"/a b\"\nversion \"1\"\nsort-key \"k\"\n"
			  "machine-id \"m\"\narchitecture \"x64\"\n",
			  &entry),
		    OK);
	CHECK(is(entry.title, "Server (a)") && is(entry.path, "/a b") && is(entry.version, "1"));
	CHECK(is(entry.sort_key, "k") && is(entry.machine_id, "m") && !entry.unusable);
	CHECK_EQUAL(parse("linux \"\"\n", &entry), ERR_CORRUPT);
	CHECK_EQUAL(parse("title \"a\" \"b\"\nlinux /a\n", &entry), OK);
	CHECK(is(entry.title, "\"a\" \"b\""));
}

TEST(marks_nuls_and_lone_cr)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("\xef\xbb\xbflinux /a\rtitle x\r\r\n\tversion 2\r", &entry), OK);
	CHECK(is(entry.path, "/a") && is(entry.title, "x") && is(entry.version, "2"));
	CHECK_EQUAL(parse_bytes("linux /a\n\0title x\n", 18, &entry), OK);
	CHECK(span_is_empty(entry.title));
}

TEST(long_values_are_truncated)
{
	static char text[1024];
	struct bls_entry entry;

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "linux /a\nversion ", 17);
	CHECK_EQUAL(parse(text, &entry), OK);
	CHECK_EQUAL(entry.version.size, BLS_VALUE_SIZE_MAX);
}

TEST(what_an_entry_starts)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("uki /a.efi\nprofile 2\n", &entry), OK);
	CHECK(entry.kind == BLS_UKI && is(entry.path, "/a.efi"));
	CHECK_EQUAL(parse("efi /a.efi\n", &entry), OK);
	CHECK(entry.kind == BLS_EFI);
	CHECK_EQUAL(parse("uki-url http://a/b\n", &entry), OK);
	CHECK(entry.kind == BLS_UKI_URL && entry.unusable);
	CHECK_EQUAL(parse("linux /a\nefi /b\n", &entry), OK);
	CHECK(entry.kind == BLS_SEVERAL && entry.unusable);
	CHECK_EQUAL(parse("linux /a\nlinux /b\n", &entry), OK);
	CHECK(entry.kind == BLS_LINUX && !entry.unusable && is(entry.path, "/b"));
}

TEST(kernelopts_with_a_root_is_removed)
{
	struct bls_entry entry;

	CHECK_EQUAL(parse("linux /a\noptions ro ${kernelopts}\n", &entry), OK);
	CHECK(entry.unusable);
	CHECK_EQUAL(parse("linux /a\noptions \"$kernelopts\"\n", &entry), OK);
	CHECK(entry.unusable);
	CHECK_EQUAL(parse("linux /a\noptions root=/dev/vda $kernelopts\n", &entry), OK);
	CHECK(!entry.unusable);
}

static const char *without_variables(const char *text)
{
	static char out[128];

	out[bls_copy_without_variables(span_of_string(text), (u8 *)out)] = '\0';
	return out;
}

TEST(variables_of_grub_are_removed)
{
	CHECK_TEXT(without_variables("ro $tuned_params quiet ${x_1} y"), "ro  quiet  y");
	CHECK_TEXT(without_variables("/i.img$a/b$c.d"), "/i.img/b.d");
	CHECK_TEXT(without_variables("a=\"b $c d\""), "a=\"b  d\"");
	CHECK_TEXT(without_variables("memmap=1G$4G,2M$0x1000"), "memmap=1G$4G,2M$0x1000");
	CHECK_TEXT(without_variables("$ $$ ${ ${} ${a b$"), "$ $$ ${ ${} ${a b$");
	CHECK_TEXT(without_variables(""), "");
}
