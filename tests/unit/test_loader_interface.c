/* SPDX-License-Identifier: Apache-2.0 */
/*
 * efi/loader_interface.c with boot entries: requests of the operating system are obeyed, and the
 * reported information is correct. Variables are provided by the test.
 */
#include "tests/unit/bls.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core/release.h"
#include "lib/format.h"
#include "lib/util.h"
#include "tests/unit/efi_variables_model.h"

enum { NV = 7, VOLATILE = 6 };

static EFI_SYSTEM_TABLE system_table = { .Hdr.Revision = 2 << 16 | 110 };
EFI_SYSTEM_TABLE *efi_system_table = &system_table;

const struct boot_interface *const boot_interface = &efi_boot_interface;

static const struct partition_id gpt = {
	.kind = PARTITION_ID_GPT,
	.unique = { { 0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde, 0x01, 0x23, 0x45, 0x67, 0x89,
		      0xab, 0xcd, 0xef } },
};

static const struct block_device *seed_partition;

void efi_random_seed_pass(struct block_device *partition)
{
	seed_partition = partition;
}

/* Requests are read once per boot, so each test of them runs in a separate process. */
static void in_a_boot(void (*check)(void))
{
	int result;
	pid_t child;

	fflush(stdout);
	memset(variables, 0, sizeof(variables));
	child = fork();
	if (child == 0) {
		check();
		fflush(stdout);
		_exit(test_failures != 0);
	}
	CHECK(child > 0 && waitpid(child, &result, 0) == child && result == 0);
}

static void ask(const CHAR16 *name, const CHAR16 *text)
{
	(void)efi_variable_set(name, &guid_systemd_loader, NV, name_size(text), text);
}

/* The text of a variable, with ";" for each NUL but the last; "-": it does not exist. */
static const char *told(const CHAR16 *name)
{
	static char text[DATA_SIZE];
	u32 slot = slot_of(name);
	size_t count;

	if (slot == VARIABLES)
		return "-";
	CHECK(variables[slot].vendor == &guid_systemd_loader);
	CHECK_EQUAL(variables[slot].attributes, VOLATILE);
	count = variables[slot].size / sizeof(u16);
	CHECK(count && !load_le16(variables[slot].data + 2 * (count - 1)));
	for (size_t i = 0; i < count; i++)
		text[i] = (char)load_le16(variables[slot].data + 2 * i);
	for (size_t i = 0; i + 1 < count; i++)
		if (!text[i])
			text[i] = ';';
	return text;
}

static const char *boot_three(void)
{
	VOLUME(three);
	volumes[0].device.id = &gpt;
	return boot();
}

static void nothing_is_asked_for(void)
{
	char text[64];
	u64 features = 0, init, exec;
	size_t size = sizeof(features);

	CHECK_TEXT(boot_three(), "ten");
	CHECK_TEXT(told(u"LoaderEntries"), "a-10.conf;a-9.conf;a-1.conf");
	CHECK_TEXT(told(u"LoaderEntrySelected"), "a-10.conf");
	CHECK_TEXT(told(u"LoaderDevicePartUUID"), "12345678-9ABC-DEF0-0123-456789ABCDEF");
	CHECK_TEXT(told(u"LoaderBootCountPath"), "-");
	CHECK_TEXT(told(u"LoaderImageIdentifier"), "-");
	format(text, sizeof(text), "Fatwood %s", fatwood_release);
	CHECK_TEXT(told(u"LoaderInfo"), text);
	CHECK_TEXT(told(u"LoaderFirmwareInfo"), text);
	/* 2.110: the revision counts tenths. */
	CHECK_TEXT(told(u"LoaderFirmwareType"), "UEFI 2.110");
	/* In microseconds, the firmware's part first. */
	init = strtoull(told(u"LoaderTimeInitUSec"), NULL, 10);
	exec = strtoull(told(u"LoaderTimeExecUSec"), NULL, 10);
	CHECK(init >= 5000000 && init <= exec && exec < 6000000);
	CHECK_EQUAL(efi_variable_get(u"LoaderFeatures", &guid_systemd_loader, NULL, &size,
				     &features),
		    EFI_SUCCESS);
	/*
	 * Timeout, one-boot timeout, default, one shot, counting, XBOOTLDR, random seed, sort-key,
	 * menu-disabled, profiles, the key uki, preferred: exactly these are built in here.
	 */
	CHECK_EQUAL(features, 0x7f | 1 << 8 | 1 << 13 | 1 << 14 | 1 << 16 | 1 << 19);
	CHECK(seed_partition == &volumes[0].device);
}

TEST(reported_variables)
{
	host_ticks = 5ull * HOST_TICKS_PER_SECOND;
	in_a_boot(nothing_is_asked_for);
}

