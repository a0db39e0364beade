/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file has a line for each device with a bootindex, in the order in which they are to be tried.
 * A line is an OpenFirmware path (IEEE 1275, 3.2.1.1), with names and numbers as written by QEMU's
 * qdev_get_fw_dev_path():
 *
 *	/pci@i0cf8/scsi@4/disk@0,0
 *		device 4 on the first root bus, function 0
 *	/pci@i0cf8/pci-bridge@2,1/scsi@0/disk@0,0
 *		behind the bridge that is device 2, function 1
 *	/pci@i0cf8,1/pci-bridge@0/scsi@1/disk@0,0
 *		of the first further root bus (pxb, pxb-pcie)
 *	/pci@i0cf8/pci8086,2922@1f,2/drive@1/disk@0
 *		at port 1 of an AHCI controller
 *	/pci@i0cf8/ide@1,1/drive@1/disk@0
 *		drive 0 on channel 1 of an IDE controller
 *	/pci@i0cf8/scsi@4/channel@0/disk@2,1
 *		LUN 1 of target 2 behind virtio-scsi
 *	/pci@i0cf8/pci1b36,0010@5/namespace@1,0
 *		namespace 1 of an NVMe controller
 *	/virtio-mmio@00000000feb02e00/disk@0,0
 *		by the address of its registers
 *	/nvme-ns/namespace@0,0
 *		some namespace, of QEMU 11.1
 *	/rom@genroms/pvh.bin
 *		an option ROM: no disk
 *	HALT
 *		at the end: nothing else may be tried
 *
 * Numbers are hexadecimal. What follows virtio-blk does not matter, because it has only one disk.
 */
#include "drivers/platform/boot_order.h"

#include "core/arena.h"
#include "core/block.h"
#include "core/device.h"
#include "core/log.h"
#include "drivers/platform/fw_cfg.h"
#include "lib/config.h"
#include "lib/text.h"
#include "lib/util.h"

enum { FILE_SIZE_MAX = 64 * 1024, LINES_MAX = 512, DEVICES_MAX = 32, FUNCTIONS_MAX = 8 };

struct node {
	struct span name, address;
};

/* Removes "/name@address" from the start of @rest. False: it is not there. */
static bool next_node(struct span *rest, struct node *out)
{
	struct span *part = &out->name;

	*out = (struct node){ 0 };
	if (!rest->size || rest->data[0] != '/')
		return false;
	*rest = span_from(*rest, 1);
	out->name.data = rest->data;
	while (rest->size && rest->data[0] != '/') {
		if (rest->data[0] == '@' && part == &out->name) {
			part = &out->address;
			part->data = rest->data + 1;
		} else {
			part->size++;
		}
		*rest = span_from(*rest, 1);
	}
	return true;
}

/*
 * Removes a hexadecimal number from the start of @text. False: there is none, or it is too large.
 */
static bool next_number(struct span *text, u64 max, u64 *out)
{
	bool has_digit = false;

	*out = 0;
	for (; text->size; *text = span_from(*text, 1)) {
		u8 digit = text_digit(text->data[0]);

		if (digit == UINT8_MAX)
			break;
		if (*out > UINT64_MAX >> 4)
			return false;
		*out = *out << 4 | digit;
		has_digit = true;
	}
	return has_digit && *out <= max;
}

/* What may follow, "" or ",number": 0 if it is not there. False: it is something else. */
static bool last_number(struct span text, u64 max, u64 *out)
{
	*out = 0;
	if (span_is_empty(text))
		return true;
	if (text.data[0] != ',')
		return false;
	text = span_from(text, 1);
	return next_number(&text, max, out) && span_is_empty(text);
}

static bool read_unit_number(struct span text, enum device_unit unit, u64 lun_max,
			     struct device_address *out)
{
	u64 port, lun;

	if (!next_number(&text, UINT8_MAX, &port) || !last_number(text, lun_max, &lun))
		return false;
	out->unit = unit;
	out->port = (u16)port;
	out->lun = (u16)lun;
	return true;
}

/* Reads the channel in @address, then the drive. */
static bool read_ide(struct span address, struct span rest, struct device_address *out)
{
	struct node node;
	u64 drive;

	if (!read_unit_number(address, DEVICE_UNIT_IDE, 0, out) || !next_node(&rest, &node) ||
	    !next_number(&node.address, UINT8_MAX, &drive) || !span_is_empty(node.address))
		return false;
	out->lun = (u16)drive;
	return true;
}

static bool read_namespace(struct span text, struct device_address *out)
{
	u64 number, what_follows;

	if (!next_number(&text, UINT32_MAX, &number) || !number ||
	    !last_number(text, UINT32_MAX, &what_follows))
		return false;
	out->unit = DEVICE_UNIT_NVME;
	out->namespace_id = (u32)number;
	return true;
}

