# SPDX-License-Identifier: BSD-2-Clause
# COPY relocations.
CP := $(B)/copy

$(CP)/copy.o: private IMAGE_FLAGS += -fno-pic -fno-pie -mcmodel=small
$(CP)/copy: private LINK_FLAGS = -no-pie -Wl,-z,copyreloc
$(CP)/copy: $(CP)/copy.o $(CP)/libshared.so $(CP)/libbeside.so
$(CP)/libshared.so: $(CP)/shared.o
$(CP)/libbeside.so: $(CP)/beside.o $(CP)/libshared.so
$(eval $(call linked,$(CP)/copy $(CP)/libshared.so $(CP)/libbeside.so))
$(eval $(call image,copy,$(call packed,$(CP),copy libshared.so libbeside.so copy.policy) $(TWZ_BASE)))
