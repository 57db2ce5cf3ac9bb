# SPDX-License-Identifier: BSD-2-Clause
# twz-cc and its script stand in build/ as they stand below PREFIX; so do the public headers, as
# links, so that programs of the build tree and of the world include the same paths.
TWZ_CC_PARTS := $(B)/bin/twz-cc $(addprefix $(B)/lib/twz/,twz-lib.ld twz-rodata.ld twz-minimal.list twz-minimal.ver) \
                $(B)/include/.links
PUBLIC_HEADERS = $(wildcard kernel/include/twz/*.h kernel/include/twz/*/*.h \
                            ld-twz/runtime/include/twz/*.h ld-twz/runtime/include/twz/*/*.h)

all: $(TWZ_CC_PARTS) $(B)/bin/twz-run $(B)/bin/twz-iso $(B)/lib/twz/twz.mk

# Below PREFIX: the drivers, the script, what a Makefile elsewhere includes, and the headers.
INSTALL += $(B)/bin/twz-cc:bin $(B)/bin/twz-run:bin $(B)/bin/twz-iso:bin $(B)/lib/twz/twz-lib.ld:lib/twz \
           $(B)/lib/twz/twz-rodata.ld:lib/twz $(B)/lib/twz/twz-minimal.list:lib/twz $(B)/lib/twz/twz-minimal.ver:lib/twz \
           $(B)/lib/twz/twz.mk:lib/twz $(B)/lib/pkgconfig/twz.pc:lib/pkgconfig \
           $(foreach h,$(PUBLIC_HEADERS),$(h):$(patsubst %/,%,$(dir include/twz/$(lastword $(subst /include/twz/, ,$(h))))))

$(B)/bin/twz-cc $(B)/bin/twz-run $(B)/bin/twz-iso: $(B)/bin/%: linkscripts/%
	@mkdir -p $(@D)
	$(call say,CP)
	$(Q)cp $< $@

$(B)/lib/twz/%: linkscripts/%
	@mkdir -p $(@D)
	$(call say,CP)
	$(Q)cp $< $@

# The same layout with constants in a slot of their own: code begins a slot later, with the tables
# that lead from it to data, and so does data.
$(B)/lib/twz/twz-rodata.ld: linkscripts/twz-lib.ld
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)sed -e 's|^    code    PT_LOAD|    tables  PT_LOAD FLAGS(4);                 /* r--: unwind tables */\n&|' \
	    -e 's|^    .gcc_except_table : .*|    . = ALIGN(0x1000) + 0x40000000;\n    .twz.apart      : { QUAD(0) } :tables\n&|' \
	    -e 's|:text :ehframe|:tables :ehframe|; s|\(.eh_frame)) }\) :text|\1 :tables|' \
	    -e 's|0x40001000|0x80001000|' -e '2s|^|/* Made from twz-lib.ld, with constants in a slot of their own: twz-cc --twz-separate-rodata. */\n|' $< >$@.new
	$(Q)mv $@.new $@

$(B)/include/.links: $(B)/headers.list
	$(Q)rm -rf $(@D)
	@set -e; for h in $(PUBLIC_HEADERS); do \
	    l=$(@D)/$${h#*/include/}; mkdir -p $${l%/*}; ln -sr $$h $$l; done
	@touch $@
$(B)/headers.list: FORCE
	@$(call write-if-changed,$(PUBLIC_HEADERS))

$(B)/lib/pkgconfig/%.pc: linkscripts/%.pc.in Makefile
	@mkdir -p $(@D)
	$(Q)sed 's|@VERSION@|$(VERSION)|' $< >$@

# $(TWZ_CC) in a recipe; targets depend on $(TWZ_CC_PARTS).
TWZ_CC = TWZ_CC='$(CC)' $(B)/bin/twz-cc -ffile-prefix-map=$(CURDIR)=.
