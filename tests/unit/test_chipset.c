/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/rom/chipset.c: initialisation of a chipset, and routing of interrupt pins. */
#include "tests/unit/test.h"

#include "drivers/rom/rom.h"
#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/host.h"

enum {
	HOST_BRIDGE = 0x80000000,
	ISA_BRIDGE_Q35 = 0x8000f800,
	ISA_BRIDGE_PC = 0x80000800,
	IDE_PC = 0x80000900,
};

static struct chip {
	u32 address;
	u8 config[256];
} chips[3];
static u32 address;

static void handle(void *context, u64 port, u32 size, bool write, u64 *value)
{
	(void)context;
	if (port == 0xcf8) {
		if (write)
			address = (u32)*value;
		else
			*value = address;
		return;
	}
	if (port != 0xcfc || size != 4)
		return;
	if (!write)
		*value = UINT32_MAX;
	for (u32 i = 0; i < ARRAY_SIZE(chips); i++) {
		u8 *at = chips[i].config + (address & 0xfc);

		if ((address & ~0xffu) != chips[i].address)
			continue;
		if (write)
			store_le32(at, (u32)*value);
		else
			*value = load_le32(at);
	}
}

static const struct chipset *start(u32 id, u32 bridge, u32 bridge_id)
{
	host_handlers_forget();
	host_port_handler(0xcf8, 8, handle, NULL);
	memset(chips, 0, sizeof(chips));
	chips[0].address = HOST_BRIDGE;
	chips[1].address = bridge;
	chips[2].address = IDE_PC;
	store_le32(chips[0].config, id);
	store_le32(chips[1].config, bridge_id);
	return chipset_find();
}

TEST(another_machine)
{
	CHECK(!start(0x0d578086, 0, 0));
	host_handlers_forget();
	CHECK(!chipset_find());
}

TEST(q35)
{
	const struct chipset *chipset = start(0x29c08086, ISA_BRIDGE_Q35, 0x29188086);

	CHECK(chipset && chipset->has_ecam);
	if (!chipset)
		return;
	chipset_init(chipset, 0xb0000000);
	CHECK_EQUAL(load_le64(chips[0].config + 0x60), 0xb0000001);
	CHECK_EQUAL(load_le32(chips[0].config + 0x90), 0x33333330);
	CHECK_EQUAL(load_le32(chips[0].config + 0x94), 0x00333333);
	CHECK_EQUAL(load_le32(chips[1].config + 0x40), 0x601);
	CHECK_EQUAL(load_le32(chips[1].config + 0x60), 0x0b0b0a0a);
	CHECK_EQUAL(load_le32(chips[1].config + 0xf0), 0xfed1c001);
	CHECK_EQUAL(chipset->interrupt_line(0, 0), 10);
	CHECK_EQUAL(chipset->interrupt_line(2, 0), 11);
	CHECK_EQUAL(chipset->interrupt_line(3, 1), 10);
	CHECK_EQUAL(chipset->interrupt_line(24, 2), 11);
	/* The chipset's own devices: disks, USB. */
	CHECK_EQUAL(chipset->interrupt_line(31, 0), 10);
	CHECK_EQUAL(chipset->interrupt_line(26, 0), 10);
	CHECK_EQUAL(chipset->interrupt_line(31, 3), 11);
}

TEST(pc)
{
	const struct chipset *chipset = start(0x12378086, ISA_BRIDGE_PC, 0x70008086);

	CHECK(chipset && !chipset->has_ecam);
	if (!chipset)
		return;
	chips[0].config[0x58] = 0x5a;
	chipset_init(chipset, 0);
	CHECK_EQUAL(load_le32(chips[0].config + 0x58), 0x3333305a);
	CHECK_EQUAL(load_le32(chips[0].config + 0x5c), 0x33333333);
	CHECK_EQUAL(load_le32(chips[1].config + 0x60), 0x0b0b0a0a);
	CHECK_EQUAL(load_le32(chips[2].config + 0x40), 0x80008000);
	CHECK_EQUAL(chipset->interrupt_line(1, 0), 10);
	CHECK_EQUAL(chipset->interrupt_line(3, 0), 11);
}
