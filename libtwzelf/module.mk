# SPDX-License-Identifier: BSD-2-Clause
# libtwzelf: one set of sources, an archive per flavour and a shared library. What needs an
# operating system (*_host.c) is left out of the freestanding ones.
TWZELF        := $(wildcard libtwzelf/*.c)
TWZELF_FREE   := $(filter-out %_host.c,$(TWZELF))
TWZELF_SO     := libtwzelf.so.0
TWZELF_PUBLIC := $(addprefix libtwzelf/include/twzelf/,base.h bytes.h diag.h file.h dynamic.h \
                   symbol.h version.h hash.h note.h gate.h layout.h reloc.h load.h \
                   object.h image.h fot.h capability.h)
TWZELF_TEST_LIBS := -lelf

$(B)/lib/libtwzelf.a: $(call objects,host,$(TWZELF))
$(B)/san/libtwzelf.a: $(call objects,san,$(TWZELF))
$(B)/free/libtwzelf.a: $(call objects,free,$(TWZELF_FREE))
$(B)/kernel/libtwzelf.a: $(call objects,kernel,$(TWZELF_FREE))
$(B)/lib/libtwzelf.a $(B)/san/libtwzelf.a $(B)/free/libtwzelf.a $(B)/kernel/libtwzelf.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

$(B)/lib/$(TWZELF_SO): $(call objects,host,$(TWZELF)) libtwzelf/libtwzelf.map
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,$(@F),--version-script=libtwzelf/libtwzelf.map \
	    -Wl,-z,defs -o $@ $(filter %.o,$^)
$(B)/lib/libtwzelf.so: $(B)/lib/$(TWZELF_SO)
	@ln -sf $(<F) $@

# The prefix is the one of `make install`; made anew when it changes.
$(B)/twzelf.pc: libtwzelf/twzelf.pc.in FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' $< >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

all: $(B)/lib/libtwzelf.a $(B)/free/libtwzelf.a $(B)/kernel/libtwzelf.a $(B)/lib/$(TWZELF_SO) \
     $(B)/lib/libtwzelf.so $(B)/twzelf.pc

INSTALL += $(TWZELF_PUBLIC:%=%:include/twzelf) $(B)/lib/libtwzelf.a:lib $(B)/lib/$(TWZELF_SO):lib \
           $(B)/lib/libtwzelf.so:lib $(B)/twzelf.pc:lib/pkgconfig
