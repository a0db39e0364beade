/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of all disks (EFI_BOOT_MENU). */
#pragma once

#include "core/boot.h"

/*
 * Shows the menu if the VMM requests it, or the operating system does (@asked_seconds returns its
 * timeout, as in loaders/loader_conf.h), and boots the choice; @list adds the choices. Returns if
 * the menu was not requested, or if the choices failed; the boot then continues as without a menu.
 */
void boot_menu(u32 (*asked_seconds)(void), void (*list)(struct boot_choices *choices));
