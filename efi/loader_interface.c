/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd's Boot Loader Interface (systemd.io/BOOT_LOADER_INTERFACE), for entries that the firmware
 * itself boots: what bootctl, systemctl reboot --boot-loader-entry=, systemd-gpt-auto-generator,
 * systemd-bless-boot and systemd-analyze read. LoaderImageIdentifier stays unset: there is no file
 * of a boot loader.
 */
#include "core/arch.h"
#include "core/boot.h"
#include "core/log.h"
#include "core/release.h"
#include "efi/efi.h"
#include "efi/start.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/utf.h"
#include "lib/util.h"

enum {
	VOLATILE = EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS,
	TEXT_UNITS_MAX = 1024, /* a longer one is left out */
	LIST_SIZE_MAX = 32 * 1024,
	HAS_PREFERRED = !IS_ENABLED(CONFIG_OPTIMIZE_SIZE),
};

/* LoaderFeatures: the bits of the features that this build has. */
enum {
	FEATURE_TIMEOUT = 1 << 0,
	FEATURE_TIMEOUT_ONE_SHOT = 1 << 1,
	FEATURE_ENTRY_DEFAULT = 1 << 2,
	FEATURE_ENTRY_ONE_SHOT = 1 << 3,
	FEATURE_BOOT_COUNTING = 1 << 4,
	FEATURE_XBOOTLDR = 1 << 5,
	FEATURE_RANDOM_SEED = 1 << 6,
	FEATURE_SORT_KEY = 1 << 8,
	FEATURE_MENU_DISABLED = 1 << 13,
	FEATURE_MULTI_PROFILE_UKI = 1 << 14,
	FEATURE_TYPE1_UKI = 1 << 16,
	FEATURE_ENTRY_PREFERRED = 1 << 19,
};

static u64 features(void)
{
	u64 bits = FEATURE_XBOOTLDR | FEATURE_SORT_KEY | FEATURE_TYPE1_UKI;

	if (IS_ENABLED(CONFIG_BOOT_LOADER_CONF))
		bits |= FEATURE_ENTRY_DEFAULT | FEATURE_ENTRY_ONE_SHOT;
	if (IS_ENABLED(CONFIG_BOOT_LOADER_CONF) && HAS_PREFERRED)
		bits |= FEATURE_ENTRY_PREFERRED;
	if (IS_ENABLED(CONFIG_BOOT_MENU))
		bits |= FEATURE_TIMEOUT | FEATURE_TIMEOUT_ONE_SHOT | FEATURE_MENU_DISABLED;
	if (IS_ENABLED(CONFIG_BOOT_COUNTING))
		bits |= FEATURE_BOOT_COUNTING;
	if (IS_ENABLED(CONFIG_EFI_RANDOM_SEED))
		bits |= FEATURE_RANDOM_SEED;
	if (IS_ENABLED(CONFIG_BOOT_UKI))
		bits |= FEATURE_MULTI_PROFILE_UKI;
	return bits;
}

static void set(const CHAR16 *name, size_t size, const void *data)
{
	EFI_STATUS status =
		efi_variable_set(name, &guid_systemd_loader, size ? VOLATILE : 0, size, data);

	if (status && size)
		log_warning("a variable of the Boot Loader Interface: %s", efi_status_name(status));
}

static void set_text(const CHAR16 *name, const char *text)
{
	u16 units[TEXT_UNITS_MAX];
	size_t count = utf16_from_utf8(units, TEXT_UNITS_MAX, span_of_string(text));

	if (count < TEXT_UNITS_MAX)
		set(name, (count + 1) * sizeof(*units), units);
}

/* Microseconds since the processor's counter was 0, as other boot loaders report it. */
static void set_time(const CHAR16 *name)
{
	u64 ticks_per_us = arch_ticks_per_second() / 1000000;
	char text[sizeof("18446744073709551615")];

	if (!ticks_per_us)
		return;
	format(text, sizeof(text), "%lu", arch_ticks() / ticks_per_us);
	set_text(name, text);
}

/* The text of a variable, as UTF-8 in the arena; empty if it does not exist. */
static struct span get_text(const CHAR16 *name, struct arena *arena)
{
	size_t size, count = 0;
	u16 *units = efi_variable_load(name, &guid_systemd_loader, &size);
	struct span text = { 0 };
	char *buffer;

	if (!units)
		return text;
	while (count < size / sizeof(*units) && units[count])
		count++;
	buffer = count < TEXT_UNITS_MAX ? arena_allocate(arena, 3 * count + 1) : NULL;
	if (buffer)
		text = span_of(buffer, utf8_from_utf16(buffer, 3 * count + 1, units, count));
	efi_free(units);
	return text;
}

/* A choice for one boot is deleted before it can fail. */
static struct span take_text(const CHAR16 *name, struct arena *arena)
{
	struct span text = get_text(name, arena);

