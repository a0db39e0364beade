/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying and comparing by words. Short loops are faster than string instructions for the sizes
 * that firmware mostly copies; string instructions are faster for bulk data, such as the sections
 * of a kernel.
 */
#include "lib/string.h"

#include "lib/config.h"

/* A word at any address, of any object. */
typedef u64 word [[gnu::aligned(1), gnu::may_alias]];

/* Keeps compilers from replacing the enclosing loop by a call of the function that contains it. */
static inline void keep_loop(void)
{
	asm volatile("");
}

enum { BULK_SIZE = 256 };

/*
 * Copies whole words of bulk data; less than a word is left, or everything if it is not bulk data.
 * Only UEFI programs are copied in bulk; everything else is read from disk directly to its place.
 */
static inline void copy_bulk(u8 **to, const u8 **from, size_t *size)
{
#ifdef __x86_64__
	size_t words = *size / sizeof(word);

	if (!IS_ENABLED(CONFIG_EFI) || *size < BULK_SIZE)
		return;
	asm volatile("rep movsq" : "+D"(*to), "+S"(*from), "+c"(words) : : "memory");
	*size %= sizeof(word);
#else
	(void)to, (void)from, (void)size;
#endif
}

static inline void set_bulk(u8 **to, u64 pattern, size_t *size)
{
#ifdef __x86_64__
	size_t words = *size / sizeof(word);

	if (!IS_ENABLED(CONFIG_EFI) || *size < BULK_SIZE)
		return;
	asm volatile("rep stosq" : "+D"(*to), "+c"(words) : "a"(pattern) : "memory");
	*size %= sizeof(word);
#else
	(void)to, (void)pattern, (void)size;
#endif
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	u8 *t = to;
	const u8 *f = from;

	copy_bulk(&t, &f, &size);
	for (; size >= sizeof(word); size -= sizeof(word)) {
		*(word *)t = *(const word *)f;
		t += sizeof(word);
		f += sizeof(word);
		keep_loop();
	}
	while (size--) {
		*t++ = *f++;
		keep_loop();
	}
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	u8 *t = to;
	const u8 *f = from;

	/* Forward copies are safe unless the destination starts inside the source. */
	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	for (; size >= sizeof(word); keep_loop()) {
		size -= sizeof(word);
		*(word *)(t + size) = *(const word *)(f + size);
	}
	for (; size; keep_loop()) {
		size--;
		t[size] = f[size];
	}
	return to;
}

void *memset(void *to, int value, size_t size)
{
	u8 *t = to;
	u64 pattern = (u8)value * 0x0101010101010101ull;

	set_bulk(&t, pattern, &size);
	for (; size >= sizeof(word); size -= sizeof(word)) {
		*(word *)t = pattern;
		t += sizeof(word);
		keep_loop();
	}
	while (size--) {
		*t++ = (u8)value;
		keep_loop();
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	for (; size >= sizeof(word) && *(const word *)x == *(const word *)y; size -= sizeof(word)) {
		x += sizeof(word);
		y += sizeof(word);
	}
	for (; size; size--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

size_t strlen(const char *text)
{
	size_t size = 0;

	while (text[size]) {
		size++;
		keep_loop();
	}
	return size;
}

size_t strnlen(const char *text, size_t size_max)
{
	size_t size = 0;

	while (size < size_max && text[size])
		size++;
	return size;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}
