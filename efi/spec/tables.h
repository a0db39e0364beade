/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 4: the system table; 7: boot services; 8: runtime services. */
#pragma once

#include "efi/spec/device_path.h"
#include "efi/spec/types.h"

struct EFI_SIMPLE_TEXT_INPUT_PROTOCOL;
struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL;

typedef struct {
	UINT64 Signature;
	UINT32 Revision;
	UINT32 HeaderSize;
	UINT32 CRC32;
	UINT32 Reserved;
} EFI_TABLE_HEADER;

#define EFI_2_110_REVISION ((2 << 16) | 110)

/* 7.1 */
#define EVT_TIMER 0x80000000u
#define EVT_RUNTIME 0x40000000u
#define EVT_NOTIFY_WAIT 0x00000100u
#define EVT_NOTIFY_SIGNAL 0x00000200u
#define EVT_SIGNAL_EXIT_BOOT_SERVICES 0x00000201u
#define EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE 0x60000202u

#define TPL_APPLICATION 4
#define TPL_CALLBACK 8
#define TPL_NOTIFY 16
#define TPL_HIGH_LEVEL 31

typedef enum { TimerCancel, TimerPeriodic, TimerRelative } EFI_TIMER_DELAY;

typedef VOID(EFIAPI *EFI_EVENT_NOTIFY)(EFI_EVENT Event, VOID *Context);

/* 7.3 */
typedef enum { EFI_NATIVE_INTERFACE } EFI_INTERFACE_TYPE;
typedef enum { AllHandles, ByRegisterNotify, ByProtocol } EFI_LOCATE_SEARCH_TYPE;

#define EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL 0x01u
#define EFI_OPEN_PROTOCOL_GET_PROTOCOL 0x02u
#define EFI_OPEN_PROTOCOL_TEST_PROTOCOL 0x04u
#define EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER 0x08u
#define EFI_OPEN_PROTOCOL_BY_DRIVER 0x10u
#define EFI_OPEN_PROTOCOL_EXCLUSIVE 0x20u

typedef struct {
	EFI_HANDLE AgentHandle;
	EFI_HANDLE ControllerHandle;
	UINT32 Attributes;
	UINT32 OpenCount;
} EFI_OPEN_PROTOCOL_INFORMATION_ENTRY;

