# SPDX-License-Identifier: Apache-2.0
"""Malformed boot entries and loader.conf."""

import random

from tests.images.damage.catalogue import CONF, INITRD, KERNEL, add_files, with_file
from tests.images.disk import entry


def with_entry(data):
    """Replaces the boot entry's text."""
    return with_file(CONF, data)


def with_keys(**keys):
    keys.setdefault("linux", KERNEL)
    return with_entry(entry(**keys))


add_files("bls_empty", "The boot entry is an empty file.", with_entry(b""))
add_files("bls_zeros", "The boot entry is 4096 zeros.", with_entry(bytes(4096)))
add_files("bls_noise", "The boot entry is noise.", with_entry(random.Random(6).randbytes(3000)))
add_files("bls_one_long_line", "The boot entry is one line of 100,000 letters.",
          with_entry(b"options " + b"x" * 100_000))
add_files("bls_huge", "The boot entry has 200,000 lines.", with_entry(b"a\n" * 200_000))
add_files("bls_no_linux", "The boot entry names no kernel.",
          with_entry(b"title nothing\noptions quiet\n"))
add_files("bls_linux_empty", "The kernel's path is empty.", with_keys(linux=""))
add_files("bls_linux_root", "The kernel's path is the root directory.", with_keys(linux="/"))
add_files("bls_linux_folder", "The kernel's path is a folder.", with_keys(linux="/loader"))
add_files("bls_linux_missing", "The kernel is not there.", with_keys(linux="/linux/missing"))
add_files("bls_linux_parents", "The kernel's path leads above the root.",
          with_keys(linux="/../../../linux/missing"))
add_files("bls_linux_below_file", "The kernel's path goes through a file.",
          with_keys(linux=f"{KERNEL}/vmlinuz"))
add_files("bls_linux_long_path", "The kernel's path has 5000 letters.",
          with_keys(linux="/" + "p" * 5000))
add_files("bls_linux_deep_path", "The kernel's path has 1000 folders.",
          with_keys(linux="/p" * 1000))
add_files("bls_linux_noise", "The kernel's path is not UTF-8.",
          with_entry(b"linux /linux/\xff\xfe\x80vmlinuz\n"))
add_files("bls_linux_zero", "The kernel's path has a zero byte in it.",
          with_entry(b"linux /linux/vm\0linuz\n"), boots=None)
add_files("bls_initrd_missing", "One of two initrds is not there.",
          with_keys(initrd=[INITRD, "/linux/missing"]))
add_files("bls_initrd_folder", "The initrd is a folder.", with_keys(initrd="/linux"))
add_files("bls_initrds_many", "A thousand initrd lines.", with_keys(initrd=[INITRD] * 1000),
          boots=None)
add_files("bls_options_too_long", "More options than the kernel takes.",
          with_keys(options=["o" * 100] * 40))
add_files("bls_options_line_too_long", "One line of options, longer than the kernel takes.",
          with_keys(options="o" * 5000))
add_files("bls_architecture_other", "For another architecture.", with_keys(architecture="aa64"))
add_files("bls_efi", "An EFI program, which this build cannot start.",
          with_entry(b"title efi\nefi /linux/vmlinuz\n"))
add_files("bls_no_last_newline", "The last line has no end.",
          with_entry(b"title t\noptions from=evil\nlinux /linux/vmlinuz"), boots=True)
add_files("bls_carriage_returns", "Lines end as on DOS.",
          with_entry(b"title t\r\nlinux /linux/vmlinuz\r\noptions from=evil\r\n"), boots=None)
add_files("bls_tabs_and_comments", "Tabs, spaces, comments and empty lines.",
          with_entry(b"# comment\n\n\ttitle\t t\n   linux \t /linux/vmlinuz \t\n \n#linux /x\n"
                     b"options\tfrom=evil\n"), boots=True)
add_files("bls_unknown_keys", "Keys that nobody knows.",
          with_keys(grub_users="$grub_users", linuxefi="/x", Linux="/y", options="from=evil"),
          boots=True)
add_files("bls_title_escape", "A title with a terminal's escape sequences.",
          with_entry(b"title \x1b[2J\x1b]0;x\x07\xff\nlinux /linux/vmlinuz\noptions from=evil\n"),
          boots=True)
add_files("bls_title_long", "A title of 3000 letters.",
          with_entry(b"title " + b"t" * 3000 + b"\nlinux /linux/vmlinuz\noptions from=evil\n"),
          boots=True)
add_files("bls_version_huge", "Versions of thousands of digits.",
          lambda files: {**files,
                         "/loader/entries/a.conf": entry(linux="/linux/missing", version="9" * 3000),
                         "/loader/entries/b.conf": entry(linux="/linux/missing", version="1" * 3000)},
          boots=True)
add_files("bls_many_broken_entries", "Two hundred broken entries, one good one.",
          lambda files: {**files, **{f"/loader/entries/broken{number}.conf":
                                     entry(linux="/linux/missing", version=str(1000 + number))
                                     for number in range(200)}}, boots=True)
add_files("bls_counter_noise", "Boot counters that are none.",
          lambda files: {**files, **{f"/loader/entries/test+{counter}.conf":
                                     entry(linux="/linux/missing", version="0")
                                     for counter in ("", "x", "99999999999999999999", "1-", "-1",
                                                     "1-99999999999999999999", "0-0")}},
          boots=True)
add_files("bls_entries_is_file", "/loader/entries is a file.",
          lambda files: {KERNEL: files[KERNEL], "/loader/entries": b"linux /linux/vmlinuz\n"})
add_files("bls_entry_is_folder", "The boot entry is a folder.",
          lambda files: {KERNEL: files[KERNEL], CONF: None})
add_files("loader_conf_noise", "loader.conf is noise.",
          with_file("/loader/loader.conf", random.Random(7).randbytes(3000)), boots=True)
add_files("loader_conf_huge", "loader.conf has 400,000 letters.",
          with_file("/loader/loader.conf", b"default x\n" * 40_000), boots=True)
add_files("loader_conf_stars", "The default is a pattern of 200 stars.",
          with_file("/loader/loader.conf", b"default " + b"*a" * 200 + b"\n"), boots=True)
add_files("loader_conf_bracket", "The default is a pattern with an open bracket.",
          with_file("/loader/loader.conf", b"default [a-\n"), boots=True)
add_files("loader_conf_backslash", "The default is a pattern that ends in a backslash.",
          with_file("/loader/loader.conf", b"default test\\\n"), boots=True)
add_files("loader_conf_timeout", "A negative timeout.",
          with_file("/loader/loader.conf", b"timeout -1\n"), boots=True)
add_files("loader_conf_folder", "loader.conf is a folder.",
          with_file("/loader/loader.conf", None), boots=True)
