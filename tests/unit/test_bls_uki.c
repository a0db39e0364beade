/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loaders/uki.c, loaders/bls_uki.c: unified kernel images as boot entries, sorted together with
 * entry files. The test's loader records its arguments and boots nothing.
 */
#include "core/boot.h"
#include "core/log.h"
#include "loaders/bls.h"
#include "loaders/loaders.h"
#include "loaders/uki.h"
#include "tests/host/fat_image.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/test.h"
#include "tests/unit/uki_image.h"

static char tried[1024];

static bool recognizes(struct span head)
{
	return span_starts_with(head, SPAN("MZ"));
}

/* "title@profile,options;" for each. */
static enum status load(struct boot_entry *entry, struct span head, struct arena *arena,
			struct kernel *out)
{
	size_t used = strlen(tried);
	u8 first[2];

	(void)head;
	(void)arena;
	(void)out;
	CHECK(entry->is_efi && entry->is_uki);
	CHECK_EQUAL(file_read(&entry->kernel, 0, sizeof(first), first), OK);
	snprintf(tried + used, sizeof(tried) - used, "%s@%u,%.*s;", entry->title, entry->profile,
		 (int)entry->options.size, (const char *)entry->options.data);
	return ERR_UNSUPPORTED;
}

static const struct image_loader loader = {
	.name = "test",
	.recognizes = recognizes,
	.load = load,
	.is_efi = true,
};

const struct image_loader *const image_loaders[] = { &loader, NULL };

static struct uki_image images[4];
static struct memory_console console;
static struct memory_volume volume;
static struct arena arena;

#define FILE_OF(name, index)                                                   \
	{                                                                      \
		.path = name, .bytes = { images[index].bytes, UKI_IMAGE_SIZE } \
	}
#define BOOT(files) boot(files, ARRAY_SIZE(files))

static const char *boot(const struct memory_file *files, u32 count)
{
	struct boot_disk disk = { .volumes = { &volume.volume }, .volume_count = 1 };

	arena_release(&arena);
	host_memory_init();
	memory_console_init(&console, "");
	log_set_threshold(LOG_WARNING);
	memory_volume_init(&volume, "esp", files, count);
	tried[0] = 0;
	CHECK(bls_boot.boot(&disk, &arena) != OK);
	return tried;
}

static void make(u32 index, const char *os_release)
{
	uki_image_begin(&images[index]);
	uki_image_add(&images[index], ".osrel", os_release);
	uki_image_add(&images[index], ".cmdline", "base\n");
}

TEST(order_follows_os_release)
{
	static const struct memory_file files[] = {
		FILE_OF("EFI/Linux/a.efi", 0), FILE_OF("EFI/Linux/b.efi", 1),
		FILE_OF("EFI/Linux/c.EFI", 2), FILE_OF("EFI/Linux/.hidden.efi", 2),
		FILE_OF("EFI/Linux/other", 2), FILE_OF("EFI/Linux/deeper/d.efi", 2),
	};

	make(0, "ID=debian\nPRETTY_NAME=\"Debian 9\"\nVERSION_ID=9\n");
	make(1, "# comment\nNAME='Debian ten'\nID=debian\nVERSION_ID=10\n");
	make(2, "ID=debian\nIMAGE_ID=appliance\nIMAGE_VERSION=3\nVERSION_ID=1\n");
	CHECK_TEXT(BOOT(files), "appliance (3)@0,;Debian ten (10)@0,;Debian 9 (9)@0,;");
}

TEST(sorted_together_with_files)
{
	static const struct memory_file files[] = {
		FILE_OF("EFI/Linux/a.efi", 0),
		FILE_OF("x.efi", 1),
		{ .path = "loader/entries/new.conf",
		  .bytes = SPAN("title New\nsort-key debian\nversion 10\nuki /x.efi\noptions o\n") },
		{ .path = "loader/entries/old.conf",
		  .bytes = SPAN("title Old\nsort-key debian\nversion 8\nuki /x.efi\nprofile 3\n") },
	};

	make(0, "ID=debian\nNAME=Debian\nVERSION_ID=9\n");
	make(1, "ID=x\nNAME=x\n");
	CHECK_TEXT(BOOT(files), "New (10)@0,o;Debian (9)@0,;Old (8)@3,;");
}

