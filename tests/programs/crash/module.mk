# SPDX-License-Identifier: BSD-2-Clause
# A compartment that crashes.
CR := $(B)/crash
CRASH_OBJS := $(patsubst %,$(CR)/%.obj,crash libweak.so libextra.so libguest.so libshort.so libstuck.so crash.policy) \
              $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/crash.img

$(CR)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(CRASH_OBJS))
$(CR)/%.o: tests/programs/crash/%.c $(CR)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<
# Frames are what is tested: no call at the end of a function becomes a jump.
$(CR)/weak.o: private IMAGE_FLAGS += -fno-optimize-sibling-calls
$(CR)/crash: $(CR)/crash.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -Wl,--unresolved-symbols=ignore-all -o $@ $<
$(CR)/lib%.so: $(CR)/%.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) -Wl,--unresolved-symbols=ignore-all -o $@ $<
$(CR)/crash.policy.bin: tests/programs/crash/crash.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(CR)/crash.policy.obj: $(CR)/crash.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name crash.policy $< -o $@
$(CR)/%.obj: $(CR)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/crash.img: $(CRASH_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(CRASH_OBJS)
-include $(wildcard $(CR)/*.d)
