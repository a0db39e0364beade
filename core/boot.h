/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to boot, where to look for it, and how to load it: the interfaces between boot/, loaders/
 * and fs/.
 */
#pragma once

#include "core/arena.h"
#include "core/volume.h"

enum {
	BOOT_INITRDS_MAX = 16,
	BOOT_VOLUMES_MAX = 16, /* of one disk that are searched together */
	BOOT_TITLE_SIZE = 96,
};

/*
 * What to boot: filled in by a boot method, read by a loader. All of it is in the attempt's arena.
 */
struct boot_entry {
	const char *title; /* for messages and the menu */
	struct file kernel;
	struct file initrds[BOOT_INITRDS_MAX];
	u32 initrd_count;
	struct span options; /* the entry's own command line, without the VMM's words */
	bool is_efi;         /* the kernel is an EFI program: only loaders with is_efi take it */
	bool is_uki;         /* also a unified kernel image: without options it uses its own */
	u32 profile;         /* of it */
};

/* Loaded, and ready to be started. */
struct kernel {
	/*
	 * kernel_start(), or a function of another format: a UEFI program uses the devices and may
	 * return, with this status.
	 */
	enum status (*start)(const struct kernel *kernel);
	u64 entry;
	u64 argument; /* for start(); for kernel_start() on x86-64: boot_params */
};

/* For kernels that take over the machine at once: stops the devices and jumps to the kernel. */
enum status kernel_start(const struct kernel *kernel);

/* How to boot it. */
struct image_loader {
	const char *name;
	/* @head is the first IMAGE_HEAD_SIZE bytes, or all of a smaller file. */
	bool (*recognizes)(struct span head);
	/*
	 * Loads kernel, initrds and command line into the arena's pages. @head is what was
	 * recognized.
	 */
	enum status (*load)(struct boot_entry *entry, struct span head, struct arena *arena,
			    struct kernel *out);
	bool is_efi; /* starts EFI programs, and so entries with the keys efi and uki */
};

enum { IMAGE_HEAD_SIZE = 1024 };

/* The volumes of one disk that may have boot files, in search order. */
struct boot_disk {
	struct volume *volumes[BOOT_VOLUMES_MAX]; /* ESPs first, then XBOOTLDR: they form one set
						     (Boot Loader Specification) */
	u32 volume_count;
};

/* Where to look on a disk. Returns only if nothing was booted; the status says why. */
struct boot_method {
	const char *name;
	enum status (*boot)(struct boot_disk *disk, struct arena *arena);
};

/* One choice in the menu of all disks. */
struct boot_choice {
	struct boot_choice *next;
	const char *title;
	/* Returns only if it did not boot. @arena is valid as long as the choice. */
	enum status (*start)(struct boot_choice *choice, struct arena *arena);
	const void *argument; /* start()'s */
	/* Reads its options as UTF-8, for editing. NULL: they cannot be edited. */
	enum status (*read_options)(const struct boot_choice *choice, struct arena *arena,
				    struct span *out);
	struct span edited; /* the edited options; no data: they were not edited */
};

enum { BOOT_CHOICES_MAX = 256 };

struct boot_choices {
	struct boot_choice *first;
	struct boot_choice **end;
	u32 count;
	bool is_editor_off;  /* a disk or the VMM forbids editing */
	struct arena *arena; /* for the choices and their data */
};

/*
 * Adds a choice with a copy of @title and returns it. NULL: there are BOOT_CHOICES_MAX already, or
 * no memory is left.
 */
struct boot_choice *boot_choice_add(struct boot_choices *choices, const char *title,
				    enum status (*start)(struct boot_choice *choice,
							 struct arena *arena),
				    const void *argument);

/* The entry that is about to be started. */
struct boot_selection {
	const char *id;
	const char *counted_path; /* of its file, if boot counting has renamed it, or empty */
	const struct volume *volume;
};

/* Requests of the operating system; empty: none. */
struct boot_wishes {
	/*
	 * Patterns of entry ids, the first one takes precedence. @preferred skips entries that boot
	 * counting marks bad.
	 */
	struct span once, preferred, by_default;
	struct span timeout; /* of the menu, as loader.conf has it */
};

/*
 * How the boot loader and the operating system exchange information (BOOT_LOADER_INTERFACE); set in
 * boot/tables.c.
 */
struct boot_interface {
	void (*read_wishes)(struct boot_wishes *out);
	void (*list)(const struct span *ids, u32 count); /* of all entries, best first */
	void (*start)(const struct boot_selection *selection);
	void (*give_up)(void); /* none of them booted */
};

extern const struct boot_interface *const boot_interface;

/* Both in the order they are tried, NULL at the end: boot/tables.c. */
extern const struct image_loader *const image_loaders[];
extern const struct boot_method *const boot_methods[];

/* For each boot method, in the same order: adds what it would find on a disk as choices. */
extern void (*const boot_listers[])(struct boot_disk *disk, struct boot_choices *choices);

/*
 * Loads the entry with the loader that recognizes its kernel, and starts it. Returns only if the
 * entry cannot be loaded, or has returned; its allocations are then released.
 */
enum status boot_start(struct boot_entry *entry);

/*
 * Boots a kernel that the VMM supplied as a module, if a loader recognizes one (loaders/direct.c).
 */
enum status boot_direct(struct arena *arena);

/* Records one failed attempt ("disk0p1", "debian.conf", why) for the final message, and logs it. */
void boot_tried(const char *where, const char *what, enum status status);

/*
 * Records the same for a partition whose file system no driver recognized. @identify says what is
 * there; as that takes reads, it is called only when its answer is shown.
 */
void boot_tried_partition(struct block_device *partition,
			  const char *(*identify)(struct block_device *partition));

/* Logs all recorded attempts. */
void boot_log_tried(void);
