# SPDX-License-Identifier: Apache-2.0
"""Malformed FAT cluster chains, sizes and folders."""

from tests.images.damage.catalogue import CONF, INITRD, KERNEL, add, evil
from tests.images.fat import Volume

ENTRIES = "/loader/entries"


def kernel_link(value):
    """Changes the link after the kernel's fourth cluster."""
    def damage(image):
        image.fat.set_link(image.chain(KERNEL)[3], value(image) & image.fat.end_of_chain)
    return damage


CHAINS = {
    "free": ("leads to a free cluster", lambda image: 0),
    "reserved": ("leads to cluster 1, which there is not", lambda image: 1),
    "bad": ("leads to a cluster marked bad", lambda image: 0x0FFFFFF7),
    "past_end": ("leads behind the last cluster", lambda image: image.fat.cluster_count + 2),
    "far_past_end": ("leads far behind the last cluster", lambda image: 0x0FFFFFE0),
    "short": ("ends before the file does", lambda image: 0x0FFFFFFF),
    "loop": ("leads back to its own start", lambda image: image.chain(KERNEL)[0]),
    "itself": ("leads to itself", lambda image: image.chain(KERNEL)[3]),
}
for bits in (12, 16, 32):
    for suffix, (text, value) in CHAINS.items():
        add(f"fat{bits}_chain_{suffix}", f"FAT{bits}: the kernel's chain {text}.", kernel_link(value),
            f"gpt-fat{bits}")


def entry_field(change):
    """Adds a wrong field in a file's directory entry: change(fat, offset, value)."""
    def register(name, text, path, value):
        add(name, text, lambda image: change(image.fat, image.fat.find(path), value))
    return register


first_cluster = entry_field(Volume.set_first_cluster)
first_cluster("fat_kernel_at_0", "The kernel has a size but no first cluster.", KERNEL, 0)
first_cluster("fat_kernel_at_1", "The kernel starts at cluster 1, which there is not.", KERNEL, 1)
first_cluster("fat_kernel_past_end", "The kernel starts behind the last cluster.", KERNEL, 0xFFF0)
first_cluster("fat_entry_at_0", "The boot entry has a size but no first cluster.", CONF, 0)
first_cluster("fat_folder_is_root", "A folder's first cluster is 0, as if it were the root.",
              ENTRIES, 0)
first_cluster("fat_folder_past_end", "A folder starts behind the last cluster.", ENTRIES, 0xFFF0)

size = entry_field(Volume.set_size)
size("fat_kernel_size_huge", "The kernel is said to have 4 GiB less one byte.", KERNEL, 0xFFFFFFFF)
size("fat_kernel_size_0", "The kernel is empty, though it has clusters.", KERNEL, 0)
size("fat_initrd_size_huge", "The initrd is said to have 4 GiB less one byte.", INITRD, 0xFFFFFFFF)
size("fat_entry_size_huge", "The boot entry is said to have 4 GiB less one byte.", CONF, 0xFFFFFFFF)

attributes = entry_field(lambda fat, offset, value: fat.patch(offset + 11, "<B", value))
attributes("fat_kernel_is_folder", "The kernel is a folder.", KERNEL, 0x10)
attributes("fat_folder_is_file", "/loader is a file.", "/loader", 0x20)


def fill_folder(image, cluster):
    """Turns all unused entries of a folder into deleted ones, so that only its chain ends it."""
    for offset in image.fat.slots(cluster):
        if image.fat.read(offset, 1) == b"\0":
            image.fat.write(offset, b"\xe5" + bytes(31))


def endless_folder(image, cluster, first):
    """Deletes a folder's entries from that one on, including the end mark, so that only its chain is left to
    follow."""
    fill_folder(image, cluster)
    for offset in image.fat.slots(cluster)[first:]:
        image.fat.write(offset, b"\xe5")


def folder_cluster(image):
    return image.fat.first_cluster(image.fat.find(ENTRIES))


@evil()
def fat_folder_loop(image):
    """A folder without an end mark, whose chain leads back to its start."""
    folder = folder_cluster(image)
    endless_folder(image, folder, 2)
    chain = image.fat.chain(folder)
    image.fat.set_link(chain[-1], chain[0])


@evil("gpt-fat32")
def fat32_root_loop(image):
    """The root directory has no end mark, and its chain leads back to its start."""
    endless_folder(image, 0, 0)
    image.fat.set_link(image.fat.root_cluster, image.fat.root_cluster)


@evil()
def fat_folder_chain_free(image):
    """The chain of a folder without an end mark leads to a free cluster."""
    folder = folder_cluster(image)
    endless_folder(image, folder, 2)
    image.fat.set_link(folder, 0)


@evil(boots=True)
def fat_folder_without_end(image):
    """All entries of a folder are used, so it ends with its chain."""
    fill_folder(image, folder_cluster(image))


@evil(boots=True)
def fat_root_without_end(image):
    """All entries of the root directory are used, and data follows it."""
    fill_folder(image, 0)


@evil(boots=True)
def fat_parent_noise(image):
    """The `.` and `..` entries of a folder have invalid clusters."""
    for offset in image.fat.slots(folder_cluster(image))[:2]:
        image.fat.patch(offset + 26, "<H", 0xFFF0)
