/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "mutants.h"
#include "object_fixture.h"
#include "tests/fuzz/object.c"

static void survives_mutants(void **state)
{
    uint8_t *seed = fixture_alloc(FIXTURE_SIZE);

    (void)state;
    fixture_full(seed);
    mutants_feed(LLVMFuzzerTestOneInput, 1, seed, FIXTURE_SIZE, 384, mutant_count(20000));
    free(seed);
}

RUN_TESTS(T(survives_mutants, "mutants of an object are accepted only where all promises hold"))