/*
 * Finds the disk of @controller that @rest names. If it names none, that is the only one, or all of
 * them (QEMU does not say which namespace an nvme-ns is).
 */
static bool read_unit(struct span controller, struct span rest, struct device_address *out)
{
	struct node node;

	if (!next_node(&rest, &node))
		return true;
	if (IS_ENABLED(CONFIG_IDE) && text_equals(controller, "ide"))
		return read_ide(node.address, rest, out);
	if (text_equals(node.name, "drive"))
		return read_unit_number(node.address, DEVICE_UNIT_SATA, 0, out);
	if (IS_ENABLED(CONFIG_NVME) && text_equals(node.name, "namespace"))
		return read_namespace(node.address, out);
	if (!IS_ENABLED(CONFIG_VIRTIO_SCSI) || !text_equals(node.name, "channel"))
		return true;
	return text_equals(node.address, "0") && next_node(&rest, &node) &&
	       text_equals(node.name, "disk") &&
	       read_unit_number(node.address, DEVICE_UNIT_SCSI, UINT16_MAX, out);
}

/* The functions from a root bus downwards: bridges, then one that is not a bridge. */
static bool read_functions(struct span rest, struct device_address *out)
{
	struct node node;

	while (next_node(&rest, &node)) {
		u64 device, function;

		if (out->depth == DEVICE_DEPTH_MAX ||
		    !next_number(&node.address, DEVICES_MAX - 1, &device) ||
		    !last_number(node.address, FUNCTIONS_MAX - 1, &function))
			return false;
		out->functions[out->depth++] = (u8)(device << 3 | function);
		if (!text_equals(node.name, "pci-bridge"))
			return read_unit(node.name, rest, out);
	}
	return false;
}

/*
 * Removes the host bridge's address from the root's: its port or, on QEMU's microvm, the address of
 * registers that it does not have (all ones).
 */
static bool skip_host_bridge(struct span *address)
{
	static const struct span port = SPAN("i0cf8");
	u64 registers;

	if (!span_starts_with(*address, port))
		return next_number(address, UINT64_MAX, &registers);
	*address = span_from(*address, port.size);
	return true;
}

static bool read_path(struct span path, struct device_address *out)
{
	struct node root;
	u64 number;

	*out = (struct device_address){ 0 };
	if (!next_node(&path, &root))
		return false;
	if (text_equals(root.name, "virtio-mmio")) {
		out->bus = DEVICE_VIRTIO_MMIO;
		return next_number(&root.address, UINT64_MAX, &out->base) &&
		       span_is_empty(root.address) && read_unit(root.name, path, out);
	}
	if (!text_equals(root.name, "pci") || !skip_host_bridge(&root.address) ||
	    !last_number(root.address, UINT8_MAX, &number))
		return false;
	out->bus = DEVICE_PCI;
	out->root_index = (u8)number;
	return read_functions(path, out);
}

static bool is_rom(struct span line)
{
	return span_starts_with(line, SPAN("/rom@"));
}

/* Is it a disk for which QEMU gives neither the controller nor the number? */
static bool has_no_place(struct span line)
{
	return span_starts_with(line, SPAN("/nvme-ns/"));
}

void boot_order_apply(struct span text)
{
	bool has_device = false, has_place = true;
	struct span line;

	text = text_of_file(text);
	for (u32 i = 0; i < LINES_MAX && text_next_line(&text, &line); i++) {
		struct device_address address;

		if (text_equals(line, "HALT")) {
			/*
			 * Does not apply if there are only option ROMs, because users do not know
			 * about the one of -kernel, nor if it is unknown which disks may be tried.
			 */
			block_only_stated = has_device && has_place;
			return;
		}
		if (span_is_empty(line) || is_rom(line))
			continue;
		has_device = true;
		if (has_no_place(line)) {
			has_place = false;
			log_info("bootindex: %.*s: tried in the order of the bus, as are disks "
				 "without a bootindex",
				 (int)min_u64(line.size, 80), (const char *)line.data);
			continue;
		}
		if (!read_path(line, &address) || !block_state_turn(&address))
			log_info("bootindex: %.*s: no such disk was found",
				 (int)min_u64(line.size, 80), (const char *)line.data);
		else
			log_debug("bootindex: %.*s", (int)min_u64(line.size, 80),
				  (const char *)line.data);
	}
}

void boot_order_probe(void)
{
	const struct fw_cfg_file *file = fw_cfg_find("bootorder");
	struct arena arena = { 0 };
	u8 *bytes;

	if (!file || !file->size)
		return;
	if (file->size > FILE_SIZE_MAX)
		return log_warning("bootindex: a list of %u bytes is ignored", file->size);
	bytes = arena_allocate(&arena, file->size);
	if (!bytes || fw_cfg_read(file->item, 0, file->size, bytes))
		log_warning("bootindex: the list cannot be read");
	else
		boot_order_apply(span_of(bytes, file->size));
	arena_release(&arena);
}
