# SPDX-License-Identifier: BSD-2-Clause
# Everything is built below build/. Each directory says what it builds in its module.mk;
# the ways of compiling a C file ("flavours") are defined once, here.

B      := build
PREFIX ?= /usr/local
ifeq ($(origin CC),default)
CC := gcc
endif
LD_LLD ?= ld.lld
OPT    ?= -O2
WERROR ?= $(if $(CI),-Werror)

VERSION := 0.1.0

# The rules below list files of packages and sources that deps brings, so it comes before them all
# (`make deps check`), and not as one goal beside others.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
ifneq ($(shell .ci/deps >&2 && echo there),there)
$(error make deps failed: see above)
endif
endif

.PHONY: all run image iso unit tests check check-all bench bench-peers teeth fuzz format-check tcb install uninstall dist \
        deps clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:
all:

WARN := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
INC  := -Ilibtwzelf/include -Ikernel/include -Ild-twz/core/include -Ild-twz/runtime/include
BASE := -std=c11 -g $(OPT) $(WARN) $(INC) -fno-common -ffile-prefix-map=$(CURDIR)=.

# host: the tools.  san: the same sources under ASan and UBSan, for tests.
# free: freestanding, for what runs in the image without a C library (monitor and what it links).
# kernel: freestanding, at the top of the address space, no vector registers.
host_FLAGS   = $(BASE) -fPIC -fvisibility=hidden $(CPPFLAGS) $(CFLAGS)
san_FLAGS    = $(host_FLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
               -fno-omit-frame-pointer
FREESTANDING = $(BASE) -ffreestanding -mgeneral-regs-only -fno-stack-protector \
               -fno-asynchronous-unwind-tables -fcf-protection=none -DTWZ_FREESTANDING
free_FLAGS   = $(FREESTANDING) -fPIE -fvisibility=hidden -mno-tls-direct-seg-refs
kernel_FLAGS = $(FREESTANDING) -fno-pic -mcmodel=kernel -mno-red-zone -fno-omit-frame-pointer \
               -Ikernel/core -Ikernel/arch/x86_64

# One line per step; V=1 shows the commands, make -s nothing.
Q   := $(if $(V),,@)
say  = $(if $(V)$(findstring s,$(filter-out --%,$(firstword $(MAKEFLAGS)))),,@printf '%-4s %s\n' $(1) $@)

# $(call write-if-changed,TEXT): a recipe whose target is remade only when TEXT is new.
write-if-changed = mkdir -p $(@D); \
    text='$(subst ','\'',$(subst $(CURDIR),.,$(1)))'; \
    echo "$$text" | cmp -s - $@ || echo "$$text" >$@
PER_FILE_FLAGS = $(foreach v,$(sort $(filter FLAGS-%,$(.VARIABLES))),$(v)=$($(v)))

# A flavour compiles dir/file.c to build/FLAVOUR/dir/file.o, again when its flags change.
define flavour
$(B)/$(1)/%.o: %.c $(B)/$(1).flags
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$($(1)_FLAGS) $$(FLAGS-$$*) -MMD -MP -c -o $$@ $$<
$(B)/$(1)/%.o: %.S $(B)/$(1).flags
	@mkdir -p $$(@D)
	$$(call say,AS)
	$$(Q)$$(CC) $$($(1)_FLAGS) -MMD -MP -c -o $$@ $$<
$(B)/$(1).flags: FORCE
	@$$(call write-if-changed,$$(CC) $$($(1)_FLAGS) $$(LDFLAGS) $$(PER_FILE_FLAGS))
endef
$(foreach f,host san free kernel,$(eval $(call flavour,$(f))))

# $(call objects,FLAVOUR,SOURCES)
objects = $(patsubst %,$(B)/$(1)/%.o,$(basename $(2)))

include $(wildcard libtwzelf/module.mk linkscripts/module.mk ld-twz/*/module.mk ld-twz/*/*/module.mk \
                   objtool/module.mk kernel/module.mk man/module.mk \
                   tests/images.mk tests/*/module.mk tests/*/*/module.mk tests/module.mk)

deps: ; @:

# INSTALL, added to by each module.mk: FILE:DIRECTORY below PREFIX.
INSTALL_FILES = $(foreach i,$(INSTALL),$(firstword $(subst :, ,$(i))))
install: all $$(INSTALL_FILES)
	@set -e; for i in $(INSTALL); do to=$(DESTDIR)$(PREFIX)/$${i#*:}; mkdir -p $$to; \
	    case $$i in *:bin) mode=755 ;; *) mode=644 ;; esac; \
	    if [ -L $${i%%:*} ]; then cp -P $${i%%:*} $$to/; else install -m $$mode $${i%%:*} $$to/; fi; \
	    echo "$$to/$$(basename $${i%%:*})"; done

uninstall:
	@for i in $(INSTALL); do rm -f $(DESTDIR)$(PREFIX)/$${i#*:}/$$(basename $${i%%:*}); done
	@for i in $(INSTALL); do to=$${i#*:}; case $$to in */twz* | twz*) \
	    rmdir -p --ignore-fail-on-non-empty $(DESTDIR)$(PREFIX)/$$to 2>/dev/null || true ;; esac; done

# What has to be right for compartments to hold: lines of it, with comments and without.
TCB := kernel/core kernel/arch kernel/include ld-twz/monitor libtwzelf \
       $(addprefix ld-twz/core/,mapping.c policy.c policy_rules.c glob.c slots.c)
tcb:
	@printf '%-27s %7s %7s\n' '' lines code
	@for d in $(TCB); do find $$d \( -name '*.[chS]' -o -name '*.inc' \) -exec cat {} + | awk -v d=$$d ' \
	    { lines++ } !/^[[:space:]]*($$|\/\*|\*|\/\/)/ { code++ } \
	    END { printf "%-27s %7d %7d\n", d, lines, code }'; done

dist:
	@mkdir -p $(B)
	git archive --prefix=twz-$(VERSION)/ HEAD | gzip -9n >$(B)/twz-$(VERSION).tar.gz

clean:
	rm -rf $(B)

-include $(shell find $(B) -path $(B)/teeth -prune -o -name '*.d' -type f -print 2>/dev/null)
