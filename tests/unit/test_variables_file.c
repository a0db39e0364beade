/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables on a system partition: which store is loaded, what is written and when, and the result
 * of interrupted writes.
 */
#include "efi/variables_file.h"

#include "core/partition.h"
#include "efi/efi.h"
#include "efi/variables.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/text_variables.h"
#include "tests/unit/test.h"

/* The other parts of UEFI that are needed here. */
EFI_SYSTEM_TABLE *efi_system_table;

EFI_STATUS efi_set_configuration_table(const EFI_GUID *guid, void *table)
{
	(void)guid, (void)table;
	return EFI_SUCCESS;
}

void efi_table_update_crc(EFI_TABLE_HEADER *header)
{
	header->CRC32 = 1;
}

void efi_signal_group(const EFI_GUID *group)
{
	(void)group;
}

u32 efi_group_notifications(const EFI_GUID *group, struct efi_notification *out, u32 count_max)
{
	(void)group, (void)out, (void)count_max;
	return 0;
}

/* Freed at the latest when the disks are cleared. */
enum { PIECES_MAX = 512 };
static void *pieces[PIECES_MAX];
static u32 piece_count;

void *efi_allocate(size_t size)
{
	if (piece_count == PIECES_MAX)
		abort();
	return pieces[piece_count++] = calloc(1, size);
}

void efi_free(void *memory)
{
	for (u32 i = 0; i < piece_count; i++)
		if (pieces[i] == memory)
			pieces[i] = NULL;
	free(memory);
}

enum { NODES_MAX = 8, NODE_SIZE = 4 * 1024 * 1024, DISKS = 3 };

/* A file system with a few files, whose writes can be interrupted at any byte. */
struct node {
	char name[32];
	u32 parent;
	bool is_directory;
	u64 size;
	u8 *bytes;
};

struct test_volume {
	struct volume volume;
	struct node nodes[NODES_MAX]; /* the first is the root */
	u32 count;
};

static struct test_volume volumes[DISKS];
static struct memory_disk disks[DISKS];
static u64 writes_left; /* bytes, and one for each other change */
static u64 changes;

static struct test_volume *volume_of(const struct file *file)
{
	return container_of(file->volume, struct test_volume, volume);
}

static struct node *node_of(const struct file *file)
{
	return &volume_of(file)->nodes[file->state[0]];
}

static enum status open_node(struct test_volume *volume, u32 index, struct file *out)
{
	*out = (struct file){ .volume = &volume->volume,
			      .size = volume->nodes[index].size,
			      .is_directory = volume->nodes[index].is_directory,
			      .generation = volume->volume.generation };
	out->state[0] = index;
	return OK;
}

static bool change(u64 size)
{
	u64 done = size < writes_left ? size : writes_left;

	changes += done;
	writes_left -= done;
	return done == size;
}

static enum status fs_mount(struct block_device *device, struct arena *arena, struct volume **out)
{
	(void)arena;
	for (u32 i = 0; i < DISKS; i++) {
		if (device->disk != &disks[i].device && device != &disks[i].device)
			continue;
		volumes[i].volume.device = device;
		*out = &volumes[i].volume;
		return OK;
	}
	return ERR_UNRECOGNIZED;
}

static enum status fs_root(struct volume *volume, struct file *out)
{
	return open_node(container_of(volume, struct test_volume, volume), 0, out);
}

static enum status fs_find(const struct file *directory, struct span name, struct file *out)
{
	struct test_volume *volume = volume_of(directory);

	for (u32 i = 1; i < volume->count; i++)
		if (volume->nodes[i].parent == directory->state[0] &&
		    span_equals(name, span_of_string(volume->nodes[i].name)))
			return open_node(volume, i, out);
	return ERR_NOT_FOUND;
}

static enum status fs_read(struct file *file, u64 offset, size_t size, void *buffer)
{
	memcpy(buffer, node_of(file)->bytes + offset, size);
	return OK;
}

static enum status fs_refresh(struct file *file)
{
	return open_node(volume_of(file), (u32)file->state[0], file);
}

static enum status fs_create(const struct file *directory, struct span name, bool is_directory,
			     struct file *out)
{
	struct test_volume *volume = volume_of(directory);
	struct node *node = &volume->nodes[volume->count];

	if (volume->count == NODES_MAX)
		return ERR_FULL;
	if (!change(1))
		return ERR_IO;
	*node = (struct node){ .parent = (u32)directory->state[0],
			       .is_directory = is_directory,
			       .bytes = node->bytes };
	memcpy(node->name, name.data, name.size);
	volume->volume.generation++;
	return open_node(volume, volume->count++, out);
}

