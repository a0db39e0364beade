# SPDX-License-Identifier: Apache-2.0
# Compiles the firmware's own sources, except the hardware layer, for the host with sanitizers:
# unit tests and corpus replay with gcc and clang, fuzzing with clang, from the same objects. The
# Makefile calls this with the configuration of tests/host/defconfig in $(O)/host; tests/host/
# replaces arch/.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
.DELETE_ON_ERROR:
.SECONDARY:

O ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
HOST_COMPILERS ?= gcc clang
FUZZ_SECONDS ?= $(if $(FUZZ_SEED),,20)
python := build/venv/bin/python

include $(O)/host/auto.conf
autoconf := $(O)/host/include/generated/autoconf.h

include lib/objects.mk core/objects.mk drivers/objects.mk fs/objects.mk loaders/objects.mk efi/objects.mk

# The archive that every test links: obj-y, the runtime program, the boot sequence, the files of
# arch/ that only manipulate tables, and tests/host/*.c.
sources := $(sort $(obj-y:.o=.c) $(runtime-y:.o=.c)) boot/main.c $(addprefix arch/x86_64/,mmu.c page_tables.c) \
	$(wildcard tests/host/*.c)
fuzz-sources := $(wildcard tests/fuzz/fuzz_*.c)
unit-sources := $(wildcard tests/unit/test_*.c)

# TESTS="fat gpt" selects tests whose names contain one of the words.
ifneq ($(TESTS),)
wanted = $(foreach source,$(1),$(if $(strip $(foreach word,$(TESTS),$(findstring $(word),$(notdir $(source))))),$(source)))
unit-sources := $(call wanted,$(unit-sources))
fuzz-sources := $(call wanted,$(fuzz-sources))
endif

CPPFLAGS := -I. -Itests/host/include -I$(O)/host/include -MMD -MP
CFLAGS := -std=gnu2x -O1 -g -fno-omit-frame-pointer -fno-strict-aliasing -Wall -Wextra -Wshadow \
	-Wvla -Werror -fsanitize=address,undefined -fno-sanitize-recover=all
# Hundreds of programs are linked, with lld in half the time.
LDFLAGS := -fuse-ld=lld -Wl,--wrap=__sanitizer_cov_trace_pc

# As in the firmware, built by the Makefile.
runtime-program := $(O)/host/include/generated/runtime.bin

# lib/string.c defines what the C library also defines, so it and its test use other names.
string-functions := memcpy memmove memset memcmp strlen strnlen strcmp
string-names := $(foreach name,$(string-functions),-D$(name)=fw_$(name))

# tests/host/host_memory.c wraps these and poisons unowned memory.
memory-functions := memory_allocate memory_allocate_request memory_allocate_at memory_free
arena-functions := arena_allocate
plain-names = $(foreach name,$(1),-D$(name)=plain_$(name))

# arch/x86_64/mmu.c and its test: the host has functions with the same names.
mmu-functions := mmu_init map protect allow_execution restrict_execution access memory memory_end \
	stack_create enter_kernel
mmu-names := -Iarch/x86_64/include $(foreach name,$(mmu-functions),-Darch_$(name)=x86_$(name))

# $(1): folder of the variant, $(2): compiler, $(3): flags for what fuzzers contain
define variant
objects-$(1) := $$(patsubst %.c,$$(O)/host-$(1)/%.o,$$(sources))

$$(O)/host-$(1)/lib/string.o $$(O)/host-$(1)/tests/unit/test_string.o: names := $$(string-names) -fno-builtin

$$(O)/host-$(1)/core/memory.o: names := $$(call plain-names,$$(memory-functions))
$$(O)/host-$(1)/core/arena.o: names := $$(call plain-names,$$(arena-functions))

$$(O)/host-$(1)/arch/x86_64/mmu.o $$(O)/host-$(1)/tests/unit/test_mmu.o: names := $$(mmu-names)

# To compile these takes longer than to run them. gcc sees what is uninitialized only with -O1.
$$(O)/host-$(1)/tests/unit/%.o: CFLAGS += -O0 -Wno-unknown-warning-option -Wno-maybe-uninitialized

# Steps are counted in the tested code, not in the tests.
$$(filter-out $$(O)/host-$(1)/tests/%,$$(objects-$(1))): steps := -fsanitize-coverage=trace-pc
$$(objects-$(1)) $$(fuzz-sources:%.c=$$(O)/host-$(1)/%.o): fuzzed := $(3)
$$(O)/host-$(1)/tests/host/host_steps.o: fuzzed := -fno-sanitize=all -fomit-frame-pointer

$$(O)/host-$(1)/tests/unit/test_runtime_program.o: names := -DRUNTIME_PROGRAM='"$$(runtime-program)"'
$$(O)/host-$(1)/tests/unit/test_runtime_program.o: $$(runtime-program)

$$(O)/host-$(1)/%.o: %.c $$(autoconf) tests/host.mk
	@printf '  %-7s %s\n' 'HOSTCC' '$(1) $$<'
	@mkdir -p $$(@D)
	$$(Q)$(2) $$(CPPFLAGS) $$(CFLAGS) $$(fuzzed) $$(steps) $$(names) -c -o $$@ $$<

# Assembly without hardware access, renamed because the host has functions with the same names.
$$(O)/host-$(1)/%.o: %.S tests/host.mk
	@mkdir -p $$(@D)
	$$(Q)$(2) -Darch_call_on_stack=x86_call_on_stack -Darch_call_end=x86_call_end -Wa,--noexecstack -c -o $$@ $$<

$$(O)/host-$(1)/tests/unit/test_x86_call: $$(O)/host-$(1)/arch/x86_64/call.o

$$(O)/host-$(1)/libfatwood.a: $$(objects-$(1))
	$$(Q)rm -f $$@ && ar qcs $$@ $$^

$$(O)/host-$(1)/tests/unit/%: $$(O)/host-$(1)/tests/unit/%.o $$(O)/host-$(1)/libfatwood.a
	$$(Q)$(2) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^

$$(O)/host-$(1)/tests/fuzz/replay_%: $$(O)/host-$(1)/tests/fuzz/fuzz_%.o \
		$$(O)/host-$(1)/tests/fuzz/replay.o $$(O)/host-$(1)/libfatwood.a
	$$(Q)$(2) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^

$$(O)/host-$(1)/tests/tools/%: $$(O)/host-$(1)/tests/tools/%.o $$(O)/host-$(1)/libfatwood.a
	$$(Q)$(2) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^

-include $$(objects-$(1):.o=.d) $$(wildcard $$(O)/host-$(1)/tests/*/*.d)
endef

