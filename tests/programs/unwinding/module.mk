# SPDX-License-Identifier: BSD-2-Clause
# C++ with exceptions: compiled by clang (`make deps` installs no g++), with the C++ runtime and the
# unwinder that come with the system's compilers in each library. Parts of `make check`.
U         := $(B)/unwinding
UNWINDING := tests/programs/unwinding
CXX_LIBS  = $(shell gcc -print-file-name=libsupc++.a) $(shell gcc -print-file-name=libgcc_eh.a)
CXX_FLAGS := -x c++ -std=c++17 -g -O2 -Wall -Wextra $(WERROR)
UNWINDING_NEEDS := $(wildcard $(UNWINDING)/*.h ld-twz/runtime/include/twz/*.h) $(TWZ_CC_PARTS) $(B)/lib/twz/libc.so

$(U)/%.o: $(UNWINDING)/%.cc $(UNWINDING_NEEDS)
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(TWZ_CC) --twz-cc=clang $(CXX_FLAGS) -c -o $@ $<
$(U)/libthrower.so: $(U)/thrower.o
	$(call say,LD)
	$(Q)$(TWZ_CC) -shared -Wl,-soname,$(@F),--exclude-libs,ALL,--unresolved-symbols=ignore-all -o $@ $< $(CXX_LIBS)
$(U)/unwinding: $(U)/unwinding.o $(U)/libthrower.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -Wl,--exclude-libs,ALL -rdynamic -o $@ $< $(U)/libthrower.so $(CXX_LIBS)
$(U)/%.obj: $(U)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(U)/unwinding.policy.obj: $(UNWINDING)/unwinding.policy $(B)/bin/ld-twz $(B)/bin/objtool
	@mkdir -p $(@D)
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $< -o $(@:.obj=.bin)
	$(Q)$(B)/bin/objtool pack --data --name unwinding.policy $(@:.obj=.bin) -o $@
UNWINDING_OBJS := $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj $(B)/lib/twz/libc.obj \
                  $(patsubst %,$(U)/%.obj,unwinding libthrower.so unwinding.policy)
$(B)/unwinding.img: $(UNWINDING_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(UNWINDING_OBJS)
CHECK_NEEDS += $(B)/unwinding.img
