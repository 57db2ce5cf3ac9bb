/* SPDX-License-Identifier: BSD-2-Clause */
/* One of them: IDLE_GATE is its gate. It is ready for work: it has memory and has opened its
 * standard output. */
#include <stdio.h>
#include <stdlib.h>
#define TWZ_GATE_PROVIDER
#include <twz/gate.h>

#define DECLARE(name)         TWZ_GATE(int64_t, name, TWZ_VAL(int64_t, value))
#define IMPLEMENTATION(name)  IMPLEMENTATION_(name)
#define IMPLEMENTATION_(name) name##_impl

DECLARE(IDLE_GATE)

static char *text;

__attribute__((constructor)) static void start(void)
{
    text = malloc(100);
    if (text == NULL || snprintf(text, 100, "%p", (void *)stdout) < 0)
        abort();
}

int64_t IMPLEMENTATION(IDLE_GATE)(int64_t value)
{
    return value + (text != NULL);
}