TEST(profiles_are_entries)
{
	static const struct memory_file files[] = { FILE_OF("EFI/Linux/a.efi", 0) };

	make(0, "ID=debian\nNAME=Debian\nVERSION_ID=9\n");
	uki_image_add(&images[0], ".profile", "ID=main\n");
	uki_image_add(&images[0], ".profile", "ID=main\nTITLE=Reset all\n");
	uki_image_add(&images[0], ".osrel", "ID=debian\nNAME=Other\nVERSION_ID=9\n");
	uki_image_add(&images[0], ".profile", "");
	CHECK_TEXT(BOOT(files), "Debian (main) (9)@0,;Other (Reset all) (9)@1,;Debian (2) (9)@2,;");
}

TEST(counters)
{
	static const struct memory_file files[] = {
		FILE_OF("EFI/Linux/b+0-3.efi", 0),
		FILE_OF("EFI/Linux/a+2-1.efi", 1),
	};

	make(0, "ID=d\nNAME=Bad\nVERSION_ID=2\n");
	make(1, "ID=d\nNAME=Good\nVERSION_ID=1\n");
	CHECK_TEXT(BOOT(files), "Good (1)@0,;Bad (2)@0,;");
}

/* Each profile's try renames the image, and the next one must find it by its new name. */
TEST(profiles_of_a_counted_image_are_all_tried)
{
	struct fat_image_directory efi, images_folder;
	struct memory_disk memory_disk;
	struct boot_disk disk = { .volume_count = 1 };
	struct fat_image fat;
	struct file file;

	make(0, "ID=debian\nNAME=Debian\nVERSION_ID=9\n");
	for (u32 i = 0; i < 3; i++)
		uki_image_add(&images[0], ".profile", "");
	arena_release(&arena);
	host_memory_init();
	memory_console_init(&console, "");
	fat_image_init(&fat, &(struct fat_image_shape){ .entry_bits = 32, .cluster_count = 3000 });
	efi = fat_image_make_directory(&fat, &fat.root_directory, "EFI", "EFI        ");
	images_folder = fat_image_make_directory(&fat, &efi, "Linux", "LINUX      ");
	fat_image_file(&fat, &images_folder, "debian+2.efi", "DEBIAN~1EFI", images[0].bytes,
		       UKI_IMAGE_SIZE);
	CHECK_EQUAL(fat_image_mount(&fat, &memory_disk, 512, &arena, &disk.volumes[0]), OK);
	tried[0] = 0;
	CHECK(bls_boot.boot(&disk, &arena) != OK);
	CHECK_TEXT(tried, "Debian (9)@0,;Debian (1) (9)@1,;Debian (2) (9)@2,;");
	CHECK_EQUAL(volume_open(disk.volumes[0], SPAN("EFI/Linux/debian+0-2.efi"), &file), OK);
	CHECK(!memory_console_has(&console, "not found"));
	fat_image_free(&fat);
	arena_release(&arena);
}

TEST(loader_conf_names_images_and_profiles)
{
	static const struct memory_file files[] = {
		FILE_OF("EFI/Linux/b.efi", 0),
		FILE_OF("EFI/Linux/a+2.efi", 1),
		{ .path = "loader/loader.conf", .bytes = SPAN("default a.efi@reset\n") },
	};

	make(0, "ID=d\nNAME=New\nVERSION_ID=2\n");
	make(1, "ID=d\nNAME=Old\nVERSION_ID=1\n");
	uki_image_add(&images[1], ".profile", "ID=main\n");
	uki_image_add(&images[1], ".profile", "ID=reset\n");
	CHECK_TEXT(BOOT(files), "Old (reset) (1)@1,;New (2)@0,;Old (main) (1)@0,;");
}

TEST(invalid_images_are_reported)
{
	static const struct memory_file files[] = {
		{ .path = "EFI/Linux/empty.efi", .bytes = SPAN("") },
		{ .path = "EFI/Linux/text.efi", .bytes = SPAN("MZ and no program") },
		FILE_OF("EFI/Linux/arm.efi", 0),
		FILE_OF("EFI/Linux/kernel.efi", 1),
		FILE_OF("EFI/Linux/good.efi", 2),
	};

	make(0, "ID=d\nNAME=ARM\n");
	store_le16(images[0].bytes + PE_P + 4, PE_MACHINE_ARM64);
	uki_image_begin(&images[1]);
	make(2, "ID=d\nNAME=Good\n");
	CHECK_TEXT(BOOT(files), "Good@0,;");
	CHECK(memory_console_has(&console, "esp: empty.efi: "));
	CHECK(memory_console_has(&console, "esp: text.efi: "));
	CHECK(memory_console_has(&console, "esp: arm.efi: not supported"));
	CHECK(memory_console_has(&console, "kernel.efi: no section .osrel with a name"));
}

