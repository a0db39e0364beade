/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A QEMU TCG plugin that counts how often each instruction of an address range is executed, and writes
 * "address count" lines to a file at the end:
 *	-plugin count.so,low=0x200000,high=0x240000,counts=path
 * QEMU's plugin interface, version 1 (docs/devel/tcg-plugins.rst), declared here as far as it is used:
 * distributions do not package its header.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tb;
struct instruction;

typedef void (*on_translation)(uint64_t id, struct tb *tb);
typedef void (*on_execution)(unsigned int processor, void *context);
typedef void (*on_end)(uint64_t id, void *context);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, on_translation call);
void qemu_plugin_register_vcpu_insn_exec_cb(struct instruction *instruction, on_execution call,
					    int registers_used, void *context);
void qemu_plugin_register_atexit_cb(uint64_t id, on_end call, void *context);
size_t qemu_plugin_tb_n_insns(const struct tb *tb);
struct instruction *qemu_plugin_tb_get_insn(const struct tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *instruction);

extern int qemu_plugin_version;
int qemu_plugin_version = 1;
int qemu_plugin_install(uint64_t id, const void *info, int argument_count, char **arguments);

static uint64_t low, high;
static uint64_t *counts;
static const char *path;

static void executed(unsigned int processor, void *context)
{
	(void)processor;
	++*(uint64_t *)context;
}

static void translated(uint64_t id, struct tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct instruction *instruction = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(instruction);

		if (address >= low && address < high)
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, executed, 0,
							       &counts[address - low]);
	}
}

static void finished(uint64_t id, void *context)
{
	FILE *file = fopen(path, "w");

	(void)id;
	(void)context;
	if (!file)
		return perror(path);
	for (uint64_t i = 0; i < high - low; i++)
		if (counts[i])
			fprintf(file, "%" PRIx64 " %" PRIu64 "\n", low + i, counts[i]);
	fclose(file);
}

int qemu_plugin_install(uint64_t id, const void *info, int argument_count, char **arguments)
{
	(void)info;
	for (int i = 0; i < argument_count; i++) {
		sscanf(arguments[i], "low=%" SCNi64, (int64_t *)&low);
		sscanf(arguments[i], "high=%" SCNi64, (int64_t *)&high);
		if (strncmp(arguments[i], "counts=", 7) == 0)
			path = strdup(arguments[i] + 7);
	}
	counts = high > low && path ? calloc(high - low, sizeof(*counts)) : NULL;
	if (!counts)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
