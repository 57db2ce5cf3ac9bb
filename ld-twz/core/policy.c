/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of binary policies. Nothing of the blob is used before all of it is checked. */
#include "diag.h"
#include "text.h"
#include <ld/policy.h>

struct reader {
    const unsigned char *bytes;
    const struct ld_policy_header *header;
    struct ld_diag *diag;
};

static enum ld_error refuse(const struct reader *reader, uint64_t offset, const char *message)
{
    struct ld_report report = {.error = LD_EPOLICY,
                               .severity = LD_REFUSED,
                               .offset = offset,
                               .has_offset = true,
                               .message = message,
                               .cure = "compile it again with `ld-twz policy`"};
    (void)ld_tell(reader->diag, &report);
    return LD_EPOLICY;
}

static uint64_t offset_of(const struct reader *reader, const void *field)
{
    return (uint64_t)((const unsigned char *)field - reader->bytes);
}

/* Tables follow each other in the order of the header's fields, without gaps or overlap. */
static enum ld_error check_tables(const struct reader *reader)
{
    const struct ld_policy_header *header = reader->header;
    const struct {
        const struct ld_policy_run *run;
        uint64_t size;
    } tables[] = {
        {&header->compartments, sizeof(struct ld_policy_compartment)},
        {&header->libraries, sizeof(struct ld_policy_library)},
        {&header->imports, sizeof(struct ld_policy_import)},
        {&header->exports, sizeof(struct ld_policy_export)},
        {&header->first_dibs, sizeof(struct ld_policy_library)},
        {&header->strings, 1},
    };
    uint64_t at = sizeof *header;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (tables[i].run->first != at)
            return refuse(reader, offset_of(reader, tables[i].run),
                          "a table does not start where the one before it ends");
        at += tables[i].run->count * tables[i].size;
        if (at > header->size)
            return refuse(reader, offset_of(reader, tables[i].run),
                          "a table ends after the end of the policy");
    }
    if (at != header->size)
        return refuse(reader, offset_of(reader, &header->size),
                      "there are bytes after the string table");
    return LD_OK;
}

static enum ld_error check_header(const struct reader *reader, size_t size)
{
    const struct ld_policy_header *header = reader->header;
    if (size < sizeof *header)
        return refuse(reader, size, "a policy starts with a header of 72 bytes");
    if (__builtin_memcmp(header->magic, LD_POLICY_MAGIC, sizeof header->magic) != 0)
        return refuse(reader, 0, "this is no compiled policy: wrong magic number");
    if (header->version != LD_POLICY_VERSION)
        return refuse(reader, offset_of(reader, &header->version),
                      "the policy has another format version than 1");
    if (header->size > size || header->size > LD_POLICY_MAX || header->size < sizeof *header)
        return refuse(reader, offset_of(reader, &header->size),
                      "the policy is truncated, or its size field is wrong");
    if (size - header->size >= 4096)
        return refuse(reader, header->size, "there are bytes after the end of the policy");
    for (size_t i = header->size; i < size; i++)
        if (reader->bytes[i])
            return refuse(reader, i, "there are bytes after the end of the policy");
    if (header->flags)
        return refuse(reader, offset_of(reader, &header->flags), "unknown flags are set");
    return LD_OK;
}

static bool bad_string(const struct reader *reader, uint32_t string)
{
    return string >= reader->header->strings.count;
}

/* A string that must be there and not be empty. */
static bool bad_name(const struct reader *reader, uint32_t string)
{
    return bad_string(reader, string) || !reader->bytes[reader->header->strings.first + string];
}

static bool bad_run(const struct ld_policy_run *run, const struct ld_policy_run *table)
{
    return run->first > table->count || run->count > table->count - run->first;
}

static enum ld_error check_compartment(const struct reader *reader,
                                       const struct ld_policy_compartment *compartment)
{
    const struct ld_policy_header *header = reader->header;
    uint64_t at = offset_of(reader, compartment);
    if (bad_name(reader, compartment->name))
        return refuse(reader, at, "a compartment has no name");
    if (compartment->flags & ~(uint32_t)LD_POLICY_COMPARTMENT_FLAGS)
        return refuse(reader, at, "a compartment has unknown flags");
    if (bad_run(&compartment->libraries, &header->libraries) ||
        bad_run(&compartment->imports, &header->imports) ||
        bad_run(&compartment->exports, &header->exports) ||
        bad_run(&compartment->first_dibs, &header->first_dibs))
        return refuse(reader, at, "a compartment refers to entries that do not exist");
    if (compartment->after_fault > LD_AFTER_FAULT_RESTART)
        return refuse(reader, at, "after-fault is none of stop, continue, restart");
    if (compartment->isolation > 3)
        return refuse(reader, at, "isolation is none of none, callee, caller, both");
    return LD_OK;
}

