# SPDX-License-Identifier: BSD-2-Clause
# Test programs that take the monitor's place: ktest proves the kernel through its ABI, kbench counts
# its instructions.
KTEST      := tests/programs/ktest
KTEST_BASE := $(KTEST)/main.c $(KTEST)/entries.S $(KTEST)/functions.c ld-twz/runtime/string.c
KTEST_PART := run syscalls objects rights gates deadlines demands levels registers buffers faults threads ties views sleep exhaustion
KTEST_OBJS := $(call objects,free,$(KTEST_BASE) $(KTEST_PART:%=$(KTEST)/%.c))
KBENCH_OBJS := $(call objects,free,$(KTEST_BASE) $(KTEST)/kbench.c)

KSWEEP_OBJS := $(call objects,free,$(KTEST_BASE) $(KTEST)/sweep.c)

KFUZZ_OBJS := $(call objects,free,$(KTEST_BASE) $(KTEST)/fuzz.c)

KFAIL_OBJS := $(call objects,free,$(KTEST_BASE) $(KTEST)/fail.c)

CHECK_NEEDS += $(B)/kfail.img $(B)/kbench.img $(B)/kfuzz.img $(B)/ksweep.img $(B)/ktest.img
BENCH_NEEDS += $(B)/kbench.img

$(B)/ktest/ktest.elf: $(KTEST_OBJS)
$(B)/ktest/kbench.elf: $(KBENCH_OBJS)
$(B)/ktest/ksweep.elf: $(KSWEEP_OBJS)
$(B)/ktest/kfuzz.elf: $(KFUZZ_OBJS)
$(B)/ktest/kfail.elf: $(KFAIL_OBJS)
$(B)/ktest/%.elf: $(B)/free/libtwzelf.a linkscripts/twz-lib.ld
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LD_LLD) -pie --no-dynamic-linker -z now -z relro -z text -z noexecstack \
	    -z max-page-size=4096 --hash-style=gnu --build-id=sha1 --pack-dyn-relocs=relr \
	    -T linkscripts/twz-lib.ld -e _start -o $@ $(filter %.o,$^) $(B)/free/libtwzelf.a

# A page of code that is nothing but `ret`.
$(B)/ktest/code:
	@mkdir -p $(@D)
	$(Q)head -c 4096 /dev/zero | tr '\0' '\303' >$@
$(B)/ktest/code.obj: $(B)/ktest/code $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --permissions rx --name code $< -o $@
$(B)/ktest/plain.obj: $(B)/ktest/code $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --name plain $< -o $@
$(B)/ktest/%.obj: $(B)/ktest/%.elf $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --name monitor $< -o $@
$(B)/%.img: $(B)/ktest/%.obj $(B)/ktest/code.obj $(B)/ktest/plain.obj
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $^
