/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the core gets at files. The core knows names; the caller knows where they lead: search paths
 * on the host, the name index in the image.
 */
#ifndef LD_LOAD_H
#define LD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ld_program;
struct ld_instance;

/* One ELF file. `bytes` is the whole file and must stay mapped and unchanged while the program that
 * uses it is. The core only reads it, and never beyond `size`. */
struct ld_file {
    const void *bytes;
    size_t size;
    const char *path;     /* for people, and for $ORIGIN on the host; must stay valid too */
    uint64_t identity[2]; /* equal for the same file under two names: object ID, or device, inode */
    uint64_t handle;      /* the caller's, handed back in the plan */
};

/* A place that was looked at for a library. */
struct ld_place {
    const struct ld_place *next;
    const char *path;   /* the file, directory or index that was tried */
    const char *origin; /* which search rule led there: "DT_RUNPATH of /bin/x", "image index" */
    const char *result; /* "found", "no such file", ... */
};

/* What the core asks for. */
struct ld_request {
    struct ld_program *program;
    const char *name;                          /* as in DT_NEEDED or the policy */
    const struct ld_instance *needed_by;       /* NULL: the policy or the caller wants it */
    const char *compartment;                   /* where it is going to live */
    struct ld_place *first_place, *last_place; /* private: see ld_place_tried() */
};

/* Called by `find` for each place, in the order in which it looks. Copies the strings. Without
 * memory the place is left out. */
void ld_place_tried(struct ld_request *request, const char *path, const char *origin,
                    const char *result);

struct ld_load {
    void *context;
    /* Finds the file for `request` and fills `file`; false when there is none. */
    bool (*find)(void *context, struct ld_request *request, struct ld_file *file);
};

/* For the search rules of the system's dynamic linker: what the file of an instance says. Strings
 * lie in the file. */
const char *ld_instance_runpath(const struct ld_instance *instance); /* DT_RUNPATH or NULL */
const char *ld_instance_rpath(const struct ld_instance *instance);   /* DT_RPATH or NULL */
/* Whether DF_1_NODEFLIB forbids the default directories. */
bool ld_instance_no_default_paths(const struct ld_instance *instance);
/* The instance that needed it first (whose DT_RPATH applies to it as well), or NULL. */
const struct ld_instance *ld_instance_parent(const struct ld_program *program,
                                             const struct ld_instance *instance);
/* A copy of `text` that lives as long as the program; NULL without memory. */
const char *ld_program_copy(const struct ld_program *program, const char *text);
/* PT_INTERP or NULL. */
const char *ld_instance_interpreter(const struct ld_instance *instance);
/* Its headers and segments, as libtwzelf reads them. */
const struct twz_elf_file *ld_instance_elf(const struct ld_instance *instance);
/* Bytes that the library takes in memory: code and constants, which all instances share, and its
 * own data. */
void ld_instance_sizes(const struct ld_instance *instance, uint64_t *shared, uint64_t *own);

#endif
