/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device path of a disk or partition (UEFI 2.11, 10.3): the PCI root bus and each function down
 * to the disk, or the registers of virtio over MMIO; then, for a partition, its HD or CDROM node.
 * Boot options keep these bytes, so they must be the same at each boot.
 */
#include "core/device.h"
#include "efi/protocols/disk.h"
#include "lib/config.h"

enum { PNP_PCI_ROOT = 0x0a03 };

/* @path with @node appended; @path is given back. NULL if one of them could not be made. */
static EFI_DEVICE_PATH_PROTOCOL *extend(EFI_DEVICE_PATH_PROTOCOL *path, const void *node)
{
	EFI_DEVICE_PATH_PROTOCOL *longer = path ? efi_path_append_node(path, node) : NULL;

	efi_free(path);
	return longer;
}

EFI_DEVICE_PATH_PROTOCOL *efi_path_of_pci(const struct device_address *address)
{
	/* The _UID in the DSDTs of VMMs: the segment, or the number of an expander's bus. */
	const ACPI_HID_DEVICE_PATH root = {
		.Header = EFI_NODE(ACPI_HID_DEVICE_PATH, ACPI_DEVICE_PATH, ACPI_DP),
		.HID = EISA_PNP_ID(PNP_PCI_ROOT),
		.UID = address->segment ? address->segment : address->root_bus,
	};
	EFI_DEVICE_PATH_PROTOCOL *path = extend(efi_path_copy(NULL), &root);

	for (u32 i = 0; i < address->depth; i++) {
		const PCI_DEVICE_PATH function = {
			.Header = EFI_NODE(PCI_DEVICE_PATH, HARDWARE_DEVICE_PATH, HW_PCI_DP),
			.Function = address->functions[i] & 7,
			.Device = address->functions[i] >> 3,
		};

		path = extend(path, &function);
	}
	return path;
}

static EFI_DEVICE_PATH_PROTOCOL *path_of_virtio_mmio(u64 base)
{
	struct [[gnu::packed]] {
		VENDOR_DEVICE_PATH vendor;
		UINT64 base;
	} node = { .base = base };

	node.vendor.Header =
		(EFI_DEVICE_PATH_PROTOCOL)EFI_NODE(node, HARDWARE_DEVICE_PATH, HW_VENDOR_DP);
	node.vendor.Guid = guid_virtio_mmio_transport;
	return extend(efi_path_copy(NULL), &node);
}

/* Deeper in bridges than we record: told apart by their order. */
static EFI_DEVICE_PATH_PROTOCOL *path_of_unknown(void)
{
	static u32 count;
	const CONTROLLER_DEVICE_PATH node = {
		.Header = EFI_NODE(CONTROLLER_DEVICE_PATH, HARDWARE_DEVICE_PATH, HW_CONTROLLER_DP),
		.ControllerNumber = count++,
	};

	return extend(efi_path_copy(NULL), &node);
}

static HARDDRIVE_DEVICE_PATH hard_drive_node(const struct block_device *partition)
{
	const struct partition_id *id = partition->id;
	HARDDRIVE_DEVICE_PATH node = {
		.Header = EFI_NODE(HARDDRIVE_DEVICE_PATH, MEDIA_DEVICE_PATH, MEDIA_HARDDRIVE_DP),
		.PartitionNumber = partition->partition_number,
		.PartitionStart = partition->first_block,
		.PartitionSize = partition->block_count,
		.MBRType = MBR_TYPE_PCAT,
		.SignatureType = NO_DISK_SIGNATURE,
	};

	if (id && id->kind == PARTITION_ID_GPT) {
		node.MBRType = MBR_TYPE_EFI_PARTITION_TABLE_HEADER;
		node.SignatureType = SIGNATURE_TYPE_GUID;
		memcpy(node.Signature, &id->unique, sizeof(id->unique));
	} else if (id) {
		node.SignatureType = SIGNATURE_TYPE_MBR;
		store_le32(node.Signature, id->disk_signature);
	}
	return node;
}

/* 10.3.4.6: without a port multiplier. */
static EFI_DEVICE_PATH_PROTOCOL *append_sata(EFI_DEVICE_PATH_PROTOCOL *controller, u16 port)
{
	const SATA_DEVICE_PATH node = {
		.Header = EFI_NODE(SATA_DEVICE_PATH, MESSAGING_DEVICE_PATH, MSG_SATA_DP),
		.HBAPortNumber = port,
		.PortMultiplierPortNumber = SATA_HBA_DIRECT_CONNECT_FLAG,
	};

	return extend(controller, &node);
}