static void one_shot(void)
{
	ask(u"LoaderEntryOneShot", u"a-1.conf");
	ask(u"LoaderEntryDefault", u"a-9.conf");
	CHECK_TEXT(boot_three(), "one");
	CHECK_TEXT(told(u"LoaderEntrySelected"), "a-1.conf");
	/* It is consumed, and the default stays. */
	CHECK(slot_of(u"LoaderEntryOneShot") == VARIABLES);
	CHECK(slot_of(u"LoaderEntryDefault") != VARIABLES);
	/* If another disk of this boot has the entry, it is also requested there. */
	CHECK_TEXT(boot(), "one");
}

TEST(a_choice_for_one_boot_is_obeyed_and_deleted)
{
	in_a_boot(one_shot);
}

static void by_default(void)
{
	ask(u"LoaderEntryDefault", u"A-9*");
	CHECK_TEXT(boot_three(), "nine");
	CHECK(slot_of(u"LoaderEntryDefault") != VARIABLES);
}

static void one_shot_that_is_gone(void)
{
	ask(u"LoaderEntryOneShot", u"gone.conf");
	ask(u"LoaderEntryDefault", u"a-1");
	CHECK_TEXT(boot_three(), "one");
	CHECK(slot_of(u"LoaderEntryOneShot") == VARIABLES);
}

static void preferred(void)
{
	ask(u"LoaderEntryPreferred", u"a-1.conf");
	ask(u"LoaderEntryDefault", u"a-9.conf");
	CHECK_TEXT(boot_three(), "one");
	CHECK(slot_of(u"LoaderEntryPreferred") != VARIABLES);
}

static void the_vmm_asks_for_another(void)
{
	ask(u"LoaderEntryOneShot", u"a-1.conf");
	VOLUME(three);
	boot_info.command_line = SPAN("fatwood.entry=a-9.conf");
	CHECK_TEXT(boot(), "nine");
	CHECK(slot_of(u"LoaderEntryOneShot") == VARIABLES);
}

TEST(defaults_are_obeyed)
{
	in_a_boot(by_default);
	in_a_boot(preferred);
	in_a_boot(one_shot_that_is_gone);
	in_a_boot(the_vmm_asks_for_another);
}

/* Not valid text: odd size, empty, without a NUL, longer than any name. */
static void damaged_choices(void)
{
	static CHAR16 large[2000];

	for (size_t i = 0; i < ARRAY_SIZE(large); i++)
		large[i] = 'a';
	(void)efi_variable_set(u"LoaderEntryOneShot", &guid_systemd_loader, NV, 1, "a");
	(void)efi_variable_set(u"LoaderEntryDefault", &guid_systemd_loader, NV, sizeof(large),
			       large);
	(void)efi_variable_set(u"LoaderConfigTimeoutOneShot", &guid_systemd_loader, NV, 2, u"");
	(void)efi_variable_set(u"LoaderConfigTimeout", &guid_systemd_loader, NV, 3, "5\0x");
	CHECK_TEXT(boot_three(), "ten");
}

static void without_a_nul(void)
{
	(void)efi_variable_set(u"LoaderEntryOneShot", &guid_systemd_loader, NV, 6, u"a-1");
	CHECK_TEXT(boot_three(), "one");
}

TEST(choices_that_are_not_text)
{
	in_a_boot(damaged_choices);
	in_a_boot(without_a_nul);
}

static void timeout_for_one_boot(void)
{
	struct boot_wishes wishes;

	ask(u"LoaderConfigTimeoutOneShot", u"menu-force");
	ask(u"LoaderConfigTimeout", u"7");
	efi_boot_interface.read_wishes(&wishes);
	CHECK(span_equals(wishes.timeout, SPAN("menu-force")));
	CHECK(slot_of(u"LoaderConfigTimeoutOneShot") == VARIABLES);
	CHECK(slot_of(u"LoaderConfigTimeout") != VARIABLES);
}

/* systemctl reboot --boot-loader-menu=0. For every boot, 0 hides the menu. */
static void no_timeout_for_one_boot(void)
{
	struct boot_wishes wishes;

	ask(u"LoaderConfigTimeoutOneShot", u"0");
	efi_boot_interface.read_wishes(&wishes);
	CHECK(span_equals(wishes.timeout, SPAN("menu-force")));
}

static void no_timeout_of_every_boot(void)
{
	struct boot_wishes wishes;

	ask(u"LoaderConfigTimeout", u"0");
	efi_boot_interface.read_wishes(&wishes);
	CHECK(span_equals(wishes.timeout, SPAN("0")));
}

static void timeout_of_every_boot(void)
{
	ask(u"LoaderConfigTimeout", u"7");
	VOLUME(three);
	console.input = "j\r";
	CHECK_TEXT(boot(), "nine");
	CHECK(said("in 7 s"));
}

