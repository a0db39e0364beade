/* SPDX-License-Identifier: Apache-2.0 */
/* lib/config.h: a symbol that is on is 1, one that is off is not defined. */
#include "tests/unit/test.h"

#include "lib/config.h"

#define CONFIG_TEST_ON 1
/* CONFIG_TEST_OFF is not defined. */

TEST(branches)
{
	CHECK_EQUAL(IS_ENABLED(CONFIG_TEST_ON), 1);
	CHECK_EQUAL(IS_ENABLED(CONFIG_TEST_OFF), 0);
	CHECK(IS_ENABLED(CONFIG_FAT) && !IS_ENABLED(CONFIG_LAST_ACTION_RESET));
}

TEST(rows)
{
	static const int rows[] = {
		IF_ENABLED(CONFIG_TEST_ON, 1, ) IF_ENABLED(CONFIG_TEST_OFF, 2, )
			IF_ENABLED(CONFIG_TEST_ON, 3, 4, ) IF_ENABLED(CONFIG_TEST_OFF, 5, 6, ) 0,
	};

	CHECK_EQUAL(sizeof(rows) / sizeof(rows[0]), 4);
	CHECK_EQUAL(rows[0], 1);
	CHECK_EQUAL(rows[1], 3);
	CHECK_EQUAL(rows[2], 4);
	CHECK_EQUAL(rows[3], 0);
}
