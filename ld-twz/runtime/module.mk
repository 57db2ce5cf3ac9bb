# SPDX-License-Identifier: BSD-2-Clause
# libtwzrt.so: the runtime of every compartment, linked like any other library of the image.
RUNTIME      := $(patsubst ld-twz/runtime/%.c,%,$(wildcard ld-twz/runtime/*.c ld-twz/runtime/personality/*.c))
# Lists of extensions are checked by the same source as on the host.
RUNTIME_OBJS := $(RUNTIME:%=$(B)/rt/%.o) $(B)/rt/libtwzelf/extension.o
# Doug Lea's malloc, unchanged from Debian's libffi source: see `make deps`.
RUNTIME_FLAGS = -std=c11 -g $(OPT) $(WARN) $(INC) -ffreestanding -fvisibility=hidden \
                -ffunction-sections -fcf-protection=none -isystem deps/libffi/src \
                $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)

all: $(B)/lib/libtwzrt.so $(B)/lib/libtwzrt.a $(B)/lib/twz/libtwzrt.so $(B)/lib/twz/libtwzrt.obj

# Where it is when installed, and where the tools look.
$(B)/lib/twz/libtwzrt.so: $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	@ln -sf ../$(@F) $@

INSTALL += $(B)/lib/libtwzrt.so:lib/twz $(B)/lib/libtwzrt.a:lib/twz $(B)/lib/libtwzc.a:lib/twz $(B)/lib/twz/libtwzrt.obj:lib/twz

$(B)/rt/%.o: ld-twz/runtime/%.c $(B)/rt.flags $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(RUNTIME_FLAGS) -MMD -MP -c -o $@ $<
$(B)/rt/libtwzelf/%.o: libtwzelf/%.c $(B)/rt.flags $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(RUNTIME_FLAGS) -MMD -MP -c -o $@ $<
$(B)/rt.flags: FORCE
	@$(call write-if-changed,$(CC) $(RUNTIME_FLAGS) $(RUNTIME_OBJS))

# What C code without a C library needs: linked into whoever wants it, visible to nobody else. In
# libtwzrt.so these names would win over libc's, by first dibs.
RUNTIME_C_OBJS := $(filter %/string.o %/stdc.o,$(RUNTIME_OBJS))
$(B)/lib/libtwzc.a: $(RUNTIME_C_OBJS) $(B)/rt.flags
	@mkdir -p $(@D)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $(RUNTIME_C_OBJS)

$(B)/lib/libtwzrt.so: $(RUNTIME_OBJS) $(B)/rt.flags $(B)/lib/libtwzc.a $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(TWZ_CC) --twz-no-rt -shared -Wl,-soname,$(@F),--gc-sections,--exclude-libs,libtwzc.a -o $@ \
	    $(filter-out $(RUNTIME_C_OBJS),$(RUNTIME_OBJS)) $(B)/lib/libtwzc.a

# The runtime for static programs: the same objects, and everything they use.
$(B)/lib/libtwzrt.a: $(RUNTIME_OBJS) $(B)/rt.flags
	@mkdir -p $(@D)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $(RUNTIME_OBJS)

$(B)/lib/twz/libtwzrt.obj: $(B)/lib/libtwzrt.so $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
