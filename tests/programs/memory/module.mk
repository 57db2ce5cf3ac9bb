# SPDX-License-Identifier: BSD-2-Clause
# Pages of a compartment's memory, and heaps that it shares; and a program that is typed to.
Y := $(B)/memory
MEMORY := $(addprefix $(Y)/,memory leaks typed libpages.so libsharer.so)

$(eval $(call with-libc,$(Y)))
$(Y)/libpages.so $(Y)/libsharer.so: $(Y)/lib%.so: $(Y)/%.o
$(Y)/memory $(Y)/leaks: $(Y)/%: $(Y)/%.o $(Y)/libpages.so $(Y)/libsharer.so
$(Y)/typed: $(Y)/typed.o
$(eval $(call linked,$(MEMORY)))
$(Y)/leaks.policy.obj: tests/programs/memory/memory.policy $(B)/bin/ld-twz $(B)/bin/objtool
	$(image-policy)
$(eval $(call image,memory,$(TWZ_LIBC) $(MEMORY:=.obj) $(call packed,$(Y),memory.policy leaks.policy)))
