# SPDX-License-Identifier: BSD-2-Clause
# One library at several levels. N is the directory of what goes into the image.
N := $(B)/instances
TWINS          := twin stern noted mild quiet
POLICIES       := instances spoofed named
INSTANCES_OBJS := $(patsubst %,$(N)/%.obj,instances spoofed libpair.so libspoof.so \
                      $(TWINS:%=lib%.so) $(POLICIES:%=%.policy)) \
                  $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj \
                  $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/instances.img

$(N)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(INSTANCES_OBJS))
$(N)/%.o: tests/programs/instances/%.c $(N)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<
$(TWINS:%=$(N)/lend-%.o): $(N)/lend-%.o: tests/programs/lend-library.c $(N)/flags $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -DLEND_NAME=$* \
	    -DLEND_ISOLATION=$(if $(filter twin,$*),1,$(if $(filter stern,$*),3,0)) -MD -MP -c -o $@ $<
$(N)/libnoted.so: private INSTANCE_FLAGS = --twz-isolation=caller
$(N)/libpair.so: $(N)/pair.o $(N)/libtwin.so
$(TWINS:%=$(N)/lib%.so): $(N)/lib%.so: $(N)/lend-%.o
$(N)/libspoof.so: $(N)/lend-quiet.o
$(N)/libpair.so $(N)/libspoof.so $(TWINS:%=$(N)/lib%.so):
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) $(INSTANCE_FLAGS) -o $@ $(filter %.o %.so,$^)
$(N)/instances: $(N)/instances.o $(patsubst %,$(N)/lib%.so,twin stern noted mild pair)
$(N)/spoofed: $(N)/spoofed.o $(N)/libspoof.so
$(N)/instances $(N)/spoofed:
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -o $@ $(filter %.o %.so,$^)
$(N)/%.policy.bin: tests/programs/instances/%.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(POLICIES:%=$(N)/%.policy.obj): $(N)/%.policy.obj: $(N)/%.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name $*.policy $< -o $@
$(N)/%.obj: $(N)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/instances.img: $(INSTANCES_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(INSTANCES_OBJS)
-include $(wildcard $(N)/*.d)
