/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loaders/bls.c on entries as written by distributions to an ESP or XBOOTLDR, with invented
 * identifiers. Each boots with its options and initrds, or the reason why it does not is logged.
 */
#include "tests/unit/bls.h"

#define ID "0123456789abcdef0123456789abcdef"
#define CONF(text) { .path = "loader/loader.conf", .bytes = SPAN(text) }
#define INITRD(name, text) { .path = name, .bytes = SPAN(text) }

/* @command_line NULL: nothing boots. @message must be logged. */
static void check(const struct memory_file *files, u32 count, const char *command_line,
		  const char *initrd, const char *message)
{
	const struct boot_params *params;
	enum host_end end;

	set_up(files, count);
	end = host_run(run, NULL);
	CHECK_EQUAL(end == HOST_ENTERED_KERNEL, command_line != NULL);
	if (message[0])
		CHECK(said(message));
	else
		CHECK_TEXT(console.text, "");
	if (end != HOST_ENTERED_KERNEL)
		return;
	params = (const struct boot_params *)(uintptr_t)host_kernel.argument;
	CHECK_TEXT((const char *)(uintptr_t)params->cmd_line_ptr, command_line);
	CHECK_EQUAL(params->ramdisk_size, strlen(initrd));
	CHECK(memcmp((const void *)(uintptr_t)params->ramdisk_image, initrd, strlen(initrd)) == 0);
}

#define BOOTS(command_line, initrd) check(files, ARRAY_SIZE(files), command_line, initrd, "")
#define BOOTS_AND_SAYS(command_line, initrd, message) \
	check(files, ARRAY_SIZE(files), command_line, initrd, message)
#define REFUSED(message) check(files, ARRAY_SIZE(files), NULL, NULL, message)

/* systemd's kernel-install, as Debian, Fedora and others with systemd-boot use it. */
TEST(kernel_install)
{
	static const struct memory_file files[] = {
		{ .path = "loader/entries.srel", .bytes = SPAN("type1\n") },
		{ .path = "loader/random-seed", .bytes = SPAN("0123") },
		CONF("#timeout 3\n#console-mode keep\n"),
		ENTRY(ID "-6.1.0-9-amd64.conf",
		      "title      Debian GNU/Linux 12 (bookworm)\nversion    6.1.0-9-amd64\n"
		      "machine-id " ID "\nsort-key   debian\noptions    old\n"
		      "linux      /" ID "/6.1.0-9-amd64/linux\n"
		      "initrd     /" ID "/6.1.0-9-amd64/initrd.img-6.1.0-9-amd64\n"),
		ENTRY(ID "-6.1.0-18-amd64.conf",
		      "# Boot Loader Specification type#1 entry\n# File created by kernel-install\n"
		      "title      Debian GNU/Linux 12 (bookworm)\nversion    6.1.0-18-amd64\n"
		      "machine-id " ID "\nsort-key   debian\n"
		      "options    root=UUID=1-2-3 ro quiet systemd.machine_id=" ID "\n"
		      "linux      /" ID "/6.1.0-18-amd64/linux\n"
		      "initrd     /" ID "/6.1.0-18-amd64/microcode\n"
		      "initrd     /" ID "/6.1.0-18-amd64/initrd.img-6.1.0-18-amd64\n"),
		LINUX(ID "/6.1.0-18-amd64/linux"),
		INITRD(ID "/6.1.0-18-amd64/microcode", "micr"),
		INITRD(ID "/6.1.0-18-amd64/initrd.img-6.1.0-18-amd64", "main"),
	};

	BOOTS("root=UUID=1-2-3 ro quiet systemd.machine_id=" ID, "micrmain");
}

/* GRUB's blscfg, as Fedora and RHEL 9 use it; the rescue entry must not come first. */
TEST(grub_blscfg)
{
	static const struct memory_file files[] = {
		ENTRY(ID "-0-rescue.conf",
		      "title Red Hat Enterprise Linux (0-rescue-" ID ") 9.4 (Plow)\n"
		      "version 0-rescue-" ID "\nlinux /vmlinuz-0-rescue-" ID "\n"
		      "initrd /initramfs-0-rescue-" ID ".img\noptions root=/dev/vda4 ro\n"
		      "grub_users $grub_users\ngrub_arg --unrestricted\ngrub_class rhel\n"),
		ENTRY(ID "-5.14.0-427.el9.x86_64.conf",
		      "title Red Hat Enterprise Linux (5.14.0-427.el9.x86_64) 9.4 (Plow)\n"
		      "version 5.14.0-427.el9.x86_64\nlinux /vmlinuz-5.14.0-427.el9.x86_64\n"
		      "initrd /initramfs-5.14.0-427.el9.x86_64.img $tuned_initrd\n"
		      "options root=/dev/mapper/rhel-root ro crashkernel=1G-4G:192M,64G-:512M "
		      "rd.lvm.lv=rhel/root $tuned_params\n"
		      "grub_users $grub_users\ngrub_arg --unrestricted\ngrub_class rhel\n"
		      "id rhel-20240401-5.14.0-427.el9.x86_64\n"),
		LINUX("vmlinuz-5.14.0-427.el9.x86_64"),
		INITRD("initramfs-5.14.0-427.el9.x86_64.img", "main"),
	};

	BOOTS("root=/dev/mapper/rhel-root ro crashkernel=1G-4G:192M,64G-:512M rd.lvm.lv=rhel/root",
	      "main");
}

