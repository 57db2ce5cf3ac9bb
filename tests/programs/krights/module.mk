# SPDX-License-Identifier: BSD-2-Clause
# krights: rights, attachments and plain calls of gates, proven through the kernel's ABI with the
# base of ktest. The same program is packed a second time, as another object: the text of callees,
# which their callers hold no right on.
KRIGHTS      := tests/programs/krights
KRIGHTS_OBJS  = $(call objects,free,$(KTEST_BASE) $(wildcard $(KRIGHTS)/*.c $(KRIGHTS)/*.S))

CHECK_NEEDS += $(B)/krights.img

$(B)/ktest/krights.elf: $$(KRIGHTS_OBJS)
$(B)/ktest/callee.obj: $(B)/ktest/krights.elf $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --name callee $< -o $@
$(B)/krights.img: $(B)/ktest/krights.obj $(B)/ktest/callee.obj $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(filter %.obj,$^)
