# SPDX-License-Identifier: BSD-2-Clause
# Compositions: programs that keep other people's libraries in compartments, by a shim of gates and
# a policy. Each is built twice from the same sources: for the image, and for Linux as one program
# whose gates are plain calls, to compare with.
C      := $(B)/compositions
COMP   := tests/programs/compositions
PORTED := $(B)/ports

# $(eval $(call composed,NAME,SOURCE,LIBRARIES,FLAGS)): a library of gates, or a program.
$(eval $(call with-libc,$(C)))
define composed
$(C)/$(1): private IMAGE_FLAGS += $(4)
$(C)/$(1): $(COMP)/$(2) $(3) $(B)/lib/twz/libc.so
$(eval $(call linked,$(C)/$(1)))
endef
# $(eval $(call on-linux,PROGRAM,SOURCES,OBJECTS,FLAGS))
define on-linux
$(C)/host/$(1): $(addprefix $(COMP)/,$(2)) $(3) $(wildcard $(COMP)/$(dir $(firstword $(2)))*.h) $(B)/images.flags
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(LIBC_FLAGS) -Ikernel/include -Ild-twz/runtime/include $$(BY_POLICY) $(4) -no-pie \
	    -o $$@ $$(filter %.c %.o,$$^) -lz -lm
endef

# The viewer: libpng twice, as it is and with an old error.
$(C)/old/pngrutil.c: deps/libpng1.6/pngrutil.c $(COMP)/viewer/CVE-2004-0597.patch
	@mkdir -p $(@D)
	$(call say,PTCH)
	$(Q)patch -s -o $@ $^
OLD := $(C)/old/pngrutil
$(OLD).image.o: private OLD_CC = $(PORT_IMAGE_CC) -fno-stack-protector
$(OLD).host.o: private OLD_CC = $(PORT_HOST_CC) -fno-stack-protector
$(OLD).asan.o: private OLD_CC = $(PORT_HOST_CC) -fsanitize=address
$(OLD).image.o $(OLD).host.o $(OLD).asan.o: $(OLD).c $(PORTED)/png/pnglibconf.h $(PORT_NEEDS)
	$(call say,CC)
	$(Q)$(OLD_CC) $(PNG_FLAGS) -c -o $@ $<
PNG_OBJS := $(PNG_LIB:%.c=$(PORTED)/image/%.o)
PNG_HOST := $(PNG_LIB:%.c=$(PORTED)/host/%.o)
PNG_NEW  := $(filter-out %/pngrutil.o,$(PNG_HOST))
$(C)/libpng16.so.16: $(PNG_OBJS) $(PORTED)/libz.so.1
$(C)/old/libpng16.so.16: $(filter-out %/pngrutil.o,$(PNG_OBJS)) $(OLD).image.o $(PORTED)/libz.so.1
$(eval $(call linked,$(C)/libpng16.so.16 $(C)/old/libpng16.so.16))
$(eval $(call composed,libpicture.so,viewer/picture.c,$(C)/libpng16.so.16,$(PNG_FLAGS)))
$(eval $(call composed,view,viewer/view.c,$(C)/libpicture.so))
# On Linux at a fixed address, so that it can be written into a picture.
VIEW := viewer/view.c viewer/picture.c host.c
$(eval $(call on-linux,view,$(VIEW),$(PNG_HOST),$(PNG_FLAGS)))
$(eval $(call on-linux,view-old,$(VIEW),$(PNG_NEW) $(OLD).host.o,$(PNG_FLAGS)))
$(eval $(call on-linux,view-asan,$(VIEW),$(PNG_NEW) $(OLD).asan.o,$(PNG_FLAGS) -fsanitize=address))
$(eval $(call on-linux,trigger,viewer/trigger.c))

# Lua as a sandbox. What tries to reach an operating system stays away on Linux.
LUA_FLAGS := -I$(PORTS)/config -Ideps/lua5.4/src
LUA_HOST  := $(filter-out %/loslib.c %/liolib.c %/loadlib.c %/linit.c,$(LUA_LIB))
$(C)/liblua5.4.so.0: $(LUA_LIB:%.c=$(PORTED)/image/%.o)
$(eval $(call linked,$(C)/liblua5.4.so.0))
$(eval $(call composed,libsandbox.so,sandbox/sandbox.c,$(C)/liblua5.4.so.0,$(LUA_FLAGS)))
$(eval $(call composed,scripted,sandbox/scripted.c,$(C)/libsandbox.so,-rdynamic))
$(eval $(call on-linux,scripted,$(patsubst $(COMP)/%,%,$(wildcard $(COMP)/sandbox/*.c)) host.c,\
    $(LUA_HOST:%.c=$(PORTED)/host/%.o),-w $(LUA_FLAGS)))
SCRIPTS := $(wildcard $(COMP)/sandbox/scripts/*.lua)

# SQLite that owns its database.
$(eval $(call composed,libdatabase.so,database/database.c,$(PORTED)/libsqlite3.so.1,-I$(PORTED)/sqlite))
$(eval $(call composed,libclient.so,database/client.c,,$$(BY_POLICY)))
$(eval $(call composed,ask,database/ask.c,$(C)/libdatabase.so $(C)/libclient.so,-rdynamic))
$(eval $(call on-linux,ask,$(patsubst $(COMP)/%,%,$(wildcard $(COMP)/database/*.c)) host.c,\
    $(PORTED)/host/$(PORTED)/sqlite/sqlite3.o,-I$(PORTED)/sqlite))

# One image of all three.
$(eval $(call data,$(C),$(SCRIPTS) $(COMP)/database/people.sql))
$(eval $(call policies,$(C),$(wildcard $(COMP)/*/*.policy)))
$(C)/viewer.policy.obj $(C)/strict.policy.obj: private OBJECT_NAME := view.policy
$(C)/sandbox.policy.obj: private OBJECT_NAME := scripted.policy
$(C)/database.policy.obj: private OBJECT_NAME := ask.policy
$(eval $(call image,compositions,$(TWZ_LIBC) $(call packed,$(PORTED),libz.so.1 pngtest.png libsqlite3.so.1) \
    $(call packed,$(C),view libpicture.so libpng16.so.16 viewer.policy \
        scripted libsandbox.so liblua5.4.so.0 sandbox.policy $(notdir $(SCRIPTS)) \
        ask libdatabase.so libclient.so database.policy people.sql)))
CHECK_NEEDS += $(C)/old/libpng16.so.16.obj $(C)/strict.policy.obj \
    $(patsubst %,$(C)/host/%,view view-old view-asan trigger scripted ask)
