/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A QEMU TCG plugin that counts the instructions a machine executes:
 *	-plugin count.so,counts=path[,low=0x200000,high=0x240000][,mark=0x200010]... -d plugin
 *		[,stop=0x200020][,copied=0x200030,copy_size=0x3000,copy_entry=0x40]
 * Each time the instruction at a marked address is reached, a section of the file at path ends, and
 * the line "mark" goes to QEMU's log, so that a trace there has the same sections. A section is:
 *	"address count" lines, for the instructions from low up to high that were executed in it
 *	"total count", of all instructions since the machine started
 *
 * Instructions of a copy of part of the image, which is somewhere in free memory, are reported at
 * the addresses from low + (high - low) on. The copy has copy_size bytes. Its instruction at
 * copy_entry is the first instruction outside the image that is executed after the one at the
 * address "copied".
 *
 * At the address "stop" QEMU exits with status STOPPED, without a shutdown. With "copied", the
 * lines "ours" and "others" are logged whenever execution enters or leaves the counted code.
 *
 * The parts of QEMU's plugin interface (docs/devel/tcg-plugins.rst) that are used are declared
 * here, because distributions do not package its header. Only functions that exist in all versions
 * are used.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MARKS_MAX = 8, STOPPED = 125 };

struct tb;
struct instruction;

typedef void (*on_translation)(uint64_t id, struct tb *tb);
typedef void (*on_execution)(unsigned int processor, void *context);
typedef void (*on_end)(uint64_t id, void *context);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, on_translation call);
void qemu_plugin_register_vcpu_insn_exec_cb(struct instruction *instruction, on_execution call,
					    int registers_used, void *context);
void qemu_plugin_register_vcpu_tb_exec_cb(struct tb *block, on_execution call, int registers_used,
					  void *context);
void qemu_plugin_register_atexit_cb(uint64_t id, on_end call, void *context);
void qemu_plugin_outs(const char *text);
size_t qemu_plugin_tb_n_insns(const struct tb *tb);
struct instruction *qemu_plugin_tb_get_insn(const struct tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *instruction);

/* Only in version 2 and later of the interface, since QEMU 9.0. */
void qemu_plugin_scoreboard_new(void) __attribute__((weak));

extern int qemu_plugin_version;
int qemu_plugin_version;
int qemu_plugin_install(uint64_t id, const void *info, int argument_count, char **arguments);

/* QEMU 9.0 and later refuse version 1, and earlier versions support only that. */
__attribute__((constructor)) static void choose_version(void)
{
	qemu_plugin_version = qemu_plugin_scoreboard_new ? 2 : 1;
}

static uint64_t low, high, stop, copied, copy, copy_size, copy_entry;
static bool is_copied, is_inside;
static uint64_t *counts, total;
static uint64_t marks[MARKS_MAX];
static size_t mark_count;
static FILE *file;

static void end_section(void)
{
	for (uint64_t i = 0; i < high - low + copy_size; i++)
		if (counts[i])
			fprintf(file, "%" PRIx64 " %" PRIu64 "\n", low + i, counts[i]);
	memset(counts, 0, (high - low + copy_size) * sizeof(*counts));
	fprintf(file, "total %" PRIu64 "\n", total);
}

static void marked(unsigned int processor, void *context)
{
	(void)processor;
	(void)context;
	end_section();
	qemu_plugin_outs("mark\n");
}

static void change_side(bool inside)
{
	if (!copied || inside == is_inside)
		return;
	is_inside = inside;
	qemu_plugin_outs(inside ? "ours\n" : "others\n");
}

static void executed(unsigned int processor, void *context)
{
	uint64_t *own = context;

	(void)processor;
	change_side(true);
	total++;
	++*own;
}

static void executed_block(unsigned int processor, void *context)
{
	(void)processor;
	change_side(false);
	total += (uintptr_t)context;
}

static void stopped(unsigned int processor, void *context)
{
	(void)processor;
	(void)context;
	end_section();
	fflush(NULL);
	_exit(STOPPED);
}

static void copy_made(unsigned int processor, void *context)
{
	(void)processor;
	(void)context;
	is_copied = true;
}

/* The counter for an instruction at @address, or NULL. */
static uint64_t *count_of(uint64_t address)
{
	if (address >= low && address < high)
		return &counts[address - low];
	if (is_copied && !copy)
		copy = address - copy_entry;
	if (copy && address >= copy && address < copy + copy_size)
		return &counts[high - low + address - copy];
	return NULL;
}

static bool is_marked(uint64_t address)
{
	for (size_t i = 0; i < mark_count; i++)
		if (marks[i] == address)
			return true;
	return false;
}

/*
 * Elsewhere there is one call per block, although an exception may end it early; otherwise an
 * emulated kernel that decompresses itself takes minutes.
 */
static void translated(uint64_t id, struct tb *tb)
{
	uintptr_t others = 0;

	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct instruction *instruction = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(instruction);
		uint64_t *own = count_of(address);

		if (is_marked(address))
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, marked, 0, NULL);
		if (own)
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, executed, 0, own);
		else
			others++;
		if (stop && address == stop)
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, stopped, 0, NULL);
		if (copied && address == copied)
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, copy_made, 0, NULL);
	}
	if (others)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, executed_block, 0, (void *)others);
}

static void finished(uint64_t id, void *context)
{
	(void)id;
	(void)context;
	end_section();
	fclose(file);
}

int qemu_plugin_install(uint64_t id, const void *info, int argument_count, char **arguments)
{
	(void)info;
	for (int i = 0; i < argument_count; i++) {
		sscanf(arguments[i], "low=%" SCNi64, (int64_t *)&low);
		sscanf(arguments[i], "high=%" SCNi64, (int64_t *)&high);
		sscanf(arguments[i], "stop=%" SCNi64, (int64_t *)&stop);
		sscanf(arguments[i], "copied=%" SCNi64, (int64_t *)&copied);
		sscanf(arguments[i], "copy_size=%" SCNi64, (int64_t *)&copy_size);
		sscanf(arguments[i], "copy_entry=%" SCNi64, (int64_t *)&copy_entry);
		if (mark_count < MARKS_MAX &&
		    sscanf(arguments[i], "mark=%" SCNi64, (int64_t *)&marks[mark_count]) == 1)
			mark_count++;
		if (strncmp(arguments[i], "counts=", 7) == 0)
			file = fopen(arguments[i] + 7, "w");
	}
	if (high < low || !file)
		return 1;
	counts = calloc(high - low + copy_size + 1, sizeof(*counts));
	if (!counts)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
