/* SPDX-License-Identifier: Apache-2.0 */
#include "core/host_variables.h"

u64 host_variables;