TEST(an_image_with_a_section_too_large_is_left_out)
{
	static const struct memory_file files[] = {
		{ .path = "EFI/Linux/a.efi",
		  .bytes = { images[0].bytes, UKI_IMAGE_SIZE },
		  .size = MIB },
	};

	make(0, "ID=d\nNAME=Large\n");
	store_le32(images[0].bytes + PE_P + 80, MIB);
	/* .cmdline comes first and is not read. */
	store_le32(images[0].bytes + PE_TABLE + 40 * 3 + 12, PE_MEMORY_SIZE + 0x1000);
	store_le32(images[0].bytes + PE_TABLE + 40 * 3 + 8, UKI_SECTION_SIZE_MAX + 1);
	store_le32(images[0].bytes + PE_TABLE + 40 * 3 + 16, UKI_SECTION_SIZE_MAX + 1);
	store_le32(images[0].bytes + PE_TABLE + 40 * 4 + 12, PE_MEMORY_SIZE);
	CHECK_TEXT(BOOT(files), "");
	CHECK(memory_console_has(&console, "UKI_SECTION_SIZE_MAX"));
}

TEST(a_profile_inherits_common_sections)
{
	static const struct memory_file files[] = { FILE_OF("EFI/Linux/a.efi", 0) };
	static struct uki uki;
	struct file file;
	struct span text;

	make(0, "ID=d\nNAME=N\n");
	for (u32 i = 0; i < 8; i++)
		uki_image_add(&images[0], ".profile", i == 7 ? "ID=seven\n" : "ID=x\n");
	(void)BOOT(files);
	CHECK_EQUAL(volume_open(&volume.volume, SPAN("EFI/Linux/a.efi"), &file), OK);
	CHECK_EQUAL(uki_read("a", &file, &arena, &uki), OK);
	CHECK_EQUAL(uki.count, 8);
	CHECK_EQUAL(uki_text(&file, &uki.profiles[7], UKI_PROFILE, &arena, &text), OK);
	CHECK(span_equals(text, SPAN("ID=seven\n")));
	CHECK_EQUAL(uki_text(&file, &uki.profiles[7], UKI_COMMAND_LINE, &arena, &text), OK);
	CHECK(span_equals(text, SPAN("base\n")));
}

/* The image's own options are edited, unless the entry that names it has options. */
TEST(the_options_of_an_image_are_edited)
{
	static const struct memory_file files[] = {
		FILE_OF("EFI/Linux/a.efi", 0),
		FILE_OF("x.efi", 1),
		{ .path = "loader/entries/b.conf",
		  .bytes = SPAN("title B\nsort-key d\nversion 1\nuki /x.efi\noptions o\n") },
		{ .path = "loader/entries/c.conf",
		  .bytes = SPAN("title C\nsort-key d\nversion 0\nuki /x.efi\n") },
	};
	static const struct {
		const char *input, *first;
	} rows[] = {
		{ "e| more|\r", "A (main) (2)@0,base more;" },
		{ "2e| more|\r", "A (own) (2)@1,own more;" },
		{ "3e| more|\r", "B (1)@0,o more;" },
		{ "4e| more|\r", "C (0)@0,base more;" },
		{ "4e|\r", "C (0)@0,;" },
	};

	make(0, "ID=d\nNAME=A\nVERSION_ID=2\n");
	uki_image_add(&images[0], ".profile", "ID=main\n");
	uki_image_add(&images[0], ".profile", "ID=own\n");
	uki_image_add(&images[0], ".cmdline", "own\n");
	make(1, "ID=x\nNAME=x\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct boot_disk disk = { .volumes = { &volume.volume }, .volume_count = 1 };

		arena_release(&arena);
		host_memory_init();
		memory_console_init(&console, rows[i].input);
		console.pause = '|';
		boot_info.command_line = SPAN("fatwood.timeout=9");
		memory_volume_init(&volume, "esp", files, ARRAY_SIZE(files));
		tried[0] = 0;
		CHECK(bls_boot.boot(&disk, &arena) != OK);
		boot_info.command_line = SPAN("");
		CHECK_OF(strncmp(tried, rows[i].first, strlen(rows[i].first)) == 0, "row %zu: %s",
			 i, tried);
	}
}
