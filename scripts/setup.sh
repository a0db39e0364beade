#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs the system packages that Fatwood needs on Debian 12 and 13 and Ubuntu 24.04:
# setup.sh [build|run|debug|check]. Does nothing if everything is installed; otherwise it prints
# what it installs, and uses sudo, which may ask for a password, unless it runs as root.
set -euo pipefail

# Purpose, test for its presence, package. The test may be any shell command, so that other
# distributions and your own builds are recognized, too.
wanted() {
    cat <<'END'
build   command -v clang                        clang
build   command -v ld.lld                       lld
build   command -v make                         make
build   python3 -c 'import kconfiglib' || python3 -c 'import ensurepip, venv'   python3-venv
run     command -v qemu-system-x86_64           qemu-system-x86
run     command -v sfdisk                       fdisk
run     command -v mkfs.vfat                    dosfstools
run     command -v mcopy                        mtools
run     command -v cpio                         cpio
run     command -v zstd                         zstd
run     command -v xz                           xz-utils
run     test -x /bin/busybox                    busybox-static
debug   command -v gdb                          gdb
check   command -v gcc                          gcc
check   test -e /usr/include/stdio.h            libc6-dev
check   command -v sfdisk                       fdisk
check   command -v llvm-objcopy                 llvm
check   command -v git                          git
check   command -v debootstrap                  debootstrap
check   command -v gdb                          gdb
check   command -v grub-mkimage                 grub-common
check   ls /usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.fuzzer*   libclang-rt-dev
check   command -v mke2fs                       e2fsprogs
check   command -v script                       bsdutils
check   command -v virsh                        libvirt-clients
check   command -v libvirtd                     libvirt-daemon
check   ls /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so   libvirt-daemon-driver-qemu
check   command -v virt-install                 virtinst
END
}

case ${1:-check} in
build) groups=' build ' ;;
run) groups=' build run ' ;;
debug) groups=' build run debug ' ;;
check) groups=' build run check ' ;;
*) echo "usage: $0 [build|run|debug|check]" >&2; exit 2 ;;
esac

missing=()
while read -r line; do
    group=${line%% *}
    package=${line##* }
    test=${line#"$group"}
    test=${test%"$package"}
    [[ $groups == *" $group "* ]] || continue
    # /usr/sbin holds mkfs and sfdisk, and is not on the path of every user.
    PATH=$PATH:/usr/sbin:/sbin bash -c "$test" >/dev/null 2>&1 </dev/null || missing+=("$package")
done < <(wanted)

[[ ${#missing[@]} -gt 0 ]] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: this machine lacks what these Debian packages hold: ${missing[*]}" >&2
    echo "setup: install them under the names they have here, then try again" >&2
    exit 1
fi

as_root=()
if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: some packages are missing; as root, run:" >&2
        echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
    echo "setup: sudo may ask for your password"
fi
echo "setup: installing ${missing[*]}"
# Networks may fail temporarily, and a new machine may be installing updates.
patient=(-o Acquire::Retries=5 -o DPkg::Lock::Timeout=600)
for pause in 10 20 40 0; do
    "${as_root[@]}" apt-get -q "${patient[@]}" update && break
    sleep $pause
done
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q "${patient[@]}" install -y --no-install-recommends "${missing[@]}"
