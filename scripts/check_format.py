#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Formats all C files according to .clang-format (--fix), or checks their format, and checks Python with ruff.toml;
counts files.

Uses the tool versions in requirements.txt, because results differ between versions.
"""
import os
import subprocess
import sys

from check_layers import tracked

TOOLS = os.path.dirname(sys.executable)
CLANG_FORMAT = [f"{TOOLS}/clang-format"]
CHECKS = {
    ".c": [*CLANG_FORMAT, "--dry-run", "--Werror", "--ferror-limit=3"],
    ".h": [*CLANG_FORMAT, "--dry-run", "--Werror", "--ferror-limit=3"],
    ".py": [f"{TOOLS}/ruff", "check", "--quiet", "--no-cache", "--output-format=concise"],
}


def main():
    files = [path for path in tracked() if path.suffix in CHECKS]
    if "--fix" in sys.argv:
        c_files = [path for path in files if path.suffix != ".py"]
        return subprocess.run([*CLANG_FORMAT, "-i", *c_files], check=False).returncode
    failed = 0
    for path in files:
        done = subprocess.run([*CHECKS[path.suffix], path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode:
            print(done.stdout.strip())
            failed += 1
    if failed:
        print("make format repairs the format of C")
    print(f"{len(files) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
