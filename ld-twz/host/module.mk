# SPDX-License-Identifier: BSD-2-Clause
# The command line. It is the core with files, search rules and reports around it.
LD_HOST     := $(wildcard ld-twz/host/*.c host/*.c)
LD_TWZ_LIBS := -ljansson -lconfuse -lz
# A report on a small program takes less time than starting a process with four libraries does: the
# command is linked statically where that can be done. LD_TWZ_STATIC= links it dynamically.
archives      = $(foreach a,$(1),$(filter /%,$(shell $(CC) -print-file-name=$(a))))
LD_TWZ_STATIC ?= $(if $(filter 4,$(words $(call archives,libjansson.a libconfuse.a libz.a libc.a))),-static-pie)
LD_TWZ_STATIC := $(LD_TWZ_STATIC)

$(foreach f,$(basename $(LD_HOST)),$(eval FLAGS-$(f) := -D_GNU_SOURCE -DTWZ_VERSION='"$(VERSION)"'))

$(B)/bin/ld-twz: $(call objects,host,$(LD_HOST)) $(B)/lib/libldcore.a $(B)/lib/libtwzelf.a \
                 $(B)/host.flags
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $(LD_TWZ_STATIC) -o $@ $(filter %.o %.a,$^) $(LD_TWZ_LIBS)
$(B)/san/bin/ld-twz: $(call objects,san,$(LD_HOST)) $(B)/san/libldcore.a $(B)/san/libtwzelf.a \
                 $(B)/san.flags
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=address,undefined -o $@ $(filter %.o %.a,$^) $(LD_TWZ_LIBS)

all: $(B)/bin/ld-twz
CHECK_NEEDS += $(B)/san/bin/ld-twz
INSTALL += $(B)/bin/ld-twz:bin
