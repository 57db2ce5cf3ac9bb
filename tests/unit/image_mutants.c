/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "mutants.h"
#include "object_fixture.h"
#include "tests/fuzz/image.c"

static void survives_mutants(void **state)
{
    uint8_t *seed = fixture_alloc(FIXTURE_IMAGE_SIZE);

    (void)state;
    fixture_image(seed);
    mutants_feed(LLVMFuzzerTestOneInput, 1, seed, FIXTURE_IMAGE_SIZE, 0x1100, mutant_count(20000));
    free(seed);
}

RUN_TESTS(T(survives_mutants, "mutants of an image are accepted only where all promises hold"))
