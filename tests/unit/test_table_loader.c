// SPDX-License-Identifier: Apache-2.0
/* QEMU's table loader: the effect of each command, and forbidden commands. */
#include "tests/unit/test.h"

#include "drivers/rom/table_loader.h"
#include "lib/util.h"

enum { SCRIPT_MAX = 16 * 128, FILE_SIZE = 64 };

static struct table_loader loader;
static u8 script[SCRIPT_MAX];
static u32 script_size;
static u8 memory[4 * FILE_SIZE];
static u64 memory_used;
static u64 memory_address; /* address reported to the loader */
static bool asked_bios_area;
static u8 written[8];
static u32 written_offset, written_size;

static enum status file_size(const char *name, u32 *size)
{
	*size = FILE_SIZE;
	return strcmp(name, "missing") == 0 ? ERR_NOT_FOUND : OK;
}

static enum status file_read(const char *name, u32 size, void *to)
{
	(void)name;
	for (u32 i = 0; i < size; i++)
		((u8 *)to)[i] = (u8)i;
	return OK;
}

static enum status file_write(const char *name, u32 offset, u32 size, const void *from)
{
	CHECK_TEXT(name, "vmm");
	memcpy(written, from, size);
	written_offset = offset;
	written_size = size;
	return OK;
}

static enum status allocate(u32 size, u32 alignment, bool in_bios_area, u8 **data, u64 *address)
{
	(void)alignment;
	asked_bios_area = in_bios_area;
	if (memory_used + size > sizeof(memory))
		return ERR_NO_MEMORY;
	*data = memory + memory_used;
	*address = memory_address + memory_used;
	memory_used += size;
	return OK;
}

static void start(void)
{
	loader = (struct table_loader){
		.size = file_size, .read = file_read, .write = file_write, .allocate = allocate
	};
	memset(script, 0, sizeof(script));
	script_size = 0;
	memory_used = 0;
	memory_address = 0x1000;
	written_size = 0;
}

static u8 *line(u32 command, const char *file)
{
	u8 *at = script + script_size;

	script_size += 128;
	store_le32(at, command);
	memcpy(at + 4, file, strlen(file));
	return at;
}

static void add_allocate(const char *file, u32 alignment, u8 zone)
{
	u8 *at = line(1, file);

	store_le32(at + 60, alignment);
	at[64] = zone;
}

static void add_pointer(const char *file, const char *to, u32 offset, u8 size)
{
	u8 *at = line(2, file);

	memcpy(at + 60, to, strlen(to));
	store_le32(at + 116, offset);
	at[120] = size;
}

static void add_checksum(const char *file, u32 offset, u32 first, u32 length)
{
	u8 *at = line(3, file);

	store_le32(at + 60, offset);
	store_le32(at + 64, first);
	store_le32(at + 68, length);
}

static void add_write(const char *file, const char *to, u32 offset, u32 offset_to, u8 size)
{
	u8 *at = line(4, file);

	memcpy(at + 60, to, strlen(to));
	store_le32(at + 116, offset);
	store_le32(at + 120, offset_to);
	at[124] = size;
}

static enum status run(void)
{
	return table_loader_run(&loader, span_of(script, script_size));
}

TEST(files_are_placed_where_they_are_wanted)
{
	start();
	add_allocate("tables", 64, 1);
	CHECK_EQUAL(run(), OK);
	CHECK(!asked_bios_area);
	CHECK_EQUAL(table_loader_find(&loader, "tables")->address, 0x1000);
	CHECK_EQUAL(memory[5], 5);
	CHECK(!table_loader_find(&loader, "rsdp"));
	start();
	add_allocate("rsdp", 16, 2);
	CHECK_EQUAL(run(), OK);
	CHECK(asked_bios_area);
}

static enum status big_size(const char *name, u32 *size)
{
	(void)name;
	*size = 16 * 1024 * 1024;
	return OK;
}

static enum status big_allocate(u32 size, u32 alignment, bool in_bios_area, u8 **data, u64 *address)
{
	(void)size;
	return allocate(1, alignment, in_bios_area, data, address);
}

static enum status big_read(const char *name, u32 size, void *to)
{
	(void)name, (void)size, (void)to;
	return OK;
}

