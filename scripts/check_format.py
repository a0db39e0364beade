#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Formats all C as .clang-format says (--fix), or checks that it is; counts files.

The clang-format of requirements.txt is used, because each version formats a little differently.
"""
import os
import subprocess
import sys

CLANG_FORMAT = os.path.join(os.path.dirname(sys.executable), "clang-format")


def main():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard",
                             "*.c", "*.h"], stdout=subprocess.PIPE, check=True).stdout.decode()
    files = [name for name in listed.split("\0") if name and os.path.exists(name)]
    if "--fix" in sys.argv:
        return subprocess.run([CLANG_FORMAT, "-i", *files], check=False).returncode
    failed = 0
    for name in files:
        done = subprocess.run([CLANG_FORMAT, "--dry-run", "--Werror", "--ferror-limit=3", name],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode:
            print(done.stdout.strip())
            failed += 1
    if failed:
        print("repair it with: make format")
    print(f"{len(files) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
