# SPDX-License-Identifier: BSD-2-Clause
# Attacks: a library each, all in one image with the victim. The policy that the command line names
# says which one is let loose.
A := $(B)/attack
ATTACKS := $(filter-out attack victim vault,$(basename $(notdir $(wildcard tests/attack/*.c))))
ATTACK_OBJS := $(ATTACKS:%=$(A)/lib%.so.obj) $(ATTACKS:%=$(A)/%.policy.obj) \
               $(A)/victim.obj $(A)/libvault.so.obj $(A)/victim.policy.obj \
               $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/attack.img

$(A)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(ATTACK_OBJS))
$(A)/%.o: tests/attack/%.c $(A)/flags $(TWZ_CC_PARTS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<
$(ATTACKS:%=$(A)/lib%.so): $(A)/lib%.so: $(A)/%.o $(A)/attack.o $(B)/lib/libtwzrt.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) -Wl,--unresolved-symbols=ignore-all \
	    -o $@ $(filter %.o,$^)
$(A)/libvault.so: $(A)/vault.o $(B)/lib/libtwzrt.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) -o $@ $(filter %.o,$^)
$(A)/victim: $(A)/victim.o $(B)/lib/libtwzrt.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -Wl,--unresolved-symbols=ignore-all -o $@ $(filter %.o,$^)

# after-fault = continue: an attack may try again after it was stopped. Those named plain-* are
# granted two gates of the vault, to abuse them.
IMPORTS = $(if $(filter plain-%,$*),imports = { "vault:vault_where"$(,) "vault:vault_ask" })
, := ,
$(A)/%.policy: tests/attack/module.mk
	@mkdir -p $(@D)
	$(Q)printf '%s\n' 'compartment attack { libraries = { "lib$*.so" } $(IMPORTS) after-fault = continue }' \
	    'compartment vault { libraries = { "libvault.so" } }' >$@
$(A)/hurry.policy: private IMPORTS = imports = { "vault:vault_work" }
$(A)/victim.policy: $(A)/read-data.policy
	$(Q)cp $< $@
$(A)/%.policy.bin: $(A)/%.policy $(B)/bin/ld-twz
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(ATTACKS:%=$(A)/%.policy.obj) $(A)/victim.policy.obj: $(A)/%.policy.obj: $(A)/%.policy.bin $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --name $*.policy $< -o $@
$(A)/%.obj: $(A)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(B)/attack.img: $(ATTACK_OBJS) $(A)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(ATTACK_OBJS)
