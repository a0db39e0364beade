/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CMOS clock with any registers, which change at any read: a time that is read is valid, the next
 * one, when nothing changes, is the same, and so is one that is written and read again.
 *
 * Input: 1 whether it has a century, 16 registers from 0 on, 1 century, and then what each
 * read adds to the register.
 */
#include "efi/runtime/runtime.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { REGISTERS = 128, CENTURY = 0x32, STEPS_MAX = 2000000 };

static u8 registers[REGISTERS], at;
static struct reader changes;

static void access_clock(void *context, u64 port, u32 size, bool write, u64 *value)
{
	(void)context;
	CHECK(size == 1);
	if (port == 0x70) {
		CHECK(write);
		at = (u8)*value % REGISTERS;
	} else if (write) {
		registers[at] = (u8)*value;
	} else {
		registers[at] = (u8)(registers[at] + read_u8(&changes));
		*value = registers[at];
	}
}

static bool read_time(EFI_TIME *time)
{
	u64 steps = host_steps;
	bool is_read = rtc_read(time);

	CHECK(host_steps - steps <= STEPS_MAX);
	CHECK(!is_read || time_is_valid(time));
	return is_read;
}

static bool is_same(const EFI_TIME *a, const EFI_TIME *b)
{
	return a->Year == b->Year && a->Month == b->Month && a->Day == b->Day &&
	       a->Hour == b->Hour && a->Minute == b->Minute && a->Second == b->Second;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct runtime_data runtime;
	struct reader input = { .rest = span_of(data, size) };
	EFI_TIME first, second;

	runtime_data = &runtime;
	runtime.clock = (struct runtime_clock){ .has_rtc = true };
	runtime.clock.century_index = read_u8(&input) & 1 ? CENTURY : 0;
	memset(registers, 0, sizeof(registers));
	for (u32 i = 0; i < 16; i++)
		registers[i] = read_u8(&input);
	registers[CENTURY] = read_u8(&input);
	changes = input;
	host_handlers_forget();
	host_port_handler(0x70, 2, access_clock, NULL);
	if (!read_time(&first))
		return 0;
	changes.rest.size = 0;
	if (!read_time(&second))
		return 0;
	/* It can hold this century alone if it has no register for it. */
	if (!runtime.clock.century_index)
		CHECK(second.Year >= 2000 && second.Year < 2100);
	CHECK(rtc_write(&second));
	CHECK(read_time(&first) && is_same(&first, &second));
	return 0;
}
