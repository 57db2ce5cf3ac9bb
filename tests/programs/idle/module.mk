# SPDX-License-Identifier: BSD-2-Clause
# What an idle compartment with runtime and C library costs.
D    := $(B)/idle
IDLE := tests/programs/idle
IDLE_LIBS := $(foreach n,0 1 2 3,$(D)/libidle$(n).so)
IDLE_NEEDS = $(IDLE)/idle.h $(B)/ports/flags $(TWZ_CC_PARTS) $(B)/lib/twz/libc.so

$(IDLE_LIBS): $(D)/libidle%.so: $(IDLE)/library.c $(IDLE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) $(WARN) -g -DIDLE_GATE=idle_$* -shared -Wl,-soname,$(@F) -o $@ $<
$(D)/idle-four: $(IDLE)/idle.c $(IDLE_LIBS)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) $(WARN) -g -DIDLE_FOUR -o $@ $^
$(D)/idle-none: $(IDLE)/idle.c $(IDLE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) $(WARN) -g -o $@ $<
$(D)/%.obj: $(D)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(D)/idle-four.policy.obj: $(IDLE)/idle.policy $(B)/bin/ld-twz $(B)/bin/objtool
	@mkdir -p $(@D)
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $< -o $(@:.obj=.bin)
	$(Q)$(B)/bin/objtool pack --data --name idle-four.policy $(@:.obj=.bin) -o $@
IDLE_OBJS := $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj $(B)/lib/twz/libc.obj \
             $(IDLE_LIBS:=.obj) $(patsubst %,$(D)/%.obj,idle-four idle-none idle-four.policy)
$(B)/idle.img: $(IDLE_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(IDLE_OBJS)
CHECK_NEEDS += $(B)/idle.img
BENCH_NEEDS += $(B)/idle.img
