/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of calls of EFI_PCI_IO_PROTOCOL and EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL against a model:
 * each status, what was read, and what all registers of the machine hold after each call.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include "lib/span.h"
#include "tests/fuzz/check.h"
#include "tests/host/pci_machine.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum {
	FUNCTIONS = 3,
	STEPS_MAX = 100,
	BUFFER_SIZE = 4096 + 64, /* more than any region */
	RUN_COUNT_MAX = BUFFER_SIZE / 8,
	RESULT = 0xa5,
};

/* What the model knows of where an access may go. */
struct place {
	bool is_valid;
	u64 base, size; /* the offset counts from @base */
	u8 *bytes;      /* of the model; NULL: nothing is there, all ones */
};

static struct registers model;
static bool has_long_addresses[FUNCTIONS];
static u8 buffer[BUFFER_SIZE], expected[BUFFER_SIZE];
static struct reader input;

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

/* Offsets and counts near what limits them, and those that overflow. */
static u64 take_number(u64 limit)
{
	static const u64 large[] = { 1ull << 29, 1ull << 32, 1ull << 61, 1ull << 62,
				     1ull << 63, ~7ull,      ~3ull,      ~0ull };
	u32 kind = take(8), number = read_u8(&input);

	switch (kind) {
	case 0:
		return limit - number % 16;
	case 1:
		return limit + number % 16;
	case 2:
		return large[number % ARRAY_SIZE(large)];
	case 3:
		return number * 8ull;
	default:
		return number % 16;
	}
}

static void fill_buffer(void)
{
	static u8 pattern[BUFFER_SIZE + UINT8_MAX];

	if (!pattern[1])
		for (size_t i = 0; i < sizeof(pattern); i++)
			pattern[i] = (u8)(i * 7 + (i >> 8));
	memcpy(buffer, pattern + read_u8(&input), sizeof(buffer));
	memcpy(expected, buffer, sizeof(buffer));
}

static struct place region_of(u32 f, u32 index, bool is_ports)
{
	if (f == 0 && index == 0 && !is_ports)
		return (struct place){ true, 0, MEMORY_SIZE, model.memory };
	if (f == 0 && index == 2 && is_ports)
		return (struct place){ true, 0, PORTS_SIZE, model.ports };
	if (f == 1 && index == 5 && !is_ports)
		return (struct place){ true, 0, TOP_SIZE, model.top };
	return (struct place){ 0 };
}

/* Any address: what is behind it in one piece with the @extent bytes from it. */
static struct place any_place(u64 address, u64 extent, bool is_ports)
{
	static const u64 ram_end = (u64)HOST_MEMORY_BASE + HOST_MEMORY_SIZE;
	u64 end = is_ports                     ? PCI_PORTS_END :
		  address < MEMORY_BELOW_4_GIB ? MEMORY_BELOW_4_GIB :
						 host_physical_end;

	if ((!is_ports && address < ram_end) || address > end || extent > end - address)
		return (struct place){ 0 };
	if (is_ports && address >= PORTS_BASE && address + extent <= PORTS_BASE + PORTS_SIZE)
		return (struct place){ true, PORTS_BASE, PCI_PORTS_END, model.ports };
	if (!is_ports && address >= MEMORY_BASE && address + extent <= MEMORY_BASE + MEMORY_SIZE)
		return (struct place){ true, MEMORY_BASE, UINT64_MAX, model.memory };
	if (!is_ports && address >= TOP_BASE && address + extent <= MEMORY_BELOW_4_GIB)
		return (struct place){ true, TOP_BASE, UINT64_MAX, model.top };
	return (struct place){ true, 0, UINT64_MAX, NULL };
}

/* An access of the input's, and what the specification makes of it. */
struct access {
	u32 width, size;
	u64 offset, count, extent;
	bool is_fifo, is_fill, is_write, is_null;
};

static struct access take_access(u64 limit, bool simple)
{
	struct access a = { .width = take(simple ? 5 : 14), .is_write = take(2) };

	a.size = 1u << (a.width & 3);
	a.is_fifo = a.width >= 4 && a.width < 8;
	a.is_fill = a.width >= 8;
	a.offset = take_number(limit);
	/* Most are aligned. */
	if (take(4))
		a.offset &= ~(u64)(a.size - 1);
	a.count = simple ? 1 : take_number(limit / a.size);
	a.extent = a.is_fifo && a.count ? a.size : a.count * a.size;
	a.is_null = take(32) == 31;
	return a;
}

