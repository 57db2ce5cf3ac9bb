/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What references bind to, and why. ld_program_resolve() has answered every reference;
 * ld_binding_next() reads the answers, ld_why() replays one of them step by step.
 */
#ifndef LD_RESOLVE_H
#define LD_RESOLVE_H

#include <ld/program.h>

/* The rule that decided. */
#define LD_RULES(X)                                                                                \
    X(LD_RULE_OWN, "a local or hidden symbol of the library itself")                               \
    X(LD_RULE_FIRST_DIBS, "rule 1: first dibs of the compartment's runtime set")                   \
    X(LD_RULE_SYMBOLIC, "rule 2: DT_SYMBOLIC, the library itself comes first")                     \
    X(LD_RULE_PROTECTED, "rule 2: protected, the library's own definition holds")                  \
    X(LD_RULE_SCOPE, "rule 2: the compartment's scope")                                            \
    X(LD_RULE_GATE, "rule 3: a gate of another compartment")                                       \
    X(LD_RULE_WEAK, "rule 4: weak and undefined, so it is 0")                                      \
    X(LD_RULE_DENIED, "rule 3: only an imported gate binds across compartments")                   \
    X(LD_RULE_UNDEFINED, "rule 4: no answer, and not weak")

enum ld_rule {
#define X(name, text) name,
    LD_RULES(X)
#undef X
};
const char *ld_rule_text(enum ld_rule rule);

enum ld_binding_kind {
    LD_BOUND_SYMBOL = 0, /* to symbol `symbol` of instance `definer` */
    LD_BOUND_GATE = 1,   /* to gate `gate` */
    LD_BOUND_ZERO = 2,   /* to 0 */
    LD_BOUND_REFUSED = 3 /* to nothing: `error` */
};

/* How a reference uses its symbol; lookups differ (gABI; the PLT of an ET_EXEC, COPY). */
enum ld_reference_class {
    LD_CLASS_DATA = 0, /* the address is taken */
    LD_CLASS_CALL = 1, /* a PLT slot, or thread-local storage: never another's PLT entry */
    LD_CLASS_COPY = 2  /* the initial value is copied: never the program's own */
};

struct ld_binding {
    uint32_t referrer;  /* instance */
    uint32_t reference; /* its dynamic symbol */
    uint32_t definer;   /* instance, or LD_NONE */
    uint32_t symbol;    /* dynamic symbol of the definer */
    uint32_t gate;      /* or LD_NONE */
    uint8_t kind;       /* enum ld_binding_kind */
    uint8_t rule;       /* enum ld_rule */
    uint8_t error;      /* enum ld_error, of a refusal */
    uint8_t class;      /* enum ld_reference_class */
};

/* What people call a reference's symbol. */
struct ld_symbol_name {
    const char *name;
    const char *version; /* or NULL */
    uint8_t type;        /* STT_* */
    uint8_t bind;        /* STB_* */
};

/* Iterates over all bindings that needed a lookup, in the order of instances and, inside, of
 * relocations; one per symbol and class. Start with *cursor = 0; false at the end. */
bool ld_binding_next(const struct ld_program *program, uint64_t *cursor,
                     struct ld_binding *binding);

/* Name and version of dynamic symbol `symbol` of `instance`; false when there is none. */
bool ld_symbol_name(const struct ld_instance *instance, uint32_t symbol,
                    struct ld_symbol_name *name);

/* The library whose definition first dibs takes the place of: what the scope would have said.
 * LD_NONE when `binding` is of another rule, or when nothing else defines the symbol. */
uint32_t ld_binding_overridden(struct ld_program *program, const struct ld_binding *binding);

/* One step of a resolution. */
#define LD_OUTCOMES(X)                                                                             \
    X(LD_STEP_TAKEN, "taken")                                                                      \
    X(LD_STEP_ABSENT, "not defined there")                                                         \
    X(LD_STEP_OTHER_VERSION, "defined, but with another version")                                  \
    X(LD_STEP_HIDDEN_VERSION, "defined, but hidden from references without a version")             \
    X(LD_STEP_INVISIBLE, "defined, but local or hidden")                                           \
    X(LD_STEP_COPY, "the copy itself: its first value comes from elsewhere")                       \
    X(LD_STEP_NOT_OFFERED, "a gate, but not exported")                                             \
    X(LD_STEP_NOT_IMPORTED, "a gate, but not imported")                                            \
    X(LD_STEP_NOT_A_GATE, "defined, but no gate")                                                  \
    X(LD_STEP_SIGNATURE, "a gate, but with another signature")                                     \
    X(LD_STEP_NOT_A_CALL, "a gate, but the reference is not a call")                               \
    X(LD_STEP_OTHER_DEMAND, "a gate, but of an instance for callers with another demand")          \
    X(LD_STEP_BYPASS, "a gate that demands isolation, but in the same compartment")                \
    X(LD_STEP_AMBIGUOUS, "a gate, but other compartments offer one of this name as well")          \
    X(LD_STEP_WEAK, "weak, so 0")                                                                  \
    X(LD_STEP_STRONG, "not weak")

enum ld_outcome {
#define X(name, text) name,
    LD_OUTCOMES(X)
#undef X
};
const char *ld_outcome_text(enum ld_outcome outcome);

struct ld_step {
    const struct ld_step *next;
    enum ld_rule rule;    /* that was tried */
    uint32_t instance;    /* that was searched, or LD_NONE */
    uint32_t compartment; /* that was searched, or LD_NONE */
    enum ld_outcome outcome;
    const char *detail; /* the version there, the signature there, the policy line; or NULL */
};

struct ld_trace {
    struct ld_binding result;
    struct ld_report report; /* message and cure, when refused; else message says what is bound */
    const struct ld_step *steps;
    const char *const *near; /* names close to the one that was not found */
    uint32_t near_count;
};

/* Answers "what would `symbol` (with `version`, or NULL for none, or "*" for the version that
 * `from` asks for) referred to by `from` bind to, and why?". Works for symbols that `from` does not
 * refer to as well, as dlsym would. */
enum ld_error ld_why(struct ld_program *program, const struct ld_instance *from, const char *symbol,
                     const char *version, struct ld_trace *trace)
    __attribute__((warn_unused_result));

#endif
