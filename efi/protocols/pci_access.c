/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of accesses to memory, ports and configuration space (UEFI 2.11, 14.2 and 14.4). */
#include "core/arch.h"
#include "core/memory.h"
#include "efi/protocols/pci.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum {
	POLL_US = 10,
	POLL_UNITS = 10 * POLL_US, /* of 100 ns */
};

EFI_STATUS efi_pci_run(u32 width, u32 size_max, u64 address, u64 count, const void *buffer,
		       struct efi_pci_run *out)
{
	u64 end, bytes;

	if (width >= EfiPciWidthMaximum || !buffer)
		return EFI_INVALID_PARAMETER;
	*out = (struct efi_pci_run){
		.size = 1u << (width & 3),
		.count = count,
		.same_address = width >= EfiPciWidthFifoUint8 && width <= EfiPciWidthFifoUint64,
		.same_place = width >= EfiPciWidthFillUint8,
	};
	if (out->size > size_max)
		return EFI_INVALID_PARAMETER;
	if (address % out->size)
		return EFI_UNSUPPORTED;
	/* The buffer, too, must end somewhere. */
	if (multiply_overflows(count, out->size, &bytes) ||
	    (!out->same_place && add_overflows((u64)buffer, bytes, &end)))
		return EFI_INVALID_PARAMETER;
	out->extent = out->same_address && count ? out->size : bytes;
	return EFI_SUCCESS;
}

void efi_pci_read(const struct efi_pci_run *run, struct pci_target target, void *buffer)
{
	u8 *to = buffer;

	for (u64 i = 0; i < run->count; i++) {
		u64 value = pci_read(&target, run->size);

		memcpy(to, &value, run->size);
		to += run->same_place ? 0 : run->size;
		target.address += run->same_address ? 0 : run->size;
	}
}

void efi_pci_write(const struct efi_pci_run *run, struct pci_target target, const void *buffer)
{
	const u8 *from = buffer;

	for (u64 i = 0; i < run->count; i++) {
		u64 value = 0;

		memcpy(&value, from, run->size);
		pci_write(&target, run->size, value);
		from += run->same_place ? 0 : run->size;
		target.address += run->same_address ? 0 : run->size;
	}
}

void efi_pci_copy(const struct efi_pci_run *run, struct pci_target to, struct pci_target from)
{
	bool backwards = to.address > from.address;

	for (u64 i = 0; i < run->count; i++) {
		u64 offset = (backwards ? run->count - 1 - i : i) * run->size;
		struct pci_target source = from, destination = to;

		source.address += offset;
		destination.address += offset;
		pci_write(&destination, run->size, pci_read(&source, run->size));
	}
}

EFI_STATUS efi_pci_poll(const struct efi_pci_run *run, struct pci_target target, u64 mask,
			u64 value, u64 delay, u64 *result)
{
	*result = pci_read(&target, run->size);
	/* Without a delay it is one look, whatever it shows. */
	if (delay == 0)
		return EFI_SUCCESS;
	while ((*result & mask) != value) {
		if (delay == 0)
			return EFI_TIMEOUT;
		(void)efi_stall(POLL_US);
		delay -= min_u64(delay, POLL_UNITS);
		*result = pci_read(&target, run->size);
	}
	return EFI_SUCCESS;
}

/* Where there is no RAM: below 4 GiB, and above. */
struct windows {
	u64 low_base, low_end;
	u64 high_base, high_end;
};

static void find_windows(struct windows *out)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	*out = (struct windows){
		.low_end = MEMORY_BELOW_4_GIB,
		.high_base = MEMORY_BELOW_4_GIB,
		.high_end = arch_physical_end(),
	};
	for (u32 i = 0; i < count; i++) {
		if (!memory_range_is_ram(&map[i]))
			continue;
		if (map[i].base < MEMORY_BELOW_4_GIB)
			out->low_base = min_u64(map[i].end, MEMORY_BELOW_4_GIB);
		out->high_base = max_u64(out->high_base, map[i].end);
	}
	out->high_end = max_u64(out->high_end, out->high_base);
}

static bool is_within(u64 address, u64 extent, u64 base, u64 end)
{
	return address >= base && address <= end && extent <= end - address;
}

EFI_STATUS efi_pci_any_address(u64 address, u64 extent, struct pci_target *target)
{
	struct windows windows;

	target->address = address;
	if (target->space == PCI_PORTS)
		return is_within(address, extent, 0, PCI_PORTS_END) ? EFI_SUCCESS :
								      EFI_INVALID_PARAMETER;
	find_windows(&windows);
	if (!is_within(address, extent, windows.low_base, windows.low_end) &&
	    !is_within(address, extent, windows.high_base, windows.high_end))
		return EFI_INVALID_PARAMETER;
	return extent == 0 || device_map("PCI", address, extent) ? EFI_SUCCESS :
								   EFI_INVALID_PARAMETER;
}
