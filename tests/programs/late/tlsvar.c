/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread-local data, compiled once for each model: NAME is the model, START its first value. */
#include <twz/rt/abi.h>

#define JOIN(a, b)  JOIN_(a, b)
#define JOIN_(a, b) a##b
#define VALUE       JOIN(NAME, _value)
#define BUMP        JOIN(NAME, _bump)

TWZ_RT_API __thread int VALUE;
__thread int VALUE = START;
static __thread int calls; /* zero at first */
static __thread int more = 1;

TWZ_RT_API int BUMP(void);

int BUMP(void)
{
    calls += more;
    return VALUE += calls;
}
