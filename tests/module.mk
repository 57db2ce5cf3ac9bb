# SPDX-License-Identifier: BSD-2-Clause
# Unit tests: one file each, built plainly and with sanitizers against everything but the main()s.
# Beside them stand link tests (sh, on the host), image tests (sh, QEMU), benchmarks and teeth.
TESTED := $(filter-out %/main.c,$(wildcard libtwzelf/*.c libtwzelf/*/*.c ld-twz/core/*.c \
                                           ld-twz/host/*.c objtool/*.c host/*.c)) \
          kernel/arch/x86_64/boot_info.c kernel/arch/x86_64/multiboot2.c \
          ld-twz/monitor/accept.c ld-twz/runtime/format.c
UNIT_TESTS  := $(wildcard tests/unit/*.c)
HOST_BENCH  := $(wildcard tests/bench/*.c)
IMAGE_TESTS := $(wildcard tests/image/*.test)
LINK_TESTS  := $(wildcard tests/link/*.sh)
UNIT_BIN    := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_TESTS))
UNIT_SAN    := $(addsuffix .san,$(UNIT_BIN))
CORPUS_BIN  := $(patsubst tests/fuzz/%.c,$(B)/tests/corpus_%,$(wildcard tests/fuzz/*.c))
BENCH_BIN   := $(patsubst tests/bench/%.c,$(B)/bench/%,$(HOST_BENCH))

$(B)/host/tests/%.o $(B)/san/tests/%.o: private override CPPFLAGS += -I. -Iobjtool -Ild-twz/host \
    -Ikernel/core -Ikernel/arch/x86_64
$(B)/%/kernel/arch/x86_64/boot_info.o $(B)/%/kernel/arch/x86_64/multiboot2.o: \
    private override CPPFLAGS += -Ikernel/core -Ikernel/arch/x86_64
TEST_LIBS = -lcmocka $(OBJTOOL_LIBS) $(LD_TWZ_LIBS) $(TWZELF_TEST_LIBS)

define tested
$(B)/$(1)/tested.a: $(call objects,$(1),$(TESTED)) $(B)/$(1).flags
	@rm -f $$@
	$$(call say,AR)
	$$(Q)$$(AR) qcs $$@ $$(filter %.o,$$^) # q: some directories have files of one name
endef
$(foreach f,host san,$(eval $(call tested,$(f))))

$(B)/tests/%: $(B)/host/tests/unit/%.o $(B)/host/tested.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(TEST_LIBS)
$(B)/tests/%.san: $(B)/san/tests/unit/%.o $(B)/san/tested.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=address,undefined -o $@ $^ -Wl,--as-needed $(TEST_LIBS)
# What fuzzing kept, tests/fuzz/corpus/NAME, through the fuzz target NAME.
$(CORPUS_BIN): $(B)/tests/corpus_%: $(B)/san/tests/fuzz/%.o $(B)/san/tests/replay.o $(B)/san/tested.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=address,undefined -o $@ $^ -Wl,--as-needed $(TEST_LIBS)
$(B)/bench/%: $(B)/host/tests/bench/%.o $(B)/host/tested.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(TEST_LIBS)

# Tests of the tools and in the image need more than `all`, and whoever builds it adds it to
# CHECK_NEEDS. TESTS narrows check to some tests; of that, only what they mention is built then:
# all of build/NAME* for a test that has $B/NAME somewhere.
ALL_TESTS := $(LINK_TESTS) $(IMAGE_TESTS) $(UNIT_SAN) $(UNIT_BIN) $(CORPUS_BIN)
ifneq ($(TESTS),)
SELECTED  := $(shell TESTS='$(TESTS)' tests/run --list $(B) $(ALL_TESTS))
MENTIONED := $(patsubst $$B/%,$(B)/%,$(subst ",,$(shell grep -oh '\$$B"*/[a-z0-9_/-]*' \
                 $(filter tests/%,$(SELECTED)) /dev/null)))
else
SELECTED  := $(ALL_TESTS)
MENTIONED  = $(CHECK_NEEDS)
endif
first_names = $(foreach f,$(1:$(B)/%=%),$(firstword $(subst /, ,$(subst ., ,$(f)))))
unit: $(UNIT_BIN)
tests: $$(foreach f,$$(CHECK_NEEDS),$$(if $$(filter $$(call first_names,$$f),$$(call first_names,$$(MENTIONED))),$$f)) \
       $(filter $(UNIT_BIN) $(UNIT_SAN) $(CORPUS_BIN),$(SELECTED) $(MENTIONED))
check: all tests
	@tests/run $(B) $(ALL_TESTS)

format-check:
	@tests/run $(B) tests/link/house.sh

bench: all $(BENCH_BIN) $$(BENCH_NEEDS)
	@tests/bench/run $(B) $(wildcard tests/bench/*.bench)

# A Linux beside our kernel, under the same emulator and flags. Needs apt's network the first time.
$(B)/peers/init: tests/bench/linux/init.c tests/bench/measure.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)gcc -std=gnu11 -O2 -Wall -Wextra -static -pthread -o $@ $<
bench-peers: $(B)/bin/twz-run $(B)/peers/init
	@tests/bench/peers $(B) $(B)/peers/init

# Each patch breaks one property in a copy of the tree; the tests that carry its number must see it.
teeth: all $(B)/promises.tsv
	@tests/teeth/run $(B) $(TEETH)
$(B)/promises.tsv:
	@$(MAKE) check

# Everything in check, and what takes longer than a change should wait for
# (a million mutants each, every ELF file of the machine, a thousand damaged monitors).
check-all: all tests $(FUZZ_BIN)
	@ALL=1 TWZ_MUTANTS=$${TWZ_MUTANTS:-1000000} TEST_SECONDS=7200 tests/run $(B) $(ALL_TESTS)

# libFuzzer comes with clang. Findings stay in build/fuzz/; what is worth keeping goes to the corpus.
FUZZ_SECONDS ?= 60
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
fuzz_FLAGS = $(host_FLAGS) -O1 -fsanitize=fuzzer-no-link,address,undefined \
             -fno-sanitize-recover=all -fno-omit-frame-pointer
$(eval $(call flavour,fuzz))
$(eval $(call tested,fuzz))
$(B)/fuzz/%.o: private CC := clang
$(B)/fuzz/tests/%.o: private override CPPFLAGS += -I.
$(FUZZ_BIN): $(B)/fuzz/%: $(B)/fuzz/tests/fuzz/%.o $(B)/fuzz/tests/fuzz_time.o $(B)/fuzz/tested.a
	$(call say,LD)
	$(Q)clang $(LDFLAGS) -fsanitize=fuzzer,address,undefined -Wl,--wrap=LLVMFuzzerTestOneInput \
	    -o $@ $^ -Wl,--as-needed $(TEST_LIBS)

fuzz: $(FUZZ_BIN)
	@set -e; for f in $(FUZZ_BIN); do name=$$(basename $$f); \
	    mkdir -p $(B)/fuzz/corpus/$$name tests/fuzz/corpus/$$name; \
	    $$f -max_total_time=$(FUZZ_SECONDS) -timeout=60 -artifact_prefix=$$f- -print_final_stats=1 \
	        $(B)/fuzz/corpus/$$name tests/fuzz/corpus/$$name; done
