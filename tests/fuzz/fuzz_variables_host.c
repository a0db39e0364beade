/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A variable device that replies with anything, at start and during changes. Each reply in the
 * input is a length byte and that many bytes, which overwrite the request from its status on. If
 * bit 0 of the first input byte is set, replies are copied.
 */
#include "core/host_variables.h"
#include "efi/variables.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/kept_variables.h"
#include "tests/host/efi_rest.h"
#include "tests/host/fake_host_store.h"
#include "tests/host/host.h"
#include "tests/host/text_variables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STATUS = 32 };

static struct fake_host_store fake;
static struct span rest;

static void spoil(struct fake_host_store *device, u8 *message)
{
	size_t length = rest.size ? rest.data[0] : 0;

	(void)device;
	if (!length)
		return;
	rest = span_from(rest, 1);
	length = min_u64(length, rest.size);
	memcpy(message + STATUS, rest.data, length);
	rest = span_from(rest, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	UINT64 all, left, largest;

	if (!size)
		return 0;
	if (fake.magic)
		fake_host_store_reset(&fake);
	else
		fake_host_store_init(&fake);
	fake.count = 0;
	fake_host_store_add(&fake, u"First", &vendor, KEPT, "1");
	fake_host_store_add(&fake, u"Second", &vendor, KEPT, "2");
	fake.wants_copies = data[0] & 1;
	rest = span_of(data + 1, size - 1);
	fake.spoil = spoil;

	host_memory_init();
	efi_system_table = &system_table;
	host_variables = FAKE_HOST_STORE_BASE;
	CHECK(!efi_runtime_init(&services));
	if (!efi_variables_with_host())
		CHECK(efi_runtime_data->set_variable_refused && !efi_runtime_data->host.registers);
	check_kept_variables();
	if (!set(u"Third", "text"))
		CHECK(strcmp(get(u"Third"), "text") == 0);
	(void)services->SetVariable(u"First", &vendor, KEPT | EFI_VARIABLE_APPEND_WRITE, 1, "x");
	check_kept_variables();
	CHECK(!services->QueryVariableInfo(KEPT, &all, &left, &largest));
	CHECK(all <= RUNTIME_STORE_SIZE && largest <= left);
	efi_runtime_enter();
	(void)services->SetVariable(u"Second", &vendor, KEPT, 0, NULL);
	check_kept_variables();
	return 0;
}
