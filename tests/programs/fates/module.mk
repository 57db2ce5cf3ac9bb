# SPDX-License-Identifier: BSD-2-Clause
# Calls that are cut short, and whom that concerns.
F := $(B)/fates
FATES_LIBS := $(patsubst %,$(F)/lib%.so,parent hoarder phoenix relay worker)

$(F)/%.o: private IMAGE_FLAGS += -fPIC
$(F)/fates: $(F)/fates.o
$(FATES_LIBS): $(F)/lib%.so: $(F)/%.o
$(F)/fates: private LINK_FLAGS = -rdynamic $(BY_POLICY)
$(FATES_LIBS): private LINK_FLAGS = $(BY_POLICY)
$(eval $(call linked,$(F)/fates $(FATES_LIBS)))
$(eval $(call image,fates,$(FATES_LIBS:=.obj) $(F)/fates.obj $(F)/fates.policy.obj $(TWZ_BASE)))
