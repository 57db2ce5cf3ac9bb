# SPDX-License-Identifier: BSD-2-Clause
# The link core: one set of sources, an archive per flavour.
LD_CORE := $(wildcard ld-twz/core/*.c)

$(B)/lib/libldcore.a: $(call objects,host,$(LD_CORE))
$(B)/san/libldcore.a: $(call objects,san,$(LD_CORE))
$(B)/free/libldcore.a: $(call objects,free,$(LD_CORE))
$(B)/lib/libldcore.a $(B)/san/libldcore.a $(B)/free/libldcore.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

all: $(B)/lib/libldcore.a $(B)/free/libldcore.a
