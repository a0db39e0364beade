/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an installer left on a disk: the input is the text of \EFI\vendor\BOOTX64.CSV, in UCS-2 as
 * there or, if the first byte is odd, a character a byte. Only files that exist are started, a
 * limited number of them, each with valid options, and the work is in proportion to the size.
 */
#include "core/arena.h"
#include "core/log.h"
#include "efi/boot.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/host.h"
#include "tests/host/memory_volume.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { STARTS_MAX = 16, UNITS_MAX = 8192, STEPS_PER_BYTE = 2000, STEPS_MIN = 1000000 };

static u32 starts;

enum status efi_boot_file(struct volume *volume, struct span path, struct span load_options)
{
	struct file file;

	starts++;
	CHECK(!volume_open(volume, path, &file) && !file.is_directory);
	CHECK(span_starts_with(path, SPAN("\\EFI\\")));
	CHECK(load_options.size % sizeof(u16) == 0);
	if (load_options.size)
		CHECK(load_le16(load_options.data + load_options.size - sizeof(u16)) == 0);
	for (size_t i = 0; i + sizeof(u16) < load_options.size; i += sizeof(u16))
		CHECK(load_le16(load_options.data + i));
	return ERR_UNSUPPORTED;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 units[2 * UNITS_MAX];
	struct memory_file files[] = {
		{ .path = "EFI/vendor/BOOTX64.CSV" },
		{ .path = "EFI/vendor/a.efi", .bytes = SPAN("MZ") },
		{ .path = "EFI/vendor/b/shimx64.efi", .bytes = SPAN("MZ") },
		{ .path = "EFI/Debian/grubx64.efi", .bytes = SPAN("MZ") },
		{ .path = "EFI/BOOT/BOOTX64.EFI", .bytes = SPAN("MZ") },
	};
	struct memory_volume volume;
	struct arena arena = { 0 };
	u64 steps;

	if (!size)
		return 0;
	files[0].bytes = span_of(data + 1, size - 1);
	if (data[0] & 1) {
		size = min_u64(size - 1, UNITS_MAX);
		for (size_t i = 0; i < size; i++)
			store_le16(units + 2 * i, data[1 + i]);
		files[0].bytes = span_of(units, 2 * size);
	}
	host_memory_init();
	log_set_threshold(LOG_NONE);
	memory_volume_init(&volume, "esp", files, ARRAY_SIZE(files));
	starts = 0;
	steps = host_steps;
	CHECK(efi_boot_known_places(&volume.volume, &arena) ==
	      (starts ? ERR_UNSUPPORTED : ERR_NOT_FOUND));
	CHECK(host_steps - steps <= STEPS_MIN + STEPS_PER_BYTE * size);
	CHECK(starts <= STARTS_MAX);
	arena_release(&arena);
	return 0;
}
