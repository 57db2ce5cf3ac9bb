# SPDX-License-Identifier: BSD-2-Clause
# Programs of other people (../packages.mk), for the image and for the host, whose output theirs is
# compared with. Parts of `make check`, not of `make`.

# $(eval $(call port,PROGRAM,SOURCES,LIBRARIES[,MORE SOURCES ON THE HOST]))
define port
PORT_PROGRAMS += $(1)
$(P)/$(1): $(2:%.c=$(P)/image/%.o) $(3)
$(eval $(call linked,$(P)/$(1)))
$(P)/host/$(1): $(patsubst %.c,$(P)/host/%.o,$(2) $(4))
	$$(call say,LD)
	$$(Q)$$(CC) -o $$@ $$^ -lm
endef

# $(eval $(call port_library,SONAME,SOURCES))
define port_library
$(P)/$(1): $(2:%.c=$(P)/image/%.o)
$(eval $(call linked,$(P)/$(1)))
endef
$(P)/%: private IMAGE_FLAGS = $(LIBC_FLAGS)

# Ours: what Linux answers, asked of both; and what the allocator costs.
PERSONALITY := tests/programs/libc-personality
$(eval $(call package,$(PERSONALITY),-I$(PERSONALITY)))
$(eval $(call port,personality,$(wildcard $(PERSONALITY)/*.c)))
$(patsubst %.c,$(P)/image/%.o,$(wildcard $(PERSONALITY)/*.c)) $(patsubst %.c,$(P)/host/%.o,$(wildcard $(PERSONALITY)/*.c)): \
    $(wildcard $(PERSONALITY)/*.h)
# The same with everything linked in.
$(P)/personality-static: $(patsubst %.c,$(P)/image/%.o,$(wildcard $(PERSONALITY)/*.c)) $(B)/lib/twz/libc.a $(B)/lib/libtwzrt.a
$(P)/personality-static: private LINK_FLAGS = -static
$(eval $(call linked,$(P)/personality-static))
$(eval $(call package,tests/programs/libc-bench,-Ideps/libffi/src))
$(eval $(call port,libc-bench,tests/programs/libc-bench/bench.c,,tests/programs/libc-bench/host_malloc.c))

BOXES := tests/programs/libc-compartments
$(P)/libbox.so: $(BOXES)/box.c $(B)/lib/twz/libc.so
$(P)/boxes: $(BOXES)/boxes.c $(P)/libbox.so
$(eval $(call linked,$(P)/boxes $(P)/libbox.so))

$(eval $(call port_library,libz.so.1,$(ZLIB_ALL)))
$(eval $(call port,zlib-example,deps/zlib/test/example.c,$(P)/libz.so.1,$(ZLIB_ALL)))
$(eval $(call port,minigzip,deps/zlib/test/minigzip.c,$(P)/libz.so.1,$(ZLIB_ALL)))

$(eval $(call port,xxhsum,deps/xxhash/xxhash.c $(wildcard deps/xxhash/cli/*.c)))

LZ4 := $(addprefix deps/lz4/lib/,lz4.c lz4hc.c lz4frame.c xxhash.c)
$(eval $(call port,lz4-buffer,deps/lz4/examples/simple_buffer.c $(LZ4)))
$(eval $(call port,lz4-frames,deps/lz4/examples/frameCompress.c $(LZ4)))
$(eval $(call port,lz4-roundtrip,deps/lz4/tests/roundTripTest.c $(LZ4)))

CJSON := deps/cjson/cJSON_Utils.c deps/cjson/tests/unity/src/unity.c
CJSON_TESTS := $(filter-out unity_setup,$(basename $(notdir $(wildcard deps/cjson/tests/*.c))))
$(eval $(call port,cjson-test,deps/cjson/cJSON.c deps/cjson/test.c))
# Each of them includes cJSON.c itself, to reach what is static there.
$(foreach t,$(CJSON_TESTS),$(eval $(call port,cjson-$(t),deps/cjson/tests/$(t).c $(CJSON))))

$(eval $(call port,expat-tests,$(addprefix $(EXPAT)/lib/,xmlparse.c xmlrole.c xmltok.c) \
    $(addprefix $(EXPAT)/tests/,runtests.c chardata.c structdata.c minicheck.c memcheck.c)))

$(eval $(call port,lua,$(filter-out %/luac.c,$(wildcard deps/lua5.4/src/*.c))))

$(eval $(call port,mujs,$(addprefix deps/mujs/,one.c main.c)))
$(eval $(call port,duk,$(addprefix deps/duktape/,src/duktape.c examples/cmdline/duk_cmdline.c \
    extras/print-alert/duk_print_alert.c extras/console/duk_console.c \
    extras/logging/duk_logging.c extras/module-duktape/duk_module_duktape.c)))
$(foreach w,rot13 fac,$(eval $(call port,wasm-$(w),\
    $(addprefix $(WASM2C)/,wasm-rt-impl.c examples/$(w)/main.c) $(P)/wasm/$(w).c)))

$(eval $(call port,pngtest,$(PNG)/pngtest.c $(PNG_LIB),$(P)/libz.so.1,$(ZLIB_ALL)))
$(eval $(call port_library,libsqlite3.so.1,$(P)/sqlite/sqlite3.c))
$(eval $(call port,sqlite3,$(P)/sqlite/shell.c,$(P)/libsqlite3.so.1,$(P)/sqlite/sqlite3.c))
$(eval $(call port,speedtest1,deps/sqlite3/test/speedtest1.c,$(P)/libsqlite3.so.1,$(P)/sqlite/sqlite3.c))
$(P)/bench/speedtest1: deps/sqlite3/test/speedtest1.c $(P)/sqlite/sqlite3.c $(P)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(OPT) -w $(SQLITE_FLAGS) -o $@ $(filter %.c,$^) -lm

# What they read.
PORT_DATA := deps/libpng1.6/pngtest.png deps/duktape/mandel.js $(I)/changelog.gz $(wildcard $(PORTS)/data/*) $(P)/root.tar
# edge/page begins on a page of the archive, and ends in the middle of one.
$(P)/root.tar: tests/programs/libc-ports/module.mk $(wildcard deps/cjson/tests/inputs/* deps/cjson/tests/json-patch-tests/*.json)
	@mkdir -p $(@D)
	$(call say,TAR)
	$(Q)mkdir -p $(P)/root/edge
	$(Q)truncate -s 2560 $(P)/root/edge/filler
	$(Q)echo 'one line' >$(P)/root/edge/page
	$(Q)tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --mode=go-w --numeric-owner -cf $@ \
	    -C $(abspath $(P)/root) edge -C $(abspath deps/cjson/tests) inputs json-patch-tests
$(eval $(call data,$(P),$(PORT_DATA)))

$(eval $(call policies,$(P),$(PORTS)/ports.policy $(BOXES)/boxes.policy))
$(P)/ports.policy.obj: private OBJECT_NAME := policy
$(eval $(call image,ports,$(TWZ_LIBC) $(call packed,$(P),$(PORT_PROGRAMS) personality-static libz.so.1 libsqlite3.so.1 \
    boxes libbox.so boxes.policy $(notdir $(PORT_DATA))),$(P)/ports.policy.obj))

BENCH_NEEDS += $(B)/ports.img $(P)/host/libc-bench $(P)/bench/speedtest1
CHECK_NEEDS += $(PORT_PROGRAMS:%=$(P)/host/%)