TEST(timeouts_of_the_menu)
{
	in_a_boot(timeout_for_one_boot);
	in_a_boot(no_timeout_for_one_boot);
	in_a_boot(no_timeout_of_every_boot);
	in_a_boot(timeout_of_every_boot);
}

/* With counters, the path tells systemd-bless-boot what to rename; without, the variable does not
 * exist.
 */
TEST(the_path_of_a_counted_entry)
{
	struct boot_selection selection = {
		.id = "a.conf",
		.counted_path = "\\loader\\entries\\a+2-1.conf",
		.volume = &volumes[0].volume,
	};

	memset(variables, 0, sizeof(variables));
	VOLUME(three);
	efi_boot_interface.start(&selection);
	CHECK_TEXT(told(u"LoaderBootCountPath"), "\\loader\\entries\\a+2-1.conf");
	selection.counted_path = "";
	efi_boot_interface.start(&selection);
	CHECK_TEXT(told(u"LoaderBootCountPath"), "-");
}

/* Only GPT partitions have a UUID. */
TEST(partitions_without_a_uuid)
{
	static const struct partition_id mbr = { .kind = PARTITION_ID_MBR };
	struct block_device device = { .id = &gpt };

	memset(variables, 0, sizeof(variables));
	efi_tell_partition(&device);
	CHECK_TEXT(told(u"LoaderDevicePartUUID"), "12345678-9ABC-DEF0-0123-456789ABCDEF");
	device.id = &mbr;
	efi_tell_partition(&device);
	CHECK_TEXT(told(u"LoaderDevicePartUUID"), "-");
	device.id = &gpt;
	efi_tell_partition(&device);
	device.id = NULL;
	efi_tell_partition(&device);
	CHECK_TEXT(told(u"LoaderDevicePartUUID"), "-");
	efi_tell_partition(NULL);
	CHECK_TEXT(told(u"LoaderDevicePartUUID"), "-");
}

/* An entry on XBOOTLDR: the ESP of the same disk, if there is one. */
TEST(the_esp_of_an_entry_on_xbootldr)
{
	static const struct partition_id esp = { .kind = PARTITION_ID_GPT, .unique = { { 0xee } } };
	struct block_device partitions[] = {
		{ .kind = PARTITION_OTHER, .id = &gpt },
		{ .kind = PARTITION_ESP, .id = &esp },
		{ .kind = PARTITION_XBOOTLDR, .id = &gpt },
	};
	struct block_device device = {
		.is_open = true,
		.partitions = { .scheme = "GPT", .count = 3, .partitions = partitions },
	};
	struct volume volume = { .device = &partitions[2] };
	const struct boot_selection selection = { .id = "a.conf",
						  .counted_path = "",
						  .volume = &volume };

	partitions[2].disk = &device;
	memset(variables, 0, sizeof(variables));
	efi_boot_interface.start(&selection);
	CHECK_TEXT(told(u"LoaderDevicePartUUID"), "000000EE-0000-0000-0000-000000000000");
	CHECK(seed_partition == &partitions[1]);
	partitions[1].kind = PARTITION_OTHER;
	efi_boot_interface.start(&selection);
	CHECK_TEXT(told(u"LoaderDevicePartUUID"), "12345678-9ABC-DEF0-0123-456789ABCDEF");
	CHECK(seed_partition == &partitions[2]);
}

/* Whole entries are left out if the variable would be larger than operating systems read. */
TEST(more_entries_than_fit)
{
	static struct span ids[BLS_BEST_MAX];
	static const char id[] =
		"a-name-of-one-hundred-characters-0123456789-0123456789-0123456789-"
		"0123456789-0123456789-0123456.conf";
	size_t count = 0;
	const char *text;

	for (u32 i = 0; i < BLS_BEST_MAX; i++)
		ids[i] = span_of_string(id);
	memset(variables, 0, sizeof(variables));
	efi_boot_interface.list(ids, BLS_BEST_MAX);
	CHECK(variables[slot_of(u"LoaderEntries")].size <= 32 * 1024);
	text = told(u"LoaderEntries");
	for (const char *at = text; (at = strstr(at, id)); at++)
		count++;
	CHECK_EQUAL(strlen(text) + 1, count * sizeof(id));
	CHECK(count > 100 && count < BLS_BEST_MAX);
}

static void none_boots(void)
{
	static const struct memory_file files[] = { ENTRY("a.conf", "linux gone\n") };

	ask(u"LoaderEntryDefault", u"a.conf");
	VOLUME(files);
	CHECK_TEXT(boot(), "not found");
	/* The next program is another boot loader: only the operating system's variables are left.
	 */
	for (u32 i = 0; i < VARIABLES; i++)
		CHECK(!variables[i].size ||
		      memcmp(variables[i].name, u"LoaderEntryDefault", 36) == 0);
}

TEST(nothing_is_reported_if_nothing_boots)
{
	in_a_boot(none_boots);
}
