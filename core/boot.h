/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to boot, where to look for it, and how it is loaded: the meeting place of boot/, loaders/
 * and fs/.
 */
#pragma once

#include "core/arena.h"
#include "core/volume.h"

enum {
	BOOT_INITRDS_MAX = 16,
	BOOT_VOLUMES_MAX = 16, /* of one disk that are looked at together */
	BOOT_TITLE_SIZE = 96,
};

/* What to boot: a method fills it in, a loader reads it. Everything lies in the attempt's arena. */
struct boot_entry {
	const char *title; /* for messages and the menu */
	struct file kernel;
	struct file initrds[BOOT_INITRDS_MAX];
	u32 initrd_count;
	struct span options; /* the entry's own command line, without what the VMM adds */
	bool is_efi;         /* the kernel is an EFI program: only loaders with is_efi take it */
	bool is_uki;         /* and a unified kernel image: without options it has its own */
	u32 profile;         /* of it */
};

/* Loaded, and ready to be started. */
struct kernel {
	/*
	 * kernel_start(), or what another format needs: a program for UEFI uses the devices and may
	 * come back. The status is what it came back with.
	 */
	enum status (*start)(const struct kernel *kernel);
	u64 entry;
	u64 argument; /* for start(); for kernel_start() on x86-64: boot_params */
};

/* Starts what takes over the machine at once: brings the devices to rest and jumps to it. */
enum status kernel_start(const struct kernel *kernel);

/* How to boot it. */
struct image_loader {
	const char *name;
	/* By the first IMAGE_HEAD_SIZE bytes, or all of a smaller file. */
	bool (*recognizes)(struct span head);
	/*
	 * Loads kernel, initrds and command line into the arena's pages. @head is what was
	 * recognized.
	 */
	enum status (*load)(struct boot_entry *entry, struct span head, struct arena *arena,
			    struct kernel *out);
	bool is_efi; /* starts EFI programs: entries with the keys efi and uki are for it */
};

enum { IMAGE_HEAD_SIZE = 1024 };

/* The volumes of one disk that may hold boot files, in the order to look at them. */
struct boot_disk {
	struct volume *volumes[BOOT_VOLUMES_MAX]; /* ESPs first, then XBOOTLDR: read as one set
						     (Boot Loader Specification) */
	u32 volume_count;
};

/* Where to look on a disk. Returns only if it did not boot: the status says why. */
struct boot_method {
	const char *name;
	enum status (*boot)(struct boot_disk *disk, struct arena *arena);
};

/* One thing that the menu of all disks offers. */
struct boot_choice {
	struct boot_choice *next;
	const char *title;
	/* Returns only if it did not boot. @arena lives as long as the choice. */
	enum status (*start)(struct boot_choice *choice, struct arena *arena);
	const void *argument; /* start()'s */
	/* Its options as UTF-8, to be edited for this boot; NULL: they cannot be. */
	enum status (*read_options)(const struct boot_choice *choice, struct arena *arena,
				    struct span *out);
	struct span edited; /* what they have become; no data: they were not edited */
};

enum { BOOT_CHOICES_MAX = 256 };

struct boot_choices {
	struct boot_choice *first;
	struct boot_choice **end;
	u32 count;
	bool is_editor_off;  /* somebody forbids to edit any options */
	struct arena *arena; /* of the choices and of what belongs to them */
};

/*
 * Adds one with a copy of @title and returns it; NULL: it was left out, as there are
 * BOOT_CHOICES_MAX, or no memory.
 */
struct boot_choice *boot_choice_add(struct boot_choices *choices, const char *title,
				    enum status (*start)(struct boot_choice *choice,
							 struct arena *arena),
				    const void *argument);

/* The entry that is about to be started. */
struct boot_selection {
	const char *id;
	const char *counted_path; /* of its file, if boot counting has renamed it; else empty */
	const struct volume *volume;
};

/* What the operating system has asked for; empty: nothing. */
struct boot_wishes {
	struct span once, by_default; /* patterns of entries' ids; the first goes first */
	struct span timeout;          /* of the menu, as loader.conf has it */
};

/*
 * How a boot loader and the operating system inform each other (BOOT_LOADER_INTERFACE):
 * boot/tables.c has it.
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

/* What adds what each boot method would find on a disk, in the same order. */
extern void (*const boot_listers[])(struct boot_disk *disk, struct boot_choices *choices);

/*
 * Loads the entry with the loader that recognizes its kernel and starts it. Returns only if the
 * entry cannot be loaded, or returned; what was allocated is released then.
 */
enum status boot_start(struct boot_entry *entry);

/* Boots what the VMM handed over as modules, if a loader recognizes one (loaders/direct.c). */
enum status boot_direct(struct arena *arena);

/* Notes one failed attempt ("disk0p1", "debian.conf", why), for the last message; also logs it. */
void boot_tried(const char *where, const char *what, enum status status);

/* Logs all that was tried. */
void boot_log_tried(void);
