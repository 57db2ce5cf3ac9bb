/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: the reader of compiled policies. What it accepts can be walked from end to end. */
#include <ld/policy.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk_libraries(const struct ld_policy *policy, const struct ld_policy_library *table,
                             const struct ld_policy_run *run)
{
    size_t total = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        const char *pattern = ld_policy_string(policy, table[run->first + i].pattern);
        total += strlen(pattern) + ld_glob_match(pattern, "libexample.so.1");
    }
    return total;
}

static size_t walk(const struct ld_policy *policy)
{
    size_t total = strlen(policy->source);
    for (uint32_t i = 0; i < policy->compartment_count; i++) {
        const struct ld_policy_compartment *compartment = &policy->compartments[i];
        const char *name = ld_policy_string(policy, compartment->name);
        if (!*name || ld_policy_compartment(policy, name) != i)
            abort();
        total += walk_libraries(policy, policy->libraries, &compartment->libraries);
        total += walk_libraries(policy, policy->first_dibs, &compartment->first_dibs);
        for (uint32_t j = 0; j < compartment->imports.count; j++) {
            const struct ld_policy_import *import =
                &policy->imports[compartment->imports.first + j];
            total += strlen(ld_policy_string(policy, import->compartment)) +
                     strlen(ld_policy_string(policy, import->gate));
        }
        for (uint32_t j = 0; j < compartment->exports.count; j++)
            total += strlen(
                ld_policy_string(policy, policy->exports[compartment->exports.first + j].gate));
    }
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ld_policy policy;
    void *bytes = aligned_alloc(8, (size + 8) & ~(size_t)7);
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    if (ld_policy_read(bytes, size, &policy, NULL) == LD_OK && walk(&policy) == SIZE_MAX)
        abort();
    free(bytes);
    return 0;
}
