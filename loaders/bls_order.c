/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification: the order in which entries are tried (UAPI.1, section "Sorting"), and
 * the choice among them by a pattern. Of entries that differ in nothing but their counters it only
 * says "by n": here the one with more tries left comes first, then the one with fewer done.
 */
#include "lib/glob.h"
#include "lib/text.h"
#include "lib/util.h"
#include "lib/version.h"
#include "loaders/bls.h"

static bool is_bad(const struct bls_entry *entry)
{
	return entry->counted && entry->tries_left == 0;
}

int bls_entry_compare(const struct bls_entry *a, const struct bls_entry *b)
{
	bool a_has_key = !span_is_empty(a->sort_key), b_has_key = !span_is_empty(b->sort_key);
	int order = (a->unusable != NULL) - (b->unusable != NULL);

	if (!order)
		order = is_bad(a) - is_bad(b);
	if (!order)
		order = b_has_key - a_has_key;
	if (!order && a_has_key) {
		order = text_compare(a->sort_key, b->sort_key);
		if (!order)
			order = text_compare(a->machine_id, b->machine_id);
		if (!order)
			order = version_compare(b->version, a->version);
	}
	if (!order)
		order = version_compare(b->name, a->name);
	/* Same name but for the counters: the one with better prospects. */
	if (!order)
		order = (b->tries_left > a->tries_left) - (b->tries_left < a->tries_left);
	if (!order)
		order = (a->tries_done > b->tries_done) - (a->tries_done < b->tries_done);
	return order;
}

static struct bls_entry *merge(struct bls_entry *a, struct bls_entry *b)
{
	struct bls_entry *first, **last = &first;

	while (a && b) {
		struct bls_entry **from = bls_entry_compare(a, b) <= 0 ? &a : &b;

		*last = *from;
		last = &(*from)->next;
		*from = *last;
	}
	*last = a ? a : b;
	return first;
}

struct bls_entry *bls_entries_sort(struct bls_entry *first)
{
	struct bls_entry *runs[32] = { NULL }; /* runs[i] is NULL or 2^i entries, sorted */
	struct bls_entry *all = NULL;

	while (first) {
		struct bls_entry *run = first;
		size_t i;

		first = first->next;
		run->next = NULL;
		for (i = 0; runs[i] && i < ARRAY_SIZE(runs) - 1; i++) {
			run = merge(runs[i], run);
			runs[i] = NULL;
		}
		runs[i] = merge(runs[i], run);
	}
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		all = merge(runs[i], all);
	return all;
}

/*
 * In lower case, at most @size bytes: longer text is cut, and then matches nothing that is longer.
 */
static struct span lower_case(struct span text, u8 *buffer, size_t size)
{
	size = (size_t)min_u64(text.size, size);
	for (size_t i = 0; i < size; i++) {
		u8 c = text.data[i];

		buffer[i] = c >= 'A' && c <= 'Z' ? (u8)(c | 0x20) : c;
	}
	return span_of(buffer, size);
}

struct bls_entry *bls_entries_match(struct bls_entry *first, struct span pattern)
{
	u8 wanted[FILE_NAME_SIZE], name[FILE_NAME_SIZE];

	pattern = lower_case(pattern, wanted, sizeof(wanted));
	for (struct bls_entry *entry = first; entry && !entry->unusable; entry = entry->next) {
		struct span bare = lower_case(entry->name, name, sizeof(name) - sizeof(BLS_SUFFIX));

		if (glob_matches(pattern, bare))
			return entry;
		memcpy(name + bare.size, BLS_SUFFIX, sizeof(BLS_SUFFIX));
		if (glob_matches(pattern, span_of(name, bare.size + sizeof(BLS_SUFFIX) - 1)))
			return entry;
	}
	return NULL;
}
