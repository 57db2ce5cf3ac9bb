# SPDX-License-Identifier: BSD-2-Clause
# C++ with exceptions: compiled by clang (`make deps` installs no g++), with the C++ runtime and the
# unwinder that come with the system's compilers in each library.
U := $(B)/unwinding
CXX_LIBS   = $(shell gcc -print-file-name=libsupc++.a) $(shell gcc -print-file-name=libgcc_eh.a)
CXX_FLAGS := --twz-cc=clang -x c++ -std=c++17 -g -O2 -Wall -Wextra $(WERROR)

$(U)/%.o: private IMAGE_FLAGS = $(CXX_FLAGS)
$(U)/%.o: tests/programs/unwinding/%.cc $(IMAGE_NEEDS) $(B)/lib/twz/libc.so
	$(image-cc)
$(U)/libthrower.so: $(U)/thrower.o
$(U)/unwinding: $(U)/unwinding.o $(U)/libthrower.so
$(U)/unwinding $(U)/libthrower.so: private IMAGE_FLAGS =
$(U)/unwinding $(U)/libthrower.so: private LINK_LIBS = $(CXX_LIBS)
$(U)/libthrower.so: private LINK_FLAGS = -Wl,--exclude-libs,ALL $(BY_POLICY)
$(U)/unwinding: private LINK_FLAGS = -Wl,--exclude-libs,ALL -rdynamic
$(eval $(call linked,$(U)/unwinding $(U)/libthrower.so))
$(eval $(call image,unwinding,$(TWZ_LIBC) $(call packed,$(U),unwinding libthrower.so unwinding.policy)))