static enum ld_error check_records(const struct reader *reader, const struct ld_policy *policy)
{
    const struct ld_policy_header *header = reader->header;
    if (header->compartments.count > LD_POLICY_COMPARTMENTS_MAX)
        return refuse(reader, offset_of(reader, &header->compartments),
                      "there are more than 1023 compartments");
    for (uint32_t i = 0; i < header->compartments.count; i++) {
        enum ld_error error = check_compartment(reader, &policy->compartments[i]);
        if (error)
            return error;
    }
    for (uint32_t i = 0; i < header->libraries.count; i++)
        if (bad_name(reader, policy->libraries[i].pattern))
            return refuse(reader, offset_of(reader, &policy->libraries[i]),
                          "a library has no name");
    for (uint32_t i = 0; i < header->imports.count; i++) {
        const struct ld_policy_import *import = &policy->imports[i];
        if (bad_name(reader, import->compartment) || bad_name(reader, import->gate) ||
            import->isolation > 3 || import->reserved)
            return refuse(reader, offset_of(reader, import), "an import is not valid");
    }
    for (uint32_t i = 0; i < header->exports.count; i++)
        if (bad_name(reader, policy->exports[i].gate))
            return refuse(reader, offset_of(reader, &policy->exports[i]), "an export has no name");
    for (uint32_t i = 0; i < header->first_dibs.count; i++)
        if (bad_name(reader, policy->first_dibs[i].pattern))
            return refuse(reader, offset_of(reader, &policy->first_dibs[i]),
                          "an entry of first-dibs has no name");
    return LD_OK;
}

/* Names are unique, and "monitor" is taken. */
static enum ld_error check_names(const struct reader *reader, const struct ld_policy *policy)
{
    for (uint32_t i = 0; i < policy->compartment_count; i++) {
        const char *name = ld_policy_string(policy, policy->compartments[i].name);
        if (ld_equal(name, LD_MONITOR))
            return refuse(reader, offset_of(reader, &policy->compartments[i]),
                          "a compartment is named monitor");
        if (ld_policy_compartment(policy, name) != i)
            return refuse(reader, offset_of(reader, &policy->compartments[i]),
                          "two compartments have the same name");
    }
    return LD_OK;
}

enum ld_error ld_policy_read(const void *bytes, size_t size, struct ld_policy *policy,
                             struct ld_diag *diag)
{
    const struct reader reader = {.bytes = bytes, .header = bytes, .diag = diag};
    __builtin_memset(policy, 0, sizeof *policy);
    if ((uintptr_t)bytes % 8)
        return refuse(&reader, 0, "the policy does not start at a multiple of 8 in memory");
    enum ld_error error = check_header(&reader, size);
    if (!error)
        error = check_tables(&reader);
    if (error)
        return error;

    const struct ld_policy_header *header = reader.header;
    const char *strings = (const char *)bytes + header->strings.first;
    if (!header->strings.count || strings[0] || strings[header->strings.count - 1])
        return refuse(&reader, header->strings.first,
                      "the string table does not start and end with NUL");
    if (bad_string(&reader, header->source))
        return refuse(&reader, offset_of(&reader, &header->source), "the source has no name");

    const unsigned char *base = bytes;
    const struct ld_policy result = {
        .compartments = (const void *)(base + header->compartments.first),
        .libraries = (const void *)(base + header->libraries.first),
        .imports = (const void *)(base + header->imports.first),
        .exports = (const void *)(base + header->exports.first),
        .first_dibs = (const void *)(base + header->first_dibs.first),
        .compartment_count = header->compartments.count,
        .strings = strings,
        .source = strings + header->source,
    };
    error = check_records(&reader, &result);
    if (!error)
        error = check_names(&reader, &result);
    if (!error)
        *policy = result;
    return error;
}

uint32_t ld_policy_compartment(const struct ld_policy *policy, const char *name)
{
    for (uint32_t i = 0; i < policy->compartment_count; i++)
        if (ld_equal(ld_policy_string(policy, policy->compartments[i].name), name))
            return i;
    return UINT32_MAX;
}
