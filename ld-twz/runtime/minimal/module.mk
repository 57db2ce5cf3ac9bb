# SPDX-License-Identifier: BSD-2-Clause
# libtwzmin.a: what stands behind the runtime in a program without monitor. Linked with libtwzrt.a.
MINIMAL_OBJS := $(patsubst ld-twz/runtime/%.c,$(B)/rt/%.o,$(wildcard ld-twz/runtime/minimal/*.c))

all: $(B)/lib/libtwzmin.a
INSTALL += $(B)/lib/libtwzmin.a:lib/twz

$(B)/rt/minimal/start.o: private RUNTIME_FLAGS += -fno-stack-protector
$(B)/lib/libtwzmin.a: $(MINIMAL_OBJS) $(B)/rt.flags
	@mkdir -p $(@D)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $(MINIMAL_OBJS)
