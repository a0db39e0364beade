/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot sector, checked in full, to struct fat.
 *
 *	offset	size
 *	11	2	bytes per sector: 512, 1024, 2048, 4096
 *	13	1	sectors per cluster: 1, 2, ... 128
 *	14	2	reserved sectors in front of the first FAT, this one included
 *	16	1	number of FATs
 *	17	2	entries in the root directory, 0 on FAT32
 *	19	2	sectors in all, 0: see 32
 *	21	1	media: 0xf0, 0xf8 to 0xff; 0 and 1, which OVMF accepts and Linux does not
 *	22	2	sectors of one FAT, 0: see 36
 *	32	4	sectors in all
 *	36	4	FAT32: sectors of one FAT
 *	40	2	FAT32: bit 7: only the FAT numbered in bits 0 to 3 is in use
 *	42	2	FAT32: version, 0
 *	44	4	FAT32: first cluster of the root directory
 *	48	2	FAT32: sector of the FSInfo structure, 0 or 0xffff: none
 *	54	8	before FAT32: "FAT12   " or "FAT16   ", often
 *	510	2	0x55 0xaa, which Linux, mtools and OVMF do not insist on
 */
#include "core/log.h"
#include "fs/fat/fat.h"
#include "lib/config.h"
#include "lib/util.h"

enum {
	BOOT_SECTOR_SIZE = 512,
	FAT16_CLUSTERS_MIN = 4085,
	FAT16_CLUSTERS_MAX = 65524,
	FAT32_CLUSTERS_MAX = 0x0ffffff5,
	FAT32_ONE_ACTIVE = 1 << 7,
};

struct boot_sector {
	u32 bytes_per_sector, sectors_per_cluster, reserved_sectors, fat_count, root_entries;
	u32 sectors, fat_sectors, fat_sectors_16, flags, version, root_cluster, fs_info_sector;
	u8 media;
	bool says_fat16, is_signed;
};

static struct boot_sector boot_sector_read(const u8 *bytes)
{
	struct boot_sector b = {
		.bytes_per_sector = load_le16(bytes + 11),
		.sectors_per_cluster = bytes[13],
		.reserved_sectors = load_le16(bytes + 14),
		.fat_count = bytes[16],
		.root_entries = load_le16(bytes + 17),
		.sectors = load_le16(bytes + 19),
		.media = bytes[21],
		.fat_sectors_16 = load_le16(bytes + 22),
		.flags = load_le16(bytes + 40),
		.version = load_le16(bytes + 42),
		.root_cluster = load_le32(bytes + 44),
		.fs_info_sector = load_le16(bytes + 48),
		.says_fat16 = memcmp(bytes + 54, "FAT16   ", 8) == 0,
		.is_signed = load_le16(bytes + 510) == 0xaa55,
	};

	if (!b.sectors)
		b.sectors = load_le32(bytes + 32);
	b.fat_sectors = b.fat_sectors_16 ? b.fat_sectors_16 : load_le32(bytes + 36);
	return b;
}

static bool areas_are_valid(const struct boot_sector *b)
{
	return b->reserved_sectors && b->fat_count && b->fat_sectors;
}

static bool sizes_are_valid(const struct boot_sector *b)
{
	return is_power_of_two(b->bytes_per_sector) && b->bytes_per_sector >= BLOCK_SIZE_MIN &&
	       b->bytes_per_sector <= BLOCK_SIZE_MAX && is_power_of_two(b->sectors_per_cluster);
}

/*
 * This excludes MBRs and boot sectors of other file systems: NTFS has no reserved sectors and no
 * FATs. Without the signature, or with media 0 or 1, everything else must be correct.
 */
static bool is_recognized(const struct boot_sector *b)
{
	if (b->media > 1 && b->media != 0xf0 && b->media < 0xf8)
		return false;
	if (b->media > 1 && b->is_signed)
		return b->reserved_sectors || b->fat_count;
	return areas_are_valid(b) && sizes_are_valid(b);
}

/*
 * Was it made as FAT16, although it has as few clusters as FAT12? If so, it says FAT16, has a table
 * of that size, and the table starts with two 16-bit links.
 */
