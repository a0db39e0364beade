/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unified kernel image in EFI/Linux: the input replaces the headers, from the section table on,
 * of an image with three profiles.
 */
#include "core/arena.h"
#include "core/log.h"
#include "loaders/bls.h"
#include "tests/host/host.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/uki_image.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct uki_image image;
	struct memory_file file = {
		.path = "EFI/Linux/a+1.efi",
		.bytes = { image.bytes, UKI_IMAGE_SIZE },
	};
	struct bls_entries entries = { 0 };
	struct memory_volume volume;
	struct arena arena = { 0 };

	uki_image_begin(&image);
	uki_image_add(&image, ".osrel", "ID=debian\nNAME=\"Debian\"\nVERSION_ID=9\n");
	uki_image_add(&image, ".cmdline", "quiet");
	for (u32 i = 0; i < 3; i++)
		uki_image_add(&image, ".profile", i ? "ID=x\nTITLE=y\n" : "ID=main\n");
	memcpy(image.bytes + PE_TABLE, data, min_u64(size, UKI_IMAGE_SIZE - PE_TABLE));
	host_memory_init();
	log_set_threshold(LOG_NONE);
	memory_volume_init(&volume, "esp", &file, 1);
	(void)bls_search_images(&volume.volume, &arena, &entries);
	bls_entries_sort(&entries);
	for (struct bls_entry *entry = entries.first; entry; entry = entry->next)
		(void)bls_entry_title(entry, &arena);
	arena_release(&arena);
	return 0;
}
