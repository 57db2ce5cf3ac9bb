/* SPDX-License-Identifier: BSD-2-Clause */
/* What the core keeps about a program beside the public model. */
#ifndef LD_STATE_H
#define LD_STATE_H

#include "diag.h"
#include "module.h"
#include "text.h"
#include <ld/late.h>
#include <ld/layout.h>

#define LD_NEAR_BUDGET (1u << 24) /* symbols */
#define LD_PATIENCE    (1u << 24) /* symbols, see <twzelf/hash.h> */

/* A name under which an instance was asked for and found. */
struct ld_alias {
    const struct ld_alias *next;
    const char *name;
    uint32_t hash; /* GNU hash of the name */
};

/* Beside each instance. */
struct ld_extra {
    struct ld_module *module;
    struct ld_late *late; /* the load at run time that brought it, or NULL */
    const struct ld_alias *aliases;
    uint32_t *needs; /* instances of the same compartment: DT_NEEDED in order, then filtees */
    uint32_t need_count;
    uint32_t filtee_count;       /* of needs */
    bool complete;               /* none of its references waits for a compartment */
    struct ld_binding *bindings; /* one per module->references[], after resolution */
};

/* The one definition of a unique symbol in a compartment: the first that something bound to. */
struct ld_unique {
    const char *name; /* NULL: free */
    uint32_t hash;
    uint32_t instance;
    uint32_t symbol;
};

/* A gate that a compartment of the policy offers when it comes into use. */
struct ld_offer {
    const char *name;
    uint32_t hash;
    uint32_t policy;
    uint32_t next; /* of the same bucket, or LD_NONE */
};
#define LD_OFFER_BUCKETS 1024u
#define LD_OFFERS_MAX    (16 * LD_GATES_MAX)

/* Who offers a gate of some name to some compartment, but is not in use for it. */
struct ld_offers {
    uint32_t count; /* 0, 1, or more */
    uint32_t policy, other;
};

/* Beside each compartment. */
struct ld_group {
    uint32_t *roots;
    uint32_t root_count, root_capacity;
    uint32_t *runtime; /* instances of the runtime set and of first-dibs */
    uint32_t runtime_count, runtime_capacity;
    uint32_t *globals; /* instances of loads at run time that are searched after the scope */
    uint32_t global_count, global_capacity;
    struct ld_index *index;   /* name hashes of the scope; see scope_index.h */
    struct ld_unique *unique; /* open hash table of STB_GNU_UNIQUE names; a power of two */
    uint32_t unique_count, unique_size;
};

struct ld_state {
    struct ld_memory base; /* for what outlives a load at run time: tables that loads share */
    struct ld_extra **extras;
    struct ld_group *groups;
    struct ld_module **modules;
    uint32_t module_count, module_capacity;
    uint32_t instance_capacity, extra_capacity, edge_capacity, gate_capacity;
    uint32_t monitor; /* compartment, or LD_NONE */
    uint32_t *fresh;  /* instances in the order in which they came, since the program or a load at
                         run time began */
    uint32_t fresh_count, fresh_capacity;
    uint32_t followed;                /* of fresh: those whose DT_NEEDED were followed */
    uint32_t collected;               /* of fresh: those whose gates were collected */
    uint32_t vacant;                  /* instances without a library: see <ld/late.h> */
    bool monitor_known;               /* the monitor's gates were collected */
    struct ld_gate_index *gate_index; /* or NULL: there is no gate */
    uint32_t pattern_end;             /* gates that are patterns are before this one */
    bool *unused;                     /* compartments of the policy that are in use for nobody */
    bool *looked_at;                  /* those whose offers are known */
    bool any_unused;
    uint32_t counted; /* compartments that there were when `unused` was made, or LD_NONE */
    struct ld_offer *offers;
    uint32_t offer_count, offer_capacity;
    struct ld_offer_bucket {
        uint32_t first, last; /* offer, or LD_NONE */
    } * offer_buckets;        /* by hash of the name */
    struct ld_late *loads;
    struct ld_late *loading; /* that is going on, or NULL */
    uint64_t sequence;       /* of constructors */
    uint64_t near_budget;    /* symbols that may still be looked at to explain refusals */
    uint64_t patience;       /* and in long chains of hash tables; 0: lookups fail, LD_ELIMIT */
    enum ld_error first_error;
};

static inline const struct ld_memory *ld_memory_of(const struct ld_program *program)
{
    return &program->options.memory;
}

static inline struct ld_extra *ld_extra(const struct ld_program *program, uint32_t instance)
{
    return program->state->extras[instance];
}

