# SPDX-License-Identifier: BSD-2-Clause
# The loader: the link core as a program of the image, position independent and static like the
# monitor, which loads it.
LOADER      := $(wildcard ld-twz/loader/*.c) ld-twz/runtime/format.c ld-twz/runtime/string.c
LOADER_OBJS := $(call objects,free,$(LOADER))
LOADER_LIBS := $(B)/free/libldcore.a $(B)/free/libtwzelf.a

all: $(B)/lib/twz/loader.obj
INSTALL += $(B)/lib/twz/loader.obj:lib/twz

$(B)/loader.elf: $(LOADER_OBJS) $(LOADER_LIBS) linkscripts/twz-lib.ld
	$(call say,LD)
	$(Q)$(LD_STATIC_PIE) -e twz_loader_run -o $@.tmp $(LOADER_OBJS) $(LOADER_LIBS)
	$(Q)mv $@.tmp $@

$(B)/lib/twz/loader.obj: $(B)/loader.elf $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --name loader $< -o $@
