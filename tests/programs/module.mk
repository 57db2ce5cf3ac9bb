# SPDX-License-Identifier: BSD-2-Clause
# Programs and libraries of the demo image. Everything that goes into an image stands in
# $(B)/image/ under the name that it has there, and beside it as NAME.obj, packed.
I := $(B)/image
IMAGE_FLAGS = -std=c11 -g $(OPT) $(WARN) -ffreestanding -fvisibility=hidden
ZLIB       := deps/zlib
ZLIB_PARTS := adler32 crc32 deflate infback inffast inflate inftrees trees zutil

# What `make run` boots: program, runtime and monitor, the library in two builds, their policies.
DEMO := inflate libcodec.so libz.so.1 libcodec-hostile.so libz-hostile.so.1 hello libtally.so
DEMO_DATA := changelog.gz inflate.policy hostile.policy strict.policy hello.policy
DEMO_OBJS := $(DEMO:%=$(I)/%.obj) $(DEMO_DATA:%=$(I)/%.obj) $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj \
             $(B)/lib/twz/libtwzrt.obj

all: $(B)/twz.img

# For tests of the runtime and of gates from inside.
SELF_OBJS := $(patsubst %,$(I)/%.obj,selftest libpeer.so denied selftest.policy denied.policy) \
             $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
BENCH_LEVELS := none callee caller both
BENCH_OBJS := $(patsubst %,$(I)/%.obj,bench $(BENCH_LEVELS:%=libbench%.so) bench.policy) \
              $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
THREADS_OBJS := $(patsubst %,$(I)/%.obj,threads libcrowd.so threads.policy) \
                $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
LEND        := lend keen asked plain
LEVELS_OBJS := $(patsubst %,$(I)/%.obj,levels levels.policy $(LEND:%=lib%.so)) \
               $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/levels.img
CALLS_BAD  := steady mortal slow patient
CALLS_OBJS := $(patsubst %,$(I)/%.obj,calls calls.policy $(CALLS_BAD:%=lib%.so)) \
              $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/calls.img $(B)/selftest.img $(B)/threads.img $(B)/bench.img
BENCH_NEEDS += $(B)/bench.img

$(I)/flags: FORCE
	@$(call write-if-changed,$(CC) $(IMAGE_FLAGS) $(DEMO_OBJS) $(SELF_OBJS) $(BENCH_OBJS) $(THREADS_OBJS) $(CALLS_OBJS) $(LEVELS_OBJS))
IMAGE_NEEDS := $(I)/flags $(TWZ_CC_PARTS) $(B)/lib/libtwzrt.so

$(I)/%.o: tests/programs/%.c $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<

# zlib as it is, twice: once under the name of its functions, once with inflate() under another,
# so that the hostile build can stand before it.
$(I)/zlib/%.o: $(ZLIB)/%.c $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) -g -ffreestanding -DZ_SOLO -c -o $@ $<
$(I)/zlib-hostile/%.o: $(ZLIB)/%.c $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(OPT) -g -ffreestanding -DZ_SOLO -Dinflate=honest_inflate -c -o $@ $<
$(I)/codec.o $(I)/hostile.o: private IMAGE_FLAGS += -DZ_SOLO -isystem $(ZLIB)
# What anyone can read off the program: where its main() is.
$(I)/hostile.o: private IMAGE_FLAGS += -DVICTIM_ENTRY=$$(readelf -h $(I)/inflate | sed -n 's/.*Entry point address: *//p')
$(I)/hostile.o: $(I)/inflate

$(I)/libz.so.1: $(ZLIB_PARTS:%=$(I)/zlib/%.o)
$(I)/libz-hostile.so.1: $(I)/hostile.o $(ZLIB_PARTS:%=$(I)/zlib-hostile/%.o)
$(I)/libcodec.so: $(I)/codec.o $(I)/libz.so.1
$(I)/libcodec-hostile.so: $(I)/codec.o $(I)/libz-hostile.so.1
$(I)/libtally.so: $(I)/tally.o
$(I)/libpeer.so: $(I)/peer.o
$(I)/libcrowd.so: $(I)/crowd.o
$(I)/inflate: $(I)/inflate.o
$(I)/hello: $(I)/hello.o $(I)/libtally.so

$(I)/libpeer.so: private LIBRARY_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(I)/lib%.so $(I)/lib%.so.1: | $(B)/lib/libtwzrt.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,-soname,$(@F) $(LIBRARY_FLAGS) -o $@ $(filter %.o %.so %.so.1,$^)
# inflate names no library: the policy says who offers the gates that it calls.
$(I)/inflate: private PROGRAM_FLAGS = -Wl,--unresolved-symbols=ignore-all
# A program that offers gates exports them.
$(I)/selftest: private PROGRAM_FLAGS = -Wl,--unresolved-symbols=ignore-all -rdynamic
$(I)/denied: private PROGRAM_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(I)/selftest: $(I)/selftest.o
$(I)/threads: $(I)/threads.o $(I)/libcrowd.so
$(I)/levels: private PROGRAM_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(I)/levels: $(I)/levels.o $(I)/libplain.so
$(LEND:%=$(I)/lend-%.o): $(I)/lend-%.o: tests/programs/lend-library.c $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -DLEND_NAME=$* \
	    -DLEND_ISOLATION=$(if $(filter keen,$*),3,$(if $(filter plain,$*),0,1)) -MD -MP -c -o $@ $<