/* Memory for the tables that all loads share. */
static inline const struct ld_memory *ld_base_of(const struct ld_program *program)
{
    return &program->state->base;
}

/* Compartment's record in the policy, or NULL. */
static inline const struct ld_policy_compartment *ld_policy_of(const struct ld_program *program,
                                                               uint32_t compartment)
{
    uint32_t index = program->compartments[compartment].policy;
    return index == LD_NONE ? NULL : &program->options.policy->compartments[index];
}

/* Hands a refusal to the diagnostics and keeps the first one. LD_OK: go on. */
enum ld_error ld_refuse(struct ld_program *program, const struct ld_report *report);

/* Whether what takes `work` steps more may be done: files and policies can be made so that linking
 * takes longer than anything that is meant. */
static inline bool ld_spend(const struct ld_program *program, uint64_t work)
{
    uint64_t *left = &program->state->patience;
    *left = *left < work ? 0 : *left - work;
    return *left != 0;
}

/* Appends to an array of instance numbers; false without memory. */
bool ld_append(const struct ld_memory *memory, uint32_t **array, uint32_t *count,
               uint32_t *capacity, uint32_t value);

/* scope.c: scopes and first dibs of all compartments, from roots and needs. */
enum ld_error ld_scopes_make(struct ld_program *program);

/* The same of one compartment. */
enum ld_error ld_scope_make(struct ld_program *program, struct ld_compartment *compartment);
/* Instance `root` and what it needs inside its compartment, breadth first. */
enum ld_error ld_scope_of(struct ld_program *program, uint32_t root, uint32_t **scope,
                          uint32_t *count);

/* order.c: the order of constructors, once the scope is known. */
enum ld_error ld_order_make(struct ld_program *program, struct ld_compartment *compartment);
/* The same for a load at run time: order[] has room for count. With `destructors`, their order
 * backwards, which in a cycle is another. */
enum ld_error ld_order_late(struct ld_program *program, const uint32_t *scope, uint32_t count,
                            bool destructors, uint32_t *order);

/* program.c: what is asked for at run time, with all that it needs. *root: LD_NONE when it was not
 * found or is refused, which was told. */
enum ld_error ld_follow_late(struct ld_program *program, uint32_t compartment,
                             const struct ld_late_request *request, const char *name,
                             uint32_t *root);
/* Brings compartment `policy` of the policy into use for callers with this demand, unless it is. */
enum ld_error ld_open_late(struct ld_program *program, uint32_t policy, uint32_t demand,
                           uint32_t *index);

/* open.c: what compartment `importer` and the policy demand of all gates of compartment `offering`
 * of the policy. */
uint32_t ld_demand_on(const struct ld_program *program, uint32_t importer, uint32_t offering);

/* offers.c */
enum ld_error ld_offers_find(struct ld_program *program, uint32_t importer, const char *name,
                             struct ld_offers *offers);

/* layout.c: slots for one instance. */
enum ld_error ld_slots_assign(struct ld_program *program, struct ld_slots *slots,
                              struct ld_instance *instance);
/* Thread-local storage of a compartment that starts. */
enum ld_error ld_tls_assign(struct ld_program *program, struct ld_compartment *compartment);

/* plan.c: room for all instances, and the entries of one. */
struct ld_plan;
enum ld_error ld_plan_room(struct ld_program *program, struct ld_plan *plan);
/* Grants of gates that a compartment may hand on as callbacks. */
enum ld_error ld_plan_callbacks(struct ld_program *program, struct ld_plan *plan, uint32_t index);
enum ld_error ld_plan_instance(struct ld_program *program, struct ld_plan *plan, uint32_t index);

/* gate_index.c: a gate comes, with name and entry, or goes. */
enum ld_error ld_gate_enter(struct ld_program *program, uint32_t gate);
void ld_gate_leave(struct ld_program *program, uint32_t gate);
/* Where a search for gates of one name is; starts as zeroes. */
struct ld_gate_cursor {
    uint32_t pattern;
    uint32_t gate;  /* that was found last, + 1 */
    uint32_t links; /* that were followed; patience bounds them */
};
/* The next gate of that name, in order; NULL: there is none, and the cursor is of no more use. */
const struct ld_gate *ld_gate_next(const struct ld_program *program,
                                   const struct twz_elf_name *name, struct ld_gate_cursor *cursor);
/* The gate of an instance that has this entry, or NULL. `demanding`: one that by itself or its
 * library demands isolation. */
const struct ld_gate *ld_gate_at(const struct ld_program *program, uint32_t instance,
                                 uint64_t entry, bool demanding);

