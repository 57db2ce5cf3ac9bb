# SPDX-License-Identifier: BSD-2-Clause
# Programs of every kind that the image runs, from one source; and .data that ends everywhere.
KD := $(B)/kinds
KINDS := $(patsubst %,$(KD)/kinds-%,pie fixed static static-fixed)
TAILS := $(patsubst %,$(KD)/kinds-%,1-1 7-4096 4095-1 4095-2 4096-1 4096-5000 4097-4095 5000-1)

$(KINDS) $(TAILS): tests/programs/kinds/kinds.c $(B)/lib/libtwzrt.a
$(KD)/kinds-static $(KD)/kinds-static-fixed: private IMAGE_FLAGS += -static
$(KD)/kinds-fixed $(KD)/kinds-static-fixed: private IMAGE_FLAGS += -no-pie
$(TAILS): private IMAGE_FLAGS += -DDATA_SIZE=$(word 2,$(subst -, ,$(@F))) -DBSS_SIZE=$(word 3,$(subst -, ,$(@F)))
# The dynamic ones use a gate's library, so that another compartment has a runtime as well.
$(KD)/kinds-pie $(KD)/kinds-fixed: private LINK_FLAGS = -Wl,--no-as-needed
$(KD)/kinds-pie $(KD)/kinds-fixed: $(I)/libtally.so
$(eval $(call linked,$(KINDS) $(TAILS)))
$(eval $(call image,kinds,$(KINDS:=.obj) $(TAILS:=.obj) $(I)/libtally.so.obj $(I)/hello.policy.obj $(TWZ_BASE)))
