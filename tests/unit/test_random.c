/* SPDX-License-Identifier: Apache-2.0 */
/* core/random.c: the processor, then each source, then none. */
#include "tests/unit/test.h"

#include "core/log.h"
#include "core/random.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"

static enum status first_status;
static u32 reads;
static struct memory_console console;

static enum status read_source(struct random_source *source, void *buffer, size_t size)
{
	reads++;
	memset(buffer, source->name[0], size);
	return source->name[0] == 'f' ? first_status : OK;
}

static struct random_source first = { .name = "first", .read = read_source };
static struct random_source second = { .name = "second", .read = read_source };

TEST(the_processor_fills_any_size)
{
	for (size_t size = 0; size < 40; size++) {
		u8 *buffer = malloc(size + 1);
		u64 expected;

		host_random = 0x0123456789abcdef * (size + 1);
		expected = host_random;
		buffer[size] = '#';
		CHECK_EQUAL(random_read(buffer, size), OK);
		CHECK_EQUAL(buffer[size], '#');
		for (size_t i = 0; i < size; i += 8, expected++)
			CHECK(memcmp(buffer + i, &expected, min_u64(8, size - i)) == 0);
		free(buffer);
	}
}

TEST(without_a_source_the_buffer_is_zeroed_with_an_error)
{
	u8 buffer[5] = { 1, 2, 3, 4, 5 };

	host_random_missing = true;
	CHECK_EQUAL(random_read(buffer, 4), ERR_NOT_FOUND);
	CHECK(memcmp(buffer, "\0\0\0\0\5", 5) == 0);
}

TEST(the_source_found_last_is_asked_first)
{
	char buffer[3] = "";

	host_random_missing = true;
	memory_console_init(&console, "");
	log_replay();
	random_register(&second);
	random_register(&first);
	CHECK_EQUAL(random_read(buffer, 2), OK);
	CHECK_TEXT(buffer, "ff");
	CHECK_EQUAL(reads, 1);
	first_status = ERR_TIMEOUT;
	CHECK_EQUAL(random_read(buffer, 2), OK);
	CHECK_TEXT(buffer, "ss");
	random_unregister(&second);
	CHECK_EQUAL(random_read(buffer, 2), ERR_NOT_FOUND);
	CHECK_TEXT(buffer, "");
	CHECK(memory_console_has(&console, "warning: first: "));
	random_unregister(&second); /* no longer registered */
	first_status = OK;
	CHECK_EQUAL(random_read(buffer, 2), OK);
	random_unregister(&first);
	console_unregister(&console.console);
}

TEST(the_processor_comes_before_any_source_unless_it_repeats_itself)
{
	char buffer[9] = "";

	random_register(&second);
	reads = 0;
	host_random_missing = false;
	host_random = 0x4141414141414141;
	CHECK_EQUAL(random_read(buffer, 8), OK);
	CHECK_TEXT(buffer, "AAAAAAAA");
	CHECK_EQUAL(reads, 0);
	host_random = 0x4141414141414141;
	CHECK_EQUAL(random_read(buffer, 8), OK);
	CHECK_TEXT(buffer, "ssssssss");
	random_unregister(&second);
	host_random = 0x4141414141414141;
	CHECK_EQUAL(random_read(buffer, 8), ERR_NOT_FOUND);
	CHECK_TEXT(buffer, "");
}
