/* SPDX-License-Identifier: BSD-2-Clause */
/* The questions that a policy answers, as pure functions of the binary policy. */
#include <ld/policy.h>

static const struct ld_policy_compartment *record_of(const struct ld_policy *policy,
                                                     uint32_t compartment)
{
    return policy && compartment < policy->compartment_count ? &policy->compartments[compartment]
                                                             : 0;
}

bool ld_policy_claims(const struct ld_policy *policy, uint32_t compartment, const char *library)
{
    const struct ld_policy_compartment *record = record_of(policy, compartment);
    for (uint32_t i = 0; record && i < record->libraries.count; i++) {
        const struct ld_policy_library *entry = &policy->libraries[record->libraries.first + i];
        if (ld_glob_match(ld_policy_string(policy, entry->pattern), library))
            return true;
    }
    return false;
}

bool ld_policy_exports(const struct ld_policy *policy, uint32_t compartment, const char *gate)
{
    const struct ld_policy_compartment *record = record_of(policy, compartment);
    if (!record || !(record->flags & LD_POLICY_NARROWS_EXPORTS))
        return true;
    for (uint32_t i = 0; i < record->exports.count; i++) {
        const struct ld_policy_export *entry = &policy->exports[record->exports.first + i];
        if (ld_glob_match(ld_policy_string(policy, entry->gate), gate))
            return true;
    }
    return false;
}

bool ld_policy_imports(const struct ld_policy *policy, uint32_t compartment, bool is_main,
                       const char *offering, const char *gate,
                       const struct ld_policy_import **import)
{
    const struct ld_policy_compartment *record = record_of(policy, compartment);
    *import = 0;
    if (!record || !(record->flags & LD_POLICY_NARROWS_IMPORTS))
        return is_main; /* main imports everything unless it says otherwise, others nothing */
    for (uint32_t i = 0; i < record->imports.count; i++) {
        const struct ld_policy_import *entry = &policy->imports[record->imports.first + i];
        if (ld_glob_match(ld_policy_string(policy, entry->compartment), offering) &&
            ld_glob_match(ld_policy_string(policy, entry->gate), gate)) {
            *import = entry;
            return true;
        }
    }
    return false;
}

static uint32_t demand_of(const struct ld_policy *policy, uint32_t importer, uint32_t offering)
{
    const struct ld_policy_compartment *record = record_of(policy, importer);
    const char *name = ld_policy_string(policy, policy->compartments[offering].name);
    uint32_t demand = 0;
    for (uint32_t i = 0; record && i < record->imports.count; i++) {
        const struct ld_policy_import *entry = &policy->imports[record->imports.first + i];
        if (ld_glob_match(ld_policy_string(policy, entry->compartment), name))
            demand |= entry->isolation;
    }
    return demand;
}

uint32_t ld_policy_demand(const struct ld_policy *policy, uint32_t importer, uint32_t offering)
{
    uint32_t demand = policy->compartments[offering].isolation;
    if (offering == ld_policy_compartment(policy, LD_MAIN))
        for (uint32_t i = 0; i < policy->compartment_count; i++)
            demand |= demand_of(policy, i, offering);
    return demand | demand_of(policy, importer, offering);
}
