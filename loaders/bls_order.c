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

struct bls_entry *bls_entries_best(struct bls_entry *first, struct span pattern)
{
	struct bls_entry *best = NULL;

	(void)bls_cut_suffix(&pattern);
	for (struct bls_entry *entry = first; entry; entry = entry->next)
		if (!entry->taken && (!best || bls_entry_compare(entry, best) < 0) &&
		    glob_matches(pattern, entry->name))
			best = entry;
	return best;
}
