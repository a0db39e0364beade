/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bls_order.c: UAPI.1, "Sorting" */
#include "lib/util.h"
#include "loaders/bls.h"

#include "tests/unit/test.h"

struct keys {
	const char *file, *sort_key, *machine_id, *version;
	bool unusable;
};

static struct bls_entry entry_of(const struct keys *keys)
{
	struct bls_entry entry = { .file = keys->file };

	CHECK_OF(bls_entry_name(span_of_string(keys->file), &entry), "%s", keys->file);
	entry.sort_key = span_of_string(keys->sort_key ? keys->sort_key : "");
	entry.machine_id = span_of_string(keys->machine_id ? keys->machine_id : "");
	entry.version = span_of_string(keys->version ? keys->version : "");
	entry.unusable = keys->unusable ? "test" : NULL;
	return entry;
}

/* @rows are in the right order: does each stand before all behind it, in both directions? */
static void check_order(const struct keys *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			struct bls_entry a = entry_of(&rows[i]), b = entry_of(&rows[j]);
			int order = bls_entry_compare(&a, &b);

			CHECK_OF((order < 0) == (i < j) && (order > 0) == (i > j),
				 "%s against %s: %d", rows[i].file, rows[j].file, order);
		}
	}
}

#define CHECK_ORDER(...)                                           \
	do {                                                       \
		static const struct keys rows[] = { __VA_ARGS__ }; \
		check_order(rows, sizeof(rows) / sizeof(rows[0])); \
	} while (0)

TEST(sort_keys_ascend_and_versions_descend)
{
	CHECK_ORDER(
		{ .file = "5.conf", .sort_key = "centos", .machine_id = "a", .version = "1" },
		{ .file = "4.conf", .sort_key = "debian", .machine_id = "a", .version = "6.12.1" },
		{ .file = "9.conf", .sort_key = "debian", .machine_id = "a", .version = "6.9.1" },
		{ .file = "1.conf", .sort_key = "debian", .machine_id = "b", .version = "7" },
		{ .file = "2.conf", .sort_key = "fedora", .machine_id = "a", .version = "1.0" },
		{ .file = "3.conf", .sort_key = "fedora", .machine_id = "a", .version = "1.0~rc1" },
		{ .file = "z.conf", .machine_id = "a", .version = "99" });
}

TEST(machine_ids_ascend_and_an_absent_one_is_lowest)
{
	CHECK_ORDER(
		{ .file = "a.conf", .sort_key = "debian", .version = "1" },
		{ .file = "b.conf", .sort_key = "debian", .machine_id = "0123", .version = "1" },
		{ .file = "c.conf", .sort_key = "debian", .machine_id = "01234", .version = "1" },
		{ .file = "d.conf", .sort_key = "debian", .machine_id = "1", .version = "1" });
}

TEST(sort_keys_are_compared_as_bytes)
{
	CHECK_ORDER({ .file = "a.conf", .sort_key = "Z" }, { .file = "b.conf", .sort_key = "a" },
		    { .file = "c.conf", .sort_key = "a1" }, { .file = "d.conf", .sort_key = "a10" },
		    { .file = "e.conf", .sort_key = "a9" },
		    { .file = "f.conf", .sort_key = "\xc3\xa9" });
}

TEST(without_sort_key_file_names_descend_as_versions)
{
	CHECK_ORDER({ .file = "linux-6.12.0.conf", .version = "1" },
		    { .file = "linux-6.9.0.conf", .version = "2" },
		    { .file = "linux-6.9.0~rc2.conf", .version = "3" },
		    { .file = "debian-7.conf", .version = "9" });
}

/* With it, the shorter one would be first. */
TEST(file_names_are_compared_without_their_suffix)
{
	CHECK_ORDER({ .file = "arch-fallback.conf" }, { .file = "arch.conf" });
}

TEST(file_names_decide_when_keys_are_equal)
{
	CHECK_ORDER(
		{ .file = "a-10.conf", .sort_key = "debian", .machine_id = "m", .version = "1" },
		{ .file = "a-9.conf", .sort_key = "debian", .machine_id = "m", .version = "1" });
}

TEST(an_absent_version_is_oldest)
{
	CHECK_ORDER({ .file = "a.conf", .sort_key = "debian", .machine_id = "m", .version = "0" },
		    { .file = "b.conf", .sort_key = "debian", .machine_id = "m" });
}

TEST(bad_entries_come_last_and_indeterminate_ones_do_not)
{
	CHECK_ORDER(
		{ .file = "a-9+1-2.conf", .sort_key = "debian", .machine_id = "m", .version = "9" },
		{ .file = "a-8.conf", .sort_key = "debian", .machine_id = "m", .version = "8" },
		{ .file = "z.conf" },
		{ .file = "a-10+0-3.conf", .sort_key = "debian", .machine_id = "m", .version = "10" },
		{ .file = "a-7+0.conf", .sort_key = "debian", .machine_id = "m", .version = "7" },
		{ .file = "y+0-1.conf" });
}