/* RHEL 8: without GRUB's environment there would be no root=. */
TEST(grub_blscfg_with_options_elsewhere)
{
	static const struct memory_file files[] = {
		{ .path = "grub2/grubenv", .bytes = SPAN("kernelopts=root=/dev/vda2 ro\n") },
		ENTRY(ID "-4.18.0-80.el8.x86_64.conf",
		      "title Red Hat Enterprise Linux (4.18.0-80.el8.x86_64) 8.0 (Ootpa)\n"
		      "version 4.18.0-80.el8.x86_64\nlinux /vmlinuz-4.18.0-80.el8.x86_64\n"
		      "initrd /initramfs-4.18.0-80.el8.x86_64.img $tuned_initrd\n"
		      "options $kernelopts $tuned_params\nid rhel-20190313-4.18.0-80.el8.x86_64\n"
		      "grub_users $grub_users\ngrub_arg --unrestricted\ngrub_class kernel\n"),
		LINUX("vmlinuz-4.18.0-80.el8.x86_64"),
		INITRD("initramfs-4.18.0-80.el8.x86_64.img", "main"),
	};

	REFUSED("4.18.0-80.el8.x86_64.conf: left out: GRUB keeps its options ($kernelopts)");
}

TEST(ostree)
{
	static const struct memory_file files[] = {
		ENTRY("ostree-1.conf",
		      "title Fedora CoreOS 40 (ostree:1)\nversion 1\noptions older\n"
		      "linux /ostree/fedora-coreos-a/vmlinuz-6.8.9\n"),
		ENTRY("ostree-2.conf",
		      "title Fedora CoreOS 40 (ostree:0)\nversion 2\n"
		      "options ostree=/ostree/boot.1/fedora-coreos/b/0 $ignition_firstboot rw\n"
		      "linux /ostree/fedora-coreos-b/vmlinuz-6.8.10\n"
		      "initrd /ostree/fedora-coreos-b/initramfs-6.8.10.img\naboot /b.img\n"),
		LINUX("ostree/fedora-coreos-b/vmlinuz-6.8.10"),
		INITRD("ostree/fedora-coreos-b/initramfs-6.8.10.img", "main"),
	};

	BOOTS("ostree=/ostree/boot.1/fedora-coreos/b/0 rw", "main");
}

TEST(arch_linux)
{
	static const struct memory_file files[] = {
		CONF("default  arch.conf\ntimeout  0\nconsole-mode max\neditor   no\n"),
		ENTRY("arch-fallback.conf",
		      "title   Arch Linux (fallback initramfs)\nlinux   /vmlinuz-linux\n"
		      "initrd  /initramfs-linux-fallback.img\noptions fallback\n"),
		ENTRY("arch.conf", "title\tArch Linux\nlinux\t/vmlinuz-linux\n"
				   "initrd\t/amd-ucode.img\ninitrd\t/initramfs-linux.img\n"
				   "options\troot=\"LABEL=my disk\" rw\n"),
		LINUX("vmlinuz-linux"),
		INITRD("amd-ucode.img", "code"),
		INITRD("initramfs-linux.img", "main"),
	};

	BOOTS("root=\"LABEL=my disk\" rw", "codemain");
}

