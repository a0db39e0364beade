/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdarg.h>

EFI_HANDLE image_handle;
EFI_SYSTEM_TABLE *system_table;
EFI_BOOT_SERVICES *boot;
EFI_RUNTIME_SERVICES *runtime;

void support_init(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	image_handle = image;
	system_table = table;
	boot = table->BootServices;
	runtime = table->RuntimeServices;
}

void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return start;
}

void *memset(void *to, int value, size_t size)
{
	void *start = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
	return start;
}

void *memmove(void *to, const void *from, size_t size)
{
	u8 *target = to;
	const u8 *source = from;

	if (target <= source || target >= source + size)
		return memcpy(to, from, size);
	while (size--)
		((volatile u8 *)target)[size] = source[size];
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const volatile u8 *left = a, *right = b;

	for (size_t i = 0; i < size; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

size_t length16(const CHAR16 *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

bool equal16(const CHAR16 *a, const CHAR16 *b)
{
	size_t length = length16(a);

	return length == length16(b) && !memcmp(a, b, length * sizeof(*a));
}

static const char *const errors[] = {
	[1] = "LOAD_ERROR",          [2] = "INVALID_PARAMETER", [3] = "UNSUPPORTED",
	[4] = "BAD_BUFFER_SIZE",     [5] = "BUFFER_TOO_SMALL",  [6] = "NOT_READY",
	[7] = "DEVICE_ERROR",        [8] = "WRITE_PROTECTED",   [9] = "OUT_OF_RESOURCES",
	[10] = "VOLUME_CORRUPTED",   [11] = "VOLUME_FULL",      [12] = "NO_MEDIA",
	[13] = "MEDIA_CHANGED",      [14] = "NOT_FOUND",        [15] = "ACCESS_DENIED",
	[16] = "NO_RESPONSE",        [17] = "NO_MAPPING",       [18] = "TIMEOUT",
	[19] = "NOT_STARTED",        [20] = "ALREADY_STARTED",  [21] = "ABORTED",
	[26] = "SECURITY_VIOLATION", [27] = "CRC_ERROR",        [28] = "END_OF_MEDIA",
	[31] = "END_OF_FILE",        [32] = "INVALID_LANGUAGE", [33] = "COMPROMISED_DATA",
};

/* A buffer for ConOut, flushed when it is full or the text ends. */
static CHAR16 line[128];
static size_t used;
static bool boot_services_ended;

void support_boot_services_ended(void)
{
	boot_services_ended = true;
}

static void flush(void)
{
	line[used] = 0;
	for (size_t i = 0; boot_services_ended && i < used; i++)
		print_serial((char[]){ (char)line[i], 0 });
	if (!boot_services_ended)
		system_table->ConOut->OutputString(system_table->ConOut, line);
	used = 0;
}

static void put(CHAR16 unit)
{
	if (unit == '\n')
		put('\r');
	line[used++] = unit;
	if (used == ARRAY_SIZE(line) - 1)
		flush();
}

static void put_number(u64 value, unsigned base)
{
	char digits[20];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (count)
		put(digits[--count]);
}

const char *status_name(EFI_STATUS status)
{
	static char text[20];
	u64 code = status & ~EFI_ERROR_BIT;
	size_t length = 0;

	if (status == EFI_SUCCESS)
		return "SUCCESS";
	if (EFI_ERROR(status) && code < ARRAY_SIZE(errors) && errors[code])
		return errors[code];
	for (int shift = 60; shift >= 0; shift -= 4)
		text[length++] = "0123456789abcdef"[status >> shift & 15];
	text[length] = 0;
	return text;
}

static void put_text(const char *text)
{
	while (*text)
		put((u8)*text++);
}

void print(const char *format, ...)
{
	va_list values;
	s64 number;

	va_start(values, format);
	for (; *format; format++) {
		if (*format != '%') {
			put((u8)*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_text(va_arg(values, const char *));
			break;
		case 'S':
			for (const CHAR16 *text = va_arg(values, const CHAR16 *); *text; text++)
				put(*text);
			break;
		case 'd':
			number = va_arg(values, s64);
			if (number < 0)
				put('-');
			put_number(number < 0 ? -(u64)number : (u64)number, 10);
			break;
		case 'u':
			put_number(va_arg(values, u64), 10);
			break;
		case 'x':
			put_number(va_arg(values, u64), 16);
			break;
		case 'r':
			put_text(status_name(va_arg(values, EFI_STATUS)));
			break;
		default:
			put((u8)*format);
		}
	}
	va_end(values);
	flush();
}

static u8 in_byte(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void out_byte(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

void print_serial(const char *text)
{
	enum { COM1 = 0x3f8, LINE_STATUS = 5, EMPTY = 0x20, ROUNDS = 1000000 };

	for (; *text; text++) {
		for (unsigned round = 0; round < ROUNDS; round++)
			if (in_byte(COM1 + LINE_STATUS) & EMPTY)
				break;
		out_byte(COM1, (u8)*text);
	}
}

static EFI_LOADED_IMAGE_PROTOCOL *own_image(void)
{
	EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	void *image;

	if (EFI_ERROR(boot->HandleProtocol(image_handle, &guid, &image)))
		return NULL;
	return image;
}

EFI_FILE_PROTOCOL *open_file(const CHAR16 *name, UINT64 mode)
{
	EFI_GUID guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume;
	EFI_FILE_PROTOCOL *root, *file;
	EFI_LOADED_IMAGE_PROTOCOL *image = own_image();
	EFI_STATUS status;

	if (!image || EFI_ERROR(boot->HandleProtocol(image->DeviceHandle, &guid, (void **)&volume)))
		return NULL;
	if (EFI_ERROR(volume->OpenVolume(volume, &root)))
		return NULL;
	status = root->Open(root, &file, (CHAR16 *)name, mode, 0);
	root->Close(root);
	return EFI_ERROR(status) ? NULL : file;
}

void *read_file(const CHAR16 *name, UINTN *size)
{
	EFI_FILE_PROTOCOL *file = open_file(name, EFI_FILE_MODE_READ);
	UINT64 end = 0;
	void *data = NULL;

	if (!file)
		return NULL;
	file->SetPosition(file, ~0ull);
	file->GetPosition(file, &end);
	file->SetPosition(file, 0);
	*size = end;
	if (!EFI_ERROR(boot->AllocatePool(EfiLoaderData, end + 1, &data)) &&
	    EFI_ERROR(file->Read(file, size, data))) {
		boot->FreePool(data);
		data = NULL;
	}
	file->Close(file);
	return data;
}

static size_t path_size(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	size_t size = 0;
	const u8 *node = (const u8 *)path;

	while (node[size] != END_DEVICE_PATH_TYPE)
		size += node[size + 2] | (size_t)node[size + 3] << 8;
	return size;
}

EFI_DEVICE_PATH_PROTOCOL *file_path(const CHAR16 *name)
{
	EFI_GUID guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
	EFI_LOADED_IMAGE_PROTOCOL *image = own_image();
	EFI_DEVICE_PATH_PROTOCOL *device;
	size_t size, text = (length16(name) + 1) * sizeof(*name);
	u8 *path;

	if (!image || EFI_ERROR(boot->HandleProtocol(image->DeviceHandle, &guid, (void **)&device)))
		return NULL;
	size = path_size(device);
	if (EFI_ERROR(boot->AllocatePool(EfiLoaderData, size + 4 + text + 4, (void **)&path)))
		return NULL;
	memcpy(path, device, size);
	memcpy(path + size,
	       (u8[]){ MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, (u8)(text + 4), (u8)((text + 4) >> 8) },
	       4);
	memcpy(path + size + 4, name, text);
	memcpy(path + size + 4 + text,
	       (u8[]){ END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, 4, 0 }, 4);
	return (EFI_DEVICE_PATH_PROTOCOL *)path;
}

void power_off(void)
{
	runtime->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	print("EFI-PROGRAM: still on\n");
}
