# SPDX-License-Identifier: BSD-2-Clause
# krights: rights, attachments and plain calls of gates, proven through the kernel's ABI with the
# base of ktest. The same program is packed a second time, as another object: the text of callees,
# which their callers hold no right on.
KRIGHTS := tests/programs/krights

$(B)/ktest/krights.elf: $$(call objects,free,$$(KTEST_BASE) $(wildcard $(KRIGHTS)/*.[cS]))
$(B)/ktest/callee.obj: $(B)/ktest/krights.elf $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --name callee $< -o $@
$(eval $(call image,krights,$(call packed,$(B)/ktest,krights callee)))