$(LEND:%=$(I)/lib%.so): $(I)/lib%.so: $(I)/lend-%.o
# The program names none of its callees: the policy says who offers what.
$(I)/calls: private PROGRAM_FLAGS = -Wl,--unresolved-symbols=ignore-all -rdynamic
$(I)/calls: $(I)/calls.o
$(CALLS_BAD:%=$(I)/calls-%.o): $(I)/calls-%.o: tests/programs/calls-bad.c $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -DCALLS_NAME=$* -MD -MP -c -o $@ $<
$(CALLS_BAD:%=$(I)/lib%.so): $(I)/lib%.so: $(I)/calls-%.o
$(I)/libsteady.so: $(I)/steady.o
# What a library demands by itself: enum twz_isolation. The rest comes from the policy.
$(BENCH_LEVELS:%=$(I)/bench-%.o): $(I)/bench-%.o: tests/programs/benchpeer.c $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -DBENCH_LEVEL=$* \
	    -DBENCH_ISOLATION=$(if $(filter both,$*),3,$(if $(filter callee,$*),1,0)) -MD -MP -c -o $@ $<
$(BENCH_LEVELS:%=$(I)/libbench%.so): $(I)/libbench%.so: $(I)/bench-%.o
$(I)/bench: private PROGRAM_FLAGS = -Wl,--unresolved-symbols=ignore-all
$(I)/bench: $(I)/bench.o $(I)/libbenchnone.so
$(I)/denied: $(I)/denied.o
$(I)/inflate $(I)/hello $(I)/selftest $(I)/denied $(I)/bench $(I)/threads $(I)/calls $(I)/levels:
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding $(PROGRAM_FLAGS) -o $@ $(filter %.o %.so,$^)

# Objects. Policies are compiled, data is packed as it is.
$(I)/%.obj: $(I)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(I)/%.policy.bin: tests/programs/%.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(patsubst tests/programs/%,$(I)/%.obj,$(wildcard tests/programs/*.policy)): $(I)/%.policy.obj: $(I)/%.policy.bin $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --name $*.policy $< -o $@
# Something that gzip made and nobody here chose the contents of.
$(I)/changelog.gz: /usr/share/doc/zlib1g/changelog.gz
	@mkdir -p $(@D)
	cp $< $@
$(I)/changelog.gz.obj: $(I)/changelog.gz $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --name changelog.gz $< -o $@

$(B)/twz.img: $(DEMO_OBJS) $(I)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(DEMO_OBJS)

$(B)/selftest.img: $(SELF_OBJS) $(I)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(SELF_OBJS)
$(B)/threads.img: $(THREADS_OBJS) $(I)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(THREADS_OBJS)
$(B)/levels.img: $(LEVELS_OBJS) $(I)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(LEVELS_OBJS)
$(B)/calls.img: $(CALLS_OBJS) $(I)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(CALLS_OBJS)
$(B)/bench.img: $(BENCH_OBJS) $(I)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(BENCH_OBJS)

image: $(B)/twz.img

# A disc for real machines: the same kernel and image behind GRUB, by BIOS and UEFI.
ISO_RUN ?= inflate changelog.gz
iso: $(B)/twz.iso
$(B)/iso.flags: FORCE
	@$(call write-if-changed,$(ISO_RUN))
$(B)/twz.iso: $(B)/twz.img $(B)/kernel.elf $(B)/bin/twz-iso $(B)/iso.flags
	$(call say,ISO)
	$(Q)$(B)/bin/twz-iso -o $@ $< $(ISO_RUN)
CHECK_NEEDS += $(B)/twz.iso

# The last 8 bytes of a gzip file are CRC and size of what is in it.
run: all
	@$(B)/bin/twz-run -t 30 $(B)/twz.img inflate changelog.gz
	@set -- $$(gzip -dc $(I)/changelog.gz | wc -c) $$(tail -c 8 $(I)/changelog.gz | od -An -N4 -tx4); \
	    printf '\nthe host: changelog.gz: %s bytes, crc32 %s\n' "$$1" "$$2"
	@printf '\nthe same with a hostile build of the library:\n\n'
	@$(B)/bin/twz-run -t 30 $(B)/twz.img policy=hostile.policy inflate changelog.gz

include tests/programs/packages.mk
