# SPDX-License-Identifier: BSD-2-Clause
# Programs and libraries of the demo image, and of the images for tests that have no directory.
I := $(B)/image

$(I)/%.o: tests/programs/%.c $(IMAGE_NEEDS)
	$(image-cc)
$(eval $(call policies,$(I),$(wildcard tests/programs/*.policy)))

# What `make run` boots: program, runtime and monitor, the library in two builds, their policies.
# zlib is as it is, twice: once under the name of its functions, once with inflate() under another,
# so that the hostile build can stand before it.
ZLIB       := deps/zlib
ZLIB_PARTS := adler32 crc32 deflate infback inffast inflate inftrees trees zutil
ZLIB_ALONE  = -g $(OPT) -ffreestanding -DZ_SOLO
$(I)/zlib/%.o: private IMAGE_FLAGS = $(ZLIB_ALONE)
$(I)/zlib/%.o: $(ZLIB)/%.c $(IMAGE_NEEDS)
	$(image-cc)
$(I)/zlib-hostile/%.o: private IMAGE_FLAGS = $(ZLIB_ALONE) -Dinflate=honest_inflate
$(I)/zlib-hostile/%.o: $(ZLIB)/%.c $(IMAGE_NEEDS)
	$(image-cc)
$(I)/codec.o $(I)/hostile.o: private IMAGE_FLAGS += -DZ_SOLO -isystem $(ZLIB)
# What anyone can read off the program: where its main() is.
$(I)/hostile.o: private IMAGE_FLAGS += -DVICTIM_ENTRY=$$(readelf -h $(I)/inflate | sed -n 's/.*Entry point address: *//p')
$(I)/hostile.o: $(I)/inflate

$(I)/libz.so.1: $(ZLIB_PARTS:%=$(I)/zlib/%.o)
$(I)/libz-hostile.so.1: $(I)/hostile.o $(ZLIB_PARTS:%=$(I)/zlib-hostile/%.o)
$(I)/libcodec.so: $(I)/codec.o $(I)/libz.so.1
$(I)/libcodec-hostile.so: $(I)/codec.o $(I)/libz-hostile.so.1
$(I)/inflate: $(I)/inflate.o
$(I)/inflate: private LINK_FLAGS = $(BY_POLICY)
$(I)/libtally.so: $(I)/tally.o
$(I)/hello: $(I)/hello.o $(I)/libtally.so
# Something that gzip made and nobody here chose the contents of.
$(I)/changelog.gz: /usr/share/doc/zlib1g/changelog.gz
	@mkdir -p $(@D)
	cp $< $@
$(eval $(call data,$(I),$(I)/changelog.gz))

DEMO := $(addprefix $(I)/,inflate libcodec.so libz.so.1 libcodec-hostile.so libz-hostile.so.1 hello libtally.so)
$(eval $(call linked,$(DEMO)))
$(eval $(call image,twz,$(DEMO:=.obj) \
    $(call packed,$(I),changelog.gz inflate.policy hostile.policy strict.policy hello.policy) $(TWZ_BASE)))
all image: $(B)/twz.img

# The runtime and gates, from inside. A program that offers gates exports them.
$(I)/selftest: $(I)/selftest.o
$(I)/selftest: private LINK_FLAGS = $(BY_POLICY) -rdynamic
$(I)/denied: $(I)/denied.o
$(I)/libpeer.so: $(I)/peer.o
$(I)/denied $(I)/libpeer.so: private LINK_FLAGS = $(BY_POLICY)
$(eval $(call linked,$(I)/selftest $(I)/denied $(I)/libpeer.so))
$(eval $(call image,selftest,$(call packed,$(I),selftest libpeer.so denied selftest.policy denied.policy) $(TWZ_BASE)))

$(I)/threads: $(I)/threads.o $(I)/libcrowd.so
$(I)/libcrowd.so: $(I)/crowd.o
$(eval $(call linked,$(I)/threads $(I)/libcrowd.so))
$(eval $(call image,threads,$(call packed,$(I),threads libcrowd.so threads.policy) $(TWZ_BASE)))

# Libraries that are built several times, and differ in what they demand by themselves (enum
# twz_isolation); the rest comes from the policy.
LEND := lend keen asked plain
LEND_lend  := 1
LEND_keen  := 3
LEND_asked := 1
$(LEND:%=$(I)/lend-%.o): private IMAGE_FLAGS += -DLEND_NAME=$* -DLEND_ISOLATION=$(or $(LEND_$*),0)
$(LEND:%=$(I)/lend-%.o): $(I)/lend-%.o: tests/programs/lend-library.c $(IMAGE_NEEDS)
	$(image-cc)
$(LEND:%=$(I)/lib%.so): $(I)/lib%.so: $(I)/lend-%.o
$(I)/levels: $(I)/levels.o $(I)/libplain.so
$(I)/levels: private LINK_FLAGS = $(BY_POLICY)
$(eval $(call linked,$(I)/levels $(LEND:%=$(I)/lib%.so)))
$(eval $(call image,levels,$(call packed,$(I),levels levels.policy $(LEND:%=lib%.so)) $(TWZ_BASE)))

BENCHED := none callee caller both
BENCH_callee := 1
BENCH_both   := 3
$(BENCHED:%=$(I)/bench-%.o): private IMAGE_FLAGS += -DBENCH_LEVEL=$* -DBENCH_ISOLATION=$(or $(BENCH_$*),0)
$(BENCHED:%=$(I)/bench-%.o): $(I)/bench-%.o: tests/programs/benchpeer.c $(IMAGE_NEEDS)
	$(image-cc)
$(BENCHED:%=$(I)/libbench%.so): $(I)/libbench%.so: $(I)/bench-%.o
$(I)/bench: $(I)/bench.o $(I)/libbenchnone.so
$(I)/bench: private LINK_FLAGS = $(BY_POLICY)
$(eval $(call linked,$(I)/bench $(BENCHED:%=$(I)/libbench%.so)))
$(eval $(call image,bench,$(call packed,$(I),bench $(BENCHED:%=libbench%.so) bench.policy) $(TWZ_BASE)))
BENCH_NEEDS += $(B)/bench.img

CALLS_BAD := steady mortal slow patient
$(CALLS_BAD:%=$(I)/calls-%.o): private IMAGE_FLAGS += -DCALLS_NAME=$*
$(CALLS_BAD:%=$(I)/calls-%.o): $(I)/calls-%.o: tests/programs/calls-bad.c $(IMAGE_NEEDS)
	$(image-cc)
$(CALLS_BAD:%=$(I)/lib%.so): $(I)/lib%.so: $(I)/calls-%.o
$(I)/libsteady.so: $(I)/steady.o
$(I)/calls: $(I)/calls.o
$(I)/calls: private LINK_FLAGS = $(BY_POLICY) -rdynamic
$(eval $(call linked,$(I)/calls $(CALLS_BAD:%=$(I)/lib%.so)))
$(eval $(call image,calls,$(call packed,$(I),calls calls.policy $(CALLS_BAD:%=lib%.so)) $(TWZ_BASE)))

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
