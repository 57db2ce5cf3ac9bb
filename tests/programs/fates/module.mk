# SPDX-License-Identifier: BSD-2-Clause
# Calls that are cut short, and whom that concerns.
F := $(B)/fates
FATES_LIBS := parent hoarder phoenix relay worker
FATES_OBJS := $(FATES_LIBS:%=$(F)/lib%.so.obj) $(F)/fates.obj $(F)/fates.policy.obj \
              $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/fates.img

$(F)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS))
$(F)/%.o: tests/programs/fates/%.c tests/programs/fates/gates.h $(F)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -fPIC -c -o $@ $<
$(F)/lib%.so: $(F)/%.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) -Wl,--unresolved-symbols=ignore-all -o $@ $<
$(F)/fates: $(F)/fates.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -rdynamic -Wl,--unresolved-symbols=ignore-all -o $@ $<
$(F)/fates.policy.bin: tests/programs/fates/fates.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(F)/fates.policy.obj: $(F)/fates.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name fates.policy $< -o $@
$(F)/%.obj: $(F)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/fates.img: $(FATES_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(FATES_OBJS)
