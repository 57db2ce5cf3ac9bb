# SPDX-License-Identifier: BSD-2-Clause
# A program that loads libraries, and loaders that somebody has taken over: hostile.c, once for each
# thing that it does.
H := $(B)/loader
HOSTILE      := OUTSIDE TEXT RUNNING COPIES LOOP CRASH GARBAGE TABLE WIDE HOARD READS JUMPS CALLS MAPS \
                START_GRANT START_ENTRY START_PLACE START_STORAGE START_CRASH START_NUMBER START_DEMAND START_OWNER
LOADING_OBJS := $(patsubst %,$(H)/%.obj,loading libvault.so libplug.so libbait.so loading.policy) \
                $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS  += $(LOADING_OBJS) $(HOSTILE:%=$(H)/%.obj)

$(H)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(LOADING_OBJS))
$(H)/%.o: tests/programs/loader/%.c $(H)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<
$(H)/loading $(H)/libvault.so: private LOADING_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(H)/loading: $(H)/loading.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding $(LOADING_FLAGS) -o $@ $<
$(H)/libvault.so: $(H)/vault.o
$(H)/libplug.so $(H)/libbait.so: $(H)/plug.o
$(H)/libvault.so $(H)/libplug.so $(H)/libbait.so:
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) $(LOADING_FLAGS) -o $@ $(filter %.o,$^)

$(H)/%.policy.bin: tests/programs/loader/%.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(H)/loading.policy.obj: $(H)/loading.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name loading.policy $< -o $@
$(patsubst %,$(H)/%.obj,loading libvault.so libplug.so libbait.so): $(H)/%.obj: $(H)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@

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
-include $(wildcard $(H)/*.d)
