/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gates of the monitor. Every compartment may call them; the runtime (<twz/rt/...>) does so on
 * behalf of everybody else, whose code never needs this header.
 */
#ifndef TWZ_MONITOR_GATES_H
#define TWZ_MONITOR_GATES_H

#include <twz/gate.h>
#include <twz/rt/object.h>

#define TWZ_MON_GATES      19u /* with the loader's: published first, they have the numbers from 0 */
#define TWZ_MON_WRITE_MAX  4096 /* bytes of one write */
#define TWZ_MON_REASON_MAX 256
#define TWZ_MON_NAME_MAX   127

/* An object of the image as a compartment sees it. */
struct twz_mon_object {
    struct twz_id id;
    uint64_t address; /* of its first byte */
    uint64_t length;  /* bytes, without the padding of the last page */
    uint32_t rights;  /* of the compartment: TWZ_READ, TWZ_READ | TWZ_WRITE */
    uint32_t reserved;
};

/* A part of what a compartment has written. */
#define TWZ_MON_OUTPUT_PART 4080u
struct twz_mon_output {
    uint64_t start;  /* how many bytes it had written before these */
    uint64_t length; /* of these; 0: there are none yet */
    char bytes[TWZ_MON_OUTPUT_PART];
};

/* Writes bytes to the console. Returns how many. */
TWZ_GATE(int64_t, twz_mon_write, TWZ_IN(bytes, TWZ_MON_WRITE_MAX))

/* What was typed on the console and not read yet, as far as it is there: 0 bytes or more. For main;
 * TWZ_EPERM for others. */
TWZ_GATE(int64_t, twz_mon_read, TWZ_OUT(bytes, TWZ_MON_WRITE_MAX))

/* Ends the calling activation: its caller gets TWZ_EEXITED. In main this ends the program with
 * `status`. Returns only when refused. */
TWZ_GATE(int64_t, twz_mon_exit, TWZ_VAL(int32_t, status))

/* As twz_mon_exit(), reported with a reason; the compartment is treated as after a fault. */
TWZ_GATE(int64_t, twz_mon_abort, TWZ_STRING(reason, TWZ_MON_REASON_MAX))

/* Maps the image object `name` readable for the calling compartment. `result` must be a struct
 * twz_mon_object. Mapping it again returns the same address. TWZ_ENOENT: no such name. */
TWZ_GATE(int64_t, twz_mon_object_map, TWZ_STRING(name, TWZ_MON_NAME_MAX),
         TWZ_OUT(result, sizeof(struct twz_mon_object)))

/* An object by ID, or with ID 0 by its address, as the calling compartment may use it. TWZ_ENOENT:
 * it has no right to such an object. */
TWZ_GATE(int64_t, twz_mon_object_find, TWZ_HANDLE(id), TWZ_VAL(uint64_t, address),
         TWZ_OUT(result, sizeof(struct twz_mon_object)))

/* A name of the image: that of entry `index`, or with a name that one. For main: TWZ_EPERM for
 * others. `entry` must be a struct twz_rt_name. TWZ_ENOENT: there is none. */
TWZ_GATE(int64_t, twz_mon_image_entry, TWZ_VAL(uint64_t, index), TWZ_STRING(name, TWZ_MON_NAME_MAX),
         TWZ_OUT(entry, sizeof(struct twz_rt_name)))

/* What a compartment has written from byte `from` on, as far as it is kept. `part` must be a struct
 * twz_mon_output. For main: TWZ_EPERM for others. */
TWZ_GATE(int64_t, twz_mon_output, TWZ_STRING(compartment, TWZ_MON_NAME_MAX),
         TWZ_VAL(uint64_t, from), TWZ_OUT(part, sizeof(struct twz_mon_output)))

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

/* Loads at run time: see <twz/rt/dl.h>. A handle is an entry of the table of libraries of the
 * compartment that it lives in (<twz/rt/state.h>). */
#define TWZ_MON_MESSAGE_MAX 512u

enum twz_mon_load_flags {
    TWZ_MON_LOAD_GLOBAL = 1u << 0, /* its symbols are searched by loads after it */
    TWZ_MON_LOAD_FIND = 1u << 1,   /* only if it is there already */
    TWZ_MON_LOAD_DEMAND = 1u << 2  /* times enum twz_isolation: an instance at that level */
};

