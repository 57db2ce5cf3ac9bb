/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor tells the runtime of a compartment: one read-only record that stays where it is
 * as long as the compartment exists. Libraries have no need of it; <twz/rt/info.h> has questions
 * and answers.
 */
#ifndef TWZ_RT_STATE_H
#define TWZ_RT_STATE_H

#include <twz/rt/abi.h>

#define TWZ_RT_NAME_SIZE 64u

/* A run of functions to call, in the order in which they stand here. */
struct twz_rt_calls {
    uint64_t functions; /* address of an array of function addresses, or of one function */
    uint64_t count;     /* 0: `functions` is itself the address of a function (DT_INIT) */
};

/* Thread-local storage of one library of the compartment. */
struct twz_rt_tls {
    uint64_t image;      /* address of the bytes that a new block begins with */
    uint64_t image_size; /* the rest of the block is zero */
    uint64_t offset;     /* the block starts this many bytes below the thread pointer */
};

#define TWZ_RT_HEAP_THREADS 1024u

/* A library of the compartment, or a vacant entry: `tls_align` is 0. Addresses are absolute. */
struct twz_rt_library {
    uint64_t base; /* address of ELF virtual address 0, which is 0 for a program at a fixed address;
                    * the ELF header is at base + 0x1000 */
    uint64_t name; /* address of its DT_SONAME, or 0 */
    uint64_t init; /* DT_INIT or 0 */
    uint64_t init_array, init_count;
    uint64_t fini_array, fini_count; /* backwards, then fini */
    uint64_t fini;
    uint64_t tls_image, tls_image_size; /* the rest of a block of tls_size bytes is zero */
    uint64_t tls_size, tls_align;       /* without such storage 0 and 1 */
    uint64_t sequence; /* 0: loaded when the program started; else later libraries have more */
    uint32_t tls_module;
    uint32_t next; /* entry + 1 of the next one to start or to finish, or 0 */
};
_Static_assert(sizeof(struct twz_rt_library) == 112, "ABI");

struct twz_rt_state {
    uint32_t abi_major; /* TWZ_RT_ABI_MAJOR of the monitor */
    uint32_t abi_minor;
    uint64_t size; /* of this record in bytes */
    struct twz_id context;
    char name[TWZ_RT_NAME_SIZE]; /* of the compartment */
    uint64_t heap_low;           /* the private heap: zero pages that come when touched. It begins
                                  * with TWZ_RT_HEAP_THREADS bytes, one for each thread by number,
                                  * not 0 while that is in the middle of the allocator or of what
                                  * else has locks */
    uint64_t heap_high;
    uint64_t init; /* address of struct twz_rt_calls[init_count], first to last */
    uint64_t init_count;
    uint64_t fini; /* the same for the end of the program; each array backwards */
    uint64_t fini_count;
    uint64_t main;      /* int main(int, char **, char **), or 0: no program lives here */
    uint64_t arguments; /* main's: NUL-terminated strings, one after the other */
    uint64_t argument_bytes;
    uint64_t argument_count;
    uint64_t tls; /* address of struct twz_rt_tls[tls_count]; TLS module n is [n - 1] */
    uint64_t tls_count;
    uint64_t tls_size;  /* bytes below the thread pointer, a multiple of tls_align */
    uint64_t tls_align; /* of the thread pointer, a power of two; 0 where there is no TLS */
    uint64_t libraries; /* address of struct twz_rt_library[]; the monitor changes it as libraries
                           come and go */
    uint64_t library_count; /* entries up to the last that is not vacant */
    uint64_t loads;         /* libraries that came, and that went, since the start */
    uint64_t unloads;
    uint64_t started; /* nanoseconds since 1970 when the clock was 0; 0: not known */
};
_Static_assert(offsetof(struct twz_rt_state, context) == 16, "ABI");
_Static_assert(offsetof(struct twz_rt_state, heap_low) == 96, "ABI");
_Static_assert(offsetof(struct twz_rt_state, tls_align) == 200, "ABI");
_Static_assert(sizeof(struct twz_rt_state) == 248, "ABI");

#endif
