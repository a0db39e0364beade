#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# /init of the guest: loads the virtio modules. If the command line has guest.action= (poweroff,
# reboot, shell), prints a report as lines "FATWOOD-GUEST: key=value" on the console and performs
# the action; otherwise starts a shell.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null

report() { echo "FATWOOD-GUEST: $*"; }

# Kernel messages would split our lines.
echo 1 >/proc/sys/kernel/printk

action=
verify=none
efi=
for word in $(cat /proc/cmdline); do
	case $word in
	guest.action=*) action=${word#*=} ;;
	guest.verify=*) verify=${word#*=} ;;
	guest.efi=*) efi=${word#*=} ;;
	esac
done

while read -r name; do
	insmod "/modules/$name.ko" 2>/dev/null || report "insmod_failed=$name"
done </modules/order

# A console whose driver is a module exists only now.
exec </dev/console >/dev/console 2>&1

report_all() {
	echo
	report "ready"
	report "kernel=$(uname -r)"
	report "cmdline=$(cat /proc/cmdline)"
	report "markers=$(ls /markers | tr '\n' ' ')"
	while read -r name value rest; do
		[ "$name" = MemTotal: ] && report "memory_kib=$value"
	done </proc/meminfo
	for range in /sys/firmware/memmap/*; do
		[ -e "$range/type" ] || continue
		report "memmap=$(cat "$range/start") $(cat "$range/end") $(cat "$range/type")"
	done
	if [ -e /sys/firmware/acpi/tables/FACP ] || [ -e /sys/firmware/acpi/tables/APIC ]; then
		report "acpi=yes"
	else
		report "acpi=no"
	fi
	report "boot_params=$(hexdump -v -e '1/1 "%02x"' /sys/kernel/boot_params/data)"
	for data in /sys/kernel/boot_params/setup_data/*; do
		[ -e "$data/type" ] && report "setup_data=$(cat "$data/type")"
	done
	for device in /sys/bus/virtio/devices/*; do
		[ -e "$device/device" ] && report "virtio=$(cat "$device/device")"
	done
	if [ -e /ballast/data ]; then
		[ "$(md5sum </ballast/data | cut -c -32)" = "$(cat /ballast/md5)" ] &&
			report "ballast=$(stat -c %s /ballast/data) good" || report "ballast=bad"
	fi
	# The disks still work after the firmware used them: guest.verify=none|first|all reads them.
	disks=0
	for disk in /sys/block/vd*; do
		[ -e "$disk/size" ] || continue
		name=${disk##*/}
		disks=$((disks + 1))
		[ "$verify" = all ] || [ "$verify$name" = firstvda ] || continue
		sum=$(dd if=/dev/$name bs=64k count=16 2>/dev/null | md5sum | cut -c -32)
		report "disk=$name $(($(cat "$disk/size") * 512)) $sum"
	done
	report "disks=$disks"
	report "mtrr_complaints=$(dmesg | grep -c 'mtrr: your CPUs')"
	if [ "$efi" ]; then
		. /efi.sh
		efi_words "$efi"
	fi
	report "done"
}

[ -n "$action" ] && report_all
case $action in
poweroff) poweroff -f ;;
reboot) reboot -f ;;
esac
echo
echo "$(uname -sr), started by Fatwood: a busybox shell. 'exit' powers the machine off."
setsid cttyhack sh -i
poweroff -f
