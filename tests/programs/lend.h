/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates that look at a variable on their caller's stack, in libraries of three kinds: `lend`
 * distrusts its caller, `keen` demands nothing, `plain` is loaded where it is needed. */
#define LEND_GATES(name)                                                                           \
    TWZ_GATE(int64_t, name##_sum, TWZ_VAL(uint64_t, address))                                      \
    TWZ_GATE(int64_t, name##_add, TWZ_VAL(uint64_t, address), TWZ_VAL(int64_t, value))             \
    TWZ_GATE(int64_t, name##_above, TWZ_VAL(uint64_t, address), TWZ_VAL(int64_t, value))           \
    TWZ_GATE(uint64_t, name##_entry)                                                               \
    TWZ_GATE(int64_t, name##_count)
