/* SPDX-License-Identifier: Apache-2.0 */
/* Variable arguments in EFIAPI's calling convention, which on x64 is not the compiler's default. */
#pragma once

#ifdef __x86_64__
typedef __builtin_ms_va_list efi_va_list;
#define efi_va_start(list, last) __builtin_ms_va_start(list, last)
#define efi_va_copy(to, from) __builtin_ms_va_copy(to, from)
#define efi_va_end(list) __builtin_ms_va_end(list)
#else
typedef __builtin_va_list efi_va_list;
#define efi_va_start(list, last) __builtin_va_start(list, last)
#define efi_va_copy(to, from) __builtin_va_copy(to, from)
#define efi_va_end(list) __builtin_va_end(list)
#endif
#define efi_va_arg(list, type) __builtin_va_arg(list, type)
