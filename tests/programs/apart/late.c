/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/rt/abi.h>

static const int64_t constants[] = {1, 20, 300};
static const int64_t *const pointers[] = {&constants[2], &constants[0], &constants[1]};

TWZ_RT_API int64_t late_value(void);
int64_t late_value(void)
{
    return *pointers[0] + *pointers[1] + *pointers[2];
}
