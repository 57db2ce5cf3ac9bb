# SPDX-License-Identifier: BSD-2-Clause
# Constants in a slot of their own.
R := $(B)/apart

$(R)/libapart.so: $(R)/lib.o
$(R)/liblateapart.so: $(R)/late.o
$(R)/apart: $(R)/apart.o $(R)/libapart.so
$(R)/apart $(R)/libapart.so $(R)/liblateapart.so: private LINK_FLAGS = --twz-separate-rodata
$(eval $(call linked,$(R)/apart $(R)/libapart.so $(R)/liblateapart.so))
$(eval $(call image,apart,$(call packed,$(R),apart libapart.so liblateapart.so apart.policy) $(TWZ_BASE)))