static enum status fs_resize(struct file *file, u64 size)
{
	struct node *node = node_of(file);

	if (!change(1))
		return ERR_IO;
	if (size > node->size)
		memset(node->bytes + node->size, 0, size - node->size);
	node->size = size;
	volume_of(file)->volume.generation++;
	return open_node(volume_of(file), (u32)file->state[0], file);
}

static enum status fs_write(struct file *file, u64 offset, size_t size, const void *buffer)
{
	u64 room = size < writes_left ? size : writes_left;

	CHECK(offset + size <= node_of(file)->size);
	memcpy(node_of(file)->bytes + offset, buffer, room);
	return change(size) ? OK : ERR_IO;
}

static const struct fs_ops test_fs = {
	.name = "test",
	.mount = fs_mount,
	.root = fs_root,
	.find = fs_find,
	.read = fs_read,
	.refresh = fs_refresh,
	.create = fs_create,
	.write = fs_write,
	.resize = fs_resize,
};

const struct fs_ops *const file_systems[] = { &test_fs, NULL };

static enum status scan(struct block_device *disk, struct arena *arena, struct partition_table *out)
{
	out->partitions = arena_allocate(arena, sizeof(*out->partitions));
	out->count = 1;
	return block_partition(disk, 8, 8, 1, PARTITION_ESP, out->partitions);
}

static const struct partition_scheme one_partition = { .name = "test", .scan = scan };
const struct partition_scheme *const partition_schemes[] = { &one_partition, NULL };

static struct node *add_node(u32 disk, const char *name, u32 parent, bool is_directory)
{
	struct test_volume *volume = &volumes[disk];
	struct node *node = &volume->nodes[volume->count++];

	*node = (struct node){ .parent = parent,
			       .is_directory = is_directory,
			       .bytes = node->bytes };
	strcpy(node->name, name);
	return node;
}

/* The file, which is created with its folders if necessary. */
static struct node *node_called(u32 disk, const char *name)
{
	struct test_volume *volume = &volumes[disk];

	if (volume->count == 1) {
		add_node(disk, "EFI", 0, true);
		add_node(disk, "fatwood", 1, true);
	}
	for (u32 i = 3; i < volume->count; i++)
		if (strcmp(volume->nodes[i].name, name) == 0)
			return &volume->nodes[i];
	return add_node(disk, name, 2, false);
}

static void empty_disks(void)
{
	static u8 bytes[DISKS][32 * 512];
	static bool is_registered;

	if (!is_registered)
		host_memory_init();
	while (piece_count)
		free(pieces[--piece_count]);
	for (u32 i = 0; i < DISKS; i++) {
		if (!is_registered) {
			memory_disk_init(&disks[i], bytes[i], sizeof(bytes[i]), 512);
			block_register(&disks[i].device);
		}
		volumes[i].volume.ops = &test_fs;
		volumes[i].volume.read_only = false;
		volumes[i].count = 0;
		for (u32 k = 0; k < NODES_MAX; k++)
			if (!volumes[i].nodes[k].bytes)
				volumes[i].nodes[k].bytes = malloc(NODE_SIZE);
		add_node(i, "", 0, true);
	}
	is_registered = true;
	writes_left = UINT64_MAX;
	changes = 0;
}

static void boot(void)
{
	static EFI_SYSTEM_TABLE table;

	if (efi_runtime_data) {
		CHECK_EQUAL(memory_free(efi_runtime_data->code, efi_runtime_data->code_size), OK);
		CHECK_EQUAL(memory_free(efi_runtime_data->data, efi_runtime_data->data_size), OK);
	}
	efi_system_table = &table;
	CHECK_EQUAL(efi_runtime_init(&services), EFI_SUCCESS);
	CHECK_EQUAL(efi_variables_init(), EFI_SUCCESS);
}

/* Does what the guest's unit does: writes VarToFile to the file named by RTStorageVolatile. */
static void copy_var_to_file(u32 disk)
{
	EFI_GUID guid = EBBR_RUNTIME_STORE_GUID;
	struct node *node = node_called(disk, "runtime.bin");
	char name[64];
	UINTN size = sizeof(name);

	CHECK_EQUAL(services->GetVariable(u"RTStorageVolatile", &guid, NULL, &size, name),
		    EFI_SUCCESS);
	CHECK_TEXT(name, "EFI/fatwood/runtime.bin");
	CHECK_EQUAL(size, sizeof("EFI/fatwood/runtime.bin"));
	size = NODE_SIZE;
	CHECK_EQUAL(services->GetVariable(u"VarToFile", &guid, NULL, &size, node->bytes),
		    EFI_SUCCESS);
	node->size = size;
}