/* 7.2, 7.3, 7.4, 7.5 */
typedef struct {
	EFI_TABLE_HEADER Hdr;

	EFI_TPL(EFIAPI *RaiseTPL)(EFI_TPL NewTpl);
	VOID(EFIAPI *RestoreTPL)(EFI_TPL OldTpl);

	EFI_STATUS(EFIAPI *AllocatePages)
	(EFI_ALLOCATE_TYPE Type, EFI_MEMORY_TYPE MemoryType, UINTN Pages,
	 EFI_PHYSICAL_ADDRESS *Memory);
	EFI_STATUS(EFIAPI *FreePages)(EFI_PHYSICAL_ADDRESS Memory, UINTN Pages);
	EFI_STATUS(EFIAPI *GetMemoryMap)
	(UINTN *MemoryMapSize, EFI_MEMORY_DESCRIPTOR *MemoryMap, UINTN *MapKey,
	 UINTN *DescriptorSize, UINT32 *DescriptorVersion);
	EFI_STATUS(EFIAPI *AllocatePool)(EFI_MEMORY_TYPE PoolType, UINTN Size, VOID **Buffer);
	EFI_STATUS(EFIAPI *FreePool)(VOID *Buffer);

	EFI_STATUS(EFIAPI *CreateEvent)
	(UINT32 Type, EFI_TPL NotifyTpl, EFI_EVENT_NOTIFY NotifyFunction, VOID *NotifyContext,
	 EFI_EVENT *Event);
	EFI_STATUS(EFIAPI *SetTimer)(EFI_EVENT Event, EFI_TIMER_DELAY Type, UINT64 TriggerTime);
	EFI_STATUS(EFIAPI *WaitForEvent)(UINTN NumberOfEvents, EFI_EVENT *Event, UINTN *Index);
	EFI_STATUS(EFIAPI *SignalEvent)(EFI_EVENT Event);
	EFI_STATUS(EFIAPI *CloseEvent)(EFI_EVENT Event);
	EFI_STATUS(EFIAPI *CheckEvent)(EFI_EVENT Event);

	EFI_STATUS(EFIAPI *InstallProtocolInterface)
	(EFI_HANDLE *Handle, EFI_GUID *Protocol, EFI_INTERFACE_TYPE InterfaceType, VOID *Interface);
	EFI_STATUS(EFIAPI *ReinstallProtocolInterface)
	(EFI_HANDLE Handle, EFI_GUID *Protocol, VOID *OldInterface, VOID *NewInterface);
	EFI_STATUS(EFIAPI *UninstallProtocolInterface)
	(EFI_HANDLE Handle, EFI_GUID *Protocol, VOID *Interface);
	EFI_STATUS(EFIAPI *HandleProtocol)(EFI_HANDLE Handle, EFI_GUID *Protocol, VOID **Interface);
	VOID *Reserved;
	EFI_STATUS(EFIAPI *RegisterProtocolNotify)
	(EFI_GUID *Protocol, EFI_EVENT Event, VOID **Registration);
	EFI_STATUS(EFIAPI *LocateHandle)
	(EFI_LOCATE_SEARCH_TYPE SearchType, EFI_GUID *Protocol, VOID *SearchKey, UINTN *BufferSize,
	 EFI_HANDLE *Buffer);
	EFI_STATUS(EFIAPI *LocateDevicePath)
	(EFI_GUID *Protocol, EFI_DEVICE_PATH_PROTOCOL **DevicePath, EFI_HANDLE *Device);
	EFI_STATUS(EFIAPI *InstallConfigurationTable)(EFI_GUID *Guid, VOID *Table);

	EFI_STATUS(EFIAPI *LoadImage)
	(BOOLEAN BootPolicy, EFI_HANDLE ParentImageHandle, EFI_DEVICE_PATH_PROTOCOL *DevicePath,
	 VOID *SourceBuffer, UINTN SourceSize, EFI_HANDLE *ImageHandle);
	EFI_STATUS(EFIAPI *StartImage)
	(EFI_HANDLE ImageHandle, UINTN *ExitDataSize, CHAR16 **ExitData);
	EFI_STATUS(EFIAPI *Exit)
	(EFI_HANDLE ImageHandle, EFI_STATUS ExitStatus, UINTN ExitDataSize, CHAR16 *ExitData);
	EFI_STATUS(EFIAPI *UnloadImage)(EFI_HANDLE ImageHandle);
	EFI_STATUS(EFIAPI *ExitBootServices)(EFI_HANDLE ImageHandle, UINTN MapKey);

	EFI_STATUS(EFIAPI *GetNextMonotonicCount)(UINT64 *Count);
	EFI_STATUS(EFIAPI *Stall)(UINTN Microseconds);
	EFI_STATUS(EFIAPI *SetWatchdogTimer)
	(UINTN Timeout, UINT64 WatchdogCode, UINTN DataSize, CHAR16 *WatchdogData);

	EFI_STATUS(EFIAPI *ConnectController)
	(EFI_HANDLE ControllerHandle, EFI_HANDLE *DriverImageHandle,
	 EFI_DEVICE_PATH_PROTOCOL *RemainingDevicePath, BOOLEAN Recursive);
	EFI_STATUS(EFIAPI *DisconnectController)
	(EFI_HANDLE ControllerHandle, EFI_HANDLE DriverImageHandle, EFI_HANDLE ChildHandle);

	EFI_STATUS(EFIAPI *OpenProtocol)
	(EFI_HANDLE Handle, EFI_GUID *Protocol, VOID **Interface, EFI_HANDLE AgentHandle,
	 EFI_HANDLE ControllerHandle, UINT32 Attributes);
	EFI_STATUS(EFIAPI *CloseProtocol)
	(EFI_HANDLE Handle, EFI_GUID *Protocol, EFI_HANDLE AgentHandle,
	 EFI_HANDLE ControllerHandle);
	EFI_STATUS(EFIAPI *OpenProtocolInformation)
	(EFI_HANDLE Handle, EFI_GUID *Protocol, EFI_OPEN_PROTOCOL_INFORMATION_ENTRY **EntryBuffer,
	 UINTN *EntryCount);

	EFI_STATUS(EFIAPI *ProtocolsPerHandle)
	(EFI_HANDLE Handle, EFI_GUID ***ProtocolBuffer, UINTN *ProtocolBufferCount);
	EFI_STATUS(EFIAPI *LocateHandleBuffer)
	(EFI_LOCATE_SEARCH_TYPE SearchType, EFI_GUID *Protocol, VOID *SearchKey, UINTN *NoHandles,
	 EFI_HANDLE **Buffer);
	EFI_STATUS(EFIAPI *LocateProtocol)
	(EFI_GUID *Protocol, VOID *Registration, VOID **Interface);
	EFI_STATUS(EFIAPI *InstallMultipleProtocolInterfaces)(EFI_HANDLE *Handle, ...);
	EFI_STATUS(EFIAPI *UninstallMultipleProtocolInterfaces)(EFI_HANDLE Handle, ...);

	EFI_STATUS(EFIAPI *CalculateCrc32)(VOID *Data, UINTN DataSize, UINT32 *Crc32);
	VOID(EFIAPI *CopyMem)(VOID *Destination, VOID *Source, UINTN Length);
	VOID(EFIAPI *SetMem)(VOID *Buffer, UINTN Size, UINT8 Value);
	EFI_STATUS(EFIAPI *CreateEventEx)
	(UINT32 Type, EFI_TPL NotifyTpl, EFI_EVENT_NOTIFY NotifyFunction, const VOID *NotifyContext,
	 const EFI_GUID *EventGroup, EFI_EVENT *Event);
} EFI_BOOT_SERVICES;

