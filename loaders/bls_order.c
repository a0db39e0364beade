/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification: the order in which entries are tried (UAPI.1, section "Sorting"). Of
 * entries that differ only in their counters, the one with more tries left comes first, then the
 * one with fewer done, as in systemd-boot.
 */
#include "lib/text.h"
#include "lib/util.h"
#include "lib/version.h"
#include "loaders/bls.h"

int bls_entry_compare(const struct bls_entry *a, const struct bls_entry *b)
{
	bool a_has_key = !span_is_empty(a->sort_key), b_has_key = !span_is_empty(b->sort_key);
	int order = (a->unusable != NULL) - (b->unusable != NULL);

	if (!order)
		order = bls_entry_is_bad(a) - bls_entry_is_bad(b);
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
	/* The profiles of an image keep their order. */
	if (!order)
		order = (a->profile > b->profile) - (a->profile < b->profile);
	/* If names differ only in their counters, the better counters come first. */
	if (!order)
		order = (b->tries_left > a->tries_left) - (b->tries_left < a->tries_left);
	if (!order)
		order = (a->tries_done > b->tries_done) - (a->tries_done < b->tries_done);
	return order;
}

/* Merges two sorted lists; of equal entries, those of @a come first. */
static struct bls_entry *merge(struct bls_entry *a, struct bls_entry *b)
{
	struct bls_entry *first = NULL, **end = &first;

	while (a && b) {
		struct bls_entry **from = bls_entry_compare(a, b) <= 0 ? &a : &b;

		*end = *from;
		*from = (*from)->next;
		end = &(*end)->next;
	}
	*end = a ? a : b;
	return first;
}

/*
 * Bottom-up merge sort: list i is empty or has 2^i entries, and two full lists are merged into one.
 */
void bls_entries_sort(struct bls_entries *entries)
{
	enum { LISTS = 16 };
	static_assert(BLS_ENTRIES_MAX < 1u << LISTS);
	struct bls_entry *lists[LISTS] = { 0 }, *sorted = NULL;

	while (entries->first) {
		struct bls_entry *list = entries->first;
		u32 i = 0;

		entries->first = list->next;
		list->next = NULL;
		for (; lists[i]; i++) {
			list = merge(lists[i], list);
			lists[i] = NULL;
		}
		lists[i] = list;
	}
	for (u32 i = 0; i < LISTS; i++)
		sorted = merge(lists[i], sorted);
	entries->first = sorted;
}
