/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding of bytes from outside, which are never cast. A span refers to bytes that somebody else
 * owns; a reader consumes a span. Past the end, a reader returns zeroes and sets `overrun`, so a
 * parser is a simple list of fields with one check at the end.
 */
#pragma once

#include "lib/string.h"
#include "lib/types.h"

struct span {
	const u8 *data;
	size_t size;
};

/* A string literal as a span, without its NUL. */
#define SPAN(literal) ((struct span){ (const u8 *)(literal), sizeof(literal) - 1 })

static inline struct span span_of(const void *data, size_t size)
{
	return (struct span){ data, size };
}

static inline struct span span_of_string(const char *text)
{
	return (struct span){ (const u8 *)text, strlen(text) };
}

static inline bool span_is_empty(struct span s)
{
	return s.size == 0;
}

/* The @size bytes at @offset; empty unless all of them are there. Cannot wrap. */
static inline struct span span_part(struct span s, u64 offset, u64 size)
{
	if (offset > s.size || size > s.size - offset)
		return (struct span){ 0 };
	/*
	 * Calculated as an integer, because C does not allow arithmetic on the null pointer of an
	 * empty span.
	 */
	return (struct span){ (const u8 *)((uintptr_t)s.data + offset), (size_t)size };
}

/* Everything from @offset on; empty if @offset is past the end. */
static inline struct span span_from(struct span s, u64 offset)
{
	return offset > s.size ? (struct span){ 0 } : span_part(s, offset, s.size - offset);
}

static inline bool span_equals(struct span a, struct span b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool span_starts_with(struct span s, struct span prefix)
{
	return s.size >= prefix.size && span_equals(span_part(s, 0, prefix.size), prefix);
}

/* The sum of all bytes modulo 256: 0 if they include a correct checksum. */
static inline u8 span_sum(struct span s)
{
	u8 sum = 0;

	for (size_t i = 0; i < s.size; i++)
		sum = (u8)(sum + s.data[i]);
	return sum;
}

/*
 * Reduces @s to the part after the first @needle, which is not empty. False: @s does not contain
 * it.
 */
bool span_skip_past(struct span *s, struct span needle);

/* Loads and stores at any address. Every machine we run on is little endian, as the formats are. */
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

static inline u16 load_le16(const void *from)
{
	u16 value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

static inline u32 load_le32(const void *from)
{
	u32 value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

static inline u64 load_le64(const void *from)
{
	u64 value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

/* Big endian, as some file systems and device trees are. */
static inline u16 load_be16(const void *from)
{
	return __builtin_bswap16(load_le16(from));
}

static inline u32 load_be32(const void *from)
{
	return __builtin_bswap32(load_le32(from));
}

static inline u64 load_be64(const void *from)
{
	return __builtin_bswap64(load_le64(from));
}

static inline void store_le16(void *to, u16 value)
{
	__builtin_memcpy(to, &value, sizeof(value));
}

static inline void store_le32(void *to, u32 value)
{
	__builtin_memcpy(to, &value, sizeof(value));
}

static inline void store_le64(void *to, u64 value)
{
	__builtin_memcpy(to, &value, sizeof(value));
}

static inline void store_be16(void *to, u16 value)
{
	store_le16(to, __builtin_bswap16(value));
}

static inline void store_be32(void *to, u32 value)
{
	store_le32(to, __builtin_bswap32(value));
}

struct reader {
	struct span rest;
	bool overrun; /* something was read past the end, and zeroes were returned */
};

/* The next @size bytes; empty, and overrun, unless all of them are there. */
static inline struct span read_bytes(struct reader *r, u64 size)
{
	struct span s = span_part(r->rest, 0, size);

	if (size > r->rest.size) {
		r->overrun = true;
		r->rest = (struct span){ 0 };
		return s;
	}
	r->rest = span_from(r->rest, size);
	return s;
}

static inline u8 read_u8(struct reader *r)
{
	struct span s = read_bytes(r, 1);
	return s.size ? s.data[0] : 0;
}

static inline u16 read_le16(struct reader *r)
{
	struct span s = read_bytes(r, 2);
	return s.size ? load_le16(s.data) : 0;
}

static inline u32 read_le32(struct reader *r)
{
	struct span s = read_bytes(r, 4);
	return s.size ? load_le32(s.data) : 0;
}

static inline u64 read_le64(struct reader *r)
{
	struct span s = read_bytes(r, 8);
	return s.size ? load_le64(s.data) : 0;
}
