/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime program: all code that may run after ExitBootServices. It is linked separately
 * (runtime.ld.S), so that it cannot refer to the rest of the firmware, and copied to memory of the
 * type EfiRuntimeServicesCode. Its only writable variable is runtime_data, the address of its
 * memory of the type EfiRuntimeServicesData. The operating system may map both anywhere.
 *
 * The firmware fills in struct runtime_data before it installs the program (efi/runtime.c), and
 * calls the services through struct runtime_entries.
 */
#pragma once

#include "core/flash.h"
#include "efi/runtime/host_store.h"
#include "efi/spec/tables.h"
#include "efi/spec/types.h"

enum {
	/* Room for the records of non-volatile and of volatile variables, each. */
	RUNTIME_STORE_SIZE = 128 * 1024,
	RUNTIME_EVENTS_MAX = 32,
	RUNTIME_IMAGES_MAX = 16,
	RUNTIME_WRITES_MAX = 8,
};

/*
 * Consecutive records of variables, in the format of EBBR 2.4, chapter 5: little endian, each
 * padded with zeroes to a multiple of 8 bytes.
 */
struct runtime_variable {
	u32 data_size; /* bytes */
	u32 attributes;
	u64 time; /* of authentication; always 0 */
	EFI_GUID vendor;
	CHAR16 name[]; /* with its NUL; the data follows */
};

/* Attributes of records that guests can neither set nor see. */
enum {
	RUNTIME_READ_ONLY = 1u << 31,  /* only the firmware changes it */
	RUNTIME_FILE_IMAGE = 1u << 30, /* its data is the file of the non-volatile variables */
	RUNTIME_INTERNAL = RUNTIME_READ_ONLY | RUNTIME_FILE_IMAGE,
};

/* Variables of this vendor are our own: guests can only read them. */
#define FATWOOD_VARIABLE_GUID \
	GUID(0x8d1f3c74, 0x5a0e, 0x4e27, 0x9b, 0x61, 0x3c, 0xd2, 0x70, 0x4f, 0xa9, 0x16)

enum { RUNTIME_FILE_HEADER_SIZE = 24 };

struct runtime_store {
	u64 used; /* bytes of records */
	/* The file: valid after store_file_seal(). */
	u8 header[RUNTIME_FILE_HEADER_SIZE];
	u8 records[RUNTIME_STORE_SIZE];
};

/* What to write, and where, to reset the machine or power it off. */
enum runtime_space { RUNTIME_PORT, RUNTIME_MEMORY };

struct runtime_write {
	u64 address; /* 0: memory that the operating system has not mapped */
	u16 value;
	u8 space;
	u8 size; /* 1 or 2 bytes */
};

struct runtime_writes {
	u32 count;
	struct runtime_write writes[RUNTIME_WRITES_MAX]; /* tried in this order */
};

struct runtime_clock {
	bool has_rtc;
	u8 century_index; /* of the register in CMOS memory; 0: none, it is the year 20xx */
	INT16 time_zone;  /* as SetTime stored them */
	UINT8 daylight;
	bool zone_is_set; /* since the last reset */
	/*
	 * Without an RTC: the time of day at a value of the processor's tick counter. It cannot be
	 * set. 0 ticks per second: not known either.
	 */
	u64 seconds, ticks, ticks_per_second;
};

/* The notification function of an event that is signaled at runtime. */
struct runtime_event {
	EFI_EVENT event; /* NULL: unused */
	EFI_EVENT_NOTIFY notify;
	void *context;
};

/* A runtime driver, which is relocated when the operating system maps it. */
struct runtime_image {
	u64 base; /* 0: unused */
	u64 size;
	u64 relocations;      /* offset of its base relocation table in the image */
	u64 relocations_size; /* bytes */
};

struct runtime_data {
	EFI_RUNTIME_SERVICES services;

