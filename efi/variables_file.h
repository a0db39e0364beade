/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of variables in the format of EBBR 2.4, chapter 5, which efi/runtime/store.c writes:
 *
 *	offset	size
 *	0	8	reserved
 *	8	7	"UbEfiVa"
 *	15	1	revision, 1
 *	16	4	size with this header; the file may be longer
 *	20	4	CRC-32 of the records
 *	24		records, each filled up to a multiple of 8 bytes:
 *	0	4	size of the data
 *	4	4	attributes
 *	8	8	time of authentication
 *	16	16	vendor
 *	32		name in UTF-16, with its NUL; data
 */
#pragma once

#include "efi/runtime/runtime.h"
#include "lib/span.h"
#include "lib/status.h"

/*
 * The size of the file according to its header. 0: not such a file, or larger than a store can be.
 * @header has RUNTIME_FILE_HEADER_SIZE bytes.
 */
u32 variables_file_size(struct span header);

/*
 * Fills @store, which need not be initialised, with the variables in @file, except duplicates and
 * variables with unsupported attributes. ERR_CORRUPT: damaged; @store is then empty.
 */
enum status variables_file_read(struct span file, struct runtime_store *store);

/*
 * The number of changes so far, in a record of our own, which is added if it does not exist. False:
 * no room.
 */
u64 variables_sequence(struct runtime_store *store);
bool variables_set_sequence(struct runtime_store *store, u64 sequence);
