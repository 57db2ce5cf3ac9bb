# SPDX-License-Identifier: BSD-2-Clause
# One source, built for both runtimes; images with and without monitor.
BO := $(B)/both
BOTH          := both echo
BOTH_RUNTIMES := minimal reference

# $(eval $(call both,PROGRAM,RUNTIME))
define both
$(BO)/$(1)-$(2): private LINK_FLAGS = --twz-runtime=$(2)
$(BO)/$(1)-$(2): tests/programs/both/$(1).c
$(eval $(call linked,$(BO)/$(1)-$(2)))
endef
$(foreach p,$(BOTH),$(foreach r,$(BOTH_RUNTIMES),$(eval $(call both,$(p),$(r)))))
$(BO)/both-minimal $(BO)/echo-minimal $(BO)/both-reference $(BO)/echo-reference: \
    $(B)/lib/libtwzrt.a $(B)/lib/libtwzmin.a $(B)/lib/libtwzcli.a
$(BO)/both.data:
	@mkdir -p $(@D)
	$(Q)printf 'of the image' >$@
$(eval $(call data,$(BO),$(BO)/both.data))

BOTH_OBJS := $(foreach p,$(BOTH),$(BOTH_RUNTIMES:%=$(BO)/$(p)-%.obj)) $(BO)/both.data.obj
$(eval $(call image,both-alone,$(BOTH_OBJS)))
$(eval $(call image,both,$(BOTH_OBJS) $(TWZ_BASE)))
