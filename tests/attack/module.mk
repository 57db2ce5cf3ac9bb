# SPDX-License-Identifier: BSD-2-Clause
# Attacks: a library each, all in one image with the victim. The policy that the command line names
# says which one is let loose.
A := $(B)/attack
ATTACKS         := $(filter-out attack victim vault,$(basename $(notdir $(wildcard tests/attack/*.c))))
ATTACK_LIBS     := $(ATTACKS:%=$(A)/lib%.so)
ATTACK_POLICIES := $(ATTACKS:%=$(A)/%.policy)

$(A)/%.o: tests/attack/%.c $(IMAGE_NEEDS)
	$(image-cc)
$(ATTACK_LIBS): $(A)/lib%.so: $(A)/%.o $(A)/attack.o
$(A)/libvault.so: $(A)/vault.o
$(A)/victim: $(A)/victim.o
$(A)/victim $(ATTACK_LIBS): private LINK_FLAGS = $(BY_POLICY)
$(eval $(call linked,$(A)/victim $(A)/libvault.so $(ATTACK_LIBS)))

# after-fault = continue: an attack may try again after it was stopped. Those named plain-* are
# granted two gates of the vault, to abuse them.
, := ,
IMPORTS = $(if $(filter plain-%,$*),imports = { "vault:vault_where"$(,) "vault:vault_ask" })
$(A)/hurry.policy: private IMPORTS = imports = { "vault:vault_work" }
$(A)/dig.policy: private IMPORTS = imports = { "vault:vault_back" }
$(A)/lend-nothing.policy: private IMPORTS = import "vault:vault_lend" {}
$(A)/dig.policy: private VAULT = imports = { "attack" }
$(ATTACK_POLICIES): $(A)/%.policy: tests/attack/module.mk
	@mkdir -p $(@D)
	$(Q)printf '%s\n' 'compartment attack { libraries = { "lib$*.so" } $(IMPORTS) after-fault = continue }' \
	    'compartment vault { libraries = { "libvault.so" } $(VAULT) }' >$@
$(A)/victim.policy: $(A)/read-data.policy
	$(Q)cp $< $@
$(eval $(call image,attack,$(addsuffix .obj,$(ATTACK_LIBS) $(ATTACK_POLICIES) \
    $(addprefix $(A)/,victim libvault.so victim.policy)) $(TWZ_BASE)))
