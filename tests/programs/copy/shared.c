/* SPDX-License-Identifier: BSD-2-Clause */
#include "shared.h"

int64_t shared_value = 42;
const struct shared_table shared_table = {.words = {[0] = 1, [39] = 40}, .name = "table"};

int64_t shared_change(int64_t by)
{
    return shared_value += by;
}

int64_t *shared_address(void)
{
    return &shared_value;
}

const struct shared_table *shared_table_address(void)
{
    return &shared_table;
}
