# SPDX-License-Identifier: BSD-2-Clause
# What image tests need on the host.
CHECK_NEEDS += $(B)/idtool
$(B)/idtool: $(call objects,host,tests/image/idtool.c) $(B)/lib/libtwzelf.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(TWZELF_TEST_LIBS)
