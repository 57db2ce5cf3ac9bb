# SPDX-License-Identifier: BSD-2-Clause
# The monitor: position independent and static, in the two-slot layout, so that the kernel loads it
# like anything else.
MONITOR      := $(wildcard ld-twz/monitor/*.c) ld-twz/runtime/format.c ld-twz/runtime/string.c \
                ld-twz/runtime/error.c
MONITOR_OBJS := $(call objects,free,$(MONITOR))
MONITOR_LIBS := $(B)/free/libldcore.a $(B)/free/libtwzelf.a

LD_STATIC_PIE = $(LD_LLD) -pie --no-dynamic-linker -z now -z relro -z text -z noexecstack \
                -z max-page-size=4096 --hash-style=gnu --build-id=sha1 --pack-dyn-relocs=relr \
                -T linkscripts/twz-lib.ld

FLAGS-ld-twz/runtime/string = $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)

all: $(B)/lib/twz/monitor.obj
INSTALL += $(B)/lib/twz/monitor.obj:lib/twz

$(B)/monitor.elf: $(MONITOR_OBJS) $(MONITOR_LIBS) linkscripts/twz-lib.ld
	$(call say,LD)
	$(Q)$(LD_STATIC_PIE) -e _start -o $@.tmp $(MONITOR_OBJS) $(MONITOR_LIBS)
	$(Q)mv $@.tmp $@

$(B)/lib/twz/monitor.obj: $(B)/monitor.elf $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --name monitor $< -o $@
