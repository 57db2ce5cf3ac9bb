# SPDX-License-Identifier: BSD-2-Clause
# Names and outputs: one program for both runtimes, the naming service, a compartment beside.
NM_ := $(B)/names

$(NM_)/names-minimal: $(NM_)/names.o $(B)/lib/libtwzmin.a $(B)/lib/libtwzrt.a
$(NM_)/names-minimal: private LINK_FLAGS = --twz-runtime=minimal
$(NM_)/libclerk.so: $(NM_)/clerk.o
$(eval $(call linked,$(NM_)/names-minimal $(NM_)/libclerk.so))

NAMES_OBJS := $(NM_)/names-minimal.obj $(BO)/both.data.obj
$(eval $(call image,names-alone,$(NAMES_OBJS)))
$(eval $(call image,names,$(NAMES_OBJS) $(call packed,$(NM_),libclerk.so names.policy loud.policy) $(TWZ_BASE) \
    $(B)/lib/twz/libtwznames.obj))
