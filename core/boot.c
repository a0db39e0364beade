/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the kernel of a boot entry, and the record of failed attempts. */
#include "core/boot.h"

#include "core/arch.h"
#include "core/device.h"
#include "core/log.h"
#include "core/timing.h"
#include "lib/format.h"
#include "lib/util.h"

enum { TRIED_MAX = 32, TRIED_SIZE = 96 };

static struct attempt {
	char line[TRIED_SIZE];
	/* Of boot_tried_partition(): the line is written when it is shown. */
	struct block_device *partition;
	const char *(*identify)(struct block_device *partition);
} tried[TRIED_MAX + 1]; /* the last one is for all those without room, and is not shown */
static u32 tried_count;

static enum status find_loader(struct boot_entry *entry, struct span head,
			       const struct image_loader **out)
{
	for (size_t i = 0; image_loaders[i]; i++) {
		if (IS_ENABLED(CONFIG_EFI) && entry->is_efi && !image_loaders[i]->is_efi)
			continue;
		if (image_loaders[i]->recognizes(head)) {
			*out = image_loaders[i];
			return OK;
		}
	}
	return unsupported("%s: not a kernel that this build can load", entry->title);
}

enum status kernel_start(const struct kernel *kernel)
{
	devices_quiesce();
	timing_mark("handover");
	timing_print();
	arch_enter_kernel(kernel);
}

enum status boot_start(struct boot_entry *entry)
{
	const struct image_loader *loader;
	struct arena arena = { 0 };
	struct kernel kernel;
	u8 bytes[IMAGE_HEAD_SIZE];
	struct span head = span_of(bytes, (size_t)min_u64(entry->kernel.size, sizeof(bytes)));
	enum status status = file_read(&entry->kernel, 0, head.size, bytes);

	if (!status)
		status = find_loader(entry, head, &loader);
	if (status)
		return status;
	timing_mark("kernel found");
	status = loader->load(entry, head, &arena, &kernel);
	if (!status) {
		timing_mark("kernel loaded");
		log_info("booting \"%s\" (%s)", entry->title, loader->name);
		/* This goes to all consoles; later output only to those that need no memory. */
		timing_print();
		status = kernel.start(&kernel);
	}
	arena_release(&arena);
	return status;
}

struct boot_choice *boot_choice_add(struct boot_choices *choices, const char *title,
				    enum status (*start)(struct boot_choice *choice,
							 struct arena *arena),
				    const void *argument)
{
	struct boot_choice *choice;
	const char *copy;

	if (choices->count == BOOT_CHOICES_MAX) {
		log_info("%s: more than %d choices (BOOT_CHOICES_MAX)", title, BOOT_CHOICES_MAX);
		return NULL;
	}
	choice = arena_allocate(choices->arena, sizeof(*choice));
	copy = arena_copy(choices->arena, span_of_string(title));
	if (!choice || !copy)
		return NULL;
	*choice = (struct boot_choice){ .title = copy, .start = start, .argument = argument };
	*choices->end = choice;
	choices->end = &choice->next;
	choices->count++;
	return choice;
}

static void describe(char line[TRIED_SIZE], const char *where, const char *what, enum status status)
{
	/* A long name is truncated rather than the reason: the others have at most 32 bytes. */
	format(line, TRIED_SIZE, "%s: %.59s: %s", where, what, status_name(status));
}

static struct attempt *next_attempt(void)
{
	return &tried[min_u64(tried_count++, TRIED_MAX)];
}

void boot_tried(const char *where, const char *what, enum status status)
{
	char *line = next_attempt()->line;

	describe(line, where, what, status);
	/* A disk that is not meant for booting is not an error. */
	if (status == ERR_NOT_FOUND || status == ERR_UNRECOGNIZED)
		log_info("%s", line);
	else
		log_warning("%s", line);
}

void boot_tried_partition(struct block_device *partition,
			  const char *(*identify)(struct block_device *partition))
{
	if (log_is_wanted(LOG_INFO))
		return boot_tried(partition->name, identify(partition), ERR_UNRECOGNIZED);
	*next_attempt() = (struct attempt){ .partition = partition, .identify = identify };
}

void boot_log_tried(void)
{
	for (u32 i = 0; i < min_u64(tried_count, TRIED_MAX); i++) {
		struct attempt *attempt = &tried[i];

		if (IS_ENABLED(CONFIG_FILE_SYSTEM_NAMES) && attempt->partition)
			describe(attempt->line, attempt->partition->name,
				 attempt->identify(attempt->partition), ERR_UNRECOGNIZED);
		log_error("  %s", attempt->line);
	}
	if (tried_count > TRIED_MAX)
		log_error("  and %u more", tried_count - TRIED_MAX);
	if (tried_count == 0)
		log_error("  nothing");
}
