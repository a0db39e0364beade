/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/exit.c: ExitBootServices (UEFI 2.11, 7.4.6). */
#include "core/device.h"
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/crc32.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

/* A character for each event, to check the order. */
static char happened[32];

static void note(char what)
{
	size_t length = strlen(happened);

	CHECK(length + 1 < sizeof(happened));
	happened[length] = what;
	happened[length + 1] = 0;
}

/* Replaces runtime.c. */
void efi_runtime_enter(void)
{
	CHECK(!efi_boot_services_ended());
	note('R');
}

EFI_STATUS efi_runtime_image_add(u64 base, u64 size, u64 relocations, u64 relocations_size)
{
	(void)base;
	(void)size;
	(void)relocations;
	(void)relocations_size;
	return EFI_SUCCESS;
}

void efi_runtime_image_remove(u64 base)
{
	(void)base;
}

static void quiesce(struct device *device)
{
	(void)device;
	note('Q');
}

static VOID EFIAPI on_event(EFI_EVENT event, void *context)
{
	(void)event;
	note(*(const char *)context);
}

static EFI_HANDLE image;
static UINTN last_key;

/* The call that is under way goes on. */
static VOID EFIAPI exit_again(EFI_EVENT event, void *context)
{
	on_event(event, context);
	CHECK_EQUAL(efi_exit_boot_services(image, last_key), EFI_INVALID_PARAMETER);
}

/* A timer function that changes the map each time. */
static VOID EFIAPI allocate(EFI_EVENT event, void *context)
{
	u64 pages;

	(void)event;
	(void)context;
	note('T');
	CHECK_EQUAL(efi_allocate_pages(AllocateAnyPages, EfiLoaderData, 1, &pages), EFI_SUCCESS);
}

static EFI_EVENT event_of(u32 type, EFI_EVENT_NOTIFY notify, const char *name,
			  const EFI_GUID *group)
{
	EFI_EVENT event;

	CHECK_EQUAL(efi_create_event_ex(type, TPL_CALLBACK, notify, name, group, &event),
		    EFI_SUCCESS);
	return event;
}

static u8 map[64 * 48];
static UINTN map_size;

static UINTN get_key(void)
{
	UINTN size = sizeof(map), key, descriptor_size;
	UINT32 version;

	CHECK_EQUAL(efi_get_memory_map(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &descriptor_size,
				       &version),
		    EFI_SUCCESS);
	map_size = size;
	return key;
}

static u32 crc_of(const EFI_TABLE_HEADER *header)
{
	u8 bytes[sizeof(EFI_SYSTEM_TABLE)];

	memcpy(bytes, header, sizeof(bytes));
	memset(bytes + offsetof(EFI_TABLE_HEADER, CRC32), 0, 4);
	return crc32(0, span_of(bytes, sizeof(bytes)));
}

TEST(errors_keep_boot_services_until_they_end)
{
	static struct device device = { .name = "test", .quiesce = quiesce };
	EFI_EVENT timer, plain;
	UINTN key, old_size;
	u64 wrong;

	host_ticks_per_look = 0;
	CHECK_EQUAL(efi_tables_init(), EFI_SUCCESS);
	image = efi_firmware_image();
	efi_system_table->ConsoleInHandle = image;
	efi_system_table->ConOut = (void *)happened;
	device_register(&device);
	event_of(EVT_NOTIFY_SIGNAL, on_event, "B", &guid_event_group_before_exit_boot_services);
	event_of(EVT_SIGNAL_EXIT_BOOT_SERVICES, exit_again, "E", NULL);
	event_of(EVT_NOTIFY_SIGNAL, on_event, "e", &guid_event_group_exit_boot_services);
	timer = event_of(EVT_TIMER | EVT_NOTIFY_SIGNAL, allocate, NULL, NULL);
	plain = event_of(0, NULL, NULL, NULL);
	CHECK_EQUAL(efi_set_timer(timer, TimerPeriodic, 10000), EFI_SUCCESS);

	/* Not an image. */
	key = get_key();
	CHECK_EQUAL(efi_exit_boot_services(NULL, key), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_exit_boot_services(plain, key), EFI_INVALID_PARAMETER);
	CHECK_TEXT(happened, "");

	/* Stale keys: the map fits in the same buffer each time, and timers keep running. */
	wrong = key - 1;
	old_size = map_size;
	for (u32 i = 0; i < 1000; i++) {
		CHECK_EQUAL(efi_exit_boot_services(image, wrong), EFI_INVALID_PARAMETER);
		CHECK_EQUAL(get_key(), key);
		CHECK_EQUAL(map_size, old_size);
	}
	CHECK_TEXT(happened, "B");
	CHECK(!efi_boot_services_ended());
	host_ticks += HOST_TICKS_PER_SECOND / 100;
	efi_poll();
	CHECK_TEXT(happened, "BT");
	CHECK_EQUAL(efi_exit_boot_services(image, key), EFI_INVALID_PARAMETER);

	/* A due timer does not invalidate the key, because the call lets no time pass. */
	host_ticks += HOST_TICKS_PER_SECOND / 100;
	last_key = key = get_key();
	CHECK_EQUAL(efi_exit_boot_services(image, key), EFI_SUCCESS);
	CHECK_EQUAL(memory_map_key(), key);
	CHECK_TEXT(happened, "BTEeQR");
	CHECK(efi_boot_services_ended());

	CHECK(!efi_system_table->ConIn && !efi_system_table->ConOut && !efi_system_table->StdErr);
	CHECK(!efi_system_table->ConsoleInHandle && !efi_system_table->ConsoleOutHandle);
	CHECK(!efi_system_table->StandardErrorHandle && !efi_system_table->BootServices);
	CHECK_EQUAL(efi_system_table->Hdr.CRC32, crc_of(&efi_system_table->Hdr));
	CHECK(!efi_boot_services.AllocatePages && !efi_boot_services.Hdr.Signature);
	host_ticks += HOST_TICKS_PER_SECOND;
	efi_poll();
	CHECK_EQUAL(efi_exit_boot_services(image, key), EFI_INVALID_PARAMETER);
	CHECK_TEXT(happened, "BTEeQR");
}
