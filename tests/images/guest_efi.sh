#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced by guest_init.sh: reports what a kernel sees of its UEFI firmware, and executes the words
# of guest.efi= in order, separated by commas: report, maps, list, set:NAME=TEXT, get:NAME,
# delete:NAME, rewrite:COUNT, and store, which does what the units of contrib/efi-variables do.

efivars=/sys/firmware/efi/efivars
# LINUX_EFI_CRASH_GUID: the only vendor whose variables efivarfs does not make immutable (busybox
# has no chattr).
test_guid=cfc8fc79-be2e-4ddc-97f0-9f98bfe298a0
loader_guid=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
global_guid=8be4df61-93ca-11d2-aa0d-00e098032b8c

# Attributes non-volatile, boot services, runtime: the first four bytes of the file.
efi_write() { printf '\007\000\000\000%s' "$2" 2>/dev/null >"$efivars/$1-$test_guid"; }

efi_text() { tail -c +5 "$efivars/$1-$2" 2>/dev/null | tr -d '\0'; }

efi_report() {
	report "efi_bits=$(cat /sys/firmware/efi/fw_platform_size)"
	report "efi_runtime_map=$(ls /sys/firmware/efi/runtime-map | wc -l)"
	report "efi_variables=$(ls $efivars | wc -l)"
	current=$(tail -c +5 $efivars/BootCurrent-$global_guid 2>/dev/null | hexdump -v -e '1/2 "%04X"')
	report "efi_boot_current=$current"
	# Attributes and the length of the path list come before the description.
	report "efi_boot_option=$(tail -c +11 "$efivars/Boot$current-$global_guid" 2>/dev/null | head -c 60 |
		tr -d '\0' | tr -c 'A-Za-z0-9. ' '?')"
	for name in LoaderDevicePartUUID LoaderInfo LoaderFirmwareInfo LoaderEntrySelected StubInfo; do
		report "$name=$(efi_text $name $loader_guid)"
	done
	[ -e /sys/firmware/dmi/tables/smbios_entry_point ] && report "smbios=yes"
	report "smbios_manufacturer=$(cat /sys/class/dmi/id/sys_vendor 2>/dev/null)"
	report "keyboards=$(grep -c 'AT Translated Set 2 keyboard' /proc/bus/input/devices)"
	dmesg | grep -iE '\befi|firmware bug|secure boot|rtc-efi|warning|random: crng|initrd' |
		cut -c 1-300 | while read -r line; do report "efi_log=$line"; done
}

# The addresses of everything that the firmware has left; with efi=debug, also the kernel's memory
# map.
efi_maps() {
	for range in /sys/firmware/efi/runtime-map/*; do
		numbers=$(cat "$range/type" "$range/phys_addr" "$range/num_pages" "$range/attribute")
		report "efi_runtime=$(echo $numbers)"
	done
	dmesg | sed 's/^\[[^]]*\] //' | grep -E '^efi: (mem[0-9]|.*=0x)' | cut -c 1-400 |
		while read -r line; do report "efi_map=$line"; done
}

efi_rewrite() {
	done=0
	while [ $done -lt "$1" ]; do
		efi_write Rewritten "round $done" || break
		[ "$(efi_text Rewritten $test_guid)" = "round $done" ] || break
		done=$((done + 1))
	done
	report "efi_rewritten=$done"
}

efi_store() {
	mkdir -p /esp
	for part in /dev/vd?1 /dev/vd?15; do
		mount -t vfat "$part" /esp 2>/dev/null || continue
		ESP=/esp sh /efi-variables && report "efi_store=good" || report "efi_store=bad"
		sync
		umount /esp
		return
	done
	report "efi_store=bad"
}

efi_word() {
	name=${1#*:}
	value=${name#*=}
	name=${name%%=*}
	file=$efivars/$name-$test_guid
	case $1 in
	report) efi_report ;;
	maps) efi_maps ;;
	list) for file in "$efivars"/*; do report "efi_name=${file##*/}"; done ;;
	get:*) report "efi_get=$name $(efi_text "$name" $test_guid)" ;;
	set:*) efi_write "$name" "$value" && report "efi_set=$name good" || report "efi_set=$name bad" ;;
	delete:*)
		rm -f "$file" 2>/dev/null </dev/null && [ ! -e "$file" ] &&
			report "efi_delete=$name good" || report "efi_delete=$name bad"
		;;
	rewrite:*) efi_rewrite "$name" ;;
	store) efi_store ;;
	esac
}

efi_words() {
	if [ ! -e /sys/firmware/efi ]; then
		report "efi=no"
		return
	fi
	report "efi=yes"
	mount -t efivarfs efivarfs $efivars 2>/dev/null
	for word in $(echo "$1" | tr ',' ' '); do
		efi_word "$word"
	done
}
