# SPDX-License-Identifier: BSD-2-Clause
# A program that loads libraries, and loaders that somebody has taken over: hostile.c, once for each
# thing that it does. The test makes the images.
H := $(B)/loader
LOADING := $(addprefix $(H)/,loading libvault.so libplug.so libbait.so)
HOSTILE := OUTSIDE TEXT RUNNING COPIES LOOP CRASH GARBAGE TABLE WIDE HOARD READS JUMPS CALLS MAPS \
           ROOT AGAIN FLOOD COPYING \
           START_GRANT START_ENTRY START_PLACE START_STORAGE START_CRASH START_NUMBER START_DEMAND START_OWNER
CHECK_NEEDS += $(LOADING:=.obj) $(H)/loading.policy.obj $(TWZ_BASE) $(HOSTILE:%=$(H)/%.obj)

$(H)/loading: $(H)/loading.o
$(H)/libvault.so: $(H)/vault.o
$(H)/libplug.so $(H)/libbait.so: $(H)/plug.o
$(H)/loading $(H)/libvault.so: private LINK_FLAGS = $(BY_POLICY)
$(eval $(call linked,$(LOADING)))

# The project's loader but for the function that its gate calls.
$(H)/honest.o: ld-twz/loader/main.c $(B)/free.flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(free_FLAGS) -Dtwz_loader_run_impl=honest_run -MMD -MP -c -o $@ $<
$(HOSTILE:%=$(H)/%.hostile.o): $(H)/%.hostile.o: tests/programs/loader/hostile.c $(B)/free.flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(free_FLAGS) -DHOSTILE=$* -MMD -MP -c -o $@ $<
$(HOSTILE:%=$(H)/%.elf): $(H)/%.elf: $(H)/%.hostile.o $(H)/honest.o $(LOADER_OBJS) $(LOADER_LIBS)
	$(call say,LD)
	$(Q)$(LD_STATIC_PIE) -e twz_loader_run -o $@ $(filter-out %/loader/main.o,$^)
$(HOSTILE:%=$(H)/%.obj): $(H)/%.obj: $(H)/%.elf $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --name loader $< -o $@
