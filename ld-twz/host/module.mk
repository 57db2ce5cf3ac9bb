# SPDX-License-Identifier: BSD-2-Clause
# The command line. It is the core with files, search rules and reports around it.
LD_HOST     := $(wildcard ld-twz/host/*.c)
LD_TWZ_LIBS := -ljansson -lconfuse -lz

$(foreach f,$(basename $(LD_HOST)),$(eval FLAGS-$(f) := -D_GNU_SOURCE -DTWZ_VERSION='"$(VERSION)"'))

$(B)/bin/ld-twz: $(call objects,host,$(LD_HOST)) $(B)/lib/libldcore.a $(B)/lib/libtwzelf.a \
                 $(B)/host.flags
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LD_TWZ_LIBS)
$(B)/san/bin/ld-twz: $(call objects,san,$(LD_HOST)) $(B)/san/libldcore.a $(B)/san/libtwzelf.a \
                 $(B)/san.flags
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=address,undefined -o $@ $(filter %.o %.a,$^) $(LD_TWZ_LIBS)

all: $(B)/bin/ld-twz
CHECK_NEEDS += $(B)/san/bin/ld-twz
INSTALL += $(B)/bin/ld-twz:bin
