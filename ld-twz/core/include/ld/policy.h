/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The binary policy: which library lives in which compartment, and which gates a compartment may
 * import. The host compiles the text language (twz-policy(5)) into it; the host and the image read
 * it with the same validated reader. One blob: a header, six tables of fixed-width records,
 * strings. Little endian. A string is a byte offset into the string table; offset 0 is "" and means
 * none. Records refer to runs of other tables as {first, count}.
 */
#ifndef LD_POLICY_H
#define LD_POLICY_H

#include <ld/diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LD_POLICY_MAGIC            "TWZPOL\x1a\n"
#define LD_POLICY_VERSION          1u
#define LD_POLICY_MAX              (1u << 20) /* bytes; a larger policy is refused */
#define LD_POLICY_COMPARTMENTS_MAX 1023u
#define LD_MAIN                    "main"    /* the program's own compartment */
#define LD_MONITOR                 "monitor" /* its gates are there for every compartment */

struct ld_policy_run {
    uint32_t first;
    uint32_t count;
};

struct ld_policy_header {
    uint8_t magic[8];
    uint32_t version;
    uint32_t size;                     /* of the whole policy in bytes */
    struct ld_policy_run compartments; /* `first` of these is the table's byte offset */
    struct ld_policy_run libraries;
    struct ld_policy_run imports;
    struct ld_policy_run exports;
    struct ld_policy_run first_dibs;
    struct ld_policy_run strings; /* `count` is in bytes; the first and last byte are NUL */
    uint32_t source;              /* string: name of the text it was compiled from */
    uint32_t flags;               /* 0 */
};
_Static_assert(sizeof(struct ld_policy_header) == 72, "policy format");
_Static_assert(offsetof(struct ld_policy_header, compartments) == 16, "policy format");
_Static_assert(offsetof(struct ld_policy_header, source) == 64, "policy format");

enum ld_after_fault {
    LD_AFTER_FAULT_STOP = 0,     /* the compartment is dead until restarted */
    LD_AFTER_FAULT_CONTINUE = 1, /* the next call goes in as if nothing had happened */
    LD_AFTER_FAULT_RESTART = 2   /* fresh data before the next call */
};

enum ld_policy_compartment_flags {
    LD_POLICY_NARROWS_IMPORTS = 1u << 0, /* `imports` stands in the text, even if empty */
    LD_POLICY_NARROWS_EXPORTS = 1u << 1, /* `exports` stands in the text, even if empty */
    LD_POLICY_OUTPUT_KEPT = 1u << 2,     /* what it writes is collected, not shown */
    LD_POLICY_COMPARTMENT_FLAGS = 7u
};

struct ld_policy_compartment {
    uint32_t name;
    uint32_t flags;
    struct ld_policy_run libraries;
    struct ld_policy_run imports;
    struct ld_policy_run exports;
    struct ld_policy_run first_dibs;
    uint64_t heap;        /* most bytes; 0: the runtime's default */
    uint64_t stack;       /* bytes per thread; 0: the monitor's default */
    uint32_t after_fault; /* enum ld_after_fault */
    uint32_t isolation;   /* enum twz_isolation; 0: nothing beyond the default */
    uint32_t deadline;    /* milliseconds per call into it; 0: none */
    uint32_t line;        /* in the text */
};
_Static_assert(sizeof(struct ld_policy_compartment) == 72, "policy format");
_Static_assert(offsetof(struct ld_policy_compartment, heap) == 40, "policy format");
_Static_assert(offsetof(struct ld_policy_compartment, after_fault) == 56, "policy format");

/* A library of a compartment; also an entry of first-dibs. */
struct ld_policy_library {
    uint32_t pattern; /* soname, with * ? and [a-z] as in a shell */
    uint32_t line;
};
_Static_assert(sizeof(struct ld_policy_library) == 8, "policy format");

struct ld_policy_import {
    uint32_t compartment; /* that offers the gate; a pattern */
    uint32_t gate;        /* pattern; "*" for all of them */
    uint32_t isolation;   /* what the caller demands of this edge, added to the gate's own */
    uint32_t deadline;    /* milliseconds per call; 0: none */
    uint32_t line;
    uint32_t reserved; /* 0 */
};
_Static_assert(sizeof(struct ld_policy_import) == 24, "policy format");

struct ld_policy_export {
    uint32_t gate; /* pattern */
    uint32_t line;
};
_Static_assert(sizeof(struct ld_policy_export) == 8, "policy format");

/* A validated policy: pointers into the blob, which must stay unchanged. */
struct ld_policy {
    const struct ld_policy_compartment *compartments;
    const struct ld_policy_library *libraries;
    const struct ld_policy_import *imports;
    const struct ld_policy_export *exports;
    const struct ld_policy_library *first_dibs;
    uint32_t compartment_count;
    const char *strings;
    const char *source;
};

/* Checks every byte of the policy at `bytes` (8-byte aligned) and fills `policy`. On failure
 * reports the offset of what is wrong and returns LD_EPOLICY. `size` may exceed the policy's own
 * size only by zero bytes up to the next page. */
enum ld_error ld_policy_read(const void *bytes, size_t size, struct ld_policy *policy,
                             struct ld_diag *diag) __attribute__((warn_unused_result));

/* The string at `offset` of a validated policy. */
static inline const char *ld_policy_string(const struct ld_policy *policy, uint32_t offset)
{
    return policy->strings + offset;
}

/* Index of the compartment named `name`, or UINT32_MAX. */
uint32_t ld_policy_compartment(const struct ld_policy *policy, const char *name);

/* What the policy says about libraries and gates. `policy` may be NULL (there is none), a
 * compartment UINT32_MAX (the policy does not speak of it). The linker asks these, and whoever
 * makes its plan real asks them again. */

/* Whether it puts a library of this name into the compartment. */
bool ld_policy_claims(const struct ld_policy *policy, uint32_t compartment, const char *library);
/* Whether the compartment offers a gate of this name. */
bool ld_policy_exports(const struct ld_policy *policy, uint32_t compartment, const char *gate);
/* Whether the compartment, which is the program's own or not, may import gate `gate` of the
 * compartment named `offering`. *import: the entry that says so, or NULL. */
bool ld_policy_imports(const struct ld_policy *policy, uint32_t compartment, bool is_main,
                       const char *offering, const char *gate,
                       const struct ld_policy_import **import);

/* enum twz_isolation: what compartment `importer` and the policy of compartment `offering` demand
 * of all of its gates. There is one main for all of its importers: for it their demands add up. */
uint32_t ld_policy_demand(const struct ld_policy *policy, uint32_t importer, uint32_t offering);

/* Whether shell pattern `pattern` matches all of `text`: *, ?, [a-z], [!a-z], \x. In time linear in
 * length of pattern times length of text, without recursion. */
bool ld_glob_match(const char *pattern, const char *text);
bool ld_glob_is_pattern(const char *text);

#endif
