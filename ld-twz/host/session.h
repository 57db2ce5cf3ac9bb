/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of the core on behalf of a command: finds the program (an ELF file, a packed object, or
 * an object of an image), compiles or reads the policy, loads, and keeps what was reported.
 */
#ifndef HOST_SESSION_H
#define HOST_SESSION_H

#include "host.h"
#include "search.h"
#include <ld/layout.h>
#include <ld/plan.h>
#include <ld/resolve.h>
#include <twzelf/image.h>

/* Options that all commands take. */
struct session_options {
    const char *policy; /* text or binary, or NULL */
    const char *image;  /* or NULL */
    const char *root;
    const char *library_path;
    const char *from; /* why: the referrer */
    const char *output;
    const char *serial;   /* top: the log, "-" for standard input */
    const char **runtime; /* --runtime, in order */
    uint32_t runtime_count;
    bool no_runtime;
    bool no_policy; /* not even the image's */
    const char **preload;
    uint32_t preload_count;
    uint64_t seed;
    bool json;
    bool all;   /* inspect: every edge */
    bool paths; /* bindings: paths instead of names */
    bool svg;   /* graph */
    bool colour;
    bool last; /* the process ends with this report: the system takes everything back by itself */
};

struct session {
    const struct session_options *options;
    struct ld_memory memory;
    struct chunk *chunks;
    struct ld_diag diag;
    struct ld_report *reports;
    uint32_t report_count;
    struct search search;
    struct host_bytes file;        /* of the program or the image */
    struct host_bytes policy_file; /* compiled */
    void *payload;                 /* expanded */
    struct obj_image image;
    bool in_image;
    struct ld_policy policy;
    const char *policy_name; /* or NULL: no policy */
    const char **preload;    /* --preload, then the system's */
    struct ld_known_gate *monitor_gates;
    uint32_t monitor_gate_count;
    struct ld_program *program;
};

enum session_steps { SESSION_LOAD, SESSION_RESOLVE };

/* Returns HOST_FINE when there is a program to report about (it may have refusals), or the exit
 * status after printing what is wrong. session_end() is needed in any case. */
enum host_status session_start(struct session *session, const struct session_options *options,
                               const char *program, enum session_steps steps);
void session_end(struct session *session);

/* Whether anything was refused. */
bool session_refused(const struct session *session);

/* Slots as the monitor would give them without randomisation. False: refused (reported). */
bool session_layout(struct session *session);

/* Reads a policy, text or binary, and checks it; prints what is wrong. */
enum host_status session_policy(struct session *session, const char *path);

/* image.c: opens `name` of the session's image, or a packed object, as a file for the core. */
bool image_file(struct session *session, const char *name, struct ld_file *file);
char *image_open(struct session *session, const char *path); /* malloc'ed message on failure */
char *object_payload(struct session *session, struct ld_file *file);
bool image_find(void *context, struct ld_request *request, struct ld_file *file);
/* The policy that the monitor would take: PROGRAM.policy, else `policy`. */
bool image_policy(struct session *session, const char *program, const void **bytes, size_t *size);
/* Gates of the image's monitor; or without one, a pattern that stands for them. */
void image_monitor(struct session *session);

#endif
