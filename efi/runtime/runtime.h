/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime program: all that may run after ExitBootServices. It is linked by itself
 * (runtime.ld.S), so that it cannot reach the rest of the firmware, and copied to memory of the
 * type EfiRuntimeServicesCode. It has no writable variable but one, runtime_data, the address of
 * its memory of the type EfiRuntimeServicesData: the operating system may map both anywhere.
 *
 * The firmware fills struct runtime_data in before it places the program (efi/runtime.c), and calls
 * the services by struct runtime_entries.
 */
#pragma once

#include "core/flash.h"
#include "efi/runtime/host_store.h"
#include "efi/spec/tables.h"
#include "efi/spec/types.h"

enum {
	/* Room for the records of variables, non-volatile and volatile apart. */
	RUNTIME_STORE_SIZE = 128 * 1024,
	RUNTIME_EVENTS_MAX = 32,
	RUNTIME_IMAGES_MAX = 16,
	RUNTIME_WRITES_MAX = 8,
};

/*
 * Records of variables one after the other: those of a file of variables as EBBR 2.4, 5 defines it,
 * little endian, each filled up with zeroes to a multiple of 8 bytes.
 */
struct runtime_variable {
	u32 data_size; /* bytes */
	u32 attributes;
	u64 time; /* of authentication; 0 */
	EFI_GUID vendor;
	CHAR16 name[]; /* with its NUL; the data follow */
};

/* Attributes of records that no guest can ask for or sees. */
enum {
	RUNTIME_READ_ONLY = 1u << 31,  /* only the firmware changes it */
	RUNTIME_FILE_IMAGE = 1u << 30, /* its data are the file of the non-volatile variables */
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

/* What to write, and where, to end the machine's run. */
enum runtime_space { RUNTIME_PORT, RUNTIME_MEMORY };

struct runtime_write {
	u64 address; /* 0: of memory that the operating system has not mapped */
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
	/*
	 * Without an RTC: the time of day when the ticks of the processor were so many. It cannot
	 * be set. 0 ticks a second: that is not known either.
	 */
	u64 seconds, ticks, ticks_per_second;
};

/* The notification function of an event that the operating system's call is to signal. */
struct runtime_event {
	EFI_EVENT event; /* NULL: the place is free */
	EFI_EVENT_NOTIFY notify;
	void *context;
};

/* A runtime driver, which is relocated as the operating system maps it. */
struct runtime_image {
	u64 base; /* 0: the place is free */
	u64 size;
	u64 relocations;      /* offset of its base relocation table in the image */
	u64 relocations_size; /* bytes */
};

struct runtime_data {
	EFI_RUNTIME_SERVICES services;

	bool at_runtime;           /* ExitBootServices has succeeded */
	bool is_virtual;           /* SetVirtualAddressMap has, too */
	bool set_variable_refused; /* at runtime: nothing that was set could be kept */
	bool in_memory_only;       /* for now, non-volatile variables are not stored */

	/*
	 * Called while boot services last, NULL then: a non-volatile variable has changed, and
	 * what to tell the caller (NULL: nothing to do); the machine is about to be
	 * reset.
	 */
	EFI_STATUS (*on_change)(void);
	void (*on_reset)(EFI_RESET_TYPE type);

	/* While SetVirtualAddressMap runs: what ConvertPointer looks at. */
	const u8 *map;
	u64 map_size, descriptor_size;

	EFI_SYSTEM_TABLE *system_table;
	u64 code, code_size, data, data_size; /* our regions, as physical addresses */
	struct runtime_event events[RUNTIME_EVENTS_MAX];
	struct runtime_image images[RUNTIME_IMAGES_MAX];

	struct runtime_clock clock;
	struct runtime_writes reset, power_off;
	u32 monotonic_high;

	/* What configuration tables point to. */
	EFI_RT_PROPERTIES_TABLE properties;
	struct {
		UINT16 version, count; /* EFI_CONFORMANCE_PROFILES_TABLE */
		EFI_GUID profile;
	} profiles;

	/*
	 * Where each change is written before it is made, also at runtime: one of them, or neither.
	 */
	struct flash flash;
	struct host_store host;

	struct runtime_store stores[2]; /* RUNTIME_NON_VOLATILE, RUNTIME_VOLATILE */
};

enum { RUNTIME_NON_VOLATILE, RUNTIME_VOLATILE };

/* The program's first bytes: head.S */
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
 * Of the firmware. Copies the program to @code, where runtime_program_size() bytes are, to work on
 * @data; @entries, RUNTIME_ENTRY_COUNT of them, become the addresses of its functions.
 */
u64 runtime_program_size(void);
void runtime_program_place(void *code, struct runtime_data *data, void **entries);

/* The one variable of the program. */
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
 * store.c: the records themselves. @store holds records that are whole, as all that write to it see
 * to.
 */
enum { RUNTIME_RECORD_ALIGNMENT = 8 };

/* The record at @offset; NULL at the end. */
struct runtime_variable *store_record(struct runtime_store *store, u32 offset);
u32 store_name_size(const struct runtime_variable *record); /* bytes, with the NUL */
u8 *store_data(struct runtime_variable *record);
u32 store_record_size(const struct runtime_variable *record);
struct runtime_variable *store_find(struct runtime_store *store, const CHAR16 *name,
				    const EFI_GUID *vendor);

/* Would store_put() find room for a variable in place of @old (NULL: besides the others)? */
bool store_has_room(const struct runtime_store *store, const struct runtime_variable *old,
		    u32 name_size, u32 data_size);

/*
 * A record with that data: in the place of @old, or at the end if that is NULL. The first @keep
 * bytes of data are those of @old. False, and nothing is changed: no room.
 */
bool store_put(struct runtime_store *store, struct runtime_variable *old, const CHAR16 *name,
	       u32 name_size, const EFI_GUID *vendor, u32 attributes, u32 keep, u32 size,
	       const void *data);
void store_remove(struct runtime_store *store, struct runtime_variable *record);

/* The file of the store's records: its size, and makes it be the bytes from store->header on. */
u32 store_file_size(const struct runtime_store *store);
void store_file_seal(struct runtime_store *store);

/* time.c: days and seconds of the Gregorian calendar. */
bool time_is_valid(const EFI_TIME *time);
u64 time_to_seconds(const EFI_TIME *time); /* since 1970; of a valid time, later than that */
void time_from_seconds(u64 seconds, EFI_TIME *time);

/* rtc.c: the clock of the CMOS memory. False: it does not answer, or with what is no time. */
bool rtc_read(EFI_TIME *time);
bool rtc_write(const EFI_TIME *time);

/* processor_x86_64.c */
u64 runtime_ticks(void);                         /* as arch_ticks() */
void runtime_wait_for_vmm(void);                 /* it may take a moment to stop us */
[[gnu::noreturn]] void runtime_stop(bool reset); /* the last resort */