/* EFI_SUCCESS: as far as the parameters go. */
static EFI_STATUS check_parameters(const struct access *a, u32 size_max, const void *at)
{
	u64 bytes, end;

	if (a->width >= 12 || !at || a->size > size_max)
		return EFI_INVALID_PARAMETER;
	if (a->offset % a->size)
		return EFI_UNSUPPORTED;
	if (multiply_overflows(a->count, a->size, &bytes) ||
	    (!a->is_fill && add_overflows((u64)at, bytes, &end)))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

/* What a valid access does to the model's registers, or would deliver. */
static void perform(const struct access *a, const struct place *place)
{
	u8 *at = place->bytes ? place->bytes + (a->offset - place->base) : NULL;

	for (u64 i = 0; i < a->count; i++) {
		u8 *mine = expected + (a->is_fill ? 0 : i * a->size);
		u8 *its = at ? at + (a->is_fifo ? 0 : i * a->size) : NULL;

		if (a->is_write && its)
			memcpy(its, mine, a->size);
		else if (!a->is_write && its)
			memcpy(mine, its, a->size);
		else if (!a->is_write)
			memset(mine, 0xff, a->size);
	}
}

/* Would the call need a larger buffer than there is, or run for ever? */
static bool is_too_large(const struct access *a)
{
	return a->count > RUN_COUNT_MAX;
}

static void check_machine(void)
{
	CHECK(memcmp(&registers, &model, sizeof(model)) == 0);
	CHECK(memcmp(buffer, expected, sizeof(buffer)) == 0);
}

/* Memory and ports, of a function (@f) or of a root bridge (FUNCTIONS and more). */
static void access_space(bool is_ports)
{
	u32 f = take(FUNCTIONS + 2), index = take(8);
	bool is_any = f >= FUNCTIONS || index == 7;
	u64 limit = is_any ? (is_ports ? PCI_PORTS_END : MEMORY_BELOW_4_GIB) :
			     region_of(f, index, is_ports).size;
	struct access a = take_access(limit, false);
	EFI_STATUS bad = f < FUNCTIONS ? EFI_UNSUPPORTED : EFI_INVALID_PARAMETER, wanted, status;
	void *at = a.is_null ? NULL : buffer;
	struct place place;

	if (is_any && take(4) == 0)
		a.offset = (is_ports ? PORTS_BASE : MEMORY_BASE) + (a.offset & 0x1f8);
	place = is_any ? any_place(a.offset, a.extent, is_ports) : region_of(f, index, is_ports);
	fill_buffer();
	wanted = check_parameters(&a, is_ports ? 4 : 8, at);
	if (!wanted && (!place.is_valid ||
			(!is_any && (a.offset > place.size || a.extent > place.size - a.offset))))
		wanted = bad;
	if (!wanted && is_too_large(&a))
		return;
	/* One that reaches over the end of what is there, into nothing. */
	if (!wanted && is_any && !place.bytes &&
	    a.offset < (is_ports ? PORTS_BASE + PORTS_SIZE : MEMORY_BASE + MEMORY_SIZE) &&
	    a.offset + a.extent > (is_ports ? PORTS_BASE : MEMORY_BASE))
		return;
	if (!wanted && is_any && !place.bytes && !is_ports && a.offset < MEMORY_BELOW_4_GIB &&
	    a.offset + a.extent > TOP_BASE)
		return;
	if (f < FUNCTIONS) {
		EFI_PCI_IO_PROTOCOL *io = pci_io(f);
		EFI_PCI_IO_PROTOCOL_ACCESS *to = is_ports ? &io->Io : &io->Mem;

		index = index == 7 ? EFI_PCI_IO_PASS_THROUGH_BAR : index;
		status = (a.is_write ? to->Write : to->Read)(io, a.width, (u8)index, a.offset,
							     a.count, at);
	} else {
		EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *io = root_io(f - FUNCTIONS);
		EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_ACCESS *to = is_ports ? &io->Io : &io->Mem;

		status = (a.is_write ? to->Write : to->Read)(io, a.width, a.offset, a.count, at);
	}
	CHECK(status == wanted);
	if (!status)
		perform(&a, &place);
}

static void access_memory(void)
{
	access_space(false);
}

static void access_ports(void)
{
	access_space(true);
}

static void access_config(void)
{
	u32 f = take(FUNCTIONS);
	u64 size = functions[f].config_size;
	struct access a = take_access(size, false);
	struct place place = { true, 0, size, model.config[f] };
	EFI_PCI_IO_PROTOCOL *io = pci_io(f);
	void *at = a.is_null ? NULL : buffer;
	EFI_STATUS wanted;

	a.offset = (u32)a.offset;
	fill_buffer();
	wanted = check_parameters(&a, 4, at);
	if (!wanted && (a.offset > size || a.extent > size - a.offset))
		wanted = EFI_UNSUPPORTED;
	if (!wanted && is_too_large(&a))
		return;
	CHECK((a.is_write ? io->Pci.Write : io->Pci.Read)(io, a.width, (u32)a.offset, a.count,
							  at) == wanted);
	if (!wanted)
		perform(&a, &place);
}

/* By the root bridge: bus, device and function are in the address, and may be nobody's. */
static void access_config_of_root(void)
{
	static const u8 devices[FUNCTIONS + 1] = { 1, 2, 5, 3 }, buses[] = { 0, 0, 65, 0 };
	u32 r = take(2), f = take(FUNCTIONS + 1), odd = take(8);
	bool is_there = f < FUNCTIONS && odd > 1 && r == (f == 2);
	u64 size = is_there ? functions[f].config_size : CONFIG_SIZE_EXPRESS, address;
	struct access a = take_access(size, false);
	struct place place = { true, 0, size, is_there ? model.config[f] : NULL };
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS at = {
		.Bus = buses[f],
		.Device = odd == 0 ? 32 : devices[f],
		.Function = odd == 1 ? 1 + 7 * take(2) : 0,
	};
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *io = root_io(r);
	void *bytes = a.is_null ? NULL : buffer;
	EFI_STATUS wanted;

	/* The extended register counts unless it is 0. */
	at.ExtendedRegister = (u32)a.offset;
	at.Register = (u8)a.offset;
	if (a.offset < 256 && take(2))
		at.ExtendedRegister = 0;
	a.offset = at.ExtendedRegister ? at.ExtendedRegister : at.Register;
	memcpy(&address, &at, sizeof(address));
	fill_buffer();
	wanted = check_parameters(&a, 4, bytes);
	if (!wanted &&
	    (at.Device > 31 || at.Function > 7 || a.offset > size || a.extent > size - a.offset))
		wanted = EFI_INVALID_PARAMETER;
	if (!wanted && is_too_large(&a))
		return;
	CHECK((a.is_write ? io->Pci.Write : io->Pci.Read)(io, a.width, address, a.count, bytes) ==
	      wanted);
	if (!wanted)
		perform(&a, &place);
}

static void copy(void)
{
	u32 from_f = take(2), index = from_f ? 5 : 0, width = take(6), size = 1u << (width & 3);
	struct place place = region_of(from_f, index, false);
	u64 from = take_number(place.size), to = take_number(place.size);
	u64 count = take_number(place.size / size), bytes;
	EFI_PCI_IO_PROTOCOL *io = pci_io(from_f);
	EFI_STATUS wanted = EFI_SUCCESS;

	if (take(4)) {
		from &= ~(u64)(size - 1);
		to &= ~(u64)(size - 1);
	}
	if (width > EfiPciWidthUint64 || multiply_overflows(count, size, &bytes) ||
	    bytes > UINT64_MAX - (u64)io)
		wanted = EFI_INVALID_PARAMETER;
	if (width <= EfiPciWidthUint64 && from % size)
		wanted = EFI_UNSUPPORTED;
	if (!wanted && (to % size || from > place.size || bytes > place.size - from ||
			to > place.size || bytes > place.size - to))
		wanted = EFI_UNSUPPORTED;
	CHECK(io->CopyMem(io, width, (u8)index, to, (u8)index, from, count) == wanted);
	if (!wanted)
		memmove(place.bytes + to, place.bytes + from, bytes);
}

static void poll(void)
{
	bool is_ports = take(2);
	struct access a = take_access(is_ports ? PORTS_SIZE : MEMORY_SIZE, true);
	struct place place = region_of(0, is_ports ? 2 : 0, is_ports);
	u64 delay = take(3) * 150ull, mask = take(2) ? 0xff : 0, value = take(2), now = 0,
	    result = RESULT;
	EFI_PCI_IO_PROTOCOL *io = pci_io(0);
	EFI_STATUS wanted = check_parameters(&a, is_ports ? 4 : 8, &result);

	if (a.width > EfiPciWidthUint64)
		wanted = EFI_INVALID_PARAMETER;
	if (!wanted && (a.offset > place.size || a.size > place.size - a.offset))
		wanted = EFI_UNSUPPORTED;
	if (!wanted) {
		memcpy(&now, place.bytes + a.offset, a.size);
		if (delay && (now & mask) != value)
			wanted = EFI_TIMEOUT;
	} else {
		now = RESULT;
	}
	CHECK((is_ports ? io->PollIo : io->PollMem)(io, a.width, is_ports ? 2 : 0, a.offset, mask,
						    value, delay, &result) == wanted);
	CHECK(result == now);
}

/* Attributes. */

static u64 supported(u32 f)
{
	static const u64 of[FUNCTIONS] = { EFI_PCI_IO_ATTRIBUTE_IO | EFI_PCI_IO_ATTRIBUTE_MEMORY,
					   EFI_PCI_IO_ATTRIBUTE_MEMORY };

	return of[f] | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER | EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE;
}

static const u64 in_command[] = { EFI_PCI_IO_ATTRIBUTE_IO, EFI_PCI_IO_ATTRIBUTE_MEMORY,
				  EFI_PCI_IO_ATTRIBUTE_BUS_MASTER };

static u64 present(u32 f)
{
	u64 all = has_long_addresses[f] ? EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE : 0;

	for (u32 i = 0; i < ARRAY_SIZE(in_command); i++)
		if (model.config[f][EFI_PCI_COMMAND] & 1 << i)
			all |= in_command[i];
	return all & supported(f);
}

static void set(u32 f, u64 attributes)
{
	has_long_addresses[f] = attributes & EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE;
	for (u32 i = 0; i < ARRAY_SIZE(in_command); i++) {
		if (!(supported(f) & in_command[i]))
			continue;
		model.config[f][EFI_PCI_COMMAND] &= (u8) ~(1 << i);
		if (attributes & in_command[i])
			model.config[f][EFI_PCI_COMMAND] |= (u8)(1 << i);
	}
}

static void change_attributes(void)
{
	static const u64 bits[] = { EFI_PCI_IO_ATTRIBUTE_IO, EFI_PCI_IO_ATTRIBUTE_MEMORY,
				    EFI_PCI_IO_ATTRIBUTE_BUS_MASTER,
				    EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE,
				    EFI_PCI_IO_ATTRIBUTE_MEMORY_CACHED };
	u32 f = take(FUNCTIONS), operation = take(EfiPciIoAttributeOperationMaximum + 1),
	    chosen = take(1 << ARRAY_SIZE(bits));
	bool is_question = operation == EfiPciIoAttributeOperationGet ||
			   operation == EfiPciIoAttributeOperationSupported;
	u64 attributes = 0, result = RESULT, answer = RESULT, *out = take(8) ? &result : NULL;
	EFI_STATUS wanted = EFI_SUCCESS;

	for (u32 i = 0; i < ARRAY_SIZE(bits); i++)
		if (chosen & 1 << i)
			attributes |= bits[i];
	if (operation == EfiPciIoAttributeOperationMaximum || (is_question && !out))
		wanted = EFI_INVALID_PARAMETER;
	else if (!is_question && attributes & ~supported(f))
		wanted = EFI_UNSUPPORTED;
	else if (is_question)
		answer = operation == EfiPciIoAttributeOperationGet ? present(f) : supported(f);
	else if (operation == EfiPciIoAttributeOperationSet)
		set(f, attributes);
	else if (operation == EfiPciIoAttributeOperationEnable)
		set(f, present(f) | attributes);
	else
		set(f, present(f) & ~attributes);
	CHECK(pci_io(f)->Attributes(pci_io(f), operation, attributes, out) == wanted);
	CHECK(result == answer);
}

static void ask_for_region(void)
{
	u32 f = take(FUNCTIONS), index = take(8);
	struct place place = region_of(f, index, false);
	u64 supports = RESULT, offset = take_number(TOP_SIZE), length = take_number(TOP_SIZE);
	EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR *region = NULL;
	EFI_PCI_IO_PROTOCOL *io = pci_io(f);
	EFI_STATUS status = io->GetBarAttributes(io, (u8)index, &supports, (void **)&region);
	bool fits;

	if (!place.is_valid)
		place = region_of(f, index, true);
	fits = place.is_valid && offset <= place.size && length <= place.size - offset;
	CHECK(status == (place.is_valid ? EFI_SUCCESS : EFI_UNSUPPORTED));
	CHECK(io->SetBarAttributes(io, 0, (u8)index, &offset, &length) ==
	      (fits ? EFI_SUCCESS : EFI_UNSUPPORTED));
	if (status)
		return;
	CHECK(supports == 0 && region->AddrLen == place.size &&
	      region->AddrRangeMax - region->AddrRangeMin + 1 == place.size);
	efi_free(region);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const steps[])(void) = {
		access_memory,         access_ports, access_config,  copy,
		access_config_of_root, poll,         ask_for_region, change_attributes,
	};

	pci_machine_start();
	for (u32 f = 0; f < FUNCTIONS; f++)
		CHECK(!pci_io(f)->Attributes(pci_io(f), EfiPciIoAttributeOperationSet, 0, NULL));
	memset(has_long_addresses, 0, sizeof(has_long_addresses));
	memset(&registers, 0, sizeof(registers));
	memset(&model, 0, sizeof(model));
	memset(buffer, 0, sizeof(buffer));
	memset(expected, 0, sizeof(expected));
	input = (struct reader){ .rest = span_of(data, size) };
	for (u32 i = 0; i < STEPS_MAX && !span_is_empty(input.rest); i++) {
		steps[take(ARRAY_SIZE(steps))]();
		check_machine();
	}
	return 0;
}
