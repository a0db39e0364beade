/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bls_extra.c: the archive with the files named by the key "extra". */
#include "tests/unit/bls.h"

#include "lib/util.h"

enum { HEADER_SIZE = 110 };

#define DATA(name, text) { .path = name, .bytes = SPAN(text) }

static char listing[1024];

static u32 field(const u8 *header, u32 index)
{
	char text[9] = "";

	memcpy(text, header + 6 + 8 * index, 8);
	return (u32)strtoul(text, NULL, 16);
}

/* "mode name=data;" of each record of the initrd after its first @skipped bytes. */
static const char *archive(u32 skipped)
{
	const struct boot_params *params = (const void *)(uintptr_t)host_kernel.argument;
	const u8 *start = (const u8 *)(uintptr_t)params->ramdisk_image;
	u32 at = skipped, end = params->ramdisk_size;
	size_t used = 0;

	listing[0] = 0;
	while (at + HEADER_SIZE <= end) {
		const u8 *header = start + at;
		u32 size = field(header, 6), name_size = field(header, 11);

		CHECK(memcmp(header, "070701", 6) == 0);
		CHECK_EQUAL(at % 4, 0);
		at = (u32)align_up(at + HEADER_SIZE + name_size, 4);
		if (memcmp(header, "070701", 6) != 0 || at + size > end)
			break;
		used += (size_t)snprintf(listing + used, sizeof(listing) - used, "%o %s=%.*s;",
					 field(header, 1), (const char *)header + HEADER_SIZE,
					 (int)size, (const char *)start + at);
		at = (u32)align_up(at + size, 4);
	}
	CHECK_EQUAL(at, end);
	return listing;
}

TEST(each_kind_has_its_folder)
{
	static const struct memory_file files[] = {
		ENTRY("a.conf", "linux linux\noptions a\ninitrd i\nextra /x/a b.cred\n"
				"extra \"/x/s.SYSEXT.raw\"\nextra /x/c.confext.raw\n"),
		LINUX("linux"),
		DATA("i", "12345"),
		DATA("x/a b.cred", "secret"),
		DATA("x/s.sysext.raw", "sys"),
		DATA("x/c.confext.raw", ""),
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "a");
	CHECK_TEXT(archive(8), "40555 .extra=;40500 .extra/credentials=;"
			       "100400 .extra/credentials/a b.cred=secret;"
			       "40555 .extra=;40555 .extra/sysext=;"
			       "100444 .extra/sysext/s.SYSEXT.raw=sys;"
			       "40555 .extra=;40555 .extra/confext=;"
			       "100444 .extra/confext/c.confext.raw=;0 TRAILER!!!=;");
	CHECK_TEXT(console.text, "");
}

TEST(extras_that_cannot_be_passed_on)
{
	static const struct memory_file files[] = {
		ENTRY("c.conf", "linux linux\nextra /missing.cred\n"),
		ENTRY("b.conf", "linux linux\nextra /folder.cred\n"),
		ENTRY("a.conf", "linux linux\noptions a\nextra /x.future\n"),
		LINUX("linux"),
		DATA("folder.cred/x", ""),
	};

	VOLUME(files);
	CHECK_TEXT(boot(), "a");
	CHECK(said("c.conf: extra /missing.cred: not found"));
	CHECK(said("b.conf: extra /folder.cred: "));
	CHECK(said("a.conf: extra /x.future: of unknown type, ignored"));
	CHECK_TEXT(archive(0), "");
}

TEST(as_many_as_there_is_room_for)
{
	static char text[1024] = "linux linux\noptions a\n";
	static struct memory_file files[] = {
		{ .path = "loader/entries/a.conf" },
		LINUX("linux"),
		DATA("a.cred", "x"),
	};

	for (u32 i = 0; i < (BOOT_INITRDS_MAX - 1) / 2; i++)
		strcat(text, "extra a.cred\n");
	files[0].bytes = span_of_string(text);
	VOLUME(files);
	CHECK_TEXT(boot(), "a");
	CHECK(strstr(archive(0), "TRAILER!!!"));
	strcat(text, "extra a.cred\n");
	files[0].bytes = span_of_string(text);
	VOLUME(files);
	CHECK_TEXT(boot(), status_name(ERR_UNSUPPORTED));
	CHECK(said("BOOT_INITRDS_MAX"));
}
