# SPDX-License-Identifier: BSD-2-Clause
# The libc personality is part of libtwzrt.so (see the rules there). It takes Linux's types and
# constants from musl's headers, and <cpuid.h> from the compiler.
PERSONALITY_OBJS := $(filter $(B)/rt/personality/%,$(RUNTIME_OBJS))
$(PERSONALITY_OBJS): $(MUSL_INC)/.built
$(PERSONALITY_OBJS): private override RUNTIME_FLAGS += -nostdinc -isystem $(MUSL_INC) \
    -isystem $(shell $(CC) -print-file-name=include)
