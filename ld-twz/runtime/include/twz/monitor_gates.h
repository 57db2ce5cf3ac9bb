/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gates of the monitor. Every compartment may call them; the runtime (<twz/rt/...>) does so on
 * behalf of everybody else, whose code never needs this header.
 */
#ifndef TWZ_MONITOR_GATES_H
#define TWZ_MONITOR_GATES_H

#include <twz/gate.h>

#define TWZ_MON_GATES      5u   /* how many: published first, they have the numbers from 0 on */
#define TWZ_MON_WRITE_MAX  4096 /* bytes of one write */
#define TWZ_MON_REASON_MAX 256
#define TWZ_MON_NAME_MAX   127

/* An object of the image as a compartment sees it. */
struct twz_mon_object {
    struct twz_id id;
    uint64_t address; /* of its first byte */
    uint64_t length;  /* bytes, without the padding of the last page */
};

/* Writes bytes to the console. Returns how many. */
TWZ_GATE(int64_t, twz_mon_write, TWZ_IN(bytes, TWZ_MON_WRITE_MAX))

/* Ends the calling activation: its caller gets TWZ_EEXITED. In main this ends the program with
 * `status`. Returns only when refused. */
TWZ_GATE(int64_t, twz_mon_exit, TWZ_VAL(int32_t, status))

/* As twz_mon_exit(), reported with a reason; the compartment is treated as after a fault. */
TWZ_GATE(int64_t, twz_mon_abort, TWZ_STRING(reason, TWZ_MON_REASON_MAX))

/* Maps the image object `name` readable for the calling compartment. `result` must be a struct
 * twz_mon_object. Mapping it again returns the same address. TWZ_ENOENT: no such name. */
TWZ_GATE(int64_t, twz_mon_object_map, TWZ_STRING(name, TWZ_MON_NAME_MAX),
         TWZ_OUT(result, sizeof(struct twz_mon_object)))

/* A thread of the calling compartment: see struct twz_rt_thread_spec. Addresses; 0 for what the
 * monitor is to make. */
struct twz_mon_thread_spec {
    uint64_t entry;
    uint64_t argument;
    uint64_t stack;
    uint64_t stack_size;
    uint64_t block;
    uint64_t clear;
};

/* Starts a thread; returns its number. `spec` must be a struct twz_mon_thread_spec. */
TWZ_GATE(int64_t, twz_mon_thread_spawn, TWZ_IN(spec, sizeof(struct twz_mon_thread_spec)))

#endif
