# SPDX-License-Identifier: BSD-2-Clause
# libtwzrt.so: the runtime of every compartment, linked like any other library of the image.
RUNTIME      := $(basename $(notdir $(wildcard ld-twz/runtime/*.c)))
RUNTIME_OBJS := $(RUNTIME:%=$(B)/rt/%.o)
# Doug Lea's malloc, unchanged from Debian's libffi source: see `make deps`.
RUNTIME_FLAGS = -std=c11 -g $(OPT) $(WARN) $(INC) -ffreestanding -fvisibility=hidden \
                -ffunction-sections -fcf-protection=none \
                $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns) \
                -isystem deps/libffi/src

all: $(B)/lib/libtwzrt.so

$(B)/rt/%.o: ld-twz/runtime/%.c $(B)/rt.flags $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(TWZ_CC) $(RUNTIME_FLAGS) -MMD -MP -c -o $@ $<

$(B)/lib/libtwzrt.so: $(RUNTIME_OBJS) $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(TWZ_CC) --twz-no-rt -shared -Wl,-soname,$(@F),--gc-sections -o $@ $(RUNTIME_OBJS)

$(B)/rt.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(RUNTIME_FLAGS)' | cmp -s - $@ || echo '$(CC) $(RUNTIME_FLAGS)' >$@