#define EFI_BOOT_SERVICES_SIGNATURE 0x56524553544f4f42ull

/* 8 */
typedef enum {
	EfiResetCold,
	EfiResetWarm,
	EfiResetShutdown,
	EfiResetPlatformSpecific,
} EFI_RESET_TYPE;

#define EFI_VARIABLE_NON_VOLATILE 0x01u
#define EFI_VARIABLE_BOOTSERVICE_ACCESS 0x02u
#define EFI_VARIABLE_RUNTIME_ACCESS 0x04u
#define EFI_VARIABLE_HARDWARE_ERROR_RECORD 0x08u
#define EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS 0x10u /* deprecated by 8.2 */
#define EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS 0x20u
#define EFI_VARIABLE_APPEND_WRITE 0x40u
#define EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS 0x80u

#define EFI_OPTIONAL_PTR 0x01ull

typedef struct {
	EFI_GUID CapsuleGuid;
	UINT32 HeaderSize;
	UINT32 Flags;
	UINT32 CapsuleImageSize;
} EFI_CAPSULE_HEADER;

#define CAPSULE_FLAGS_PERSIST_ACROSS_RESET 0x00010000u
#define CAPSULE_FLAGS_POPULATE_SYSTEM_TABLE 0x00020000u
#define CAPSULE_FLAGS_INITIATE_RESET 0x00040000u

typedef struct {
	EFI_TABLE_HEADER Hdr;

	EFI_STATUS(EFIAPI *GetTime)(EFI_TIME *Time, EFI_TIME_CAPABILITIES *Capabilities);
	EFI_STATUS(EFIAPI *SetTime)(EFI_TIME *Time);
	EFI_STATUS(EFIAPI *GetWakeupTime)(BOOLEAN *Enabled, BOOLEAN *Pending, EFI_TIME *Time);
	EFI_STATUS(EFIAPI *SetWakeupTime)(BOOLEAN Enable, EFI_TIME *Time);

	EFI_STATUS(EFIAPI *SetVirtualAddressMap)
	(UINTN MemoryMapSize, UINTN DescriptorSize, UINT32 DescriptorVersion,
	 EFI_MEMORY_DESCRIPTOR *VirtualMap);
	EFI_STATUS(EFIAPI *ConvertPointer)(UINTN DebugDisposition, VOID **Address);

	EFI_STATUS(EFIAPI *GetVariable)
	(CHAR16 *VariableName, EFI_GUID *VendorGuid, UINT32 *Attributes, UINTN *DataSize,
	 VOID *Data);
	EFI_STATUS(EFIAPI *GetNextVariableName)
	(UINTN *VariableNameSize, CHAR16 *VariableName, EFI_GUID *VendorGuid);
	EFI_STATUS(EFIAPI *SetVariable)
	(CHAR16 *VariableName, EFI_GUID *VendorGuid, UINT32 Attributes, UINTN DataSize, VOID *Data);

	EFI_STATUS(EFIAPI *GetNextHighMonotonicCount)(UINT32 *HighCount);
	VOID(EFIAPI *ResetSystem)
	(EFI_RESET_TYPE ResetType, EFI_STATUS ResetStatus, UINTN DataSize, VOID *ResetData);

	EFI_STATUS(EFIAPI *UpdateCapsule)
	(EFI_CAPSULE_HEADER **CapsuleHeaderArray, UINTN CapsuleCount,
	 EFI_PHYSICAL_ADDRESS ScatterGatherList);
	EFI_STATUS(EFIAPI *QueryCapsuleCapabilities)
	(EFI_CAPSULE_HEADER **CapsuleHeaderArray, UINTN CapsuleCount, UINT64 *MaximumCapsuleSize,
	 EFI_RESET_TYPE *ResetType);
	EFI_STATUS(EFIAPI *QueryVariableInfo)
	(UINT32 Attributes, UINT64 *MaximumVariableStorageSize,
	 UINT64 *RemainingVariableStorageSize, UINT64 *MaximumVariableSize);
} EFI_RUNTIME_SERVICES;

