# SPDX-License-Identifier: BSD-2-Clause
# For programs that live elsewhere. A whole Makefile:
#
#     include $(shell pkg-config --variable=makefile twz)
#     hello: hello.o libtally.so
#     libtally.so: tally.o
#     $(eval $(call twz-image,hello.img,hello libtally.so,hello.policy))
#
# `make hello.img`, or `make image` for all there are, builds, packs and images them;
# `make run-hello.img RUN="hello world"` boots it; `make hello.iso RUN=...` makes a disc that boots by
# BIOS and UEFI. What includes a header that has changed is compiled again; an image whose list has
# changed (which hello.img.contents keeps) is made again.
TWZ_PREFIX := $(patsubst %/lib/twz/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
TWZ_BASE   := $(wildcard $(TWZ_PREFIX)/lib/twz/*.obj)
CC         := $(TWZ_PREFIX)/bin/twz-cc
CFLAGS     ?= -O2 -g
OBJTOOL    := $(TWZ_PREFIX)/bin/objtool
LD_TWZ     := $(TWZ_PREFIX)/bin/ld-twz
TWZ_RUN    := $(TWZ_PREFIX)/bin/twz-run
TWZ_ISO    := $(TWZ_PREFIX)/bin/twz-iso

.DELETE_ON_ERROR:

CPPFLAGS += -MMD -MP
-include $(wildcard *.d)
.DEFAULT_GOAL := # the including Makefile's first

%.so:
	$(CC) $(LDFLAGS) -shared -Wl,-soname,$(@F) -o $@ $(filter %.o %.a %.so,$^) $(LDLIBS)
%.obj: %
	$(OBJTOOL) pack $(TWZ_PACK) $< -o $@

# $(eval $(call twz-image,IMAGE,FILES[,POLICY[,DATA]])): FILES are the programs and libraries in it,
# DATA whatever else they read, under the names of these files.
define twz-image
$(1): $(addsuffix .obj,$(2) $(3) $(4)) $(1).contents
	$$(OBJTOOL) image -o $$@ $(addsuffix .obj,$(2) $(4)) $$(TWZ_BASE) $(if $(3),--policy $(3).obj)
$(if $(4),$(addsuffix .obj,$(4)): TWZ_PACK := --data)
$(if $(3),$(3).obj: $(3)
	$$(LD_TWZ) policy $$< -o $$@.tmp
	$$(OBJTOOL) pack --data --name policy $$@.tmp -o $$@
	@rm $$@.tmp)
run-$(1): $(1)
	$$(TWZ_RUN) $(1) $$(or $$(RUN),$(firstword $(2)))
$(1:.img=.iso): $(1)
	$$(TWZ_ISO) -o $$@ $(1) $$(or $$(RUN),$(firstword $(2)))
$(1).contents: twz-always
	@echo "$(strip $(2) $(3) $(4))" | cmp -s - $$@ || echo "$(strip $(2) $(3) $(4))" >$$@
image: $(1)
.PHONY: run-$(1) image twz-always
endef