struct twz_mon_load_spec {
    char name[TWZ_MON_NAME_MAX + 1]; /* "" : the program */
    char compartment[64];            /* of the policy; "": where the policy puts it */
    uint64_t from;                   /* an address in the library that asks, or 0 */
    uint32_t flags;
    uint32_t reserved;
};

/* What came of it; `message` is what to tell people when it failed. */
struct twz_mon_load_answer {
    uint64_t handle;
    uint32_t first; /* entry + 1 of the first library of the calling compartment to start, or 0 */
    uint32_t reserved;
    char message[TWZ_MON_MESSAGE_MAX];
};

/* Where to look for a symbol. */
#define TWZ_MON_SEARCH_DEFAULT UINT64_MAX       /* as a reference of `from` would */
#define TWZ_MON_SEARCH_NEXT    (UINT64_MAX - 1) /* behind `from` in its scope */

struct twz_mon_symbol_spec {
    uint64_t where;    /* handle, or as above */
    uint64_t from;     /* an address in the library that asks */
    char version[128]; /* or "" */
    char name[2048];
};

enum twz_mon_symbol_kind {
    TWZ_MON_SYMBOL_ADDRESS = 0, /* of a definition, or of a gate's stub */
    TWZ_MON_SYMBOL_IFUNC = 1,   /* the address of its resolver */
    TWZ_MON_SYMBOL_TLS = 2      /* an offset in the block of module `module` */
};

struct twz_mon_symbol_answer {
    uint64_t value;
    uint32_t kind; /* enum twz_mon_symbol_kind */
    uint32_t module;
    uint64_t first; /* as in struct twz_mon_load_answer: looking for it has loaded something */
    char message[TWZ_MON_MESSAGE_MAX];
};

struct twz_mon_place {
    uint64_t base;   /* of the library that has the address */
    uint64_t name;   /* address of its name, or 0 */
    uint64_t symbol; /* address of the name of the exported symbol there, or 0 */
    uint64_t value;  /* its address */
};

/* Loads what spec->name says. TWZ_ENOENT: not found, or refused; TWZ_EPERM: it is not the caller's
 * to load; TWZ_EBUSY: another library is being unloaded. */
TWZ_GATE(int64_t, twz_mon_load, TWZ_IN(spec, sizeof(struct twz_mon_load_spec)),
         TWZ_OUT(answer, sizeof(struct twz_mon_load_answer)))

/* One user of a library less. Returns entry + 1 of the first library to finish, which stays until
 * twz_mon_unload(), or 0. */
TWZ_GATE(int64_t, twz_mon_close, TWZ_VAL(uint64_t, handle))

/* The libraries that twz_mon_close() has listed are finished: takes them out. */
TWZ_GATE(int64_t, twz_mon_unload, TWZ_VAL(uint64_t, handle))

/* The linking rules for a name. TWZ_ENOENT: refused or defined nowhere. */
TWZ_GATE(int64_t, twz_mon_symbol, TWZ_IN(spec, sizeof(struct twz_mon_symbol_spec)),
         TWZ_OUT(answer, sizeof(struct twz_mon_symbol_answer)))

/* What stands at an address of the calling compartment. TWZ_ENOENT: no library. */
TWZ_GATE(int64_t, twz_mon_place, TWZ_VAL(uint64_t, address),
         TWZ_OUT(place, sizeof(struct twz_mon_place)))

/* A heap beside the caller's own: zero pages that come when touched, in a slot of their own.
 * Returns its address. TWZ_ELIMIT: the caller has as many as it may have. */
TWZ_GATE(int64_t, twz_mon_heap_create, TWZ_VAL(uint64_t, size))

/* Sets what another compartment may do with a heap of the caller's: TWZ_READ, TWZ_READ | TWZ_WRITE,
 * or 0. TWZ_ENOENT: no such heap, or no compartment of that name in use. */
TWZ_GATE(int64_t, twz_mon_heap_share, TWZ_VAL(uint64_t, address), TWZ_VAL(uint32_t, rights),
         TWZ_STRING(compartment, TWZ_MON_NAME_MAX))

/* Takes a heap of the caller's away from everybody. */
TWZ_GATE(int64_t, twz_mon_heap_delete, TWZ_VAL(uint64_t, address))

/* Prints the live table of compartments, libraries, gates and memory on the console. For main;
 * TWZ_EPERM for others. */
TWZ_GATE(int64_t, twz_mon_report)

#endif
