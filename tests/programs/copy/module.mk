# SPDX-License-Identifier: BSD-2-Clause
# COPY relocations. CP is the directory of what goes into the image.
CP := $(B)/copy
COPY_OBJS := $(patsubst %,$(CP)/%.obj,copy libshared.so libbeside.so copy.policy) \
             $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/copy.img

$(CP)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(COPY_OBJS))
$(CP)/copy.o: private COPY_FLAGS = -fno-pic -fno-pie -mcmodel=small
$(CP)/%.o: tests/programs/copy/%.c $(CP)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) $(COPY_FLAGS) -MD -MP -c -o $@ $<
$(CP)/libshared.so: $(CP)/shared.o
$(CP)/libbeside.so: $(CP)/beside.o $(CP)/libshared.so
$(CP)/libshared.so $(CP)/libbeside.so:
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) -o $@ $(filter %.o %.so,$^)
$(CP)/copy: $(CP)/copy.o $(CP)/libshared.so $(CP)/libbeside.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -no-pie -Wl,-z,copyreloc -o $@ $(filter %.o %.so,$^)
$(CP)/copy.policy.bin: tests/programs/copy/copy.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(CP)/copy.policy.obj: $(CP)/copy.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name copy.policy $< -o $@
$(CP)/%.obj: $(CP)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/copy.img: $(COPY_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(COPY_OBJS)
-include $(wildcard $(CP)/*.d)
