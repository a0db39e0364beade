# SPDX-License-Identifier: Apache-2.0
# Configuration (Kconfig), sources (objects.mk), build (pattern rules), checks, help: `make help`
# lists the targets. Output goes only below build/, or to O=, so that several configurations can be
# kept side by side.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

O ?= build
override O := $(patsubst %/,%,$(O))
ifneq ($(words [$(O)] [$(CURDIR)])$(findstring :,$(O)$(CURDIR)),2)
$(error Neither O=$(O) nor the folder of the sources may have a space or a colon in its path)
endif
ifneq ($(filter $(abspath $(O))/%,$(CURDIR)/),)
$(error O=$(O): the output needs a separate folder, not one that contains the sources)
endif

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
# make -s is silent.
say = @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,printf '  %-7s %s\n' '$(1)' '$(2)')

# Python: all configurations share one environment. Tests need all of requirements.txt, a build only
# kconfiglib: without the environment of the tests, from the system (Debian: python3-kconfiglib, for
# /usr/bin/python3 even if another python3 comes first) or fetched into the environment.
PYTHON ?= python3
venv := build/venv
python := $(venv)/bin/python

in-venv = $(Q)mkdir -p build; flock build/.venv.lock sh -ec ' \
	if [ -e $@ ] && [ ! $< -nt $@ ]; then exit; fi; \
	[ -x $(python) ] || $(PYTHON) -m venv $(venv); \
	$(venv)/bin/pip install -q --disable-pip-version-check --retries 8 $(1); touch $@' $(2)

$(venv)/.complete: requirements.txt
	$(call say,VENV,$(venv): packages of the tests)
	$(call in-venv,-r $<)

$(venv)/.kconfiglib: requirements.txt
	$(call say,VENV,$(venv): kconfiglib)
	$(call in-venv,"$$(grep ^kconfiglib== $<)",|| { echo >&2 'A build without network access needs \
		kconfiglib of the system: Debian has it in python3-kconfiglib.'; exit 1; })

build-python := $(if $(wildcard $(venv)/.complete),$(python),$(firstword \
	$(foreach candidate,$(PYTHON) /usr/bin/python3, \
	$(shell $(candidate) -c 'import kconfiglib' 2>/dev/null && echo $(candidate)))))
kconfiglib := $(if $(build-python),,$(venv)/.kconfiglib)
build-python := $(or $(build-python),$(python))

## Configure

kconfig = $(Q)$(build-python) scripts/kconfig.py
kconfig-files := Kconfig $(wildcard */Kconfig)
kconfig-targets := menuconfig guiconfig olddefconfig listnewconfig allyesconfig allnoconfig \
	alldefconfig randconfig

%_defconfig: $(kconfiglib) ## start from configs/<name>_defconfig
	$(kconfig) defconfig --defconfig configs/$@ --config $(O)/.config

configs/%_defconfig: ;

menuconfig: ## change the configuration in the terminal (guiconfig: in a window)
olddefconfig: ## bring an old .config up to date with defaults for new symbols
listnewconfig: ## list symbols that .config does not mention
allyesconfig: ## everything on that can be (allnoconfig: off; alldefconfig: defaults)
randconfig: ## a random configuration (KCONFIG_SEED= repeats one)
$(kconfig-targets): $(kconfiglib)
	$(kconfig) $@ --config $(O)/.config

config: $(kconfiglib) ## set symbols: make config CONFIG_EFI=n CONFIG_LOG_DEFAULT_INFO=y
	$(kconfig) $@ --config $(O)/.config $(filter CONFIG_%,$(MAKEOVERRIDES))

savedefconfig: $(kconfiglib) ## write the difference from the defaults to $(O)/defconfig
	$(kconfig) $@ --config $(O)/.config --output $(O)/defconfig

autoconf := $(O)/include/generated/autoconf.h

# Objects do not depend on the header of all symbols: sync removes those that a change concerns.
sync = $(kconfig) sync --config $(@D)/.config --output $@ --header $(@D)/include/generated/autoconf.h \
	--objects $(addprefix $(@D)/,$(folders) runtime)

$(O)/auto.conf: $(O)/.config $(kconfig-files) scripts/kconfig.py $(kconfiglib)
	$(sync)

$(autoconf): $(O)/auto.conf ;

# Goals that do not need a configuration; all others, and their files, do.
config-goals := %_defconfig $(kconfig-targets) config
free-goals := $(config-goals) help clean distclean check% test% fuzz% size-check run lab bench format \
	install install-images uninstall sbom dist setup-% $(venv)/%
