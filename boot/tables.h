/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists that only main.c uses; the others are declared in headers of core/ and drivers/.
 */
#pragma once

/* In the order they are called, NULL at the end. Each registers what it finds. */
extern void (*const console_probes[])(void);
extern void (*const bus_probes[])(void);