static bool is_small_fat16(const struct boot_sector *b, const struct fat *fat, u64 cluster_count)
{
	u8 links[4];

	return b->says_fat16 &&
	       (u64)b->fat_sectors * b->bytes_per_sector / 2 >= cluster_count + FAT_FIRST_CLUSTER &&
	       !block_read_bytes(fat->volume.device, fat->table_offset, sizeof(links), links) &&
	       load_le32(links) == (0xffffff00 | b->media);
}

/*
 * A volume without a 16-bit FAT size is FAT32, however few clusters it has, because tools make such
 * volumes. Otherwise the number of clusters decides.
 */
static u32 entry_bits(const struct boot_sector *b, struct fat *fat, u64 cluster_count)
{
	if (b->fat_sectors_16 == 0)
		return 32;
	if (cluster_count >= FAT16_CLUSTERS_MIN)
		return 16;
	if (!is_small_fat16(b, fat, cluster_count))
		return 12;
	/* Other systems treat it as FAT12. Whichever is correct, it must not be written. */
	fat->volume.read_only = true;
	return 16;
}

/* Checks fields that only FAT32 has; @fat->cluster_count is known. */
static enum status check_fat32(const struct boot_sector *b, struct fat *fat)
{
	if (b->version)
		return unsupported("FAT32: version 0x%x", b->version);
	if (!fat_has_cluster(fat, b->root_cluster))
		return corrupt("FAT32: root directory in cluster %u of %u", b->root_cluster,
			       fat->cluster_count);
	fat->root_cluster = b->root_cluster;
	if (IS_ENABLED(CONFIG_FILE_INFO) && b->fs_info_sector < b->reserved_sectors)
		fat->fs_info_offset = (u64)b->fs_info_sector * b->bytes_per_sector;
	if (b->flags & FAT32_ONE_ACTIVE) {
		u32 active = b->flags & 15;

		if (active >= b->fat_count)
			return corrupt("FAT32: FAT %u of %u in use", active, b->fat_count);
		fat->table_offset += active * fat->table_size;
		fat->table_count = 1;
	}
	return OK;
}

static enum status check(const struct boot_sector *b, struct fat *fat)
{
	const u64 device_size = block_size_bytes(fat->volume.device);
	u64 root_sectors, root_sector, data_sector, cluster_count, usable_count;
	u32 bits;

	if (!sizes_are_valid(b))
		return corrupt("FAT: clusters of %u sectors of %u bytes", b->sectors_per_cluster,
			       b->bytes_per_sector);
	if (!areas_are_valid(b))
		return corrupt("FAT: %u reserved sectors, %u FATs of %u sectors",
			       b->reserved_sectors, b->fat_count, b->fat_sectors);

	root_sectors = ((u64)b->root_entries * FAT_ENTRY_SIZE + b->bytes_per_sector - 1) /
		       b->bytes_per_sector;
	root_sector = b->reserved_sectors + (u64)b->fat_count * b->fat_sectors;
	data_sector = root_sector + root_sectors;
	fat->data_offset = data_sector * b->bytes_per_sector;
	if (data_sector >= b->sectors || fat->data_offset > device_size)
		return corrupt("FAT: data from sector %lu of %u, on a device of %lu bytes",
			       data_sector, b->sectors, device_size);
	cluster_count = (b->sectors - data_sector) / b->sectors_per_cluster;
	fat->table_offset = (u64)b->reserved_sectors * b->bytes_per_sector;
	fat->table_size = (u64)b->fat_sectors * b->bytes_per_sector;
	fat->table_count = b->fat_count;
	bits = entry_bits(b, fat, cluster_count);
	fat->variant = fat_variant_find(bits);
	if (!fat->variant)
		return unsupported("FAT%u is not built in", bits);

