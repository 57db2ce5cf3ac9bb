# SPDX-License-Identifier: BSD-2-Clause
# Constants in a slot of their own. R is the directory of what goes into the image.
R := $(B)/apart
APART_OBJS := $(patsubst %,$(R)/%.obj,apart libapart.so liblateapart.so apart.policy) \
              $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/apart.img

$(R)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(APART_OBJS))
$(R)/%.o: tests/programs/apart/%.c $(R)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<
$(R)/libapart.so: $(R)/lib.o
$(R)/liblateapart.so: $(R)/late.o
$(R)/libapart.so $(R)/liblateapart.so:
	$(call say,LD)
	$(Q)$(TWZ_CC) --twz-separate-rodata -ffreestanding -shared -Wl,-soname,$(@F) -o $@ $(filter %.o,$^)
$(R)/apart: $(R)/apart.o $(R)/libapart.so
	$(call say,LD)
	$(Q)$(TWZ_CC) --twz-separate-rodata -ffreestanding -o $@ $(filter %.o %.so,$^)
$(R)/apart.policy.bin: tests/programs/apart/apart.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(R)/apart.policy.obj: $(R)/apart.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name apart.policy $< -o $@
$(R)/%.obj: $(R)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/apart.img: $(APART_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(APART_OBJS)
-include $(wildcard $(R)/*.d)
