// SPDX-License-Identifier: Apache-2.0
/* Loads an ELF file like a VMM, and fills Linux's boot_params from PVH start information. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum {
	FIRMWARE = 0x200000,
	FIRMWARE_END = 0x400000,
	BOOT_PARAMS = 0x7000,
	COMMAND_LINE = 0x20000,
	COMMAND_LINE_MAX = 2048,
	RANGES_MAX = 32,
	PT_LOAD = 1,
	GARBAGE = 0xcc,
};

u64 load(const u8 *start_info);

static u64 get(const void *base, u64 offset, u32 size)
{
	u64 value = 0;

	__builtin_memcpy(&value, (const u8 *)base + offset, size);
	return value;
}

static void copy(u8 *to, const u8 *from, u64 size)
{
	for (u64 i = 0; i < size; i++)
		*(volatile u8 *)(to + i) = from ? from[i] : 0;
}

static void write_params(const u8 *start_info)
{
	u8 *params = (u8 *)BOOT_PARAMS;
	const u8 *ranges = (const u8 *)get(start_info, 40, 8);
	u32 count = (u32)get(start_info, 48, 4);

	copy(params, 0, 4096);
	if (count > RANGES_MAX)
		count = RANGES_MAX;
	for (u32 i = 0; i < count; i++)
		copy(params + 0x2d0 + 20 * i, ranges + 24 * i, 20);
	params[0x1e8] = (u8)count;
	copy(params + 0x1fe, (const u8 *)"\x55\xaa", 2);
	copy(params + 0x202, (const u8 *)"HdrS", 4);
	copy(params + 0x70, start_info + 32, 8); /* RSDP */
	copy((u8 *)COMMAND_LINE, (const u8 *)get(start_info, 24, 8), COMMAND_LINE_MAX);
	*(volatile u32 *)(params + 0x228) = COMMAND_LINE;
}

u64 load(const u8 *start_info)
{
	const u8 *module = (const u8 *)get(start_info, 16, 8);
	const u8 *file = (const u8 *)get(module, 0, 8);
	const u8 *segment = file + get(file, 32, 8);

	/* VMMs do not guarantee that memory is zeroed. */
	for (u64 address = FIRMWARE; address < FIRMWARE_END; address++)
		*(volatile u8 *)address = GARBAGE;
	for (u32 i = 0; i < get(file, 56, 2); i++, segment += 56)
		if (get(segment, 0, 4) == PT_LOAD)
			copy((u8 *)get(segment, 24, 8), file + get(segment, 8, 8),
			     get(segment, 32, 8));
	write_params(start_info);
	return get(file, 24, 8);
}