TEST(counters_decide_when_nothing_else_does)
{
	CHECK_ORDER({ .file = "a+3.conf" }, { .file = "a+3-1.conf" }, { .file = "a+2-1.conf" },
		    { .file = "a+0-1.conf" }, { .file = "a+0-2.conf" });
}

TEST(unusable_entries_come_last_of_all)
{
	CHECK_ORDER({ .file = "a.conf", .sort_key = "debian", .machine_id = "m", .version = "1" },
		    { .file = "b+0.conf", .sort_key = "debian", .machine_id = "m", .version = "2" },
		    { .file = "c.conf",
		      .sort_key = "debian",
		      .machine_id = "m",
		      .version = "3",
		      .unusable = true },
		    { .file = "d+0.conf",
		      .sort_key = "debian",
		      .machine_id = "m",
		      .version = "4",
		      .unusable = true });
}

/* Each time the best of those that are left: all of them, in their order. */
TEST(taken_one_after_the_other_they_come_in_order)
{
	enum { COUNT = 500 };
	static struct bls_entry entries[COUNT];
	static char names[COUNT][32];
	struct bls_entry *before = NULL, *entry;
	u32 found = 0, seed = 1;

	for (u32 i = 0; i < COUNT; i++) {
		seed = seed * 1103515245 + 12345;
		snprintf(names[i], sizeof(names[i]), "k-%u.conf", seed >> 16);
		CHECK(bls_entry_name(span_of_string(names[i]), &entries[i]));
		entries[i].next = i + 1 < COUNT ? &entries[i + 1] : NULL;
	}
	while ((entry = bls_entries_best(entries, SPAN("*")))) {
		CHECK(!before || bls_entry_compare(before, entry) <= 0);
		entry->taken = true;
		before = entry;
		found++;
	}
	CHECK_EQUAL(found, COUNT);
}

static const char *best(const char *pattern)
{
	static const struct keys rows[] = {
		{ .file = "arch.conf" },           { .file = "debian-6.1+2-1.conf" },
		{ .file = "debian-6.9+0-3.conf" }, { .file = "Fedora-41.conf", .unusable = true },
		{ .file = "debian-6.12.conf" },    { .file = "debian-6.2.conf" },
	};
	static struct bls_entry entries[ARRAY_SIZE(rows)];
	struct bls_entry *found;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		entries[i] = entry_of(&rows[i]);
		entries[i].next = i + 1 < ARRAY_SIZE(rows) ? &entries[i + 1] : NULL;
	}
	found = bls_entries_best(&entries[0], span_of_string(pattern));
	return found ? found->file : "none";
}

TEST(the_best_of_those_that_match_a_pattern)
{
	CHECK_TEXT(best("*"), "debian-6.12.conf");
	CHECK_TEXT(best("debian-*"), "debian-6.12.conf");
	CHECK_TEXT(best("DEBIAN-6.1"), "debian-6.1+2-1.conf");
	CHECK_TEXT(best("debian-6.1.conf"), "debian-6.1+2-1.conf");
	CHECK_TEXT(best("debian-6.[1-2]"), "debian-6.2.conf");
	CHECK_TEXT(best("debian-6.9*"), "debian-6.9+0-3.conf");
	CHECK_TEXT(best("arch"), "arch.conf");
	CHECK_TEXT(best("arch.conf"), "arch.conf");
	CHECK_TEXT(best("a*.conf"), "arch.conf");
	CHECK_TEXT(best("[ab]r?h"), "arch.conf");
	CHECK_TEXT(best("arch.con"), "none");
	CHECK_TEXT(best("gentoo*"), "none");
	CHECK_TEXT(best(""), "none");
}

/* So that it is said why it does not boot. */
TEST(what_is_unusable_is_chosen_if_nothing_else_matches)
{
	CHECK_TEXT(best("fedora-41"), "Fedora-41.conf");
	CHECK_TEXT(best("[af]*"), "arch.conf");
}

TEST(of_equal_entries_the_first_is_best)
{
	struct bls_entry second = { .name = SPAN("a") };
	struct bls_entry first = { .name = SPAN("a"), .next = &second };

	CHECK(bls_entries_best(&first, SPAN("*")) == &first);
	CHECK(bls_entries_best(NULL, SPAN("*")) == NULL);
}

TEST(a_long_name_or_pattern_is_no_trouble)
{
	static char name[2000], pattern[2000];
	struct bls_entry entry = { .file = name };

	memset(name, 'A', sizeof(name));
	memset(pattern, '*', sizeof(pattern));
	entry.name = span_of(name, sizeof(name));
	CHECK(bls_entries_best(&entry, span_of(pattern, sizeof(pattern))) == &entry);
	CHECK(bls_entries_best(&entry, SPAN("a*b")) == NULL);
}