$(foreach compiler,$(filter-out clang,$(HOST_COMPILERS)),$(eval $(call variant,$(notdir $(compiler)),$(compiler))))
$(eval $(call variant,clang,clang,-fsanitize=fuzzer-no-link))

variants := $(notdir $(HOST_COMPILERS))
unit-tests := $(foreach variant,$(variants),$(unit-sources:%.c=$(O)/host-$(variant)/%))
replays := $(foreach variant,$(variants),\
	$(fuzz-sources:tests/fuzz/fuzz_%.c=$(O)/host-$(variant)/tests/fuzz/replay_%))
fuzzers := $(fuzz-sources:%.c=$(O)/host-clang/%)

$(O)/host-clang/tests/fuzz/fuzz_%: $(O)/host-clang/tests/fuzz/fuzz_%.o $(O)/host-clang/libfatwood.a
	$(Q)clang $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^

# Programs that tests/scripts/ runs.
test-tools: $(patsubst tests/tools/%.c,$(O)/host-$(firstword $(variants))/tests/tools/%,\
	$(wildcard tests/tools/*.c))
	@$(if $^,ln -sfn host-$(firstword $(variants))/tests/tools $(O)/tools)

test-unit: $(unit-tests)
	@$(python) scripts/run_tests.py unit $^

fuzz-replay: $(replays)
	@$(python) scripts/run_tests.py replay $^

fuzz: $(fuzzers)
	@$(python) scripts/fuzz.py $(addprefix --seconds ,$(FUZZ_SECONDS)) $(addprefix --seed ,$(FUZZ_SEED)) --out $(O)/fuzz $^

.PHONY: test-unit test-tools fuzz-replay fuzz
