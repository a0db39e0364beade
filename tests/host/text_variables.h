/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Non-volatile text variables of one vendor, accessed through the runtime services. Include it in
 * one file of a program.
 */
#pragma once

#include "efi/efi.h"

static EFI_RUNTIME_SERVICES *services; /* set by the test */
static EFI_GUID vendor = { { 7 } };

enum {
	KEPT = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS |
	       EFI_VARIABLE_RUNTIME_ACCESS,
};

static EFI_STATUS set(CHAR16 *name, const char *text)
{
	return services->SetVariable(name, &vendor, KEPT, strlen(text), (void *)text);
}

/* "(none)" if it does not exist. Valid until the next call. */
static const char *get(CHAR16 *name)
{
	static char text[64];
	UINTN size = sizeof(text) - 1;

	if (services->GetVariable(name, &vendor, NULL, &size, text))
		return "(none)";
	text[size] = 0;
	return text;
}
