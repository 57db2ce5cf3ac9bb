/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program model: compartments, the instances of libraries in them, who needed what and which
 * rule put it there, gates, and what each reference binds to. Built in three steps that each work
 * on the result of the one before: ld_program_load(), ld_program_resolve(), and then
 * ld_program_layout() and ld_plan_make() (layout.h, plan.h).
 *
 * Linking rules. A reference to symbol s from library X in compartment C resolves to the first of
 *   1. first dibs: the runtime set of C, in order
 *   2. C's own scope: its roots, then DT_NEEDED breadth first
 *   3. a gate named s of another compartment, if the policy lets C import it
 *   4. weak undefined: 0. Otherwise it is an error.
 * Nothing but a gate ever binds across compartments.
 *
 * Isolation. What gate, library, policy and caller demand adds up and is fixed when a compartment
 * is loaded: callers that demand different things of one compartment of the policy get an instance
 * of it each. A library that demands isolation, or whose gates do, and that no compartment of the
 * policy names gets a compartment that belongs to the one that needs it.
 */
#ifndef LD_PROGRAM_H
#define LD_PROGRAM_H

#include <ld/diag.h>
#include <ld/load.h>
#include <ld/memory.h>
#include <ld/policy.h>

#define LD_NONE UINT32_MAX /* "no index" */

#define LD_INSTANCES_MAX    4096u
#define LD_COMPARTMENTS_MAX (LD_POLICY_COMPARTMENTS_MAX + 1) /* and the monitor */
#define LD_GATES_MAX        4096u                            /* as many as the kernel has */

/* How many compartments a program may come to have: main, the monitor, those of the policy, which
 * may be there for several demands, and those for libraries that demand one. */
static inline uint32_t ld_compartment_room(const struct ld_policy *policy)
{
    uint32_t room = 64 + (policy ? policy->compartment_count * 4 : 0);
    return room < LD_COMPARTMENTS_MAX ? room : LD_COMPARTMENTS_MAX;
}

struct ld_late;   /* a load at run time: <ld/late.h> */
struct ld_module; /* one ELF file, parsed once however many instances it has */

/* Why an instance is where it is: the rule that made an edge. */
#define LD_EDGES(X)                                                                                \
    X(LD_EDGE_PROGRAM, "the program")                                                              \
    X(LD_EDGE_NEEDED, "DT_NEEDED")                                                                 \
    X(LD_EDGE_FILTER, "DT_FILTER")                                                                 \
    X(LD_EDGE_AUXILIARY, "DT_AUXILIARY")                                                           \
    X(LD_EDGE_PRELOAD, "preloaded")                                                                \
    X(LD_EDGE_POLICY, "named by the policy")                                                       \
    X(LD_EDGE_RUNTIME, "runtime set of every compartment")                                         \
    X(LD_EDGE_FIRST_DIBS, "first-dibs of the policy")                                              \
    X(LD_EDGE_LATE, "loaded at run time")                                                          \
    X(LD_EDGE_CROSSING, "DT_NEEDED, but the policy puts it into another compartment")              \
    X(LD_EDGE_ISOLATED, "DT_NEEDED, but it demands a compartment of its own")

enum ld_edge_kind {
#define X(name, text) name,
    LD_EDGES(X)
#undef X
};
const char *ld_edge_text(enum ld_edge_kind kind);
/* Whether it leads into another compartment. */
static inline bool ld_edge_crosses(enum ld_edge_kind kind)
{
    return kind == LD_EDGE_CROSSING || kind == LD_EDGE_ISOLATED;
}

struct ld_edge {
    enum ld_edge_kind kind;
    uint32_t from;                 /* instance, or LD_NONE: the policy or the caller */
    uint32_t compartment;          /* where the name was looked for */
    uint32_t to;                   /* instance, or LD_NONE: not found */
    const char *name;              /* as it was asked for */
    uint32_t policy_line;          /* of the entry that decided, or 0 */
    const struct ld_place *places; /* that were searched, in order; NULL if it was there already */
    const struct ld_late *late;    /* the load at run time that followed it, or NULL */
};

struct ld_instance {
    struct ld_program *program;
    const struct ld_module *module;
    const char *name; /* DT_SONAME; without one the last part of the path */
    const char *path;
    uint32_t index;
    uint32_t compartment;
    uint32_t made_by;   /* edge that loaded it */
    uint32_t text_slot; /* the first of its slots; LD_NONE before ld_program_layout() */
    uint32_t data_slot;
    uint32_t tls_module;  /* 1..; 0: no thread-local storage */
    uint64_t tls_align;   /* of its block */
    uint64_t tls_offset;  /* the block starts this many bytes below the thread pointer */
    bool runtime;         /* in the runtime set of its compartment */
    bool laid_out;        /* by the project's linker script */
    bool static_position; /* ET_EXEC */
    bool dynamic_tls;     /* its TLS block is made when a thread first asks for it */
    bool permanent;       /* stays until the program ends, once loaded */
    bool vacant;          /* there is no library here (any more): see <ld/late.h> */
    bool leaving;         /* its destructors are running */
    uint32_t opens;       /* times that it was asked for at run time */
    uint64_t sequence; /* of its constructors among all of loads at run time; 0: from the start */
};

