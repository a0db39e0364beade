/* SPDX-License-Identifier: Apache-2.0 */
#include "selftest.h"

const struct topic topics[] = {
	{ "tables", test_tables },         { "memory", test_memory },
	{ "memory map", test_memory_map }, { "pool", test_pool },
	{ "handles", test_handles },       { "open", test_open },
	{ "locate", test_locate },         { "events", test_events },
	{ "timers", test_timers },         { "drivers", test_drivers },
	{ "images", test_images },         { "variables", test_variables },
	{ "names", test_variable_names },  { "time", test_time },
	{ "paths", test_paths },           { "path text", test_path_text },
	{ "output", test_text_output },    { "input", test_text_input },
	{ "block", test_block },           { "files", test_files },
	{ "file names", test_file_names }, { "random", test_random },
	{ "collation", test_collation },   { "misc", test_misc },
	{ "serial port", test_serial },    { "protection", test_protection },
	{ "graphics", test_graphics },     { "pci", test_pci },
	{ "root bridge", test_pci_root },  { "decompression", test_decompress },
};
const size_t topic_count = ARRAY_SIZE(topics);
