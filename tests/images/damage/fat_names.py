# SPDX-License-Identifier: Apache-2.0
"""Malformed FAT names: long, short, and the volume's label."""

from tests.images.damage.catalogue import CONF, add, evil


def long_name_damage(name, text, offset, layout, *values):
    """Adds a change to the long name of the boot entry, whose short name is not *.conf."""
    def damage(image):
        image.fat.patch(image.long_name_slots(CONF)[0] + offset, layout, *values)
    add(name, text, damage)


long_name_damage("fat_name_sequence_0", "A long name's part has number 0.", 0, "<B", 0x40)
long_name_damage("fat_name_sequence_63", "A long name's part has number 63.", 0, "<B", 0x7F)
long_name_damage("fat_name_sequence_21", "A long name of more than 260 units.", 0, "<B", 0x55)
long_name_damage("fat_name_sequence_2", "A long name whose first part is missing.", 0, "<B", 0x42)
long_name_damage("fat_name_checksum", "A long name that belongs to another short name.", 13, "<B",
                 0x5A)
long_name_damage("fat_name_surrogates", "A long name of lone surrogates.", 1, "<10s",
                 b"\x00\xd8\x00\xdc\x00\xdc\x00\xd8\x00\xd8")
long_name_damage("fat_name_escape", "A long name with a terminal's escape sequence.", 1, "<10s",
                 "\x1b[31m".encode("utf-16-le"))
long_name_damage("fat_name_slash", "A long name with a slash in it.", 1, "<10s",
                 "/../x".encode("utf-16-le"))


@evil(boots=None)
def fat_name_short_noise(image):
    """The entry's short name has bytes of another code page, so its long name's checksum is wrong."""
    image.fat.write(image.fat.find(CONF), b"\x05\xff\x80\xa0 \x90\xfe\xfd\xfc\xfb\xfa")


@evil(boots=True, files=lambda files: {**files, "/loader/entries/first.txt": b"", "/another": b""})
def fat_name_noise_before(image):
    """Files whose short names are noise are in the root and in the entry's folder."""
    for path in ("/loader/entries/first.txt", "/another"):
        offset = image.fat.find(path)
        image.fat.write(offset, b"\xff\x80\xa0\x90\xfe\xfd\xfc\xfb\xfa\xf9\xf8")


@evil(boots=True)
def fat_label_is_loader(image):
    """The volume's label is LOADER and comes before the folder."""
    for offset in image.fat.slots(0):
        if image.fat.read(offset, 12)[11] == 0x08:
            image.fat.write(offset, b"LOADER     ")
            return
    raise AssertionError("no label")


@evil(boots=True, files=lambda files: {**files, f"/loader/entries/{'x' * 240}.txt": b""})
def fat_name_longest(image):
    """A file with a name of 244 letters is in the entry's folder."""
