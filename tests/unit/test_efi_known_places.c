/* SPDX-License-Identifier: Apache-2.0 */
/* efi/known_places.c: BOOTX64.CSV, then known names, each once, and only a limited number.
 */
#include "core/log.h"
#include "efi/boot.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/test.h"

static char started[1024];
static struct arena arena;
static struct memory_console console;

/* Records "path(options);" for each. */
enum status efi_boot_file(struct volume *volume, struct span path, struct span load_options)
{
	size_t used = strlen(started);

	(void)volume;
	used += (size_t)snprintf(started + used, sizeof(started) - used, "%.*s(", (int)path.size,
				 (const char *)path.data);
	for (size_t i = 0; i + 2 < load_options.size && used < sizeof(started) - 4; i += 2)
		started[used++] = (char)load_options.data[i];
	memcpy(started + used, ");", 3);
	return ERR_UNSUPPORTED;
}

#define FIND(files) find(files, ARRAY_SIZE(files))
#define CSV(text) span_of(u"" text, sizeof(u"" text) - 2)
#define PROGRAM(name) { .path = name, .bytes = SPAN("MZ") }

static const char *find(const struct memory_file *files, u32 count)
{
	struct memory_volume volume;

	arena_release(&arena);
	host_memory_init();
	memory_console_init(&console, "");
	log_set_threshold(LOG_WARNING);
	memory_volume_init(&volume, "esp", files, count);
	started[0] = 0;
	CHECK_EQUAL(efi_boot_known_places(&volume.volume, &arena),
		    started[0] ? ERR_UNSUPPORTED : ERR_NOT_FOUND);
	return started;
}

TEST(lines_of_a_csv)
{
	const struct memory_file files[] = {
		PROGRAM("EFI/debian/shimx64.efi"),
		PROGRAM("EFI/debian/fwupdx64.efi"),
		{ .path = "EFI/debian/BOOTX64.CSV",
		  .bytes = CSV("\xfeff"
			       "gone.efi,none,,\r\n\r\nshimx64.efi,Debian,,x\r\n"
			       "fwupdx64.efi , Update , -x y , more, and more") },
	};

	CHECK_TEXT(FIND(files), "\\EFI\\debian\\shimx64.efi();\\EFI\\debian\\fwupdx64.efi(-x y);");
}

TEST(known_names)
{
	const struct memory_file files[] = {
		PROGRAM("EFI/BOOT/BOOTX64.EFI"),
		PROGRAM("EFI/BOOT/grubx64.efi"),
		PROGRAM("EFI/fedora/grubx64.efi"),
		PROGRAM("EFI/fedora/shimx64.efi"),
		PROGRAM("EFI/Microsoft/Boot/bootmgfw.efi"),
		PROGRAM("EFI/systemd/systemd-bootx64.efi"),
		PROGRAM("EFI/Linux/a.efi"),
	};

	CHECK_TEXT(FIND(files), "\\EFI\\fedora\\shimx64.efi();\\EFI\\fedora\\grubx64.efi();"
				"\\EFI\\Microsoft\\Boot\\bootmgfw.efi();"
				"\\EFI\\systemd\\systemd-bootx64.efi();");
}

TEST(a_csv_of_files_that_are_gone)
{
	const struct memory_file files[] = {
		PROGRAM("EFI/debian/grubx64.efi"),
		{ .path = "EFI/debian/BOOTX64.CSV", .bytes = CSV("shimx64.efi,Debian,,\n") },
	};

	CHECK_TEXT(FIND(files), "\\EFI\\debian\\grubx64.efi();");
}

TEST(invalid_csv)
{
	const struct memory_file files[] = {
		{ .path = "EFI/a/BOOTX64.CSV", .bytes = SPAN("shimx64.efi,in ASCII,,\n") },
		{ .path = "EFI/b/BOOTX64.CSV", .bytes = SPAN("") },
		{ .path = "EFI/c/BOOTX64.CSV", .bytes = SPAN(",\n"), .size = 16385 },
		{ .path = "EFI/d/BOOTX64.CSV/e", .bytes = SPAN("") },
		{ .path = "EFI/f", .bytes = SPAN("") },
	};

	CHECK_TEXT(FIND(files), "");
	CHECK(memory_console_has(&console, "esp: EFI/c/BOOTX64.CSV: "));
}

TEST(the_number_of_attempts_is_limited)
{
	static struct memory_file files[40];
	static char names[40][32];
	u32 count = 0;

	for (u32 i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(names[i], sizeof(names[i]), "EFI/v%u/shimx64.efi", i);
		files[i] = (struct memory_file){ .path = names[i], .bytes = SPAN("MZ") };
	}
	for (const char *at = FIND(files); (at = strchr(at, ';')) != NULL; at++)
		count++;
	CHECK_EQUAL(count, 16);
}

/* Each reads a folder, which may have thousands of files: those that find nothing count, too. */
TEST(the_number_of_searches_is_limited)
{
	enum { SEARCHES = 256 };
	static CHAR16 lines[2 * SEARCHES + 20];
	struct memory_file files[] = {
		{ .path = "EFI/a/BOOTX64.CSV", .bytes = { (const u8 *)lines, 0 } },
		PROGRAM("EFI/a/last.efi"),
	};

	for (u32 before = SEARCHES - 1; before <= SEARCHES; before++) {
		for (u32 i = 0; i < before; i++)
			memcpy(lines + 2 * i, u"x\n", 4);
		memcpy(lines + 2 * before, u"last.efi\n", sizeof(u"last.efi\n"));
		files[0].bytes.size = 4 * before + sizeof(u"last.efi\n");
		CHECK_TEXT(FIND(files), before < SEARCHES ? "\\EFI\\a\\last.efi();" : "");
	}
}

TEST(no_folder)
{
	const struct memory_file files[] = { PROGRAM("efi.txt") };

	CHECK_TEXT(FIND(files), "");
}
