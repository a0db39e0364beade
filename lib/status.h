/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result of an action. A few values are enough: the detail is logged where it is known
 * (core/log.h: corrupt(), unsupported()), and callers only choose between trying the next candidate
 * and giving up. The attribute makes the compiler require a check at every call.
 */
#pragma once

enum [[nodiscard]] status {
	OK = 0,
	ERR_UNRECOGNIZED, /* another format: try the next row of the table */
	ERR_NOT_FOUND,    /* no such file, device, entry; also the end of a listing */
	ERR_UNSUPPORTED,  /* valid, but not built in or not implemented */
	ERR_CORRUPT,      /* input violates its format */
	ERR_IO,           /* the device failed or violated its protocol */
	ERR_TIMEOUT,      /* the device did not answer in time */
	ERR_NO_MEMORY,    /* out of memory, or no room at the requested place */
	ERR_TOO_LARGE,    /* larger than the caller's buffer or limit */
	ERR_INVALID,      /* an invalid argument */
	ERR_DENIED,       /* read-only */
	ERR_EXISTS,       /* the name is taken */
	ERR_FULL,         /* no room on the disk */
};

/* "corrupt", "not found", ...: for messages. Never NULL. */
const char *status_name(enum status status);
