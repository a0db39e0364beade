/* SPDX-License-Identifier: Apache-2.0 */
#include "core/flash.h"

struct flash variable_flash;
