# SPDX-License-Identifier: BSD-2-Clause
# Libraries that come at run time.
L := $(B)/late
LATE_LIBS := $(patsubst %,$(L)/lib%.so,plugdep plugin broken named initialexec versioned side spare closed far)

$(LATE_LIBS): $(L)/lib%.so: $(L)/%.o
$(L)/libplugin.so: $(L)/libplugdep.so
$(L)/libbroken.so: $(L)/libplugdep.so
$(L)/libside.so: $(L)/libplugin.so
$(L)/late: $(L)/late.o
$(L)/failing: $(L)/failing.o
$(patsubst %,$(L)/lib%.so,plugin plugdep broken side): private LINK_FLAGS = $(BY_POLICY)
$(L)/libversioned.so: private LINK_FLAGS = -Wl,--version-script,tests/programs/late/versioned.map
$(L)/late: private LINK_FLAGS = -rdynamic
$(eval $(call linked,$(L)/late $(L)/failing $(LATE_LIBS)))
$(eval $(call image,late,$(LATE_LIBS:=.obj) $(L)/late.obj $(L)/failing.obj $(L)/late.policy.obj $(TWZ_BASE)))

# Thread-local data in every model, linked and late.
tls_gd       := -fPIC -ftls-model=global-dynamic -DSTART=100
tls_ld       := -fPIC -ftls-model=local-dynamic -DSTART=200
tls_ie       := -fPIC -ftls-model=initial-exec -DSTART=300
tls_desc     := -fPIC -ftls-model=global-dynamic -mtls-dialect=gnu2 -DSTART=400
tls_le       := -ftls-model=local-exec -DSTART=500
tls_lategd   := -fPIC -ftls-model=global-dynamic -DSTART=600
tls_lateld   := -fPIC -ftls-model=local-dynamic -DSTART=700
tls_latedesc := -fPIC -ftls-model=global-dynamic -mtls-dialect=gnu2 -DSTART=800
TLS_OBJS := $(patsubst %,$(L)/tls-%.o,gd ld ie desc le lategd lateld latedesc)
# clang has no -mtls-dialect=gnu2 before version 19: gcc compiles these.
$(TLS_OBJS): private IMAGE_FLAGS += --twz-cc=gcc -DNAME=$* $(tls_$*)
$(TLS_OBJS): $(L)/tls-%.o: tests/programs/late/tlsvar.c $(IMAGE_NEEDS)
	$(image-cc)
$(L)/libtls.so: $(patsubst %,$(L)/tls-%.o,gd ld ie desc)
$(L)/libtlslate.so: $(patsubst %,$(L)/tls-%.o,lategd lateld latedesc)
$(L)/libtlspeer.so: $(L)/tlspeer.o $(L)/libtls.so
$(L)/tls: $(L)/tls.o $(L)/tls-le.o $(L)/libtls.so
$(L)/tls: private LINK_FLAGS = $(BY_POLICY)
$(eval $(call linked,$(L)/tls $(L)/libtls.so $(L)/libtlspeer.so $(L)/libtlslate.so))
$(eval $(call image,tls,$(call packed,$(L),tls libtls.so libtlspeer.so libtlslate.so tls.policy) $(TWZ_BASE)))