	if (!span_is_empty(text) && efi_variable_set(name, &guid_systemd_loader, 0, 0, NULL))
		log_warning("a choice for one boot cannot be deleted");
	return text;
}

static void read_wishes(struct boot_wishes *out)
{
	static struct arena arena; /* stays: another disk may have the entry */
	static struct boot_wishes wishes;
	static bool is_read;

	if (!is_read && !efi_start()) {
		wishes = (struct boot_wishes){
			.once = take_text(u"LoaderEntryOneShot", &arena),
			.by_default = get_text(u"LoaderEntryDefault", &arena),
			.timeout = take_text(u"LoaderConfigTimeoutOneShot", &arena),
		};
		if (HAS_PREFERRED)
			wishes.preferred = get_text(u"LoaderEntryPreferred", &arena);
		/* For one boot, 0 requests the menu without a timeout. */
		if (span_equals(wishes.timeout, SPAN("0")))
			wishes.timeout = SPAN("menu-force");
		if (span_is_empty(wishes.timeout))
			wishes.timeout = get_text(u"LoaderConfigTimeout", &arena);
		set_time(u"LoaderTimeInitUSec");
	}
	is_read = true;
	*out = wishes;
}

/* All in one variable, each terminated by a NUL. */
static void list(const struct span *ids, u32 count)
{
	u16 *units = efi_start() ? NULL : efi_allocate(LIST_SIZE_MAX);
	size_t used = 0, max = LIST_SIZE_MAX / sizeof(*units);

	for (u32 i = 0; units && i < count; i++) {
		size_t size = utf16_from_utf8(units + used, max - used, ids[i]);

		if (size >= max - used)
			break;
		used += size + 1;
	}
	if (units)
		set(u"LoaderEntries", used * sizeof(*units), units);
	efi_free(units);
}

void efi_tell_partition(const struct block_device *partition)
{
	const u8 *b;
	char text[sizeof("01234567-89AB-CDEF-0123-456789ABCDEF")];

	if (!partition || !partition->id || partition->id->kind != PARTITION_ID_GPT)
		return set(u"LoaderDevicePartUUID", 0, NULL);
	b = partition->id->unique.bytes;
	format(text, sizeof(text), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", load_le32(b),
	       load_le16(b + 4), load_le16(b + 6), b[8], b[9], b[10], b[11], b[12], b[13], b[14],
	       b[15]);
	for (size_t i = 0; text[i]; i++)
		if (text[i] >= 'a')
			text[i] -= 'a' - 'A';
	set_text(u"LoaderDevicePartUUID", text);
}

/* systemd expects the ESP, also for an entry on the XBOOTLDR partition of the same disk. */
static struct block_device *system_partition(struct block_device *partition)
{
	const struct partition_table *table;

	if (partition->kind != PARTITION_XBOOTLDR)
		return partition;
	table = &partition->disk->partitions;
	for (u32 i = 0; i < table->count; i++)
		if (table->partitions[i].kind == PARTITION_ESP)
			return &table->partitions[i];
	return partition;
}

static void start(const struct boot_selection *selection)
{
	struct block_device *partition = system_partition(selection->volume->device);
	const u64 bits = features();
	char text[64];

	if (efi_start())
		return;
	format(text, sizeof(text), "Fatwood %s", fatwood_release);
	set_text(u"LoaderInfo", text);
	set_text(u"LoaderFirmwareInfo", text); /* the same program */
	static_assert(EFI_2_110_REVISION == (2 << 16 | 110));
	set_text(u"LoaderFirmwareType", "UEFI 2.110");
	set(u"LoaderFeatures", sizeof(bits), &bits);
	set_text(u"LoaderEntrySelected", selection->id);
	if (selection->counted_path[0])
		set_text(u"LoaderBootCountPath", selection->counted_path);
	else
		set(u"LoaderBootCountPath", 0, NULL);
	efi_tell_partition(partition);
	if (IS_ENABLED(CONFIG_EFI_RANDOM_SEED))
		efi_random_seed_pass(partition);
	set_time(u"LoaderTimeExecUSec");
}

/* The next program is another boot loader, which sets its own variables. */
static void give_up(void)
{
	static const CHAR16 *const names[] = {
		u"LoaderInfo",           u"LoaderFirmwareInfo",  u"LoaderFirmwareType",
		u"LoaderFeatures",       u"LoaderEntrySelected", u"LoaderBootCountPath",
		u"LoaderDevicePartUUID", u"LoaderTimeExecUSec",  u"LoaderTimeInitUSec",
		u"LoaderEntries",
	};

	for (size_t i = 0; !efi_start() && i < ARRAY_SIZE(names); i++)
		set(names[i], 0, NULL);
}

const struct boot_interface efi_boot_interface = {
	.read_wishes = read_wishes,
	.list = list,
	.start = start,
	.give_up = give_up,
};