/* 10.3.4.1 */
static EFI_DEVICE_PATH_PROTOCOL *append_ata(EFI_DEVICE_PATH_PROTOCOL *controller, u16 channel,
					    u16 drive)
{
	const ATAPI_DEVICE_PATH node = {
		.Header = EFI_NODE(ATAPI_DEVICE_PATH, MESSAGING_DEVICE_PATH, MSG_ATAPI_DP),
		.PrimarySecondary = (UINT8)channel,
		.SlaveMaster = (UINT8)drive,
	};

	return extend(controller, &node);
}

/* 10.3.4.2 */
static EFI_DEVICE_PATH_PROTOCOL *append_scsi(EFI_DEVICE_PATH_PROTOCOL *controller, u16 target,
					     u16 lun)
{
	const SCSI_DEVICE_PATH node = {
		.Header = EFI_NODE(SCSI_DEVICE_PATH, MESSAGING_DEVICE_PATH, MSG_SCSI_DP),
		.Pun = target,
		.Lun = lun,
	};

	return extend(controller, &node);
}

/* 10.3.4.21: the EUI-64 in the order of bytes that EDK II stores in boot options, too. */
static EFI_DEVICE_PATH_PROTOCOL *append_namespace(EFI_DEVICE_PATH_PROTOCOL *controller,
						  const struct device_address *address)
{
	const NVME_NAMESPACE_DEVICE_PATH node = {
		.Header = EFI_NODE(NVME_NAMESPACE_DEVICE_PATH, MESSAGING_DEVICE_PATH,
				   MSG_NVME_NAMESPACE_DP),
		.NamespaceId = address->namespace_id,
		.NamespaceUuid = address->eui64,
	};

	return extend(controller, &node);
}

static EFI_DEVICE_PATH_PROTOCOL *path_of_place(const struct device_address *address)
{
	if (address && address->bus == DEVICE_PCI && address->depth)
		return efi_path_of_pci(address);
	if (address && address->bus == DEVICE_VIRTIO_MMIO)
		return path_of_virtio_mmio(address->base);
	return path_of_unknown();
}

EFI_DEVICE_PATH_PROTOCOL *efi_path_of_address(const struct device_address *address)
{
	EFI_DEVICE_PATH_PROTOCOL *path = path_of_place(address);

	if (IS_ENABLED(CONFIG_AHCI) && address && address->unit == DEVICE_UNIT_SATA)
		return append_sata(path, address->port);
	if (IS_ENABLED(CONFIG_IDE) && address && address->unit == DEVICE_UNIT_IDE)
		return append_ata(path, address->port, address->lun);
	if (IS_ENABLED(CONFIG_VIRTIO_SCSI) && address && address->unit == DEVICE_UNIT_SCSI)
		return append_scsi(path, address->port, address->lun);
	if (IS_ENABLED(CONFIG_NVME) && address && address->unit == DEVICE_UNIT_NVME)
		return append_namespace(path, address);
	return path;
}

/* 10.3.5.2: its number in the boot catalog counts from 0. */
static EFI_DEVICE_PATH_PROTOCOL *append_cdrom(const EFI_DEVICE_PATH_PROTOCOL *disk,
					      const struct block_device *image)
{
	const CDROM_DEVICE_PATH node = {
		.Header = EFI_NODE(CDROM_DEVICE_PATH, MEDIA_DEVICE_PATH, MEDIA_CDROM_DP),
		.BootEntry = image->partition_number - 1,
		.PartitionStart = image->first_block,
		.PartitionSize = image->block_count,
	};

	return efi_path_append_node(disk, &node);
}

EFI_DEVICE_PATH_PROTOCOL *efi_path_of_device(const struct block_device *device)
{
	if (device->disk) {
		HARDDRIVE_DEVICE_PATH node = hard_drive_node(device);
		EFI_HANDLE disk = efi_handle_of_device(device->disk);
		const EFI_DEVICE_PATH_PROTOCOL *parent = efi_interface_of(disk, &guid_device_path);

		if (!parent)
			return NULL;
		if (IS_ENABLED(CONFIG_PARTITION_EL_TORITO) && device->id &&
		    device->id->kind == PARTITION_ID_EL_TORITO)
			return append_cdrom(parent, device);
		return efi_path_append_node(parent, &node);
	}
	return efi_path_of_address(device->address);
}