	bool at_runtime;           /* ExitBootServices has succeeded */
	bool is_virtual;           /* SetVirtualAddressMap has, too */
	bool set_variable_refused; /* at runtime: changes cannot be stored, and are refused */
	bool in_memory_only;       /* currently, non-volatile variables are not stored */

	/*
	 * Hooks during boot services, NULL afterwards. The first is called when a non-volatile
	 * variable has changed, and returns the status for the caller (NULL: nothing to do); the
	 * second when the machine is about to be reset.
	 */
	EFI_STATUS (*on_change)(void);
	void (*on_reset)(EFI_RESET_TYPE type);

	/* For ConvertPointer, while SetVirtualAddressMap runs. */
	const u8 *map;
	u64 map_size, descriptor_size;

	EFI_SYSTEM_TABLE *system_table;
	u64 code, code_size, data, data_size; /* our regions, as physical addresses */
	struct runtime_event events[RUNTIME_EVENTS_MAX];
	struct runtime_image images[RUNTIME_IMAGES_MAX];

	struct runtime_clock clock;
	struct runtime_writes reset, power_off;
	u32 monotonic_high;

	/* Data of configuration tables. */
	EFI_RT_PROPERTIES_TABLE properties;
	struct {
		UINT16 version, count; /* EFI_CONFORMANCE_PROFILES_TABLE */
		EFI_GUID profile;
	} profiles;

	/*
	 * Stores to which each change is written before it is made in memory, also at runtime. At
	 * most one of them is used.
	 */
	struct flash flash;
	struct host_store host;

	struct runtime_store stores[2]; /* RUNTIME_NON_VOLATILE, RUNTIME_VOLATILE */
};

enum { RUNTIME_NON_VOLATILE, RUNTIME_VOLATILE };

/* The start of the program: head.S */
enum runtime_entry {
	RUNTIME_GET_TIME,
	RUNTIME_SET_TIME,
	RUNTIME_GET_WAKEUP_TIME,
	RUNTIME_SET_WAKEUP_TIME,
	RUNTIME_SET_VIRTUAL_ADDRESS_MAP,
	RUNTIME_CONVERT_POINTER,
	RUNTIME_GET_VARIABLE,
	RUNTIME_GET_NEXT_VARIABLE_NAME,
	RUNTIME_SET_VARIABLE,
	RUNTIME_GET_NEXT_HIGH_MONOTONIC_COUNT,
	RUNTIME_RESET_SYSTEM,
	RUNTIME_UPDATE_CAPSULE,
	RUNTIME_QUERY_CAPSULE_CAPABILITIES,
	RUNTIME_QUERY_VARIABLE_INFO,
	RUNTIME_SERVICE_COUNT, /* in the order of EFI_RUNTIME_SERVICES */
	RUNTIME_SET_OWN_VARIABLE = RUNTIME_SERVICE_COUNT,
	RUNTIME_ENTRY_COUNT,
};

struct runtime_head {
	struct runtime_data *data;
	u32 entries[RUNTIME_ENTRY_COUNT]; /* offsets from the head */
};

/*
 * For the firmware. Copies the program to @code, which has runtime_program_size() bytes, and makes
 * it use @data. The RUNTIME_ENTRY_COUNT elements of @entries become the addresses of its functions.
 */
u64 runtime_program_size(void);
void runtime_program_place(void *code, struct runtime_data *data, void **entries);

/* The only variable of the program. */
extern struct runtime_data *runtime_data;

EFI_STATUS EFIAPI runtime_get_time(EFI_TIME *time, EFI_TIME_CAPABILITIES *capabilities);
EFI_STATUS EFIAPI runtime_set_time(EFI_TIME *time);
EFI_STATUS EFIAPI runtime_get_wakeup_time(BOOLEAN *enabled, BOOLEAN *pending, EFI_TIME *time);
EFI_STATUS EFIAPI runtime_set_wakeup_time(BOOLEAN enable, EFI_TIME *time);
EFI_STATUS EFIAPI runtime_set_virtual_address_map(UINTN map_size, UINTN descriptor_size,
						  UINT32 descriptor_version,
						  EFI_MEMORY_DESCRIPTOR *map);
