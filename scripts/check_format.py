#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Formats all C files according to .clang-format (--fix), or checks their format, and checks Python with ruff.toml;
counts files.

Uses the tool versions in requirements.txt, because results differ between versions.
"""
import itertools
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from check_layers import tracked

TOOLS = os.path.dirname(sys.executable)
CLANG_FORMAT = [f"{TOOLS}/clang-format"]
CHECKS = {
    ".c": [*CLANG_FORMAT, "--dry-run", "--Werror", "--ferror-limit=3"],
    ".h": [*CLANG_FORMAT, "--dry-run", "--Werror", "--ferror-limit=3"],
    ".py": [f"{TOOLS}/ruff", "check", "--quiet", "--no-cache", "--output-format=concise"],
}
# A process for each file would take most of the time.
FILES_AT_ONCE = 40
COMPLAINT = re.compile(r"^([^\s:]+):\d+:", re.M)


def check(command, paths):
    """Returns (number of bad files, text to show)."""
    done = subprocess.run([*command, *paths], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    bad = set(COMPLAINT.findall(done.stdout)) & set(map(str, paths))
    return (len(bad) or 1, done.stdout.strip()) if done.returncode else (0, "")


def main():
    files = [path for path in tracked() if path.suffix in CHECKS]
    if "--fix" in sys.argv:
        c_files = [path for path in files if path.suffix != ".py"]
        return subprocess.run([*CLANG_FORMAT, "-i", *c_files], check=False).returncode
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = []
        for suffix, command in CHECKS.items():
            paths = iter([path for path in files if path.suffix == suffix])
            while some := list(itertools.islice(paths, FILES_AT_ONCE)):
                runs.append(pool.submit(check, command, some))
        for run in runs:
            bad, text = run.result()
            failed += bad
            if text:
                print(text)
    if failed:
        print("make format repairs the format of C")
    print(f"{len(files) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
