# SPDX-License-Identifier: BSD-2-Clause
# libc.so: musl, unchanged from Debian's source package (`make deps`), but for the files below that
# would make system calls or write %fs. One directory of musl is one step. Its headers and the empty
# libm.a and so on, which programs name, stand beside the linker script.
MUSL     := deps/musl
MUSL_DIR := $(B)/musl
MUSL_INC := $(B)/lib/twz/musl/include
MUSL_OWN := ld-twz/runtime/libc

# What stands in for what:
#   start.c      env/__libc_start_main.c env/__init_tls.c env/__reset_tls.c exit/exit.c
#   malloc.c     all of malloc/, the heap is the runtime's
#   syscall_cp.s thread/x86_64/syscall_cp.s
#   clone.c      thread/x86_64/clone.s thread/x86_64/__unmapself.s
#   longjmp.s    setjmp/x86_64/longjmp.s
# musl's own portable files: __set_thread_area.s vfork.s restore.s tlsdesc.s
# The runtime's: __tls_get_addr.c
MUSL_LEFT_OUT := env/__libc_start_main.c env/__init_tls.c env/__reset_tls.c exit/exit.c \
    thread/clone.c thread/__unmapself.c thread/__syscall_cp_asm.c thread/x86_64/syscall_cp.s thread/x86_64/clone.s \
    thread/x86_64/__unmapself.s thread/x86_64/__set_thread_area.s process/x86_64/vfork.s \
    signal/x86_64/restore.s setjmp/x86_64/longjmp.s ldso/x86_64/tlsdesc.s thread/__tls_get_addr.c \
    $(patsubst $(MUSL)/src/%,%,$(filter-out %/reallocarray.c,$(wildcard $(MUSL)/src/malloc/*.c)))

musl_paths  = $(filter-out $(MUSL_LEFT_OUT),$(patsubst $(MUSL)/src/%,%,$(wildcard $(1))))
MUSL_ARCH  := $(call musl_paths,$(MUSL)/src/*/x86_64/*.[csS])
# A file of the architecture takes the place of the portable one of that name.
MUSL_PLAIN := $(filter-out $(addsuffix .c,$(basename $(subst /x86_64/,/,$(MUSL_ARCH)))),\
                           $(call musl_paths,$(MUSL)/src/*/*.c))
MUSL_DIRS  := $(sort $(foreach f,$(MUSL_PLAIN) $(MUSL_ARCH),$(firstword $(subst /, ,$(f)))))
MUSL_STEPS := $(MUSL_DIRS:%=$(MUSL_DIR)/%/.built) $(MUSL_DIR)/own/.built

MUSL_FLAGS = -std=c99 -ffreestanding -nostdinc -D_XOPEN_SOURCE=700 $(OPT) -fPIC -w -pipe \
    -mno-tls-direct-seg-refs -fno-stack-protector -fcf-protection=none -fexcess-precision=standard \
    -frounding-math -fno-strict-aliasing -fomit-frame-pointer -fno-asynchronous-unwind-tables \
    -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. \
    $(addprefix -I,$(abspath $(MUSL_OWN)/arch $(MUSL)/arch/x86_64 $(MUSL)/arch/generic $(MUSL_DIR) \
        $(MUSL)/src/include $(MUSL)/src/internal $(MUSL_INC)))
ifneq ($(findstring clang,$(CC)),)
MUSL_FLAGS := $(filter-out -fexcess-precision=standard,$(MUSL_FLAGS))
endif

$(MUSL_INC)/.built: $(MUSL)/VERSION
	$(call say,CP)
	$(Q)rm -rf $(@D) && mkdir -p $(@D)/bits
	$(Q)cp -R $(MUSL)/include/. $(@D)
	$(Q)cp $(MUSL)/arch/generic/bits/*.h $(@D)/bits && cp $(MUSL)/arch/x86_64/bits/*.h $(@D)/bits
	$(Q)rm -f $(@D)/alltypes.h.in
	$(Q)sed -f $(MUSL)/tools/mkalltypes.sed $(MUSL)/arch/x86_64/bits/alltypes.h.in \
	    $(MUSL)/include/alltypes.h.in >$(@D)/bits/alltypes.h
	$(Q)sed -n -e p -e s/__NR_/SYS_/p $(MUSL)/arch/x86_64/bits/syscall.h.in >$(@D)/bits/syscall.h
	@touch $@

$(MUSL_DIR)/version.h: $(MUSL)/VERSION
	@mkdir -p $(@D)
	$(Q)echo "#define VERSION \"$$(cat $<)\"" >$@
$(MUSL_DIR)/flags: FORCE
	@$(call write-if-changed,$(CC) $(MUSL_FLAGS) $(MUSL_LEFT_OUT))

MUSL_NEEDS := $(MUSL_INC)/.built $(MUSL_DIR)/version.h $(MUSL_DIR)/flags \
              $(wildcard $(MUSL_OWN)/arch/*.h)
musl_sources = $(addprefix $(MUSL)/src/,$(filter $(1)/%,$(MUSL_PLAIN) $(MUSL_ARCH)))

$(MUSL_STEPS): $(MUSL_DIR)/%/.built: $(MUSL_NEEDS)
	$(call say,CC)
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)cd $(@D) && $(CC) $(MUSL_FLAGS) -c $(addprefix $(CURDIR)/,$(call musl_sources,$*))
	@touch $@

MUSL_OWN_SOURCES := $(wildcard $(MUSL_OWN)/src/*.[cs])
$(MUSL_DIR)/own/.built: $(MUSL_OWN_SOURCES) $(wildcard ld-twz/runtime/include/twz/rt/*.h)
$(MUSL_DIR)/own/.built: musl_sources = $(MUSL_OWN_SOURCES)
$(MUSL_DIR)/own/.built: private override MUSL_FLAGS += $(addprefix -I$(CURDIR)/,kernel/include ld-twz/runtime/include)

all: $(B)/lib/twz/libc.so $(B)/lib/twz/libc.a $(B)/lib/twz/libc.obj $(B)/lib/twz/musl/libs
$(MUSL_DIR)/steps: FORCE
	@$(call write-if-changed,$(MUSL_STEPS))
$(B)/lib/twz/libc.so: $(MUSL_STEPS) $(MUSL_DIR)/steps $(B)/lib/libtwzrt.so $(TWZ_CC_PARTS)
	$(call say,LD)
	$(Q)$(TWZ_CC) --twz-no-libc -shared -Wl,-soname,$(@F),--gc-sections \
	    -Wl,--dynamic-list=$(MUSL)/dynamic.list -o $@ $(addsuffix /*.o,$(MUSL_STEPS:/.built=))

# For static programs. Whoever uses what the library keeps of itself needs its start as well. Canaries
# and what dlopen() is about are the runtime's.
MUSL_START := $(MUSL_DIR)/internal/libc.o $(MUSL_DIR)/own/start.o
$(B)/lib/twz/libc.a: $(MUSL_STEPS) $(MUSL_DIR)/steps
	$(call say,AR)
	$(Q)$(LD_LLD) -r -o $(MUSL_DIR)/start.o $(MUSL_START)
	$(Q)rm -f $@ && $(AR) qcs $@ $(MUSL_DIR)/start.o $$(ls $(addsuffix /*.o,$(MUSL_STEPS:/.built=)) | \
	    grep -v -e /ldso/ -e /__stack_chk_fail.o $(MUSL_START:%=-e ^%$$))

$(B)/lib/twz/libc.obj: $(B)/lib/twz/libc.so $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@

# Names that programs link for historical reasons; musl keeps everything in one library.
$(B)/lib/twz/musl/libs:
	@mkdir -p $(@D)
	$(Q)for name in $(MUSL_LIBS); do \
	    rm -f $(B)/lib/twz/lib$$name.a && $(AR) rcs $(B)/lib/twz/lib$$name.a; done
	@touch $@

MUSL_LIBS    := m rt pthread crypt util xnet resolv dl
MUSL_HEADERS := $(sort bits/alltypes.h bits/syscall.h $(patsubst $(MUSL)/include/%,%,$(wildcard \
    $(MUSL)/include/*.h $(MUSL)/include/*/*.h)) $(addprefix bits/,$(notdir $(wildcard \
    $(MUSL)/arch/generic/bits/*.h $(MUSL)/arch/x86_64/bits/*.h))))
INSTALL += $(B)/lib/twz/libc.so:lib/twz $(B)/lib/twz/libc.a:lib/twz $(B)/lib/twz/libc.obj:lib/twz \
    $(MUSL_LIBS:%=$(B)/lib/twz/lib%.a:lib/twz) \
    $(foreach h,$(MUSL_HEADERS),$(MUSL_INC)/$(h):$(patsubst %/,%,lib/twz/musl/include/$(filter-out ./,$(dir $(h)))))
$(MUSL_HEADERS:%=$(MUSL_INC)/%): $(MUSL_INC)/.built
$(MUSL_LIBS:%=$(B)/lib/twz/lib%.a): $(B)/lib/twz/musl/libs
