# SPDX-License-Identifier: BSD-2-Clause
# Compositions: programs that keep other people's libraries in compartments, by a shim of gates and
# a policy. Each is built twice from the same sources: for the image, and for Linux as one program
# whose gates are plain calls, to compare with. Parts of `make check`, not of `make`.
C    := $(B)/compositions
COMP := tests/programs/compositions
PORTED := $(B)/ports
COMP_FLAGS = -std=gnu11 -g $(OPT) $(WARN)
HOST_COMP_FLAGS = $(COMP_FLAGS) -Ikernel/include -Ild-twz/runtime/include -Wl,--unresolved-symbols=ignore-all

$(C)/flags: FORCE
	@$(call write-if-changed,$(CC) $(OPT) $(WARN))
COMP_NEEDS := $(C)/flags $(TWZ_CC_PARTS) $(B)/lib/twz/libc.so $(wildcard ld-twz/runtime/include/twz/*.h)

# $(eval $(call shim,LIBRARY,SOURCE,FLAGS,LIBRARIES)): a library of gates.
define shim
$(C)/$(1): $(COMP)/$(2) $(wildcard $(COMP)/$(dir $(2))*.h) $(4) $(COMP_NEEDS)
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(TWZ_CC) $$(COMP_FLAGS) $(3) -shared -Wl,-soname,$(notdir $(1)) -o $$@ $$< $(4)
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
$(OLD).image.o $(OLD).host.o $(OLD).asan.o: $(OLD).c $(PORTED)/png/pnglibconf.h $(COMP_NEEDS)
	$(call say,CC)
	$(Q)$(OLD_CC) $(PNG_FLAGS) -c -o $@ $<
PNG_OBJS     := $(PNG_LIB:%.c=$(PORTED)/image/%.o)
PNG_HOST     := $(PNG_LIB:%.c=$(PORTED)/host/%.o)
$(C)/libpng16.so.16: $(PNG_OBJS)
$(C)/old/libpng16.so.16: $(filter-out %/pngrutil.o,$(PNG_OBJS)) $(OLD).image.o
$(C)/libpng16.so.16 $(C)/old/libpng16.so.16: $(PORTED)/libz.so.1
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(TWZ_CC) -shared -Wl,-soname,$(@F) -o $@ $^
$(eval $(call shim,libpicture.so,viewer/picture.c,$(PNG_FLAGS),$(C)/libpng16.so.16))
$(C)/view: $(COMP)/viewer/view.c $(wildcard $(COMP)/viewer/picture*.h) $(C)/libpicture.so
	$(call say,CC)
	$(Q)$(TWZ_CC) $(COMP_FLAGS) -o $@ $< $(C)/libpicture.so

# On Linux at a fixed address, so that it can be written into a picture.
$(C)/host/view: $(PNG_HOST)
$(C)/host/view-old: $(filter-out %/pngrutil.o,$(PNG_HOST)) $(OLD).host.o
$(C)/host/view-asan: $(filter-out %/pngrutil.o,$(PNG_HOST)) $(OLD).asan.o
$(C)/host/view-asan: private COMP_FLAGS += -fsanitize=address
$(C)/host/view $(C)/host/view-old $(C)/host/view-asan: $(COMP)/viewer/view.c $(wildcard $(COMP)/viewer/picture*.[ch]) $(COMP)/host.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HOST_COMP_FLAGS) $(PNG_FLAGS) -no-pie -o $@ $(filter %.c %.o,$^) -lz -lm
$(C)/host/trigger: $(COMP)/viewer/trigger.c $(C)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMP_FLAGS) -o $@ $< -lz
VIEWER_OBJS := $(C)/obj/view.obj $(C)/obj/libpicture.so.obj $(PORTED)/obj/libz.so.1.obj $(PORTED)/obj/pngtest.png.obj

# Lua as a sandbox.
# What tries to reach an operating system stays away on Linux.
LUA_HOST := $(filter-out %/loslib.c %/liolib.c %/loadlib.c %/linit.c,$(LUA_LIB))
$(C)/liblua5.4.so.0: $(LUA_LIB:%.c=$(PORTED)/image/%.o)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(TWZ_CC) -shared -Wl,-soname,$(@F) -o $@ $^
$(eval $(call shim,libsandbox.so,sandbox/sandbox.c,-I$(PORTS)/config -Ideps/lua5.4/src,$(C)/liblua5.4.so.0))
$(C)/scripted: $(COMP)/sandbox/scripted.c $(wildcard $(COMP)/sandbox/*.h) $(C)/libsandbox.so
	$(call say,CC)
	$(Q)$(TWZ_CC) $(COMP_FLAGS) -rdynamic -o $@ $< $(C)/libsandbox.so
$(C)/host/scripted: $(wildcard $(COMP)/sandbox/*.[ch]) $(COMP)/host.c $(LUA_HOST:%.c=$(PORTED)/host/%.o) $(C)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HOST_COMP_FLAGS) -w -I$(PORTS)/config -Ideps/lua5.4/src -no-pie -o $@ $(filter %.c %.o,$^) -lm
SCRIPTS      := $(notdir $(wildcard $(COMP)/sandbox/scripts/*.lua))
SANDBOX_OBJS := $(patsubst %,$(C)/obj/%.obj,scripted libsandbox.so liblua5.4.so.0 $(SCRIPTS))

# SQLite that owns its database.
$(eval $(call shim,libdatabase.so,database/database.c,-I$(PORTED)/sqlite,$(PORTED)/libsqlite3.so.1))
$(eval $(call shim,libclient.so,database/client.c,-Wl$$(comma)--unresolved-symbols=ignore-all))
comma := ,
$(C)/ask: $(COMP)/database/ask.c $(wildcard $(COMP)/database/*.h) $(C)/libdatabase.so $(C)/libclient.so
	$(call say,CC)
	$(Q)$(TWZ_CC) $(COMP_FLAGS) -rdynamic -o $@ $< $(C)/libdatabase.so $(C)/libclient.so
$(C)/host/ask: $(wildcard $(COMP)/database/*.[ch]) $(COMP)/host.c $(PORTED)/host/$(PORTED)/sqlite/sqlite3.o $(C)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HOST_COMP_FLAGS) -I$(PORTED)/sqlite -no-pie -o $@ $(filter %.c %.o,$^) -lm
DATABASE_OBJS := $(patsubst %,$(C)/obj/%.obj,ask libdatabase.so libclient.so people.sql) \
                 $(PORTED)/obj/libsqlite3.so.1.obj

# Objects, policies and the image of all three.
$(C)/obj/%.obj: $(C)/% $(B)/bin/objtool
	@mkdir -p $(@D)
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
define comp_data
$(C)/obj/$(notdir $(1)).obj: $(1) $(B)/bin/objtool
	@mkdir -p $$(@D)
	$$(call say,PACK)
	$$(Q)$(B)/bin/objtool pack --data --name $(notdir $(1)) $$< -o $$@
endef
$(foreach f,$(SCRIPTS:%=$(COMP)/sandbox/scripts/%) $(COMP)/database/people.sql,$(eval $(call comp_data,$(f))))
# $(eval $(call comp_policy,SOURCE,PROGRAM))
define comp_policy
$(C)/$(notdir $(1)).bin: $(COMP)/$(1) $(B)/bin/ld-twz
	@mkdir -p $$(@D)
	$$(call say,PLCY)
	$$(Q)$(B)/bin/ld-twz policy $$< -o $$@
$(C)/obj/$(notdir $(1)).obj: $(C)/$(notdir $(1)).bin $(B)/bin/objtool
	@mkdir -p $$(@D)
	$$(call say,PACK)
	$$(Q)$(B)/bin/objtool pack --data --name $(2).policy $$< -o $$@
endef
$(eval $(call comp_policy,viewer/viewer.policy,view))
$(eval $(call comp_policy,viewer/strict.policy,view))
$(eval $(call comp_policy,sandbox/sandbox.policy,scripted))
$(eval $(call comp_policy,database/database.policy,ask))
COMP_OBJS := $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj $(B)/lib/twz/libc.obj \
    $(VIEWER_OBJS) $(C)/obj/libpng16.so.16.obj $(SANDBOX_OBJS) $(DATABASE_OBJS) \
    $(patsubst %,$(C)/obj/%.policy.obj,viewer sandbox database)
$(B)/compositions.img: $(COMP_OBJS) $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(COMP_OBJS)
CHECK_NEEDS += $(B)/compositions.img $(C)/obj/old/libpng16.so.16.obj $(C)/obj/strict.policy.obj \
    $(patsubst %,$(C)/host/%,view view-old view-asan trigger scripted ask)
