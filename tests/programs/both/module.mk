# SPDX-License-Identifier: BSD-2-Clause
# One source, built for both runtimes; images with and without monitor.
BO := $(B)/both
BOTH      := both echo
BOTH_OBJS := $(foreach p,$(BOTH),$(BO)/$(p)-minimal.obj $(BO)/$(p)-reference.obj) $(BO)/both.data.obj
CHECK_NEEDS += $(B)/both-alone.img $(B)/both.img

$(BO)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(BOTH_OBJS))
# $(1): program, $(2): runtime
define both
$(BO)/$(1)-$(2): tests/programs/both/$(1).c $(BO)/flags $(B)/lib/libtwzrt.so $(B)/lib/libtwzrt.a \
        $(B)/lib/libtwzmin.a $(B)/lib/libtwzcli.a $(TWZ_CC_PARTS)
	@mkdir -p $$(@D)
	$$(call say,LD)
	$$(Q)$$(TWZ_CC) $(IMAGE_FLAGS) --twz-runtime=$(2) -o $$@ $$<
endef
$(foreach p,$(BOTH),$(foreach r,minimal reference,$(eval $(call both,$(p),$(r)))))
$(BO)/both.data:
	@mkdir -p $(@D)
	$(Q)printf 'of the image' >$@
$(BO)/both.data.obj: $(BO)/both.data $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --name both.data $< -o $@
$(BO)/%.obj: $(BO)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/both-alone.img: $(BOTH_OBJS) $(BO)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(BOTH_OBJS)
$(B)/both.img: $(BOTH_OBJS) $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj $(BO)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(BOTH_OBJS) $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