EFI_STATUS EFIAPI runtime_convert_pointer(UINTN debug_disposition, VOID **address);
EFI_STATUS EFIAPI runtime_get_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 *attributes,
				       UINTN *size, VOID *data);
EFI_STATUS EFIAPI runtime_get_next_variable_name(UINTN *name_size, CHAR16 *name, EFI_GUID *vendor);
EFI_STATUS EFIAPI runtime_set_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 attributes,
				       UINTN size, VOID *data);
EFI_STATUS EFIAPI runtime_get_next_high_monotonic_count(UINT32 *count);
VOID EFIAPI runtime_reset_system(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, VOID *data);
EFI_STATUS EFIAPI runtime_update_capsule(EFI_CAPSULE_HEADER **capsules, UINTN count,
					 EFI_PHYSICAL_ADDRESS list);
EFI_STATUS EFIAPI runtime_query_capsule_capabilities(EFI_CAPSULE_HEADER **capsules, UINTN count,
						     UINT64 *size_max, EFI_RESET_TYPE *type);
EFI_STATUS EFIAPI runtime_query_variable_info(UINT32 attributes, UINT64 *store_size, UINT64 *left,
					      UINT64 *size_max);

/*
 * SetVariable as the firmware itself calls it: @attributes may have bits of RUNTIME_INTERNAL, and
 * read-only variables can be changed.
 */
EFI_STATUS EFIAPI runtime_set_own_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 attributes,
					   UINTN size, VOID *data);

/*
 * store.c: the records themselves. @store contains only complete records; all code that writes to
 * it ensures that.
 */
enum { RUNTIME_RECORD_ALIGNMENT = 8 };

/* The record at @offset; NULL at the end. */
struct runtime_variable *store_record(struct runtime_store *store, u32 offset);
u32 store_name_size(const struct runtime_variable *record); /* bytes, with the NUL */
u8 *store_data(struct runtime_variable *record);
u32 store_record_size(const struct runtime_variable *record);
struct runtime_variable *store_find(struct runtime_store *store, const CHAR16 *name,
				    const EFI_GUID *vendor);

/* Would store_put() find room for a variable that replaces @old (NULL: a new variable)? */
bool store_has_room(const struct runtime_store *store, const struct runtime_variable *old,
		    u32 name_size, u32 data_size);

/*
 * Stores a record with that data, replacing @old, or at the end if that is NULL. The first @keep
 * bytes of data are those of @old. False, with nothing changed: no room.
 */
bool store_put(struct runtime_store *store, struct runtime_variable *old, const CHAR16 *name,
	       u32 name_size, const EFI_GUID *vendor, u32 attributes, u32 keep, u32 size,
	       const void *data);
void store_remove(struct runtime_store *store, struct runtime_variable *record);

/*
 * The file of the store's records: the first returns its size; the second completes the header, so
 * that the file is the bytes from store->header on.
 */
u32 store_file_size(const struct runtime_store *store);
void store_file_seal(struct runtime_store *store);

/* time.c: days and seconds of the Gregorian calendar. */
bool time_is_valid(const EFI_TIME *time);
u64 time_to_seconds(const EFI_TIME *time); /* seconds since 1970, for a valid time after that */
void time_from_seconds(u64 seconds, EFI_TIME *time);

/* rtc.c: the CMOS clock. False: it does not respond, or not with a valid time. */
bool rtc_read(EFI_TIME *time);
bool rtc_write(const EFI_TIME *time);

/* processor_x86_64.c */
u64 runtime_ticks(void);                         /* as arch_ticks() */
void runtime_wait_for_vmm(void);                 /* it may take a moment to act */
[[gnu::noreturn]] void runtime_stop(bool reset); /* the fallback */
