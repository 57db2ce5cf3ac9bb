# SPDX-License-Identifier: BSD-2-Clause
# One library at several levels.
N := $(B)/instances
TWINS     := twin stern noted mild quiet
INSTANCES := $(addprefix $(N)/,instances spoofed libpair.so libspoof.so $(TWINS:%=lib%.so))

# What a library demands by itself: enum twz_isolation.
INSTANCES_twin  := 1
INSTANCES_stern := 3
$(TWINS:%=$(N)/lend-%.o): private IMAGE_FLAGS += -DLEND_NAME=$* -DLEND_ISOLATION=$(or $(INSTANCES_$*),0)
$(TWINS:%=$(N)/lend-%.o): $(N)/lend-%.o: tests/programs/lend-library.c $(IMAGE_NEEDS)
	$(image-cc)
$(N)/libnoted.so: private LINK_FLAGS = --twz-isolation=caller
$(TWINS:%=$(N)/lib%.so): $(N)/lib%.so: $(N)/lend-%.o
$(N)/libpair.so: $(N)/pair.o $(N)/libtwin.so
$(N)/libspoof.so: $(N)/lend-quiet.o
$(N)/instances: $(N)/instances.o $(patsubst %,$(N)/lib%.so,twin stern noted mild pair)
$(N)/spoofed: $(N)/spoofed.o $(N)/libspoof.so
$(eval $(call linked,$(INSTANCES)))
$(eval $(call image,instances,$(INSTANCES:=.obj) \
    $(call packed,$(N),instances.policy spoofed.policy named.policy) $(TWZ_BASE)))
