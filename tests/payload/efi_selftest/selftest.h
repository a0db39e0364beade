/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests each service and protocol from outside: correct results, and each error that UEFI 2.11
 * documents. The output is TAP: "ok 1 - topic: what" or "not ok 2 - topic: what # got X, not Y",
 * with "1..N" at the end.
 */
#pragma once

#include "support.h"

struct topic {
	const char *name;
	void (*run)(void);
};

extern const struct topic topics[];
extern const size_t topic_count;

/* Checks that the condition is true. */
bool ok(const char *what, bool condition);

/* Checks the status. */
bool is(const char *what, EFI_STATUS status, EFI_STATUS wanted);

/* Checks that the status is one of two that the specification permits. */
bool is_either(const char *what, EFI_STATUS status, EFI_STATUS one, EFI_STATUS other);

/* Checks that the numbers are equal. */
bool equals(const char *what, u64 value, u64 wanted);

/* Skips a check that is not possible on this machine. */
void skip(const char *what, const char *why);

/* Prints the time as a comment, for a test that knows the time. */
void show_time(const EFI_TIME *time);

/* The first instance of a protocol, or NULL. */
void *protocol(EFI_GUID guid);
void *protocol_on(EFI_HANDLE handle, EFI_GUID guid);
EFI_LOADED_IMAGE_PROTOCOL *own_image(void);

/* Pool memory of that size, cleared. */
void *allocate(size_t size);

void test_memory(void);
void test_memory_map(void);
void test_pool(void);
void test_handles(void);
void test_open(void);
void test_locate(void);
void test_drivers(void);
void test_events(void);
void test_timers(void);
void test_images(void);
void test_variables(void);
void test_variable_names(void);
void test_time(void);
void test_paths(void);
void test_path_text(void);
void test_text_output(void);
void test_text_input(void);
void test_serial(void);
void test_graphics(void);
void test_decompress(void);
void test_pci(void);
void test_pci_root(void);
void test_block(void);
void test_files(void);
void test_file_names(void);
void test_tables(void);
void test_random(void);
void test_collation(void);
void test_misc(void);
void test_protection(void);

/* Ends boot services, so it must be the last one. */
void test_virtual(void);

/* A GUID that nobody else uses. */
#define TEST_GUID(number) \
	GUID(0x0fa7300d, 0x7465, 0x7374, 0x80, (number), 0x02, 0x42, 0xac, 0x12, 0x00, 0x02)
