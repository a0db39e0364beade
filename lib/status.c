/* SPDX-License-Identifier: Apache-2.0 */
/* Names of enum status. */
#include "lib/status.h"

#include "lib/util.h"

static const char *const names[] = {
	[OK] = "ok",
	[ERR_UNRECOGNIZED] = "not recognized",
	[ERR_NOT_FOUND] = "not found",
	[ERR_UNSUPPORTED] = "not supported",
	[ERR_CORRUPT] = "corrupt",
	[ERR_IO] = "device error",
	[ERR_TIMEOUT] = "no answer in time",
	[ERR_NO_MEMORY] = "not enough memory",
	[ERR_TOO_LARGE] = "too large",
	[ERR_INVALID] = "out of range",
	[ERR_DENIED] = "read-only",
	[ERR_EXISTS] = "exists already",
	[ERR_FULL] = "full",
};

const char *status_name(enum status status)
{
	return (size_t)status < ARRAY_SIZE(names) ? names[status] : "unknown status";
}
