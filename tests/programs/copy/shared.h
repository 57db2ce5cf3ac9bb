/* SPDX-License-Identifier: BSD-2-Clause */
/* Data of libshared.so, and a gate of a compartment that has an instance of it as well. */
#include <twz/gate.h>
#include <twz/rt/abi.h>

struct shared_table {
    int64_t words[40];
    const char *name;
};

extern __attribute__((visibility("default"))) int64_t shared_value;
extern __attribute__((visibility("default"))) const struct shared_table shared_table;
TWZ_RT_API int64_t shared_change(int64_t by);
TWZ_RT_API int64_t *shared_address(void);
TWZ_RT_API const struct shared_table *shared_table_address(void);

TWZ_GATE(int64_t, beside_value)
TWZ_GATE(uint64_t, beside_address)