/* gates.c: the gates of the monitor and of all instances that are new since the last call. */
enum ld_error ld_gates_collect(struct ld_program *program);

/* Whether the policy lets compartment `importer` import `gate`, for whichever callers its
 * compartment was loaded. `import` becomes the entry that says so, or NULL. */
bool ld_gate_imported(const struct ld_program *program, uint32_t importer,
                      const struct ld_gate *gate, const struct ld_policy_import **import);
/* Whether its compartment is the instance for callers that demand what `importer` does. */
/* Whether the policy lets it import a gate of that name from the compartment `offering`. */
bool ld_may_import(const struct ld_program *program, uint32_t importer, const char *offering,
                   const char *gate, const struct ld_policy_import **import);
bool ld_gate_selected(const struct ld_program *program, uint32_t importer,
                      const struct ld_gate *gate);

/* The function behind a gate's entry, both in the ELF file's addresses: where the entry sends plain
 * calls, which come from its own compartment. False: this is no gate's entry, or one of other code.
 */
bool ld_gate_function(const struct ld_program *program, const struct ld_instance *instance,
                      uint64_t entry, uint64_t *function);

/* A question to the linking rules. */
struct ld_query {
    struct ld_program *program;
    const struct ld_instance *from;
    struct twz_elf_name name;
    struct twz_elf_want want;
    uint8_t class; /* enum ld_reference_class */
    uint8_t uses;  /* enum ld_use */
    uint8_t type;  /* STT_* of the reference */
    bool weak;
    bool by_handle;         /* asks for the gates of one instance */
    bool settles;           /* the answer is final: unique symbols are what they are from now on */
    uint32_t reference;     /* symbol of `from`, or LD_NONE: as dlsym would ask */
    struct ld_trace *trace; /* or NULL */
    struct ld_step *last_step;
};

/* unique.c: what a reference that found unique symbol `symbol` of `instance` binds to; both may
 * change. */
enum ld_error ld_unique_settle(struct ld_query *query, uint32_t *instance,
                               struct twz_elf_symbol *symbol);

/* program.c: says that loading `name` takes longer than anything that is meant: LD_ELIMIT. */
enum ld_error ld_refuse_endless(struct ld_program *program, const char *name);

/* references.c */
/* The query that a reference of an instance makes; false when its symbol cannot be read. */
bool ld_ask(struct ld_program *program, const struct ld_instance *from,
            const struct ld_reference *reference, struct ld_query *query);
/* Resolves all references of one instance; reports each refusal. */
enum ld_error ld_resolve_instance(struct ld_program *program, const struct ld_instance *instance);
/* The next strong reference of the instance that has no answer so far, or NULL. *cursor starts as
 * 0.
 */
const char *ld_next_unresolved(struct ld_program *program, const struct ld_instance *instance,
                               uint32_t *cursor);
/* Whether a strong reference of `compartment` has no answer so far. */
bool ld_has_unresolved(struct ld_program *program, uint32_t compartment);

/* resolve.c */
/* The index of a compartment's scope, made when first asked for; NULL without memory. */
const struct ld_index *ld_scope_index(struct ld_program *program, uint32_t compartment);
/* Whether `instance` answers the query by itself. */
bool ld_lookup(const struct ld_query *query, uint32_t instance, uint8_t class,
               struct twz_elf_symbol *symbol);
/* LD_ELIMIT: the tables are made so that lookups take longer than anything that is meant. */
enum ld_error ld_resolve(struct ld_query *query, struct ld_binding *binding);
/* Whether `binding` of gate `gate` may happen; LD_OK or the reason against it. */
enum ld_error ld_gate_fits(const struct ld_query *query, const struct ld_gate *gate,
                           const struct ld_policy_import **import);
/* Whether the definition is the entry of a gate that demands isolation from its callers, here from
 * those in its own compartment. */
bool ld_is_bypass(const struct ld_query *query, uint32_t instance,
                  const struct twz_elf_symbol *symbol);

/* explain.c: fills report (message, cure, near misses) for a refused query. */
enum ld_error ld_explain(struct ld_query *query, struct ld_binding *binding,
                         struct ld_report *report);
/* Finds a symbol of that name whatever its version and visibility; false when there is none or the
 * budget for such searches is used up. */
bool ld_find_any(struct ld_program *program, const struct ld_instance *instance, const char *name,
                 struct twz_elf_symbol *symbol);
/* Adds a step to the query's trace, if there is one. */
enum ld_error ld_add_step(struct ld_query *query, const struct ld_step *step);

#endif
