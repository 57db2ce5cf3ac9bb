# SPDX-License-Identifier: BSD-2-Clause
# libFuzzer targets: tests/fuzz/NAME.c. `make fuzz` runs each for FUZZ_SECONDS on the corpus in
# build/fuzz/corpus/NAME, which is kept. FUZZ='object image' narrows it to these names.
#   FUZZ_SOURCES-NAME  what else is compiled in (default: libtwzelf)
#   FUZZ_SEEDS-NAME    files that the corpus starts from
FUZZ_SECONDS ?= 60
FUZZ_CC      ?= clang
FUZZ         ?= $(basename $(notdir $(wildcard tests/fuzz/*.c)))
FUZZ_FLAGS    = -std=c11 -g -O1 $(INC) -Iobjtool -I. -fsanitize=fuzzer,address,undefined \
                -fno-sanitize-recover=all

$(B)/fuzz/%: tests/fuzz/%.c $$(or $$(FUZZ_SOURCES-$$*),$$(wildcard libtwzelf/*.c)) \
             $$(wildcard libtwzelf/*.h libtwzelf/include/twzelf/*.h) tests/fuzz/module.mk
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $(filter %.c,$^)

FUZZ_OBJECTS := $(B)/fuzz/seeds/data.obj $(B)/fuzz/seeds/points.obj
FUZZ_SEEDS-object = $(FUZZ_OBJECTS)
FUZZ_SEEDS-image  = $(B)/fuzz/seeds/two.img

$(B)/fuzz/seeds/data.obj: LICENSE $(B)/bin/objtool
	@mkdir -p $(@D)
	$(Q)$(B)/bin/objtool pack --data --compress $< -o $@
$(B)/fuzz/seeds/points.obj: LICENSE $(B)/bin/objtool
	@mkdir -p $(@D)
	$(Q)$(B)/bin/objtool pack --data --name points --id content --point libz.so --point x@dns \
	    --point 0123456789abcdef0123456789abcdef $< -o $@
$(B)/fuzz/seeds/two.img: $(FUZZ_OBJECTS) $(B)/bin/objtool
	$(Q)$(B)/bin/objtool image -o $@ $(FUZZ_OBJECTS)

fuzz: $(addprefix $(B)/fuzz/,$(FUZZ)) $$(foreach f,$$(FUZZ),$$(FUZZ_SEEDS-$$f))
	@set -e; $(foreach f,$(FUZZ),mkdir -p $(B)/fuzz/corpus/$f; \
	    $(if $(FUZZ_SEEDS-$f),cp $(FUZZ_SEEDS-$f) $(B)/fuzz/corpus/$f/;) echo "fuzzing $f"; \
	    $(B)/fuzz/$f -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -verbosity=0 \
	        -artifact_prefix=$(B)/fuzz/$f- $(B)/fuzz/corpus/$f;)
