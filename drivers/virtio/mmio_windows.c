/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds virtio-mmio devices, in the order of the VMM's own command line. The first of these sources
 * that names any is used:
 *
 *	"virtio_mmio.device=4K@0xc0001000:5" words on the kernel's command line
 *		(Firecracker; QEMU microvm with acpi=off)
 *	devices "LNRO0005" in the ACPI table DSDT (QEMU microvm)
 *	the fixed slots of QEMU microvm, on a machine without PCI
 */
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/pci/pci.h"
#include "drivers/platform/acpi.h"
#include "drivers/virtio/mmio.h"
#include "drivers/virtio/virtio.h"
#include "lib/config.h"
#include "lib/text.h"
#include "lib/util.h"

enum {
	WINDOWS_MAX = 128, /* in one source */

	/* QEMU's hw/i386/microvm.c; the first -device takes the last slot. */
	MICROVM_SLOT_SIZE = 0x200,
	MICROVM_SLOT_COUNT = 24,
	MICROVM_SLOT_COUNT_SMALL = 8, /* with one I/O APIC */

	AML_SEARCH_SIZE = 256, /* how far after a device's name its resources may start */
};

#define MICROVM_BASE 0xfeb00000ull

static void probe_window(u64 base, u64 size)
{
	enum status status = virtio_mmio_probe_window(base, size);

	if (status == ERR_NOT_FOUND)
		log_warning("virtio: no device at 0x%lx", base);
}

static u64 unit_of(u8 letter)
{
	switch (letter) {
	case 'K':
	case 'k':
		return KIB;
	case 'M':
	case 'm':
		return MIB;
	case 'G':
	case 'g':
		return GIB;
	default:
		return 1;
	}
}

static struct span before(struct span text, u8 separator)
{
	size_t size = 0;

	while (size < text.size && text.data[size] != separator)
		size++;
	return span_part(text, 0, size);
}

/* "size@base:irq[:id]", the kernel's format (Documentation/admin-guide/kernel-parameters). */
static bool parse_window(struct span value, u64 *base, u64 *size)
{
	struct span number = before(value, '@');
	struct span rest = span_from(value, number.size + 1);
	u64 unit = 1;

	if (number.size) {
		unit = unit_of(number.data[number.size - 1]);
		if (unit != 1)
			number = span_part(number, 0, number.size - 1);
	}
	return text_to_u64(number, size) && !multiply_overflows(*size, unit, size) &&
	       text_to_u64(before(rest, ':'), base);
}

static u32 probe_command_line(void)
{
	struct span rest = boot_info.command_line, word;
	struct span key = SPAN("virtio_mmio.device=");
	u32 count = 0;

	while (count < WINDOWS_MAX && text_next_word(&rest, &word)) {
		u64 base, size;

		if (!span_starts_with(word, key))
			continue;
		if (parse_window(span_from(word, key.size), &base, &size))
			probe_window(base, size);
		else
			log_warning("%.*s: not size@base:interrupt", (int)min_u64(word.size, 80),
				    (const char *)word.data);
		count++;
	}
	return count;
}

/* The first fixed memory range among the resources that follow a device's name. */
static bool find_memory32_fixed(struct span aml, u64 *base, u64 *size)
{
	/* ACPI 6.5, 6.4.3.4: tag and length, then flags, base u32, size u32 */
	struct reader r = { .rest = span_part(aml, 0, min_u64(aml.size, AML_SEARCH_SIZE)) };

	if (!span_skip_past(&r.rest, SPAN("\x86\x09\x00")))
		return false;
	read_u8(&r);
	*base = read_le32(&r);
	*size = read_le32(&r);
	return !r.overrun;
}

/* AML is not interpreted: VMMs describe these devices by constants only. */
static u32 probe_dsdt(void)
{
	struct span dsdt;
	u32 count = 0;
	u64 base, size;

	if (acpi_find_table("DSDT", 0, &dsdt))
		return 0;
	while (count < WINDOWS_MAX && span_skip_past(&dsdt, SPAN("LNRO0005"))) {
		if (!find_memory32_fixed(dsdt, &base, &size))
			continue;
		probe_window(base, size);
		count++;
	}
	return count;
}

/* Slots answer even when they are empty, so one read shows whether this is a microvm. */
static void probe_microvm_slots(void)
{
	for (u32 slot = MICROVM_SLOT_COUNT; slot--;) {
		enum status status = virtio_mmio_probe_window(
			MICROVM_BASE + slot * MICROVM_SLOT_SIZE, MICROVM_SLOT_SIZE);

		if (status != ERR_NOT_FOUND)
			continue;
		if (slot < MICROVM_SLOT_COUNT_SMALL)
			return;
		slot = MICROVM_SLOT_COUNT_SMALL;
	}
}

void virtio_mmio_probe(void)
{
	if (probe_command_line())
		return;
	if (IS_ENABLED(CONFIG_ACPI) && probe_dsdt())
		return;
	if (IS_ENABLED(CONFIG_ARCH_X86_64) && !(IS_ENABLED(CONFIG_PCI) && pci_is_present()))
		probe_microvm_slots();
}
