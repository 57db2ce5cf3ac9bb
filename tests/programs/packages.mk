# SPDX-License-Identifier: BSD-2-Clause
# Other people's packages, from Debian's source packages, unchanged: their objects for both sides,
# made by twz-cc for the image and by the compiler alone for the host. They are compiled through
# ccache, which keeps what it has made in deps/: neither `make clean` nor a change of ours has an
# unchanged package compiled again. What becomes of the objects: libc-ports/, compositions/.
P     := $(B)/ports
PORTS := tests/programs/libc-ports

CCACHE := $(shell command -v ccache)
export CCACHE_DIR := $(CURDIR)/deps/ccache
PORT_IMAGE_CC = TWZ_CC='$(CCACHE) $(CC)' $(B)/bin/twz-cc $(OPT) -w
PORT_HOST_CC  = $(CCACHE) $(CC) $(OPT) -w

$(P)/flags: FORCE
	@$(call write-if-changed,$(CC) $(OPT) $(CCACHE))
PORT_NEEDS := $(P)/flags $(B)/lib/twz/libc.so $(wildcard $(PORTS)/config/*.h)

# $(eval $(call package,DIRECTORY,FLAGS[,FLAGS ON THE HOST])): objects of the C files in it, for both sides.
define package
$(P)/image/$(1)/%.o: $(1)/%.c $(PORT_NEEDS)
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(PORT_IMAGE_CC) $(2) -c -o $$@ $$<
$(P)/host/$(1)/%.o: $(1)/%.c $(P)/flags
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(PORT_HOST_CC) $(2) $(3) -c -o $$@ $$<
endef

ZLIB_ALL   := $(addprefix deps/zlib/,$(addsuffix .c,adler32 compress crc32 deflate gzclose gzlib \
                  gzread gzwrite infback inffast inflate inftrees trees uncompr zutil))
ZLIB_FLAGS := -DHAVE_UNISTD_H -D_LARGEFILE64_SOURCE=1 -Ideps/zlib
$(eval $(call package,deps/zlib,$(ZLIB_FLAGS)))
$(eval $(call package,deps/xxhash,-Ideps/xxhash))
$(eval $(call package,deps/lz4,-Ideps/lz4/lib -Ideps/lz4/programs -DXXH_NAMESPACE=LZ4_))
$(eval $(call package,deps/cjson,\
    -Ideps/cjson -Ideps/cjson/tests -Ideps/cjson/tests/unity/src -Ideps/cjson/tests/unity/examples))
EXPAT := deps/expat/expat
$(eval $(call package,$(EXPAT),-I$(PORTS)/config -I$(EXPAT)/lib))
$(eval $(call package,deps/lua5.4,-DLUA_COMPAT_5_3 -DLUA_USE_POSIX -I$(PORTS)/config))
LUA_LIB := $(filter-out %/lua.c %/luac.c,$(wildcard deps/lua5.4/src/*.c))

PNG       := deps/libpng1.6
PNG_LIB   := $(filter-out %/pngtest.c %/example.c,$(wildcard $(PNG)/*.c))
PNG_FLAGS := -I$(P)/png -Ideps/zlib -I$(PNG) -DPNG_INTEL_SSE_OPT=0
$(eval $(call package,$(PNG),$(PNG_FLAGS)))
$(PNG_LIB:%.c=$(P)/image/%.o) $(PNG_LIB:%.c=$(P)/host/%.o) $(P)/image/$(PNG)/pngtest.o $(P)/host/$(PNG)/pngtest.o: \
    $(P)/png/pnglibconf.h
$(P)/png/pnglibconf.h: $(PNG)/scripts/pnglibconf.h.prebuilt
	@mkdir -p $(@D)
	$(Q)cp $< $@

# Two languages, and WebAssembly: modules become C by wabt's wasm2c, its runtime is C as well. There
# is no room for the 8 GiB that it would have a module's memory lie in: it checks bounds instead.
$(eval $(call package,deps/mujs,-Ideps/mujs,-O1))
DUKTAPE_EXTRAS := print-alert console logging module-duktape
$(eval $(call package,deps/duktape,-Ideps/duktape/src -Ideps/duktape/examples/cmdline \
    $(DUKTAPE_EXTRAS:%=-Ideps/duktape/extras/%) -DDUK_CMDLINE_PRINTALERT_SUPPORT \
    -DDUK_CMDLINE_CONSOLE_SUPPORT -DDUK_CMDLINE_LOGGING_SUPPORT -DDUK_CMDLINE_MODULE_SUPPORT,-O1))
WASM2C := deps/wabt/wasm2c
WASM_FLAGS := -I$(P)/wasm -I$(WASM2C) -DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0
$(eval $(call package,$(WASM2C),$(WASM_FLAGS)))
$(eval $(call package,$(P)/wasm,$(WASM_FLAGS)))
$(P)/wasm/%.c: $(WASM2C)/examples/%/main.c
	@mkdir -p $(@D)
	$(call say,WASM)
	$(Q)wat2wasm $(<D)/$*.wat -o $(@:.c=.wasm)
	$(Q)wasm2c -n $* $(@:.c=.wasm) -o $@
$(P)/image/$(WASM2C)/examples/rot13/main.o $(P)/host/$(WASM2C)/examples/rot13/main.o: $(P)/wasm/rot13.c
$(P)/image/$(WASM2C)/examples/fac/main.o $(P)/host/$(WASM2C)/examples/fac/main.o: $(P)/wasm/fac.c

# SQLite's own makefile makes one file of all of it, with the machine's compiler and tclsh. On the
# host it only has to print the same, so it need not be fast there; what bench compares has to be.
SQLITE := $(CURDIR)/deps/sqlite3
SQLITE_FLAGS := -I$(P)/sqlite -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_ENABLE_FTS5 \
                -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS
$(P)/sqlite/sqlite3.c: $(SQLITE)/VERSION
	$(call say,GEN)
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)$(MAKE) -C $(@D) -f $(SQLITE)/main.mk TOP=$(SQLITE) BCC=gcc TCC=gcc NAWK=awk OPTS= \
	    sqlite3.c shell.c >$(@D)/log 2>&1
$(P)/sqlite/shell.c: $(P)/sqlite/sqlite3.c
$(eval $(call package,$(P)/sqlite,$(SQLITE_FLAGS),-O0))
$(eval $(call package,deps/sqlite3/test,$(SQLITE_FLAGS),-O0))
$(P)/image/deps/sqlite3/test/speedtest1.o $(P)/host/deps/sqlite3/test/speedtest1.o: $(P)/sqlite/sqlite3.c
