# SPDX-License-Identifier: BSD-2-Clause
# Five hundred compartments in one program: a hundred libraries, each in five of them.
M := $(B)/many
MANY_LIBS := $(patsubst %,$(M)/libcells%.so,$(shell seq 0 99))

$(M)/cells.h: tests/programs/many/module.mk
	@mkdir -p $(@D)
	$(Q)seq -f 'CELL(%g)' 0 499 >$@
$(M)/many.policy: tests/programs/many/module.mk
	@mkdir -p $(@D)
	$(Q)for n in $$(seq 0 499); do \
	    echo "compartment c$$n { libraries = { \"libcells$$((n / 5)).so\" } exports = { \"cell_$$n\" } }"; done >$@
$(MANY_LIBS): private IMAGE_FLAGS += $$(n=$$((5 * $(@F:libcells%.so=%))); echo -DA=$$n -DB=$$((n + 1)) \
    -DC=$$((n + 2)) -DD=$$((n + 3)) -DE=$$((n + 4)))
$(MANY_LIBS): tests/programs/many/cells.c
$(M)/many: private IMAGE_FLAGS += -I$(M) $(BY_POLICY)
$(M)/many: tests/programs/many/many.c $(M)/cells.h
$(eval $(call linked,$(M)/many $(MANY_LIBS)))
$(eval $(call image,many,$(MANY_LIBS:=.obj) $(M)/many.obj $(M)/many.policy.obj $(TWZ_BASE)))
