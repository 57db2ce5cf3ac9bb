/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which compartments there are and when they come into use. A compartment of the policy comes into
 * use once for each demand of its callers: what is demanded of its gates is fixed when it is
 * loaded, so that a caller with another demand gets another instance of all of it. What demands to
 * be isolated and is in no compartment of the policy gets one that belongs to the compartment that
 * needs it.
 */
#ifndef LD_OPEN_H
#define LD_OPEN_H

#include "state.h"

/* A name that is to be loaded. */
struct wish {
    enum ld_edge_kind kind;
    uint32_t from;        /* instance, or LD_NONE */
    uint32_t search_as;   /* instance whose search rules apply */
    uint32_t compartment; /* that wants it */
    const char *name;
    uint32_t line;   /* in the policy, or 0 */
    uint32_t demand; /* enum twz_isolation: of the one who asks at run time */
    bool optional;   /* a warning, and no more, when it is not found */
};

/* follow.c */

/* Follows one name. A library that is missing or refused is reported and leaves an edge without
 * target; the result is an error only when there is no point in going on. */
enum ld_error ld_follow(struct ld_program *program, struct wish wish);
/* Opens a file, or finds that it is open already under another name. */
enum ld_error ld_obtain_module(struct ld_program *program, const struct ld_file *file,
                               struct ld_module **module);
enum ld_error ld_add_instance(struct ld_program *program, struct ld_module *module,
                              uint32_t compartment, uint32_t *index);
/* Records that the wish led to `instance`. */
enum ld_error ld_arrive(struct ld_program *program, struct wish *wish, uint32_t instance,
                        const struct ld_place *places);

/* open.c */

/* LD_NONE when there is no room. */
uint32_t ld_add_compartment(struct ld_program *program, const char *name, uint32_t policy,
                            bool builtin);
/* Brings compartment `policy` of the policy into use for callers with this demand: its libraries,
 * then its runtime set. `opener` is the instance whose search rules apply. */
enum ld_error ld_open_compartment(struct ld_program *program, uint32_t policy, uint32_t demand,
                                  uint32_t opener, uint32_t *index);
/* The compartment for `module` alone that belongs to who wishes for it; *instance is the library
 * there, or LD_NONE: it is to be added, and the runtime set after it. */
enum ld_error ld_open_own(struct ld_program *program, const struct wish *wish,
                          const struct ld_module *module, uint32_t *index, uint32_t *instance);
/* The first-dibs set of a compartment: what the caller of the core gave, then what the policy adds.
 */
enum ld_error ld_follow_runtime(struct ld_program *program, uint32_t compartment, uint32_t opener);
/* Compartments that an import of a compartment in use names. */
enum ld_error ld_open_imported(struct ld_program *program, uint32_t compartment);
/* The compartment that offers a gate of that name to `importer` and is not in use (for callers of
 * its demand), if there is exactly one. */
enum ld_error ld_open_for(struct ld_program *program, uint32_t importer, const char *name);
/* Those for the strong references of one instance that have no answer. */
enum ld_error ld_open_for_instance(struct ld_program *program, const struct ld_instance *instance);
/* Those for all references of a program that starts, until all is answered that can be. */
enum ld_error ld_open_offered(struct ld_program *program, uint32_t *opened);
/* What main still has no answer for is refused. The other compartments are opened so that the
 * refusal can say where there is something of that name. */
enum ld_error ld_open_for_reports(struct ld_program *program, uint32_t *opened);

/* The policy's compartment that names a library, `own` first: index in the policy and the line that
 * does, or LD_NONE. */
uint32_t ld_claimant(const struct ld_program *program, uint32_t own, const char *name,
                     uint32_t *line);
/* Compartment of the policy whose entries decide what is loaded into `compartment`, or LD_NONE. */
uint32_t ld_home_policy(const struct ld_program *program, uint32_t compartment);

/* program.c: follows DT_NEEDED of what is new, oldest first, and opens what imports name. */
enum ld_error ld_follow_all(struct ld_program *program, uint32_t *opened);

#endif