	/* Clusters that are truncated or have no link affect only the files in them. */
	fat->cluster_shift = (u32)__builtin_ctz(b->bytes_per_sector * b->sectors_per_cluster);
	usable_count = min_u64(fat->table_size * 8 / bits - FAT_FIRST_CLUSTER,
			       (device_size - fat->data_offset) >> fat->cluster_shift);
	usable_count = min_u64(usable_count, FAT32_CLUSTERS_MAX);
	if (usable_count < cluster_count) {
		log_warning("FAT%u: only %lu of %lu clusters are on the device and in the FAT",
			    bits, usable_count, cluster_count);
		cluster_count = usable_count;
		fat->volume.read_only = true;
	}
	if (bits == 16 && cluster_count > FAT16_CLUSTERS_MAX)
		return corrupt("FAT16: %lu clusters", cluster_count);
	if (cluster_count == 0)
		return corrupt("FAT%u: no clusters", bits);

	fat->cluster_count = (u32)cluster_count;
	if (bits == 32)
		return check_fat32(b, fat);
	if (!b->root_entries)
		return corrupt("FAT%u: no root directory", bits);
	fat->root_cluster = FAT_FIXED_ROOT;
	fat->root_offset = root_sector * b->bytes_per_sector;
	fat->root_size = b->root_entries * FAT_ENTRY_SIZE;
	return OK;
}

static enum status mount(struct block_device *device, struct arena *arena, struct volume **out)
{
	u8 bytes[BOOT_SECTOR_SIZE];
	struct boot_sector b;
	struct fat *fat;
	enum status status = block_read_bytes(device, 0, sizeof(bytes), bytes);

	if (status)
		return status;
	b = boot_sector_read(bytes);
	if (!is_recognized(&b))
		return ERR_UNRECOGNIZED;
	fat = arena_allocate(arena, sizeof(*fat));
	if (!fat)
		return ERR_NO_MEMORY;
	fat->volume = (struct volume){
		.ops = &fat_ops,
		.device = device,
		.read_only = device->read_only || !IS_ENABLED(CONFIG_FAT_WRITE),
	};
	status = check(&b, fat);
	if (status)
		return status;
	log_debug("FAT%u: %u clusters of %u bytes", fat->variant->entry_bits, fat->cluster_count,
		  1u << fat->cluster_shift);
	if (IS_ENABLED(CONFIG_FILE_INFO))
		fat_read_fs_info(fat);
	*out = &fat->volume;
	return OK;
}

enum status fat_root(struct volume *volume, struct file *out)
{
	const struct fat *fat = container_of(volume, struct fat, volume);

	*out = (struct file){ .volume = volume,
			      .is_directory = true,
			      .generation = volume->generation };
	fat_file_of(out)->first_cluster = fat->root_cluster;
	return OK;
}

const struct fs_ops fat_ops = {
	.name = "FAT",
	.mount = mount,
	.root = fat_root,
	.next = fat_next,
	.find = fat_find,
	.read = fat_read,
	.info = IS_ENABLED(CONFIG_FILE_INFO) ? fat_info : NULL,
	.file_name = IS_ENABLED(CONFIG_FILE_INFO) ? fat_file_name : NULL,
	.parent = IS_ENABLED(CONFIG_FILE_INFO) ? fat_parent : NULL,
	.space = IS_ENABLED(CONFIG_FILE_INFO) ? fat_space : NULL,
	.label = IS_ENABLED(CONFIG_FILE_INFO) ? fat_label : NULL,
	.set_label = IS_ENABLED(CONFIG_FAT_LABEL) ? fat_set_label : NULL,
	.refresh = IS_ENABLED(CONFIG_FAT_WRITE) ? fat_refresh : NULL,
	.create = IS_ENABLED(CONFIG_FAT_WRITE) ? fat_create : NULL,
	.write = IS_ENABLED(CONFIG_FAT_WRITE) ? fat_write : NULL,
	.resize = IS_ENABLED(CONFIG_FAT_WRITE) ? fat_resize : NULL,
	.move = IS_ENABLED(CONFIG_FAT_WRITE) ? fat_move : NULL,
	.remove = IS_ENABLED(CONFIG_FAT_WRITE) ? fat_remove : NULL,
	.set_info = IS_ENABLED(CONFIG_FAT_WRITE) ? fat_set_info : NULL,
};
