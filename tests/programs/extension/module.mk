# SPDX-License-Identifier: BSD-2-Clause
# Extensions: a library with tables, a compartment beside, and a program that is alone.
XT := $(B)/extension
XT_TAG := 000000000000747700000000000000a
EXTENSION_OBJS := $(patsubst %,$(XT)/%.obj,extension libplugin.so libreader.so extension.policy) \
                  $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/extension.img $(B)/extension-alone.img

$(XT)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(EXTENSION_OBJS))
$(XT)/%.o: tests/programs/extension/%.c $(XT)/flags $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -Ilibtwzelf/include -MD -MP -c -o $@ $<
$(XT)/libplugin.so $(XT)/libreader.so: $(XT)/lib%.so: $(XT)/%.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) -o $@ $^
$(XT)/extension: $(XT)/extension.o $(XT)/checks.o $(XT)/libplugin.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -Wl,--unresolved-symbols=ignore-all -o $@ $^
$(XT)/alone: $(XT)/alone.o $(XT)/checks.o $(B)/lib/libtwzmin.a $(B)/lib/libtwzrt.a
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding --twz-runtime=minimal -o $@ $(filter %.o,$^)
$(XT)/extension.policy.obj: tests/programs/extension/extension.policy $(B)/bin/ld-twz $(B)/bin/objtool
	@mkdir -p $(@D)
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $< -o $(@:.obj=.bin)
	$(Q)$(B)/bin/objtool pack --data --name extension.policy $(@:.obj=.bin) -o $@
# The last table is of what stands in the file, and is never loaded.
$(XT)/libplugin.so.obj: XT_TABLES = --extension $(XT_TAG)a=plugin_table --extension $(XT_TAG)b=plugin_first \
    --extension $(XT_TAG)c=plugin_numbers \
    --extension $(XT_TAG)d=$$(readelf -hW $< | sed -n 's/.*Start of section headers: *\([0-9]*\).*/\1/p' | \
        awk '{ printf "0x%x", $$1 + 4096 }'):2
$(XT)/alone.obj: XT_TABLES = --extension $(XT_TAG)a=alone_table
$(XT)/%.obj: $(XT)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $(XT_TABLES) $< -o $@
$(B)/extension.img: $(EXTENSION_OBJS) $(XT)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(EXTENSION_OBJS)
$(B)/extension-alone.img: $(XT)/alone.obj $(XT)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $<
-include $(wildcard $(XT)/*.d)