#define EFI_RUNTIME_SERVICES_SIGNATURE 0x56524553544e5552ull

/* 4.3 */
typedef struct {
	EFI_GUID VendorGuid;
	VOID *VendorTable;
} EFI_CONFIGURATION_TABLE;

typedef struct {
	EFI_TABLE_HEADER Hdr;
	CHAR16 *FirmwareVendor;
	UINT32 FirmwareRevision;
	EFI_HANDLE ConsoleInHandle;
	struct EFI_SIMPLE_TEXT_INPUT_PROTOCOL *ConIn;
	EFI_HANDLE ConsoleOutHandle;
	struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *ConOut;
	EFI_HANDLE StandardErrorHandle;
	struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *StdErr;
	EFI_RUNTIME_SERVICES *RuntimeServices;
	EFI_BOOT_SERVICES *BootServices;
	UINTN NumberOfTableEntries;
	EFI_CONFIGURATION_TABLE *ConfigurationTable;
} EFI_SYSTEM_TABLE;

#define EFI_SYSTEM_TABLE_SIGNATURE 0x5453595320494249ull

/* 4.1 */
typedef EFI_STATUS(EFIAPI *EFI_IMAGE_ENTRY_POINT)(EFI_HANDLE ImageHandle,
						  EFI_SYSTEM_TABLE *SystemTable);

/* 4.6.2 */
typedef struct {
	UINT16 Version;
	UINT16 Length;
	UINT32 RuntimeServicesSupported;
} EFI_RT_PROPERTIES_TABLE;

#define EFI_RT_PROPERTIES_TABLE_VERSION 1
#define EFI_RT_SUPPORTED_GET_TIME 0x0001u
#define EFI_RT_SUPPORTED_SET_TIME 0x0002u
#define EFI_RT_SUPPORTED_GET_WAKEUP_TIME 0x0004u
#define EFI_RT_SUPPORTED_SET_WAKEUP_TIME 0x0008u
#define EFI_RT_SUPPORTED_GET_VARIABLE 0x0010u
#define EFI_RT_SUPPORTED_GET_NEXT_VARIABLE_NAME 0x0020u
#define EFI_RT_SUPPORTED_SET_VARIABLE 0x0040u
#define EFI_RT_SUPPORTED_SET_VIRTUAL_ADDRESS_MAP 0x0080u
#define EFI_RT_SUPPORTED_CONVERT_POINTER 0x0100u
#define EFI_RT_SUPPORTED_GET_NEXT_HIGH_MONOTONIC_COUNT 0x0200u
#define EFI_RT_SUPPORTED_RESET_SYSTEM 0x0400u
#define EFI_RT_SUPPORTED_UPDATE_CAPSULE 0x0800u
#define EFI_RT_SUPPORTED_QUERY_CAPSULE_CAPABILITIES 0x1000u
#define EFI_RT_SUPPORTED_QUERY_VARIABLE_INFO 0x2000u

/* 4.6.4 */
typedef struct {
	UINT32 Version;
	UINT32 NumberOfEntries;
	UINT32 DescriptorSize;
	UINT32 Flags;
	EFI_MEMORY_DESCRIPTOR Entry[];
} EFI_MEMORY_ATTRIBUTES_TABLE;

#define EFI_MEMORY_ATTRIBUTES_TABLE_VERSION 2

/* 4.6.5 */
typedef struct {
	UINT16 Version;
	UINT16 NumberOfProfiles;
	EFI_GUID ConformanceProfiles[];
} EFI_CONFORMANCE_PROFILES_TABLE;

#define EFI_CONFORMANCE_PROFILES_TABLE_VERSION 1
