/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 8.3, 8.5: time, reset, and the unsupported services. */
#include "efi/runtime/runtime.h"
#include "efi/spec/guids.h"
#include "lib/config.h"

#include <asm/io.h>

enum {
	CLOCK_RESOLUTION = 1,      /* Hz */
	CLOCK_ACCURACY = 50000000, /* in 1e-6 of a part per million: the host's, at worst */
};

static EFI_STATUS read_clock(const struct runtime_clock *clock, EFI_TIME *time)
{
	if (clock->has_rtc)
		return rtc_read(time) ? EFI_SUCCESS : EFI_DEVICE_ERROR;
	if (!clock->ticks_per_second)
		return EFI_UNSUPPORTED;
	time_from_seconds(
		clock->seconds + (runtime_ticks() - clock->ticks) / clock->ticks_per_second, time);
	return EFI_SUCCESS;
}

/*
 * The clock has no room for the time zone and daylight. They are in a variable, which is OVMF's, as
 * both may use the same flash: the time zone, and daylight in the upper half.
 */
static const CHAR16 zone_name[] = u"RTC";
static const EFI_GUID zone_vendor = EDK2_CLOCK_GUID;

static void add_zone(const struct runtime_clock *clock, EFI_TIME *time)
{
	EFI_TIME with_zone = *time;
	UINT32 stored;
	UINTN size = sizeof(stored);

	time->TimeZone = clock->time_zone;
	time->Daylight = clock->daylight;
	if (IS_ENABLED(CONFIG_OPTIMIZE_SIZE) || clock->zone_is_set ||
	    runtime_get_variable((CHAR16 *)zone_name, (EFI_GUID *)&zone_vendor, NULL, &size,
				 &stored) ||
	    size != sizeof(stored))
		return;
	with_zone.TimeZone = (INT16)stored;
	with_zone.Daylight = (UINT8)(stored >> 16);
	if (time_is_valid(&with_zone))
		*time = with_zone;
}

/* If it cannot be stored, it is known until a reset. */
static void keep_zone(const EFI_TIME *time)
{
	UINT32 stored = (UINT16)time->TimeZone | (UINT32)time->Daylight << 16;
	struct runtime_clock *clock = &runtime_data->clock;
	EFI_TIME now = *time;

	add_zone(clock, &now);
	clock->time_zone = time->TimeZone;
	clock->daylight = time->Daylight;
	if (IS_ENABLED(CONFIG_OPTIMIZE_SIZE))
		return;
	clock->zone_is_set = true;
	if (now.TimeZone != time->TimeZone || now.Daylight != time->Daylight)
		(void)runtime_set_variable((CHAR16 *)zone_name, (EFI_GUID *)&zone_vendor,
					   EFI_VARIABLE_NON_VOLATILE |
						   EFI_VARIABLE_BOOTSERVICE_ACCESS |
						   EFI_VARIABLE_RUNTIME_ACCESS,
					   sizeof(stored), &stored);
}

EFI_STATUS EFIAPI runtime_get_time(EFI_TIME *time, EFI_TIME_CAPABILITIES *capabilities)
{
	const struct runtime_clock *clock = &runtime_data->clock;
	EFI_STATUS status;

	if (!time)
		return EFI_INVALID_PARAMETER;
	status = read_clock(clock, time);
	if (status)
		return status;
	add_zone(clock, time);
	if (capabilities)
		*capabilities = (EFI_TIME_CAPABILITIES){ CLOCK_RESOLUTION, CLOCK_ACCURACY, false };
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI runtime_set_time(EFI_TIME *time)
{
	struct runtime_clock *clock = &runtime_data->clock;

	if (!time || !time_is_valid(time))
		return EFI_INVALID_PARAMETER;
	if (!clock->has_rtc)
		return EFI_UNSUPPORTED;
	if (!rtc_write(time))
		return EFI_DEVICE_ERROR;
	keep_zone(time);
	return EFI_SUCCESS;
}

/* An alarm would need an interrupt, and a VMM that starts a machine again. */
EFI_STATUS EFIAPI runtime_get_wakeup_time(BOOLEAN *enabled, BOOLEAN *pending, EFI_TIME *time)
{
	return enabled && pending && time ? EFI_UNSUPPORTED : EFI_INVALID_PARAMETER;
}

EFI_STATUS EFIAPI runtime_set_wakeup_time(BOOLEAN enable, EFI_TIME *time)
{
	return enable && (!time || !time_is_valid(time)) ? EFI_INVALID_PARAMETER : EFI_UNSUPPORTED;
}

EFI_STATUS EFIAPI runtime_get_next_high_monotonic_count(UINT32 *count)
{
	if (!count)
		return EFI_INVALID_PARAMETER;
	*count = ++runtime_data->monotonic_high;
	return EFI_SUCCESS;
}

/*
 * Are these flags compatible (8.5.3)? What needs a reset must be kept across it, which needs a list
 * of the capsule's blocks.
 */
static bool capsule_flags_are_valid(UINT32 flags, EFI_PHYSICAL_ADDRESS list)
{
	if (flags & CAPSULE_FLAGS_PERSIST_ACROSS_RESET)
		return list;
	return !(flags & (CAPSULE_FLAGS_POPULATE_SYSTEM_TABLE | CAPSULE_FLAGS_INITIATE_RESET));
}

EFI_STATUS EFIAPI runtime_update_capsule(EFI_CAPSULE_HEADER **capsules, UINTN count,
					 EFI_PHYSICAL_ADDRESS list)
{
	/* Others are not read: none would be taken. */
	return capsules && count && capsules[0] &&
			       capsule_flags_are_valid(capsules[0]->Flags, list) ?
		       EFI_UNSUPPORTED :
		       EFI_INVALID_PARAMETER;
}

EFI_STATUS EFIAPI runtime_query_capsule_capabilities(EFI_CAPSULE_HEADER **capsules, UINTN count,
						     UINT64 *size_max, EFI_RESET_TYPE *type)
{
	return capsules && count && size_max && type ? EFI_UNSUPPORTED : EFI_INVALID_PARAMETER;
}

static void write_register(const struct runtime_write *to)
{
	volatile void *memory = (volatile void *)(uintptr_t)to->address;

	if (!to->address)
		return;
	if (to->space == RUNTIME_PORT && to->size == 1)
		port_write8((u16)to->address, (u8)to->value);
	else if (to->space == RUNTIME_PORT)
		port_write16((u16)to->address, to->value);
	else if (to->size == 1)
		mmio_write8(memory, (u8)to->value);
	else
		mmio_write16(memory, to->value);
	runtime_wait_for_vmm();
}

/* All kinds of reset are the same: the VMM decides what it does. */
VOID EFIAPI runtime_reset_system(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, VOID *data)
{
	bool is_shutdown = type == EfiResetShutdown;
	const struct runtime_writes *writes = is_shutdown ? &runtime_data->power_off :
							    &runtime_data->reset;

	(void)status, (void)size, (void)data;
	if (runtime_data->on_reset)
		runtime_data->on_reset(type);
	for (u32 i = 0; i < writes->count; i++)
		write_register(&writes->writes[i]);
	runtime_stop(!is_shutdown);
}