TEST(nixos)
{
	static const struct memory_file files[] = {
		CONF("timeout 0\ndefault nixos-generation-9.conf\neditor 0\nconsole-mode keep\n"),
		ENTRY("nixos-generation-10.conf",
		      "title NixOS\nsort-key nixos\n"
		      "version Generation 10 NixOS 24.05, Linux Kernel 6.6.32\n"
		      "linux /EFI/nixos/b-linux.efi\noptions ten\n"),
		ENTRY("nixos-generation-9.conf",
		      "title NixOS\nsort-key nixos\n"
		      "version Generation 9 NixOS 24.05, Linux Kernel 6.6.31, built on 2024-05-20\n"
		      "linux /EFI/nixos/a-linux-6.6.31-bzImage.efi\n"
		      "initrd /EFI/nixos/a-initrd-linux-6.6.31-initrd.efi\n"
		      "options init=/nix/store/a-nixos-system/init loglevel=4\nmachine-id " ID "\n"),
		LINUX("EFI/nixos/a-linux-6.6.31-bzImage.efi"),
		INITRD("EFI/nixos/a-initrd-linux-6.6.31-initrd.efi", "main"),
	};

	BOOTS("init=/nix/store/a-nixos-system/init loglevel=4", "main");
}

/* openSUSE with sdbootutil: the snapshot's number comes first in the version. */
TEST(opensuse)
{
	static const struct memory_file files[] = {
		ENTRY("opensuse-tumbleweed-6.9.7-1-default-11.conf",
		      "title openSUSE Tumbleweed\nversion 11@6.9.7-1-default\n"
		      "sort-key opensuse-tumbleweed\noptions older\nlinux /none\n"),
		ENTRY("opensuse-tumbleweed-6.9.6-1-default-12.conf",
		      "title openSUSE Tumbleweed\nversion 12@6.9.6-1-default\n"
		      "sort-key opensuse-tumbleweed\n"
		      "options root=UUID=1 rootflags=subvol=@/.snapshots/12/snapshot\n"
		      "linux /opensuse-tumbleweed/6.9.6-1-default/linux-0a\n"
		      "initrd /opensuse-tumbleweed/6.9.6-1-default/initrd-0b\n"),
		LINUX("opensuse-tumbleweed/6.9.6-1-default/linux-0a"),
		INITRD("opensuse-tumbleweed/6.9.6-1-default/initrd-0b", "main"),
	};

	BOOTS("root=UUID=1 rootflags=subvol=@/.snapshots/12/snapshot", "main");
}

TEST(clear_linux)
{
	static const struct memory_file files[] = {
		CONF("timeout 0\ndefault Clear-linux-kvm-6.2.8-1000.conf\n"),
		ENTRY("Clear-linux-kvm-6.2.8-1000.conf",
		      "title Clear Linux OS\nlinux /EFI/org.clearlinux/kernel-org.clearlinux.kvm.6.2.8-1000\n"
		      "initrd /EFI/org.clearlinux/freestanding-00-intel-ucode.cpio\n"
		      "options root=PARTUUID=1-2 quiet console=tty0\n"),
		LINUX("EFI/org.clearlinux/kernel-org.clearlinux.kvm.6.2.8-1000"),
		INITRD("EFI/org.clearlinux/freestanding-00-intel-ucode.cpio", "code"),
	};

	BOOTS("root=PARTUUID=1-2 quiet console=tty0", "code");
}

/* The default's kernel is missing; the file was saved by an editor of another system, and has UEFI
 * paths.
 */
TEST(edited_under_another_system)
{
	static const struct memory_file files[] = {
		CONF("\xef\xbb\xbf# edited\r\ndefault Pop_OS-current\r\n"),
		ENTRY("Pop_OS-current.conf", "title Pop!_OS\r\nlinux /EFI/Pop_OS-1/gone.efi\r\n"),
		ENTRY("Pop_OS-oldkern.conf",
		      "\xef\xbb\xbftitle Pop!_OS\r\n\r\nlinux \\EFI\\Pop_OS-1\\vmlinuz.efi\r\n"
		      "initrd \\EFI\\Pop_OS-1\\initrd.img\r\noptions root=UUID=1 ro quiet \r\n"),
		LINUX("EFI/Pop_OS-1/vmlinuz.efi"),
		INITRD("EFI/Pop_OS-1/initrd.img", "main"),
	};

	BOOTS_AND_SAYS("root=UUID=1 ro quiet", "main",
		       "Pop_OS-current.conf: linux /EFI/Pop_OS-1/gone.efi: not found");
}

/* mkosi and others add a UKI: an entry for it, and type #2 entries, need EFI. */
TEST(unified_kernel_images_alone)
{
	static const struct memory_file files[] = {
		{ .path = "EFI/Linux/particle_1.efi", .bytes = SPAN("MZ") },
		ENTRY("particle_1+3.conf", "title ParticleOS\nversion 1\nsort-key particle\n"
					   "uki /EFI/Linux/particle_1.efi\nprofile 1\n"
					   "extra /EFI/Linux/a.cred\n"),
	};

	REFUSED("particle_1+3.conf: left out: its efi or uki key needs EFI");
}
