# SPDX-License-Identifier: BSD-2-Clause
# Five hundred compartments in one program: a hundred libraries, each in five of them.
M := $(B)/many
MANY_BLOCKS := $(shell seq 0 99)
MANY_LIBS   := $(MANY_BLOCKS:%=$(M)/libcells%.so)
MANY_OBJS   := $(MANY_LIBS:=.obj) $(M)/many.obj $(M)/many.policy.obj \
               $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/many.img

$(M)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS))
$(M)/cells.h: tests/programs/many/module.mk
	@mkdir -p $(@D)
	$(Q)seq -f 'CELL(%g)' 0 499 >$@
$(M)/many.policy: tests/programs/many/module.mk
	@mkdir -p $(@D)
	$(Q)for n in $$(seq 0 499); do \
	    echo "compartment c$$n { libraries = { \"libcells$$((n / 5)).so\" } exports = { \"cell_$$n\" } }"; done >$@
$(MANY_LIBS): $(M)/libcells%.so: tests/programs/many/cells.c $(M)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	$(call say,LD)
	$(Q)n=$$((5 * $*)) && $(TWZ_CC) $(IMAGE_FLAGS) -shared -Wl,-soname,$(@F) -DA=$$n -DB=$$((n + 1)) \
	    -DC=$$((n + 2)) -DD=$$((n + 3)) -DE=$$((n + 4)) -o $@ $<
$(M)/many: tests/programs/many/many.c $(M)/cells.h $(M)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	$(call say,LD)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -I$(M) -Wl,--unresolved-symbols=ignore-all -o $@ $<
$(M)/many.policy.bin: $(M)/many.policy $(B)/bin/ld-twz
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(M)/many.policy.obj: $(M)/many.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name many.policy $< -o $@
$(M)/%.obj: $(M)/% $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/many.img: $(MANY_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(MANY_OBJS)
