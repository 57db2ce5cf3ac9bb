# SPDX-License-Identifier: BSD-2-Clause
# Programs of every kind that the image runs, from one source; and .data that ends everywhere.
KD := $(B)/kinds
KINDS := kinds-pie kinds-fixed kinds-static kinds-static-fixed
TAILS := 1-1 7-4096 4095-1 4095-2 4096-1 4096-5000 4097-4095 5000-1
KINDS_OBJS := $(KINDS:%=$(KD)/%.obj) $(TAILS:%=$(KD)/kinds-%.obj) $(I)/libtally.so.obj \
              $(I)/hello.policy.obj $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/kinds.img

$(KD)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(KINDS_OBJS))
$(KD)/kinds-static $(KD)/kinds-static-fixed: private KIND += -static
$(KD)/kinds-fixed $(KD)/kinds-static-fixed: private KIND += -no-pie
$(TAILS:%=$(KD)/kinds-%): private KIND += -DDATA_SIZE=$(word 2,$(subst -, ,$(@F))) \
                                          -DBSS_SIZE=$(word 3,$(subst -, ,$(@F)))
# The dynamic ones use a gate's library, so that another compartment has a runtime as well.
$(KD)/kinds-pie $(KD)/kinds-fixed: private LIBRARY = -Wl,--no-as-needed $(I)/libtally.so
$(KD)/kinds-pie $(KD)/kinds-fixed: $(I)/libtally.so
$(KINDS:%=$(KD)/%) $(TAILS:%=$(KD)/kinds-%): tests/programs/kinds/kinds.c $(KD)/flags \
        $(B)/lib/libtwzrt.so $(B)/lib/libtwzrt.a $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) $(KIND) -o $@ $< $(LIBRARY)
$(KD)/%.obj: $(KD)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/kinds.img: $(KINDS_OBJS) $(KD)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(KINDS_OBJS)
