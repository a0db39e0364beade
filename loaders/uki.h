/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sections that describe a unified kernel image (UAPI.5): .osrel, .cmdline, and .profile, which
 * starts a profile. Sections before the first .profile apply to all profiles, unless a profile has
 * its own section of that name.
 */
#pragma once

#include "core/volume.h"

enum {
	UKI_PROFILES_MAX = 64,        /* more are left out with a message */
	UKI_HEADERS_SIZE_MAX = 65536, /* of a program whose sections we read */
	UKI_SECTION_SIZE_MAX = 65536, /* of those above; a larger one is refused */
};

enum uki_section { UKI_OS_RELEASE, UKI_COMMAND_LINE, UKI_PROFILE, UKI_SECTIONS };

struct uki_profile {
	struct {
		u64 offset; /* in the file */
		u32 size;   /* 0: absent */
	} sections[UKI_SECTIONS];
};

struct uki {
	u32 count; /* at least 1: an image without profiles counts as one */
	struct uki_profile profiles[UKI_PROFILES_MAX];
};

/*
 * Reads the headers of @file; @name is for messages. ERR_UNRECOGNIZED, ERR_UNSUPPORTED,
 * ERR_CORRUPT: it is not a program for this machine.
 */
enum status uki_read(const char *name, struct file *file, struct arena *arena, struct uki *out);

/* The text of the section, up to its first NUL; empty if the section is absent. */
enum status uki_text(struct file *file, const struct uki_profile *profile, enum uki_section section,
		     struct arena *arena, struct span *out);
