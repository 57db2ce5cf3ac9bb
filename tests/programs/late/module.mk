# SPDX-License-Identifier: BSD-2-Clause
# Libraries that come at run time. L is the directory of what goes into the image.
L := $(B)/late
LATE_LIBS := plugdep plugin broken named initialexec versioned side spare closed far
LATE_OBJS := $(LATE_LIBS:%=$(L)/lib%.so.obj) $(L)/late.obj $(L)/late.policy.obj \
             $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/late.img

$(L)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(LATE_OBJS))
$(L)/%.o: tests/programs/late/%.c $(L)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<

$(L)/libplugin.so: $(L)/libplugdep.so
$(L)/libbroken.so: $(L)/libplugdep.so
$(L)/libside.so: $(L)/libplugin.so
$(L)/libplugin.so $(L)/libplugdep.so: private LATE_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(L)/libbroken.so $(L)/libside.so: private LATE_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(L)/libversioned.so: private LATE_FLAGS = -Wl,--version-script,tests/programs/late/versioned.map
$(L)/lib%.so: $(L)/%.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) $(LATE_FLAGS) -o $@ $(filter %.o %.so,$^)
$(L)/late: $(L)/late.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -rdynamic -o $@ $<

$(L)/%.policy.bin: tests/programs/late/%.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(L)/late.policy.obj $(L)/tls.policy.obj: $(L)/%.policy.obj: $(L)/%.policy.bin $(B)/bin/objtool
	$(Q)$(B)/bin/objtool pack --data --name $*.policy $< -o $@
$(L)/%.obj: $(L)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/late.img: $(LATE_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(LATE_OBJS)

# Thread-local data in every model, linked and late.
TLS_OBJS := $(patsubst %,$(L)/%.obj,tls libtls.so libtlspeer.so libtlslate.so tls.policy) \
            $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/tls.img
tls_gd       := -fPIC -ftls-model=global-dynamic -DSTART=100
tls_ld       := -fPIC -ftls-model=local-dynamic -DSTART=200
tls_ie       := -fPIC -ftls-model=initial-exec -DSTART=300
tls_desc     := -fPIC -ftls-model=global-dynamic -mtls-dialect=gnu2 -DSTART=400
tls_le       := -ftls-model=local-exec -DSTART=500
tls_lategd   := -fPIC -ftls-model=global-dynamic -DSTART=600
tls_lateld   := -fPIC -ftls-model=local-dynamic -DSTART=700
tls_latedesc := -fPIC -ftls-model=global-dynamic -mtls-dialect=gnu2 -DSTART=800
# clang has no -mtls-dialect=gnu2 before version 19: gcc compiles these.
$(L)/tls-%.o: tests/programs/late/tlsvar.c $(L)/flags $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)TWZ_CC=gcc $(B)/bin/twz-cc $(IMAGE_FLAGS) -DNAME=$* $(tls_$*) -c -o $@ $<
$(L)/libtls.so: $(patsubst %,$(L)/tls-%.o,gd ld ie desc)
$(L)/libtlslate.so: $(patsubst %,$(L)/tls-%.o,lategd lateld latedesc)
$(L)/libtls.so $(L)/libtlslate.so:
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) -o $@ $(filter %.o,$^)
$(L)/libtlspeer.so: $(L)/libtls.so
$(L)/tls: $(L)/tls.o $(L)/tls-le.o $(L)/libtls.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -Wl,--unresolved-symbols=ignore-all -o $@ $(filter %.o %.so,$^)
$(B)/tls.img: $(TLS_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(TLS_OBJS)
-include $(wildcard $(L)/*.d)
