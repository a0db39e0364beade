/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification: chooses the entry to try first, by loader.conf, the VMM's options, or
 * a key.
 */
#include "core/console.h"
#include "core/log.h"
#include "lib/glob.h"
#include "lib/util.h"
#include "loaders/bls.h"
#include "loaders/loader_conf.h"
#include "loaders/menu.h"

enum { SHOWN_MAX = 80 }; /* of a pattern in a message */

/*
 * The file is optional. One that cannot be read may forbid the editor; otherwise @conf stays
 * unchanged by an error.
 */
static void read_loader_conf(struct boot_disk *disk, struct arena *arena, struct loader_conf *conf)
{
	for (u32 i = 0; i < disk->volume_count; i++) {
		struct file file;
		struct span text;
		enum status status =
			volume_open(disk->volumes[i], SPAN("loader/loader.conf"), &file);

		if (status == ERR_NOT_FOUND || (!status && file.is_directory))
			continue;
		if (!status)
			status = file_load(&file, arena, LOADER_CONF_SIZE_MAX, &text);
		if (!status)
			return loader_conf_parse(text, conf);
		conf->is_editor_off = true;
		log_warning("%s: loader.conf: %s", disk->volumes[i]->device->name,
			    status_name(status));
	}
}

/* The file name with its counters, as matched by systemd-boot, but without ".conf". */
static struct span counted_name(const struct bls_entry *entry)
{
	struct span name = span_of_string(entry->file);

	(void)bls_cut_suffix(&name);
	return name;
}

/*
 * The first entry whose name, with or without ".conf", matches @pattern; NULL if none does, or if
 * @pattern is empty.
 */
static struct bls_entry *find(struct bls_entry *entry, struct span pattern, struct arena *arena)
{
	struct glob *glob;

	if (span_is_empty(pattern))
		return NULL;
	glob = arena_allocate(arena, sizeof(*glob));
	(void)bls_cut_suffix(&pattern);
	if (!glob || !glob_compile(pattern, glob))
		return NULL;
	while (entry && !glob_matches(glob, entry->name) && !glob_matches(glob, entry->id) &&
	       !glob_matches(glob, counted_name(entry)))
		entry = entry->next;
	return entry;
}

/* The best one that matches, unless no match is good: bad entries come after all good ones. */
static struct bls_entry *find_good(struct bls_entry *entry, struct span pattern,
				   struct arena *arena)
{
	struct bls_entry *found = find(entry, pattern, arena);

	return found && !bls_entry_is_bad(found) && !found->unusable ? found : NULL;
}

/* In the order of systemd-boot 260; where none of the requests can be fulfilled, the best entry. */
static struct bls_entry *choose_by(const struct boot_wishes *wishes, const struct loader_conf *conf,
				   const struct bls_entries *entries, struct arena *arena)
{
	struct bls_entry *chosen = NULL;

	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE))
		chosen = find(entries->first, wishes->once, arena);
	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && !IS_ENABLED(CONFIG_OPTIMIZE_SIZE) && !chosen)
		chosen = find_good(entries->first, wishes->preferred, arena);
	if (!chosen)
		chosen = find_good(entries->first, conf->preferred, arena);
	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && !chosen)
		chosen = find(entries->first, wishes->by_default, arena);
	if (!chosen)
		chosen = find(entries->first, conf->default_pattern, arena);
	if (chosen)
		return chosen;
	if (!span_is_empty(conf->default_pattern))
		log_warning("no entry matches the default \"%.*s\"",
			    (int)min_u64(conf->default_pattern.size, SHOWN_MAX),
			    (const char *)conf->default_pattern.data);
	return entries->first;
}

static enum status read_options(const struct menu *menu, u32 number, struct arena *arena,
				struct span *out)
{
	struct bls_entry *const *shown = menu->argument;

	return bls_entry_options(shown[number], arena, out);
}

/* Shows the best entries, and @chosen. */
static struct bls_entry *choose_by_menu(const struct bls_entries *entries, struct bls_entry *chosen,
					struct menu *menu, struct arena *arena)
{
	struct bls_entry **shown = arena_allocate(arena, BLS_BEST_MAX * sizeof(*shown));
	struct span *titles = arena_allocate(arena, BLS_BEST_MAX * sizeof(*titles));
	struct bls_entry *entry = entries->first;
	bool has_chosen = false;

	if (!shown || !titles)
		return chosen;
	for (; entry && !entry->unusable && menu->count < BLS_BEST_MAX; entry = entry->next) {
		const char *title;

		if (menu->count == BLS_BEST_MAX - 1 && !has_chosen)
			entry = chosen;
		title = bls_entry_title(entry, arena);
		if (!title)
			break;
		if (entry == chosen) {
			has_chosen = true;
			menu->selected = menu->count;
		}
		titles[menu->count] = span_of_string(title);
		shown[menu->count++] = entry;
	}
	if (!menu->count)
		return chosen;
	menu->titles = titles;
	menu->argument = shown;
	chosen = shown[menu_choose(menu)];
	chosen->edited = menu->edited;
	return chosen;
}

/* Without input, a menu would only waste time, or wait forever. */
static bool wants_menu(const struct loader_conf *conf)
{
	if (!IS_ENABLED(CONFIG_BOOT_MENU) || conf->timeout_seconds == MENU_NEVER ||
	    !console_has_input())
		return false;
	return conf->timeout_seconds != MENU_IF_KEY || menu_key_is_typed();
}

static void put_first(struct bls_entries *entries, struct bls_entry *chosen)
{
	struct bls_entry **link = &entries->first;

	while (*link != chosen)
		link = &(*link)->next;
	*link = chosen->next;
	chosen->next = entries->first;
	entries->first = chosen;
}

/* Regardless of the menu; @conf is filled in. */
static struct bls_entry *choose_default(struct boot_disk *disk, const struct bls_entries *entries,
					struct loader_conf *conf, struct arena *arena)
{
	struct boot_wishes wishes = { 0 };

	read_loader_conf(disk, arena, conf);
	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && boot_interface)
		boot_interface->read_wishes(&wishes);
	if (!span_is_empty(wishes.timeout))
		loader_conf_set_timeout(wishes.timeout, conf);
	loader_conf_apply_command_line(conf);
	/* The VMM's choice comes before those of the operating system. */
	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && conf->is_entry_vmms)
		wishes.once = wishes.preferred = wishes.by_default = (struct span){ 0 };
	return choose_by(&wishes, conf, entries, arena);
}

void bls_choose_default(struct boot_disk *disk, struct bls_entries *entries, struct arena *arena)
{
	struct loader_conf conf = { 0 };

	put_first(entries, choose_default(disk, entries, &conf, arena));
}

bool bls_editor_is_off(struct boot_disk *disk, struct arena *arena)
{
	struct loader_conf conf = { 0 };

	read_loader_conf(disk, arena, &conf);
	loader_conf_apply_editor(&conf);
	return conf.is_editor_off;
}

void bls_choose(struct boot_disk *disk, struct bls_entries *entries, struct arena *arena)
{
	struct loader_conf conf = { 0 };
	struct bls_entry *chosen = choose_default(disk, entries, &conf, arena);
	struct menu menu = {
		.seconds = conf.timeout_seconds,
		.may_wait = conf.is_timeout_vmms && conf.timeout_seconds == MENU_FOREVER,
		.arena = arena,
	};

	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && !conf.is_editor_off)
		menu.read_options = read_options;
	if (wants_menu(&conf))
		chosen = choose_by_menu(entries, chosen, &menu, arena);
	put_first(entries, chosen);
}