struct ld_compartment {
    const char *name;
    uint32_t index;
    uint32_t policy; /* index in the policy's compartments, or LD_NONE */
    uint32_t owner;  /* compartment that needs the library that this one was made for, and may call
                        its gates; LD_NONE: the policy's */
    uint8_t demand;  /* enum twz_isolation: what its callers and the policy demand of all gates */
    bool builtin;    /* the monitor: exists already, is not loaded by this program */
    uint32_t *scope; /* instances in search order: roots, then DT_NEEDED breadth first */
    uint32_t scope_count;
    uint32_t *first_dibs; /* instances in search order: runtime set, then the policy's additions */
    uint32_t first_dibs_count;
    uint32_t *init_order; /* instances, the one whose constructors run first comes first */
    uint32_t init_count;
    uint64_t tls_size; /* after ld_program_layout(), as the next two: bytes below the thread
                          pointer, a multiple of tls_align */
    uint64_t tls_align;
    uint32_t tls_modules;
    uint32_t
        tls_last; /* the highest number of a module so far, those loaded at run time included */
};

/* A gate that a compartment declares. */
struct ld_gate {
    uint32_t compartment;
    uint32_t instance; /* LD_NONE for gates of the monitor */
    const char *name;
    const char *version;    /* of the definition, or NULL */
    const char *signature;  /* or NULL: not known, not compared */
    const void *descriptor; /* struct twz_gate_descriptor in the file, or NULL */
    uint64_t entry;         /* ELF virtual address of the entry */
    uint8_t isolation;      /* enum twz_isolation: what gate, library, policy and callers demand
                               together, or both if nobody does */
    uint8_t own_isolation;  /* what gate and library demand */
    bool exported;          /* the policy of its compartment offers it */
    bool used;              /* something binds to it */
    bool pattern;           /* name is a pattern (gates of a monitor that is not at hand) */
    uint32_t number;        /* of the kernel: see plan.h; LD_NONE until known */
    uint32_t hash;          /* GNU hash of the name */
};

/* A gate of the monitor as the caller knows it. */
struct ld_known_gate {
    const char *name;      /* or a pattern */
    const char *signature; /* or NULL: not compared */
    uint32_t number;       /* or LD_NONE: not published here */
};

struct ld_options {
    struct ld_memory memory;
    struct ld_diag *diag;
    struct ld_load load;
    const struct ld_policy *policy; /* NULL: one compartment, main */
    const char *const *runtime;     /* names of the runtime set, in order ("libtwzrt.so") */
    uint32_t runtime_count;
    const char *const *preload; /* searched after the program and before its DT_NEEDED */
    uint32_t preload_count;
    uint32_t preload_optional; /* the last so many: a warning when they are not found */
    const struct ld_known_gate *monitor_gates;
    uint32_t monitor_gate_count;
    bool require_layout; /* refuse files that the project's linker script did not lay out */
};

struct ld_program {
    struct ld_options options;
    struct ld_instance **instances; /* [0] is the program itself */
    uint32_t instance_count;
    struct ld_compartment *compartments; /* [0] is main */
    uint32_t compartment_count;
    uint32_t compartment_room; /* the most that there can be, those of loads at run time included */
    struct ld_edge *edges;     /* in the order in which they were followed */
    uint32_t edge_count;
    struct ld_gate *gates; /* of all compartments in use; after ld_program_resolve(): bound */
    uint32_t gate_count;
    struct ld_state *state; /* private */
};

/* Loads `file` and everything that it needs. Libraries that are not found or refused are reported
 * and become edges without target; the rest is there, so that it can be shown. Returns LD_OK when
 * `*program` is complete, else the first error; `*program` is NULL only with LD_ENOMEM, LD_ELIMIT,
 * LD_ESTOPPED or when `file` itself is refused. */
enum ld_error ld_program_load(const struct ld_options *options, const struct ld_file *file,
                              struct ld_program **program) __attribute__((warn_unused_result));

/* Resolves every reference of every instance. Reports each refusal; returns LD_OK or the first
 * refusal's error. */
enum ld_error ld_program_resolve(struct ld_program *program) __attribute__((warn_unused_result));

const struct ld_compartment *ld_program_compartment(const struct ld_program *program,
                                                    const char *name);

#endif
