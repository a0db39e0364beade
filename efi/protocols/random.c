/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_RNG_PROTOCOL (UEFI 2.11, 37.5): raw numbers of the processor or of virtio-rng, which both
 * have gone through a generator of their own.
 */
#include "core/random.h"
#include "efi/efi.h"
#include "efi/protocols/protocols.h"
#include "efi/spec/misc.h"

static EFI_STATUS EFIAPI get_info(EFI_RNG_PROTOCOL *this, UINTN *size, EFI_RNG_ALGORITHM *list)
{
	UINTN room;

	if (!this || !size)
		return EFI_INVALID_PARAMETER;
	room = *size;
	*size = sizeof(*list);
	if (room < sizeof(*list))
		return EFI_BUFFER_TOO_SMALL;
	if (!list)
		return EFI_INVALID_PARAMETER;
	*list = guid_rng_algorithm_raw;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_rng(EFI_RNG_PROTOCOL *this, EFI_RNG_ALGORITHM *algorithm, UINTN size,
				 UINT8 *value)
{
	enum status status;

	if (!this || !size || !value)
		return EFI_INVALID_PARAMETER;
	if (algorithm && !guid_equals(algorithm, &guid_rng_algorithm_raw))
		return EFI_UNSUPPORTED;
	status = random_read(value, size);
	return status == ERR_NOT_FOUND ? EFI_NOT_READY : efi_from_status(status);
}

static EFI_RNG_PROTOCOL random = { .GetInfo = get_info, .GetRNG = get_rng };

EFI_STATUS efi_random_publish(struct efi_object *object)
{
	u8 probe;

	/* Without a source the protocol must be absent. */
	if (random_read(&probe, sizeof(probe)))
		return EFI_SUCCESS;
	return efi_install(object, &guid_rng, &random);
}
