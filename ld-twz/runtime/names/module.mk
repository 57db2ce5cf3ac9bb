# SPDX-License-Identifier: BSD-2-Clause
# libtwznames.so: the naming service, for a compartment of its own.
all: $(B)/lib/libtwznames.so $(B)/lib/twz/libtwznames.obj
INSTALL += $(B)/lib/libtwznames.so:lib/twz $(B)/lib/twz/libtwznames.obj:lib/twz

$(B)/lib/libtwznames.so: $(B)/rt/names/service.o $(B)/lib/libtwzrt.so $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(TWZ_CC) --twz-no-libc -shared -Wl,-soname,$(@F) -o $@ $<
$(B)/lib/twz/libtwznames.obj: $(B)/lib/libtwznames.so $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
