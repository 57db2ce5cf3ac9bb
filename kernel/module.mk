# SPDX-License-Identifier: BSD-2-Clause
# The kernel: its own sources and those of libtwzelf, linked twice. The second link adds the table of
# function names for backtraces; it follows the text, so no function moves.

KERNEL_SOURCES := $(wildcard kernel/core/*.c kernel/arch/x86_64/*.c kernel/arch/x86_64/*.S)
KERNEL_ELF_SOURCES := $(filter-out %_host.c,$(wildcard libtwzelf/*.c))
KERNEL_OBJECTS := $(call objects,kernel,$(KERNEL_SOURCES) $(KERNEL_ELF_SOURCES))
KERNEL_LINK     = $(LD_LLD) -T kernel/arch/x86_64/kernel.lds -z max-page-size=0x1000 -n \
                  --gc-sections --no-warn-mismatch -o $@
NM ?= nm

all: $(B)/kernel.elf
INSTALL += $(B)/kernel.elf:lib/twz

$(B)/kernel/pass1.elf: $(KERNEL_OBJECTS) kernel/arch/x86_64/kernel.lds
	$(call say,LD)
	$(Q)$(KERNEL_LINK) $(KERNEL_OBJECTS)

$(B)/kernel/ksyms.S: $(B)/kernel/pass1.elf kernel/module.mk
	$(call say,SYMS)
	$(Q)$(NM) -n $< | awk 'BEGIN { n = 0 } $$2 ~ /^[tT]$$/ { a[n] = $$1; s[n++] = $$3 } END { \
	  print ".section .ksyms, \"a\"\n.balign 8\n.globl k_symbols, k_symbols_end\nk_symbols:"; \
	  for (i = 0; i < n; i++) print ".quad 0x" a[i] ", 1f + " o(i); \
	  print "k_symbols_end:\n1:"; for (i = 0; i < n; i++) print ".asciz \"" s[i] "\""; \
	  print ".section .note.GNU-stack, \"\", @progbits" } \
	  function o(i) { if (i > 0) off += length(s[i - 1]) + 1; return off + 0 }' >$@

$(B)/kernel/ksyms.o: $(B)/kernel/ksyms.S
	$(call say,AS)
	$(Q)$(CC) -c -o $@ $<

$(B)/kernel.elf: $(KERNEL_OBJECTS) $(B)/kernel/ksyms.o
	$(call say,LD)
	$(Q)$(KERNEL_LINK) $(KERNEL_OBJECTS) $(B)/kernel/ksyms.o

# Kernels for tests, with one file more each: an NMI at every instruction (kernel/test/sweep.c),
# allocations that fail (kernel/test/fail.c).
CHECK_NEEDS += $(B)/kernel-sweep.elf $(B)/kernel-fail.elf
$(B)/kernel-%.elf: $(KERNEL_OBJECTS) $(B)/kernel/kernel/test/%.o $(B)/kernel/ksyms.o
	$(call say,LD)
	$(Q)$(KERNEL_LINK) $^
