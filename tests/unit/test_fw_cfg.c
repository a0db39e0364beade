/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/platform/fw_cfg.c against a device with and without DMA, and one that fails. */
#include "tests/unit/fw_cfg.h"

TEST(no_device)
{
	host_handlers_forget();
	host_port_accesses = 0;
	CHECK(!fw_cfg_probe());
	CHECK_EQUAL(host_port_accesses, 3);
	CHECK(!fw_cfg_has_dma());
	CHECK(!fw_cfg_find(""));
	CHECK_EQUAL(fw_cfg_write(FAKE_FILE_FIRST, 0, 1, "x"), ERR_UNSUPPORTED);
}

TEST(files_are_read_by_ports_and_by_dma)
{
	for (u32 has_dma = 0; has_dma < 2; has_dma++) {
		const struct fw_cfg_file *file;
		u8 bytes[8];

		fake_start(has_dma);
		fake_add("etc/one", "abcdef", 6);
		fake_add("etc/two", "\x78\x56\x34\x12", 4);
		CHECK(fw_cfg_probe());
		CHECK_EQUAL(fw_cfg_has_dma(), has_dma);
		CHECK(!fw_cfg_find("etc/on"));
		file = fw_cfg_find("etc/one");
		CHECK(file != NULL);
		if (!file)
			return;
		CHECK_EQUAL(file->size, 6);
		CHECK_EQUAL(file->item, FAKE_FILE_FIRST);
		CHECK_EQUAL(fw_cfg_read(file->item, 2, 6, bytes), OK);
		CHECK(memcmp(bytes, "cdef\0\0", 6) == 0);
		CHECK_EQUAL(fw_cfg_read_u32(FAKE_FILE_FIRST + 1), 0x12345678);
	}
}

TEST(only_dma_writes)
{
	fake_start(false);
	fake_add("etc/one", "abcdef", 6);
	CHECK(fw_cfg_probe());
	CHECK_EQUAL(fw_cfg_write(FAKE_FILE_FIRST, 0, 2, "xy"), ERR_UNSUPPORTED);
	fake.has_dma = true;
	CHECK(fw_cfg_probe());
	fake.transfers = 0;
	CHECK_EQUAL(fw_cfg_write(FAKE_FILE_FIRST, 0, 2, "xy"), OK);
	CHECK_EQUAL(fake.transfers, 1);
	CHECK_EQUAL(fw_cfg_write(FAKE_FILE_FIRST, 4, 2, "zz"), OK);
	CHECK(memcmp(fake.files[0], "xycdzz", 6) == 0);
}

TEST(invalid_directory)
{
	const struct fw_cfg_file *file;

	fake_start(true);
	fake_add("a/name/of/56/bytes/that/has/no/end/in/its/field/anywhere", "x", 1);
	fake_add("etc/two", NULL, UINT32_MAX);
	store_le32(fake.directory, UINT32_MAX);
	CHECK(fw_cfg_probe());
	CHECK(fw_cfg_find("a/name/of/56/bytes/that/has/no/end/in/its/field/anywher") != NULL);
	file = fw_cfg_find("etc/two");
	CHECK(file && file->size == UINT32_MAX);
}

TEST(device_that_fails)
{
	u8 byte;

	fake_start(true);
	fake_add("etc/one", "x", 1);
	CHECK(fw_cfg_probe());
	fake.refuses = true;
	CHECK_EQUAL(fw_cfg_read(FAKE_FILE_FIRST, 0, 1, &byte), ERR_IO);
	CHECK_EQUAL(fw_cfg_read(FAKE_FILE_FIRST, 1, 1, &byte), ERR_IO);
	CHECK_EQUAL(fw_cfg_read_u32(FAKE_FILE_FIRST), 0);
	fake.hangs = true;
	CHECK_EQUAL(fw_cfg_read(FAKE_FILE_FIRST, 0, 1, &byte), ERR_TIMEOUT);
	/* From then on by its ports. */
	CHECK_EQUAL(fw_cfg_read(FAKE_FILE_FIRST, 0, 1, &byte), OK);
	CHECK_EQUAL(byte, 'x');
	CHECK_EQUAL(fw_cfg_write(FAKE_FILE_FIRST, 0, 1, &byte), ERR_UNSUPPORTED);
	/* Nothing is left of what was found before. */
	CHECK(fw_cfg_probe());
	CHECK(!fw_cfg_find("etc/one"));
}