TEST(variables_survive_a_boot)
{
	empty_disks();
	boot();
	CHECK_EQUAL(changes, 0);
	CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	CHECK(changes > 0);
	CHECK_EQUAL(set(u"B", "two"), EFI_SUCCESS);
	CHECK_EQUAL(set(u"A", "three"), EFI_SUCCESS);
	CHECK_EQUAL(volumes[0].count, 5);
	CHECK_EQUAL(volumes[1].count, 1);
	boot();
	CHECK_TEXT(get(u"A"), "three");
	CHECK_TEXT(get(u"B"), "two");
	CHECK_EQUAL(set(u"A", ""), EFI_SUCCESS);
	boot();
	CHECK_TEXT(get(u"A"), "(none)");
	CHECK_TEXT(get(u"B"), "two");
}

TEST(boots_that_change_nothing_write_nothing)
{
	empty_disks();
	boot();
	(void)set(u"A", "one");
	(void)services->SetVariable(u"V", &vendor, EFI_VARIABLE_BOOTSERVICE_ACCESS, 1, "x");
	changes = 0;
	for (u32 i = 0; i < 30; i++) {
		boot();
		CHECK_TEXT(get(u"A"), "one");
		CHECK_EQUAL(set(u"A", "one"), EFI_SUCCESS);
	}
	CHECK_EQUAL(changes, 0);
}

TEST(changes_by_the_operating_system_are_loaded)
{
	empty_disks();
	boot();
	(void)set(u"A", "one");
	(void)set(u"B", "two");
	efi_runtime_enter();
	CHECK_EQUAL(set(u"A", "changed"), EFI_SUCCESS);
	changes = 0;
	copy_var_to_file(0);
	boot();
	CHECK_TEXT(get(u"A"), "changed");
	CHECK_TEXT(get(u"B"), "two");
	CHECK(changes > 0); /* it is in a slot now */
	changes = 0;
	boot();
	CHECK_EQUAL(changes, 0);
	CHECK_TEXT(get(u"A"), "changed");
	/* Later changes here are newer than the existing file. */
	(void)set(u"A", "newer");
	boot();
	CHECK_TEXT(get(u"A"), "newer");
	/* Copied again without a change: nothing is written. */
	efi_runtime_enter();
	copy_var_to_file(0);
	changes = 0;
	boot();
	CHECK_EQUAL(changes, 0);
	CHECK_TEXT(get(u"A"), "newer");
}

TEST(without_a_copy_runtime_changes_are_lost)
{
	empty_disks();
	boot();
	(void)set(u"A", "one");
	efi_runtime_enter();
	CHECK_EQUAL(set(u"A", "changed"), EFI_SUCCESS);
	boot();
	CHECK_TEXT(get(u"A"), "one");
}

TEST(an_interrupted_write_loses_at_most_itself)
{
	u64 total;

	empty_disks();
	boot();
	(void)set(u"A", "one");
	(void)set(u"A", "two");
	changes = 0;
	(void)set(u"A", "three");
	total = changes;
	CHECK(total > 100 && total < 300);
	for (u64 cut = 0; cut <= total; cut += cut < 30 ? 1 : 5) {
		empty_disks();
		boot();
		(void)set(u"A", "one");
		(void)set(u"A", "two");
		writes_left = cut;
		CHECK_EQUAL(set(u"A", "three"), cut < total ? EFI_DEVICE_ERROR : EFI_SUCCESS);
		CHECK_TEXT(get(u"A"), cut < total ? "two" : "three");
		writes_left = UINT64_MAX;
		boot();
		CHECK_OF(strcmp(get(u"A"), "two") == 0 || strcmp(get(u"A"), "three") == 0,
			 "cut at %" PRIu64 ": %s", cut, get(u"A"));
		if (cut == total)
			CHECK_TEXT(get(u"A"), "three");
		CHECK_EQUAL(set(u"A", "four"), EFI_SUCCESS);
		boot();
		CHECK_TEXT(get(u"A"), "four");
	}
}

