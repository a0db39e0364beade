# SPDX-License-Identifier: Apache-2.0
"""Boot entries as read by Fatwood (bls_list.c), and generated ones, for comparison with other readers."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/tools/bls_list"
# None is quoted as a whole: bootctl keeps such quotes, and older versions of systemd-boot keep single ones.
WORDS = ["debian", "6.1.0-18", "6.12", "root=/dev/vda", "a=\"b c\"", "#", "x#y", "~rc1", "Über", "/EFI/a b", "\\x",
         "o'q'", "1", "10", "9", "A", "z", "-", "^", "$x", "a,b", "=", ";"]
KEYS = ["title", "version", "sort-key", "options", "options", "initrd", "unknown", "#title", "linux"]
FILES = ["vmlinuz", "EFI/a b/linux", "x"]


def ours(files):
    """The entries in our order: id, and their title, version, machine-id, sort-key, linux, options (of each line) and
    initrd, as far as they have them."""
    done = subprocess.run([PROGRAM, *files], check=True, stdout=subprocess.PIPE, text=True)
    result = []
    for line in done.stdout.splitlines():
        name, *fields = line.split("\t")
        entry = {"id": name, "options": [], "initrd": []}
        for field in fields:
            key, _, value = field.partition("=")
            value = bytes.fromhex(value).decode()
            if key in ("options", "initrd"):
                entry[key].append(value)
            elif value:
                entry[key] = value
        result.append(entry)
    return result


def generate(rng, count, words=WORDS, keys=KEYS):
    """Entries with everything that may be in one, as a dictionary of name to bytes."""
    def value():
        return rng.choice([" ", "  ", " \t"]).join(rng.choice(words) for _ in range(rng.randint(1, 4)))

    def line():
        key = rng.choice(keys)
        text = rng.choice(words[:3] + words[6:9]) if key in ("version", "sort-key") else value()
        if key in ("linux", "initrd"):
            text = "/" + rng.choice(FILES)
        return rng.choice(["", " ", "\t"]) + key + rng.choice([" ", "\t", "   "]) + text + rng.choice(["", " ", "\t "])

    entries = {}
    for number in range(count):
        end = rng.choice(["\n", "\r\n", "\n\n"])
        lines = ["linux /kernel", *(line() for _ in range(rng.randint(1, 8)))]
        rng.shuffle(lines)
        name = rng.choice(["debian-6.1.0-", "fedora-", "k", "Arch_"]) + str(number) + rng.choice(["", "_rc1", ".x86"])
        entries[name + ".conf"] = (end.join(lines) + rng.choice(["", end])).encode()
    return entries
