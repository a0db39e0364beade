/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The menu of everything that the machine can boot: stored boot options, entries and boot loaders
 * of all disks. Disks are searched only if the menu is shown.
 */
#include "loaders/boot_menu.h"

#include "core/boot_info.h"
#include "core/console.h"
#include "core/log.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"
#include "loaders/menu.h"

enum { ROUNDS_MAX = 16 }; /* failed choices before the boot continues without the menu */

/* The timeout, and whether the VMM has set it. */
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
	loader_conf_apply_editor(&conf);
	return conf;
}

static struct boot_choice *choice_at(const struct boot_choices *choices, u32 number)
{
	struct boot_choice *choice = choices->first;

	while (number-- > 0)
		choice = choice->next;
	return choice;
}

static enum status read_options(const struct menu *menu, u32 number, struct arena *arena,
				struct span *out)
{
	const struct boot_choice *choice = choice_at(menu->argument, number);

	return choice->read_options ? choice->read_options(choice, arena, out) : ERR_UNSUPPORTED;
}

static struct boot_choice *choose(const struct boot_choices *choices,
				  const struct loader_conf *conf, bool *is_used)
{
	struct span titles[BOOT_CHOICES_MAX];
	struct menu menu = {
		.titles = titles,
		.seconds = conf->timeout_seconds,
		.may_wait = conf->is_timeout_vmms && conf->timeout_seconds == MENU_FOREVER,
		.argument = choices,
		.arena = choices->arena,
	};
	struct boot_choice *choice = choices->first;

	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && !choices->is_editor_off)
		menu.read_options = read_options;
	for (; choice; choice = choice->next)
		titles[menu.count++] = span_of_string(choice->title);
	choice = choice_at(choices, menu_choose(&menu));
	choice->edited = menu.edited;
	*is_used = menu.is_used;
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
	choices.is_editor_off = conf.is_editor_off;
	list(&choices);
	for (u32 i = 0; i < ROUNDS_MAX && choices.first && is_used; i++) {
		struct boot_choice *choice = choose(&choices, &conf, &is_used);
		enum status status = choice->start(choice, &arena);

		log_warning("%s: did not boot: %s", choice->title, status_name(status));
		remove(&choices, choice);
	}
	arena_release(&arena);
}
