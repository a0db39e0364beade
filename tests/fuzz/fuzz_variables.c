/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the variable services in any order, compared with a model that keeps variables in an
 * array. Each call is determined by four bytes: the service, the name, the attributes, and the size
 * and content.
 */
#include <stdlib.h>

#include "efi/runtime/runtime.h"
#include "lib/util.h"
#include "tests/host/host.h"

enum {
	NV = EFI_VARIABLE_NON_VOLATILE,
	BS = EFI_VARIABLE_BOOTSERVICE_ACCESS,
	RT = EFI_VARIABLE_RUNTIME_ACCESS,
	APPEND = EFI_VARIABLE_APPEND_WRITE,
	NAMES = 8,
	SIZE_MAX_OF_ONE = 66 * 1024, /* of name and data */
};

struct model {
	bool is_there;
	u32 attributes, size;
	u8 data[SIZE_MAX_OF_ONE];
};

static struct model models[NAMES];
static struct runtime_data data;
static EFI_GUID vendors[2] = { { { 1 } }, { { 2 } } };

static const u32 attribute_choices[] = { NV | BS | RT, BS | RT, BS, NV | BS, 0, NV, RT, NV | RT };

/* A, AA, AAA, AAAA of two vendors. */
static CHAR16 *name_of(u32 index)
{
	static CHAR16 names[4][5] = { u"A", u"AA", u"AAA", u"AAAA" };

	return names[index / 2];
}

static u32 name_size(u32 index)
{
	return (index / 2 + 2) * 2;
}

static void expect(bool right)
{
	if (!right)
		abort();
}

static u64 record_size(u32 index, u64 size)
{
	return align_up(32 + name_size(index) + size, 8);
}

static u64 used(u32 kept)
{
	u64 sum = 0;

	for (u32 i = 0; i < NAMES; i++)
		if (models[i].is_there && (models[i].attributes & NV) == kept)
			sum += record_size(i, models[i].size);
	return sum;
}

static EFI_STATUS model_set(u32 index, u32 attributes, u32 size, const u8 *bytes)
{
	struct model *m = &models[index];
	bool appends = attributes & APPEND;
	u32 plain = attributes & ~(u32)APPEND;
	bool deletes = (size == 0 && !appends) || !(attributes & (BS | RT));
	u32 keep = m->is_there && appends ? m->size : 0;
	u64 before;

	if ((attributes & (BS | RT)) == RT)
		return EFI_INVALID_PARAMETER;
	if (data.at_runtime && m->is_there && (~m->attributes & (NV | RT)))
		return EFI_WRITE_PROTECTED;
	if (data.at_runtime && !m->is_there && (attributes & (BS | RT)) && (~attributes & (NV | RT)))
		return EFI_INVALID_PARAMETER;
	if (!m->is_there && (deletes || size == 0))
		return EFI_NOT_FOUND;
	if (deletes) {
		m->is_there = false;
		return EFI_SUCCESS;
	}
	if (m->is_there && m->attributes != plain)
		return EFI_INVALID_PARAMETER;
	if (name_size(index) + keep + size > SIZE_MAX_OF_ONE)
		return EFI_INVALID_PARAMETER;
	before = m->is_there ? record_size(index, m->size) : 0;
	if (used(plain & NV) - before + record_size(index, keep + size) > RUNTIME_STORE_SIZE)
		return EFI_OUT_OF_RESOURCES;
	m->is_there = true;
	m->attributes = plain;
	memcpy(m->data + keep, bytes, size);
	m->size = keep + size;
	return EFI_SUCCESS;
}

static bool is_visible(const struct model *m)
{
	return m->is_there && (!data.at_runtime || (m->attributes & RT));
}

static void check_get(u32 index, UINTN room)
{
	static u8 buffer[SIZE_MAX_OF_ONE];
	const struct model *m = &models[index];
	UINT32 attributes = 0;
	UINTN size = room;
	EFI_STATUS status = runtime_get_variable(name_of(index), &vendors[index % 2], &attributes,
						 &size, buffer);

	if (!is_visible(m)) {
		expect(status == EFI_NOT_FOUND);
		return;
	}
	expect(status == (room < m->size ? EFI_BUFFER_TOO_SMALL : EFI_SUCCESS));
	expect(size == m->size && attributes == m->attributes);
	expect(status || memcmp(buffer, m->data, size) == 0);
}

/* Each visible name is listed once. */
static void check_list(void)
{
	bool seen[NAMES] = { false };
	CHAR16 name[8] = { 0 };
	EFI_GUID vendor;
	u32 count = 0;

	for (;;) {
		UINTN size = sizeof(name);
		EFI_STATUS status = runtime_get_next_variable_name(&size, name, &vendor);
		u32 index;

		if (status == EFI_NOT_FOUND)
			break;
		expect(!status && size >= 4 && size <= 10 && name[size / 2 - 1] == 0);
		index = (u32)(size / 2 - 2) * 2 + (vendor.bytes[0] == 2);
		expect(is_visible(&models[index]) && !seen[index]);
		seen[index] = true;
		count++;
	}
	for (u32 i = 0; i < NAMES; i++)
		count -= is_visible(&models[i]);
	expect(count == 0);
}

static void check_query(void)
{
	u64 size, left, size_max;

	for (u32 kept = 0; kept <= NV; kept += NV) {
		expect(!runtime_query_variable_info(kept | BS | RT, &size, &left, &size_max));
		expect(left == RUNTIME_STORE_SIZE - used(kept));
	}
}

int LLVMFuzzerTestOneInput(const u8 *input, size_t size);

int LLVMFuzzerTestOneInput(const u8 *input, size_t size)
{
	static u8 bytes[SIZE_MAX_OF_ONE + 256];

	data.stores[0].used = data.stores[1].used = 0;
	data.at_runtime = false;
	runtime_data = &data;
	for (u32 i = 0; i < NAMES; i++)
		models[i].is_there = false;

	for (; size >= 4; input += 4, size -= 4) {
		u32 index = input[1] % NAMES;
		u32 attributes = attribute_choices[input[2] % ARRAY_SIZE(attribute_choices)];
		/* Mostly small, but sometimes larger than permitted. */
		u32 data_size = input[3] < 224 ? input[3] % 32 : (u32)(input[3] - 222) * 2048;
		EFI_STATUS wanted;

		switch (input[0] % 8) {
		case 0:
			check_get(index, data_size);
			break;
		case 1:
			check_list();
			check_query();
			break;
		case 2:
			data.at_runtime = input[1] == 0xff;
			break;
		default:
			if (input[0] & 0x80)
				attributes |= APPEND;
			memset(bytes, input[3], data_size);
			wanted = model_set(index, attributes, data_size, bytes);
			expect(runtime_set_variable(name_of(index), &vendors[index % 2], attributes,
						    data_size, bytes) == wanted);
			check_get(index, SIZE_MAX_OF_ONE);
		}
	}
	check_list();
	return 0;
}
