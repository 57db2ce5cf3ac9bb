# SPDX-License-Identifier: BSD-2-Clause
all: $(B)/lib/libtwzcli.a
INSTALL += $(B)/lib/libtwzcli.a:lib/twz

$(B)/lib/libtwzcli.a: $(B)/rt/cli/main.o
	@mkdir -p $(@D)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $<
# Whoever links a program has the runtime first.
$(B)/lib/libtwzrt.so $(B)/lib/libtwzrt.a: $(B)/lib/libtwzcli.a
