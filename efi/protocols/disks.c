/* SPDX-License-Identifier: Apache-2.0 */
/* One handle for each disk and each partition, with the protocols for what is there. */
#include "core/log.h"
#include "core/partition.h"
#include "efi/protocols/disk.h"
#include "lib/config.h"
#include "lib/util.h"

static struct efi_disk *disks; /* newest first */

static struct efi_disk *disk_of_device(const struct block_device *device)
{
	for (struct efi_disk *disk = disks; disk; disk = disk->next)
		if (disk->device == device)
			return disk;
	return NULL;
}

static struct efi_disk *disk_of_handle(EFI_HANDLE handle)
{
	for (struct efi_disk *disk = disks; disk; disk = disk->next)
		if (&disk->object == handle)
			return disk;
	return NULL;
}

EFI_HANDLE efi_handle_of_device(const struct block_device *device)
{
	struct efi_disk *disk = disk_of_device(device);

	return disk ? &disk->object : NULL;
}

EFI_HANDLE efi_handle_of_volume(const struct volume *volume)
{
	for (struct efi_disk *disk = disks; disk; disk = disk->next)
		if (disk->volume == volume)
			return &disk->object;
	return NULL;
}

struct block_device *efi_device_of_handle(EFI_HANDLE handle)
{
	struct efi_disk *disk = disk_of_handle(handle);

	return disk ? disk->device : NULL;
}

struct volume *efi_volume_of_handle(EFI_HANDLE handle)
{
	struct efi_disk *disk = disk_of_handle(handle);

	return disk ? disk->volume : NULL;
}

/* UEFI 2.11, 13.18. */
static void fill_partition_info(struct efi_disk *disk)
{
	const struct block_device *device = disk->device;
	const struct partition_id *id = device->id;
	EFI_PARTITION_INFO_PROTOCOL *info = &disk->partition_info;

	*info = (EFI_PARTITION_INFO_PROTOCOL){
		.Revision = EFI_PARTITION_INFO_PROTOCOL_REVISION,
		.Type = id->kind == PARTITION_ID_GPT ? PARTITION_TYPE_GPT : PARTITION_TYPE_MBR,
		.System = device->kind == PARTITION_ESP,
	};
	/* The image of a CD-ROM is in no such table, and is not a system partition. */
	if (IS_ENABLED(CONFIG_PARTITION_EL_TORITO) && id->kind == PARTITION_ID_EL_TORITO) {
		info->Type = PARTITION_TYPE_OTHER;
		info->System = false;
		return;
	}
	if (id->kind == PARTITION_ID_MBR) {
		memcpy(&info->Info.Mbr, id->record, sizeof(info->Info.Mbr));
		return;
	}
	info->Info.Gpt = (EFI_PARTITION_ENTRY){
		.PartitionTypeGUID = id->type,
		.UniquePartitionGUID = id->unique,
		.StartingLBA = device->first_block,
		.EndingLBA = device->first_block + device->block_count - 1,
		.Attributes = id->attributes,
	};
	memcpy(info->Info.Gpt.PartitionName, id->name, sizeof(id->name));
}

static EFI_STATUS install_partition_protocols(struct efi_disk *disk)
{
	if (!disk->device->id)
		return EFI_SUCCESS;
	fill_partition_info(disk);
	return efi_install(&disk->object, &guid_partition_info, &disk->partition_info);
}

/*
 * 5.3.3: each partition of a GPT carries its type as a protocol, without an interface. The disk
 * chooses the type: one that is a protocol of the handle's own costs it nothing.
 */
static EFI_STATUS publish_type(struct efi_disk *disk)
{
	const struct partition_id *id = disk->device->id;

	if (!id || id->kind != PARTITION_ID_GPT || efi_has_protocol(&disk->object, &id->type))
		return EFI_SUCCESS;
	return efi_install(&disk->object, &id->type, NULL);
}

static EFI_STATUS install_all(struct efi_disk *disk)
{
	struct efi_object *object = &disk->object;
	EFI_STATUS status = efi_install(object, &guid_device_path, disk->path);

	if (!status)
		status = efi_install(object, &guid_block_io, &disk->block_io);
	if (!status && IS_ENABLED(CONFIG_EFI_DISK_IO)) {
		efi_disk_io_init(disk);
		status = efi_install(object, &guid_disk_io, &disk->disk_io);
	}
	if (!status)
		status = install_partition_protocols(disk);
	return status;
}

static EFI_STATUS publish_volume(struct efi_disk *disk, struct block_device *partition)
{
	if (partition_volume(partition, &disk->volume))
		return EFI_SUCCESS;
	efi_file_system_init(disk);
	return efi_install(&disk->object, &guid_simple_file_system, &disk->file_system);
}

static EFI_STATUS publish(struct block_device *device, struct efi_disk **out)
{
	struct efi_disk *disk = efi_allocate(sizeof(*disk));
	EFI_STATUS status;

	if (!disk)
		return EFI_OUT_OF_RESOURCES;
	disk->device = device;
	disk->path = efi_path_of_device(device);
	if (!disk->path)
		return EFI_OUT_OF_RESOURCES;
	efi_block_io_init(disk);
	status = install_all(disk);
	if (status)
		return status;
	disk->next = disks;
	disks = disk;
	*out = disk;
	return EFI_SUCCESS;
}

static EFI_STATUS publish_partitions(struct efi_disk *disk)
{
	const struct partition_table *table;

	if (disk_partitions(disk->device, &table))
		return EFI_SUCCESS;
	for (u32 i = 0; i < table->count; i++) {
		struct block_device *partition = &table->partitions[i];
		struct efi_disk *published = disk;
		EFI_STATUS status = EFI_SUCCESS;

		/* A disk without a table is its own partition. */
		if (partition->kind != PARTITION_WHOLE_DISK)
			status = publish(partition, &published);
		if (!status)
			status = publish_volume(published, partition);
		if (!status)
			status = publish_type(published);
		if (status)
			return status;
	}
	return EFI_SUCCESS;
}

EFI_STATUS efi_disks_publish(void)
{
	for (struct block_device *device = block_first(); device; device = block_next(device)) {
		struct efi_disk *disk;
		EFI_STATUS status = publish(device, &disk);

		if (!status)
			status = publish_partitions(disk);
		/* An error on one disk must not affect the others. */
		if (status)
			log_error("%s: %s", device->name, efi_status_name(status));
	}
	return EFI_SUCCESS;
}
