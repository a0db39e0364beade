/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an action returns. A few kinds are enough: the detail is logged where it is known
 * (core/log.h: corrupt(), unsupported()), and callers only choose between "next" and "give up".
 * The attribute makes the compiler insist on a check at every call.
 */
#pragma once

enum [[nodiscard]] status {
	OK = 0,
	ERR_UNRECOGNIZED, /* not ours: try the next row of the table */
	ERR_NOT_FOUND,    /* no such file, device, entry; also the end of a listing */
	ERR_UNSUPPORTED,  /* valid, but not built in or not implemented */
	ERR_CORRUPT,      /* bytes from outside break their format's rules */
	ERR_IO,           /* the device failed or spoke nonsense */
	ERR_TIMEOUT,      /* the device did not answer in time */
	ERR_NO_MEMORY,    /* no room where it was asked for */
	ERR_TOO_LARGE,    /* more than the caller has room for, or allows */
	ERR_INVALID,      /* an argument outside its contract */
	ERR_DENIED,       /* read-only */
	ERR_EXISTS,       /* the name is taken */
	ERR_FULL,         /* no room on the disk */
};

/* "corrupt", "not found", ...: for messages. Never NULL. */
const char *status_name(enum status status);
