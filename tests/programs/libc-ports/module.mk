# SPDX-License-Identifier: BSD-2-Clause
# Programs of other people, from Debian's source packages, unchanged: built by twz-cc for the image
# and by the compiler alone for the host, whose output theirs is compared with. A program is one
# command, since its sources never change. Parts of `make check`, not of `make`.
P     := $(B)/ports
PORTS := tests/programs/libc-ports

# $(eval $(call port,NAME,SOURCES,FLAGS,LIBRARIES[,MORE SOURCES ON THE HOST]))
define port
PORT_PROGRAMS += $(1)
$(P)/$(1): $(2) $(filter %.so.1,$(4)) $(P)/flags $(B)/lib/twz/libc.so $(wildcard $(PORTS)/config/*.h)
	$$(call say,CC)
	$$(Q)$$(TWZ_CC) $$(OPT) -w $(3) -o $$@ $(2) $(4)
$(P)/host/$(1): $(2) $(5) $(P)/flags
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(OPT) -w $(3) -o $$@ $(2) $(5) -lm
endef

$(P)/flags: FORCE
	@$(call write-if-changed,$(CC) $(OPT))

# Ours: what Linux answers, asked of both.
$(eval $(call port,personality,$(wildcard tests/programs/libc-personality/*.c),-Itests/programs/libc-personality))

$(eval $(call port,libc-bench,tests/programs/libc-bench/bench.c,-Ideps/libffi/src,,tests/programs/libc-bench/host_malloc.c))

BOXES := tests/programs/libc-compartments
BOXES_FLAGS := -I$(BOXES) -std=gnu11 -g
$(P)/libbox.so: $(BOXES)/box.c $(BOXES)/box.h $(P)/flags $(B)/lib/twz/libc.so
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) $(WARN) $(BOXES_FLAGS) -shared -Wl,-soname,$(@F) -o $@ $<
$(P)/boxes: $(BOXES)/boxes.c $(BOXES)/box.h $(P)/libbox.so $(P)/flags
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) $(WARN) $(BOXES_FLAGS) -o $@ $< $(P)/libbox.so

ZLIB_ALL   := $(addprefix deps/zlib/,$(addsuffix .c,adler32 compress crc32 deflate gzclose gzlib \
                  gzread gzwrite infback inffast inflate inftrees trees uncompr zutil))
ZLIB_FLAGS := -DHAVE_UNISTD_H -D_LARGEFILE64_SOURCE=1 -Ideps/zlib
$(P)/libz.so.1: $(ZLIB_ALL) $(P)/flags $(B)/lib/twz/libc.so
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) -w $(ZLIB_FLAGS) -shared -Wl,-soname,$(@F) -o $@ $(ZLIB_ALL)
$(eval $(call port,zlib-example,deps/zlib/test/example.c,$(ZLIB_FLAGS),$(P)/libz.so.1,$(ZLIB_ALL)))
$(eval $(call port,minigzip,deps/zlib/test/minigzip.c,$(ZLIB_FLAGS),$(P)/libz.so.1,$(ZLIB_ALL)))

$(eval $(call port,xxhsum,deps/xxhash/xxhash.c $(wildcard deps/xxhash/cli/*.c),-Ideps/xxhash))

LZ4 := $(addprefix deps/lz4/lib/,lz4.c lz4hc.c lz4frame.c xxhash.c)
LZ4_FLAGS := -Ideps/lz4/lib -Ideps/lz4/programs -DXXH_NAMESPACE=LZ4_
$(eval $(call port,lz4-buffer,deps/lz4/examples/simple_buffer.c $(LZ4),$(LZ4_FLAGS)))
$(eval $(call port,lz4-frames,deps/lz4/examples/frameCompress.c $(LZ4),$(LZ4_FLAGS)))
$(eval $(call port,lz4-roundtrip,deps/lz4/tests/roundTripTest.c $(LZ4),$(LZ4_FLAGS)))

CJSON := deps/cjson/cJSON_Utils.c deps/cjson/tests/unity/src/unity.c
CJSON_FLAGS := -Ideps/cjson -Ideps/cjson/tests -Ideps/cjson/tests/unity/src -Ideps/cjson/tests/unity/examples
CJSON_TESTS := misc_tests misc_utils_tests parse_number print_number compare_tests \
               parse_string print_value minify_tests cjson_add readme_examples
$(eval $(call port,cjson-test,deps/cjson/cJSON.c deps/cjson/test.c,-Ideps/cjson))
# Each of them includes cJSON.c itself, to reach what is static there.
$(foreach t,$(CJSON_TESTS),$(eval $(call port,cjson-$(t),deps/cjson/tests/$(t).c $(CJSON),$(CJSON_FLAGS))))

EXPAT := deps/expat/expat
$(eval $(call port,expat-tests,$(addprefix $(EXPAT)/lib/,xmlparse.c xmlrole.c xmltok.c) \
    $(addprefix $(EXPAT)/tests/,runtests.c chardata.c structdata.c minicheck.c memcheck.c),\
    -I$(PORTS)/config -I$(EXPAT)/lib))

$(eval $(call port,lua,$(filter-out %/luac.c,$(wildcard deps/lua5.4/src/*.c)),\
    -DLUA_COMPAT_5_3 -DLUA_USE_POSIX -I$(PORTS)/config))

$(eval $(call port,pngtest,deps/libpng1.6/pngtest.c $(filter-out %/pngtest.c %/example.c,$(wildcard \
    deps/libpng1.6/*.c)),-I$(P)/png -Ideps/zlib -DPNG_INTEL_SSE_OPT=0,$(P)/libz.so.1,$(ZLIB_ALL)))
$(P)/pngtest $(P)/host/pngtest: $(P)/png/pnglibconf.h
$(P)/png/pnglibconf.h: deps/libpng1.6/scripts/pnglibconf.h.prebuilt
	@mkdir -p $(@D)
	$(Q)cp $< $@

# SQLite's own makefile makes one file of all of it, with the machine's compiler and tclsh.
SQLITE := $(CURDIR)/deps/sqlite3
SQLITE_FLAGS := -I$(P)/sqlite -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_ENABLE_FTS5 \
                -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS
$(P)/sqlite/sqlite3.c: $(SQLITE)/VERSION
	$(call say,GEN)
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)$(MAKE) -C $(@D) -f $(SQLITE)/main.mk TOP=$(SQLITE) BCC=gcc TCC=gcc NAWK=awk OPTS= \
	    sqlite3.c shell.c >$(@D)/log 2>&1
$(P)/sqlite/shell.c: $(P)/sqlite/sqlite3.c
$(P)/libsqlite3.so.1: $(P)/sqlite/sqlite3.c $(P)/flags $(B)/lib/twz/libc.so
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) -w $(SQLITE_FLAGS) -shared -Wl,-soname,$(@F) -o $@ $<
$(P)/host/sqlite.o: $(P)/sqlite/sqlite3.c $(P)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(OPT) -w $(SQLITE_FLAGS) -c -o $@ $<
$(eval $(call port,sqlite3,$(P)/sqlite/shell.c,$(SQLITE_FLAGS),$(P)/libsqlite3.so.1,$(P)/host/sqlite.o))
$(eval $(call port,speedtest1,$(SQLITE)/test/speedtest1.c,$(SQLITE_FLAGS),$(P)/libsqlite3.so.1,$(P)/host/sqlite.o))

# Data that they read, under these names.
PORT_DATA := pngtest.png=deps/libpng1.6/pngtest.png changelog.gz=/usr/share/doc/zlib1g/changelog.gz \
    $(foreach f,$(wildcard $(PORTS)/data/*),$(notdir $(f))=$(f))
PORT_DATA_OBJS := $(foreach d,$(PORT_DATA),$(P)/obj/$(firstword $(subst =, ,$(d))).obj)
define port_data
$(P)/obj/$(1).obj: $(2) $(B)/bin/objtool
	@mkdir -p $$(@D)
	$$(call say,PACK)
	$$(Q)$(B)/bin/objtool pack --data --name $(1) $(2) -o $$@
endef
$(foreach d,$(PORT_DATA),$(eval $(call port_data,$(firstword $(subst =, ,$(d))),$(lastword $(subst =, ,$(d))))))
$(P)/obj/%.obj: $(P)/% $(B)/bin/objtool
	@mkdir -p $(@D)
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@

$(P)/policy.bin: $(PORTS)/ports.policy
$(P)/boxes.policy.bin: $(BOXES)/boxes.policy
$(P)/policy.bin $(P)/boxes.policy.bin: $(B)/bin/ld-twz
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $(filter %.policy,$^) -o $@
$(P)/obj/policy.obj $(P)/obj/boxes.policy.obj: $(P)/obj/%.obj: $(P)/%.bin $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --name $* $< -o $@

PORT_OBJS := $(B)/lib/twz/monitor.obj $(B)/lib/twz/libtwzrt.obj $(B)/lib/twz/libc.obj \
             $(PORT_PROGRAMS:%=$(P)/obj/%.obj) $(P)/obj/libz.so.1.obj $(P)/obj/libsqlite3.so.1.obj \
             $(P)/obj/boxes.obj $(P)/obj/libbox.so.obj $(P)/obj/boxes.policy.obj $(PORT_DATA_OBJS)
$(B)/ports.img: $(PORT_OBJS) $(P)/obj/policy.obj $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(PORT_OBJS) --policy $(P)/obj/policy.obj

BENCH_NEEDS += $(B)/ports.img $(P)/host/libc-bench $(P)/host/speedtest1
CHECK_NEEDS += $(B)/ports.img $(PORT_PROGRAMS:%=$(P)/host/%)
