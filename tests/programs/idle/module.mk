# SPDX-License-Identifier: BSD-2-Clause
# What an idle compartment with runtime and C library costs.
D    := $(B)/idle
IDLE := tests/programs/idle
IDLE_LIBS := $(patsubst %,$(D)/libidle%.so,0 1 2 3)

$(eval $(call with-libc,$(D)))
$(IDLE_LIBS): $(IDLE)/library.c
$(IDLE_LIBS): private IMAGE_FLAGS += -DIDLE_GATE=idle_$(@F:libidle%.so=%)
$(D)/idle-four: private IMAGE_FLAGS += -DIDLE_FOUR
$(D)/idle-four: $(IDLE)/idle.c $(IDLE_LIBS)
$(D)/idle-none: $(IDLE)/idle.c
$(IDLE_LIBS) $(D)/idle-four $(D)/idle-none: $(B)/lib/twz/libc.so
$(eval $(call linked,$(IDLE_LIBS) $(D)/idle-four $(D)/idle-none))
$(eval $(call image,idle,$(TWZ_LIBC) $(IDLE_LIBS:=.obj) $(call packed,$(D),idle-four idle-none idle-four.policy)))
BENCH_NEEDS += $(B)/idle.img