building := $(filter-out $(free-goals),$(or $(MAKECMDGOALS),all))
ifneq ($(building),)
ifneq ($(filter $(config-goals),$(MAKECMDGOALS)),)
$(error First configure, then build: make $(filter $(config-goals),$(MAKECMDGOALS)) && make $(building))
endif
ifeq ($(wildcard $(O)/.config),)
$(error No configuration in $(O). Choose one by `make <name>_defconfig`, <name> is one of: \
	$(patsubst configs/%_defconfig,%,$(sort $(wildcard configs/*_defconfig))))
endif
include $(O)/auto.conf
endif

## Build

ARCH := $(if $(CONFIG_ARCH_X86_64),x86_64)

# clang and lld, unless CROSS_COMPILE is given, which is the prefix of gcc and ld and may be empty.
# CC=gcc is equivalent to an empty prefix.
ifneq ($(filter command%,$(origin CC)),)
ifneq ($(filter %gcc,$(notdir $(CC))),)
CROSS_COMPILE ?=
endif
endif
ifeq ($(origin CROSS_COMPILE),undefined)
CC := clang
LD := ld.lld
CC_TARGET := --target=$(ARCH)-unknown-elf
SMALLEST := -Oz -flto
SMALLER := -Oz
# Merge string literals with equal ends; run the passes of -Oz, not of -O2, on the whole program.
LINK_SMALL := -O2
LINK_SMALLEST := '--lto-newpm-passes=default<Oz>,mergefunc' --icf=all
else
CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
CC_TARGET :=
SMALLEST := -Os
SMALLER := -Os
endif

# The version is in VERSION; a build from a git checkout adds the commit.
version := $(file <VERSION)
git-commit := $(if $(wildcard .git),$(shell git rev-parse --short=7 HEAD 2>/dev/null))
release := $(version)$(if $(git-commit),-g$(git-commit))

ifneq ($(building),)
versions := $(foreach tool,CC LD,$(or $(shell $($(tool)) --version 2>/dev/null | head -n 1), \
	$(error $($(tool)) does not run. For a build by clang and lld, scripts/setup.sh build installs \
	what is needed)))
ifneq ($(release),$(file <$(O)/release))
$(file >$(O)/release,$(release))
endif
compiler-include := $(shell $(CC) $(CC_TARGET) -print-file-name=include)
endif

folders := lib core arch drivers fs loaders efi boot
include $(folders:%=%/objects.mk)

# autoconf.h is included like a system header, which -MMD leaves out. $(O) stays a variable in the
# rules that it writes: a copy of the folder works, too.
CPPFLAGS := $(CC_TARGET) -nostdinc -isystem $(compiler-include) -I. -Iarch/$(ARCH)/include \
	-isystem $(O)/include
write-rules = -MMD -MP -MT '$(@:$(O)/%=$$(O)/%)'

CFLAGS_x86_64 := -mno-red-zone -mgeneral-regs-only -mcmodel=small -mstack-protector-guard=global \
	-fcf-protection=none
optimize := $(if $(CONFIG_OPTIMIZE_SIZE),$(SMALLEST),-Os)
warnings := -Wall -Wextra -Wshadow -Wvla -Wconversion -Werror
CFLAGS := -std=gnu2x -ffreestanding -gdwarf-4 $(optimize) $(warnings) $(CFLAGS_$(ARCH)) \
	-fomit-frame-pointer -fno-pic -fno-pie -fno-strict-aliasing -fno-delete-null-pointer-checks \
	-fno-common -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fno-unwind-tables $(if $(CONFIG_STACK_PROTECTOR),-fstack-protector-strong,-fno-stack-protector) \
	-ffile-prefix-map=$(O)/=build/ -ffile-prefix-map=$(CURDIR)=.

LDFLAGS_x86_64 := -m elf_x86_64
LDFLAGS := $(LDFLAGS_$(ARCH)) -static -nostdlib --gc-sections --build-id=none -z noexecstack \
	-z max-page-size=4096 -z norelro --fatal-warnings $(LINK_SMALL) \
	$(if $(CONFIG_OPTIMIZE_SIZE),$(LINK_SMALLEST))

# The tools and options that built this folder: when they change, everything is rebuilt.
ifneq ($(building),)
built-with := $(CC) $(LD) $(versions) $(filter-out -ffile-prefix-map=%,$(CFLAGS))
ifneq ($(built-with),$(file <$(O)/toolchain))
$(file >$(O)/toolchain,$(built-with))
endif
endif
built-by := $(O)/toolchain Makefile | $(autoconf)

objects := $(addprefix $(O)/,$(sort $(obj-y) $(firmware-y)))
rom-start := $(addprefix $(O)/,$(rom-y))
linker-script := $(O)/arch/$(ARCH)/firmware.ld

symbol-table := $(if $(CONFIG_FAULT_SYMBOLS),$(O)/symbols.o)
link = $(LD) $(LDFLAGS) -T $(linker-script) $(objects)

all: $(if $(CONFIG_ENTRY_RESET),$(O)/fatwood.rom) \
	$(if $(CONFIG_EFI_VARIABLES_FLASH),$(O)/fatwood_vars.fd)

$(O)/fatwood_vars.fd: scripts/flash_store.py
	$(Q)$(build-python) $< $@

# The image as in memory, compressed, and the code that starts it from reset.
$(O)/fatwood.rom: $(rom-start) $(O)/arch/$(ARCH)/rom.ld $(O)/fatwood.elf
	$(call say,LINK,$@)
	$(Q)$(LD) $(LDFLAGS_$(ARCH)) -static -nostdlib --build-id=none -z noexecstack --oformat binary \
		--just-symbols=$(O)/fatwood.debug.elf -T $(O)/arch/$(ARCH)/rom.ld $(rom-start) -o $@

$(O)/payload.bin: $(O)/fatwood.elf scripts/elf.py
	$(Q)$(build-python) scripts/elf.py --flat $@ $<

$(O)/payload.lz4: $(O)/payload.bin scripts/lz4.py
	$(Q)$(build-python) scripts/lz4.py $< $@

$(rom-start): $(O)/payload.lz4
$(rom-start): CPPFLAGS += -DROM_PAYLOAD='"$(O)/payload.lz4"'

all: $(O)/fatwood.elf ## build the firmware: fatwood.elf (stripped) and fatwood.debug.elf in $(O)

# What is linked depends on the configuration, which decides what is in it.
$(O)/fatwood.elf $(O)/fatwood.debug.elf &: $(objects) $(linker-script) $(symbol-table) $(O)/auto.conf
	$(call say,LINK,$(O)/fatwood.elf)
	$(Q)$(if $(symbol-table),cp $(O)/symbols.elf $(O)/fatwood.debug.elf,$(link) -o $(O)/fatwood.debug.elf)
	$(Q)$(link) $(symbol-table) -s -o $(O)/fatwood.elf
	$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@$(build-python) scripts/elf.py $(O)/fatwood.elf)

# The table of function names is part of the image that it describes: the first link, without names,
# determines its size; the second, with that size, the addresses; the third must not change them, and
# is the image.
$(O)/symbols.o $(O)/symbols.elf &: $(objects) $(linker-script) scripts/symbols.py $(O)/auto.conf
	$(call say,SYMBOLS,$(O)/symbols.o)
	$(Q)rm -f $(O)/symbols.elf; for pass in 1 2 3; do \
		$(build-python) scripts/symbols.py $(O)/symbols.elf >$(O)/symbols.S; \
		$(CC) $(CC_TARGET) -c -o $(O)/symbols.o $(O)/symbols.S; \
		$(link) $(O)/symbols.o -o $(O)/symbols.elf; done
	$(Q)$(build-python) scripts/symbols.py $(O)/symbols.elf | cmp - $(O)/symbols.S

# The runtime program (efi/runtime/) is self-contained: position-independent, without code that
# needs our memory or changes registers of the operating system. Linked at two addresses, it must
# give the same bytes.
runtime-objects := $(addprefix $(O)/runtime/,$(runtime-arch-y) $(runtime-y))
runtime-script := $(O)/efi/runtime/runtime.ld
runtime-program := $(O)/include/generated/runtime.bin
RUNTIME_CFLAGS := $(filter-out $(SMALLEST) -Os -mcmodel=% -mstack-protector-guard=% -fstack-protector% \
	-fno-pic -fno-pie,$(CFLAGS)) $(firstword $(SMALLEST)) -fpie -fvisibility=hidden \
	-fno-stack-protector
RUNTIME_LDFLAGS := $(LDFLAGS_$(ARCH)) -static -nostdlib --gc-sections -e runtime_head --build-id=none \
	-z noexecstack --fatal-warnings

$(runtime-program): $(runtime-objects) $(runtime-script) $(O)/auto.conf
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)link='$(LD) $(RUNTIME_LDFLAGS) -T $(runtime-script) $(runtime-objects)'; \
		$$link --defsym=runtime_base=0x100000 -o $(O)/runtime/runtime.elf; \
		$$link --defsym=runtime_base=0x100000 --oformat binary -o $(O)/runtime/first; \
		$$link --defsym=runtime_base=0x7654000 --oformat binary -o $(O)/runtime/second; \
		cmp $(O)/runtime/first $(O)/runtime/second || { echo >&2 \
			'The runtime program has absolute addresses.'; exit 1; }; \
		cp $(O)/runtime/first $@

$(O)/runtime/%.o: %.c $(built-by)
	$(call say,CC,$< (runtime))
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(write-rules) $(RUNTIME_CFLAGS) -c -o $@ $<

$(O)/runtime/%.o: %.S $(built-by)
	$(call say,AS,$< (runtime))
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(write-rules) $(RUNTIME_CFLAGS) -D__ASSEMBLY__ -c -o $@ $<

$(O)/efi/runtime_program.o: $(runtime-program)
# Assemblers look for the program in the folders of -I.
$(O)/efi/runtime_program.o: CPPFLAGS += -I$(O)/include

$(O)/%.o: %.c $(built-by)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(write-rules) $(CFLAGS) -c -o $@ $<

$(O)/%.o: %.S $(built-by)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(write-rules) $(CFLAGS) -D__ASSEMBLY__ -c -o $@ $<

$(O)/%.ld: %.ld.S $(built-by)
	$(call say,LDS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(write-rules) -E -P -undef -D__ASSEMBLY__ -D__LINKER__ \
		-x assembler-with-cpp -o $@ $<

# What waits for a device, or runs a few times in a boot, needs no speed.
slow-objects := drivers/ata/% drivers/input/% drivers/partition/% drivers/pci/% drivers/rom/% \
	drivers/scsi/% drivers/virtio/scsi% efi/paths/% efi/protocols/hii_%
$(addprefix $(O)/,$(addsuffix .o,$(slow-objects))): CFLAGS += $(SMALLER)

$(O)/core/release.o: CPPFLAGS += -DRELEASE='"$(release)"'
$(O)/core/release.o: $(O)/release

-include $(objects:.o=.d) $(linker-script:.ld=.d) $(rom-start:.o=.d) $(runtime-objects:.o=.d) $(runtime-script:.ld=.d)

## Test

# Host tests have their own configuration: everything that can be tested on the host.
$(O)/host/.config: tests/host/defconfig $(kconfig-files) $(kconfiglib)
	$(kconfig) defconfig --defconfig $< --config $@ >/dev/null && touch $@

$(O)/host/auto.conf: $(O)/host/.config
	$(sync)

test-unit: ## unit tests with gcc and clang, under sanitizers (TESTS="fat gpt" for some)
fuzz-replay: ## run the fuzz corpus as a test (TESTS=)
fuzz: ## fuzz each target for FUZZ_SECONDS=20, or as check does by FUZZ_SEED=1 (TESTS=); crashes: $(O)/fuzz
test-tools: ## build host programs for the tests of scripts, in $(O)/tools
test-unit test-tools fuzz-replay fuzz: $(O)/host/auto.conf
	+@$(MAKE) --no-print-directory -s O=$(O)/host $(O)/host/include/generated/runtime.bin
	+@$(MAKE) --no-print-directory -f tests/host.mk O=$(O) V=$(V) $@

test-boot: $(venv)/.complete ## boot tests (K="fat32 and q35" for some, TESTS=tests/boot/test_...)
	@$(python) -m pytest -v -rs -n auto --maxprocesses 4 --dist loadgroup $(or $(TESTS),tests/boot) $(if $(K),-k "$(K)")

test: check ## the same as check
test-extended: setup-check $(venv)/.complete ## full Debian systems and more machines through UEFI, which take too long for check
	@$(python) -m pytest -v -rfEs --extended -m extended -n auto --maxprocesses 4 --dist loadgroup tests/boot

check: setup-check $(venv)/.complete ## everything that CI runs (PARTS="unit boot", DEFCONFIG=tiny)
	@$(python) scripts/check.py --out $(O)/check $(if $(DEFCONFIG),--defconfig $(DEFCONFIG)) $(PARTS)

check-%: $(venv)/.complete ## one part of it: layers format scripts unit replay configs size ...
	@$(python) scripts/check.py --out $(O)/check $*

format: $(venv)/.complete ## format all C
	@$(python) scripts/check_format.py --fix

size-check: $(venv)/.complete ## check that tiny and cloudhv are within their size limits
	@$(python) scripts/size.py --check

## Use

run: setup-run $(venv)/.complete ## boot a disk under QEMU (DISK= SNAPSHOT=1 MACHINE= MEMORY= ACCEL= APPEND=)
	@$(python) scripts/run.py $(if $(wildcard $(O)/.config),--configured $(O))

debug: $(O)/fatwood.elf setup-debug ## the same for this configuration, with gdb stopped before the first instruction
	@$(python) scripts/run.py --debug $(O)

size: $(O)/fatwood.debug.elf ## bytes of this configuration by folder and by symbol
	@$(python) scripts/size.py $<

bench: setup-check $(venv)/.complete ## instructions, device accesses and requests of a boot (BENCH=--quick)
	@$(python) scripts/bench.py $(BENCH)

lab: setup-check $(venv)/.complete ## a shell in an environment where KVM works, or LAB="a command"
	@$(python) scripts/lab.py $(LAB)

compile_commands.json: $(O)/auto.conf Makefile ## for clangd and other tools
	$(call say,JSON,$@)
	@separator='['; for source in $(wildcard $(sort $(obj-y:.o=.c))); do \
		printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' "$$separator" \
			'$(CURDIR)' $$source '$(CC) $(CPPFLAGS) $(CFLAGS) -c '$$source; \
		separator=','; done >$@; printf '\n]\n' >>$@

# Each configuration is built in its own folder if it is not up to date.
PREFIX ?= /usr/local
DESTDIR ?=
IMAGES ?= $(patsubst configs/%_defconfig,%,$(sort $(wildcard configs/*_defconfig)))

install = $(PYTHON) scripts/install.py --images $(O)/images --release '$(release)' --prefix '$(PREFIX)' \
	--destdir '$(DESTDIR)'

install: install-images ## images, QEMU's descriptor, manual page (PREFIX=/usr/local DESTDIR= IMAGES="qemu cloudhv")
	$(Q)$(install) $(IMAGES)

uninstall: ## remove what make install has installed, with the same PREFIX and DESTDIR
	$(Q)$(install) --remove $(IMAGES)

install-images: $(kconfiglib)
	$(Q)for name in $(IMAGES); do \
		$(MAKE) --no-print-directory -s O=$(O)/images/$$name $${name}_defconfig; \
		$(MAKE) --no-print-directory O=$(O)/images/$$name; done

sbom: ## bill of materials of the sources (SPDX 2.3) to $(O)/fatwood.spdx.json
	@mkdir -p $(O)
	$(Q)$(PYTHON) scripts/sbom.py '$(release)' >$(O)/fatwood.spdx.json

dist: $(kconfiglib) ## archives of the last commit, sources and images, with SHA256SUMS, to $(O)/dist
	$(Q)venv='$(abspath $(venv))' $(PYTHON) scripts/dist.py $(O)/dist

# Installs what is missing on this machine, after a message.
setup-build setup-run setup-debug setup-check: setup-%:
	@scripts/setup.sh $*

clean: ## remove what was built in $(O), keep the configuration
	$(Q)rm -rf $(addprefix $(O)/,$(folders) tests runtime host host-gcc host-clang include auto.conf \
		release toolchain payload.bin payload.lz4 fatwood.rom fatwood_vars.fd symbols.o symbols.S symbols.elf fatwood.elf fatwood.debug.elf)

distclean: clean ## also remove all of build/, and the configuration in $(O)
	$(Q)rm -rf build compile_commands.json $(O)/.config $(O)/defconfig
	$(Q)rmdir $(O) 2>/dev/null || true

help: ## this text
	@awk -F':.*## ' '/^## /{ print "\n" substr($$0, 4) } \
		/^[a-z%_.-]+:.*## /{ printf "  %-22s %s\n", $$1, $$2 }' Makefile
	@printf '\n%s\n  %s\n' 'Configurations for make <name>_defconfig' \
		'$(patsubst configs/%_defconfig,%,$(sort $(wildcard configs/*_defconfig)))'
	@printf '%s\n' '' 'With each of them' \
		'  O=build/mine           another folder for the configuration and what is built by it' \
		'  CROSS_COMPILE=prefix-  gcc and ld with that prefix, or none, in place of clang and lld' \
		'  CC=gcc                 the same without a prefix' \
		'  V=1                    show the commands'

.PHONY: all config test test-extended savedefconfig $(kconfig-targets) test-unit fuzz-replay fuzz test-boot check format \
	size-check run debug size bench lab install install-images uninstall sbom dist setup-build setup-run setup-debug \
	setup-check clean distclean help
