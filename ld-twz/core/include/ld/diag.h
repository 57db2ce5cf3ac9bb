/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics of the link core. The core never prints: it hands reports to an object of the
 * caller's, which decides whether to go on. A report says who referred to what, who defines it,
 * which rule refused it and what to do; `message` and `cure` are the finished sentences, the same
 * on the host and in the image.
 */
#ifndef LD_DIAG_H
#define LD_DIAG_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, text). Text says what is wrong in general; a report's message says it in particular. */
#define LD_ERRORS(X)                                                                               \
    X(LD_OK, "fine")                                                                               \
    X(LD_ENOMEM, "the memory given to the linker is used up")                                      \
    X(LD_ESTOPPED, "stopped by the caller")                                                        \
    X(LD_ELIMIT, "more than the linker is made for")                                               \
    X(LD_EPOLICY, "the binary policy is not valid")                                                \
    X(LD_EELF, "the ELF file is not valid")                                                        \
    X(LD_ELAYOUT, "the ELF file is not laid out for two slots")                                    \
    X(LD_EABI, "the ELF file wants another version of the runtime ABI")                            \
    X(LD_ENOTFOUND, "a library was not found")                                                     \
    X(LD_EUNRESOLVED, "a symbol is defined nowhere")                                               \
    X(LD_EVERSION, "a symbol version is defined nowhere")                                          \
    X(LD_ENOGATE, "a reference to another compartment that is no gate")                            \
    X(LD_ENOIMPORT, "a gate that the policy does not let this compartment import")                 \
    X(LD_ENOEXPORT, "a gate that its compartment does not export")                                 \
    X(LD_ESIGNATURE, "caller and callee disagree about a gate's signature")                        \
    X(LD_ENOTCALL, "a gate can be called, and nothing else")                                       \
    X(LD_EISOLATION, "a demand for isolation that is not met")                                     \
    X(LD_EGATE, "a gate is described wrongly")                                                     \
    X(LD_ERELOC, "a relocation that cannot be applied")                                            \
    X(LD_ESLOTS, "there is no free pair of slots")                                                 \
    X(LD_ETLS, "thread-local storage that cannot be laid out")                                     \
    X(LD_EWRITE, "a write outside the data of its own slot")                                       \
    X(LD_EDUPLICATE, "a library or gate that exists more than once")

enum ld_error {
#define X(name, text) name,
    LD_ERRORS(X)
#undef X
};

/* The text of `error`, never NULL. */
const char *ld_error_text(enum ld_error error);

enum ld_severity {
    LD_NOTE = 0,    /* worth knowing: a duplicate, an interposed symbol */
    LD_WARNING = 1, /* may be meant, may be not */
    LD_REFUSED = 2  /* the program must not run like this */
};

/* Strings that do not apply are NULL. All strings live as long as the memory given to the core. */
struct ld_report {
    enum ld_error error;
    enum ld_severity severity;
    const char *referrer;            /* name of the library that refers */
    const char *compartment;         /* its compartment */
    const char *symbol;              /* the symbol, or the library's name that was not found */
    const char *version;             /* the version that was asked for */
    const char *definer;             /* name of the library that defines it (the near miss) */
    const char *definer_compartment; /* its compartment */
    const char *rule;                /* the rule that refused */
    const char *file;                /* path of the file that is wrong */
    uint64_t offset;                 /* place in `file`, valid with has_offset */
    bool has_offset;
    const char *message; /* a whole sentence without a full stop; never NULL */
    const char *cure;    /* what to do about it, or NULL */
};

struct ld_diag {
    void *context;
    /* Returns whether to go on. May be NULL: then everything is counted and nothing stops. */
    bool (*report)(void *context, const struct ld_report *report);
    uint32_t notes;
    uint32_t warnings;
    uint32_t refusals;
};

#endif
