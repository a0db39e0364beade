/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of all that can be booted (EFI_BOOT_MENU). */
#pragma once

#include "core/boot.h"

/*
 * Shows it if the VMM asks for it, or @asked_seconds says for how long the operating system wants
 * it (as loaders/loader_conf.h has it), and boots what is chosen; @list adds the choices. Returns
 * if the menu is not wanted, or when choices failed: then the boot goes on as without a menu.
 */
void boot_menu(u32 (*asked_seconds)(void), void (*list)(struct boot_choices *choices));
