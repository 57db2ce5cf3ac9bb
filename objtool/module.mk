# SPDX-License-Identifier: BSD-2-Clause
OBJTOOL_SOURCES := $(wildcard objtool/*.c host/*.c)
OBJTOOL_LIBS    := -ljansson -lsodium -lz -lZydis -ldw -lelf

FLAGS-objtool/main := -DTWZ_VERSION='"$(VERSION)"'
INSTALL += $(B)/bin/objtool:bin \
           objtool/completions/bash/objtool:share/bash-completion/completions \
           objtool/completions/zsh/_objtool:share/zsh/site-functions \
           objtool/completions/fish/objtool.fish:share/fish/vendor_completions.d

all: $(B)/bin/objtool

$(B)/bin/objtool: $(call objects,host,$(OBJTOOL_SOURCES)) $(B)/lib/libtwzelf.a $(B)/host.flags
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(OBJTOOL_LIBS)