TEST(all_files_together_have_a_limit)
{
	start();
	loader.size = big_size;
	loader.allocate = big_allocate;
	loader.read = big_read;
	for (u32 i = 0; i < 4; i++)
		add_allocate((const char[]){ (char)('a' + i), 0 }, 1, 1);
	CHECK_EQUAL(run(), OK);
	add_allocate("e", 1, 1);
	memory_used = 0;
	CHECK_EQUAL(run(), ERR_CORRUPT);
	CHECK_EQUAL(memory_used, 4);
}

TEST(pointers_get_the_address_added)
{
	start();
	add_allocate("a", 1, 1);
	add_allocate("b", 1, 1);
	add_pointer("a", "b", 4, 2);
	memory_address = 0x2000;
	CHECK_EQUAL(run(), ERR_CORRUPT); /* 0x504 lies outside of b */
	start();
	add_allocate("a", 1, 1);
	add_allocate("b", 1, 1);
	add_pointer("a", "b", 4, 1);
	memory_address = 0x10;
	CHECK_EQUAL(run(), OK);
	CHECK_EQUAL(memory[4], 0x10 + FILE_SIZE + 4);
	CHECK_EQUAL(memory[5], 5);
}

TEST(checksums_make_the_sum_zero)
{
	u8 sum = 0;

	start();
	add_allocate("a", 1, 1);
	add_checksum("a", 0, 0, FILE_SIZE);
	CHECK_EQUAL(run(), OK);
	for (u32 i = 0; i < FILE_SIZE; i++)
		sum = (u8)(sum + memory[i]);
	CHECK_EQUAL(sum, 0);
}

TEST(the_vmm_is_told_addresses)
{
	start();
	add_allocate("a", 1, 1);
	add_write("vmm", "a", 3, 40, 8);
	CHECK_EQUAL(run(), OK);
	CHECK_EQUAL(written_offset, 3);
	CHECK_EQUAL(written_size, 8);
	CHECK_EQUAL(load_le64(written), 0x1000 + 40);
}

TEST(other_commands_are_skipped)
{
	start();
	line(99, "a");
	add_allocate("a", 1, 1);
	CHECK_EQUAL(run(), OK);
	CHECK(table_loader_find(&loader, "a"));
}

TEST(forbidden_commands)
{
	static const struct {
		const char *what;
		u32 command, a, b, c;
		enum status status;
	} cases[] = {
		{ "alignment", 1, 3, 1, 0, ERR_CORRUPT },
		{ "pointer past the end", 2, FILE_SIZE - 3, 4, 0, ERR_CORRUPT },
		{ "pointer of 3 bytes", 2, 0, 3, 0, ERR_CORRUPT },
		{ "pointer that wraps", 2, UINT32_MAX, 8, 0, ERR_CORRUPT },
		{ "checksum past the end", 3, FILE_SIZE, 0, 1, ERR_CORRUPT },
		{ "sum past the end", 3, 0, 1, FILE_SIZE, ERR_CORRUPT },
		{ "sum that wraps", 3, 0, UINT32_MAX, UINT32_MAX, ERR_CORRUPT },
		{ "written pointer past the end", 4, 0, FILE_SIZE, 8, ERR_CORRUPT },
		{ "written pointer of 5 bytes", 4, 0, 0, 5, ERR_CORRUPT },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		add_allocate("a", 1, 1);
		if (cases[i].command == 1)
			add_allocate("b", cases[i].a, (u8)cases[i].b);
		else if (cases[i].command == 2)
			add_pointer("a", "a", cases[i].a, (u8)cases[i].b);
		else if (cases[i].command == 3)
			add_checksum("a", cases[i].a, cases[i].b, cases[i].c);
		else
			add_write("vmm", "a", cases[i].a, cases[i].b, (u8)cases[i].c);
		CHECK_OF(run() == cases[i].status, "%s", cases[i].what);
		CHECK_EQUAL(written_size, 0);
	}
}

TEST(files_must_be_there_and_be_there_once)
{
	start();
	add_allocate("missing", 1, 1);
	CHECK_EQUAL(run(), ERR_NOT_FOUND);
	start();
	add_allocate("a", 1, 1);
	add_allocate("a", 1, 1);
	CHECK_EQUAL(run(), ERR_CORRUPT);
	start();
	add_pointer("a", "b", 0, 4);
	CHECK_EQUAL(run(), ERR_CORRUPT);
	start();
	add_allocate("a", 1, 1);
	script_size -= 1;
	CHECK_EQUAL(run(), ERR_CORRUPT);
}
