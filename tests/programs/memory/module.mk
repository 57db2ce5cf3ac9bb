# SPDX-License-Identifier: BSD-2-Clause
# Pages of a compartment's memory, and heaps that it shares; and a program that is typed to.
Y      := $(B)/memory
MEMORY := tests/programs/memory
MEMORY_NEEDS = $(wildcard $(MEMORY)/*.h) $(B)/ports/flags $(TWZ_CC_PARTS) $(B)/lib/twz/libc.so

$(Y)/libpages.so $(Y)/libsharer.so: $(Y)/lib%.so: $(MEMORY)/%.c $(MEMORY_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) $(WARN) -g -shared -Wl,-soname,$(@F) -o $@ $<
$(Y)/memory $(Y)/leaks: $(Y)/%: $(MEMORY)/%.c $(Y)/libpages.so $(Y)/libsharer.so
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) $(WARN) -g -o $@ $< $(Y)/libpages.so $(Y)/libsharer.so
$(Y)/typed: $(MEMORY)/typed.c $(MEMORY_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) $(WARN) -g -o $@ $<
$(Y)/%.obj: $(Y)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(Y)/memory.policy.obj $(Y)/leaks.policy.obj: $(MEMORY)/memory.policy $(B)/bin/ld-twz $(B)/bin/objtool
	@mkdir -p $(@D)
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $< -o $(@:.obj=.bin)
	$(Q)$(B)/bin/objtool pack --data --name $(@F:.obj=) $(@:.obj=.bin) -o $@
MEMORY_OBJS := $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj $(B)/lib/twz/libc.obj \
               $(patsubst %,$(Y)/%.obj,memory libpages.so libsharer.so memory.policy typed leaks leaks.policy)
$(B)/memory.img: $(MEMORY_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(MEMORY_OBJS)
CHECK_NEEDS += $(B)/memory.img