TEST(the_first_write_may_be_interrupted)
{
	for (u64 cut = 0; cut < 200; cut++) {
		empty_disks();
		boot();
		writes_left = cut;
		if (!set(u"A", "one"))
			break;
		CHECK_TEXT(get(u"A"), "(none)");
		writes_left = UINT64_MAX;
		boot();
		CHECK_EQUAL(set(u"A", "two"), EFI_SUCCESS);
		boot();
		CHECK_TEXT(get(u"A"), "two");
	}
}

TEST(a_full_disk_refuses)
{
	empty_disks();
	boot();
	while (volumes[0].count < NODES_MAX - 1)
		add_node(0, "x", 0, false);
	CHECK_EQUAL(set(u"A", "one"), EFI_OUT_OF_RESOURCES);
	CHECK_TEXT(get(u"A"), "(none)");
	CHECK_EQUAL(services->SetVariable(u"V", &vendor, EFI_VARIABLE_BOOTSERVICE_ACCESS, 1, "x"),
		    EFI_SUCCESS);
}

TEST(a_read_only_disk_keeps_them_in_memory)
{
	empty_disks();
	boot();
	(void)set(u"A", "one");
	volumes[0].volume.read_only = true;
	changes = 0;
	boot();
	CHECK_TEXT(get(u"A"), "one");
	CHECK_EQUAL(set(u"A", "two"), EFI_SUCCESS);
	CHECK_EQUAL(changes, 0);
	efi_runtime_enter();
	CHECK_EQUAL(set(u"A", "three"), EFI_UNSUPPORTED);
	CHECK_EQUAL(efi_runtime_data->properties.RuntimeServicesSupported &
			    EFI_RT_SUPPORTED_SET_VARIABLE,
		    0);
	CHECK_TEXT(get(u"A"), "two");
}

TEST(the_partition_with_a_store_is_taken)
{
	empty_disks();
	boot();
	(void)set(u"A", "first");
	/* The second disk gets a copy of the first; then both change. */
	for (u32 i = 0; i < 2; i++) {
		static const char *const files[] = { "variables0.bin", "variables1.bin" };
		struct node *from = node_called(0, files[i]), *to = node_called(1, files[i]);

		memcpy(to->bytes, from->bytes, from->size);
		to->size = from->size;
	}
	(void)set(u"A", "only here");
	boot();
	CHECK_TEXT(get(u"A"), "only here");
	volumes[0].count = 1;
	boot();
	CHECK_TEXT(get(u"A"), "first");
	CHECK_EQUAL(set(u"A", "second"), EFI_SUCCESS);
	CHECK_EQUAL(volumes[0].count, 1);
	/* An intact store takes precedence over a damaged one. */
	node_called(0, "variables0.bin")->size = 100;
	memset(node_called(0, "variables0.bin")->bytes, 'x', 100);
	boot();
	CHECK_TEXT(get(u"A"), "second");
}

/* Each boot must succeed with the remaining variables. */
static void damage(const char *what, const char *expected)
{
	boot();
	CHECK_OF(strcmp(get(u"A"), expected) == 0 || strcmp(get(u"A"), "two") == 0, "%s: %s", what,
		 get(u"A"));
	CHECK_EQUAL(set(u"B", "new"), EFI_SUCCESS);
	boot();
	CHECK_TEXT(get(u"B"), "new");
}

TEST(damaged_files_are_ignored)
{
	static const u64 sizes[] = { 0, 1, 23, 24, 25, 4095, 4 * 1024 * 1024 };

	for (u32 slot = 0; slot < 3; slot++) {
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct node *node;

			empty_disks();
			boot();
			(void)set(u"A", "one");
			(void)set(u"A", "two");
			node = node_called(0, slot == 0 ? "variables0.bin" :
					      slot == 1 ? "variables1.bin" :
							  "runtime.bin");
			memset(node->bytes, 'x', sizes[i]);
			node->size = sizes[i];
			damage("size", "one");
		}
	}
}

TEST(every_byte_of_the_newest_may_be_damaged)
{
	struct node *node;
	u32 size;

	empty_disks();
	boot();
	(void)set(u"A", "one");
	(void)set(u"A", "two");
	node = node_called(0, "variables1.bin");
	size = load_le32(node->bytes + 16);
	CHECK(size > 64 && size < 256);
	for (u32 i = 0; i < size; i++) {
		node->bytes[i] ^= 0x41;
		boot();
		CHECK_OF(strcmp(get(u"A"), i < 8 ? "two" : "one") == 0, "byte %u: %s", i,
			 get(u"A"));
		node->bytes[i] ^= 0x41;
	}
}
