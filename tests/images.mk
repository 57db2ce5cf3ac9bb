# SPDX-License-Identifier: BSD-2-Clause
# Images for tests: what tests/attack and the directories of tests/programs share. What is built of
# tests/programs/X stands in build/X, and all that goes into an image stands there under the name
# that it has in the image, and beside it as NAME.obj, packed:
#
#     tests/programs/X/y.c         build/X/y.o
#     build/X/z                    build/X/z.obj
#     tests/programs/X/z.policy    build/X/z.policy.obj
#
# The rest is said by a module.mk: what is linked from what, and what is in the image.
#
#     X := $(B)/x
#     $(X)/z: $(X)/z.o $(X)/liby.so
#     $(X)/liby.so: $(X)/y.o
#     $(eval $(call linked,$(X)/z $(X)/liby.so))
#     $(eval $(call image,x,$(call packed,$(X),z liby.so z.policy) $(TWZ_BASE)))
#
# For one target, IMAGE_FLAGS may be added to, LINK_FLAGS and LINK_LIBS set (`private`, or what it
# depends on has them as well). Headers are found by the compiler.
IMAGE_FLAGS = -std=c11 -g $(OPT) $(WARN) -ffreestanding -fvisibility=hidden
LIBC_FLAGS  = -std=gnu11 -g $(OPT) $(WARN)
# For programs and libraries that name no library: the policy says who offers the gates they call.
BY_POLICY  := -Wl,--unresolved-symbols=ignore-all

# What every image with a monitor has in it, and every image with C libraries.
TWZ_BASE := $(addprefix $(B)/lib/twz/,monitor.obj loader.obj libtwzrt.obj)
TWZ_LIBC := $(TWZ_BASE) $(B)/lib/twz/libc.obj

# $(call packed,DIRECTORY,NAMES): the objects of these.
packed = $(patsubst %,$(1)/%.obj,$(2))

# Recipes. $(image-cc) compiles the first prerequisite; $(image-ld) links them all, C files as well,
# as a library what has .so in its name.
IMAGE_NEEDS := $(B)/images.flags $(TWZ_CC_PARTS)
$(B)/images.flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(LIBC_FLAGS))
image-deps   = -MD -MP -MF $@.d -MQ $@
image-shared = -shared -Wl,-soname,$(@F)
image-parts  = $(filter %.c %.o %.a %.so %.so.0 %.so.1 %.so.16,$(filter-out $(B)/lib/%,$^))
define image-cc
@mkdir -p $(@D)
$(call say,CC)
$(Q)$(TWZ_CC) $(IMAGE_FLAGS) $(image-deps) -c -o $@ $<
endef
define image-ld
@mkdir -p $(@D)
$(call say,LD)
$(Q)$(TWZ_CC) $(IMAGE_FLAGS) $(if $(filter %.c,$^),$(image-deps)) $(if $(findstring .so,$(@F)),$(image-shared)) \
    $(LINK_FLAGS) -o $@ $(image-parts) $(LINK_LIBS)
endef

# $(image-data) packs what an object holds as it is, $(image-policy) a policy, compiled. The object's
# name is the file's, or OBJECT_NAME.
define image-data
@mkdir -p $(@D)
$(call say,PACK)
$(Q)$(B)/bin/objtool pack --data --name $(or $(OBJECT_NAME),$(@F:.obj=)) $< -o $@
endef
define image-policy
@mkdir -p $(@D)
$(call say,PLCY)
$(Q)$(B)/bin/ld-twz policy $< -o $(@:.obj=.bin)
$(Q)$(B)/bin/objtool pack --data --name $(or $(OBJECT_NAME),$(@F:.obj=)) $(@:.obj=.bin) -o $@
endef

$(B)/%.o: tests/programs/%.c $(IMAGE_NEEDS)
	$(image-cc)
$(B)/%.policy.obj: tests/programs/%.policy $(B)/bin/ld-twz $(B)/bin/objtool
	$(image-policy)
$(B)/%.policy.obj: $(B)/%.policy $(B)/bin/ld-twz $(B)/bin/objtool
	$(image-policy)
$(B)/%.obj: $(B)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@

# $(eval $(call data,DIRECTORY,FILES)), $(eval $(call policies,DIRECTORY,FILES)): the objects in this
# directory of files from elsewhere.
define data
$(foreach f,$(2),$(eval $(call packed-by,image-data,$(1)/$(notdir $(f)).obj,$(f))))
endef
define policies
$(foreach f,$(2),$(eval $(call packed-by,image-policy,$(1)/$(notdir $(f)).obj,$(f))))
endef
define packed-by
$(2): $(3) $(B)/bin/ld-twz $(B)/bin/objtool
	$$($(1))
endef

# $(eval $(call linked,FILES)): programs and libraries, from what they are said to depend on.
define linked
$(1): $(IMAGE_NEEDS) $(B)/lib/libtwzrt.so
	$$(image-ld)
endef

# $(eval $(call with-libc,DIRECTORY)): what is built there is compiled and linked with the C library.
define with-libc
$(1)/%: private IMAGE_FLAGS = $$(LIBC_FLAGS)
$(patsubst tests/programs/%.c,$(B)/%.o,$(wildcard $(1:$(B)/%=tests/programs/%)/*.c)): $(B)/lib/twz/libc.so
endef

# $(eval $(call image,NAME,OBJECTS[,POLICY])): build/NAME.img of these, for `make check`, with this
# object as the policy of every program. It is made again when an object is new, and when one more is
# in the list or one less: without a list of its own it would look as new as before.
define image
CHECK_NEEDS += $(B)/$(1).img
$(B)/$(1).contents: FORCE
	@$$(call write-if-changed,$(2) $(3))
$(B)/$(1).img: $(2) $(3) $(B)/$(1).contents $(B)/bin/objtool
	$$(call say,IMG)
	$$(Q)$(B)/bin/objtool image -o $$@ $(2) $(3:%=--policy %)
endef
