/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking up functions for the fault dump: core/symbols.c with a table like that of
 * scripts/symbols.py.
 */
#include "core/symbols.h"
#include "tests/unit/test.h"

const struct symbol symbols[] = { { 0x200000, 0 }, { 0x200010, 6 }, { 0xfffffff0, 10 } };
const u32 symbol_count = 3;
const char symbol_names[] = "start\0run\0last";

static u64 offset;

TEST(an_address_before_all_functions_has_no_name)
{
	CHECK(!symbol_find(0, &offset));
	CHECK(!symbol_find(0x1fffff, &offset));
}

TEST(the_first_byte_belongs_to_its_function)
{
	CHECK_TEXT(symbol_find(0x200000, &offset), "start");
	CHECK_EQUAL(offset, 0);
	CHECK_TEXT(symbol_find(0x200010, &offset), "run");
	CHECK_EQUAL(offset, 0);
}

TEST(the_last_byte_belongs_to_its_function)
{
	CHECK_TEXT(symbol_find(0x20000f, &offset), "start");
	CHECK_EQUAL(offset, 15);
	CHECK_TEXT(symbol_find(0xffffffef, &offset), "run");
	CHECK_EQUAL(offset, 0xffffffef - 0x200010);
}

TEST(after_the_last_function)
{
	CHECK_TEXT(symbol_find(0xfffffffffffffff0, &offset), "last");
	CHECK_EQUAL(offset, 0xffffffff00000000);
}
