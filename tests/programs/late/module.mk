# SPDX-License-Identifier: BSD-2-Clause
# Libraries that come at run time. L is the directory of what goes into the image.
L := $(B)/late
LATE_LIBS := plugdep plugin broken named initialexec versioned side closed far
LATE_OBJS := $(LATE_LIBS:%=$(L)/lib%.so.obj) $(L)/late.obj $(L)/late.policy.obj \
             $(B)/lib/twz/monitor.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/late.img

$(L)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(LATE_OBJS))
$(L)/%.o: tests/programs/late/%.c $(L)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<

$(L)/libplugin.so: $(L)/libplugdep.so
$(L)/libbroken.so: $(L)/libplugdep.so
$(L)/libside.so: $(L)/libplugin.so
$(L)/libplugin.so $(L)/libplugdep.so: private LATE_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(L)/libbroken.so $(L)/libside.so: private LATE_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(L)/libversioned.so: private LATE_FLAGS = -Wl,--version-script,tests/programs/late/versioned.map
$(L)/lib%.so: $(L)/%.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) $(LATE_FLAGS) -o $@ $(filter %.o %.so,$^)
$(L)/late: $(L)/late.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -rdynamic -o $@ $<

$(L)/late.policy.bin: tests/programs/late/late.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(L)/late.policy.obj: $(L)/late.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name late.policy $< -o $@
$(L)/%.obj: $(L)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/late.img: $(LATE_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(LATE_OBJS)
-include $(wildcard $(L)/*.d)
