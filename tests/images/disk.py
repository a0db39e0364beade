# SPDX-License-Identifier: Apache-2.0
"""Disk images for the boot tests: partition tables by sfdisk, file systems by fat.py.

Nothing is mounted and root is not needed. Images are sparse files, and the same call gives the same
bytes. Boot entries follow the Boot Loader Specification (loader/entries/*.conf).
"""

import dataclasses
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images.fat import MIB, Fat, copy_files_to, tool

# type: (GPT type, MBR type)
TYPES = {
    "esp": ("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "ef"),
    "xbootldr": ("bc13c2ff-59e6-4262-a352-b275fd6f7172", "ea"),
    "linux": ("4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "83"),
    "data": ("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "0c"),
    "bios": ("21686148-6449-6e6f-744e-656564454649", "ef"),
}
DISK_GUID = "46617457-6f6f-6420-4669-726d77617265"


@dataclasses.dataclass
class Ext4:
    """A volume to make; files as in Fat. block: the block size, if not mke2fs's default."""

    files: dict
    size: int = 64 * MIB
    uuid: str = "0fa7300d-0000-4000-8000-0000000000e4"
    label: str = "root"
    block: int = 0

    def write(self, path):
        """Makes the volume as a sparse file of its own."""
        with tempfile.TemporaryDirectory() as folder:
            copy_files_to(pathlib.Path(folder), self.files)
            tool("mke2fs", "-q", "-F", "-t", "ext4", "-U", self.uuid, "-L", self.label,
                 *(["-b", str(self.block)] if self.block else []), "-E", f"hash_seed={self.uuid}", "-d", folder,
                 path, f"{self.size // 1024}k")


@dataclasses.dataclass
class Partition:
    """content: a volume to make (Fat, Ext4, anything with write(path)), a file to copy (pathlib.Path), or bytes.
    number: the entry in a GPT, if it differs from the order on the disk."""

    content: object
    type: str = "esp"
    name: str = ""
    number: int = 0

    @property
    def guid(self):
        """Derived from the name, so images are the same each time."""
        return DISK_GUID[:-12] + (self.name or self.type).encode().hex()[:12].ljust(12, "0")


# The partition with this name, in the images that have one.
ESP_GUID = Partition(None, "esp", "ESP").guid


def entry(title="Test", **keys):
    """The text of a boot entry. A list repeats its key; a dash in a key is written as '_'."""
    lines = [f"title {title}"]
    for key, value in keys.items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            lines.append(f"{key.replace('_', '-')} {item}")
    return ("\n".join(lines) + "\n").encode()


def bls_files(kernel, initrds=(), options="", name="test", **keys):
    """Files of an ESP with one entry: kernel and initrds are bytes or paths."""
    files = {"/linux/vmlinuz": kernel}
    for number, data in enumerate(initrds):
        files[f"/linux/initrd{number}.img"] = data
    keys.setdefault("linux", "/linux/vmlinuz")
    if initrds:
        keys.setdefault("initrd", [f"/linux/initrd{number}.img" for number in range(len(initrds))])
    if options:
        keys.setdefault("options", options)
    files[f"/loader/entries/{name}.conf"] = entry(**keys)
    return files


def write_table(path, script, pieces, blocks, block):
    """Runs sfdisk, which assumes 512-byte sectors in files. So the table is made in a file with that many sectors and
    then moved piece by piece. pieces: [(first sector, bytes)]."""
    table = path.with_suffix(".table")
    with open(table, "wb") as file:
        file.truncate(blocks * 512)
    tool("sfdisk", "-q", "--force", table, input="\n".join(script) + "\n")
    with open(table, "rb") as source, open(path, "r+b") as target:
        for first, size in pieces:
            source.seek(first * 512)
            target.seek(first * block)
            target.write(source.read(size))
    table.unlink()


def write_gpt(path, layout, blocks, block):
    """layout: [(partition, first block, block count)]."""
    script = ["label: gpt", f"label-id: {DISK_GUID}", "first-lba: 34", "grain: 512"]
    for number, (partition, first, count) in enumerate(layout, 1):
        script.append(f"{partition.number or number} : start={first}, size={count}, "
                      f'type={TYPES[partition.type][0]}, uuid={partition.guid}, name="{partition.name}"')
    # Protective MBR; header, entries; backup of both.
    pieces = [(0, 512), (1, 512), (2, 32 * 512), (blocks - 33, 32 * 512), (blocks - 1, 512)]
    write_table(path, script, pieces, blocks, block)


def write_mbr(path, layout, blocks, block, logical):
    """Primary partitions, or all of them in an extended one; each logical partition follows its own table."""
    script = ["label: dos", "label-id: 0xfa7300d1", "grain: 512"]
    pieces = [(0, 512)]
    if logical:
        script.append(f"1 : start={layout[0][1] - 1}, size={blocks - layout[0][1] + 1}, type=5")
        pieces += [(first - 1, 512) for _, first, _ in layout]
    for number, (partition, first, count) in enumerate(layout, 5 if logical else 1):
        script.append(f"{number} : start={first}, size={count}, type={TYPES[partition.type][1]}")
    write_table(path, script, pieces, blocks, block)


def write_disk(path, partitions, scheme="gpt", block=512, tail=0):
    """A whole disk. scheme: gpt, mbr, mbr-logical, or none (the one content is the disk itself);
    tail: bytes of unused space before the backup table."""
    path = pathlib.Path(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".disk-") as folder:
        contents = []
        for number, partition in enumerate(partitions):
            content = partition.content
            if not isinstance(content, pathlib.Path):
                file = pathlib.Path(folder) / str(number)
                if isinstance(content, bytes):
                    file.write_bytes(content)
                else:
                    content.write(file)
                content = file
            contents.append(content)
        temporary = pathlib.Path(folder) / "disk"
        if scheme == "none":
            (content,) = contents
            shutil.move(content, temporary)
        else:
            gap = 64
            layout = []
            position = gap
            for partition, content in zip(partitions, contents):
                count = -(-content.stat().st_size // block)
                layout.append((partition, position, count))
                position += count + gap
            blocks = position + tail // block
            with open(temporary, "wb") as file:
                file.truncate(blocks * block)
            if scheme == "gpt":
                write_gpt(temporary, layout, blocks, block)
            else:
                write_mbr(temporary, layout, blocks, block, scheme == "mbr-logical")
            for (_, first, _), content in zip(layout, contents):
                tool("dd", f"if={content}", f"of={temporary}", f"seek={first * block}", "oflag=seek_bytes",
                     "bs=64K", "conv=notrunc,sparse", "status=none")
        temporary.rename(path)
    return path


def esp_disk(path, files, bits=32, block=512, scheme="gpt", cluster_blocks=1, size=64 * MIB,
             **options):
    """The usual test disk: one ESP with those files."""
    fat = Fat(files, size, bits, block, cluster_blocks, **options)
    return write_disk(path, [Partition(fat, "esp", "ESP")], scheme, block)
