#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run by a whole Debian after each start (efi_debian.py): what its tools see of UEFI, as lines of the guest's report
# (guest_init.sh). The first start leaves a variable and a boot option for a kernel, and resets through UEFI; the
# second one powers off.
efivars=/sys/firmware/efi/efivars
test_guid=0fa7300d-7465-7374-8000-0242ac120002
loader_guid=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
global_guid=8be4df61-93ca-11d2-aa0d-00e098032b8c
prefix="FATWOOD-GUEST: "

report() { echo "$prefix$*"; }

# check NAME COMMAND...: whether it succeeds; its output is on the console, too
check() {
	name=$1
	shift
	"$@" 2>&1 && report "$name=good" || report "$name=bad"
}

write() { printf '\007\000\000\000%s' "$2" >"$efivars/$1-$test_guid"; }

# efivarfs cannot seek, and the tail of coreutils insists on that.
text() { cat "$efivars/$1-$2" | tail -c +5 | tr -d '\0'; }

variables() {
	file=$efivars/Test-$test_guid
	write Test one && [ "$(text Test $test_guid)" = one ] &&
		chattr -i "$file" && write Test "two two" && [ "$(text Test $test_guid)" = "two two" ] &&
		find $efivars -name "SecureBoot-$global_guid" | grep -q . &&
		chattr -i "$file" && rm "$file" && [ ! -e "$file" ]
}

# $1: its options
boot_option() {
	efibootmgr -c -d /dev/vda -p 15 -L direct -l '\linux\vmlinuz' -u "$1"
}

systemctl stop "serial-getty@ttyS0.service" # which discards what the console has yet to send
exec >/dev/console 2>&1
echo 1 >/proc/sys/kernel/printk
echo
report ready
report "kernel=$(uname -r)"
report "cmdline=$(cat /proc/cmdline)"
report "efi_bits=$(cat /sys/firmware/efi/fw_platform_size)"
report "efi_runtime_map=$(ls /sys/firmware/efi/runtime-map | wc -l)"
report "root=$(findmnt -n -o SOURCE /)"
report "gpt_auto_root=$(readlink -f /dev/gpt-auto-root)"
report "failed_units=$(systemctl --failed --no-legend --plain | cut -d ' ' -f 1 | tr '\n' ' ')"
report "LoaderDevicePartUUID=$(text LoaderDevicePartUUID $loader_guid)"
report "LoaderInfo=$(text LoaderInfo $loader_guid)"
report "kept=$(text Kept $test_guid)"
report "efi_boot_current=$(efibootmgr | sed -n 's/^BootCurrent: //p')"
report "efi_boot_option=$(efibootmgr | sed -n 's/^Boot\([0-9A-F]*\)\*\{0,1\} direct.*/\1/p')"
dmesg | grep -iE 'firmware bug|efi.*(error|fail|invalid|warn|unable|broken)|WARNING: ' | cut -c 1-300 |
	while read -r line; do report "efi_log=$line"; done

if [ -e "$efivars/Kept-$test_guid" ]; then
	number=$(efibootmgr | sed -n 's/^BootCurrent: //p')
	check deleted efibootmgr -B -b "$number"
	report done
	systemctl poweroff
else
	check variables variables
	bootctl --no-pager status 2>&1 | sed "s/^/${prefix}bootctl=/"
	check written write Kept yes
	root=$(findmnt -n -o UUID /)
	check boot_option boot_option "initrd=\\linux\\initrd0.img root=UUID=$root ro console=ttyS0 quiet direct=yes $(
		tr ' ' '\n' </proc/cmdline | grep -E '^(no_timer_check|systemd|tsc|lpj)' | tr '\n' ' ')"
	echo efi >/sys/kernel/reboot/type
	report "reboot_type=$(cat /sys/kernel/reboot/type)"
	report done
	systemctl reboot
fi
