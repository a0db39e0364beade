/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bls_order.c: UAPI.1, "Sorting" */
#include "lib/util.h"
#include "loaders/bls.h"

#include "tests/host/host.h"
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

/* Checks that @rows are sorted: each comes before all later ones, compared in both directions. */
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

/* With the suffix, the shorter one would be first. */
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

TEST(unusable_entries_come_last)
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

static void sort_numbers(u32 count, u32 factor)
{
	static struct bls_entry entries[BLS_ENTRIES_MAX];
	static char names[BLS_ENTRIES_MAX][32];
	struct bls_entries list = { .count = count };
	u32 found = 0;

	for (u32 i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "k-%u.conf", i * factor % 4099);
		entries[i] = (struct bls_entry){ .next = list.first };
		CHECK(bls_entry_name(span_of_string(names[i]), &entries[i]));
		list.first = &entries[i];
	}
	bls_entries_sort(&list);
	for (struct bls_entry *entry = list.first; entry; entry = entry->next) {
		CHECK(!entry->next || bls_entry_compare(entry, entry->next) <= 0);
		found++;
	}
	CHECK_EQUAL(found, count);
}

TEST(sorting_puts_entries_in_order)
{
	for (u32 count = 0; count <= 40; count++)
		sort_numbers(count, 2503);
	sort_numbers(BLS_ENTRIES_MAX, 1);
	sort_numbers(BLS_ENTRIES_MAX, 2503);
	sort_numbers(BLS_ENTRIES_MAX, 4098);
}

TEST(equal_entries_stay_as_they_are)
{
	struct bls_entry third = { .name = SPAN("a") };
	struct bls_entry second = { .name = SPAN("a"), .next = &third };
	struct bls_entry first = { .name = SPAN("a"), .next = &second };
	struct bls_entries list = { .first = &first, .count = 3 };

	bls_entries_sort(&list);
	CHECK(list.first == &first && first.next == &second && second.next == &third);
	CHECK(!third.next);
}

/* The worst case: keys of maximum length that differ only at their end. */
TEST(the_work_of_sorting_is_bounded)
{
	static struct bls_entry entries[BLS_ENTRIES_MAX];
	static char versions[BLS_ENTRIES_MAX][BLS_VALUE_SIZE_MAX + 8];
	struct bls_entries list = { .count = BLS_ENTRIES_MAX };
	u64 steps;

	for (u32 i = 0; i < BLS_ENTRIES_MAX; i++) {
		for (u32 j = 0; j < BLS_VALUE_SIZE_MAX - 5; j++)
			versions[i][j] = "a1"[j % 2];
		snprintf(versions[i] + BLS_VALUE_SIZE_MAX - 5, 6, "%05u", i * 2503 % 4099);
		entries[i] = (struct bls_entry){
			.name = SPAN("a"),
			.sort_key = SPAN("k"),
			.version = span_of(versions[i], BLS_VALUE_SIZE_MAX),
			.next = list.first,
		};
		list.first = &entries[i];
	}
	steps = host_steps;
	bls_entries_sort(&list);
	/* 12 comparisons of two keys of 128 bytes for each of 4096 entries. */
	CHECK(host_steps - steps <= 12ull * BLS_ENTRIES_MAX * BLS_VALUE_SIZE_MAX * 2 * 48);
}
