/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "mutants.h"
#include "object_fixture.h"
#include "tests/fuzz/object.c"

/* The target aborts on a wrong acceptance; the sanitizers on a wrong access. */
static void survives_mutants(void **state)
{
    struct mutator mutator = {.state = 1};
    uint8_t *seed = fixture_alloc(FIXTURE_SIZE), *mutant = fixture_alloc(FIXTURE_SIZE);
    unsigned long count = mutant_count(20000);

    (void)state;
    fixture_full(seed);
    for (unsigned long i = 0; i < count; i++) {
        size_t size = mutant_make(&mutator, mutant, seed, FIXTURE_SIZE, 384);

        mutant_begin();
        assert_int_equal(LLVMFuzzerTestOneInput(mutant, size), 0);
    }
    mutants_end();
    free(seed);
    free(mutant);
}

RUN_TESTS(T(survives_mutants, "mutants of an object are accepted only where all promises hold"))
