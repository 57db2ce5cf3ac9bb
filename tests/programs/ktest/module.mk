# SPDX-License-Identifier: BSD-2-Clause
# Test programs that take the monitor's place: ktest proves the kernel through its ABI, kbench counts
# its instructions.
KTEST      := tests/programs/ktest
KTEST_BASE := $(KTEST)/main.c $(KTEST)/entries.S $(KTEST)/functions.c ld-twz/runtime/string.c
KTEST_PART := run syscalls objects rights gates deadlines demands levels registers buffers faults threads ties views sleep exhaustion

$(B)/ktest/ktest.elf:  $(call objects,free,$(KTEST_BASE) $(KTEST_PART:%=$(KTEST)/%.c))
$(B)/ktest/kbench.elf: $(call objects,free,$(KTEST_BASE) $(KTEST)/kbench.c)
$(B)/ktest/ksweep.elf: $(call objects,free,$(KTEST_BASE) $(KTEST)/sweep.c)
$(B)/ktest/kfuzz.elf:  $(call objects,free,$(KTEST_BASE) $(KTEST)/fuzz.c)
$(B)/ktest/kfail.elf:  $(call objects,free,$(KTEST_BASE) $(KTEST)/fail.c)
$(B)/ktest/%.elf: $(B)/free/libtwzelf.a linkscripts/twz-lib.ld
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LD_STATIC_PIE) -e _start -o $@ $(filter %.o,$^) $(B)/free/libtwzelf.a
$(B)/ktest/%.obj: $(B)/ktest/%.elf $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --name monitor $< -o $@

# A page of code that is nothing but `ret`, and the same as data.
$(B)/ktest/code:
	@mkdir -p $(@D)
	$(Q)head -c 4096 /dev/zero | tr '\0' '\303' >$@
$(B)/ktest/code.obj: $(B)/ktest/code $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --permissions rx --name code $< -o $@
$(B)/ktest/plain.obj: $(B)/ktest/code $(B)/bin/objtool
	$(image-data)

$(foreach k,ktest kbench ksweep kfuzz kfail,$(eval $(call image,$(k),$(call packed,$(B)/ktest,$(k) code plain))))
BENCH_NEEDS += $(B)/kbench.img
