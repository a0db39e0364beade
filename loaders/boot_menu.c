/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One menu of all that this machine can boot: stored boot options, entries and boot loaders of all
 * disks. The search is made only if the menu is shown.
 */
#include "loaders/boot_menu.h"

#include "core/boot_info.h"
#include "core/console.h"
#include "core/log.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"
#include "loaders/menu.h"

enum { ROUNDS_MAX = 16 }; /* failed choices before the boot goes on without the menu */

/* For how long, and whether that is the VMM's word. */
static struct loader_conf wanted(u32 (*asked_seconds)(void))
{
	struct loader_conf conf = { 0 };
	struct span value;

	if (boot_info_option("fatwood.menu", &value)) {
		conf.is_timeout_vmms = true;
		loader_conf_set_timeout(value, &conf);
	} else {
		conf.timeout_seconds = asked_seconds();
	}
	return conf;
}

static struct boot_choice *choose(const struct boot_choices *choices,
				  const struct loader_conf *conf, bool *is_used)
{
	struct span titles[BOOT_CHOICES_MAX];
	struct menu menu = {
		.titles = titles,
		.seconds = conf->timeout_seconds,
		.may_wait = conf->is_timeout_vmms && conf->timeout_seconds == MENU_FOREVER,
	};
	struct boot_choice *choice = choices->first;
	u32 chosen;

	for (; choice; choice = choice->next)
		titles[menu.count++] = span_of_string(choice->title);
	chosen = menu_choose(&menu);
	*is_used = menu.is_used;
	for (choice = choices->first; chosen > 0; chosen--)
		choice = choice->next;
	return choice;
}

static void remove(struct boot_choices *choices, const struct boot_choice *choice)
{
	struct boot_choice **link = &choices->first;

	while (*link != choice)
		link = &(*link)->next;
	*link = choice->next;
}

void boot_menu(u32 (*asked_seconds)(void), void (*list)(struct boot_choices *choices))
{
	struct loader_conf conf = wanted(asked_seconds);
	struct arena arena = { 0 };
	struct boot_choices choices = { .arena = &arena };
	bool is_used = true;

	if (conf.timeout_seconds == MENU_NEVER || !console_has_input() ||
	    (conf.timeout_seconds == MENU_IF_KEY && !menu_key_is_typed()))
		return;
	choices.end = &choices.first;
	list(&choices);
	for (u32 i = 0; i < ROUNDS_MAX && choices.first && is_used; i++) {
		struct boot_choice *choice = choose(&choices, &conf, &is_used);
		enum status status = choice->start(choice, &arena);

		log_warning("%s: did not boot: %s", choice->title, status_name(status));
		remove(&choices, choice);
	}
	arena_release(&arena);
}
