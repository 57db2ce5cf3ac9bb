# SPDX-License-Identifier: BSD-2-Clause
# A compartment that crashes.
CR := $(B)/crash
CRASH := $(CR)/crash $(patsubst %,$(CR)/lib%.so,weak extra guest short stuck slow hang waste)

# Frames are what is tested: no call at the end of a function becomes a jump.
$(CR)/weak.o: private IMAGE_FLAGS += -fno-optimize-sibling-calls
$(CR)/crash: $(CR)/crash.o
$(filter %.so,$(CRASH)): $(CR)/lib%.so: $(CR)/%.o
$(CRASH): private LINK_FLAGS = $(BY_POLICY)
$(eval $(call linked,$(CRASH)))
$(eval $(call image,crash,$(CRASH:=.obj) $(CR)/crash.policy.obj $(TWZ_BASE)))
