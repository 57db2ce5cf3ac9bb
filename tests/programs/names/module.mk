# SPDX-License-Identifier: BSD-2-Clause
# Names and outputs: one program for both runtimes, the naming service, a compartment beside.
NM_ := $(B)/names
NAMES_OBJS := $(NM_)/names-minimal.obj $(BO)/both.data.obj
NAMES_MORE := $(NM_)/libclerk.so.obj $(NM_)/names.policy.obj $(NM_)/loud.policy.obj $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj \
              $(B)/lib/twz/libtwzrt.obj $(B)/lib/twz/libtwznames.obj
CHECK_NEEDS += $(B)/names-alone.img $(B)/names.img

$(NM_)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(NAMES_OBJS) $(NAMES_MORE))
$(NM_)/%.o: tests/programs/names/%.c $(NM_)/flags $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<
$(NM_)/names-minimal: $(NM_)/names.o $(B)/lib/libtwzmin.a $(B)/lib/libtwzrt.a
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding --twz-runtime=minimal -o $@ $<
$(NM_)/libclerk.so: $(NM_)/clerk.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) -o $@ $^
$(NM_)/%.obj: $(NM_)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(NM_)/%.policy.bin: tests/programs/names/%.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(NM_)/names.policy.obj $(NM_)/loud.policy.obj: $(NM_)/%.policy.obj: $(NM_)/%.policy.bin $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --name $*.policy $< -o $@
$(B)/names-alone.img: $(NAMES_OBJS) $(NM_)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(NAMES_OBJS)
$(B)/names.img: $(NAMES_OBJS) $(NAMES_MORE) $(NM_)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(NAMES_OBJS) $(NAMES_MORE)
