/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads at run time. A program that was loaded, resolved, laid out and planned takes in one more
 * library with all that it needs, by the same rules; what the load adds lies in memory of its own,
 * so that a load that fails, or is undone, leaves nothing behind. Semantics are those of glibc's
 * dlopen(): the new libraries see the compartment's scope first, then the library that was asked
 * for and what it needs, breadth first; nothing that was bound before changes.
 *
 * An instance that was unloaded leaves its number vacant, for the next one to take.
 */
#ifndef LD_LATE_H
#define LD_LATE_H

#include <ld/layout.h>

struct ld_plan;
struct ld_write;

struct ld_late {
    struct ld_late *next;    /* of all loads that still have something */
    struct ld_memory memory; /* as in the request */
    uint32_t compartment;    /* that asked */
    uint32_t root;           /* the instance that was asked for */
    uint32_t *instances;     /* that came, in the order of their constructors */
    uint32_t instance_count; /* 0: all was there; then the memory may go at once */
    uint32_t *scope;         /* root and what it needs inside its compartment */
    uint32_t scope_count;
    uint32_t first_compartment; /* compartments from this one on came into use with the load */
    struct ld_write *writes;    /* after ld_late_writes() */
    uint64_t write_count;
};

struct ld_late_request {
    struct ld_memory memory; /* for what the load adds */
    uint32_t compartment;    /* that asks */
    uint32_t into;           /* compartment of the policy that it is for, or LD_NONE: where the
                                policy puts it */
    uint32_t demand;         /* enum twz_isolation: beyond what the policy says; the library gets an
                                instance at that level, whose gates bind by its handle alone */
    uint32_t from;           /* instance whose search rules apply, or LD_NONE */
    const char *name;        /* of a library; NULL: whatever answers `symbol` */
    const char *symbol;      /* with name NULL: a library that the policy names for the compartment
                                and that is not in use yet, or a compartment that offers such a
                                gate to it */
    bool global;             /* its symbols are searched by loads after it */
    bool only_loaded;        /* LD_ENOTFOUND unless it is there already */
};

/* Loads, resolves, lays out and plans. On success *late stays until ld_late_remove() hands it back
 * (with instance_count 0: the caller may give the memory back at once), its root counts one more
 * user, and plan->mappings, calls and grants have what is new. On failure everything is as before,
 * reported to the program's diagnostics, and the memory may be given back: LD_ENOTFOUND, a
 * refusal's error, LD_ENOMEM, LD_ESLOTS. */
enum ld_error ld_late_load(struct ld_program *program, struct ld_plan *plan, struct ld_slots *slots,
                           const struct ld_late_request *request, struct ld_late **late)
    __attribute__((warn_unused_result));

/* One user of `instance` less. Marks as `leaving` what nothing uses any more; returns how many that
 * are, listed in the order of their destructors in leaving[], which has room for all instances. */
uint32_t ld_late_close(struct ld_program *program, uint32_t instance, uint32_t *leaving);

/* Takes all instances that are leaving, or those of a load that is to be undone, out of the program
 * and gives their slots back. `gone`, unless NULL, gets each load of which nothing is left: its
 * memory may be given back. */
void ld_late_remove(struct ld_program *program, struct ld_slots *slots,
                    void (*gone)(void *context, struct ld_late *late), void *context);
/* Marks everything of a load as leaving. */
void ld_late_undo(struct ld_program *program, struct ld_late *late);

/* The load that brought `instance`, or NULL: it was there from the start, or is vacant. */
const struct ld_late *ld_late_of(const struct ld_program *program, uint32_t instance);

/* Where dlsym() looks. */
#define LD_SEARCH_DEFAULT (UINT32_MAX - 1) /* as a reference of `from` would */
#define LD_SEARCH_NEXT    (UINT32_MAX - 2) /* behind `from` in its scope */

struct ld_symbol_request {
    struct ld_memory memory; /* for reports; may go when the answer was read */
    uint32_t from;           /* instance that asks */
    uint32_t where;          /* instance whose scope is searched, or LD_SEARCH_... */
    const char *name;
    const char *version; /* or NULL: the default one */
};

struct ld_binding;

/* The linking rules for a name at run time: first dibs, the scope, gates; nothing else crosses.
 * LD_OK: *binding is a symbol or a gate that the compartment of `from` may call. */
enum ld_error ld_late_symbol(struct ld_program *program, const struct ld_symbol_request *request,
                             struct ld_binding *binding, struct ld_report *report)
    __attribute__((warn_unused_result));

/* What a binding to a symbol stands for. */
enum ld_value_kind {
    LD_VALUE_ADDRESS = 0,
    LD_VALUE_IFUNC = 1, /* the address of its resolver */
    LD_VALUE_TLS = 2    /* an offset in the block of TLS module `module` */
};

struct ld_value {
    uint64_t value;
    uint32_t kind; /* enum ld_value_kind */
    uint32_t module;
};

/* Of a binding of kind LD_BOUND_SYMBOL in a laid-out program; false when there is no such symbol.
 */
bool ld_binding_value(const struct ld_program *program, const struct ld_binding *binding,
                      struct ld_value *value);

/* The exported symbol of `instance` that has ELF virtual address `vaddr`: its name and where it
 * starts; false when there is none. Time O(symbols). */
bool ld_symbol_at(const struct ld_instance *instance, uint64_t vaddr, const char **name,
                  uint64_t *start);

#endif
